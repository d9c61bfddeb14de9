// Small charts of what was seen: lines over the run's time, drawn as SVG. Colours come from the page's sheet;
// lines differ by dashes too.

import { draw, make, say, set } from "./dom.js";
import { plain, timeOfDay } from "./words.js";

/** Room around the plot, in heights of its letters. */
const MARGIN = { top: 0.7, right: 0.6, bottom: 1.5, left: 3.6 };
const STEPS = [1, 2, 2.5, 5, 10];

/**
 * A chart in `figure`.
 *
 * @param lines `[{key, name, unit, look, digits}]`: the values of a sample, and how they are called and drawn.
 * @param limits `[{level, name}]`: levels that are drawn across.
 * @param leastSpan The smallest span of values that fills the chart: noise is not blown up.
 */
export class Chart {
  constructor(figure, { title, lines, limits = [], leastSpan }) {
    this.lines = lines;
    this.limits = limits;
    this.leastSpan = leastSpan;
    this.title = title;
    this.values = lines.map(() => make("b"));
    this.limitLines = limits.map(() => draw("path", { class: "limit" }));
    this.limitNames = limits.map(({ name }) => draw("text", { class: "limit-name" }, name));
    this.paths = lines.map(({ look }) => draw("path", { class: `curve ${look}` }));
    this.low = draw("text", { class: "tick y" });
    this.high = draw("text", { class: "tick y" });
    this.begin = draw("text", { class: "tick" });
    this.end = draw("text", { class: "tick end" });
    this.axis = draw("path", { class: "axis" });
    const drawing = [this.axis, ...this.limitLines, ...this.limitNames, ...this.paths];
    this.svg = draw("svg", { role: "img", "aria-label": title }, ...drawing, this.low, this.high, this.begin, this.end);
    const keys = lines.map((line, place) => make("span", { class: "legend" }, swatch(line), `${line.name} `, this.values[place]));
    figure.append(make("figcaption", {}, make("span", {}, title), ...keys), this.svg);
  }

  /** Draw `samples` between two times; `clockStartS` is the time of day at zero. */
  draw(samples, fromS, toS, clockStartS) {
    const width = this.svg.clientWidth;
    const height = this.svg.clientHeight;
    if (!width || !height || !samples.length) return;
    set(this.svg, "viewBox", `0 0 ${width} ${height}`);
    const letter = parseFloat(getComputedStyle(this.low).fontSize);
    const [left, right] = [MARGIN.left * letter, width - MARGIN.right * letter];
    const [top, foot] = [MARGIN.top * letter, height - MARGIN.bottom * letter];
    const [low, high] = this.scale(samples, fromS);
    const x = (tS) => left + ((tS - fromS) / Math.max(1, toS - fromS)) * (right - left);
    const y = (value) => foot - ((value - low) / (high - low)) * (foot - top);
    this.lines.forEach((line, place) => {
      set(this.paths[place], "d", pathOf(samples, line.key, fromS, x, y));
      say(this.values[place], `${plain(samples.at(-1)[line.key], line.digits)} ${line.unit}`);
    });
    this.limits.forEach((limit, place) => {
      const isInside = limit.level >= low && limit.level <= high;
      const at = y(limit.level);
      set(this.limitLines[place], "d", isInside ? `M${left} ${at}H${right}` : "");
      label(this.limitNames[place], isInside ? limit.name : "", right, at - 3);
    });
    set(this.axis, "d", `M${left} ${top}V${foot}H${right}`);
    label(this.high, plain(high, 3), left - 5, top + 0.7 * letter);
    label(this.low, plain(low, 3), left - 5, foot);
    label(this.begin, timeOfDay(fromS + clockStartS), left, height - 3);
    label(this.end, timeOfDay(toS + clockStartS), right, height - 3);
    set(this.svg, "aria-label", this.inWords(samples.at(-1)));
  }

  scale(samples, fromS) {
    let [low, high] = [Infinity, -Infinity];
    for (const sample of samples) {
      if (sample.t < fromS) continue;
      for (const { key } of this.lines) {
        low = Math.min(low, sample[key]);
        high = Math.max(high, sample[key]);
      }
    }
    if (low > high) [low, high] = [0, 0];
    if (high - low < this.leastSpan) {
      if (low >= 0 && low < this.leastSpan) low = 0;
      high = low + this.leastSpan;
    }
    const step = niceStep((high - low) / 5);
    return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  }

  inWords(sample) {
    const parts = this.lines.map((line) => `${line.name} ${plain(sample[line.key], line.digits)} ${line.unit}`);
    return `${this.title}: now ${parts.join(", ")}`;
  }
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return STEPS.find((step) => step * power >= rough * (1 - 1e-9)) * power;
}

function pathOf(samples, key, fromS, x, y) {
  let path = "";
  let isDown = false;
  for (const sample of samples) {
    if (sample.t < fromS) continue;
    path += `${isDown && !sample.gap ? "L" : "M"}${x(sample.t).toFixed(1)} ${y(sample[key]).toFixed(1)}`;
    isDown = true;
  }
  return path;
}

function swatch({ look }) {
  const line = draw("path", { class: `curve ${look}`, d: "M0 4H22" });
  return draw("svg", { class: "swatch", viewBox: "0 0 22 8", "aria-hidden": "true" }, line);
}

function label(element, words, x, y) {
  say(element, words);
  set(element, "x", x);
  set(element, "y", y);
}
