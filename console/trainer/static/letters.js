// Letters that act: a switch that every page has, and when a letter is meant for the page.

const KEPT_UNDER = "ambupump-letters";
const TYPED_IN = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, dialog";

/** Let `box` say whether letters act, as it was left the last time. */
export function switchedBy(box) {
  box.checked = kept() !== "off";
  box.addEventListener("change", () => keep(box.checked ? "on" : "off"));
}

/** Whether a key that went down is meant for the page: nothing is typed, and no other key is held. */
export function isForThePage(event) {
  return !(event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.closest(TYPED_IN));
}

function kept() {
  try {
    return localStorage.getItem(KEPT_UNDER);
  } catch {
    return null;
  }
}

function keep(value) {
  try {
    localStorage.setItem(KEPT_UNDER, value);
  } catch {
    // Not allowed: it holds for this page.
  }
}
