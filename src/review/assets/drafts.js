// Unsaved ticks and notes of a reviewer: kept for each case, even after a reload, so that
// moving between cases loses nothing.

import { read, state, write } from "./state.js";
import { ticksOf } from "./suggestion.js";

// Stored by reviewer, because two reviewers can take turns in one window.
const nameOf = (id) => `trendtag.draft.${state.reviewer}.${id}`;

/** Returns the draft of a case: the earlier ticks, else this reviewer's answer, else the suggestion. */
export function draftOf(shown, settles) {
  const draft = stored(shown.id);
  return draft !== null && draft.version === shown.version ? draft : fresh(shown, settles);
}

/** Stores a draft. Call it after each change. */
export function keepDraft(id, draft) {
  write(sessionStorage, nameOf(id), JSON.stringify(draft));
}

export function dropDraft(id) {
  write(sessionStorage, nameOf(id), null);
}

/** Creates a draft with these ticks, for the shown version of the case. */
export function draftWith(shown, trends, note = "") {
  return { version: shown.version, trends: [...trends], none: trends.length === 0, note };
}

/** Ticks or unticks a trend; with the last tick gone, none applies. */
export function toggle(draft, key) {
  const on = draft.trends.includes(key);
  draft.trends = on ? draft.trends.filter((other) => other !== key) : [...draft.trends, key];
  draft.none = draft.trends.length === 0;
}

/** Ticks or unticks "no trend applies". */
export function toggleNone(draft) {
  draft.none = !(draft.none && draft.trends.length === 0);
  draft.trends = [];
}

/** Answers yes or no to a contested trend. */
export function settle(draft, key, yes) {
  draft.settled = { ...draft.settled, [key]: yes };
  draft.trends = yes ? [...new Set([...draft.trends, key])] : draft.trends.filter((other) => other !== key);
  draft.none = draft.trends.length === 0;
}

/** Returns the keys of the trends in all, or in only some, of the answers to a case. */
export function agreement({ answers }) {
  const said = answers.filter((answer) => answer.kind === "answer").map(({ trends }) => trends);
  const all = [...new Set(said.flat())];
  const agreed = all.filter((key) => said.every((trends) => trends.includes(key)));
  return { agreed, contested: all.filter((key) => !agreed.includes(key)) };
}

function fresh(shown, settles) {
  const undecided = (trends) => ({ ...draftWith(shown, trends), none: false });
  if (settles) return { ...undecided(agreement(shown).agreed), settled: {} };
  if (shown.asked?.length > 0) return undecided(shown.suggestion === null ? [] : ticksOf(shown).filter((key) => shown.asked.includes(key)));
  if (shown.mine !== null && shown.mine.kind !== "skip") return draftWith(shown, shown.mine.trends, shown.mine.note);
  // If nothing is suggested, nothing is preselected.
  return undecided(shown.suggestion === null ? [] : ticksOf(shown));
}

function stored(id) {
  try {
    return JSON.parse(read(sessionStorage, nameOf(id)));
  } catch {
    return null;
  }
}
