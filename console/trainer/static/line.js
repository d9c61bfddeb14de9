/* What is around the pump: bag, tubing, clamps, connector, catheter and arm, plug and battery.

       const line = new Line(root, {interactive: true, knows: false, onPart: (part) => ...});
       line.show(scene);         a section of state; `knows`: what is wrong is named, and drug told from saline

   The picture adds nothing: every stretch of air is drawn where the scene says it is, and moves there from where
   it was told to be last. In words the same stands beside it (`words`), for whoever does not see it. */

import { draw, make, say, set, still } from "./dom.js";

/** Parts that can be touched: where, and how large. On a phone no side is smaller than a finger. */
const TOUCHED = {
  bag: [50, 48, 142, 176],
  "clamp-upstream": [76, 238, 88, 90],
  "kink-upstream": [84, 330, 92, 92],
  cassette: [244, 424, 152, 88],
  door: [262, 336, 116, 88],
  battery: [386, 284, 88, 88],
  plug: [28, 462, 104, 92],
  "line-tap": [412, 452, 96, 92],
  "clamp-downstream": [548, 398, 90, 90],
  "kink-downstream": [546, 306, 92, 90],
  connector: [434, 230, 90, 90],
};

const WHOLE = 1000;
/** A bubble that is smaller than this, in the picture's own measure, is drawn so large around where it is. */
const LEAST_LENGTH = 12;
/** The rim of a bubble, without which nobody would see air in clear liquid. */
const RIM = 1.8;
/** What is told anew is reached in the time that passed since the last word, but not slower than this. */
const LONGEST_GLIDE_MS = 600;

const BAG = { left: 62, right: 178, top: 62, bottom: 214 };
/** How far the film above the liquid draws in, over what height, and from what height of it on. */
const DRAWN_IN = { aside: 11, over: 30, from: 14 };

const CLAMP_OPEN = "open";
const CLAMP_SHUT = "closed";

export class Line {
  /** Build the picture into `root`. */
  constructor(root, { interactive = false, knows = false, onPart = () => {} } = {}) {
    this.knows = knows;
    this.onPart = onPart;
    this.tubes = { supply: new Tube(), line: new Tube(), catheter: new Tube() };
    this.bag = new Bag();
    this.words = make("ul", { class: "unseen", "aria-label": "What there is to see" });
    this.picture = draw("svg", { viewBox: "0 0 640 560", class: "line-picture", "aria-hidden": "true" });
    this.parts = {
      arm: arm(),
      dressing: draw("rect", { class: "dressing", x: 528, y: 140, width: 62, height: 44, rx: 10, transform: "rotate(-14 559 162)" }),
      wall: wall(),
      pump: pump(),
      cassette: draw("g", { class: "part" }, draw("rect", { class: "plastic", x: 250, y: 424, width: 140, height: 42, rx: 8 }), draw("path", { class: "detail", d: "M250 445h34m72 0h34M284 434h72v22h-72z" })),
      door: draw("path", { class: "part flap" }),
      upper: clamp(120, 284, "vertical"),
      lower: clamp(596, 444, "vertical"),
      small: clamp(487, 214, "small"),
      filter: draw("g", { class: "part" }, draw("rect", { class: "plastic", x: 500, y: 482, width: 46, height: 28, rx: 6 }), draw("path", { class: "detail", d: "M523 482v28" })),
      near: draw("path", { class: "joint" }),
      far: draw("path", { class: "joint" }),
      drops: draw("g", { class: "drops" }),
      labels: draw("g", { class: "labels" }),
    };
    const { parts, tubes } = this;
    this.picture.append(
      parts.wall.root, parts.arm, tubes.supply.root, tubes.line.root, parts.pump.root, parts.cassette, parts.door,
      tubes.catheter.root, parts.dressing, parts.filter, parts.near, parts.far, parts.upper, parts.lower, parts.small,
      this.bag.root, parts.drops, parts.labels,
    );
    if (interactive) this.addTouch();
    root.classList.add("line");
    root.replaceChildren(this.picture, this.words);
  }

