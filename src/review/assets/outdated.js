// A save that came too late: mine, theirs and the model side by side, and what
// to do about it. Nothing is lost whatever is chosen.

import { answerColumn, comparison, modelColumn } from "./answers.js";
import { el, button } from "./dom.js";
import { state } from "./state.js";

/** The panel for an answer 409; `on` has `mine`, `theirs`, `look` and `leave`. */
export function outdated({ mine, current, case: shown }, on) {
  const skip = mine.kind === "skip";
  const columns = skip ? [] : [answerColumn(mine, "Mine, not saved yet")];
  const theirs = current !== null && current.kind !== "skip" && current.kind !== "undo";
  if (theirs) columns.push(answerColumn(current, current.reviewer === state.reviewer ? "Mine, from another window" : current.reviewer));
  if (shown.suggestion) columns.push(modelColumn(shown.suggestion));
  return el(
    "section",
    { class: "outdated panel", "aria-labelledby": "outdated-title" },
    el("h2", { id: "outdated-title", tabindex: "-1", "data-home": true }, "Decided meanwhile"),
    el("p", {}, "Someone has decided this case since you opened it. Both answers can be kept: where they differ, the case goes to the conflicts."),
    el("p", { class: "title", dir: "auto" }, shown.texts[0]?.text ?? shown.id),
    columns.length > 0 ? comparison(state.model.trends, columns, "Mine, theirs and the model") : null,
    el(
      "p",
      { class: "ways" },
      button(skip ? "Skip all the same" : "Save mine as well", on.mine, { class: "primary", id: "save-mine" }),
      theirs && !skip ? button("Agree with theirs", on.theirs, { id: "agree" }) : null,
      skip ? null : button("Look at the case again", on.look, { id: "look-again" }),
      button("Leave it", on.leave, { id: "leave" }),
    ),
  );
}
