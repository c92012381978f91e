// A case to answer: its text, its trends, a note and the buttons.

import { answerColumn, comparison, modelColumn } from "./answers.js";
import { caseText } from "./case_text.js";
import { el, announce, button } from "./dom.js";
import { keepDraft, toggle, toggleNone } from "./drafts.js";
import { state, trendOf } from "./state.js";
import { trendBoxes, trendDetail } from "./trends.js";
import { listed, signed, states } from "./words.js";

/** The card of a case with its draft; `settles` if the answer ends a conflict. `on` has `accept`, `skip` and `undo`. */
export function caseCard(shown, draft, settles, on) {
  const suggestions = new Map((shown.suggestion?.trends ?? []).map((trend) => [trend.key, trend]));
  const text = caseText(shown);
  const detail = el("div", {});
  const said = el("p", { class: "said-here" });
  let focused = null;
  let locked = false;

  const boxes = trendBoxes(state.model.trends, shown, {
    toggle: (key) => change(() => toggle(draft, key), key),
    none: () => change(() => toggleNone(draft)),
    focus,
  });
  const note = el("textarea", { id: "note", rows: "1", maxlength: "4000", oninput: () => noteDown() }, draft.note);

  function change(edit, key) {
    if (locked) return boxes.show(draft, focused, locked);
    edit();
    keepDraft(shown.id, draft);
    say("");
    if (key) focus(key);
    boxes.show(draft, focused, locked);
  }

  function noteDown() {
    draft.note = note.value;
    keepDraft(shown.id, draft);
  }

  function focus(key) {
    if (key !== focused) {
      focused = key;
      text.mark(suggestions.get(key) ?? null);
      detail.replaceChildren(trendDetail(trendOf(key), suggestions.get(key)));
    }
    boxes.show(draft, focused, locked);
  }

  function nextEvidence() {
    const keys = state.model.trends.map(({ key }) => key);
    const at = keys.indexOf(focused);
    const inTurn = [...keys.slice(at + 1), ...keys.slice(0, at + 1)];
    const key = inTurn.find((key) => (suggestions.get(key)?.evidence ?? []).length > 0);
    if (key === undefined) return say("No evidence is shown for this case.");
    focus(key);
    const pieces = suggestions.get(key).evidence.map(({ term, contribution }) => `${term} ${signed(contribution)}`);
    announce(`Evidence of ${trendOf(key).name}: ${pieces.join(", ")}`);
  }

  function say(words) {
    said.textContent = words;
  }

  const node = el(
    "div",
    { class: "card" },
    notices(shown, settles),
    settles ? whoSaidWhat(shown) : null,
    el(
      "div",
      { class: "sides" },
      text.node,
      el(
        "div",
        { class: "answer" },
        boxes.node,
        el(
          "div",
          { class: "actions" },
          button([settles ? "Settle & next" : "Accept & next", el("kbd", { "aria-hidden": "true" }, "↵")], once(on.accept), { class: "primary", id: "accept" }),
          button(["Skip", el("kbd", { "aria-hidden": "true" }, "S")], once(on.skip), { id: "skip" }),
          button(["Undo", el("kbd", { "aria-hidden": "true" }, "U")], once(on.undo), { id: "undo" }),
        ),
        said,
        el("label", { class: "note", for: "note" }, "Note", el("kbd", { "aria-hidden": "true" }, "N"), el("span", { class: "quiet" }, "kept with your answer")),
        note,
        detail,
      ),
    ),
    !settles && shown.answers?.length > 0 ? whoSaidWhat(shown) : null,
  );
  focus(firstFocus(shown));
  return {
    node,
    shown,
    draft,
    settles,
    toggle: (key) => change(() => toggle(draft, key), key),
    toggleNone: () => change(() => toggleNone(draft)),
    focusNote: () => note.focus(),
    nextEvidence,
    say,
    lock: (on) => {
      if (on !== locked) {
        locked = on;
        note.readOnly = on;
        boxes.show(draft, focused, locked);
      }
    },
  };
}

// The second click of a double click is not a second answer.
function once(action) {
  return (event) => {
    if (event.detail <= 1) action();
  };
}

function firstFocus({ suggestion }) {
  const [strongest] = [...(suggestion?.trends ?? [])].sort((a, b) => b.suggested - a.suggested || b.probability - a.probability);
  return strongest?.key ?? state.model.trends[0].key;
}

function notices(shown, settles) {
  const { mine, final, held_by, held_until, status } = shown;
  const notice = (kind, text) => el("p", { class: `notice ${kind}` }, text);
  return [
    held_by ? notice("warn", states.heldBy(held_by, held_until)) : null,
    mine && mine.kind === "skip" ? notice("info", states.skippedByMe(mine)) : null,
    mine && mine.kind !== "skip" && !settles ? notice("info", states.alreadyMine(mine)) : null,
    !mine && status === "decided" && final ? notice("info", states.alreadyDecided(final)) : null,
  ];
}

function whoSaidWhat({ answers, suggestion, final }) {
  const columns = answers.map((answer) => answerColumn(answer));
  if (suggestion) columns.push(modelColumn(suggestion));
  return el(
    "div",
    { class: "who-said-what" },
    comparison(state.model.trends, columns, "Who said what"),
    final ? el("p", {}, `Settled: ${listed(final)}`) : null,
  );
}
