// Keyboard shortcuts, and when they are off.

import { home } from "./dom.js";
import { state, settings } from "./state.js";

/** Keys and their meaning, as the help dialog lists them. */
export const meanings = [
  ["1 – 9", "tick or untick a trend; in a conflict, yes or no"],
  ["0", "no trend applies"],
  ["Enter", "save and go to the next case"],
  ["Ctrl+Enter", "the same from within a note"],
  ["J / K", "next / previous case, without an answer; K returns to the case just answered"],
  ["S", "skip"],
  ["U", "undo"],
  ["C", "ask a colleague, with the note"],
  ["X", "mark the case as unusable: it trains no model"],
  ["N", "write a note"],
  ["E", "next marked word"],
  ["W", "definition and evidence of the next trend"],
  ["A", "evidence of all trends at once"],
  ["F", "find a trend, where there are many"],
  ["/", "search"],
  ["?", "this help"],
  ["Esc", "leave a text field"],
];

const TEXT_FIELD = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const ACTIVATED_BY_ENTER = "button, a[href], summary";

/** Listens for single keys and passes them to `act(name)`, which returns whether it handled the key. */
export function listen(act) {
  // A key that is held down must not press a focused button repeatedly.
  document.addEventListener("keydown", stopRepeatedPress, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return leaveField(event);
    if (savesNote(event) ? act("Enter") : acts(event) && act(nameOf(event))) event.preventDefault();
  });
}

// Digits are recognised by their position on the keyboard, because some layouts have other
// characters there. All other keys are recognised by their character.
function nameOf({ key, code }) {
  const digit = /^Digit([0-9])$/.exec(code)?.[1];
  if (digit !== undefined && key !== "/" && key !== "?") return digit;
  return key.length === 1 ? key.toLowerCase() : key;
}

function acts(event) {
  const withModifier =
    event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("AltGraph") ||
    // Characters that some keyboards have only with Shift or AltGr.
    (event.shiftKey && !/^[0-9?/]$/.test(event.key));
  return (
    settings.singleKeys &&
    !withModifier &&
    free(event) &&
    event.target.closest?.(TEXT_FIELD) === null &&
    !(event.key === "Enter" && event.target.closest(ACTIVATED_BY_ENTER) !== null)
  );
}

function savesNote(event) {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey) && free(event) && event.target.closest?.(".answer") != null;
}

function free(event) {
  return !event.repeat && !event.isComposing && !event.defaultPrevented && state.busy === null && document.querySelector("dialog[open]") === null;
}

function stopRepeatedPress(event) {
  const presses = event.key === "Enter" || event.key === " ";
  if (event.repeat && presses && event.target.closest?.("button, a[href], summary, [type=checkbox], [type=radio]")) event.preventDefault();
}

function leaveField(event) {
  if (event.target.closest?.(TEXT_FIELD) && document.querySelector("dialog[open]") === null) home();
}
