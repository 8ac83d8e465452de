// Draws points and lines with WebGL from typed arrays: two calls a frame, whatever the size of the graph.

const LINES = [`#version 300 es
in vec2 place; in vec4 colour; uniform vec2 centre, scale; out vec4 shade;
void main() { shade = colour; gl_Position = vec4((place - centre) * scale, 0.0, 1.0); }`, `#version 300 es
precision mediump float; in vec4 shade; uniform float strength; out vec4 pixel;
void main() { pixel = vec4(shade.rgb, 1.0) * shade.a * strength; }`];

const POINTS = [`#version 300 es
in vec2 place; in float size; in vec4 colour; uniform vec2 centre, scale; uniform float grow, limit; out vec4 shade; out float width;
void main() {
  shade = colour; width = clamp(size * grow, 2.5, limit); gl_PointSize = width;
  gl_Position = vec4((place - centre) * scale, 0.0, 1.0);
}`, `#version 300 es
precision mediump float; in vec4 shade; in float width; uniform vec3 rim; out vec4 pixel;
void main() {
  float far = length(gl_PointCoord - 0.5) * width;
  float inside = clamp(width * 0.5 - far, 0.0, 1.0);
  float border = clamp(far - width * 0.5 + 2.0, 0.0, 1.0) * step(6.0, width);
  pixel = vec4(mix(shade.rgb, rim, border), 1.0) * inside * shade.a;
}`];

const compile = (gl, [vertex, fragment]) => {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
  return program;
};

// Whether the processor has to draw: smooth edges would cost it three quarters of its frames.
const inSoftware = () => {
  const gl = document.createElement("canvas").getContext("webgl2");
  const known = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = known ? gl.getParameter(known.UNMASKED_RENDERER_WEBGL) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
};

const uniforms = (gl, program, names) => Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));

class Kind {
  constructor(gl, sources, attributes, names) {
    this.gl = gl;
    this.program = compile(gl, sources);
    this.at = uniforms(gl, this.program, names);
    this.array = gl.createVertexArray();
    this.index = gl.createBuffer();
    this.buffers = {};
    this.n = 0;
    gl.bindVertexArray(this.array);
    for (const [name, size, type, normalised] of attributes) {
      this.buffers[name] = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      const location = gl.getAttribLocation(this.program, name);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, type, normalised, 0, 0);
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.index);
    gl.bindVertexArray(null);
  }

  fill(name, data) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[name]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, data, this.gl.STATIC_DRAW);
  }

  // Which of them are drawn, and in which order: the last on top.
  choose(indices) {
    this.gl.bindVertexArray(this.array);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, indices, this.gl.DYNAMIC_DRAW);
    this.gl.bindVertexArray(null);
    this.n = indices.length;
  }

  draw(mode, view, from = 0) {
    const { gl } = this;
    if (this.n - from <= 0) return;
    gl.useProgram(this.program);
    gl.uniform2f(this.at.centre, view.x, view.y);
    gl.uniform2f(this.at.scale, (2 * view.zoom) / view.width, (2 * view.zoom) / view.height);
    for (const [name, value] of Object.entries(view.values)) {
      if (!(name in this.at)) continue;
      if (Array.isArray(value)) gl.uniform3fv(this.at[name], value);
      else gl.uniform1f(this.at[name], value);
    }
    gl.bindVertexArray(this.array);
    gl.drawElements(mode, this.n - from, gl.UNSIGNED_INT, from * 4);
    gl.bindVertexArray(null);
  }
}

export class Renderer {
  // Returns null where there is no WebGL 2.
  static on(canvas) {
    const slow = inSoftware();
    const gl = canvas.getContext("webgl2", { antialias: !slow, alpha: true, premultipliedAlpha: true });
    return gl && Object.assign(new Renderer(canvas, gl), { slow });
  }

  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.start();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => { this.start(); if (this.scene) this.load(this.scene); this.restored?.(); });
  }

  start() {
    const { gl } = this;
    this.lines = new Kind(gl, LINES, [["place", 2, gl.FLOAT, false], ["colour", 4, gl.UNSIGNED_BYTE, true]], ["centre", "scale", "strength"]);
    this.points = new Kind(
      gl, POINTS,
      [["place", 2, gl.FLOAT, false], ["size", 1, gl.FLOAT, false], ["colour", 4, gl.UNSIGNED_BYTE, true]],
      ["centre", "scale", "grow", "limit", "rim"],
    );
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }

  // Take over a scene: places, then what may change (see scene.js).
  load(scene) {
    this.scene = scene;
    const { n, m, x, y, a, b } = scene;
    const places = new Float32Array(2 * n);
    for (let i = 0; i < n; i += 1) { places[2 * i] = x[i]; places[2 * i + 1] = y[i]; }
    this.points.fill("place", places);
    const ends = new Float32Array(4 * m);
    for (let e = 0; e < m; e += 1) {
      ends[4 * e] = x[a[e]]; ends[4 * e + 1] = y[a[e]]; ends[4 * e + 2] = x[b[e]]; ends[4 * e + 3] = y[b[e]];
    }
    this.lines.fill("place", ends);
    this.paint(scene);
    this.choose(scene);
  }

  paint({ m, size, colour, lineColour }) {
    this.points.fill("size", size);
    this.points.fill("colour", colour);
    const both = new Uint32Array(2 * m);
    const one = new Uint32Array(lineColour.buffer, lineColour.byteOffset, m);
    for (let e = 0; e < m; e += 1) both[2 * e] = both[2 * e + 1] = one[e];
    this.lines.fill("colour", both);
  }

  choose({ points, lines }) {
    this.points.choose(points);
    const ends = new Uint32Array(2 * lines.length);
    for (let i = 0; i < lines.length; i += 1) { ends[2 * i] = 2 * lines[i]; ends[2 * i + 1] = 2 * lines[i] + 1; }
    this.lines.choose(ends);
  }

  // Draw a frame. `most`: lines to draw at most, the last (strongest) of them, to keep moving smooth.
  draw(camera, { strength, rim, most = Infinity }) {
    const { gl, canvas } = this;
    const view = {
      x: camera.x, y: camera.y, zoom: camera.zoom, width: camera.width, height: camera.height,
      values: { strength, grow: camera.grow * camera.ratio, limit: 64 * camera.ratio, rim },
    };
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.lines.draw(gl.LINES, view, Math.max(0, this.lines.n - 2 * most));
    this.points.draw(gl.POINTS, view);
  }
}