  addTouch() {
    this.touch = new Map();
    for (const [part, [x, y, width, height]] of Object.entries(TOUCHED)) {
      const area = draw("rect", { class: "touch", "data-part": part, x, y, width, height, rx: 12 }, draw("title"));
      area.addEventListener("click", () => area.hasAttribute("data-live") && this.onPart(part));
      this.touch.set(part, area);
      this.picture.append(area);
    }
  }

  /** Say which parts can be touched now, and what that does: `{part: text}`. */
  allow(texts) {
    for (const [part, area] of this.touch ?? []) {
      set(area, "data-live", Boolean(texts[part]));
      say(area.firstChild, texts[part] ?? "");
    }
  }

  show(scene) {
    const { tubes, parts } = this;
    const told = performance.now();
    const glideMs = still.matches || !this.told ? 0 : Math.min(LONGEST_GLIDE_MS, told - this.told);
    this.told = told;
    const paths = pathsOf(scene);
    for (const [name, tube] of Object.entries(tubes)) tube.show(scene[name], paths[name], glideMs);
    this.bag.show(scene.bag);
    set(parts.pump.root, "data-battery", scene.battery.present);
    set(parts.pump.root, "data-reversed", scene.battery.present && scene.battery.reversed_poles);
    set(parts.cassette, "transform", scene.cassette ? "" : "translate(0 34) rotate(5 320 445)");
    set(parts.door, "d", scene.door ? "M256 412h128v12H256z" : "M250 412l-44 -52 9 -8 44 52z");
    parts.wall.show(scene.mains);
    set(parts.upper, "data-shut", scene.supply.clamped);
    set(parts.lower, "data-shut", scene.line.clamped);
    set(parts.small, "visibility", scene.catheter.clamped ? null : "hidden");
    set(parts.small, "data-shut", scene.catheter.clamped);
    set(parts.filter, "visibility", scene.filtered ? null : "hidden");
    set(parts.dressing, "visibility", scene.needle_out ? "hidden" : null);
    set(parts.near, "d", paths.near);
    set(parts.far, "d", paths.far);
    this.showDrops(scene);
    this.showLabels(scene);
    this.showWords(scene);
  }

  showDrops(scene) {
    const told = JSON.stringify([scene.supply.leaking, scene.line.leaking, scene.connected, scene.needle_out]);
    if (told === this.dropsTold) return;
    this.dropsTold = told;
    const places = [];
    if (scene.supply.leaking) places.push([196, 440]);
    if (scene.line.leaking) places.push([462, 500]);
    if (!scene.connected) places.push([446, 420]);
    if (scene.needle_out) places.push([532, 222]);
    this.parts.drops.replaceChildren(...places.map(([x, y]) => drop(x, y)));
  }

  showLabels(scene) {
    const rows = [
      [90, 290, "end", ...clampLabel(scene.supply)],
      [562, 450, "end", ...clampLabel(scene.line)],
    ];
    if (!scene.cassette) rows.push([320, 548, "middle", "cassette off", "strong"]);
    if (!scene.door) rows.push([320, 256, "middle", "door open", "strong"]);
    if (!scene.connected) rows.push([634, 290, "end", "disconnected", "strong"]);
    if (!scene.battery.present) rows.push([416, 334, "start", "no battery", "strong"]);
    if (this.knows && scene.supply.kinked) rows.push([92, 374, "end", "kink", "strong"]);
    if (this.knows && scene.line.kinked) rows.push([570, 396, "end", "kink", "strong"]);
    if (scene.needle_out) rows.push([528, 156, "middle", "needle out", "on-skin"]);
    if (scene.catheter.clamped) rows.push([464, 222, "end", "clamped", "strong"]);
    const told = JSON.stringify(rows);
    if (told === this.labelsTold) return;
    this.labelsTold = told;
    this.parts.labels.replaceChildren(
      ...rows.map(([x, y, anchor, text, kind]) => draw("text", { x, y, "text-anchor": anchor, class: kind }, text)),
    );
  }

