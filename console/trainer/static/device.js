/* The front of the pump: display, lamps, signs and keys, and what is on its body: cassette, door, battery, plug.

       const device = new Device(root, {interactive: true, onKey: (key, down) => ...});
       device.show(panel, scene);      sections of state; the scene may be left out
       device.enable(false);           keys take no presses, as while there is no connection

   A key is told down once and up once, whatever presses it: mouse, finger, or Space and Enter on a focused key.
   Whatever takes the finger away lets it go: leaving the key, another window, a lost connection. */

import { draw, glyph, make, say, set, still } from "./dom.js";

export const LINES_COUNT = 6;

/** No lamp flashes faster, whatever the numbers say: above three times a second is unsafe to look at. */
const MOST_FLASH_HZ = 3;

/** How bright a lamp is between two flashes. */
const DIM = 0.14;

/** The keys as they lie, row by row: what they are called, their sign, and the letter that presses them. */
export const KEYS = [
  { key: "power", name: "Power", letter: "p", sign: "M12 3v8M6.5 6.5a8 8 0 1 0 11 0" },
  { key: "up", name: "Up", letter: "u", sign: "M5 16l7-8 7 8" },
  { key: "info", name: "Info", letter: "i", sign: "M12 11v7M12 6.2v.1" },
  { key: "run", name: "Run", letter: "r", sign: "M8 5l11 7-11 7z" },
  { key: "silence", name: "Silence", letter: "q", sign: "M6 16h12c-1.5-2-1.5-4-1.5-6a4.5 4.5 0 0 0-9 0c0 2 0 4-1.5 6zM10.5 19h3M4 4l16 16" },
  { key: "down", name: "Down", letter: "d", sign: "M5 8l7 8 7-8" },
  { key: "ok", name: "OK", letter: "o", sign: "M5 13l5 5 9-11" },
  { key: "stop", name: "Stop", letter: "s", sign: "M7 7h10v10H7z" },
];

const SIGNS = {
  lock: "M7 11h10v8H7zM9 11V8a3 3 0 0 1 6 0v3",
  unlocked: "M7 11h10v8H7zM9 11V8a3 3 0 0 1 5.6-1.5",
  mains: "M9 4v5M15 4v5M6.5 9h11v3a5.5 5.5 0 0 1-11 0zM12 17.5V21",
  link: "M9.5 14.5l5-5M11 7l1.5-1.5a3.5 3.5 0 0 1 5 5L16 12M13 17l-1.5 1.5a3.5 3.5 0 0 1-5-5L8 12M4 4l16 16",
  paused: "M6 16h12c-1.5-2-1.5-4-1.5-6a4.5 4.5 0 0 0-9 0c0 2 0 4-1.5 6zM10.5 19h3M4 4l16 16",
  limit: "M12 4l9 16H3zM12 10v5M12 17.5v.1",
  waiting: "M6 16h12c-1.5-2-1.5-4-1.5-6a4.5 4.5 0 0 0-9 0c0 2 0 4-1.5 6zM10.5 19h3",
};

const BATTERY_WORDS = { charging: "charging", full: "full", "in use": "in use", low: "low", depleted: "depleted", missing: "missing" };

const LIGHT_WORDS = (light) => (!light ? "off" : `${light.colour}, ${light.flash_hz > 0 ? "flashing" : "steady"}`);

export class Device {
  /** Build the pump into `root`. */
  constructor(root, { interactive = false, onKey = () => {} } = {}) {
    this.onKey = onKey;
    this.isEnabled = interactive;
    this.pressed = new Map();
    this.keys = new Map();
    this.status = lamp("Status");
    this.alarm = lamp("Alarm");
    this.lines = Array.from({ length: LINES_COUNT }, () => make("div", { class: "lcd-line" }));
    this.signs = make("ul", { class: "lcd-signs", "aria-label": "Signs" });
    this.lcd = make("section", { class: "lcd", "aria-label": "Display of the pump" }, this.signs, make("div", { class: "lcd-text" }, ...this.lines));
    this.body = body();
    root.classList.add("device");
    root.replaceChildren(
      make("div", { class: "device-top" }, make("span", { class: "device-name" }, "Ambupump"), this.status.root, this.alarm.root),
      this.lcd,
      make("div", { class: "keys", role: "group", "aria-label": "Keys of the pump" }, ...KEYS.map((row) => this.keyOf(row, interactive))),
      this.body.root,
    );
    if (interactive) {
      addEventListener("blur", () => this.letGo());
      document.addEventListener("visibilitychange", () => document.hidden && this.letGo());
    }
    still.addEventListener("change", () => [this.status, this.alarm].forEach((each) => each.show(each.light, true)));
  }

