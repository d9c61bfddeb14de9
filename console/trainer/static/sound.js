/* What the pump's sounder plays, from the numbers that the page was told (`pump/signals.py`), and nothing of its own.
   `console/wav.py` writes the same as files; what a tone is stands there.

       const sound = new Sound(facts);          facts of the hello
       sound.onChange = (state) => ...          "off": the browser has not allowed it yet; "on"; "muted"
       sound.switchOn();                        within a click or a key press
       sound.mute(true);
       sound.show(panel, {still: false});       a section of state; still: time stands, nothing sounds
       sound.scheduled                          the tones that were last given to the browser, for whoever checks

   Tones are given to the browser ahead of time, so that nothing that keeps the page busy makes them late, and are
   taken back at once when the pump is silenced. */

import { say, set } from "./dom.js";

/** So far ahead tones are scheduled: a page that is not looked at wakes once a second. */
const AHEAD_S = 1.5;
const TICK_MS = 250;
/** A sound that is taken back fades so fast: a step would click. */
const FADE_S = 0.008;
const LOUDNESS = 0.5;
const REMEMBERED_COUNT = 400;

export class Sound {
  constructor(facts, { makeContext = () => new AudioContext(), aheadS = AHEAD_S } = {}) {
    this.facts = facts;
    this.aheadS = aheadS;
    this.makeContext = makeContext;
    this.onChange = () => {};
    this.isMuted = false;
    this.context = null;
    this.voice = null;
    this.wanted = null;
    this.heard = null;
    this.scheduled = [];
  }

  get state() {
    if (this.context?.state !== "running") return "off";
    return this.isMuted ? "muted" : "on";
  }

  /** Ask the browser to let sound out. It does so only within a click or a key press. */
  async switchOn() {
    if (!this.context) {
      this.context = this.makeContext();
      this.out = new GainNode(this.context, { gain: LOUDNESS });
      this.out.connect(this.context.destination);
      this.wave = waveOf(this.context, this.facts.harmonics_db);
      this.context.onstatechange = () => this.changed();
    }
    await this.context.resume().catch(() => {});
    this.changed();
  }

  mute(isMuted) {
    this.isMuted = isMuted;
    this.changed();
  }

  changed() {
    this.onChange(this.state);
    this.play();
  }

  /** Sound as the panel says. */
  show(panel, { still = false } = {}) {
    const { sound, beeps } = panel;
    this.wanted = sound && sound.heard && !still ? sound : null;
    if (this.heard && !still) {
      if (beeps.key > this.heard.key) this.beep("key");
      if (beeps.double > this.heard.double) this.beep("double");
    }
    this.heard = beeps;
    this.play();
  }

  beep(name) {
    if (this.state === "on") this.schedule(this.facts.beeps[name], this.context.currentTime, this.out, `${name} beep`);
  }

  // ---- the alarm

  play() {
    const wanted = this.state === "on" ? this.wanted : null;
    const id = wanted && `${wanted.code} ${wanted.priority}`;
    if (this.voice && this.voice.id !== id) this.stop();
    if (!wanted) return;
    const { period_s: periodS, escalated_period_s: escalatedS, pulses } = this.facts.sounds[wanted.priority];
    this.voice ??= this.begin(id, wanted.priority, pulses);
    this.voice.periodS = wanted.escalated ? escalatedS : periodS;
    this.fill();
  }

  begin(id, priority, pulses) {
    const gain = new GainNode(this.context);
    gain.connect(this.out);
    return { id, priority, pulses, gain, lastS: null, ticking: setInterval(() => this.fill(), TICK_MS) };
  }

  /** Schedule the bursts that begin soon. */
  fill() {
    const { voice } = this;
    if (!voice) return;
    const nowS = this.context.currentTime;
    while (voice.lastS === null || voice.periodS !== null) {
      const nextS = voice.lastS === null ? nowS : Math.max(nowS, voice.lastS + voice.periodS);
      if (nextS > nowS + this.aheadS) return;
      this.schedule(voice.pulses, nextS, voice.gain, voice.priority);
      voice.lastS = nextS;
    }
  }

  /** Take back what was scheduled, at once. */
  stop() {
    const { gain, ticking } = this.voice;
    clearInterval(ticking);
    const nowS = this.context.currentTime;
    gain.gain.setValueAtTime(1, nowS);
    gain.gain.linearRampToValueAtTime(0, nowS + FADE_S);
    setTimeout(() => gain.disconnect(), 1000 * FADE_S + 50);
    this.scheduled = this.scheduled.filter((tone) => tone.out !== gain || tone.at_s <= nowS);
    this.voice = null;
  }

  // ---- tones

  schedule(pulses, beginS, out, name) {
    const rise = this.facts.rise_frac;
    const leadS = 0.5 * rise * pulses[0][1];
    for (const [startS, durationS, frequencyHz] of pulses) {
      const atS = beginS + leadS + startS;
      this.tone(atS, durationS, frequencyHz, 0.5 * rise * durationS, out);
      this.scheduled.push({ name, begin_s: beginS, at_s: atS, start_s: startS, duration_s: durationS, frequency_hz: frequencyHz, out });
    }
    this.scheduled.splice(0, this.scheduled.length - REMEMBERED_COUNT);
  }

  tone(atS, durationS, frequencyHz, halfRiseS, out) {
    const { context } = this;
    const shape = new GainNode(context, { gain: 0 });
    const source = new OscillatorNode(context, { frequency: frequencyHz, type: "custom", periodicWave: this.wave });
    source.connect(shape).connect(out);
    shape.gain.setValueAtTime(0, atS - halfRiseS);
    shape.gain.linearRampToValueAtTime(1, atS + halfRiseS);
    shape.gain.setValueAtTime(1, atS + durationS - halfRiseS);
    shape.gain.linearRampToValueAtTime(0, atS + durationS + halfRiseS);
    source.start(atS - halfRiseS);
    source.stop(atS + durationS + halfRiseS);
    source.onended = () => shape.disconnect();
  }
}

/** The sum of the harmonics, never louder than full scale. */
function waveOf(context, harmonicsDb) {
  const levels = harmonicsDb.map((levelDb) => 10 ** (levelDb / 20));
  const loudest = levels.reduce((sum, level) => sum + level, 0);
  return new PeriodicWave(context, {
    real: [0, ...levels.map(() => 0)],
    imag: [0, ...levels.map((level) => level / loudest)],
    disableNormalization: true,
  });
}

const SAYS = { off: "Sound is off: press to switch on", on: "Sound is on: press to mute", muted: "Sound is muted: press to hear it" };

/** Make the sound of a page, switched by a button that says how it stands. */
export function soundBy(button, facts) {
  const made = new Sound(facts);
  made.onChange = (state) => {
    say(button, SAYS[state]);
    set(button, "data-state", state);
  };
  button.addEventListener("click", () => {
    if (made.state === "off") made.switchOn();
    else made.mute(made.state === "on");
  });
  // Whoever presses anything wants to hear the pump, unless they have muted it.
  for (const gesture of ["pointerdown", "keydown"]) {
    addEventListener(gesture, (event) => event.target !== button && made.state === "off" && made.switchOn());
  }
  made.onChange(made.state);
  return made;
}
