/* The list of what hands can do (`hands.js`), as buttons, and the same on the picture.

       const acts = new Acts({root, line, dialog, onDo: (verb, params) => ...});
       acts.offer(facts.hands);
       acts.show(scene, panel, barrier);     barrier: why nothing at all can be done now, or an empty text

   What makes no sense now keeps its place and says why: a list that changes under the finger is a trap. */

import { make, say, set } from "./dom.js";
import { ask } from "./form.js";
import { GROUPS, offered } from "./hands.js";

export class Acts {
  constructor({ root, line, dialog, onDo }) {
    Object.assign(this, { root, line, dialog, onDo });
    this.rows = [];
  }

  /** Make a button of every hand that this trainee has. */
  offer(hands) {
    this.rows = offered(hands).map((hand) => ({ hand, ...this.buttonOf(hand) }));
    this.root.replaceChildren(
      ...GROUPS.map(({ id, title }) => [title, this.rows.filter((row) => row.hand.group === id)])
        .filter(([, rows]) => rows.length)
        .map(([title, rows]) =>
          make("section", { class: "hand-group" }, make("h3", {}, title), make("ul", {}, ...rows.map((row) => make("li", {}, row.button)))),
        ),
    );
  }

  buttonOf(hand) {
    const name = make("span", {});
    const why = make("span", { class: "why" });
    const button = make("button", { type: "button", class: "hand", "data-hand": hand.id }, name, why);
    button.addEventListener("click", () => this.use(hand));
    return { button, name, why };
  }

  show(scene, panel, barrier) {
    this.now = { scene, panel, barrier };
    const touched = {};
    for (const { hand, button, name, why } of this.rows) {
      const reason = this.why(hand);
      const title = hand.name(scene) + (hand.form ? " …" : "");
      say(name, title);
      say(why, barrier ? "" : reason);
      set(button, "aria-disabled", reason ? "true" : null);
      if (hand.part && !reason) touched[hand.part] = title;
    }
    this.line.allow(touched);
  }

  /** Say why a hand cannot be used now; empty: it can. */
  why(hand) {
    const { scene, panel, barrier } = this.now;
    return barrier || (hand.why?.(scene, panel) ?? "");
  }

  /** Touch a part of the picture. */
  touch(part) {
    const row = this.rows.find(({ hand }) => hand.part === part);
    if (row) this.use(row.hand);
  }

  async use(hand) {
    if (!this.now || this.why(hand)) return;
    const verb = hand.verb(this.now.scene);
    const given = hand.form ? await ask(this.dialog, hand.form) : {};
    if (given) this.onDo(verb, { ...hand.params, ...given });
  }
}
