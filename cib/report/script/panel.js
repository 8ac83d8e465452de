// The panel beside the graph: one account, one link with its posts, or one network.
import { differences } from "./differences.js";
import { evidence, layersBehind, pairsBehind, postsOf } from "./evidence.js";
import { layersOf, linksOf, otherEnd } from "./graph.js";
import { chance, count, day, duration, make, moment, named, number, share, whole } from "./text.js";

const LINKS = 20;
const POSTS = 6;

const facts = (pairs) => make("dl", { className: "facts" }, ...pairs.filter(Boolean).map(([name, value]) =>
  make("div", {}, make("dt", { textContent: name }), make("dd", {}, value))));

const button = (text, click) => make("button", { type: "button", className: "plain", on: { click } }, named(text));

export class Panel {
  // `go`: what the panel's buttons do, see viewer.js.
  constructor(holder, graph, go) {
    Object.assign(this, { holder, graph, go });
  }

  show(title, ...parts) {
    const close = make("button", { type: "button", className: "close", textContent: "×", "aria-label": "Close", on: { click: () => this.go.close() } });
    const head = make("h3", { tabIndex: -1 }, title);
    this.holder.replaceChildren(close, head, ...parts.filter(Boolean));
    this.holder.hidden = false;
    this.holder.scrollTop = 0;
    return head;
  }

  hide() {
    this.holder.hidden = true;
    this.holder.replaceChildren();
  }

  networkLink(network) {
    if (!network) return "in none";
    const place = document.getElementById(`network-${network}`);
    const open = button(`network ${network}`, () => this.go.network(network));
    return place ? make("span", {}, open, " ", make("a", { href: `#network-${network}`, textContent: "its section" })) : open;
  }

  account(i) {
    const { graph } = this;
    const { about } = graph;
    const links = linksOf(graph, i);
    const known = about.labels[graph.label[i]];
    const head = this.show(named(graph.name[i]),
      make("p", { className: "note" }, named(graph.id[i])),
      facts([
        ["Network", this.networkLink(graph.network[i])],
        graph.role[i] < about.roles.length && ["Role in it", about.roles[graph.role[i]]],
        ["Linked accounts", whole(graph.links[i])],
        ["Strength, nats", number(graph.strength[i])],
        Number.isFinite(graph.coordination[i]) && ["Coordination level", share(graph.coordination[i])],
        known !== undefined && ["Known label (not used in detection)", named(known)],
      ]),
      this.indicators(i),
      make("h4", { textContent: links.length > LINKS ? `Strongest links (${LINKS} of ${whole(links.length)} in this page)` : "Links in this page" }),
      make("ul", { className: "links" }, ...links.slice(0, LINKS).map((e) => make("li", {},
        button(graph.name[otherEnd(graph, e, i)], () => this.go.edge(e)), ` ${number(graph.weight[e])} nats, ${layersOf(graph, e).join(", ")}`))));
    this.later(head, (found) => this.posts(found, i));
    return head;
  }

  // Percentiles as bars; what the data cannot tell is said in one line, not drawn as nothing.
  indicators(i) {
    const known = this.graph.about.indicators.map((name) => [name, this.graph[`percentile:${name}`][i]]);
    const bars = known.filter(([, percent]) => percent <= 100);
    if (!known.length) return null;
    const rows = bars.map(([name, percent]) => make("div", {},
      make("dt", { textContent: name.replaceAll("_", " ") }),
      make("dd", {}, make("meter", { min: 0, max: 100, value: percent, title: `percentile ${percent}` }), ` ${percent}`)));
    const missing = known.length - bars.length;
    return make("details", {},
      make("summary", { textContent: `Indicators, as percentiles of this data (${bars.length})` }),
      make("dl", { className: "bars" }, ...rows),
      missing ? make("p", { className: "note", textContent: `Insufficient data for ${count(missing, "other")}. An indicator describes; it decides nothing.` }) : null);
  }

  posts(found, i) {
    const mine = postsOf(found, i, POSTS);
    if (!mine.length) return [];
    return [make("h4", { textContent: "Posts of its evidence" }), ...mine.map((post) => this.quote(post))];
  }

