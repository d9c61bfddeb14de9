// Going back to a moment, and on from there in another run.

import { at, say, set } from "../dom.js";
import { moment, timeOfDay } from "../words.js";
import { asker } from "./asking.js";

export class Rewind {
  constructor(live) {
    this.ask = asker(live, at("branch-said"));
    this.atS = null;
    at("at").addEventListener("input", () => this.choose({ at_s: Number(at("at").value), text: "", exact: true }));
    at("branch").addEventListener("click", () => this.atS !== null && this.ask("branch", { at_s: this.atS }, "Going ..."));
  }

  meet({ run, facts }) {
    this.startS = facts.clock_start_s;
    set(at("at"), "min", Math.ceil(run.begin_s));
  }

  show({ now_s: nowS }) {
    set(at("at"), "max", Math.floor(nowS));
    if (this.atS === null) at("at").value = Math.floor(nowS);
  }

  /** Take a moment; `text` is what comes right after it. */
  choose({ at_s: atS, text, exact }) {
    this.atS = atS;
    at("at").value = Math.round(atS);
    const when = `${timeOfDay(Math.round(atS) + this.startS)}, ${moment(atS)}`;
    say(at("at-words"), text ? `${when}, ${exact ? "at" : "just before"}: ${text}` : when);
    set(at("at"), "aria-valuetext", when);
    at("branch").disabled = false;
  }
}
