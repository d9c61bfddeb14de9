// The lesson as the instructor follows it: what to look for, what is done, what went wrong, the model answer.

import { make, set } from "../dom.js";
import { moment, roughly } from "../words.js";

const STATES = { waiting: "later", open: "open", done: "done", late: "late", failed: "failed" };

export class Lesson {
  constructor(pane) {
    this.pane = pane;
    this.tasks = make("ul", { class: "tasks" });
    this.wrongs = make("div");
    this.questions = [];
    this.isBuilt = false;
  }

  meet({ facts }) {
    const { lesson } = facts;
    set(this.pane, "hidden", !lesson);
    if (!lesson || this.isBuilt) return;
    this.isBuilt = true;
    this.questions = lesson.questions;
    this.pane.append(
      ...parts("", lesson.brief),
      make("h3", {}, "Tasks"),
      this.tasks,
      this.wrongs,
      folded("For the trainer", ...parts("", lesson.for_trainer)),
      folded("Aims", make("ul", {}, ...lesson.aims.map((aim) => make("li", {}, aim)))),
      folded("Model answer", ...parts("", lesson.answer_text)),
    );
  }

  /** @param told `{tasks, questions, wrongs}` of the state. */
  show(told) {
    if (!told) return;
    const tasks = told.tasks.map((task) => {
      const state = make("span", { class: "tag", "data-state": task.state }, STATES[task.state] ?? task.state);
      const left = task.state === "open" && task.left_s !== null ? ` ${roughly(Math.max(0, task.left_s))} left` : "";
      const hints = task.hints_taken.length ? ` (hints: ${task.hints_taken.length} of ${task.hints_count})` : "";
      return make("li", {}, state, ` ${task.text}`, make("span", { class: "muted small" }, left + hints));
    });
    const questions = (told.questions ?? []).map((given) => this.question(given));
    this.tasks.replaceChildren(...tasks, ...questions);
    const wrongs = (told.wrongs ?? []).map((wrong) => make("li", {}, `${moment(wrong.at_s)}: ${wrong.text}`));
    this.wrongs.replaceChildren(...(wrongs.length ? [make("h3", {}, "What was wrong"), make("ul", { class: "wrongs" }, ...wrongs)] : []));
  }

  question(given) {
    const asked = this.questions.find((each) => each.id === given.id);
    const choice = asked?.choices.find((each) => each.id === given.answered);
    const words = choice ? (given.right === null ? "answered" : given.right ? "right" : "wrong") : "not answered";
    const state = make("span", { class: "tag", "data-state": words }, words);
    return make("li", {}, state, ` ${asked?.text ?? given.id}`, choice ? make("span", { class: "muted small" }, ` ${choice.text}`) : null);
  }
}

function folded(title, ...inner) {
  return make("details", {}, make("summary", {}, title), ...inner);
}

function parts(look, text) {
  return text.split(/\n\s*\n/).filter(Boolean).map((part) => make("p", { class: look || null }, part.trim()));
}
