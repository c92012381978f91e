// A case to answer: its text, its trends, the buttons and a note.

import { answerColumn, comparison, modelColumn } from "./answers.js";
import { caseText } from "./case_text.js";
import { contestedRows } from "./contested.js";
import { announce, button, cap, el, showing } from "./dom.js";
import { keepDraft, settle, toggle, toggleNone } from "./drafts.js";
import { letterOf } from "./evidence.js";
import { showSimilar } from "./similar.js";
import { contestedGuidance, guidance, intent, settlement } from "./guidance.js";
import { listed, nameOf, settings, state } from "./state.js";
import { baselineOf, firstFocus } from "./suggestion.js";
import { trendRows } from "./trends.js";
import { states } from "./words.js";

/** Whether the evidence of all trends is marked at once, from case to case. */
let together = false;

/** Number of evidence terms that are then marked for each trend. */
const STRONGEST = 6;

/** The card of a case with its draft; `settles` if the answer ends a conflict. `on` has `accept`, `skip`, `undo` and `flag`. */
export function caseCard(shown, draft, settles, on) {
  const suggestions = new Map((shown.suggestion?.trends ?? []).map((trend) => [trend.key, trend]));
  const baseline = settles ? null : baselineOf(shown);
  const answered = shown.mine !== null && shown.mine.kind !== "skip";
  const { node: textNode, marks } = caseText(shown);
  const said = el("p", { class: "said-here" });
  const similar = el("div", {});
  let focused = null;
  let locked = false;

  const calls = {
    toggle: (key) => change(() => toggle(draft, key), key),
    none: () => change(() => toggleNone(draft)),
    settle: (key, yes) => change(() => settle(draft, key, yes), key),
    focus,
    fold: (key) => {
      settings.details = key !== focused || !settings.details;
      focus(key);
    },
    jump: (term) => jump(term),
  };
  const rows = settles ? contestedRows(shown, calls) : trendRows(shown, baseline, calls);
  const accept = button("", once(on.accept), { class: "primary", id: "accept" });
  const all = el("input", { type: "checkbox", role: "switch", id: "all-evidence", checked: together, onchange: (event) => {
    together = event.target.checked;
    remark();
  } });
  const note = el("textarea", { id: "note", rows: "1", maxlength: "4000", "aria-keyshortcuts": "Control+Enter", oninput: () => noteDown() }, draft.note);

  function show() {
    rows.show(draft, focused, locked);
    const { words, ready } = settles ? settlement(draft, rows.contested) : intent(draft, baseline, answered);
    if (accept.dataset.words !== words) accept.replaceChildren(words, cap("↵"));
    accept.dataset.words = words;
    accept.setAttribute("aria-disabled", String(!ready));
  }

  function change(edit, key) {
    if (locked) return show();
    edit();
    keepDraft(shown.id, draft);
    say("");
    if (key) focus(key);
    else show();
  }

  function noteDown() {
    draft.note = note.value;
    keepDraft(shown.id, draft);
  }

  function focus(key) {
    if (key !== focused) {
      focused = key;
      if (!together) remark();
    }
    show();
  }

  function remark() {
    node.classList.toggle("all-evidence", together);
    const evidenceOf = (key) => suggestions.get(key)?.evidence ?? [];
    if (!together) return marks.show([{ evidence: evidenceOf(focused) }]);
    const inFavour = (key) => evidenceOf(key).filter(({ contribution }) => contribution > 0).slice(0, STRONGEST);
    marks.show(state.model.trends.map(({ key, name }, i) => ({ evidence: inFavour(key), letter: letterOf(i), name })));
  }

  function jump(term) {
    const words = marks.next(term);
    if (words === null) say(shown.suggestion_hidden ? "The evidence is hidden as well." : "No word is marked in this text.");
    else announce(words);
  }

  function say(words) {
    said.textContent = words;
  }

  const node = el(
    "div",
    { class: "card" },
    notices(shown, settles),
    el(
      "div",
      { class: "sides" },
      el("div", { class: "reading", tabindex: "0", role: "region", "aria-label": "The case" }, textNode, whoSaidWhat(shown, settles), similar),
      el(
        "section",
        { class: "answer", "aria-label": "Your answer" },
        settles ? contestedGuidance(rows.contested, rows.numberOf) : guidance(shown, rows.numberOf),
        rows.node,
        el(
          "div",
          { class: "actions" },
          accept,
          button(["Skip", cap("S")], once(on.skip), { id: "skip" }),
          button(["Undo", cap("U")], once(on.undo), { id: "undo" }),
        ),
        said,
        el("div", { class: "below" }, el("label", { class: "note", for: "note" }, "Note", cap("N")), note),
        el("div", { class: "below others" },
          shown.suggestion === null ? null : el("label", { class: "pick all" }, all, el("span", {}, "Evidence of all trends"), cap("A")),
          settles ? null : button(["Ask a colleague", cap("C")], once(() => on.flag("ask-colleague")), { class: "plain", id: "ask-colleague" }),
          settles ? null : button(["Unusable", cap("X")], once(() => on.flag("unusable")), { class: "plain", id: "unusable" })),
      ),
    ),
  );
  focus(settles ? rows.contested[0] : shown.asked?.length > 0 ? shown.asked[0] : shown.suggestion ? firstFocus(shown.suggestion) : state.model.trends[0].key);
  if (together) remark();
  if (!settles) showSimilar(similar, shown);
  return {
    node,
    shown,
    draft,
    settles,
    ready: () => accept.getAttribute("aria-disabled") === "false",
    number: (number) => {
      const key = rows.keyAt(number);
      if (key === undefined) return;
      if (settles) calls.settle(key, draft.settled?.[key] !== true);
      else calls.toggle(key);
    },
    toggleNone: () => (settles ? undefined : calls.none()),
    focusNote: () => note.focus(),
    find: () => rows.find(),
    nextTrend: () => {
      settings.details = true;
      focus(rows.next(focused));
      node.querySelector(".trend.focused")?.scrollIntoView({ block: "nearest" });
      announce(nameOf(focused));
    },
    nextEvidence: () => jump(),
    allEvidence: () => !all.disabled && all.isConnected && all.click(),
    say,
    lock: (on) => {
      if (on !== locked) {
        locked = on;
        note.readOnly = on;
        show();
      }
    },
  };
}

