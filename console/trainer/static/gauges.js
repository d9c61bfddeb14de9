// A pressure as a bar from zero, with the level drawn at which the pump gives an alarm.

import { draw, make, say, set } from "./dom.js";
import { plain } from "./words.js";

const WIDTH = 300;
const HEIGHT = 16;

/**
 * A gauge at the end of `parent`.
 *
 * @param low The left end of the scale. @param high The right end.
 * @param limit The level of the alarm; what lies beyond it, seen from zero, is hatched.
 */
export class Gauge {
  constructor(parent, { name, unit, low, high, limit }) {
    Object.assign(this, { name, unit, low, high, limit });
    this.value = make("b");
    this.bar = draw("rect", { class: "bar", y: 3, height: HEIGHT - 6 });
    const place = { role: "meter", "aria-label": name, "aria-valuemin": low, "aria-valuemax": high };
    this.box = make(
      "div",
      { class: "gauge", ...place },
      make("p", {}, make("span", {}, name), this.value),
      this.scale(),
      make("p", { class: "muted small" }, `alarm at ${plain(limit, 0)} ${unit}`),
    );
    parent.append(this.box);
  }

  scale() {
    const [from, to] = this.limit < 0 ? [0, this.x(this.limit)] : [this.x(this.limit), WIDTH];
    return draw(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      draw("rect", { class: "ground", width: WIDTH, height: HEIGHT }),
      draw("rect", { class: "beyond", x: from, width: to - from, height: HEIGHT }),
      this.bar,
      draw("rect", { class: "zero", x: this.x(0) - 1, width: 2, height: HEIGHT }),
      draw("rect", { class: "limit", x: this.x(this.limit) - 1, width: 2, height: HEIGHT }),
    );
  }

  x(value) {
    const inside = Math.min(this.high, Math.max(this.low, value));
    return ((inside - this.low) / (this.high - this.low)) * WIDTH;
  }

  /** Show a pressure. */
  show(value) {
    const [zero, end] = [this.x(0), this.x(value)];
    set(this.bar, "x", Math.min(zero, end));
    set(this.bar, "width", Math.abs(end - zero));
    this.box.classList.toggle("is-beyond", this.limit < 0 ? value <= this.limit : value >= this.limit);
    const words = `${plain(value, 1)} ${this.unit}`;
    say(this.value, words);
    set(this.box, "aria-valuenow", plain(Math.min(this.high, Math.max(this.low, value)), 1));
    set(this.box, "aria-valuetext", `${words}, alarm at ${plain(this.limit, 0)} ${this.unit}`);
  }
}
