import { asked, counted, fillSelect, text } from "./connection.js";
import { Marks } from "./marks.js";
import { Plot } from "./plot.js";
import { SceneView, unpack } from "./scene.js";
import { isTyping, releaseFocus } from "./steering.js";

const element = id => document.getElementById(id);
let list = null;
let episode = null;
let chosen = -1;
let step = 0;
let plots = [];
let isPlaying = false;
let showsAll = true;

const marks = new Marks();
const view = new SceneView(element("view"), { overlay: drawPaths, tallest: 0.56 });

// Asks the server; what goes wrong is said in words.
async function ask(path, body) {
  try {
    const answer = await fetch(path, body ? { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {});
    const document_ = await answer.json();
    isConnected(true);
    if (!answer.ok) throw new Error(document_.error ?? `the server answered ${answer.status}`);
    return document_;
  } catch (error) {
    if (error instanceof TypeError) isConnected(false);
    else say(error.message, true);
    return null;
  }
}

function isConnected(yes) {
  element("banner").hidden = yes;
  text("banner", "The connection to dpolicy is lost. Trying again …");
  text("state", yes ? "connected" : "not connected");
  element("state").classList.toggle("lost", !yes);
  clearTimeout(isConnected.timer);
  if (!yes) isConnected.timer = setTimeout(list ? () => ask("browse/files") : start, 1500);
}

function say(words, isError = false) {
  text("note", words);
  element("note").classList.toggle("error", isError);
}

async function start() {
  const answer = await ask("browse/files");
  if (!answer) return;
  const names = answer.files.map(file => file.path);
  const first = asked().get("file") ?? answer.first ?? names[0];
  offer(names, first);
  if (first) open(first, asked().get("episode")); else say("There is no .hdf5 file in the folder.");
}

// Fills the list of files and chooses one, which need not be in the folder's list.
function offer(names, file) {
  if (file && !names.includes(file)) names.unshift(file);
  fillSelect(element("file"), names, file);
}

// Opens a file at an episode, at the first one if none is named.
async function open(file, name) {
  say("Reading …");
  play(false);
  clear();
  const answer = await ask(`browse/list?file=${encodeURIComponent(file)}`);
  if (!answer || element("file").value !== file) return;
  list = answer;
  marks.read(list.masks.bad ?? []);
  text("count", list.lines.length.toLocaleString("en"));
  const known = list.lines.filter(line => line.success != null);
  text("successes", known.length ? known.filter(line => line.success).length.toLocaleString("en") : "–");
  text("steps", list.steps.toLocaleString("en"));
  fillList();
  fillKeys();
  if (!list.lines.length) {
    remember("replaceState");
    return say("There is no episode in this file yet.");
  }
  say("");
  const named = list.lines.findIndex(line => line.name === name);
  if (name && named < 0) say(`There is no episode ${name} in this file.`, true);
  choose(Math.max(0, named), "replaceState");
}

// Nothing of the file before is left to be seen.
function clear() {
  list = null;
  episode = null;
  chosen = -1;
  plots = [];
  marks.read([]);
  view.clear();
  for (const id of ["count", "successes", "steps", "title"]) text(id, "–");
  for (const id of ["facts", "masks", "hint"]) text(id, "");
  text("clock", "0");
  element("scrub").max = "0";
  element("hint").hidden = true;
  element("plots").replaceChildren();
  element("keys").replaceChildren();
  element("list").replaceChildren();
  for (const id of ["mark", "save"]) element(id).disabled = true;
}

// The address names file and episode, so that reloading and going back lead there again.
function remember(how) {
  const query = new URLSearchParams({ file: list.file });
  if (list.lines[chosen]) query.set("episode", list.lines[chosen].name);
  if (`?${query}` !== location.search) history[how](null, "", `?${query}`);
}

// Reads all of the file, so only when somebody wants to know.
async function fillKeys() {
  const box = element("keys");
  box.replaceChildren();
  if (!list || !element("contents").open) return;
  const { file } = list;
  box.textContent = "Reading …";
  const answer = await ask(`browse/keys?file=${encodeURIComponent(file)}`);
  if (list?.file !== file) return;
  box.replaceChildren(...(answer?.keys ?? []).map(describe));
}

// A key: its name and what becomes of it, what it holds, what is odd, and its ranges.
function describe(key) {
  const made = (tag, name, words) => {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = words;
    return node;
  };
  const title = made("h3", "row", "");
  const kind = key.use === "not usable" ? "tag bad" : key.use === "left out" ? "tag" : "tag good";
  title.append(made("span", "mono grow", key.name), made("span", kind, key.use));
  const section = made("section", "key", "");
  section.append(title, made("p", "quiet", [key.words, key.scaling].filter(Boolean).join("; ")));
  if (key.reason) section.append(made("p", "quiet", key.reason));
  for (const warning of key.warnings) section.append(made("p", "note error", warning));
  if (!key.ranges.length) return section;
  const table = made("table", "ranges", "");
  const heads = table.createTHead().insertRow();
  for (const words of ["", "lowest", "highest"]) heads.append(made("td", "quiet", words));
  for (const { name, low, high } of key.ranges) {
    const row = table.insertRow();
    for (const words of [name, short(low), short(high)]) row.insertCell().textContent = words;
  }
  section.append(table);
  return section;
}

// A number with at most four significant digits.
const short = value => `${Number(value.toPrecision(4))}`;

function fillList() {
  const items = list.lines.map((line, index) => {
    const item = document.createElement("button");
    item.dataset.index = index;
    const cells = [
      ["", line.name.replace("demo_", "")],
      ["quiet", `${line.length}`],
      ["what", Object.values(line.behaviour).join(", ") || (line.seed != null ? `seed ${line.seed}` : "")],
    ].map(([name, words]) => {
      const cell = document.createElement("span");
      cell.className = name;
      cell.textContent = words;
      return cell;
    });
    const tag = document.createElement("span");
    item.append(...cells, tag);
    item.onclick = () => choose(index, "pushState");
    return item;
  });
  element("list").replaceChildren(...items);
  showMarks();
}

function showMarks() {
  for (const item of element("list").children) {
    const line = list.lines[item.dataset.index];
    const isBad = marks.has(line.name);
    item.children[0].classList.toggle("is-bad", isBad);
    const tag = item.lastElementChild;
    tag.className = isBad ? "tag bad" : line.success ? "tag good" : "tag";
    tag.textContent = isBad ? "bad" : line.success ? "done" : line.success === false ? "open" : `${line.bestReward.toFixed(2)}`;
  }
  const line = list.lines[chosen];
  const mark = element("mark");
  mark.disabled = !line;
  mark.firstChild.textContent = line && marks.has(line.name) ? "Mark good " : "Mark bad ";
  element("save").disabled = !marks.areUnsaved;
  const names = Object.entries(list.masks).map(([name, demos]) => `mask/${name}: ${demos.length}`);
  text("masks", names.join(" · ") || "There are no masks yet; mask/bad and mask/good will be written.");
}

async function choose(index, how = "replaceState") {
  if (index < 0 || index >= list.lines.length || index === chosen) return;
  chosen = index;
  remember(how);
  for (const item of element("list").children) {
    if (Number(item.dataset.index) === index) {
      item.setAttribute("aria-current", "true");
      const box = element("list");
      if (item.offsetTop < box.scrollTop + box.offsetTop || item.offsetTop + 44 > box.scrollTop + box.offsetTop + box.clientHeight) {
        box.scrollTop = item.offsetTop - box.offsetTop - 88;
      }
    } else {
      item.removeAttribute("aria-current");
    }
  }
  showMarks();
  const { file } = list;
  const answer = await ask(`browse/episode?file=${encodeURIComponent(file)}&index=${index}`);
  if (!answer || chosen !== index || list?.file !== file) return;
  episode = answer;
  const line = list.lines[index];
  text("title", line.name.replace("_", " "));
  const facts = [list.environment, line.seed != null ? `seed ${line.seed}` : null,
    counted(line.length, "step"), line.recordedBy];
  text("facts", facts.filter(Boolean).join(" · "));
  element("scrub").max = `${episode.length - 1}`;
  element("hint").hidden = !episode.note;
  text("hint", episode.note ?? "");
  fillPlots();
  seek(0);
}

function fillPlots() {
  const series = [episode.action, ...episode.observations].filter(Boolean).flatMap(series => {
    const { shape: [count, width], values } = unpack(series.values);
    const lines = series.components.map((name, column) => ({
      name, values: Array.from({ length: count }, (_, row) => values[row * width + column]),
    }));
    // More than eight lines in one plot are told apart by nobody.
    const parts = [];
    for (let i = 0; i < lines.length; i += 8) parts.push(lines.slice(i, i + 8));
    return parts.map((lines, part) => [parts.length > 1 ? `${series.name} (${part + 1} of ${parts.length})` : series.name, lines]);
  });
  const rewards = Array.from(unpack(episode.rewards).values);
  if (rewards.some(reward => reward !== 0)) series.splice(1, 0, ["reward", [{ name: "reward", values: rewards }]]);
  plots = series.map(([title, lines]) => new Plot(title, lines, { onSeek: step => { play(false); seek(step); } }));
  element("plots").replaceChildren(...plots.map(plot => plot.element));
}

function seek(next) {
  if (!episode) return;
  step = Math.min(Math.max(0, next), episode.length - 1);
  element("scrub").value = `${step}`;
  const seconds = list.controlRate > 0 ? `${(step / list.controlRate).toFixed(1)} s · ` : "";
  text("clock", `${seconds}${step + 1}/${episode.length}`);
  const { sceneSteps, scenes } = episode;
  if (scenes.length) {
    let index = sceneSteps.findIndex(shown => shown > step);
    index = (index < 0 ? scenes.length : index) - 1;
    view.show(scenes[Math.max(0, index)]);
  } else if (!view.scene) {
    view.show(emptyScene());
  }
  for (const plot of plots) plot.seek(step);
}

// Where nothing can be drawn, the paths still can.
function emptyScene() {
  const points = list.lines.flatMap(line => line.path);
  const [xs, ys] = [points.filter((_, i) => i % 2 === 0), points.filter((_, i) => i % 2)];
  const bounds = values => values.length
    ? values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]) : [0, 1];
  const [[x0, x1], [y0, y1]] = [bounds(xs), bounds(ys)];
  return { low: [x0, y0], high: [x1 > x0 ? x1 : x0 + 1, y1 > y0 ? y1 : y0 + 1], yDown: false, background: "rgba(255,255,255,1)", shapes: [] };
}

