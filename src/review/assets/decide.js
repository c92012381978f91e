// Saves answers and takes them back, through the outbox.

import { get, requestId } from "./api.js";
import { patiently, send } from "./outbox.js";
import { state, subscribe, update, updateQueues } from "./state.js";

/** Saves an answer, a skip or an adjudication; `based` is the version and model the reviewer looked at. */
export async function decide({ queue, shown, kind, trends, note }) {
  const inOrder = state.model.trends.map(({ key }) => key).filter((key) => trends.includes(key));
  const saved = await send("/api/decisions", {
    request_id: requestId(),
    reviewer: state.reviewer,
    queue,
    case: shown.id,
    version: shown.version,
    kind,
    trends: kind === "skip" ? undefined : inOrder,
    note: note || undefined,
    model: shown.suggestion?.model,
  });
  updateQueues(saved);
  refreshRecent();
  return saved;
}

/** Accepts the suggestions of several cases of a list at once. */
export async function acceptAll(summaries) {
  const saved = await send("/api/decisions/bulk", {
    request_id: requestId(),
    reviewer: state.reviewer,
    queue: "all",
    cases: summaries.map(({ id, version, suggestion }) => ({ case: id, version, model: suggestion.model })),
  });
  updateQueues(saved);
  refreshRecent();
  return saved;
}

/** Takes a decision back, the last action if none is named. */
export async function undo(decision) {
  const undone = await send("/api/undo", { request_id: requestId(), reviewer: state.reviewer, decision });
  updateQueues(undone);
  return undone;
}

/** Reads the last ten decisions anew. */
export async function refreshRecent() {
  // Rows that undo others take places in the answer, so more are asked for.
  const query = { reviewer: state.reviewer, limit: 20 };
  try {
    const { decisions } = await patiently(() => get("/api/decisions", query));
    update({ recent: decisions.filter(({ kind }) => kind !== "undo").slice(0, 10) });
  } catch {
    // The list stays as it was; no decision depends on it.
  }
}

const waiting = [];
subscribe(() => state.busy === null && waiting.splice(0).forEach((go) => go()));

/** Resolves when no action is under way. */
export function idle() {
  return state.busy === null ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
}

/** Runs an action during which no key and no button starts another. */
export async function whileBusy(busy, action) {
  if (state.busy !== null) return undefined;
  update({ busy });
  try {
    return await action();
  } finally {
    update({ busy: null });
  }
}
