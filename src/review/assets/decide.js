// Saves and undoes answers through the outbox.

import { get, requestId } from "./api.js";
import { ask } from "./ask.js";
import { patiently, send } from "./outbox.js";
import { refreshReading } from "./reading.js";
import { state, subscribe, update, updateQueues } from "./state.js";

/** Saves an answer, a skip or an adjudication; `based` is the version and model that the reviewer saw. */
export async function decide({ queue, shown, kind, trends, note, flag }) {
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
    flag,
  });
  updateQueues(saved);
  refreshRecent();
  refreshReading();
  return saved;
}

/** Undoing an action with more decisions than this asks for confirmation. */
const LARGE = 10;

/** Undoes an action: that of a decision, else the last one. Resolves to null if the reviewer cancels. */
export async function undo(decision) {
  const row = state.recent.find((one) => !one.undone && (decision === undefined || one.decision === decision));
  const together = row?.together ?? 1;
  if (together > LARGE) {
    const sure = await ask(`Undo ${together} answers?`, "They were given together and are undone together. The cases are open again.", [[`Undo ${together} answers`, true]]);
    if (!sure) return null;
  }
  const undone = await send("/api/undo", { request_id: requestId(), reviewer: state.reviewer, decision, together: decision !== undefined && together > 1 });
  updateQueues(undone);
  refreshRecent();
  refreshReading();
  return undone;
}

/** Reads the last ten decisions again. */
export async function refreshRecent() {
  // Rows that undo others are in the response too, so more rows are requested.
  const query = { reviewer: state.reviewer, limit: 20 };
  try {
    const { decisions } = await patiently(() => get("/api/decisions", query));
    update({ recent: decisions.filter(({ kind }) => kind !== "undo").slice(0, 10) });
  } catch {
    // The list stays unchanged; no decision depends on it.
  }
}

const waiting = [];
subscribe(() => state.busy === null && waiting.splice(0).forEach((go) => go()));

/** Resolves when no action is running. */
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
