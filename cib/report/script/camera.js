// Where the reader looks: moved by mouse, wheel, fingers and keys. `zoom` is CSS pixels a unit of the drawing.

export class Camera {
  constructor(surface, changed) {
    Object.assign(this, { surface, changed, x: 0, y: 0, zoom: 1, least: 0.01, most: 100, home: 1, width: 1, height: 1, ratio: 1 });
    this.fingers = new Map();
    this.listen();
  }

  // Points grow a little more slowly than distances, so that a closer look separates them.
  get grow() { return Math.sqrt(this.zoom / this.home) * Math.min(1, 0.6 + this.width / 2000); }

  measure() {
    const box = this.surface.getBoundingClientRect();
    Object.assign(this, { width: Math.max(1, box.width), height: Math.max(1, box.height), ratio: Math.min(2, window.devicePixelRatio || 1) });
  }

  // Show a rectangle of the drawing as a whole.
  fit({ left, right, bottom, top }) {
    this.measure();
    const margin = 1.12;
    this.x = (left + right) / 2;
    this.y = (bottom + top) / 2;
    this.zoom = Math.min(this.width / Math.max(right - left, 1e-6), this.height / Math.max(top - bottom, 1e-6)) / margin;
    this.home = this.zoom;
    this.least = this.zoom / 3;
    this.most = this.zoom * 200;
    this.changed();
  }

  toScreen(x, y) {
    return [(x - this.x) * this.zoom + this.width / 2, (this.y - y) * this.zoom + this.height / 2];
  }

  fromScreen(left, top) {
    return [(left - this.width / 2) / this.zoom + this.x, this.y - (top - this.height / 2) / this.zoom];
  }

  moveTo(x, y, zoom = this.zoom) {
    Object.assign(this, { x, y, zoom: Math.min(this.most, Math.max(this.least, zoom)) });
    this.changed();
  }

  zoomAt(factor, left = this.width / 2, top = this.height / 2) {
    const [x, y] = this.fromScreen(left, top);
    const zoom = Math.min(this.most, Math.max(this.least, this.zoom * factor));
    this.x = x - (left - this.width / 2) / zoom;
    this.y = y + (top - this.height / 2) / zoom;
    this.zoom = zoom;
    this.changed();
  }

  pan(right, down) {
    this.moveTo(this.x - right / this.zoom, this.y + down / this.zoom);
  }

  at(event) {
    const box = this.surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  listen() {
    const { surface } = this;
    surface.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !surface.contains(document.activeElement) && !event.altKey) return;
      event.preventDefault();
      this.zoomAt(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 200), ...this.at(event));
    }, { passive: false });
    surface.addEventListener("pointerdown", (event) => {
      this.fingers.set(event.pointerId, this.at(event));
      surface.setPointerCapture(event.pointerId);
      this.travelled = this.fingers.size > 1 ? Infinity : 0;
    });
    surface.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) surface.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    surface.addEventListener("keydown", (event) => this.key(event));
  }

  drag(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, now);
    this.travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (!other) {
      this.pan(now[0] - before[0], now[1] - before[1]);
      return;
    }
    const [far, was] = [now, before].map((place) => Math.hypot(place[0] - other[0], place[1] - other[1]));
    this.zoomAt(far / Math.max(was, 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  }

  key(event) {
    const step = 60;
    const keys = {
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
      "+": () => this.zoomAt(1.3), "=": () => this.zoomAt(1.3), "-": () => this.zoomAt(1 / 1.3), 0: () => this.reset?.(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }
}
