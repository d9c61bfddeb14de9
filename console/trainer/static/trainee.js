/* The trainee's page: the pump, what is around it, and the trainee's own hands. It draws what it is told. */

import { Acts } from "./acts.js";
import { Device, KEYS } from "./device.js";
import { Diary } from "./diary.js";
import { at, make, say, set } from "./dom.js";
import { ask } from "./form.js";
import { doing } from "./hands.js";
import { Lesson, nextTask } from "./lesson.js";
import { isForThePage, switchedBy } from "./letters.js";
import { Line } from "./line.js";
import { Live } from "./live.js";
import { soundBy } from "./sound.js";
import { roughly, timeOfDay } from "./words.js";

const CLOCK_MS = 250;
const DAY_S = 86400;

const live = new Live();
const device = new Device(at("device"), { interactive: true, onKey });
const line = new Line(at("line"), { interactive: true, onPart: (part) => acts.touch(part) });
const acts = new Acts({ root: at("hands"), line, dialog: at("form"), onDo });
const lesson = new Lesson(at("lesson"), { onHint, onAnswer });
const diary = new Diary(at("diary"), { onNote });
let sound = null;
let run = null;
/** Since when time is being let pass at once; null: it is not. */
let waitsFromS = null;

// ---------------------------------------------------------------- asking

