// Which key does what, and when it does nothing.

import { state, settings } from "./state.js";

/** Keys and their meaning, as the help dialog lists them. */
export const meanings = [
  ["1 – 9", "tick or untick a trend"],
  ["0", "none of these"],
  ["Enter", "accept and next"],
  ["J / K", "next / previous case, without an answer"],
  ["S", "skip"],
  ["U", "undo"],
  ["N", "write a note"],
  ["E", "show the evidence of the next trend"],
  ["/", "search"],
  ["?", "this help"],
  ["Esc", "leave a text field"],
];

const TEXT_FIELD = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const ACTIVATED_BY_ENTER = "button, a[href], summary";

/** Listens for single keys and hands them to `act(name)`, which tells whether it knew what to do. */
export function listen(act) {
  // A key that is held down must not press a focused button again and again.
  document.addEventListener("keydown", stopRepeatedPress, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return leaveField(event);
    if (acts(event) && act(nameOf(event))) event.preventDefault();
  });
}

function nameOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function acts(event) {
  const withModifier =
    event.ctrlKey || event.altKey || event.metaKey || event.getModifierState("AltGraph") ||
    // Signs that some keyboards have on the second level only.
    (event.shiftKey && event.key !== "?" && event.key !== "/");
  return (
    settings.singleKeys &&
    !withModifier &&
    !event.repeat &&
    !event.isComposing &&
    !event.defaultPrevented &&
    state.busy === null &&
    document.querySelector("dialog[open]") === null &&
    event.target.closest?.(TEXT_FIELD) === null &&
    !(event.key === "Enter" && event.target.closest(ACTIVATED_BY_ENTER) !== null)
  );
}

function stopRepeatedPress(event) {
  const presses = event.key === "Enter" || event.key === " ";
  if (event.repeat && presses && event.target.closest?.("button, a[href], summary, [type=checkbox]")) event.preventDefault();
}

function leaveField(event) {
  if (event.target.closest?.(TEXT_FIELD) && document.querySelector("dialog[open]") === null) {
    document.querySelector("[data-home]")?.focus({ preventScroll: true });
  }
}