  quote(post, earlier) {
    const parts = earlier ? differences(earlier.text, post.text) : [[post.text || "(no text)", false]];
    return make("blockquote", {},
      make("p", { className: "who" }, named(this.graph.name[post.account] ?? ""), " ", make("time", { textContent: moment(post.at) }), ` ${post.kind}`),
      make("p", { className: "text", dir: "auto" }, ...parts.map(([text, fresh]) => (fresh ? make("mark", { textContent: text }) : text))),
      make("p", { className: "origin" }, "post ", named(post.id)));
  }

  edge(e) {
    const { graph } = this;
    const ends = [graph.a[e], graph.b[e]];
    const head = this.show(make("span", {}, named(graph.name[ends[0]]), " and ", named(graph.name[ends[1]])),
      facts([
        ["Weight, nats", number(graph.weight[e])],
        ["q, of its best layer", chance(graph.q[e])],
        ["Layers", layersOf(graph, e).join(", ")],
        ["Shared objects", whole(graph.objects[e])],
        ["First and last co-action", `${day(graph.since[e])} to ${day(graph.until[e])}`],
        ["Accounts", make("span", {}, button(graph.name[ends[0]], () => this.go.account(ends[0])), " ", button(graph.name[ends[1]], () => this.go.account(ends[1])))],
      ]));
    this.later(head, (found) => [...this.layers(found, e), ...this.pairs(found, e)]);
    return head;
  }

  layers(found, e) {
    const rows = layersBehind(found, e);
    if (!rows.length) return [];
    const heads = ["Layer", "Objects", "Overlap", "Expected", "p", "q", "Delay"];
    const cells = (row) => [
      this.graph.about.layers[row.statLayer], whole(row.statObjects), whole(row.statOverlap), number(row.statExpected),
      chance(row.statP), chance(row.statQ), duration(row.statDelay),
    ];
    return [make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Layers of the link" }, make("table", {},
      make("caption", { textContent: "Its layers, against chance", title: "Objects inside the window; overlap: at any time; expected: by chance; delay: median" }),
      make("thead", {}, make("tr", {}, ...heads.map((head, k) => make("th", { scope: "col", className: k ? "n" : "", textContent: head })))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row).map((text, k) => make("td", { className: k ? "n" : "", textContent: text })))))))];
  }

  pairs(found, e) {
    const pairs = pairsBehind(found, e);
    const [one, other] = [this.graph.id[this.graph.a[e]], this.graph.id[this.graph.b[e]]];
    const all = make("p", { className: "note" }, "All its posts: ", make("code", {}, "cib evidence RUN ", named(one), " ", named(other)));
    if (!pairs.length) return [make("p", { className: "note", textContent: "This page holds posts of stronger links only." }), all];
    return [make("h4", { textContent: "Posts, one pair a layer: those closest in time" }), ...pairs.map((pair) => make("div", { className: "pair" },
      make("p", { className: "what" }, make("span", { className: "layer", textContent: this.graph.about.layers[pair.layer] }), " ", named(pair.object), " ",
        make("span", { className: "delay", textContent: this.apart(pair.posts) })),
      ...pair.posts.map((post, k) => this.quote(post, k ? pair.posts[0] : null)))), all];
  }

  apart([first, second]) {
    return second.at === first.at ? "at the same time" : `${duration(second.at - first.at)} apart`;
  }

  network(k) {
    const { networks } = this.graph.about;
    const number_ = networks.number[k];
    const place = document.getElementById(`network-${number_}`);
    return this.show(`Network ${number_}`,
      facts([
        ["Tier", networks.tier[k]], ["Accounts", whole(networks.accounts[k])], ["Links", whole(networks.edges[k])],
      ]),
      make("p", {}, make("button", { type: "button", textContent: "Open it", on: { click: () => this.go.network(number_) } }),
        place ? make("span", {}, " ", make("a", { href: `#network-${number_}`, textContent: "Its section" })) : null));
  }

  // Add what has to be unpacked first, if the panel still shows the same.
  async later(head, parts) {
    const found = await evidence();
    if (found && this.holder.contains(head)) this.holder.append(...parts(found));
  }
}