/** Ask, and say beside where it was asked when it was refused. Gives whether it was done. */
async function told(place, name, body) {
  try {
    await live.ask(name, body);
    say(place, "");
    return true;
  } catch (refused) {
    say(place, sentence(refused.message));
    return false;
  }
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** Tell of a key that goes down or comes up. What is refused is said when it goes down, and stays when it comes up. */
function onKey(key, down) {
  if (down) told(at("key-refusal"), "key", { key, down });
  else live.ask("key", { key, down }).catch(() => {});
}

function onDo(verb, params) {
  told(at("hand-refusal"), "do", { verb, params });
}

function onHint(task) {
  told(lesson.refusal, "hint", { task });
}

function onAnswer(question, choice) {
  told(lesson.refusal, "answer", { question, choice });
}

function onNote(alarm, text) {
  return told(at("note-refusal"), "note", { alarm, text });
}

// ---------------------------------------------------------------- what is told

live.on("hello", (hello) => {
  run = hello.run;
  const { facts } = hello;
  acts.offer(facts.hands);
  diary.offer(facts.alarms, facts.clock_start_s);
  if (facts.lesson) lesson.brief(facts.lesson, run.mode);
  if (facts.code) showCode(facts.code);
  if (!sound) sound = soundBy(at("sound"), facts);
  sound.heard = null;
});

live.on("state", (state, changed) => {
  const { clock, panel, scene, tasks, notes } = state;
  const stands = standing(clock);
  const barrier = stands || busyWith(scene);
  if (changed.has("panel") || changed.has("scene")) device.show(panel, scene);
  if (changed.has("scene")) showScene(scene);
  device.enable(!stands);
  acts.show(scene, panel, barrier);
  if (tasks) lesson.show(tasks, { stands: Boolean(clock.over) });
  diary.show(notes);
  diary.enable(true);
  sound.show(panel, { still: Boolean(stands) });
  showAlarm(panel);
  showNow(state);
  say(at("barrier"), barrier);
  showStanding(clock);
  showPassed(clock);
  showClock();
});

live.on("link", (link, text) => {
  say(at("link"), text);
  at("link").hidden = link === "open" || link === "joining";
  document.body.toggleAttribute("data-lost", link === "lost" || link === "gone");
  if (link === "open" || !live.state.panel) return;
  at("standing").hidden = true;
  device.enable(false);
  device.show({ ...live.state.panel, held: [] });
  diary.enable(false);
  acts.show(live.state.scene, live.state.panel, text || "There is no connection.");
  sound?.show(live.state.panel, { still: true });
  for (const button of document.querySelectorAll(".own-clock button")) set(button, "aria-disabled", "true");
});

function showScene(scene) {
  line.show(scene);
  const atWork = scene.busy.map((each) => `${each.hand === run.hand ? "You are" : `The ${each.hand} is`} ${doing(each)}.`);
  say(at("busy"), atWork.join(" "));
}

function showAlarm({ alarm_text: text, alarm_light: light }) {
  say(at("alarm"), text);
  set(at("jump-pump"), "data-alarm", Boolean(light));
  say(at("jump-pump"), light ? "Pump: alarm" : "Pump");
}

/** Say what is to be done next, where the lesson is not to be seen beside the pump. */
function showNow({ clock, tasks }) {
  at("now").hidden = !tasks || clock.over;
  if (tasks) say(at("now-text"), clock.begun ? nextTask(tasks.tasks) : "Read what it is about first:");
}

/** Say why nothing can be done at all; empty: it can. */
function standing(clock) {
  if (clock.over) return "The run is over.";
  if (!clock.begun) return "The run has not begun.";
  return clock.paused ? "Time stands still." : "";
}

function busyWith(scene) {
  const own = scene.busy.find((each) => each.hand === run.hand);
  return own ? `Your hands are busy: you are ${doing(own)}.` : "";
}

function showCode(code) {
  say(at("code"), `Your code for the keyboard is ${code}.`);
  at("code").hidden = false;
}

// ---------------------------------------------------------------- the clock

function showClock() {
  if (!live.state.clock) return;
  const ofClockS = live.hello.facts.clock_start_s + live.nowS();
  say(at("day"), `Day ${Math.floor(ofClockS / DAY_S) + 1}`);
  say(at("time"), timeOfDay(ofClockS));
}

setInterval(showClock, CLOCK_MS);

function showStanding(clock) {
  const place = at("standing");
  const text = standingText(clock);
  if (place.dataset.told !== text) {
    place.dataset.told = text;
    place.replaceChildren(make("p", {}, text), ...(clock.over ? [afterwards()] : []));
  }
  place.hidden = !text;
  const pace = at("pace");
  pace.hidden = Boolean(text) || clock.rate_frac === 1;
  say(pace, clock.holding ? "1× while a key is held" : `${clock.rate_frac}×`);
  if (run.alone) showOwnClock(clock);
}

function standingText(clock) {
  if (clock.over) return "The run is over.";
  if (run.alone) return clock.begun ? (clock.paused ? "Time stands still. Go on when you are ready." : "") : "Look around, and begin when you are ready.";
  if (!clock.begun) return "Waiting for the instructor to begin.";
  return clock.paused ? "Time stands still: the instructor has stopped the clock." : "";
}

function afterwards() {
  const pathTo = (page) => `/run/${live.run}/${page}`;
  return make("p", { class: "row" }, make("a", { class: "button main", href: pathTo("debrief") }, "Look back: the debrief"), make("a", { class: "button", href: pathTo("diary") }, "Your diary"));
}

function showOwnClock(clock) {
  at("own-clock").hidden = clock.over;
  const begin = at("begin");
  const goes = !clock.paused && !clock.over;
  begin.hidden = goes || clock.over;
  say(begin, clock.begun ? "Go on" : "Begin");
  for (const part of document.querySelectorAll(".waits, #finish")) part.hidden = !clock.begun;
  set(begin, "aria-disabled", null);
  for (const button of document.querySelectorAll("[data-until]")) set(button, "aria-disabled", goes ? null : "true");
  set(at("finish"), "aria-disabled", clock.begun && !clock.over ? null : "true");
}

/** Say how much time has passed at once. */
function showPassed(clock) {
  if (waitsFromS === null || clock.now_s - waitsFromS < 1) return;
  say(at("passed"), `${roughly(clock.now_s - waitsFromS)} passed.`);
  waitsFromS = null;
}

function onOwnClock(button, act) {
  button.addEventListener("click", () => button.getAttribute("aria-disabled") || act());
}

if (at("begin")) {
  const place = at("clock-refusal");
  onOwnClock(at("begin"), () => told(place, "begin"));
  for (const button of document.querySelectorAll("[data-until]")) {
    onOwnClock(button, async () => {
      const fromS = live.nowS();
      waitsFromS = (await told(place, "wait", { until: button.dataset.until })) ? fromS : null;
    });
  }
  onOwnClock(at("finish"), async () => {
    const sure = await ask(at("form"), { title: "Finish the run?", text: "Nothing can be done in it afterwards. The debrief tells what happened.", done: "Finish" });
    if (sure) told(place, "finish");
  });
}

// ---------------------------------------------------------------- letters press keys

function letters() {
  const box = at("letters-on");
  const byLetter = new Map(KEYS.map(({ letter, key }) => [letter, key]));
  at("letters").replaceChildren(...KEYS.map(({ letter, name }) => make("li", {}, make("kbd", {}, letter.toUpperCase()), ` ${name}`)));
  switchedBy(box);
  addEventListener("keydown", (event) => {
    const key = byLetter.get(event.key.toLowerCase());
    if (!key || !box.checked || !isForThePage(event)) return;
    event.preventDefault();
    device.press(key, event.code);
  });
  addEventListener("keyup", (event) => {
    for (const [key, by] of [...device.pressed]) if (by === event.code) device.release(key, by);
  });
}

letters();
live.connect();

/** What there is here, for whoever checks the page. */
globalThis.ambupump = {
  acts,
  live,
  device,
  line,
  get sound() {
    return sound;
  },
};
