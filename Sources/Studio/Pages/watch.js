import { Connection, Remarks, counted, fillSelect, showTasks, text } from "./connection.js";
import { LatentPlane } from "./latents.js";
import { SceneView, drawTarget, unpack } from "./scene.js";
import { Pointer, isTyping, releaseFocus } from "./steering.js";

const element = id => document.getElementById(id);
const FIELDS = { steps: "steps", extra: "extraSteps", candidates: "candidates", guidance: "guidance", bandwidth: "bandwidth" };
let session = null;
let decision = null;
let stage = -1;
let wantsOther = false;
let showsDensity = false;
let sampler = "";

const view = new SceneView(element("view"), { overlay: draw, tallest: 0.62 });
const connection = new Connection("watch/socket", show);
const remarks = new Remarks(connection);
const plane = new LatentPlane({
  card: element("latents"), canvas: element("plane"), list: element("behaviours"), line: element("shares"),
});
const pointer = new Pointer(view, {
  send: action => connection.send({ type: "steer", action }),
  isActive: () => Boolean(session?.isTakenOver && !session.isPaused && !session.isFinished),
});

function show(document_) {
  if (document_.kind === "decision") return showDecision(document_);
  if (document_.kind === "latents") return plane.show(document_);
  if (document_.kind !== "watching") return;
  remarks.show(document_);
  if (session && session.policy !== document_.session?.policy) plane.forget();
  session = document_.session ?? null;
  fillSelect(element("policies"), document_.policies, wantsOther ? null : session?.policy);
  fillSelect(element("environments"), ["as recorded", ...document_.environments], null);
  element("none").hidden = document_.policies.length > 0;
  element("loading").hidden = Boolean(session) && !wantsOther;
  for (const id of ["run", "sampling"]) element(id).hidden = !session;
  if (!session) return;
  const isMoving = !session.isPaused && session.controlRate > 0;
  view.show(session.scene, isMoving ? 900 / session.controlRate : 0);
  pointer.update(session.steering, session.position);
  element("view").classList.toggle("steered", session.isTakenOver);
  // A new episode begins without a decision: what was thought in the last one is gone.
  if (decision && session.milliseconds == null) forgetDecision();

  const phase = session.isFinished ? session.isSuccess ? "done" : "over"
    : session.isTakenOver ? "yours" : session.isPaused ? "paused" : "acting";
  text("phase", phase);
  element("phase").className = `tag ${session.isSuccess ? "good" : session.isTakenOver ? "bad" : ""}`;
  text("world", `${session.policy} · ${session.method}, ${session.backbone} · ${session.environment} · seed ${session.seed}`);
  text("milliseconds", session.milliseconds == null ? "–" : `${session.milliseconds.toFixed(session.milliseconds < 10 ? 2 : 1)} ms`);
  text("clock", session.seconds == null ? `step ${session.step}` : `${session.seconds.toFixed(1)} s`);
  text("reward", session.bestReward.toFixed(2));
  showTasks(element("tasks"), session.subtasks, session.controlRate);
  element("pause").textContent = session.isPaused ? "▶" : "❚❚";
  element("pause").setAttribute("aria-label", session.isPaused ? "Go on" : "Pause");
  element("take").firstChild.textContent = session.isTakenOver ? "Give back " : "Take over ";
  element("take").setAttribute("aria-pressed", session.isTakenOver);
  element("take").disabled = !session.steering;
  const hint = element("hint");
  hint.hidden = !session.isTakenOver;
  if (session.isTakenOver) text("hint", session.steering.kind === "follow" ? "You steer: move over the field" : "You steer: click where it should act");
  showSampler();
}

// The fields follow the session, but never while somebody is changing them.
function showSampler() {
  element("sampling").hidden = !session.sampler;
  if (!session.sampler) return;
  fillSelect(element("kind"), session.samplers, null);
  const now = [session.sampler.kind, ...Object.values(FIELDS).map(name => session.sampler[name])].join();
  if (now === sampler) return;
  sampler = now;
  element("kind").value = session.sampler.kind;
  for (const [id, name] of Object.entries(FIELDS)) {
    element(id).value = session.sampler[name] ?? (id === "steps" ? session.noiseSteps : "");
  }
  element("steps").max = session.noiseSteps;
  element("guidance").disabled = !session.canBeGuided;
  element("guidance").title = session.canBeGuided ? "" : "only for policies trained with --observation-dropout";
}

