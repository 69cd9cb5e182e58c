import { asked, fillSelect, text } from "./connection.js";
import { Plot } from "./plot.js";
import { SceneView, unpack } from "./scene.js";
import { isTyping, releaseFocus } from "./steering.js";

const element = id => document.getElementById(id);
let list = null;
let episode = null;
let chosen = -1;
let step = 0;
let bad = new Set();
let written = "";
let plots = [];
let isPlaying = false;
let showsAll = true;

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
  const first = asked.get("file") ?? answer.first ?? names[0];
  if (first && !names.includes(first)) names.unshift(first);
  fillSelect(element("file"), names, first);
  if (first) open(first); else say("There is no .hdf5 file in the folder.");
}

async function open(file) {
  say("Reading …");
  const answer = await ask(`browse/list?file=${encodeURIComponent(file)}`);
  if (!answer) return;
  list = answer;
  bad = new Set(list.masks.bad ?? []);
  written = marks();
  chosen = -1;
  text("count", `${list.lines.length}`);
  const known = list.lines.filter(line => line.success != null);
  text("successes", known.length ? `${known.filter(line => line.success).length}` : "–");
  text("steps", `${list.steps.toLocaleString("en")}`);
  say("");
  fillList();
  if (list.lines.length) choose(0); else say("There is no episode in this file yet.");
}

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
    item.onclick = () => choose(index);
    return item;
  });
  element("list").replaceChildren(...items);
  showMarks();
}

function showMarks() {
  for (const item of element("list").children) {
    const line = list.lines[item.dataset.index];
    const isBad = bad.has(line.name);
    item.children[0].classList.toggle("is-bad", isBad);
    const tag = item.lastElementChild;
    tag.className = isBad ? "tag bad" : line.success ? "tag good" : "tag";
    tag.textContent = isBad ? "bad" : line.success ? "done" : line.success === false ? "open" : `${line.bestReward.toFixed(2)}`;
  }
  const line = list.lines[chosen];
  const mark = element("mark");
  mark.disabled = !line;
  mark.firstChild.textContent = line && bad.has(line.name) ? "Mark good " : "Mark bad ";
  element("save").disabled = marks() === written;
  const names = Object.entries(list.masks).map(([name, demos]) => `mask/${name}: ${demos.length}`);
  text("masks", names.join(" · ") || "No masks are written yet: mask/bad and mask/good will be.");
}

const marks = () => JSON.stringify([...bad].sort());

async function choose(index) {
  if (index < 0 || index >= list.lines.length || index === chosen) return;
  chosen = index;
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
  const answer = await ask(`browse/episode?file=${encodeURIComponent(list.file)}&index=${index}`);
  if (!answer || chosen !== index) return;
  episode = answer;
  const line = list.lines[index];
  text("title", line.name.replace("_", " "));
  const facts = [list.environment, line.seed != null ? `seed ${line.seed}` : null,
    `${line.length} steps`, line.recordedBy];
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
  const bounds = values => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const [[x0, x1], [y0, y1]] = [bounds(xs), bounds(ys)];
  return { low: [x0, y0], high: [x1 > x0 ? x1 : x0 + 1, y1 > y0 ? y1 : y0 + 1], yDown: false, background: "rgba(255,255,255,1)", shapes: [] };
}

function drawPaths(context, view) {
  if (!list || !showsAll) return;
  const faint = Math.max(0.06, Math.min(0.5, 12 / list.lines.length));
  list.lines.forEach((line, index) => {
    if (index === chosen) return;
    drawPath(context, view, line, bad.has(line.name) ? `rgba(179,54,43,${faint})` : `rgba(36,86,200,${faint})`, 1.25);
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
  if (yes === isPlaying || !episode) return;
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
element("file").onchange = event => { play(false); open(event.target.value); };
element("overlay").onclick = () => {
  showsAll = !showsAll;
  element("overlay").setAttribute("aria-pressed", showsAll);
  view.redraw();
};
element("mark").onclick = () => {
  const { name } = list.lines[chosen];
  if (!bad.delete(name)) bad.add(name);
  showMarks();
  view.redraw();
};
element("save").onclick = async () => {
  const answer = await ask("browse/marks", { file: list.file, bad: [...bad] });
  if (!answer) return;
  written = marks();
  list.masks.bad = [...bad];
  list.masks.good = list.lines.map(line => line.name).filter(name => !bad.has(name));
  showMarks();
  say(`Written: ${bad.size} bad, ${list.masks.good.length} good; train with --mask good.`);
};
["play", "overlay", "mark"].forEach(id => releaseFocus(element(id)));

addEventListener("keydown", event => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !list) return;
  if (event.target.matches?.("input[type=range]") && event.code.startsWith("Arrow")) return;
  const far = event.shiftKey ? 10 : 1;
  const action = {
    Space: () => play(!isPlaying), ArrowLeft: () => { play(false); seek(step - far); },
    ArrowRight: () => { play(false); seek(step + far); }, ArrowUp: () => choose(chosen - 1),
    ArrowDown: () => choose(chosen + 1), KeyB: () => element("mark").click(),
    KeyO: () => element("overlay").click(),
  }[event.code];
  if (!action) return;
  event.preventDefault();
  action();
});

start();
