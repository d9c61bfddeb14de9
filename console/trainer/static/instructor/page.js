// The instructor's page: parts that show the run, and parts that ask for something. Each part has a module.

import { Device } from "../device.js";
import { at, say } from "../dom.js";
import { Line } from "../line.js";
import { Live } from "../live.js";
import { Truth } from "../truth.js";
import { Acts } from "./acts.js";
import { asker } from "./asking.js";
import { ClockBar } from "./clock.js";
import { showFamily } from "./family.js";
import { Finish } from "./finish.js";
import { Keys } from "./keys.js";
import { Lesson } from "./lesson.js";
import { Log } from "./log.js";
import { PumpPort } from "./port.js";
import { Rewind } from "./rewind.js";

const live = new Live();
const pressing = asker(live, at("keys-said"));
const device = new Device(at("device"), { interactive: true, onKey: (key, down) => pressing("key", { key, down }) });
const line = new Line(at("line"), { knows: true });
const clock = new ClockBar(live);
const truth = new Truth(at("truth"));
const acts = new Acts(live);
const port = new PumpPort(live);
const rewind = new Rewind(live);
const log = new Log(at("log"), (moment) => rewind.choose(moment));
const lesson = new Lesson(at("lesson"));
const finish = new Finish(live);
const showing = asker(live, at("show-said"));
const marking = asker(live, at("mark-said"));

for (const key of at("device").querySelectorAll("[aria-keyshortcuts]")) key.removeAttribute("aria-keyshortcuts");

live.on("hello", (hello) => {
  clock.meet(hello);
  truth.meet(hello);
  acts.meet(hello);
  port.meet(hello);
  log.meet(hello);
  rewind.meet(hello);
  lesson.meet(hello);
  showFamily(at("family"), hello);
});

live.on("state", (state, changed) => {
  if (changed.has("panel") || changed.has("scene")) device.show(state.panel, state.scene);
  if (changed.has("scene")) line.show(state.scene);
  if (changed.has("panel")) say(at("alarm"), state.panel.alarm_text);
  if (changed.has("marks") || changed.has("notes")) log.takeEntries(state.marks, state.notes);
  if (changed.has("port")) {
    port.show(state.port);
    acts.showWire(Boolean(state.port.url));
  }
  if (changed.has("show")) at("show").setAttribute("aria-pressed", state.show.truth);
  if (changed.has("tasks")) lesson.show(state.tasks);
  if (changed.has("truth") || changed.has("scene")) truth.show(state);
  if (changed.has("clock")) finish.show(state.clock);
  clock.show(state);
  rewind.show(state.clock);
});

live.on("log", (rows, whole) => log.take(rows, whole));
live.on("link", (link, text) => {
  clock.showLink(link, text);
  device.enable(link === "open");
});

at("show").addEventListener("click", () => {
  const truthShown = !live.state.show?.truth;
  showing("show", { truth: truthShown });
});

at("mark-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = at("mark-text");
  if (await marking("mark", { text: field.value.trim() || "marked" }, "Marked.")) field.value = "";
});

new Keys({
  p: ["pause, go on", () => clock.goOrPause()],
  n: ["next event", () => clock.next()],
  "1": ["speed 1x", () => clock.rate(0)],
  "2": ["10x", () => clock.rate(1)],
  "3": ["60x", () => clock.rate(2)],
  "4": ["600x", () => clock.rate(3)],
  "5": ["3600x", () => clock.rate(4)],
  m: ["mark this moment", () => at("mark-text").focus()],
  f: ["find something to do", () => at("verb-find").focus()],
  l: ["the log: arrow keys choose", () => at("log").focus()],
  b: ["back to another moment", () => at("at").focus()],
  t: ["truth on the projector, or not", () => at("show").click()],
});

addEventListener("pagehide", () => truth.keep());
live.connect();
