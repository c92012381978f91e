// A conflict with a newer answer: mine, theirs and the model side by side, with the
// choices. No choice loses an answer.

import { answerColumn, comparison, modelColumn } from "./answers.js";
import { el, button } from "./dom.js";
import { state } from "./state.js";

/** The panel for a response with status 409; `on` has `mine`, `theirs`, `look` and `leave`. */
export function outdated({ mine, current, case: shown }, on) {
  const skip = mine.kind === "skip";
  const columns = skip ? [] : [answerColumn(mine, "Mine, not saved yet")];
  const theirs = current !== null && current.kind !== "skip" && current.kind !== "undo";
  const own = current?.reviewer === state.reviewer;
  if (theirs) columns.push(answerColumn(current, own ? "Mine, from another window" : current.reviewer));
  if (shown.suggestion) columns.push(modelColumn(shown.suggestion));
  const undone = current?.kind === "undo" ? "undid an answer to" : "answered";
  const words = own
    ? ["You changed this case in another window", "Only one of your answers can stand. Saving this one replaces the other."]
    : [
        current === null ? "This case has changed" : `Reviewer ${current.reviewer} ${undone} this case while you had it open`,
        "Both answers can be kept. If they differ, the case goes to the conflicts.",
      ];
  return el(
    "section",
    { class: "outdated panel", "aria-labelledby": "outdated-title" },
    el("h2", { id: "outdated-title", tabindex: "-1", "data-home": true }, words[0]),
    el("p", {}, words[1]),
    el("p", { class: "title", dir: "auto" }, shown.texts[0]?.text ?? shown.id),
    columns.length > 0 ? comparison(state.model.trends, columns, own ? "Your two answers and the model" : "Mine, theirs and the model") : null,
    el(
      "p",
      { class: "ways" },
      button(skip ? "Skip it anyway" : own ? "Replace the other answer" : theirs ? "Keep both answers" : "Save mine", on.mine, { class: "primary", id: "save-mine" }),
      theirs && !skip && !own ? button("Agree with theirs", on.theirs, { id: "agree" }) : null,
      skip ? null : button("Reopen the case", on.look, { id: "look-again" }),
      button(skip ? "Do not skip" : "Discard mine", on.leave, { id: "leave" }),
    ),
  );
}
