// The effect of reading so far, and when there are enough answers to retrain.

import { get } from "./api.js";
import { byId, button, el } from "./dom.js";
import { state, update } from "./state.js";
import { count } from "./words.js";

/** The figures change slowly, and a save must not wait for them. */
const EVERY = 4_000;

let timer = 0;
let closed = false;

/** Requests the figures soon, unless a request is running. */
export function refreshReading() {
  if (timer !== 0) return;
  timer = setTimeout(async () => {
    const { batch } = state;
    try {
      const reading = await get("/api/reading", { batch });
      if (batch === state.batch) update({ reading });
    } catch {
      // The line stays as it was.
    } finally {
      timer = 0;
    }
  }, state.reading === null ? 0 : EVERY);
}

/** Requests the figures of another batch at once. */
export function forgetReading() {
  clearTimeout(timer);
  timer = 0;
  update({ reading: null });
  refreshReading();
}

/** The line in the header. */
export function readingWords(reading) {
  if (reading === null || reading.macro_f1 === null || reading.macro_f1 === undefined) return "";
  const f1 = reading.macro_f1.toFixed(2);
  const target = reading.target_f1.toFixed(2);
  const more = reading.more > 0 ? `${count(reading.more, "more case")} for ${target}` : `${target} is reached`;
  const what = state.batch === "" && state.batches.length > 1 ? "all batches" : "this batch";
  return `macro F1 of ${what} about ${f1}; ${more}`;
}

/** Shows once that there are enough answers to retrain, with the command. */
export function showEnough({ reading }) {
  if (closed || !reading?.enough || byId("enough") !== null) return;
  const close = () => {
    closed = true;
    byId("enough").remove();
  };
  byId("notices").append(
    el("div", { id: "enough", class: "notice info", role: "status" },
      el("p", {}, `Enough answers for a retraining to be judged: ${count(reading.teaching, "answer")} can teach a model. Run: `, el("code", {}, "trendtag retrain cases.csv --reviews reviews.db --model mine")),
      button("Close", close, { class: "small" })),
  );
}
