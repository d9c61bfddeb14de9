// What happened, row by row, with marks and notes between. A list box: arrow keys choose a row, and with it the
// moment just before it.

import { make, set } from "../dom.js";
import { timeOfDay } from "../words.js";

const JUST_BEFORE_S = 0.001;
const AT_FOOT_PX = 24;

export class Log {
  /** @param choose Is given `{at_s, text}` of the moment that is chosen. */
  constructor(box, choose) {
    this.box = box;
    this.choose = choose;
    this.told = [];
    this.entries = [];
    this.rows = [];
    this.chosen = null;
    box.addEventListener("click", (event) => this.pick(event.target.closest("[role=option]")));
    box.addEventListener("keydown", (event) => this.move(event));
  }

  meet({ run, facts }) {
    this.beginS = run.begin_s;
    this.startS = facts.clock_start_s;
  }

  take(rows, whole) {
    this.told = whole ? rows : this.told.concat(rows);
    this.draw();
  }

  takeEntries(marks = [], notes = []) {
    this.entries = [
      ...marks.map((mark) => ({ t_s: mark.at_s, lane: "mark", text: mark.text, exact: true })),
      ...notes.map((note) => ({ t_s: note.at_s, lane: "diary", text: [note.alarm, note.text].filter(Boolean).join(": ") })),
    ];
    this.draw();
  }

  draw() {
    const isAtFoot = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < AT_FOOT_PX;
    const all = [...this.told, ...this.entries].sort((one, other) => one.t_s - other.t_s);
    all.forEach((row, place) => {
      if (this.rows[place]?.row === row) return;
      const element = this.element(row, place);
      if (this.rows[place]) this.rows[place].element.replaceWith(element);
      else this.box.append(element);
      this.rows[place] = { row, element };
    });
    for (const { element } of this.rows.splice(all.length)) element.remove();
    this.markChosen();
    if (isAtFoot) this.box.scrollTop = this.box.scrollHeight;
  }

  element(row, place) {
    const when = make("span", { class: "when" }, timeOfDay(Math.round(row.t_s + this.startS)), make("small", {}, `day ${Math.floor(row.t_s / 86400)}`));
    const lane = make("span", { class: "lane" }, row.lane);
    const attributes = { role: "option", id: `row-${place}`, "data-lane": row.lane, "data-mark": row.mark || null };
    return make("div", { ...attributes, "aria-selected": "false" }, when, lane, make("span", {}, row.text));
  }

  pick(element) {
    const found = this.rows.find((each) => each.element === element);
    if (!found) return;
    this.chosen = found.row;
    this.markChosen();
    const { t_s: tS, text, exact } = found.row;
    const atS = exact ? tS : Math.round(1000 * (tS - JUST_BEFORE_S)) / 1000;
    this.choose({ at_s: Math.max(this.beginS, atS), text, exact });
  }

  markChosen() {
    let active = null;
    for (const { row, element } of this.rows) {
      const isChosen = row === this.chosen;
      set(element, "aria-selected", String(isChosen));
      if (isChosen) active = element.id;
    }
    set(this.box, "aria-activedescendant", active);
  }

  move(event) {
    const last = this.rows.length - 1;
    const now = this.rows.findIndex(({ row }) => row === this.chosen);
    const next = { ArrowUp: now < 0 ? last : now - 1, ArrowDown: now + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const { element } = this.rows[Math.min(last, Math.max(0, next))] ?? {};
    this.pick(element);
    element?.scrollIntoView({ block: "nearest" });
  }
}
