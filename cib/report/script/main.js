// Starts everything; a part that fails leaves the others, and the page as it came.
import { layersOf, load } from "./graph.js";
import { enhance, place } from "./tables.js";
import { chance, day, number, whole } from "./text.js";
import { theming } from "./theme.js";
import { Viewer } from "./viewer.js";

const figures = (head, value, say = number) => ({ head, figures: true, value, text: (i) => say(value(i)), exact: value });

const accountTable = (graph, open) => ({
  n: graph.n,
  columns: [
    { head: "Account", text: (i) => graph.name[i], value: (i) => graph.name[i], open },
    { head: "Id", text: (i) => graph.id[i], value: (i) => graph.id[i] },
    figures("Network", (i) => graph.network[i] || Infinity, (n) => (n === Infinity ? "in none" : whole(n))),
    { head: "Role", text: (i) => graph.about.roles[graph.role[i]] ?? "–", value: (i) => graph.role[i] },
    figures("Linked accounts", (i) => graph.links[i], whole),
    figures("Strength, nats", (i) => graph.strength[i]),
    ...(graph.about.labels.length ? [{ head: "Known label", text: (i) => graph.about.labels[graph.label[i]] ?? "–", value: (i) => graph.about.labels[graph.label[i]] ?? "" }] : []),
  ],
});

const edgeTable = (graph, open) => ({
  n: graph.m,
  columns: [
    { head: "Account", text: (e) => graph.name[graph.a[e]], value: (e) => graph.name[graph.a[e]], open },
    { head: "Account", text: (e) => graph.name[graph.b[e]], value: (e) => graph.name[graph.b[e]], open },
    figures("Weight, nats", (e) => graph.weight[e]),
    figures("q", (e) => graph.q[e], chance),
    { head: "Layers", text: (e) => layersOf(graph, e).join(", "), value: (e) => layersOf(graph, e).join(", ") },
    figures("Objects", (e) => graph.objects[e], whole),
    { head: "First", text: (e) => day(graph.since[e]), value: (e) => graph.since[e] },
    { head: "Last", text: (e) => day(graph.until[e]), value: (e) => graph.until[e] },
  ],
});

// A link into a closed part opens it first.
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  target?.scrollIntoView();
};

const drawGraph = async () => {
  const section = document.getElementById("graph");
  const graph = section && await load();
  if (!graph) return null;
  const viewer = new Viewer(section, graph);
  for (const link of document.querySelectorAll("button[data-network]")) {
    link.hidden = !viewer.renderer;
    link.addEventListener("click", () => viewer.openNetwork(Number(link.dataset.network)));
  }
  const tables = section.querySelector(".tables");
  const fill = () => {
    if (tables.childElementCount) return;
    place(tables, "Accounts of the graph", accountTable(graph, (i) => viewer.openAccount(i)));
    place(tables, "Links of the graph", edgeTable(graph, (e) => viewer.openEdge(e)));
  };
  const more = section.querySelector("details.lists");
  more.hidden = false;
  more.addEventListener("toggle", () => { if (more.open) fill(); });
  return viewer;
};

const start = async () => {
  let viewer = null;
  theming(() => viewer?.renderer && viewer.repaint());
  enhance();
  window.addEventListener("hashchange", openTarget);
  if (window.location.hash) openTarget();
  // Closed parts would be missing on paper.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")].filter((part) => !part.classList.contains("lists"));
    for (const part of closed) part.open = true;
  });
  window.addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
  try {
    viewer = await drawGraph();
  } catch (error) {
    console.error(error); // The picture, the tables and the text of the page stay.
  }
  globalThis.cib.viewer = viewer; // For whoever looks at the page from its console.
  document.documentElement.dataset.ready = "true";
};

start();
