// What a reviewer ticked and noted but has not saved: kept for each case, also
// over a reload, so that moving about loses nothing.

import { read, state, write } from "./state.js";

// By reviewer, for two of them may take turns in one window.
const nameOf = (id) => `trendtag.draft.${state.reviewer}.${id}`;

/** The draft of a case: what was ticked before, else this reviewer's answer, else the suggestion. */
export function draftOf(shown, settles) {
  const draft = stored(shown.id);
  return draft !== null && draft.version === shown.version ? draft : fresh(shown, settles);
}

/** Remembers a draft; call it after each change. */
export function keepDraft(id, draft) {
  write(sessionStorage, nameOf(id), JSON.stringify(draft));
}

export function dropDraft(id) {
  write(sessionStorage, nameOf(id), null);
}

/** A draft with these ticks, for the state of the case that is shown. */
export function draftWith(shown, trends, note = "") {
  return { version: shown.version, trends: [...trends], none: trends.length === 0, note };
}

/** Ticks or unticks a trend; with the last tick gone, none applies. */
export function toggle(draft, key) {
  const on = draft.trends.includes(key);
  draft.trends = on ? draft.trends.filter((other) => other !== key) : [...draft.trends, key];
  draft.none = draft.trends.length === 0;
}

/** Says that none applies, or takes that back. */
export function toggleNone(draft) {
  draft.none = !(draft.none && draft.trends.length === 0);
  draft.trends = [];
}

function fresh(shown, settles) {
  if (settles) {
    // What all agree on; the rest, and whether anything applies, is the question.
    const [first, ...others] = shown.answers.filter((answer) => answer.kind === "answer");
    const agreed = (first?.trends ?? []).filter((key) => others.every((answer) => answer.trends.includes(key)));
    return { ...draftWith(shown, agreed), none: false };
  }
  if (shown.mine !== null && shown.mine.kind !== "skip") return draftWith(shown, shown.mine.trends, shown.mine.note);
  if (shown.suggestion !== null) return draftWith(shown, shown.suggestion.suggested);
  return { ...draftWith(shown, []), none: false };
}

function stored(id) {
  try {
    return JSON.parse(read(sessionStorage, nameOf(id)));
  } catch {
    return null;
  }
}
