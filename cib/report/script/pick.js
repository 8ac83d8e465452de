// What lies under the pointer. Every drawn point and line is looked at: some hundred thousand take a few milliseconds.

export const nearestPoint = (scene, camera, left, top) => {
  const [x, y] = camera.fromScreen(left, top);
  let best = -1;
  let least = Infinity;
  for (const i of scene.points) {
    const far = Math.hypot(scene.x[i] - x, scene.y[i] - y) * camera.zoom;
    const radius = Math.min(32, Math.max(1.25, (scene.size[i] * camera.grow) / 2)) + 3;
    if (far <= radius && far - radius <= least) { least = far - radius; best = i; }
  }
  return best;
};

export const nearestLine = (scene, camera, left, top) => {
  const [x, y] = camera.fromScreen(left, top);
  const reach = 4 / camera.zoom;
  let best = -1;
  let least = reach * reach;
  for (const e of scene.lines) {
    const [ax, ay, bx, by] = [scene.x[scene.a[e]], scene.y[scene.a[e]], scene.x[scene.b[e]], scene.y[scene.b[e]]];
    if (Math.min(ax, bx) - reach > x || Math.max(ax, bx) + reach < x || Math.min(ay, by) - reach > y || Math.max(ay, by) + reach < y) continue;
    const [dx, dy] = [bx - ax, by - ay];
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
    const far = (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2;
    if (far <= least) { least = far; best = e; }
  }
  return best;
};
