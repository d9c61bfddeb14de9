/* The lesson beside the pump: what it is about, its tasks as they stand, its questions, and what was wrong.

       const lesson = new Lesson(root, {onHint: (task) => ..., onAnswer: (question, choice) => ...});
       lesson.brief(facts.lesson, run.mode);     once
       lesson.show(tasks, {stands: false});      the section of state; stands: nothing can be asked now */

import { make, say, set } from "./dom.js";
import { roughly } from "./words.js";

const STATES = {
  waiting: { text: "not yet", sign: "○" },
  open: { text: "to do", sign: "●" },
  done: { text: "done", sign: "✓" },
  late: { text: "over its time", sign: "!" },
  failed: { text: "no longer possible", sign: "✗" },
};

export class Lesson {
  constructor(root, { onHint, onAnswer }) {
    Object.assign(this, { root, onHint, onAnswer });
    this.tasks = new Map();
    this.questions = new Map();
  }

  brief(told, mode) {
    this.tasks.clear();
    this.mode = mode;
    this.taskList = make("ol", { class: "tasks" });
    this.wrongs = make("ul", { class: "wrongs", "aria-label": "What was wrong" });
    this.questions = new Map(told.questions.map((question) => [question.id, this.questionOf(question)]));
    this.root.replaceChildren(
      make("h2", { id: "lesson-title" }, told.title),
      make("p", { class: "mode muted small" }, mode === "assessment" ? "Assessment: right and wrong are told when it is over." : "Guided: hints can be had."),
      make("p", { class: "brief" }, told.brief),
      make("details", {}, make("summary", {}, "What it is for"), make("ul", {}, ...told.aims.map((aim) => make("li", {}, aim)))),
      make("h3", {}, "Tasks"),
      this.taskList,
      make("div", { role: "status", class: "wrong-place" }, this.wrongs),
      this.questions.size ? make("h3", {}, "Questions") : null,
      ...[...this.questions.values()].map((each) => each.root),
      make("p", { class: "refusal", role: "status" }),
    );
    this.root.hidden = false;
  }

  get refusal() {
    return this.root.querySelector(":scope > .refusal");
  }

  show({ tasks, questions, wrongs }, { stands }) {
    for (const task of tasks) this.showTask(task, stands);
    for (const each of questions) this.questions.get(each.id)?.show(each, stands);
    const told = JSON.stringify(wrongs);
    if (told === this.wrongsTold) return;
    this.wrongsTold = told;
    this.wrongs.replaceChildren(...wrongs.map(({ text, why }) => make("li", { class: "says bad" }, make("strong", {}, text), ` ${why}`)));
  }

  // ---- tasks

  showTask(task, stands) {
    if (!this.tasks.has(task.id)) this.tasks.set(task.id, this.taskOf(task));
    this.tasks.get(task.id).show(task, stands);
  }

  taskOf({ id, text }) {
    const state = make("span", { class: "task-state" });
    const left = make("span", { class: "task-left" });
    const steps = make("ul", { class: "task-steps" });
    const hints = make("ul", { class: "task-hints", "aria-live": "polite" });
    const more = make("button", { type: "button", class: "hint" }, "A hint");
    more.addEventListener("click", () => more.getAttribute("aria-disabled") || this.onHint(id));
    const row = make("li", { class: "task" }, make("span", { class: "task-text" }, text), make("span", { class: "task-line" }, state, left), steps, hints, more);
    this.taskList.append(row);
    return {
      show(task, stands) {
        const { sign, text: word } = STATES[task.state];
        set(row, "data-state", task.state);
        say(state, `${sign} ${word}`);
        say(left, task.left_s === null ? "" : leftWords(task.left_s));
        set(left, "data-short", task.left_s !== null && task.left_s < 60);
        lists(steps, task.steps ?? [], ({ text: item, done }) => `${done ? "✓" : "○"} ${item}`);
        lists(hints, task.hints_taken, (hint) => hint);
        more.hidden = task.hints_taken.length >= task.hints_count || !["open", "late"].includes(task.state);
        say(more, task.hints_taken.length ? "Another hint" : "A hint");
        set(more, "aria-label", `${more.textContent}: ${task.text}`);
        set(more, "aria-disabled", stands ? "true" : null);
      },
    };
  }

  // ---- questions

  questionOf({ id, text, choices }) {
    const answer = make("button", { type: "submit" }, "Answer");
    const verdict = make("p", { class: "verdict", role: "status" });
    const boxes = choices.map((choice) => make("input", { type: "radio", name: `question-${id}`, value: choice.id, required: true }));
    const root = make(
      "form",
      { class: "question" },
      make("fieldset", {}, make("legend", {}, text), ...choices.map((choice, place) => make("label", { class: "choice" }, boxes[place], ` ${choice.text}`)), answer, verdict),
    );
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = boxes.find((box) => box.checked);
      if (chosen && !answer.getAttribute("aria-disabled")) this.onAnswer(id, chosen.value);
    });
    return {
      root,
      show({ answered, right, why }, stands) {
        set(answer, "aria-disabled", stands ? "true" : null);
        say(answer, answered === null ? "Answer" : "Answer again");
        if (answered !== null && answered !== root.dataset.answered) boxes.forEach((box) => (box.checked = box.value === answered));
        if (answered !== null) root.dataset.answered = answered;
        set(verdict, "data-right", right === null || right === undefined ? null : String(right));
        say(verdict, verdictOf(answered, right, why));
      },
    };
  }
}

/** Say which task is to be done next, and how long there is. */
export function nextTask(tasks) {
  const next = tasks.find(({ state }) => state === "open") ?? tasks.find(({ state }) => state === "late");
  if (!next) return "Nothing is to be done now.";
  return `${next.text}${next.left_s === null ? "" : `: ${leftWords(next.left_s)}`}.`;
}

function verdictOf(answered, right, why = "") {
  if (answered === null) return "";
  if (right === null || right === undefined) return "Answered.";
  return `${right ? "✓ Right." : "✗ Not right."} ${why ?? ""}`.trim();
}

function leftWords(leftS) {
  return leftS > 0 ? `${roughly(leftS)} left` : "no time left";
}

function lists(list, items, text) {
  const told = JSON.stringify(items);
  if (list.dataset.told === told) return;
  list.dataset.told = told;
  list.replaceChildren(...items.map((item) => make("li", {}, text(item))));
}
