// A form for everything that can be done to a run, made from the table of verbs that the server sends. What is
// left empty is left to the verb.

import { make } from "./dom.js";
import { spaced } from "./words.js";

const ROOMS = {
  environment: "Accidents and weather",
  people: "Hands at bag, line and catheter",
  pump: "The pump's keys and commands",
  wire: "The serial line",
};
const HANDS = ["patient", "caregiver", "nurse", "supplier"];

/** Fill `select` with the verbs that have `words` in their name or meaning, by room; the one chosen stays chosen. */
export function listVerbs(select, verbs, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = select.value;
  const groups = Object.entries(ROOMS).map(([room, title]) => {
    const found = verbs.filter((each) => each.room === room && isMeant(each, wanted));
    const options = found.map((verb) => new Option(`${spaced(verb.name)}: ${verb.meaning}`, verb.name));
    return make("optgroup", { label: title }, ...options);
  });
  select.replaceChildren(...groups.filter((group) => group.children.length));
  select.value = chosen;
  if (select.selectedIndex < 0 && select.options.length) select.selectedIndex = 0;
}

function isMeant(verb, wanted) {
  const told = `${spaced(verb.name)} ${verb.name} ${verb.meaning} ${verb.room}`.toLowerCase();
  return wanted.every((word) => told.includes(word));
}

/** Make the fields for `verb`; those that have to be filled in hold an example. */
export function fieldsFor(verb) {
  const fields = verb.parameters.map(field);
  if (["pump", "people"].includes(verb.room)) fields.push(hand(verb));
  return fields;
}

function field(parameter) {
  const control = controlFor(parameter);
  control.name = parameter.key;
  control.dataset.kind = parameter.kind;
  control.required = parameter.required;
  return labelled(spaced(parameter.key), note(parameter), control);
}

function note({ kind, meaning, required, default: otherwise }) {
  const isChosen = ["choice", "flag"].includes(kind);
  return required || isChosen ? meaning : `${meaning}; empty: ${otherwise}`;
}

function labelled(name, meaning, control) {
  return make("label", {}, `${name} `, make("span", { class: "muted" }, meaning), control);
}

function controlFor(parameter) {
  const otherwise = parameter.required ? null : parameter.default;
  if (parameter.kind === "choice") return chooser(parameter.choices, otherwise);
  if (parameter.kind === "flag") return chooser(["true", "false"], otherwise);
  const value = parameter.required ? parameter.sample : "";
  const type = parameter.kind === "integer" ? "number" : "text";
  return make("input", { type, value, placeholder: parameter.sample, autocomplete: "off" });
}

function chooser(choices, otherwise) {
  const options = choices.map((choice) => new Option(spaced(choice), choice));
  if (otherwise !== null) options.unshift(new Option(`(${otherwise})`, ""));
  return make("select", {}, ...options);
}

function hand(verb) {
  const select = chooser(HANDS, verb.hand ?? "nobody's");
  select.name = "by";
  select.dataset.kind = "choice";
  return labelled("by", "whose hand does it", select);
}

/** Give what is filled in, as a step of a scenario has it. */
export function filledIn(box) {
  const params = {};
  for (const control of box.querySelectorAll("[name]")) {
    const text = control.value.trim();
    if (text) params[control.name] = valueOf(control.dataset.kind, text);
  }
  return params;
}

function valueOf(kind, text) {
  if (kind === "flag") return text === "true";
  if (kind === "integer") return Number(text);
  return text;
}
