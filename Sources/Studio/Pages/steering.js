// Mouse, touch, keyboard and gamepad as actions.

const MOVES = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  KeyA: [-1, 0], KeyD: [1, 0], KeyW: [0, -1], KeyS: [0, 1],
};

export class Pointer {
  // `send(action)` is told each new action; `isActive()` says whether there is anything to steer.
  constructor(view, { send, isActive }) {
    this.view = view;
    this.send = send;
    this.isActive = isActive;
    this.held = new Set();
    this.target = null;
    this.lastSent = 0;
    const { canvas } = view;
    for (const type of ["pointerdown", "pointermove"]) {
      canvas.addEventListener(type, event => this.pointed(event));
    }
    canvas.addEventListener("pointerleave", () => { if (this.steering?.kind === "click") this.hover(null); });
    addEventListener("keydown", event => this.pressed(event));
    addEventListener("keyup", event => this.held.delete(event.code));
    addEventListener("blur", () => this.held.clear());
    const loop = now => { this.moveBySticks(now); requestAnimationFrame(loop); };
    requestAnimationFrame(loop);
  }

  // What the server says of the environment, and where the hand is while nobody steers.
  update(steering, position) {
    this.steering = steering;
    if (!this.isActive()) this.target = null;
    this.position = position;
  }

  clamp([x, y]) {
    const { low, high } = this.steering;
    return [Math.min(Math.max(x, low[0]), high[0]), Math.min(Math.max(y, low[1]), high[1])];
  }

  hover(target) {
    this.target = target;
    this.view.redraw();
  }

  pointed(event) {
    if (!this.steering || !this.isActive()) return;
    if (event.type === "pointerdown") {
      event.preventDefault();
      this.view.canvas.focus({ preventScroll: true });
    }
    const target = this.clamp(this.view.point(event));
    if (this.steering.kind === "follow") {
      this.steer(target);
    } else {
      this.hover(target);
      if (event.type === "pointerdown" && event.button === 0) this.send(target);
    }
  }

  // At most 40 times a second; the last position is always told.
  steer(target) {
    this.hover(target);
    const wait = this.lastSent + 25 - performance.now();
    clearTimeout(this.timer);
    if (wait > 0) {
      this.timer = setTimeout(() => this.steer(target), wait);
    } else {
      this.lastSent = performance.now();
      this.send(target);
    }
  }

  pressed(event) {
    if (isTyping(event) || !this.steering || !this.isActive()) return;
    if (event.code in MOVES && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.held.add(event.code);
      this.isSlow = event.shiftKey;
    } else if (event.code === "Enter" && this.steering.kind === "click" && this.target) {
      event.preventDefault();
      this.send(this.target);
    }
  }

  moveBySticks(now) {
    const elapsed = Math.min(0.1, (now - (this.then ?? now)) / 1000);
    this.then = now;
    if (!this.steering || !this.isActive()) return;
    let [x, y] = [0, 0];
    for (const code of this.held) {
      x += MOVES[code][0];
      y += MOVES[code][1];
    }
    for (const pad of navigator.getGamepads?.() ?? []) {
      if (!pad) continue;
      const [a, b] = pad.axes;
      if (Math.hypot(a, b) > 0.15) { x += a; y += b; }
      const isDown = pad.buttons[0]?.pressed;
      if (isDown && !this.wasDown && this.steering.kind === "click" && this.target) this.send(this.target);
      this.wasDown = isDown;
    }
    const length = Math.hypot(x, y);
    if (!length) return;
    const { low, high } = this.steering;
    // A field's width in two seconds; with shift in eight.
    const speed = (high[0] - low[0]) * (this.isSlow ? 0.125 : 0.5) * elapsed / Math.max(1, length);
    const up = this.view.scene?.yDown ? 1 : -1;
    const from = this.target ?? this.position ?? [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
    const target = this.clamp([from[0] + x * speed, from[1] + y * speed * up]);
    if (this.steering.kind === "follow") this.steer(target); else this.hover(target);
  }
}

// Whether a key is meant for a field or a button instead of the page.
export function isTyping(event) {
  const { target } = event;
  return target instanceof HTMLElement
    && (target.matches("input:not([type=range]), select, textarea")
      || (target.matches("button, a, summary, input[type=range]")
        && ["Space", "Enter"].includes(event.code)));
}

// A button on which the space bar still means the page: after a click the focus must not stay there.
export function releaseFocus(button) {
  button.addEventListener("pointerup", () => setTimeout(() => button.blur(), 0));
}
