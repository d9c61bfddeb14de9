// Letters that act. They can be switched off, and never act while something is typed or another key is held.

import { at, make } from "../dom.js";
import { isForThePage, switchedBy } from "../letters.js";

export class Keys {
  /** @param rows By letter: what it does, in words and in deed. */
  constructor(rows) {
    this.rows = rows;
    const list = at("keys");
    for (const [letter, [words]] of Object.entries(rows)) {
      list.append(make("dt", {}, make("kbd", {}, letter)), make("dd", {}, words));
    }
    this.toggle = at("keys-on");
    switchedBy(this.toggle);
    document.addEventListener("keydown", (event) => this.take(event));
  }

  take(event) {
    if (!this.toggle.checked || !isForThePage(event)) return;
    const row = this.rows[event.key];
    if (!row) return;
    event.preventDefault();
    row[1]();
  }
}
