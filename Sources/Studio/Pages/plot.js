// Lines over time, with a mark at the present step.

const COLOURS = ["#2456c8", "#c2571a", "#1d7a46", "#8a3fb0", "#b3362b", "#0f7f8c", "#8a6d00", "#6b7280"];
const DARK = ["#8fb0ff", "#f0a070", "#6fd09a", "#cf9bef", "#ff9185", "#6fd3df", "#e0c45a", "#aab2bd"];
const HEIGHT = 120;

export const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

export function colour(index) {
  const list = isDark() ? DARK : COLOURS;
  return list[index % list.length];
}

// Makes a canvas empty and sharp: `height` high, as wide as its page gives it room for.
export function cleared(canvas, height) {
  const ratio = Math.max(1, devicePixelRatio || 1);
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}

export class Plot {
  // `onSeek(step)` is told where the pointer presses.
  constructor(title, lines, { onSeek }) {
    this.lines = lines;
    this.element = document.createElement("section");
    this.element.className = "card plot";
    const heading = document.createElement("h2");
    heading.append(title);
    lines.forEach((line, index) => {
      const entry = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.style.background = colour(index);
      this.swatches = [...this.swatches ?? [], swatch];
      entry.append(swatch, line.name);
      heading.append(entry);
    });
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${title} over time: ${lines.map(line => line.name).join(", ")}`);
    this.element.append(heading, this.canvas);
    this.step = 0;
    const seek = event => {
      const box = this.canvas.getBoundingClientRect();
      const share = (event.clientX - box.left - this.left) / (box.width - this.left - this.right);
      onSeek(Math.round(Math.min(1, Math.max(0, share)) * (this.length - 1)));
    };
    this.canvas.addEventListener("pointerdown", event => {
      this.canvas.setPointerCapture(event.pointerId);
      seek(event);
    });
    this.canvas.addEventListener("pointermove", event => { if (event.buttons) seek(event); });
    new ResizeObserver(() => this.draw()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.swatches.forEach((swatch, index) => { swatch.style.background = colour(index); });
      this.draw();
    });
    this.left = 46;
    this.right = 8;
  }

  get length() { return this.lines[0].values.length; }

  seek(step) {
    if (step === this.step) return;
    this.step = step;
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const context = cleared(this.canvas, HEIGHT);
    const style = getComputedStyle(document.documentElement);
    const [quiet, line] = ["--quiet", "--line"].map(name => style.getPropertyValue(name));
    let [low, high] = [Infinity, -Infinity];
    for (const { values } of this.lines) {
      for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
    }
    if (!(high > low)) { low -= 0.5; high += 0.5; }
    const [top, bottom] = [8, HEIGHT - 18];
    const x = step => this.left + step / Math.max(1, this.length - 1) * (width - this.left - this.right);
    const y = value => bottom - (value - low) / (high - low) * (bottom - top);
    context.font = `11px ${style.getPropertyValue("--sans")}`;
    context.fillStyle = quiet;
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    for (const value of [low, (low + high) / 2, high]) {
      context.textAlign = "right";
      context.fillText(short(value), this.left - 6, y(value));
      context.beginPath();
      context.moveTo(this.left, Math.round(y(value)) + 0.5);
      context.lineTo(width - this.right, Math.round(y(value)) + 0.5);
      context.stroke();
    }
    context.textAlign = "left";
    context.fillText("0", x(0), HEIGHT - 7);
    context.textAlign = "right";
    context.fillText(`${this.length - 1}`, x(this.length - 1), HEIGHT - 7);
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    this.lines.forEach(({ values }, index) => {
      context.strokeStyle = colour(index);
      context.beginPath();
      values.forEach((value, step) => context.lineTo(x(step), y(value)));
      context.stroke();
      context.fillStyle = colour(index);
      context.beginPath();
      context.arc(x(this.step), y(values[this.step]), values.length < 12 ? 3 : 2.5, 0, 2 * Math.PI);
      context.fill();
    });
    context.strokeStyle = quiet;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x(this.step), top - 4);
    context.lineTo(x(this.step), bottom);
    context.stroke();
  }
}

function short(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
