// The accounts and links of the page as columns, and what of them a view shows: no drawing here.
import { block } from "./columns.js";

const none = (length, value) => new Uint8Array(length).fill(value);

export const load = async () => {
  const columns = await block("graph");
  if (!columns) return null;
  const graph = { ...columns, n: columns.name.length, m: columns.a.length };
  graph.ofNetwork = memberships(graph);
  return graph;
};

// The accounts of each network by its number; an account can be in several.
const memberships = ({ memberNetwork, memberAccount }) => {
  const found = new Map();
  memberNetwork.forEach((network, i) => {
    if (!found.has(network)) found.set(network, []);
    found.get(network).push(memberAccount[i]);
  });
  return found;
};

// A view: which accounts may be shown, and how many links at most (the strongest).
export const everything = (graph, accounts, edges) => {
  const inside = none(graph.n, 0);
  inside.fill(1, 0, accounts);
  return { kind: "accounts", inside, edges };
};

export const oneNetwork = (graph, network, edges) => {
  const inside = none(graph.n, 0);
  for (const i of graph.ofNetwork.get(network) ?? []) inside[i] = 1;
  return { kind: "network", network, inside, edges };
};

// What a filter leaves of a view. Links are stored strongest first, and drawn strongest last.
export const left = (graph, view, filter) => {
  const isolated = filter.network ? oneNetwork(graph, filter.network, 0).inside : null;
  const inside = (i) => view.inside[i] && (!isolated || isolated[i]);
  const lines = [];
  const linked = none(graph.n, 0);
  let matching = 0;
  for (let e = 0; e < graph.m; e += 1) {
    const [a, b] = [graph.a[e], graph.b[e]];
    if (!inside(a) || !inside(b) || !(graph.layers[e] & filter.layers) || graph.weight[e] < filter.weight) continue;
    if (graph.q[e] > filter.q || graph.until[e] < filter.from || graph.since[e] > filter.to) continue;
    matching += 1;
    if (lines.length >= view.edges) continue;
    lines.push(e);
    linked[a] = linked[b] = 1;
  }
  const shown = none(graph.n, 0);
  const points = [];
  for (let i = graph.n - 1; i >= 0; i -= 1) {
    if (!inside(i) || (filter.hide && !linked[i])) continue;
    shown[i] = 1;
    points.push(i);
  }
  return { points: Uint32Array.from(points), lines: Uint32Array.from(lines.reverse()), shown, matching };
};

// The links of an account within the page, strongest first.
export const linksOf = (graph, account) => {
  const found = [];
  for (let e = 0; e < graph.m; e += 1) if (graph.a[e] === account || graph.b[e] === account) found.push(e);
  return found;
};

export const otherEnd = (graph, e, account) => (graph.a[e] === account ? graph.b[e] : graph.a[e]);

export const layersOf = (graph, e) => graph.about.layers.filter((_, layer) => graph.layers[e] & (1 << layer));

// Accounts whose name or id holds what was typed, those that begin with it first.
export const search = (graph, typed, most) => {
  const wanted = typed.trim().toLowerCase().replace(/^@/, "");
  if (!wanted) return [];
  const [begin, hold] = [[], []];
  for (let i = 0; i < graph.n && begin.length < most; i += 1) {
    const at = Math.min(...[graph.name[i], graph.id[i]].map((text) => {
      const found = text.toLowerCase().replace(/^@/, "").indexOf(wanted);
      return found < 0 ? Infinity : found;
    }));
    if (at === 0) begin.push(i);
    else if (at < Infinity && hold.length < most) hold.push(i);
  }
  return [...begin, ...hold].slice(0, most);
};
