/* The trainee's diary: which alarm it was by their own judgement, and what they say of it.

       const diary = new Diary(root, {onNote: (alarm, text) => promise});
       diary.offer(facts.alarms, facts.clock_start_s);
       diary.show(notes);                 a section of state
       diary.enable(false);               nothing can be written now */

import { make, say, set } from "./dom.js";
import { timeOfDay } from "./words.js";

export class Diary {
  constructor(root, { onNote }) {
    this.form = root.querySelector("form");
    this.alarm = root.querySelector("select");
    this.text = root.querySelector("input");
    this.button = root.querySelector("button");
    this.list = root.querySelector("ol");
    this.names = new Map();
    this.alarm.addEventListener("change", () => this.require());
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (this.button.getAttribute("aria-disabled")) return;
      if (await onNote(this.alarm.value, this.text.value.trim())) this.text.value = "";
    });
    this.require();
  }

  /** Something else than an alarm has to be said in words. */
  require() {
    this.text.required = this.alarm.value === "";
    root(this.form, "#note-optional").hidden = this.text.required;
  }

  offer(alarms, clockStartS) {
    this.clockStartS = clockStartS;
    this.names = new Map(alarms.map((row) => [row.code, row.display]));
    const sorted = [...alarms].sort((one, other) => one.display.localeCompare(other.display, "en"));
    const chosen = this.alarm.value;
    this.alarm.replaceChildren(
      make("option", { value: "" }, "Something else"),
      make("optgroup", { label: "An alarm" }, ...sorted.map((row) => make("option", { value: row.code }, row.display))),
    );
    this.alarm.value = chosen;
  }

  show(notes) {
    const told = JSON.stringify(notes);
    if (told === this.told) return;
    this.told = told;
    this.list.replaceChildren(...notes.map((note) => make("li", {}, make("span", { class: "muted" }, timeOfDay(this.clockStartS + note.at_s)), " ", this.words(note))));
  }

  words({ alarm, text }) {
    return [this.names.get(alarm) ?? alarm, text].filter(Boolean).join(": ");
  }

  enable(isEnabled) {
    set(this.button, "aria-disabled", isEnabled ? null : "true");
  }

  refuse(text) {
    say(root(this.form, ".refusal"), text);
  }
}

function root(form, selector) {
  return form.querySelector(selector);
}
