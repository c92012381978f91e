// A message in place of a case or a list: why there is nothing, and what to do next.

import { el, button } from "./dom.js";
import { queueOf, state } from "./state.js";
import { count, queues, states } from "./words.js";

/** A titled message; each further action is `[label, action]`. */
export function message({ title, text }, ways = [], kind = "") {
  return el(
    "section",
    { class: `message ${kind}` },
    el("h2", { tabindex: "-1", "data-home": true }, title),
    text ? el("p", {}, text) : null,
    ways.length > 0 ? el("p", { class: "ways" }, ways.map(([label, action]) => button(label, action))) : null,
  );
}

/** Explains why a queue has no case to show; `go` has the further actions. */
export function whyNone(reply, queue, go) {
  if (reply.state === "no-match") return message(states.noMatch(queueOf(queue).open), [["Clear the filter", go.clear]], "no-match");
  if (reply.state === "held") {
    return message(states.held(queueOf(queue).held, reply.held_until), [["Look again", go.again], ...elsewhere(queue, go)], "held");
  }
  const { cases, open, conflicts } = state.progress;
  if (cases === 0) return message(states.noCases, [["Send a file", () => (location.hash = "files")], ["Look again", go.again]], "no-cases");
  if (queue === "conflict") return message(states.noConflicts, elsewhere(queue, go), "empty");
  const skipped = Math.max(...state.queues.map((one) => one.skipped));
  const ways = elsewhere(queue, go);
  if (skipped > 0) ways.push([`Show what you skipped (${skipped})`, go.skipped]);
  if (open === 0 && conflicts === 0) return message(states.done, [["Download the finished batch", go.download], ["See the statistics", go.statistics]], "done");
  // An open case that does not wait for this reviewer already has their answer.
  const waiting = state.queues.some((one) => one.name !== "conflict" && one.open > 0) ? 0 : open - skipped;
  return waiting > 0 ? message(states.finished(waiting), ways, "finished") : message(states.empty, ways, "empty");
}

function elsewhere(queue, go) {
  return state.queues
    .filter(({ name, open }) => name !== queue && open > 0)
    .map(({ name, open }) => [`${queues[name].name}: ${count(open, "case")}`, () => go.queue(name)]);
}

/** A message for any other refusal or error. */
export function fault(error, again) {
  return message({ title: error.message || "Something went wrong", text: error.detail || "" }, [["Try again", again]], "error");
}
