// The controls above the graph: what to colour by, what to keep, whom to look for.
import { search } from "./graph.js";
import { chance, day, make, named, number, whole } from "./text.js";

const FOUND = 8;

const option = (value, text) => make("option", { value, textContent: text });

const field = (text, control, said = null) => make("label", {}, make("span", { textContent: text }), control, said);

export class Filters {
  constructor(holder, graph, { changed, painted, chosen }) {
    Object.assign(this, { graph, changed, painted, chosen });
    const { about } = graph;
    this.colour = make("select", { on: { change: painted } }, option("network", "network"), option("layer", "layer"),
      ...(about.labels.length ? [option("label", "known label")] : []),
      ...about.indicators.map((name) => option(name, `indicator: ${name.replaceAll("_", " ")}`)));
    const ways = [["strength", "strength of links"], ["links", "linked accounts"]];
    if (graph.coordination.some(Number.isFinite)) ways.unshift(["coordination", "coordination level"]);
    this.size = make("select", { on: { change: painted } }, ...ways.map(([value, text]) => option(value, text)));
    this.network = make("select", { on: { change: changed } }, option("", "all"), ...about.networks.number.map((n, k) => option(n, `${n} (${whole(about.networks.accounts[k])} accounts)`)));
    holder.append(this.search(), field("Colour by", this.colour), field("Size by", this.size), field("Only network", this.network), this.keep());
  }

  search() {
    const list = make("ul", { className: "found", hidden: true });
    const pick = (i) => { list.hidden = true; this.chosen(i); };
    const input = make("input", { type: "search", placeholder: "name or id", autocomplete: "off", spellcheck: false });
    input.addEventListener("input", () => {
      const found = search(this.graph, input.value, FOUND);
      const rows = found.map((i) => make("li", {}, make("button", { type: "button", on: { click: () => pick(i) } }, named(this.graph.name[i]))));
      list.replaceChildren(...(rows.length || !input.value.trim() ? rows : [make("li", { className: "note", textContent: "No such account in this page." })]));
      list.hidden = !list.children.length;
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") list.querySelector("button")?.click();
      if (event.key === "Escape") list.hidden = true;
    });
    return make("div", { className: "search" }, field("Account", input), list);
  }

  // Sliders go over the ranks of what there is, so that every step changes something.
  slider(values, say, text) {
    const sorted = Float32Array.from(values).sort();
    const control = make("input", { type: "range", min: 0, max: 100, value: 0 });
    const said = make("output", { textContent: "all" });
    const value = () => (Number(control.value) === 0 ? null : sorted[Math.floor((sorted.length - 1) * Number(control.value) / 100)]);
    control.addEventListener("input", () => { said.textContent = value() === null ? "all" : say(value()); this.changed(); });
    return { value, field: field(text, control, said) };
  }

  keep() {
    const { graph } = this;
    this.layers = graph.about.layers.map((name, i) => {
      const box = make("input", { type: "checkbox", checked: true, on: { change: this.changed } });
      const swatch = make("span", { className: "swatch" });
      swatch.style.background = graph.about.layerColours[i];
      return { box, label: make("label", { className: "check" }, box, swatch, make("span", { textContent: name })) };
    });
    this.weight = this.slider(graph.weight, (value) => `${number(value)} nats or more`, "Weight");
    this.surprise = this.slider(Float32Array.from(graph.q, (power) => -power), (value) => `q of ${chance(-value)} or less`, "q");
    const dates = ["From", "To"].map((text) => field(text, make("input", {
      type: "date", min: day(graph.about.since), max: day(graph.about.until), on: { change: this.changed },
    })));
    [this.from, this.to] = dates.map((label) => label.querySelector("input"));
    this.hide = make("input", { type: "checkbox", on: { change: this.changed } });
    const reset = make("button", { type: "button", textContent: "Reset", on: { click: () => this.reset() } });
    return make("details", {}, make("summary", { textContent: "Filters" }),
      make("fieldset", {}, make("legend", { textContent: "Links of these layers" }), ...this.layers.map(({ label }) => label)),
      make("div", { className: "row" }, this.weight.field, this.surprise.field, ...dates,
        make("label", { className: "check" }, this.hide, make("span", { textContent: "hide accounts without a link left" })), reset));
  }

  reset() {
    for (const { box } of this.layers) box.checked = true;
    for (const control of [this.weight.field, this.surprise.field]) {
      control.querySelector("input").value = 0;
      control.querySelector("output").textContent = "all";
    }
    for (const control of [this.from, this.to, this.network]) control.value = "";
    this.hide.checked = false;
    this.changed();
  }

  // What is asked for now, in the units of the columns.
  get now() {
    const days = (control, otherwise) => (control.value ? Date.parse(`${control.value}T00:00:00Z`) / 86400e3 : otherwise);
    return {
      layers: this.layers.reduce((mask, { box }, i) => (box.checked ? mask | (1 << i) : mask), 0),
      weight: this.weight.value() ?? -Infinity,
      q: this.surprise.value() === null ? Infinity : -this.surprise.value(),
      from: days(this.from, -Infinity),
      to: days(this.to, Infinity),
      network: Number(this.network.value) || 0,
      hide: this.hide.checked,
    };
  }

  get look() { return { colour: this.colour.value, size: this.size.value }; }
}
