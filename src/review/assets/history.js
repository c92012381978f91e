// The last ten decisions of this reviewer, each with a way to take it back.

import { el, button } from "./dom.js";
import { listed, shortName } from "./state.js";
import { clock, count } from "./words.js";

/** The section with the decisions; `undo(decision)` undoes one. */
export function history(decisions, undo) {
  return el(
    "section",
    { class: "history", "aria-labelledby": "history-title" },
    el("h2", { id: "history-title" }, "Your last ten answers"),
    decisions.length === 0
      ? el("p", { class: "quiet" }, "None yet.")
      : el("ol", {}, decisions.map((decision) => line(decision, undo))),
  );
}

function line(decision, undo) {
  const { together, flag } = decision;
  const said = together > 1
    ? `accepted ${count(together, "suggestion")} in bulk`
    : flag === "unusable" ? "unusable" : flag === "ask-colleague" ? "asked a colleague" : decision.kind === "skip" ? "skipped" : listed(decision.trends, shortName);
  return el(
    "li",
    { class: decision.undone ? "undone" : null, "data-decision": decision.decision },
    el("a", { href: `#case/${encodeURIComponent(decision.case)}`, dir: "auto" }, together > 1 ? `${decision.title || decision.case}, …` : decision.title || decision.case),
    el("span", { class: "said" }, decision.kind === "adjudication" ? `settled: ${said}` : said),
    el("span", { class: "quiet" }, decision.undone ? "undone" : clock(decision.time)),
    decision.undone
      ? null
      : button("Undo", () => undo(decision.decision), {
          class: "small",
          "aria-label": `Undo: ${said} for ${decision.title || decision.case}`,
        }),
  );
}
