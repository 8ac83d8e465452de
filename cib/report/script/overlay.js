// What is drawn above the graph on a plain canvas: names that do not overlap, and what the pointer or a click chose.

const LABELS = 60;
const LONGEST = 28;
const ASKED = 600;
const LINES = 1500;

const line = (context, camera, scene, e) => {
  const [a, b] = [scene.a[e], scene.b[e]];
  context.moveTo(...camera.toScreen(scene.x[a], scene.y[a]));
  context.lineTo(...camera.toScreen(scene.x[b], scene.y[b]));
};

const ring = (context, camera, scene, i, width) => {
  const [left, top] = camera.toScreen(scene.x[i], scene.y[i]);
  const radius = Math.min(32, Math.max(1.25, (scene.size[i] * camera.grow) / 2));
  context.beginPath();
  context.arc(left, top, radius + width, 0, 2 * Math.PI);
  context.stroke();
};

const write = (context, text, left, top, { ink, ground }) => {
  context.strokeStyle = ground;
  context.lineWidth = 3;
  context.strokeText(text, left, top);
  context.fillStyle = ink;
  context.fillText(text, left, top);
};

const short = (text) => { const signs = [...text]; return signs.length > LONGEST ? `${signs.slice(0, LONGEST).join("")}…` : text; };

// Names of the largest points in view, larger ones first, each only where there is room.
const labels = (context, camera, scene, style, first) => {
  const taken = [];
  let [written, asked] = [0, 0];
  for (const i of [...first, ...scene.bySize]) {
    if (written >= LABELS || asked >= ASKED) break;
    const [left, top] = camera.toScreen(scene.x[i], scene.y[i]);
    if (!scene.shown[i] || left < 0 || top < 0 || left > camera.width || top > camera.height) continue;
    asked += 1;
    const radius = Math.min(32, Math.max(1.25, (scene.size[i] * camera.grow) / 2));
    if (radius < 4 && !first.includes(i)) break;
    const text = short(scene.name(i));
    const box = [left + radius + 3, top - 8, left + radius + 8 + text.length * 6.6, top + 8];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    written += 1;
    write(context, text, box[0], top, style);
  }
};

export const drawOverlay = (canvas, camera, scene, chosen, style) => {
  const context = canvas.getContext("2d");
  context.setTransform(camera.ratio, 0, 0, camera.ratio, 0, 0);
  context.clearRect(0, 0, camera.width, camera.height);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const { point, edge, over, overEdge } = chosen;
  const centre = over >= 0 ? over : point;
  context.strokeStyle = style.ink;
  if (centre >= 0) {
    context.globalAlpha = 0.55;
    context.lineWidth = 1.2;
    context.beginPath();
    let drawn = 0;
    for (let k = scene.lines.length - 1; k >= 0 && drawn < LINES; k -= 1) {
      const e = scene.lines[k];
      if (scene.a[e] === centre || scene.b[e] === centre) { line(context, camera, scene, e); drawn += 1; }
    }
    context.stroke();
    context.globalAlpha = 1;
  }
  context.lineWidth = 2.5;
  for (const e of [edge, overEdge]) if (e >= 0) { context.beginPath(); line(context, camera, scene, e); context.stroke(); }
  const ends = edge >= 0 ? [scene.a[edge], scene.b[edge]] : [];
  const marked = [point, over, ...ends].filter((i) => i >= 0);
  for (const i of marked) { context.strokeStyle = style.ink; ring(context, camera, scene, i, 2); }
  labels(context, camera, scene, style, marked);
};
