// The graph of the page: puts data, filters, drawing and panel together.
import { Camera } from "./camera.js";
import { Filters } from "./filters.js";
import { everything, layersOf, left, oneNetwork } from "./graph.js";
import { drawOverlay } from "./overlay.js";
import { Panel } from "./panel.js";
import { nearestLine, nearestPoint } from "./pick.js";
import { Renderer } from "./renderer.js";
import { accountScene, bounds, networkScene, paint } from "./scene.js";
import { chance, count, make, named, number, whole } from "./text.js";
import { isDark } from "./theme.js";

const REST = 150;
// Of a link, to filter and draw it once in software; a graphics card takes less.
const SECONDS = 8e-6;
const NOTHING = { point: -1, edge: -1, over: -1, overEdge: -1 };

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Viewer {
  constructor(section, graph) {
    Object.assign(this, { section, graph, chosen: { ...NOTHING }, moved: 0 });
    const part = (name) => section.querySelector(`.${name}`);
    this.stage = part("stage");
    this.surface = make("canvas", { className: "surface" });
    this.names = make("canvas", { className: "names", "aria-hidden": "true" });
    this.tip = make("div", { className: "tip", hidden: true });
    this.status = part("status");
    this.legend = part("legend");
    this.renderer = Renderer.on(this.surface);
    this.panel = new Panel(part("panel"), graph, {
      account: (i) => this.openAccount(i), edge: (e) => this.openEdge(e), network: (n) => this.openNetwork(n), close: () => this.close(),
    });
    this.filters = new Filters(part("controls"), graph, {
      changed: () => this.filter(), painted: () => this.repaint(), chosen: (i) => this.openAccount(i),
    });
    if (this.renderer) this.begin();
    else this.without();
  }

  without() {
    this.status.textContent = "This browser gives no WebGL 2, so the drawing stays as it is; search, tables and posts work.";
    this.legend.hidden = true;
  }

  begin() {
    this.section.classList.add("live");
    this.stage.append(this.surface, this.names, this.tip);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.camera = new Camera(this.stage, () => { this.moved = performance.now(); this.draw(); });
    this.camera.reset = () => this.fit();
    this.renderer.restored = () => this.draw();
    this.listen();
    this.buttons();
    const { about, n } = this.graph;
    this.accounts = accountScene(this.graph);
    paint(this.accounts, this.graph, this.filters.look);
    if (about.large) this.openOverview();
    else this.open(everything(this.graph, n, about.drawnEdges));
    new ResizeObserver(() => this.resize()).observe(this.stage);
  }

  buttons() {
    const add = (text, click, title) => make("button", { type: "button", textContent: text, title, "aria-label": title, on: { click } });
    this.home = make("button", { type: "button", textContent: "‹ All networks", hidden: true, on: { click: () => this.goHome() } });
    this.more = make("button", { type: "button", hidden: true, on: { click: () => this.drawMore() } });
    this.section.querySelector(".below").append(this.more);
    this.section.querySelector(".tools").append(this.home,
      add("+", () => this.camera.zoomAt(1.4), "Closer"), add("−", () => this.camera.zoomAt(1 / 1.4), "Further away"), add("⤢", () => this.fit(), "Show all"));
  }

  // Views ----------------------------------------------------------------------------------------

  openOverview() {
    this.view = null;
    this.scene = networkScene(this.graph);
    this.take();
    const { about } = this.graph;
    const loose = about.accounts - about.inNetworks;
    this.say(`${count(this.scene.n, "network")} as circles, ${whole(about.inNetworks)} of ${whole(about.accounts)} accounts${loose ? `; ${whole(loose)} accounts in no network are not drawn` : ""}. Click one to open it.`);
  }

  open(view) {
    this.view = view;
    this.scene = this.accounts;
    Object.assign(this.scene, left(this.graph, view, this.filters.now));
    this.take();
    this.told();
  }

  take() {
    const start = performance.now();
    this.chosen = { ...NOTHING };
    this.renderer.load(this.scene);
    this.showLegend();
    this.fit();
    this.spent = performance.now() - start;
    const { about, n, m } = this.graph;
    const whole_ = this.view?.kind === "accounts";
    this.home.hidden = !this.view || (whole_ && !about.large);
    this.home.textContent = about.large ? "‹ All networks" : "‹ All accounts";
    this.more.hidden = whole_ ? m <= this.view.edges : !about.large || Boolean(this.view);
    this.more.textContent = `Draw ${whole(n)} accounts and ${whole(m)} links (about ${Math.max(0.1, m * SECONDS).toFixed(1)} s)`;
  }

  drawMore() {
    const start = performance.now();
    this.status.textContent = "Drawing …";
    setTimeout(() => {
      this.open(everything(this.graph, this.graph.n, this.graph.m));
      requestAnimationFrame(() => this.told(` Drawn in ${number((performance.now() - start) / 1000)} s.`));
    });
  }

  goHome() {
    this.filters.network.value = "";
    if (this.graph.about.large) this.openOverview();
    else this.open(everything(this.graph, this.graph.n, this.graph.about.drawnEdges));
    this.panel.hide();
  }

  openNetwork(network) {
    if (!this.renderer) return;
    this.panel.hide();
    this.filters.network.value = "";
    this.open(oneNetwork(this.graph, network, this.graph.about.drawnEdges));
    this.section.scrollIntoView({ block: "start" });
  }

  filter() {
    if (!this.renderer) return;
    if (!this.view) this.view = everything(this.graph, Math.min(this.graph.n, this.graph.about.drawnAccounts), this.graph.about.drawnEdges);
    const kept = left(this.graph, this.view, this.filters.now);
    const fresh = this.scene !== this.accounts;
    this.scene = this.accounts;
    Object.assign(this.scene, kept);
    if (fresh) this.take();
    else this.renderer.choose(this.scene);
    if (this.filters.now.network) this.fit();
    this.told();
    this.draw();
  }

  repaint() {
    paint(this.accounts, this.graph, this.filters.look);
    if (!this.renderer || this.scene !== this.accounts) return;
    this.renderer.paint(this.scene);
    this.showLegend();
    this.draw();
  }

  told(more = "") {
    const { points, lines, matching } = this.scene;
    const of = matching > lines.length ? `the strongest ${whole(lines.length)} of ${count(matching, "link")}` : count(lines.length, "link");
    const { about, m } = this.graph;
    const rest = about.edges > m ? ` The whole graph has ${whole(about.edges)} links: exports/graph.gexf.` : "";
    const what = this.view.network ? `Network ${this.view.network}: ` : "";
    this.say(`${what}${count(points.length, "account")} and ${of} are drawn.${rest}${more}`);
  }

  say(text) {
    this.status.textContent = text;
    this.stage.setAttribute("aria-label", `Graph. ${text} Arrow keys move, plus and minus zoom, 0 shows all. The tables below hold the same.`);
  }

  showLegend() {
    this.legend.replaceChildren(...this.scene.legend.slice(0, 14).map(({ colour, text, n }) => {
      const swatch = make("span", { className: "swatch" });
      swatch.style.background = colour;
      return make("li", {}, swatch, named(n === undefined ? text : `${text} (${whole(n)})`));
    }));
  }

  // Drawing --------------------------------------------------------------------------------------

  fit() {
    this.camera.fit(bounds(this.scene));
    this.resize();
  }

  resize() {
    this.camera.measure();
    const { width, height, ratio } = this.camera;
    for (const canvas of [this.surface, this.names]) {
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    }
    this.draw();
  }

  draw() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => { this.asked = 0; this.frame(); });
  }

  frame() {
    const moving = performance.now() - this.moved < REST;
    const lines = this.scene.lines.length;
    const dark = isDark();
    const thin = Math.min(0.8, Math.max(0.12, 60 / Math.sqrt(lines + 1) / (dark ? 8 : 6)) * Math.max(1, Math.sqrt(this.camera.zoom / this.camera.home)));
    const rim = dark ? [0.08, 0.09, 0.1] : [1, 1, 1];
    this.renderer.draw(this.camera, { strength: thin, rim, most: moving ? this.graph.about.drawnEdges / (this.renderer.slow ? 8 : 1) : Infinity });
    drawOverlay(this.names, this.camera, this.scene, this.chosen, { ink: colourOf("--ink"), ground: colourOf("--bg") });
    clearTimeout(this.later);
    if (moving) this.later = setTimeout(() => this.draw(), REST + 10);
  }

  // Pointer --------------------------------------------------------------------------------------

  listen() {
    this.stage.addEventListener("pointermove", (event) => {
      if (this.camera.fingers.size) { this.tip.hidden = true; return; }
      this.pointer = this.camera.at(event);
      this.looking ??= requestAnimationFrame(() => { this.looking = null; if (this.pointer) this.hover(); });
    });
    this.stage.addEventListener("pointerleave", () => { this.pointer = null; this.tip.hidden = true; this.mark({ over: -1, overEdge: -1 }); });
    this.stage.addEventListener("click", (event) => { if (this.camera.travelled < 5) this.click(this.camera.at(event)); });
    this.stage.addEventListener("dblclick", (event) => this.camera.zoomAt(2, ...this.camera.at(event)));
    this.stage.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
  }

  under([x, y]) {
    const over = nearestPoint(this.scene, this.camera, x, y);
    return { over, overEdge: over < 0 && this.scene === this.accounts ? nearestLine(this.scene, this.camera, x, y) : -1 };
  }

  mark(marks) {
    if (Object.entries(marks).every(([name, value]) => this.chosen[name] === value)) return;
    Object.assign(this.chosen, marks);
    this.draw();
  }

  hover() {
    const found = this.under(this.pointer);
    this.mark(found);
    const { over, overEdge } = found;
    this.stage.style.cursor = over >= 0 || overEdge >= 0 ? "pointer" : "";
    this.tip.hidden = over < 0 && overEdge < 0;
    if (this.tip.hidden) return;
    this.tip.replaceChildren(...(over >= 0 ? this.aboutPoint(over) : this.aboutEdge(overEdge)));
    const [x, y] = this.pointer;
    this.tip.style.transform = `translate(${Math.min(x + 14, this.camera.width - this.tip.offsetWidth - 4)}px, ${Math.min(y + 14, this.camera.height - this.tip.offsetHeight - 4)}px)`;
  }

  aboutPoint(i) {
    if (this.scene !== this.accounts) return [this.scene.name(i)];
    const { graph } = this;
    const network = graph.network[i] ? `network ${graph.network[i]}` : "in no network";
    return [make("strong", {}, named(graph.name[i])), make("br"), `${network}, ${count(graph.links[i], "linked account")}, ${number(graph.strength[i])} nats`];
  }

  aboutEdge(e) {
    const { graph } = this;
    return [make("strong", {}, named(graph.name[graph.a[e]]), " – ", named(graph.name[graph.b[e]])), make("br"),
      `${layersOf(graph, e).join(", ")}; ${number(graph.weight[e])} nats, q ${chance(graph.q[e])}`];
  }

  click(place) {
    const { over, overEdge } = this.under(place);
    if (over >= 0 && this.scene !== this.accounts) this.openNetwork(this.graph.about.networks.number[over]);
    else if (over >= 0) this.openAccount(over, { stay: true });
    else if (overEdge >= 0) this.openEdge(overEdge, { stay: true });
    else this.close();
  }

  // Panel ----------------------------------------------------------------------------------------

  openAccount(i, { stay = false } = {}) {
    if (this.renderer && !stay) this.reveal(i);
    this.chosen = { ...NOTHING, point: i };
    this.opened(this.panel.account(i), stay);
  }

  openEdge(e, { stay = false } = {}) {
    if (this.renderer && !stay) this.reveal(this.graph.a[e]);
    this.chosen = { ...NOTHING, edge: e };
    this.opened(this.panel.edge(e), stay);
  }

  // Bring an account into view: in the view that is open, or else in its network.
  reveal(i) {
    if (this.scene !== this.accounts || !this.scene.shown[i]) {
      const network = this.graph.network[i];
      if (network) this.open(oneNetwork(this.graph, network, this.graph.about.drawnEdges));
      else this.open(everything(this.graph, this.graph.n, this.graph.about.drawnEdges));
    }
    this.camera.moveTo(this.graph.x[i], this.graph.y[i], Math.max(this.camera.zoom, this.camera.home * 2));
  }

  opened(head, stay) {
    this.section.classList.add("open");
    if (this.renderer) this.resize();
    const beside = head.getBoundingClientRect().left > this.stage.getBoundingClientRect().right;
    if (!beside) this.panel.holder.scrollIntoView({ block: "nearest" });
    if (stay) return;
    if (beside) this.section.scrollIntoView({ block: "start" });
    head.focus({ preventScroll: true });
  }

  close() {
    this.panel.hide();
    this.section.classList.remove("open");
    this.chosen = { ...NOTHING };
    if (this.renderer) this.resize();
  }
}
