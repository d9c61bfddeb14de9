/* A dialog that asks what belongs to something before it is done.

       const values = await ask(dialog, {title, done, fields})       null: it was thought better of

   A field is a quantity (`{name, label, kind: "quantity", unit, value, least, most, step}`) or a choice
   (`{name, label, kind: "choice", flag, value, choices: [{value, text}]}`; without a value one must be chosen;
   `flag`: its answer is true or false). */

import { make } from "./dom.js";

export function ask(dialog, { title, text = "", done, fields = [], danger = false }) {
  const cancel = make("button", { type: "button" }, "Cancel");
  const form = make(
    "form",
    { method: "dialog" },
    make("h2", { id: `${dialog.id}-title` }, title),
    text ? make("p", {}, text) : null,
    ...fields.map(fieldOf),
    make("div", { class: "row" }, make("button", { class: danger ? "main danger" : "main", value: "done" }, done), cancel),
  );
  dialog.replaceChildren(form);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    cancel.addEventListener("click", () => dialog.close(""));
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "done" ? valuesOf(form, fields) : null), { once: true });
  });
}

function fieldOf(field) {
  return field.kind === "quantity" ? quantity(field) : choice(field);
}

function quantity({ name, label, unit, value, least, most, step }) {
  const id = `form-${name}`;
  return make(
    "p",
    { class: "quantity" },
    make("label", { for: id }, `${label} (${unit})`),
    make("input", { id, name, type: "number", value, min: least, max: most, step, required: true, inputmode: "decimal" }),
  );
}

function choice({ name, label, value, choices }) {
  return make(
    "fieldset",
    {},
    make("legend", {}, label),
    ...choices.map((each) =>
      make("label", { class: "choice" }, make("input", { type: "radio", name, value: each.value, required: true, checked: each.value === value }), ` ${each.text}`),
    ),
  );
}

function valuesOf(form, fields) {
  const given = new FormData(form);
  return Object.fromEntries(
    fields.map(({ name, kind, unit, flag }) => {
      const value = String(given.get(name));
      if (kind === "quantity") return [name, `${Number(value)} ${unit}`];
      return [name, flag ? value === "true" : value];
    }),
  );
}
