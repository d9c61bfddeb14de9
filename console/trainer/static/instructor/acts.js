// What the instructor makes happen: with one press, or with a form for every verb.

import { at, make, say } from "../dom.js";
import { fieldsFor, filledIn, listVerbs } from "../verbs.js";
import { asker } from "./asking.js";

const NO_WIRE = "No host is on a line to this pump: open a port first, or the log will say that it was skipped.";

export class Acts {
  constructor(live) {
    this.press = asker(live, at("acts-said"));
    this.send = asker(live, at("verb-said"));
    this.verbs = [];
    this.hasWire = false;
    at("verb-find").addEventListener("input", () => this.list());
    at("verb").addEventListener("change", () => this.showFields());
    at("verb-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.doVerb();
    });
  }

  meet({ facts }) {
    this.verbs = facts.verbs;
    at("acts").replaceChildren(...facts.acts.map((group) => this.group(group)));
    this.showWire(this.hasWire);
    this.list();
  }

  /** Offer faults of the line only while there is one. */
  showWire(hasWire) {
    this.hasWire = hasWire;
    for (const group of document.querySelectorAll("[data-wire]")) group.hidden = !hasWire;
    this.showFields();
  }

  group({ title, acts }) {
    const rows = acts.map((act) => {
      const row = make("div", { class: "act" }, this.button(act.name, act.steps, act.name));
      if (act.back.length) row.append(this.button(act.back_name, act.back, `${act.name}: ${act.back_name}`));
      return row;
    });
    const isOfWire = acts.some(({ steps }) => this.verbs.some((verb) => verb.room === "wire" && verb.name === steps[0][0]));
    return make("div", { role: "group", "aria-label": title, class: "act-group", "data-wire": isOfWire }, make("h3", {}, title), make("div", {}, ...rows));
  }

  button(name, steps, whole) {
    const button = make("button", { type: "button", class: "slim", "aria-label": whole }, name);
    button.addEventListener("click", () => this.doSteps(steps, whole));
    return button;
  }

  async doSteps(steps, name) {
    for (const [verb, params] of steps) {
      if (!(await this.press("inject", { verb, params }, `Done: ${name}.`))) return;
    }
  }

  list() {
    listVerbs(at("verb"), this.verbs, at("verb-find").value);
    this.showFields();
  }

  showFields() {
    const verb = this.verbs.find((each) => each.name === at("verb").value);
    if (verb?.name !== this.shown) {
      this.shown = verb?.name;
      at("verb-fields").replaceChildren(...(verb ? fieldsFor(verb) : []));
    }
    say(at("verb-note"), verb?.room === "wire" && !this.hasWire ? NO_WIRE : "");
  }

  async doVerb() {
    const verb = at("verb").value;
    if (verb) await this.send("inject", { verb, params: filledIn(at("verb-fields")) }, `Done: ${verb.replaceAll("_", " ")}.`);
  }
}