function showDecision(document_) {
  const { shape, values } = unpack(document_.cloud);
  const wasLast = stage < 0 || !decision || stage === decision.times.length - 1;
  decision = { ...document_, shape, values };
  decision.chosenCandidate = nearest(decision);
  plane.decide(decision.places);
  const last = decision.times.length - 1;
  const slider = element("stage");
  slider.max = `${last}`;
  slider.disabled = last === 0;
  setStage(wasLast ? last : Math.min(stage, last));
}

function forgetDecision() {
  decision = null;
  stage = -1;
  element("stage").max = "0";
  text("time", "–");
  text("legend", "");
  plane.decide(null);
  view.redraw();
}

function setStage(next) {
  if (!decision) return;
  stage = Math.min(Math.max(0, next), decision.times.length - 1);
  element("stage").value = `${stage}`;
  const time = decision.times[stage];
  text("time", decision.times.length < 2 ? "actions" : time === 0 ? "actions" : stage === 0 ? `noise, t = ${time}` : `t = ${time}`);
  const [, candidates, horizon] = decision.shape;
  const executed = Math.min(decision.horizon, horizon);
  text("legend", `${counted(candidates, "candidate")} of ${counted(horizon, "action")} at the last decision (step ${decision.step}). `
    + (horizon > 1 ? `The chosen one is drawn bold; its first ${executed > 1 ? `${executed} actions are` : "action is"} executed. ` : "The chosen one has the ring. ")
    + (decision.times.length > 1 ? "The slider goes from noise to actions." : "This method does not denoise: there is no path to show."));
  view.redraw();
}

function draw(context, view) {
  if (decision && session && !session.isTakenOver) {
    if (showsDensity) drawDensity(context, view);
    drawCloud(context, view);
  }
  if (pointer.target && session?.isTakenOver) drawTarget(context, view.pixel(pointer.target), "#b3362b");
}

// The points of one candidate, in pixels.
function points(view, stage, candidate) {
  const { shape: [, candidates, horizon, width], values } = decision;
  const start = ((stage * candidates) + candidate) * horizon * width;
  return Array.from({ length: horizon }, (_, i) => view.pixel([values[start + i * width], values[start + i * width + 1]]));
}

