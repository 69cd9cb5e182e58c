// Which episodes are marked bad, and whether the file knows.

export class Marks {
  constructor() {
    this.read([]);
    addEventListener("beforeunload", event => { if (this.areUnsaved) event.preventDefault(); });
  }

  // What a file says.
  read(names) {
    this.bad = new Set(names);
    this.wrote(names);
  }

  wrote(names) { this.written = key(names); }

  has(name) { return this.bad.has(name); }

  toggle(name) { if (!this.bad.delete(name)) this.bad.add(name); }

  get names() { return [...this.bad]; }

  get areUnsaved() { return key(this.bad) !== this.written; }

  // Asks where marks would be lost.
  mayBeLost() {
    return !this.areUnsaved || confirm("The marks are not written yet. Leave without writing the masks?");
  }
}

const key = names => JSON.stringify([...names].sort());
