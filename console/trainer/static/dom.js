/* Finding and making elements. What is shown comes from people and from runs: it is always text, never markup. */

const DRAWN = "http://www.w3.org/2000/svg";

/** The element of that id; null: the page has none. */
export function at(id) {
  return document.getElementById(id);
}

/** Make an element of a page: `make("p", {class: "muted"}, "some text")`. */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Make an element of a picture. */
export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(DRAWN, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Set an attribute, or take it off: false and null are none, true is there without a value. */
export function set(element, name, value) {
  const text = value === true ? "" : String(value);
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Set the text of an element, if it is another one: what did not change is not read out again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A small picture of lines, 24 by 24. */
export function glyph(path, more = {}) {
  return draw("svg", { viewBox: "0 0 24 24", class: "glyph", "aria-hidden": "true", ...more }, draw("path", { d: path }));
}

/** Whether things may move. Asked each time: people change their mind. */
export const still = matchMedia("(prefers-reduced-motion: reduce)");