// The candidate that became the chosen chunk, so that its way can be followed back to noise.
function nearest({ shape: [stages, candidates, horizon, width], values, chosen }) {
  let [best, least] = [0, Infinity];
  for (let candidate = 0; candidate < candidates; candidate += 1) {
    const start = ((stages - 1) * candidates + candidate) * horizon * width;
    let distance = 0;
    for (let i = 0; i < horizon * width; i += 1) {
      distance += (values[start + i] - chosen[Math.floor(i / width)][i % width]) ** 2;
    }
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function drawCloud(context, view) {
  const { shape: [, candidates, horizon, width], times } = decision;
  if (width !== 2) return;
  const cleanness = times[0] > 0 ? 1 - times[stage] / times[0] : 1;
  const end = Math.min(decision.horizon, horizon) - 1;
  context.lineJoin = "round";
  context.lineCap = "round";
  for (let candidate = 0; candidate < candidates; candidate += 1) {
    // A hundred whole ways would hide everything: of the others only the last steps are shown.
    if (stage < times.length - 1) drawTrail(context, view, candidate, end, "rgba(226,92,16,0.14)", 1, 4);
    const path = points(view, stage, candidate);
    if (horizon > 1) {
      // Noise has no shape that would be worth a strong line.
      stroke(context, path.slice(0, end + 1), `rgba(226,92,16,${0.03 + 0.25 * cleanness ** 3})`, 1.3);
      stroke(context, path.slice(end), `rgba(226,92,16,${0.08 * cleanness ** 3})`, 1);
    }
    context.fillStyle = horizon > 1 ? "rgba(226,92,16,0.55)" : "rgba(226,92,16,0.65)";
    context.beginPath();
    context.arc(...path[end], horizon > 1 ? 2 : 3, 0, 2 * Math.PI);
    context.fill();
  }
  const isClean = stage === times.length - 1;
  const chosen = isClean ? decision.chosen.map(action => view.pixel(action))
    : points(view, stage, decision.chosenCandidate);
  if (!isClean) drawTrail(context, view, decision.chosenCandidate, end, "rgba(122,31,162,0.4)", 1.2);
  if (horizon === 1) return drawTarget(context, chosen[0], "#7a1fa2", 8);
  if (cleanness > 0.6) {
    stroke(context, chosen.slice(0, end + 1), "rgba(255,255,255,0.9)", 5);
    stroke(context, chosen.slice(0, end + 1), "#7a1fa2", 2.5);
  }
  for (const [style, radius] of [["#ffffff", 5.5], ["#7a1fa2", 4]]) {
    context.fillStyle = style;
    context.beginPath();
    context.arc(...chosen[end], radius, 0, 2 * Math.PI);
    context.fill();
  }
}

// The way of one candidate's last executed action to the stage that is shown: from noise, or its end.
function drawTrail(context, view, candidate, action, style, width, steps = Infinity) {
  const { shape: [, candidates, horizon, values], values: numbers } = decision;
  const places = [];
  for (let at = Math.max(0, stage - steps); at <= stage; at += 1) {
    const start = ((at * candidates + candidate) * horizon + action) * values;
    places.push(view.pixel([numbers[start], numbers[start + 1]]));
  }
  stroke(context, places, style, width);
}

function stroke(context, places, style, width) {
  context.strokeStyle = style;
  context.lineWidth = width;
  context.beginPath();
  for (const place of places) context.lineTo(...place);
  context.stroke();
}

// The kernel density of the candidates' last executed action, as seen on the field.
function drawDensity(context, view) {
  const { shape: [stages, candidates, horizon, width], values, bandwidth } = decision;
  if (width !== 2) return;
  const at = Math.min(decision.horizon, horizon) - 1;
  const places = Array.from({ length: candidates }, (_, candidate) => {
    const start = (((stages - 1) * candidates + candidate) * horizon + at) * width;
    return [values[start], values[start + 1]];
  });
  const cells = 64;
  const { low, high, yDown } = view.scene;
  const grid = new Float32Array(cells * cells);
  let most = 0;
  for (let row = 0; row < cells; row += 1) {
    for (let column = 0; column < cells; column += 1) {
      const x = low[0] + (column + 0.5) / cells * (high[0] - low[0]);
      const share = (row + 0.5) / cells;
      const y = low[1] + (yDown ? share : 1 - share) * (high[1] - low[1]);
      let sum = 0;
      for (const [px, py] of places) {
        const [a, b] = [(x - px) / bandwidth[0], (y - py) / bandwidth[1]];
        sum += Math.exp(-(a * a + b * b) / 2);
      }
      grid[row * cells + column] = sum;
      most = Math.max(most, sum);
    }
  }
  const picture = new ImageData(cells, cells);
  grid.forEach((value, index) => {
    const share = most > 0 ? value / most : 0;
    picture.data.set([122, 31, 162, Math.round(150 * Math.sqrt(share) * (share > 0.01 ? 1 : 0))], index * 4);
  });
  const small = new OffscreenCanvas(cells, cells);
  small.getContext("2d").putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, ...view.size);
}

const act = (type, more) => connection.send({ type, ...more });
const togglePause = () => act(session?.isPaused ? "resume" : "pause");
element("pause").onclick = togglePause;
element("take").onclick = () => act(session.isTakenOver ? "giveBack" : "takeOver");
element("reset").onclick = () => act("reset", { seed: null });
element("single").onclick = () => act("step");
element("other").onclick = () => {
  wantsOther = !wantsOther;
  element("loading").hidden = !wantsOther;
};
element("stage").oninput = event => setStage(Number(event.target.value));
element("density").onclick = () => {
  showsDensity = !showsDensity;
  element("density").setAttribute("aria-pressed", showsDensity);
  view.redraw();
};
element("loading").onsubmit = event => {
  event.preventDefault();
  wantsOther = false;
  const { value } = element("environments");
  act("load", { policy: element("policies").value, environment: value === "as recorded" ? null : value });
};
element("sampling").onsubmit = event => {
  event.preventDefault();
  const number = id => Number(element(id).value);
  const steps = Math.round(number("steps"));
  act("sampler", {
    kind: element("kind").value, eta: session.sampler.eta,
    steps: steps === session.noiseSteps ? null : steps, extraSteps: Math.round(number("extra")),
    candidates: Math.round(number("candidates")), guidance: number("guidance"), bandwidth: number("bandwidth"),
  });
  // What cannot be is said, and the fields go back to what is.
  sampler = "";
};
["pause", "take", "reset", "single", "other", "density", "apply"].forEach(id => releaseFocus(element(id)));

addEventListener("keydown", event => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || !session) return;
  const action = {
    Space: togglePause, Period: () => act("step"), KeyT: () => element("take").click(),
    KeyR: () => element("reset").click(), KeyK: () => element("density").click(),
    BracketLeft: () => setStage(stage - 1), BracketRight: () => setStage(stage + 1),
  }[event.code];
  if (!action || (event.repeat && event.code === "Space")) return;
  event.preventDefault();
  action();
});
