// Demonstrated latents in the plane of their two leading components, and a decision's among them.

import { counted } from "./connection.js";
import { cleared, colour } from "./plot.js";
import { unpack } from "./scene.js";

const HEIGHT = 220;
const MARGIN = 10;

export class LatentPlane {
  // `canvas` shows the points, `list` what their colours mean, `line` how much the axes hold.
  constructor({ card, canvas, list, line }) {
    Object.assign(this, { card, canvas, list, line });
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.describe());
  }

  // Another policy: what was known of the last one's latents is gone.
  forget() {
    this.demonstrated = null;
    this.decided = null;
    this.card.hidden = true;
  }

  show(document_) {
    this.demonstrated = { ...document_, values: unpack(document_.places).values };
    this.decided = null;
    this.card.hidden = false;
    this.describe();
  }

  // The places of a decision's candidates and, last, of the chosen chunk.
  decide(places) {
    this.decided = places ? unpack(places).values : null;
    this.draw();
  }

  describe() {
    if (!this.demonstrated) return;
    const { behaviours, shares, labels } = this.demonstrated;
    const entries = behaviours.map((name, index) => {
      const entry = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.background = colour(index);
      entry.append(swatch, name || "no behaviour recorded");
      return entry;
    });
    this.list.replaceChildren(...entries);
    const percent = share => `${Math.round(100 * share)} %`;
    this.line.textContent = `${counted(labels.length, "demonstrated chunk")}; the axes hold ${percent(shares[0])} and ${percent(shares[1])} `
      + "of the variance. Without colour: the candidates of the last decision; the ring: the chosen one.";
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width || !this.demonstrated) return;
    const context = cleared(this.canvas, HEIGHT);
    const { values, labels } = this.demonstrated;
    const place = this.placing(values, width);
    labels.forEach((label, index) => dot(context, place(values, index), 1.6, colour(label), 0.55));
    if (!this.decided) return;
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink");
    const chosen = this.decided.length / 2 - 1;
    for (let index = 0; index < chosen; index += 1) dot(context, place(this.decided, index), 2.2, ink, 0.6);
    context.globalAlpha = 1;
    context.strokeStyle = ink;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...place(this.decided, chosen), 6, 0, 2 * Math.PI);
    context.stroke();
  }

  // What is demonstrated fills the picture; what is decided beyond it is drawn at the edge.
  placing(values, width) {
    const bounds = [0, 1].map(axis => {
      let [low, high] = [Infinity, -Infinity];
      for (let i = axis; i < values.length; i += 2) { low = Math.min(low, values[i]); high = Math.max(high, values[i]); }
      return high > low ? [low, high] : [low - 1, high + 1];
    });
    const sizes = [width, HEIGHT];
    return (numbers, index) => bounds.map(([low, high], axis) => {
      const share = Math.min(1, Math.max(0, (numbers[2 * index + axis] - low) / (high - low)));
      return MARGIN + (axis === 1 ? 1 - share : share) * (sizes[axis] - 2 * MARGIN);
    });
  }
}

function dot(context, [x, y], radius, style, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