  showWords(scene) {
    const words = wordsOf(scene);
    const told = words.join("|");
    if (told === this.wordsTold) return;
    this.wordsTold = told;
    this.words.replaceChildren(...words.map((text) => make("li", {}, text)));
  }
}

function clampLabel({ clamped }) {
  return clamped ? [CLAMP_SHUT, "strong"] : [CLAMP_OPEN, ""];
}

// ------------------------------------------------------------------ where everything runs

function pathsOf(scene) {
  const low = scene.cassette ? 445 : 479;
  const bend = scene.supply.kinked ? "V348L150 372L108 384C112 420 150" : "V330C120 400 150";
  const supply = `M120 222${bend} ${low} 250 ${low}`;
  const rise = scene.line.kinked ? "V376L560 352L604 344C590 322 560 330 530 330" : "V386C596 330 560 330 530 330";
  const trunk = `M390 ${low}H416C462 ${low} 470 496 520 496C580 496 596 480 596 440`;
  const line = scene.connected ? `${trunk}${rise}C495 330 480 318 480 288` : `${trunk}${rise}C500 330 470 350 450 400`;
  const catheter = scene.needle_out ? "M480 262C480 215 500 196 530 210" : "M480 262C480 215 508 188 556 166";
  return {
    supply,
    line,
    catheter,
    near: scene.connected ? "M470 292h20v-16h-20z" : "M442 398l16 6 -5 14 -16 -6z",
    far: scene.connected ? "M472 276h16v-20h-16z" : "M470 272h20v-20h-20z",
  };
}

/** One tube: its wall, what fills it, and stretches of other things at their places. */
class Tube {
  constructor() {
    this.wall = draw("path", { class: "tube-wall" });
    this.filling = draw("path", { class: "tube-filling" });
    this.stretches = draw("g");
    this.root = draw("g", {}, this.wall, this.filling, this.stretches);
    this.drawn = [];
    this.path = "";
  }

  show({ stretches, kinked }, path, glideMs) {
    for (const each of [this.wall, this.filling]) set(each, "d", path);
    set(this.root, "data-kinked", kinked);
    if (path !== this.path) this.length = this.wall.getTotalLength();
    this.path = path;
    cancelAnimationFrame(this.frame);
    const from = glideMs > 0 ? matched(this.drawn, stretches) : null;
    if (!from || sameEdges(from, stretches)) this.place(stretches);
    else this.glide(from, stretches, performance.now(), glideMs);
  }

