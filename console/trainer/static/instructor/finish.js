// Declaring a run over: asked twice, since there is no way back but a branch.

import { at } from "../dom.js";
import { asker } from "./asking.js";

export class Finish {
  constructor(live) {
    this.ask = asker(live, at("finish-said"));
    this.isOver = false;
    at("finish").addEventListener("click", () => this.doubt(true));
    at("finish-not").addEventListener("click", () => this.doubt(false));
    at("finish-surely").addEventListener("click", async () => {
      if (await this.ask("finish", {}, "The run is over. The debrief has it all.")) this.doubt(false);
    });
  }

  show({ over }) {
    this.isOver = over;
    at("finish").disabled = over;
  }

  doubt(isAsking) {
    at("finish").hidden = isAsking;
    at("finish-surely").hidden = !isAsking;
    at("finish-not").hidden = !isAsking;
    (isAsking ? at("finish-surely") : at("finish")).focus();
  }
}
