// Asking the server, with the answer where it was asked.

import { set, say } from "../dom.js";

/** Give a function that asks and tells in `said` what came of it; it gives whether it was done. */
export function asker(live, said) {
  return async (name, body = {}, done = "") => {
    try {
      await live.ask(name, body);
    } catch (refused) {
      tell(said, refused.message, "bad");
      return false;
    }
    tell(said, done, "good");
    return true;
  };
}

function tell(said, text, look) {
  set(said, "data-look", text ? look : null);
  say(said, text);
}