function drawPaths(context, view) {
  if (!list || !showsAll) return;
  const faint = Math.max(0.06, Math.min(0.5, 12 / list.lines.length));
  list.lines.forEach((line, index) => {
    if (index === chosen) return;
    drawPath(context, view, line, marks.has(line.name) ? `rgba(179,54,43,${faint})` : `rgba(36,86,200,${faint})`, 1.25);
  });
  if (list.lines[chosen]) drawPath(context, view, list.lines[chosen], "rgba(220,110,20,0.95)", 2.25);
}

function drawPath(context, view, { path }, style, width) {
  context.strokeStyle = style;
  context.fillStyle = style;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.beginPath();
  for (let i = 0; i < path.length; i += 2) context.lineTo(...view.pixel([path[i], path[i + 1]]));
  context.stroke();
  // A claw's drops are points; a path has its beginning.
  const isPoints = path.length <= 16;
  for (let i = 0; i < (isPoints ? path.length : 2); i += 2) {
    context.beginPath();
    context.arc(...view.pixel([path[i], path[i + 1]]), isPoints ? width + 2 : width, 0, 2 * Math.PI);
    context.fill();
  }
}

let then = 0;
let owed = 0;
function run(now) {
  if (!isPlaying) return;
  // The claw has no clock: a drop a second is a pace at which one can look.
  owed += (now - then) / 1000 * (list.controlRate || (list.controlRate === 0 ? 1 : 10)) * Number(element("speed").value);
  then = now;
  if (owed >= 1) {
    const whole = Math.floor(owed);
    owed -= whole;
    seek(step + whole);
    if (step >= episode.length - 1) play(false);
  }
  requestAnimationFrame(run);
}

