// Draws scenes on a canvas: sharp on any screen, moving smoothly from one to the next.

export class SceneView {
  // `overlay(context, view)` draws over the scene, in pixels; `view.pixel([x, y])` places points.
  constructor(canvas, { overlay, underlay, tallest = 0.72 } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.overlay = overlay;
    this.underlay = underlay;
    this.tallest = tallest;
    this.blend = 0;
    new ResizeObserver(() => this.redraw()).observe(canvas.parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  // Shows a scene; `milliseconds` is how long it takes to move there from the one before.
  show(scene, milliseconds = 0) {
    this.before = milliseconds > 0 && this.scene && alike(this.scene, scene) ? this.scene : null;
    this.scene = scene;
    this.start = performance.now();
    this.blend = milliseconds;
    this.redraw();
  }

  // Shows nothing.
  clear() {
    this.scene = null;
    this.before = null;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  redraw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(now => {
      this.isWaiting = false;
      this.draw(now);
    });
  }

  fit() {
    const { low, high } = this.scene;
    const [w, h] = [high[0] - low[0], high[1] - low[1]];
    const room = this.canvas.parentElement.clientWidth;
    const scale = Math.min(room / w, Math.max(260, innerHeight * this.tallest) / h);
    const [width, height] = [Math.round(w * scale), Math.round(h * scale)];
    const ratio = Math.max(1, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(width * ratio)
        || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.scale = width / w;
    this.size = [width, height];
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  pixel([x, y]) {
    const { low, high, yDown } = this.scene;
    return [(x - low[0]) * this.scale, (yDown ? y - low[1] : high[1] - y) * this.scale];
  }

  // The scene's point under a pointer event.
  point(event) {
    if (!this.scene) return null;
    const { low, high, yDown } = this.scene;
    const box = this.canvas.getBoundingClientRect();
    const x = low[0] + (event.clientX - box.left) / box.width * (high[0] - low[0]);
    const share = (event.clientY - box.top) / box.height * (high[1] - low[1]);
    return [x, yDown ? low[1] + share : high[1] - share];
  }

  draw(now) {
    if (!this.scene) return;
    this.fit();
    const share = this.before ? Math.min(1, (now - this.start) / this.blend) : 1;
    const { context } = this;
    // A coloured ground, and what a camera saw, are shown as they are.
    this.canvas.classList.toggle("on-white", /^rgba\(255,\s*255,\s*255,/.test(this.scene.background)
      && !this.scene.shapes.some(({ kind }) => kind === "picture"));
    context.fillStyle = this.scene.background;
    context.fillRect(0, 0, ...this.size);
    this.underlay?.(context, this);
    this.scene.shapes.forEach((shape, index) => {
      const before = share < 1 ? this.before.shapes[index] : null;
      this.shape(before ? { ...shape, points: mix(before.points, shape.points, share) } : shape);
    });
    context.globalAlpha = 1;
    this.overlay?.(context, this);
    if (share < 1) this.redraw();
  }

  // Draws the picture of an address between two corners; while it is read, the one before.
  picture(address, [left, top], [right, bottom]) {
    if (this.asked !== address) {
      this.asked = address;
      const image = new Image();
      image.onload = () => {
        this.image = image;
        this.redraw();
      };
      image.src = address;
    }
    if (!this.image) return;
    this.context.drawImage(
      this.image, Math.min(left, right), Math.min(top, bottom), Math.abs(right - left),
      Math.abs(bottom - top));
  }

  shape({ kind, points, size, text, fill, stroke, width }) {
    const { context } = this;
    const places = [];
    for (let i = 0; i < points.length; i += 2) places.push(this.pixel([points[i], points[i + 1]]));
    if (!places.length) return;
    context.beginPath();
    if (kind === "text") {
      context.fillStyle = fill ?? "#000";
      context.font = `${size * this.scale}px sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, ...places[0]);
      return;
    }
    if (kind === "picture") {
      this.picture(text, ...places);
      return;
    }
    if (kind === "circle") {
      context.arc(...places[0], Math.max(0, size * this.scale), 0, 2 * Math.PI);
    } else {
      places.forEach((place, index) => index ? context.lineTo(...place) : context.moveTo(...place));
      if (kind === "polygon") context.closePath();
    }
    if (fill && kind !== "line") {
      context.fillStyle = fill;
      context.fill();
    }
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = width * this.scale;
      context.lineJoin = "miter";
      context.lineCap = "butt";
      context.stroke();
    }
  }
}

// Whether two scenes show the same things, so that one can move into the other.
function alike(a, b) {
  return a.shapes.length === b.shapes.length && a.shapes.every((shape, index) => {
    const other = b.shapes[index];
    if (shape.kind !== other.kind || shape.points.length !== other.points.length) return false;
    const reach = 0.15 * (b.high[0] - b.low[0]);
    return shape.points.every((value, i) => Math.abs(value - other.points[i]) < reach);
  });
}

function mix(from, to, share) {
  return to.map((value, index) => from[index] + (value - from[index]) * share);
}

// A cross with a ring, where the hand or the pointer is.
export function drawTarget(context, [x, y], colour, radius = 9) {
  context.lineWidth = 4;
  for (const style of ["rgba(255,255,255,0.85)", colour]) {
    context.strokeStyle = style;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.moveTo(x - radius - 5, y);
    context.lineTo(x - radius + 4, y);
    context.moveTo(x + radius - 4, y);
    context.lineTo(x + radius + 5, y);
    context.moveTo(x, y - radius - 5);
    context.lineTo(x, y - radius + 4);
    context.moveTo(x, y + radius - 4);
    context.lineTo(x, y + radius + 5);
    context.stroke();
    context.lineWidth = 2;
  }
}

// Numbers as the server packs them: { shape, values }.
export function unpack({ shape, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return { shape, values: new Float32Array(bytes.buffer) };
}
