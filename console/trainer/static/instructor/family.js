// The run and its branches: where each left which, as links.

import { make } from "../dom.js";
import { moment } from "../words.js";

/** Show in `box` the tree of the runs of one origin. A run without others has none. */
export function showFamily(box, { run, facts }) {
  const { family } = facts;
  if (family.length < 2) {
    box.replaceChildren();
    return;
  }
  const ids = new Set(family.map((each) => each.id));
  const roots = family.filter((each) => !ids.has(each.parent));
  box.replaceChildren(make("h3", {}, "The other ways"), branches(roots, family, run.id));
}

function branches(runs, family, here) {
  const items = runs.map((each) => {
    const words = each.parent ? `From ${moment(each.branch_s)}` : "The first";
    const current = each.id === here ? "page" : null;
    const link = make("a", { href: `/run/${each.id}/instructor`, "aria-current": current }, words);
    const reached = make("span", { class: "muted small" }, ` to ${moment(each.reached_s)}`);
    const children = family.filter((other) => other.parent === each.id);
    return make("li", {}, link, reached, children.length ? branches(children, family, here) : null);
  });
  return make("ul", { class: "family" }, ...items);
}
