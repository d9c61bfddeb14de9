// The truth: what nobody beside the pump can see. For the instructor, and for the room when it is let see.

import { Chart } from "./charts.js";
import { make, say, set } from "./dom.js";
import { Gauge } from "./gauges.js";
import { History } from "./history.js";
import { plain, roughly, spaced, span } from "./words.js";

const DRAWN_EVERY_MS = 250;
/** A closed path reads as wholly obstructed from here on. */
const SHUT_FRAC = 0.99995;

/** Numbers as they are told: key, name, unit, decimal places. */
const FIGURES = [
  ["delivered_ml", "Delivered", "mL", 3],
  ["believed_ml", "Believed", "mL", 3],
  ["shortfall_ml", "Short of the plan", "mL", 3],
  ["drug_flow_ml_h", "Drug into the vein", "mL/h", 3],
  ["level_pg_ml", "Drug level", "pg/mL", 0],
  ["delivered_ug", "Drug given", "ug", 2],
  ["stored_ml", "Stored under pressure", "mL", 3],
  ["air_ul", "Air into the vein", "uL", 0],
  ["spilled_ml", "Spilled", "mL", 3],
  ["bag_available_ml", "Left in the bag", "mL", 2],
];

const CHARTS = [
  {
    title: "Pressure",
    lines: [
      { key: "p_down_mmhg", name: "below", unit: "mmHg", look: "blue", digits: 1 },
      { key: "p_up_mmhg", name: "above", unit: "mmHg", look: "amber dashed", digits: 1 },
    ],
    limited: ["p_down_mmhg", "p_up_mmhg"],
    leastSpan: 20,
  },
  {
    title: "Drug into the vein",
    lines: [{ key: "drug_flow_ml_h", name: "", unit: "mL/h", look: "green", digits: 3 }],
    leastSpan: 0.5,
  },
  {
    title: "Volume",
    lines: [
      { key: "delivered_ml", name: "delivered", unit: "mL", look: "green", digits: 3 },
      { key: "believed_ml", name: "believed", unit: "mL", look: "violet dashed", digits: 3 },
    ],
    leastSpan: 0.2,
  },
  {
    title: "Drug level",
    lines: [{ key: "level_pg_ml", name: "", unit: "pg/mL", look: "orange", digits: 0 }],
    leastSpan: 50,
  },
];

/** What is kept of the past, for the charts. */
const SEEN = CHARTS.flatMap(({ lines }) => lines.map(({ key }) => key));

export class Truth {
  /** @param figures The numbers that are told, by key; all unless said. @param charts Likewise, by title. */
  constructor(box, { figures = FIGURES.map(([key]) => key), charts = CHARTS.map(({ title }) => title) } = {}) {
    this.told = FIGURES.filter(([key]) => figures.includes(key));
    this.plotted = CHARTS.filter(({ title }) => charts.includes(title));
    this.gap = make("div", { class: "gap" });
    this.ways = make("ul", { class: "ways" });
    this.gauges = make("div", { class: "gauges" });
    this.figures = make("dl", { class: "figures" });
    this.charts = make("div", { class: "charts" });
    this.values = new Map();
    this.isDue = false;
    box.append(this.gap, this.ways, this.gauges, this.figures, this.charts);
    new ResizeObserver(() => this.drawSoon()).observe(this.charts);
    for (const [key, name] of this.told) {
      const value = make("dd");
      this.values.set(key, value);
      this.figures.append(make("div", {}, make("dt", {}, name), value));
    }
  }

  meet({ run, facts }) {
    this.startS = facts.clock_start_s;
    this.limits = facts.limits;
    if (this.history) return;
    this.history = new History(run);
    this.makeGauges(facts.limits);
    this.drawn = this.plotted.map((chart) => this.makeChart(chart, facts.limits));
  }

  makeChart({ limited = [], ...chart }, limits) {
    const figure = make("figure");
    this.charts.append(figure);
    return new Chart(figure, { ...chart, limits: limited.map((key) => ({ level: limits[key], name: "alarm" })) });
  }

  makeGauges({ p_down_mmhg: down, p_up_mmhg: up }) {
    this.down = new Gauge(this.gauges, { name: "Pressure below", unit: "mmHg", low: 0, high: Math.round(down * 1.25), limit: down });
    this.up = new Gauge(this.gauges, { name: "Pressure above", unit: "mmHg", low: Math.round(up * 1.25), high: 0, limit: up });
  }

