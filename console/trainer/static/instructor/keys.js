// Letters that act. They can be switched off, and never act while something is typed or another key is held.

import { make } from "../dom.js";

const KEPT_UNDER = "ambupump-letters";
const TYPED_IN = "input:not([type=range], [type=checkbox]), textarea, select";

export class Keys {
  /** @param rows By letter: what it does, in words and in deed. */
  constructor(rows) {
    this.rows = rows;
    const list = document.getElementById("keys");
    for (const [letter, [words]] of Object.entries(rows)) {
      list.append(make("dt", {}, make("kbd", {}, letter)), make("dd", {}, words));
    }
    this.toggle = document.getElementById("keys-on");
    this.toggle.checked = kept() !== "off";
    this.toggle.addEventListener("change", () => keep(this.toggle.checked ? "on" : "off"));
    document.addEventListener("keydown", (event) => this.take(event));
  }

  take(event) {
    if (!this.toggle.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target.closest(TYPED_IN)) return;
    const row = this.rows[event.key];
    if (!row) return;
    event.preventDefault();
    row[1]();
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT_UNDER);
  } catch {
    return null;
  }
}

function keep(value) {
  try {
    localStorage.setItem(KEPT_UNDER, value);
  } catch {
    // Not allowed: it holds for this page.
  }
}
