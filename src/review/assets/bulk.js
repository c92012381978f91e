// Accepts many suggestions at once: cases that the model can decide alone, or the
// selected rows. Asks before accepting unsure ones.

import { post, requestId } from "./api.js";
import { ask } from "./ask.js";
import { refreshRecent } from "./decide.js";
import { el } from "./dom.js";
import { patiently, send } from "./outbox.js";
import { refreshQueues, state } from "./state.js";
import { count, enumerated, percent } from "./words.js";

/** Returns whether the model can decide every trend of a case without a reviewer. */
export const isSure = ({ suggestion }) =>
  suggestion !== null && !suggestion.needs_review && (suggestion.unsure_trends ?? []).length === 0 &&
  suggestion.trends.every(({ verdict }) => verdict !== "ask");

/** Accepts the matching cases that the model can decide alone, after a confirmation. Returns a message, or null. */
export async function acceptAlone(filter) {
  const plan = await patiently(() => post("/api/alone", { reviewer: state.reviewer, filter }));
  if (plan.cases === 0) {
    await ask("Nothing to decide alone", "The model may not decide every trend of any open case that matches.", []);
    return null;
  }
  const chosen = await ask("Accept what the model may decide alone", explained(plan), [[`Accept ${count(plan.accepted, "case")}`, true]]);
  if (!chosen) return null;
  const done = await send("/api/alone/accept", { request_id: requestId(), reviewer: state.reviewer, filter });
  await refreshQueues();
  refreshRecent();
  return `${count(done.accepted, "case")} accepted. ${count(done.spot_check, "case was", "cases were")} held back for you to check without the suggestion.`;
}

function explained({ cases, accepted, spot_check, promise, looked_at, right, share }) {
  const known = looked_at === 0
    ? "Nobody has looked at such cases without the suggestion yet, so how often they are right is not measured."
    : `Where someone answered without the suggestion, ${right} of ${looked_at} were right in every trend (${percent(share.value)}, 95 % interval ${percent(share.lower)} to ${percent(share.upper)}).`;
  return [
    `${count(cases, "open case matches", "open cases match")} of which the model may decide every trend.`,
    promise
      ? `The promise: at least ${percent(promise.accept_precision)} of the accepted trends are right, and at most ${percent(promise.miss_rate)} of the true ones are missed, with a confidence of ${percent(promise.confidence)}, for cases like those the model learned from.`
      : null,
    known,
    `${count(accepted, "case is", "cases are")} accepted now${accepted + spot_check < cases ? ", the rest next time" : ""}. ${count(spot_check, "case", "cases")}, chosen at random, ${spot_check === 1 ? "is" : "are"} held back: you will judge them without the suggestion.`,
    "These answers are marked: no model learns from them, and none is measured by them. Undo takes all of them back at once.",
  ].filter(Boolean).map((text) => el("p", {}, text));
}

/** Accepts the suggestions of list rows, after a confirmation if some are unsure. Returns a message, or null. */
export async function acceptSelected(rows) {
  const unsure = rows.filter((row) => !isSure(row));
  let accepted = rows;
  if (unsure.length > 0) {
    const sure = rows.filter(isSure);
    const ways = [[`Accept all ${rows.length} unread`, "all"]];
    if (sure.length > 0) ways.unshift([`Accept the ${count(sure.length, "sure one")}`, "sure"]);
    const chosen = await ask(`${unsure.length} of ${count(rows.length, "case")} should be read`, reasons(unsure), ways);
    if (chosen === null) return null;
    if (chosen === "sure") accepted = sure;
  }
  const done = await send("/api/decisions/bulk", {
    request_id: requestId(),
    reviewer: state.reviewer,
    queue: "all",
    unsure: accepted.some((row) => !isSure(row)),
    cases: accepted.map(({ id, version, suggestion }) => ({ case: id, version, model: suggestion.model })),
  });
  await refreshQueues();
  refreshRecent();
  return `${count(done.cases.length, "suggestion")} accepted.` +
    (done.refused.length > 0 ? ` Not saved: ${done.refused.map((one) => `${one.case} (${one.title})`).join("; ")}` : "");
}

function reasons(rows) {
  const counts = new Map();
  for (const { suggestion } of rows) {
    const codes = suggestion.review_reasons.length > 0 ? suggestion.review_reasons : ["unsure"];
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const words = [...counts].map(([code, n]) => `${state.model.review_reasons[code] ?? code}: ${n}`);
  return [`The model may not decide them alone (${enumerated(words)}).`, "Answers that nobody reads are marked: no model learns from them, and none is measured by them."];
}
