import { Connection, Remarks, asked, fillSelect, showTasks, text } from "./connection.js";
import { SceneView, drawTarget } from "./scene.js";
import { Pointer, isTyping, releaseFocus } from "./steering.js";

const element = id => document.getElementById(id);
const PHASES = { idle: "ready", running: "recording", ended: "over" };
let session = null;
let wantsOther = false;
let isOffered = false;

const view = new SceneView(element("view"), {
  overlay(context, view) {
    if (pointer.target && session?.phase === "running") {
      drawTarget(context, view.pixel(pointer.target), "#b3362b");
    }
  },
});
const connection = new Connection("record/socket", show);
const remarks = new Remarks(connection);
const pointer = new Pointer(view, {
  send: action => connection.send({ type: "steer", action }),
  isActive: () => session?.phase === "running",
});

function show(document_) {
  if (document_.kind !== "recording") return;
  remarks.show(document_);
  session = document_.session ?? null;
  offer(document_);
  element("opening").hidden = Boolean(session) && !wantsOther;
  element("episode").hidden = !session;
  if (!session) return;
  const isMoving = session.phase === "running" && session.controlRate > 0;
  view.show(session.scene, isMoving ? 900 / session.controlRate : 0);
  pointer.update(session.steering, session.position);
  element("view").classList.toggle("steered", session.phase === "running");

  text("phase", session.isWaiting ? "waiting" : session.isSuccess && session.phase === "ended" ? "done" : PHASES[session.phase]);
  element("phase").className = `tag ${session.isSuccess ? "good" : session.phase === "running" && !session.isWaiting ? "bad" : ""}`;
  text("world", `${session.environment} · seed ${session.seed}`);
  text("time", session.seconds == null ? "–" : `${session.seconds.toFixed(1)} s`);
  text("steps", `${session.step}`);
  element("steps").append(Object.assign(document.createElement("small"), { textContent: ` / ${session.episodeLimit}` }));
  text("reward", session.bestReward == null ? "–" : session.bestReward.toFixed(2));
  showTasks(element("tasks"), session.subtasks, session.controlRate);
  text("episodes", `${session.episodes}`);
  text("undoable", `${session.undoable}`);
  text("path", session.file);

  const go = element("go");
  const label = session.phase === "idle" ? "Start" : "Save";
  if (go.dataset.label !== label) {
    go.dataset.label = label;
    go.replaceChildren(`${label} `, Object.assign(document.createElement("kbd"), { textContent: "Space" }));
  }
  const mayAct = document_.hasControl;
  go.disabled = !mayAct || (session.phase !== "idle" && !session.hasSteps);
  element("discard").disabled = !mayAct || session.phase === "idle";
  element("undo").disabled = !mayAct || session.undoable === 0;
  element("other").disabled = !mayAct || session.phase !== "idle";
  const hint = element("hint");
  hint.hidden = !session.isWaiting;
  if (session.isWaiting) {
    text("hint", session.steering.kind === "follow"
      ? "Move over the field, or press an arrow key, to begin" : "Click where it should act");
  }
}

// What the form shows first; never over what somebody has chosen since.
function offer({ environments, offered }) {
  const first = wantsOther ? null : session?.environment ?? (isOffered ? null : offered);
  isOffered = true;
  fillSelect(element("environment"), environments, first);
}

function act(type) { connection.send({ type }); }

element("go").onclick = () => {
  act(session?.phase === "idle" ? "start" : "save");
};
element("discard").onclick = () => act("discard");
element("undo").onclick = () => act("undo");
element("other").onclick = () => {
  wantsOther = !wantsOther;
  element("opening").hidden = !wantsOther;
};
element("opening").onsubmit = event => {
  event.preventDefault();
  wantsOther = false;
  connection.send({ type: "open", environment: element("environment").value, file: element("file").value.trim() });
};
["go", "discard", "undo", "other"].forEach(id => releaseFocus(element(id)));

addEventListener("keydown", event => {
  if (isTyping(event) || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const button = { Space: "go", Backspace: "discard", Delete: "discard", KeyU: "undo" }[event.code];
  if (!button) return;
  event.preventDefault();
  if (!element(button).disabled) element(button).click();
});

if (asked().get("file")) element("file").value = asked().get("file");
