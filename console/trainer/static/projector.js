// What a room sees, and hears if somebody lets it. Nothing is asked from here.

import { Device } from "./device.js";
import { at, make, say, set } from "./dom.js";
import { Line } from "./line.js";
import { Live } from "./live.js";
import { soundBy } from "./sound.js";
import { Truth } from "./truth.js";
import { moment, timeOfDay } from "./words.js";

const LAST_COUNT = 8;
const FIGURES = ["delivered_ml", "believed_ml", "drug_flow_ml_h", "level_pg_ml"];
const CHARTS = ["Pressure", "Volume"];

const live = new Live();
const device = new Device(at("device"));
const line = new Line(at("line"));
const truth = new Truth(at("truth"), { figures: FIGURES, charts: CHARTS });
const plainTitle = at("title").textContent;
let startS = 0;
let sound = null;
let rows = [];

live.on("hello", (hello) => {
  startS = hello.facts.clock_start_s;
  truth.meet(hello);
  if (!sound) sound = soundBy(at("sound"), hello.facts);
  sound.heard = null;
});

live.on("state", (state, changed) => {
  if (changed.has("panel") || changed.has("scene")) device.show(state.panel, state.scene);
  line.knows = state.show.truth;
  if (changed.has("scene") || changed.has("show")) line.show(state.scene);
  sound.show(state.panel, { still: !state.clock.begun || state.clock.paused || state.clock.over });
  if (changed.has("panel")) showAlarm(state.panel.alarm);
  if (changed.has("show")) showWhatIsShown(state.show.truth);
  if (changed.has("truth") || changed.has("scene")) truth.show(state);
  say(at("pace"), paceOf(state.clock));
});

live.on("log", (fresh, whole) => {
  rows = (whole ? fresh : rows.concat(fresh)).slice(-LAST_COUNT);
  const items = rows.toReversed().map((row) => make("li", { "data-lane": row.lane, "data-mark": row.mark || null }, make("b", {}, row.clock), ` ${row.text}`));
  at("log").replaceChildren(...items);
});

live.on("link", (link, text) => {
  set(at("pace"), "data-link", link);
  if (link === "open") return;
  say(at("pace"), text || link);
  if (live.state.panel) sound?.show(live.state.panel, { still: true });
});

function showWhatIsShown(isTruthShown) {
  set(at("wall"), "data-truth", isTruthShown);
  at("truth-pane").hidden = !isTruthShown;
  at("log-pane").hidden = !isTruthShown;
  // A scenario's title says what goes wrong in it.
  say(at("title"), isTruthShown ? live.hello.run.title : plainTitle);
}

function showAlarm(alarm) {
  const told = JSON.stringify(alarm);
  if (at("alarm").dataset.told === told) return;
  at("alarm").dataset.told = told;
  set(at("alarm"), "data-priority", alarm?.priority ?? null);
  const words = alarm
    ? [make("p", { class: "what" }, make("span", { class: "priority" }, alarm.priority), alarm.display), make("p", { class: "help" }, alarm.help)]
    : [make("p", { class: "what" }, "No alarm")];
  at("alarm").replaceChildren(...words);
}

function paceOf(clock) {
  if (clock.over) return "over";
  if (!clock.begun) return "not begun";
  if (clock.holding) return "1x";
  return clock.paused ? "stands still" : `${clock.rate_frac}x`;
}

function tick() {
  if (live.state.clock) {
    say(at("tod"), timeOfDay(live.nowS() + startS));
    say(at("moment"), moment(Math.floor(live.nowS())));
  }
  requestAnimationFrame(tick);
}

requestAnimationFrame(tick);
live.connect();
