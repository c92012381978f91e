// Guidance: what to check in a case, and what the button will do.

import { el } from "./dom.js";
import { shortName, state } from "./state.js";
import { changesOf, hasText, nearest, ticksOf, unsureOf } from "./suggestion.js";
import { count, enumerated, percent, states } from "./words.js";

/** The heading above the trends: the unsure ones, or another hint. `numberOf(key)` is a trend's key. */
export function guidance(shown, numberOf) {
  if (shown.asked?.length > 0) {
    const names = enumerated(shown.asked.map(shortName));
    return box("warn", `New: ${names}`, states.aboutNew);
  }
  if (shown.suggestion_hidden) {
    return el(
      "div",
      { class: "guidance blind" },
      el("h3", {}, `${hiddenFor(shown)}: judge for yourself`),
      el("p", {}, hiddenBecause(shown)),
    );
  }
  const { suggestion } = shown;
  if (!hasText(shown)) return box("warn", "This case has no text", "Nothing is suggested. Judge by its other columns, or skip it.");
  const checks = suggestion.review_reasons.filter((code) => code !== "unsure" && code !== "none-passed");
  const check = checks.length > 0 ? `Please check: ${checks.map((code) => state.model.review_reasons[code] ?? code).join(", ")}.` : null;
  const unsure = unsureOf(suggestion);
  const none = ticksOf(shown).length === 0;
  const close = nearest(suggestion);
  const whose = shown.mine !== null && shown.mine.kind !== "skip" ? "Ticks are your answer." : "Ticks are the model’s suggestion.";
  const near = none ? `Nothing is suggested. Nearest: ${shortName(close.key)} ${percent(close.probability)}.` : null;
  if (unsure.length > 0) {
    const trends = unsure.map(({ key, probability }) => {
      const [first, ...rest] = `${shortName(key)} (${percent(probability)})`.split(" ");
      const start = numberOf(key) ? el("span", { class: "together" }, el("kbd", { "aria-hidden": "true" }, numberOf(key)), `\u00a0${first}`) : first;
      return [el("span", { class: "in-doubt", "data-trend": key }, start, ` ${rest.join(" ")}`)];
    });
    const commas = trends.flatMap((one, i) => (i === 0 ? one : [", ", ...one]));
    return box("warn", ["Unsure about: ", ...commas], [check, near].filter(Boolean).join(" ") || whose);
  }
  if (none) return box("warn", `Nearest: ${shortName(close.key)} ${percent(close.probability)}`, ["No trend reached its threshold, so nothing is ticked.", check].filter(Boolean).join(" "));
  if (check !== null) return box("warn", check.slice(0, -1), whose);
  return box("sure", "The model is sure of every trend", whose);
}

/** The heading of a conflict: the trends on which reviewers disagree. */
export function contestedGuidance(keys, numberOf) {
  const names = keys.flatMap((key, i) => [i === 0 ? "" : ", ", el("span", { class: "together" }, el("kbd", { "aria-hidden": "true" }, numberOf(key) ?? "")), ` ${shortName(key)}`]);
  return box("warn", ["Reviewers differ on: ", ...names], "Answer yes or no for each of these trends.");
}

/** The name of the check for which the suggestion of a case is hidden. */
export function hiddenFor({ spot_check, blind_check }) {
  if (spot_check) return "Spot check";
  return blind_check ? "Blind check" : "Second opinion";
}

function hiddenBecause({ spot_check, blind_check }) {
  if (!spot_check && !blind_check) return "Another reviewer has answered. The suggestion is hidden so that your answer does not lean on it.";
  return `The suggestion is hidden so that your answer shows how good ${spot_check ? "what was accepted unread" : "the model"} is.`;
}

function box(kind, title, text) {
  return el("div", { class: `guidance ${kind}` }, el("h3", {}, title), el("p", {}, text));
}

/** The label of the main button, and whether it is enabled. */
export function intent(draft, baseline, answered) {
  const chosen = draft.trends.length > 0 || draft.none;
  if (!chosen) return { words: "Choose first", ready: false };
  if (draft.trends.length === 0 && !(baseline?.length === 0 && answered)) return { words: "Save: no trend applies", ready: true };
  if (baseline === null) return { words: `Save ${count(draft.trends.length, "trend")}`, ready: true };
  const { added, removed } = changesOf(draft, baseline);
  const changes = added.length + removed.length;
  if (changes > 0) return { words: `Save ${count(changes, "change")}`, ready: true };
  return { words: answered ? "Keep my answer" : "Accept", ready: true };
}

/** The main button when a conflict is settled. */
export function settlement(draft, contested) {
  const left = contested.filter((key) => draft.settled?.[key] === undefined).length;
  return left > 0 ? { words: `${count(left, "trend")} to settle`, ready: false } : { words: "Settle", ready: true };
}