// The second click of a double click is not a second answer.
function once(action) {
  return showing((event) => {
    if (event.detail <= 1) action();
  });
}

function notices(shown, settles) {
  const { mine, final, held_by, held_until, status, flagged } = shown;
  const notice = (kind, text) => el("p", { class: `notice ${kind}` }, text);
  return [
    held_by ? notice("warn", states.heldBy(held_by, held_until)) : null,
    flagged?.flag === "ask-colleague" && flagged.reviewer !== state.reviewer ? notice("info", states.askedBy(flagged)) : null,
    flagged?.flag === "unusable" ? notice("warn", states.unusable(flagged)) : null,
    mine && mine.kind === "skip" && flagged?.decision !== mine.decision ? notice("info", states.skippedByMe(mine.time)) : null,
    mine && mine.kind !== "skip" && !settles ? notice("info", states.alreadyMine(mine.time, listed(mine.trends))) : null,
    !mine && status === "decided" && final ? notice("info", states.alreadyDecided(listed(final))) : null,
  ];
}

function whoSaidWhat({ answers, suggestion, final }, settles) {
  if (!answers || answers.length === 0) return null;
  const columns = answers.map((answer) => answerColumn(answer));
  if (suggestion) columns.push(modelColumn(suggestion));
  const table = [
    comparison(state.model.trends, columns, "Who said what"),
    final ? el("p", {}, `Settled: ${listed(final)}`) : null,
  ];
  return el("div", { class: "who-said-what" }, settles ? el("details", {}, el("summary", {}, "Who said what on every trend"), table) : table);
}