function play(yes) {
  if (yes === isPlaying || (yes && !episode)) return;
  isPlaying = yes;
  element("play").textContent = yes ? "❚❚" : "▶";
  element("play").setAttribute("aria-label", yes ? "Pause" : "Play");
  if (!yes) return;
  if (step >= episode.length - 1) seek(0);
  then = performance.now();
  owed = 0;
  requestAnimationFrame(run);
}

element("play").onclick = () => play(!isPlaying);
element("scrub").oninput = event => { play(false); seek(Number(event.target.value)); };
element("file").onchange = event => {
  if (!marks.mayBeLost()) {
    event.target.value = list.file;
    return;
  }
  const file = event.target.value;
  history.pushState(null, "", `?${new URLSearchParams({ file })}`);
  open(file);
};
addEventListener("popstate", () => {
  const [file, name] = [asked().get("file"), asked().get("episode")];
  if (!file) return start();
  if (list && file === list.file) return choose(Math.max(0, list.lines.findIndex(line => line.name === name)));
  if (!marks.mayBeLost()) return remember("pushState");
  offer([...element("file").options].map(option => option.value), file);
  open(file, name);
});
element("contents").ontoggle = fillKeys;
element("overlay").onclick = () => {
  showsAll = !showsAll;
  element("overlay").setAttribute("aria-pressed", showsAll);
  view.redraw();
};
element("mark").onclick = () => {
  marks.toggle(list.lines[chosen].name);
  showMarks();
  view.redraw();
};
element("save").onclick = async () => {
  const bad = marks.names;
  const answer = await ask("browse/marks", { file: list.file, bad });
  if (!answer) return;
  marks.wrote(bad);
  list.masks.bad = bad;
  list.masks.good = list.lines.map(line => line.name).filter(name => !bad.includes(name));
  showMarks();
  say(`Wrote the masks: ${bad.length} bad, ${list.masks.good.length} good. Train with --mask good.`);
};
["play", "overlay", "mark", "save"].forEach(id => releaseFocus(element(id)));

addEventListener("keydown", event => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !list) return;
  if (event.target.matches?.("input[type=range]") && event.code.startsWith("Arrow")) return;
  const far = event.shiftKey ? 10 : 1;
  const action = {
    Space: () => play(!isPlaying), ArrowLeft: () => { play(false); seek(step - far); },
    ArrowRight: () => { play(false); seek(step + far); }, ArrowUp: () => choose(chosen - 1),
    ArrowDown: () => choose(chosen + 1), KeyB: () => element("mark").click(),
    KeyM: () => element("save").click(), KeyO: () => element("overlay").click(),
  }[event.code];
  if (!action) return;
  event.preventDefault();
  action();
});

start();
