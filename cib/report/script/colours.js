// Colours of accounts and links by what the reader asks for; each way also says its legend.
import { isDark } from "./theme.js";

const rgba = (hex, alpha = 255) => {
  const value = parseInt(hex.slice(1), 16);
  return ((alpha << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
};

// A colour as it can be seen on the page's ground: near-black would be lost on a dark one.
const seen = (hex) => {
  const value = parseInt(hex.slice(1), 16);
  const light = 0.2126 * (value >> 16) + 0.7152 * ((value >> 8) & 255) + 0.0722 * (value & 255);
  return isDark() && light < 64 ? "#c8ccd0" : hex;
};

// Low to high, readable with any colour vision (the ends and middle of cividis).
const RAMP = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];

const ramp = (percent) => {
  const place = (percent / 100) * (RAMP.length - 1);
  const low = Math.min(RAMP.length - 2, Math.floor(place));
  const mix = (at) => {
    const [one, two] = [RAMP[low], RAMP[low + 1]].map((hex) => parseInt(hex.slice(at, at + 2), 16));
    return Math.round(one + (two - one) * (place - low)).toString(16).padStart(2, "0");
  };
  return `#${mix(1)}${mix(3)}${mix(5)}`;
};

const by = (values, colourOf, grey) => Uint32Array.from(values, (value) => rgba(colourOf(value) ?? grey));

const legendOf = (values, names, colourOf, grey, rest) => {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const known = [...counts].filter(([value]) => colourOf(value)).sort((a, b) => a[0] - b[0]);
  const others = [...counts].filter(([value]) => !colourOf(value)).reduce((sum, [, n]) => sum + n, 0);
  const entries = known.map(([value, n]) => ({ colour: colourOf(value), text: names(value), n }));
  return others ? [...entries, { colour: grey, text: rest, n: others }] : entries;
};

// `nodes`: a colour each (as 4 bytes in a Uint32Array); `legend`: entries with colour, text and n.
export const nodeColours = (graph, way) => {
  const { grey, networkColours, labelColours, layers, labels } = graph.about;
  const layerColours = graph.about.layerColours.map(seen);
  const ways = {
    network: [graph.network, (network) => networkColours[network - 1], (network) => `network ${network}`, "other networks, or none"],
    layer: [graph.layer, (layer) => layerColours[layer], (layer) => layers[layer], "none"],
    label: [graph.label, (label) => labelColours[label], (label) => labels[label], "no label, or another"],
  };
  if (ways[way]) {
    const [values, colourOf, names, rest] = ways[way];
    return { nodes: by(values, colourOf, grey), legend: legendOf(values, names, colourOf, grey, rest) };
  }
  const values = graph[`percentile:${way}`];
  const known = values.reduce((sum, value) => sum + (value <= 100), 0);
  return {
    nodes: by(values, (value) => (value <= 100 ? ramp(value) : undefined), grey),
    legend: [
      ...[0, 50, 100].map((percent) => ({ colour: ramp(percent), text: `percentile ${percent}` })),
      { colour: grey, text: "insufficient data", n: values.length - known },
    ],
  };
};

// Links have the colour of their strongest layer, or that of their accounts where these agree.
export const lineColours = (graph, way, nodes) => {
  const out = new Uint32Array(graph.m);
  const grey = rgba(graph.about.grey, 120);
  const layers = graph.about.layerColours.map((colour) => rgba(seen(colour), 150));
  for (let e = 0; e < graph.m; e += 1) {
    const [a, b] = [graph.a[e], graph.b[e]];
    if (way === "layer") out[e] = layers[graph.first[e]];
    else out[e] = graph.network[a] && graph.network[a] === graph.network[b] ? ((nodes[a] & 0xffffff) | (150 << 24)) >>> 0 : grey;
  }
  return out;
};

export const plainColour = rgba;
