// A WebSocket that comes back by itself, and says so when it is away.

export class Connection {
  constructor(path, onDocument) {
    this.path = path;
    this.onDocument = onDocument;
    this.attempts = 0;
    this.state = document.getElementById("state");
    this.banner = document.getElementById("banner");
    this.open();
    window.addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.retryNow(); });
  }

  get isOpen() { return this.socket?.readyState === WebSocket.OPEN; }

  open() {
    const address = new URL(this.path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.search = location.search;
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.attempts = 0;
      this.state.textContent = "connected";
      this.state.classList.remove("lost");
      this.banner.hidden = true;
      document.body.classList.remove("is-lost");
    };
    socket.onmessage = event => {
      if (socket !== this.socket) return;
      let message;
      try { message = JSON.parse(event.data); } catch { return; }
      this.onDocument(message);
    };
    socket.onclose = () => { if (socket === this.socket) this.lost(); };
  }

  lost() {
    this.attempts += 1;
    this.state.textContent = "not connected";
    this.state.classList.add("lost");
    this.banner.textContent = "The connection to dpolicy is lost. Trying again …";
    this.banner.hidden = false;
    document.body.classList.add("is-lost");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), Math.min(4000, 250 * 2 ** Math.min(this.attempts, 4)));
  }

  retryNow() {
    if (this.socket && this.socket.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.timer);
    this.open();
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }
}

// What several pages may say: who has control, and what has just happened.
export class Remarks {
  constructor(connection) {
    this.note = document.getElementById("note");
    this.banner = document.getElementById("banner");
    this.connection = connection;
  }

  show(document_) {
    const { note, hasControl } = document_;
    if (note.serial !== this.serial) {
      this.serial = note.serial;
      this.note.textContent = note.text;
      this.note.classList.toggle("error", note.isError);
    }
    if (hasControl === this.hasControl && !this.banner.hidden === !hasControl) return;
    this.hasControl = hasControl;
    this.banner.hidden = hasControl;
    if (hasControl) return;
    const button = document.createElement("button");
    button.textContent = "Take over here";
    button.onclick = () => this.connection.send({ type: "claim" });
    this.banner.replaceChildren("Another page has control.", button);
  }
}

export function text(id, value) {
  const element = document.getElementById(id);
  if (element.textContent !== value) element.textContent = value;
}

// A list of sub-tasks, each with the time at which it was done.
export function showTasks(element, subtasks, rate) {
  const items = subtasks.map(task => {
    const item = document.createElement("li");
    item.textContent = task.name;
    if (task.step != null) {
      item.className = "done";
      const when = document.createElement("span");
      when.textContent = rate > 0 ? `${(task.step / rate).toFixed(1)} s` : `step ${task.step}`;
      item.append(when);
    }
    return item;
  });
  element.replaceChildren(...items);
}

export function fillSelect(select, names, chosen) {
  const key = JSON.stringify(names);
  if (select.dataset.names !== key) {
    select.dataset.names = key;
    const before = select.value;
    select.replaceChildren(...names.map(name => new Option(name, name)));
    if (names.includes(before)) select.value = before;
  }
  if (chosen != null && names.includes(chosen)) select.value = chosen;
}

// A count with its noun: 1 step, 2 steps.
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

// What the query of the page's own address asks for.
export const asked = () => new URLSearchParams(location.search);
