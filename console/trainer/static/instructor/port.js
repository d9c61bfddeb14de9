// The port of the pump: with it a host talks to the very pump on the screen, and faults of its line are real.

import { at, make, say } from "../dom.js";
import { asker } from "./asking.js";

export class PumpPort {
  constructor(live) {
    this.ask = asker(live, at("port-said"));
    at("port-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask("port", { dialect: at("dialect").value });
    });
  }

  meet({ facts }) {
    const known = new Set([...at("dialect").options].map((option) => option.value));
    for (const dialect of facts.dialects.filter((each) => !known.has(each))) at("dialect").append(new Option(dialect, dialect));
  }

  show({ dialect, url, trouble }) {
    at("dialect").value = dialect;
    const place = at("port-url");
    if (trouble) say(place, trouble);
    else if (url) place.replaceChildren("Open at ", make("code", {}, url), `. Try: `, make("code", {}, `ambupump pump --port ${url} --dialect ${dialect} status`));
    else say(place, "");
  }
}
