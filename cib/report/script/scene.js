// What the renderer draws: accounts as points, or whole networks as points where there are too many accounts.
import { lineColours, nodeColours, plainColour } from "./colours.js";

const byDescending = (values) => Uint32Array.from(values.keys()).sort((i, j) => values[j] - values[i] || i - j);

// Diameters in pixels at the first zoom, by the root of what they stand for.
const sizes = (values, small, large) => {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return Float32Array.from(values, (value) => small + (large - small) * Math.sqrt(Math.max(0, value || 0) / (most || 1)));
};

const bytes = (colours) => new Uint8Array(colours.buffer);

export const paint = (scene, graph, { colour, size }) => {
  const { nodes, legend } = nodeColours(graph, colour);
  const large = graph.n > 1000 ? 15 : 22;
  Object.assign(scene, {
    size: sizes(graph[size], 4, large), colour: bytes(nodes), lineColour: bytes(lineColours(graph, colour, nodes)), legend,
  });
  scene.bySize = byDescending(scene.size);
};

export const accountScene = (graph) => ({
  kind: "accounts", n: graph.n, m: graph.m, x: graph.x, y: graph.y, a: graph.a, b: graph.b, name: (i) => graph.name[i],
});

export const networkScene = (graph) => {
  const { networks, between, grey, networkColours } = graph.about;
  const n = networks.number.length;
  const size = sizes(networks.accounts, 10, 60);
  const colour = Uint32Array.from(networks.number, (number) => plainColour(networkColours[number - 1] ?? grey));
  const strongest = between.links.reduce((most, links) => Math.max(most, links), 1);
  const lineColour = Uint32Array.from(between.links, (links) => plainColour(grey, 60 + Math.round(160 * Math.sqrt(links / strongest))));
  const legend = networks.number.slice(0, networkColours.length).map((number, i) => ({ colour: networkColours[i], text: `network ${number}`, n: networks.accounts[i] }));
  return {
    kind: "networks", n, m: between.a.length, x: networks.x, y: networks.y, a: between.a, b: between.b,
    size, colour: bytes(colour), lineColour: bytes(lineColour), legend, bySize: byDescending(size), shown: new Uint8Array(n).fill(1),
    points: byDescending(size), lines: Uint32Array.from(between.links.keys()).sort((i, j) => between.links[i] - between.links[j]),
    name: (i) => `Network ${networks.number[i]}: ${networks.accounts[i].toLocaleString("en-GB")} accounts`,
  };
};

// The rectangle around the points that are shown.
export const bounds = ({ points, x, y }) => {
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (const i of points) {
    box.left = Math.min(box.left, x[i]);
    box.right = Math.max(box.right, x[i]);
    box.bottom = Math.min(box.bottom, y[i]);
    box.top = Math.max(box.top, y[i]);
  }
  return points.length ? box : { left: -1, right: 1, bottom: -1, top: 1 };
};