  // ---- what is shown

  show(panel, scene = null) {
    this.lines.forEach((line, place) => say(line, panel.lines[place] || "\u00a0"));
    const isOn = panel.icons !== null;
    set(this.lcd, "data-on", isOn);
    this.status.show(panel.status_light);
    this.alarm.show(panel.alarm_light);
    this.showSigns(panel.icons);
    this.held = new Set(panel.held);
    this.showHeld();
    if (scene) this.body.show(scene);
  }

  showSigns(icons) {
    const told = JSON.stringify(icons);
    if (told === this.signsTold) return;
    this.signsTold = told;
    this.signs.replaceChildren(...(icons ? signsOf(icons) : []));
  }

  showHeld() {
    for (const [key, button] of this.keys) {
      set(button, "data-held", this.pressed.has(key) || Boolean(this.held?.has(key)));
    }
  }

  // ---- keys

  /** Let keys be pressed or not. What is held when that ends is let go. */
  enable(isEnabled) {
    if (!isEnabled) this.letGo();
    this.isEnabled = isEnabled;
    for (const button of this.keys.values()) set(button, "aria-disabled", isEnabled ? null : "true");
  }

  keyOf({ key, name, letter, sign }, interactive) {
    const tag = interactive ? "button" : "div";
    const button = make(tag, { class: "key", "data-key": key }, glyph(sign), make("span", {}, name));
    this.keys.set(key, button);
    if (!interactive) return button;
    set(button, "type", "button");
    set(button, "aria-keyshortcuts", letter);
    button.addEventListener("pointerdown", (event) => {
      if (event.button === 0) this.press(key, `pointer ${event.pointerId}`);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      button.addEventListener(end, (event) => this.release(key, `pointer ${event.pointerId}`));
    }
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.press(key, event.code);
    });
    button.addEventListener("keyup", (event) => this.release(key, event.code));
    button.addEventListener("blur", () => this.release(key));
    return button;
  }

  /** Put a finger on a key; `by` tells fingers apart. */
  press(key, by) {
    if (!this.isEnabled || this.pressed.has(key)) return;
    this.pressed.set(key, by);
    this.showHeld();
    this.onKey(key, true);
  }

  /** Take a finger off a key; without `by`, whichever it is. */
  release(key, by = this.pressed.get(key)) {
    if (!this.pressed.has(key) || this.pressed.get(key) !== by) return;
    this.pressed.delete(key);
    this.showHeld();
    this.onKey(key, false);
  }

  letGo() {
    for (const key of [...this.pressed.keys()]) this.release(key);
  }
}

// ------------------------------------------------------------------ lamps

/** A lamp: flashes as the numbers say; where nothing may move it is steady, with stripes for flashing. */
function lamp(name) {
  const bulb = make("span", { class: "bulb" });
  const root = make("span", { class: "lamp", role: "img", "aria-label": `${name} lamp: off` }, bulb, make("span", { "aria-hidden": "true" }, name));
  let told = null;
  let flashing = null;
  const shown = {
    root,
    light: null,
    show(light, anew = false) {
      shown.light = light;
      if (JSON.stringify(light) === told && !anew) return;
      told = JSON.stringify(light);
      flashing?.cancel();
      flashing = null;
      set(bulb, "data-colour", light?.colour ?? null);
      set(bulb, "data-flashes", Boolean(light && light.flash_hz > 0));
      set(root, "aria-label", `${name} lamp: ${LIGHT_WORDS(light)}`);
      if (light && light.flash_hz > 0 && !still.matches) flashing = flash(bulb, light);
    },
  };
  return shown;
}

function flash(bulb, { flash_hz: flashHz, duty_frac: dutyFrac }) {
  const bright = { opacity: 1, easing: "step-end" };
  const dim = { opacity: DIM, easing: "step-end" };
  return bulb.animate(
    [{ ...bright, offset: 0 }, { ...dim, offset: dutyFrac }, { ...dim, offset: 1 }],
    { duration: 1000 / Math.min(flashHz, MOST_FLASH_HZ), iterations: Infinity },
  );
}

// ------------------------------------------------------------------ signs above the display