  glide(from, to, begunMs, lastsMs) {
    const step = (nowMs) => {
      const part = Math.min(1, Math.max(0, nowMs - begunMs) / lastsMs);
      const between = (place, edge) => from[place][edge] + part * (to[place][edge] - from[place][edge]);
      this.place(to.map((each, place) => ({ kind: each.kind, from_frac: between(place, "from_frac"), to_frac: between(place, "to_frac") })));
      if (part < 1) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  place(stretches) {
    this.drawn = stretches;
    const { children } = this.stretches;
    while (children.length > stretches.length) this.stretches.lastChild.remove();
    while (children.length < stretches.length) this.stretches.append(stretch());
    stretches.forEach((each, index) => {
      const [rim, inside] = children[index].children;
      const [from, to] = this.edges(each);
      const isAir = each.kind === "air" || each.kind === "froth";
      const inset = isAir ? (RIM / this.length) * WHOLE : 0;
      set(children[index], "class", `stretch ${each.kind}`);
      dash(rim, this.path, from, isAir ? to - from : 0);
      dash(inside, this.path, from + inset, to - from - 2 * inset, each.kind === "froth");
    });
  }

  /** From where to where a stretch is drawn, in thousandths of the tube. */
  edges({ kind, from_frac: from, to_frac: to }) {
    if (kind !== "air" && kind !== "froth") return [from * WHOLE, to * WHOLE];
    const length = Math.min(1, Math.max(LEAST_LENGTH / this.length, to - from));
    const begin = Math.min(1 - length, Math.max(0, (from + to - length) / 2));
    return [begin * WHOLE, (begin + length) * WHOLE];
  }
}

function stretch() {
  return draw("g", {}, draw("path", { class: "rim", pathLength: WHOLE }), draw("path", { class: "inside", pathLength: WHOLE }));
}

function dash(path, along, from, length, isDotted = false) {
  set(path, "d", along);
  set(path, "stroke-dasharray", isDotted ? dots(length) : `${Math.max(0, length)} ${2 * WHOLE}`);
  set(path, "stroke-dashoffset", -from);
}

function dots(length) {
  const count = Math.max(1, Math.floor(length / 12));
  return `${Array.from({ length: count }, () => "6 6").join(" ")} 0 ${2 * WHOLE}`;
}

function sameEdges(from, to) {
  return to.every((each, index) => each.from_frac === from[index].from_frac && each.to_frac === from[index].to_frac);
}

/** Find, for every stretch told now, where it was before: things come in at the inlet and leave at the far end. */
export function matched(before, now) {
  for (let came = 0; came <= now.length; came += 1) {
    const stayed = now.slice(came);
    if (stayed.every((each, index) => before[index]?.kind === each.kind) && before.length >= stayed.length) {
      const inlet = now.slice(0, came).map((each) => ({ kind: each.kind, from_frac: 0, to_frac: 0 }));
      return [...inlet, ...before.slice(0, stayed.length)];
    }
  }
  return null;
}

// ------------------------------------------------------------------ the bag

class Bag {
  constructor() {
    this.film = draw("path", { class: "film" });
    this.folds = draw("path", { class: "folds" });
    this.air = draw("path", { class: "bag-air" });
    this.liquid = draw("path", { class: "bag-liquid" });
    this.marks = draw("g", { class: "marks" });
    this.empty = draw("text", { x: 120, y: 150, "text-anchor": "middle", class: "strong" }, "empty");
    this.root = draw(
      "g",
      { class: "bag" },
      draw("path", { class: "pole", d: "M120 6v24M120 30a9 9 0 1 0 9 9" }),
      this.film, this.folds, this.air, this.liquid, this.marks,
      draw("path", { class: "plastic", d: "M108 212h24v14h-24z" }),
      this.empty,
    );
  }

  show({ liquid_ml: liquidMl, hung_ml: hungMl, air_ml: airMl, dry }) {
    const { bottom, top } = BAG;
    const scale = (bottom - top) / Math.max(hungMl, liquidMl + airMl);
    const level = bottom - liquidMl * scale;
    const surface = level - airMl * scale;
    set(this.liquid, "d", wide(level, bottom));
    set(this.air, "d", wide(surface, level));
    set(this.film, "d", outline(surface));
    set(this.folds, "d", folds(surface));
    set(this.empty, "visibility", dry ? null : "hidden");
    if (hungMl !== this.hungMl) this.mark(hungMl, scale);
    this.hungMl = hungMl;
  }

  mark(hungMl, scale) {
    const step = niceStep(hungMl);
    const rows = [];
    for (let ml = step; ml < hungMl; ml += step) {
      const y = (BAG.bottom - ml * scale).toFixed(1);
      rows.push(draw("path", { d: `M${BAG.right - 16} ${y}h16` }), draw("text", { x: BAG.right - 20, y: Number(y) + 5, "text-anchor": "end" }, String(ml)));
    }
    this.marks.replaceChildren(...rows);
  }
}

/** The part of the bag between two heights, which is filled. */
function wide(from, to) {
  return to - from < 0.2 ? "" : `M${BAG.left} ${from.toFixed(1)}H${BAG.right}V${(to - 8).toFixed(1)}Q${BAG.right} ${to.toFixed(1)} ${BAG.right - 12} ${to.toFixed(1)}H${BAG.left + 12}Q${BAG.left} ${to.toFixed(1)} ${BAG.left} ${(to - 8).toFixed(1)}Z`;
}

/** The outline: as wide as what is in it, and film that has drawn in above. */
function outline(surface) {
  const { left, right, top, bottom } = BAG;
  const inset = DRAWN_IN.aside * Math.min(1, Math.max(0, surface - top - DRAWN_IN.from) / DRAWN_IN.over);
  const [high, low] = [surface - DRAWN_IN.over * 0.9, surface - DRAWN_IN.over * 0.35];
  const sides =
    inset > 0
      ? [`V${Math.max(top, high)}C${right - inset} ${low} ${right} ${low} ${right} ${surface}`, `C${left} ${low} ${left + inset} ${low} ${left + inset} ${Math.max(top, high)}`]
      : ["", ""];
  return (
    `M${left + inset + 8} ${top - 12}H${right - inset - 8}Q${right - inset} ${top - 12} ${right - inset} ${top - 4}${sides[0]}` +
    `V${bottom - 12}Q${right} ${bottom} ${right - 12} ${bottom}H${left + 12}Q${left} ${bottom} ${left} ${bottom - 12}V${surface}${sides[1]}` +
    `V${top - 4}Q${left + inset} ${top - 12} ${left + inset + 8} ${top - 12}Z`
  );
}

/** Folds of the film, where it hangs without anything in it. */
function folds(surface) {
  const deep = surface - BAG.top;
  if (deep < 24) return "";
  return [86, 120, 154].map((x, place) => `M${x} ${BAG.top + 4}Q${x + (place - 1) * 5} ${BAG.top + deep / 2} ${x} ${surface - 10 - 6 * (place % 2)}`).join("");
}

function niceStep(hungMl) {
  return [5, 10, 20, 25, 50, 100, 200, 250, 500].find((step) => hungMl / step <= 5.5) ?? 1000;
}

// ------------------------------------------------------------------ drawings

function arm() {
  return draw(
    "g",
    { class: "arm" },
    draw("path", { class: "sleeve", d: "M640 66C622 70 606 74 594 78L606 208C618 208 630 206 640 206Z" }),
    draw("path", {
      class: "skin",
      d: "M598 82C540 92 488 104 452 112C424 112 396 106 374 112C356 117 336 124 338 134C340 144 360 138 378 138C364 144 342 152 346 162C350 170 368 162 386 158C376 166 366 176 374 182C384 188 400 176 414 172C436 178 452 182 478 182C520 186 566 200 606 206Z",
    }),
  );
}

function pump() {
  const root = draw(
    "g",
    { class: "small-pump" },
    draw("rect", { class: "shell", x: 240, y: 268, width: 160, height: 150, rx: 20 }),
    draw("rect", { class: "screen", x: 260, y: 288, width: 120, height: 60, rx: 6 }),
    draw("path", { class: "screen-lines", d: "M270 302h62M270 316h86M270 330h48" }),
    draw("path", { class: "small-keys", d: "M266 366h20M300 366h20M334 366h20M266 388h20M300 388h20M334 388h20" }),
    draw("rect", { class: "bay", x: 390, y: 296, width: 16, height: 64, rx: 4 }),
    draw("rect", { class: "cellbody", x: 392, y: 300, width: 14, height: 56, rx: 3 }),
    draw("text", { class: "pole-mark", x: 399, y: 316, "text-anchor": "middle" }, "+"),
    draw("text", { class: "pole-mark reversed", x: 399, y: 352, "text-anchor": "middle" }, "+"),
  );
  return { root };
}

function wall() {
  const cord = draw("path", { class: "cord" });
  const plug = draw("g", { class: "part" }, draw("rect", { class: "solid", x: 66, y: 498, width: 40, height: 26, rx: 6 }), draw("path", { class: "metal", d: "M66 505h-14M66 517h-14" }));
  const root = draw("g", {}, draw("rect", { class: "socket", x: 22, y: 480, width: 36, height: 62, rx: 8 }), draw("path", { class: "hole", d: "M40 505h.1M40 517h.1" }), cord, plug);
  return {
    root,
    show(isIn) {
      set(plug, "transform", isIn ? "translate(-8 0)" : "translate(62 22) rotate(12 86 511)");
      set(cord, "d", isIn ? "M320 440C322 530 220 511 98 511" : "M320 440C322 520 240 545 166 538");
    },
  };
}

function clamp(x, y, size) {
  const small = size === "small";
  const [half, height] = small ? [13, 12] : [24, 22];
  return draw(
    "g",
    { class: "part clamp", transform: `translate(${x} ${y})` },
    draw("rect", { class: "clamp-body", x: -half, y: -height, width: 2 * half, height: 2 * height, rx: 6 }),
    draw("path", { class: "clamp-wall", d: `M0 ${-height}V${height}` }),
    draw("path", { class: "clamp-gap", d: `M0 ${-height}V${height}` }),
    draw("path", { class: "clamp-jaw", d: `M${-half} 0H${half}` }),
  );
}

function drop(x, y) {
  return draw("path", { class: "drop", d: `M${x} ${y}c-5 8 -8 12 -8 16a8 8 0 0 0 16 0c0 -4 -3 -8 -8 -16z` });
}

// ------------------------------------------------------------------ the same in words

/** Say what there is to see: for whoever does not see the picture. */
function wordsOf(scene) {
  const { bag } = scene;
  const found = [bag.dry ? "The bag is empty." : `The bag holds about ${Math.round(bag.liquid_ml / 5) * 5} of ${Math.round(bag.hung_ml)} mL.`];
  if (bag.air_ml >= 1) found.push("There is air in the bag.");
  found.push(`The clamp between bag and pump is ${scene.supply.clamped ? CLAMP_SHUT : CLAMP_OPEN}.`);
  found.push(`The clamp between pump and patient is ${scene.line.clamped ? CLAMP_SHUT : CLAMP_OPEN}.`);
  if (scene.catheter.clamped) found.push("The catheter is clamped.");
  for (const [tube, where] of [["supply", "between bag and pump"], ["line", "between pump and patient"]]) {
    if (scene[tube].kinked) found.push(`The tubing ${where} is kinked.`);
    if (scene[tube].leaking) found.push(`The tubing ${where} leaks.`);
    found.push(...airWords(scene[tube].stretches, where));
  }
  if (scene.catheter.stretches.some((each) => each.kind === "blood")) found.push("There is blood in the catheter.");
  if (scene.clinging) found.push("A bubble clings to the tubing in the pump.");
  found.push(scene.connected ? "The line is on the catheter." : "The line is off the catheter.");
  if (scene.needle_out) found.push("The needle is out of the vein.");
  found.push(scene.cassette ? "The cassette is on the pump." : "The cassette is off the pump.");
  found.push(scene.door ? "The door is shut." : "The door is open.");
  found.push(scene.mains ? "The pump is plugged in." : "The pump is not plugged in.");
  if (!scene.battery.present) found.push("There is no battery in the pump.");
  else if (scene.battery.reversed_poles) found.push("The battery is the wrong way round.");
  return found;
}

function airWords(stretches, where) {
  const air = stretches.filter((each) => each.kind === "air" || each.kind === "froth");
  if (air.length === 0) return [];
  if (air.length === 1 && air[0].to_frac - air[0].from_frac > 0.9) return [`The tubing ${where} is full of air.`];
  return [`There is air in the tubing ${where}.`];
}