  /** Show the truth of a state of the run. */
  show({ truth, clock, scene }) {
    if (!truth) return;
    const seen = Object.fromEntries(SEEN.map((key) => [key, truth[key]]));
    this.history.add(clock.now_s, seen, clock.rate_frac);
    this.down.show(truth.p_down_mmhg);
    this.up.show(truth.p_up_mmhg);
    for (const [key, , unit, digits] of this.told) say(this.values.get(key), `${plain(truth[key], digits)} ${unit}`);
    this.showGap(truth, clock.now_s);
    this.showWays(truth, scene);
    this.drawSoon();
  }

  showGap({ interruption, gap_s: gapS }, nowS) {
    set(this.gap, "data-open", Boolean(interruption));
    if (!interruption) {
      say(this.gap, gapS > 0 ? `Drug reaches the vein. Without drug so far: ${span(gapS)}.` : "Drug reaches the vein, without a break so far.");
      return;
    }
    const lastedS = nowS - interruption.since_s;
    const leftS = this.limits.interruption_s - lastedS;
    const limit = span(this.limits.interruption_s);
    const left = leftS >= 0 ? `${roughly(leftS)} left of ${limit}` : `${limit} exceeded by ${roughly(-leftS)}`;
    if (!this.bar?.isConnected) {
      this.gapWords = make("p");
      this.bar = make("progress", { max: this.limits.interruption_s, "aria-label": "Time without drug, up to the limit" });
      this.gap.replaceChildren(this.gapWords, this.bar);
    }
    say(this.gapWords, `No drug for ${roughly(lastedS)} (${spaced(interruption.cause)}): ${left}.`);
    this.bar.value = Math.min(lastedS, this.limits.interruption_s);
  }

  showWays(truth, scene) {
    const ways = inTheWay(truth, scene);
    const told = ways.join("\n");
    if (told === this.waysTold) return;
    this.waysTold = told;
    const items = ways.length ? ways : ["Nothing is in the way, nothing is broken."];
    this.ways.replaceChildren(...items.map((way) => make("li", {}, way)));
    set(this.ways, "data-any", ways.length > 0);
  }

  drawSoon() {
    if (this.isDue) return;
    this.isDue = true;
    setTimeout(() => requestAnimationFrame(() => this.draw()), DRAWN_EVERY_MS);
  }

  draw() {
    this.isDue = false;
    const samples = this.history?.samples ?? [];
    if (!samples.length) return;
    for (const chart of this.drawn) chart.draw(samples, samples[0].t, samples.at(-1).t, this.startS);
  }

  /** Keep what was seen for the pages that come after this one. */
  keep() {
    this.history?.keep();
  }
}

/** Say what obstructs, leaks, is off or is broken, hidden or not. */
function inTheWay(truth, scene) {
  const sides = [
    ["above the pump", scene.supply],
    ["below the pump", scene.line],
    ["at the catheter", scene.catheter],
  ];
  const found = sides.flatMap(([where, tube]) => [
    tube.clamped && `Clamped ${where}`,
    tube.kinked && `Kinked ${where}`,
    tube.leaking && `Leaks ${where}`,
  ]);
  const { obstruction_frac: shutFrac, gain_frac: gainFrac } = truth;
  return [
    ...found,
    shutFrac >= SHUT_FRAC && "Catheter closed",
    shutFrac > 0.001 && shutFrac < SHUT_FRAC && `Catheter obstructed: ${plain(100 * shutFrac, 2)} % of its conductance lost`,
    !scene.connected && "Line off the catheter",
    scene.needle_out && "Needle out of the vein",
    scene.clinging && "A bubble clings to the air detector",
    scene.bag.dry && "The bag is dry",
    truth.obstacle === "air" && "Air stands before the vein",
    !scene.cassette && "Cassette off",
    !scene.door && "Door open",
    Math.abs(gainFrac - 1) > 1e-9 && `The mechanism moves ${plain(gainFrac)} of what it is told`,
    ...truth.faults.map((fault) => `Fault: ${spaced(fault)}`),
  ].filter(Boolean);
}