function signsOf(icons) {
  const { keyboard, lock_level: level } = icons;
  const found = [
    sign(keyboard === "open" ? SIGNS.unlocked : SIGNS.lock, level, `Lock level ${level}, keyboard ${keyboard}`),
  ];
  if (icons.soft_limit) found.push(sign(SIGNS.limit, "", "Beyond a soft limit"));
  if (icons.link_lost) found.push(sign(SIGNS.link, "", "Remote link lost"));
  if (icons.audio_paused) found.push(sign(SIGNS.paused, "", "Audio paused"));
  if (icons.waiting_count > 0) {
    found.push(sign(SIGNS.waiting, `+${icons.waiting_count}`, `${icons.waiting_count} more alarm${icons.waiting_count > 1 ? "s" : ""} waiting`));
  }
  const right = [];
  if (icons.mains) right.push(sign(SIGNS.mains, "", "External power"));
  right.push(batterySign(icons));
  right[0].classList.add("first-right");
  return [...found, ...right];
}

function sign(path, text, says) {
  return make("li", { title: says }, glyph(path), make("span", { "aria-hidden": "true" }, text), make("span", { class: "unseen" }, says));
}

function batterySign({ battery, battery_frac: frac }) {
  const says = `Battery ${BATTERY_WORDS[battery]}${frac === null ? "" : `, ${Math.round(100 * frac)} %`}`;
  const picture = draw(
    "svg",
    { viewBox: "0 0 38 24", class: "glyph battery", "aria-hidden": "true" },
    draw("path", { d: "M3 6h29v12H3zM35 10v4" }),
    frac === null ? draw("path", { d: "M9 3l17 18" }) : draw("rect", { class: "charge", x: 5.5, y: 8.5, width: (24 * frac).toFixed(1), height: 7 }),
  );
  const text = frac === null ? "none" : `${Math.round(100 * frac)} %`;
  return make("li", { title: says }, picture, make("span", { "aria-hidden": "true" }, text), make("span", { class: "unseen" }, says));
}

// ------------------------------------------------------------------ the body: plug, cassette and door, battery

/** The lower edge of the pump, as a drawing with its words. */
function body() {
  const parts = {
    plug: draw(
      "g",
      { class: "part plug" },
      draw("path", { class: "cord", d: "M6 78C6 62 4 40 18 40" }),
      draw("rect", { class: "solid", x: 16, y: 32, width: 18, height: 16, rx: 3 }),
      draw("path", { class: "metal", d: "M34 37h7M34 43h7" }),
    ),
    cassette: draw(
      "g",
      { class: "part cassette" },
      draw("path", { class: "hose", d: "M112 78V50M208 78V50" }),
      draw("rect", { class: "plastic", x: 92, y: 18, width: 136, height: 34, rx: 7 }),
      draw("path", { class: "detail", d: "M112 52V35h96v17" }),
    ),
    door: draw(
      "g",
      { class: "part door" },
      draw("rect", { class: "cover", x: 84, y: 10, width: 152, height: 34, rx: 8 }),
      draw("rect", { class: "window", x: 124, y: 18, width: 72, height: 18, rx: 4 }),
      draw("path", { class: "detail", d: "M140 27h40" }),
      draw("rect", { class: "solid", x: 224, y: 20, width: 8, height: 14, rx: 2 }),
    ),
    battery: draw("g", { class: "part cell" }, draw("rect", { class: "cellbody", x: 270, y: 25, width: 40, height: 18, rx: 2 }), draw("path", { class: "metal", d: "M310 30h4v8h-4z" }), draw("text", { x: 290, y: 38.5 }, "+ −")),
  };
  const picture = draw(
    "svg",
    { viewBox: "0 0 320 78", "aria-hidden": "true", class: "body-picture" },
    draw("rect", { class: "socket", x: 40, y: 30, width: 12, height: 20, rx: 2 }),
    draw("rect", { class: "bay", x: 262, y: 20, width: 58, height: 28, rx: 3 }),
    parts.plug,
    parts.cassette,
    parts.door,
    parts.battery,
  );
  const words = make("p", { class: "body-words" });
  return {
    root: make("div", { class: "body" }, picture, words),
    show(scene) {
      set(picture, "data-mains", scene.mains);
      set(picture, "data-cassette", scene.cassette);
      set(picture, "data-door", scene.door);
      set(picture, "data-battery", scene.battery.present);
      set(picture, "data-reversed", scene.battery.reversed_poles);
      say(words, bodyWords(scene).join(" · "));
    },
  };
}

/** Say what is on the pump, in words. */
function bodyWords(scene) {
  const { present, reversed_poles: reversed } = scene.battery;
  return [
    scene.mains ? "plugged in" : "not plugged in",
    scene.cassette ? "cassette on" : "cassette off",
    scene.door ? "door shut" : "door open",
    present ? (reversed ? "battery the wrong way round" : "battery in") : "no battery",
  ];
}
