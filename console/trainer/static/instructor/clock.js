// The clock of the run: what time it is, how it goes on, and the buttons that say so.

import { at, make, say, set } from "../dom.js";
import { moment, roughly, timeOfDay } from "../words.js";
import { asker } from "./asking.js";

export class ClockBar {
  constructor(live) {
    this.live = live;
    this.ask = asker(live, at("clock-said"));
    this.speeds = [];
    at("go").addEventListener("click", () => this.goOrPause());
    at("next").addEventListener("click", () => this.next());
    for (const button of document.querySelectorAll("[data-skip]")) {
      button.addEventListener("click", () => this.ask("clock", { what: "skip", span: button.dataset.skip }));
    }
    const tick = () => {
      this.showTime();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  meet({ facts }) {
    this.startS = facts.clock_start_s;
    this.speeds = facts.speeds;
    const buttons = facts.speeds.map((rate, place) => {
      const button = make("button", { type: "button", "aria-pressed": "false" }, `${rate}x`);
      button.addEventListener("click", () => this.rate(place));
      return button;
    });
    at("speeds").replaceChildren(...buttons);
  }

  goOrPause() {
    const { paused } = this.live.state.clock ?? {};
    this.ask("clock", { what: paused ? "resume" : "pause" });
  }

  next() {
    this.ask("clock", { what: "next" });
  }

  rate(place) {
    this.ask("clock", { what: "rate", rate_frac: this.speeds[place] });
  }

  show({ clock, truth }) {
    say(at("go"), clock.paused ? (clock.begun ? "Go on" : "Begin") : "Pause");
    for (const button of document.querySelectorAll("#clock button")) button.disabled = clock.over;
    at("speeds").childNodes.forEach((button, place) => {
      set(button, "aria-pressed", String(this.speeds[place] === clock.rate_frac));
    });
    say(at("pace"), pace(clock));
    set(at("pace"), "data-goes", !clock.paused && !clock.over);
    const waitS = truth?.next_event_s === null ? null : truth.next_event_s - clock.now_s;
    set(at("next"), "title", waitS === null ? "nothing more will happen" : `in ${roughly(waitS)}`);
  }

  showLink(link, text) {
    if (link !== "open") say(at("pace"), link === "joining" ? "joining" : text);
    set(at("pace"), "data-link", link);
  }

  showTime() {
    if (!this.live.state.clock) return;
    const nowS = this.live.nowS();
    say(at("tod"), timeOfDay(nowS + this.startS));
    say(at("moment"), moment(Math.floor(nowS)));
  }
}

function pace(clock) {
  if (clock.over) return "over";
  if (clock.holding) return "a key is held: 1x";
  if (!clock.begun) return "not begun";
  return clock.paused ? "stands still" : `runs at ${clock.rate_frac}x`;
}
