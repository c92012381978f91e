// The texts of the page for each state, and the formats of numbers and times.

/** Formats a share; "0 %" and "100 %" are used only for exact values. */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  if (share > 0 && share < 0.01) return "<\u00a01\u00a0%";
  if (share < 1 && share > 0.99) return ">\u00a099\u00a0%";
  return `${Math.round(100 * share)}\u00a0%`;
}

/** A contribution with its sign. */
export function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/** Time of the day of an ISO date; with the day if it is not today. */
export function clock(iso) {
  if (!iso) return "";
  const time = new Date(iso);
  const hours = time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return time.toDateString() === new Date().toDateString()
    ? hours
    : `${time.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })}, ${hours}`;
}

/** The day of an ISO date. */
export const day = (iso) => new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** "1 case", "2 cases". */
export function count(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and c". */
export function enumerated(words) {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export const queues = {
  uncertain: { name: "Most valuable first" },
  "blind-check": { name: "Blind check" },
  conflict: { name: "Conflicts" },
  "new-trends": { name: "New trends" },
  all: { name: "In the order added" },
};

export const states = {
  loading: "Loading…",
  saving: "Saving…",
  saved: "All saved",
  gone: "Cannot reach the server. Trying again.",
  goneKept: "Cannot reach the server. Your answer is safe here and will be sent automatically.",
  empty: { title: "Nothing left in this queue for you", text: "Other queues have cases that wait." },
  finished: (waiting) => ({
    title: "You are done",
    text: `${count(waiting, "case waits", "cases wait")} for a second reviewer.`,
  }),
  noConflicts: { title: "No conflicts", text: "Reviewers agree so far." },
  done: { title: "All done", text: "Every case has its answers. Download the finished batch, or write it with: trendtag review export --finished" },
  noCases: { title: "No cases yet", text: "Send a file with cases: each file becomes a batch." },
  noMatch: (open) => ({
    title: "No case matches the filter",
    text: `${count(open, "case waits", "cases wait")} in this queue, but none with these words and trends.`,
  }),
  held: (held, until) => ({
    title: "Other reviewers have the rest",
    text: `${count(held, "case is", "cases are")} open in front of other reviewers. The next one becomes free at ${clock(until)} at the latest.`,
  }),
  endAfter: "This is the last case of the queue.",
  endBefore: "This is the first case of the queue.",
  newer: (version) => `A newer model (${version}) is available. Earlier answers keep the version they were given with.`,
  modelTaken: (version) => `Model ${version} is now in use.`,
  noChoice: "Tick what applies, or press 0 if no trend applies.",
  noSettlement: "Answer yes or no for each contested trend first.",
  alreadyMine: (time, what) => `You answered this case at ${clock(time)}: ${what}. Saving replaces your answer.`,
  aboutNew: "This case was decided before that existed. Tick what applies; the other trends stay as they were decided.",
  skippedByMe: (time) => `You skipped this case at ${clock(time)}.`,
  alreadyDecided: (what) => `Already decided: ${what}. Your answer is added to the others.`,
  askedBy: ({ reviewer, note }) => `Reviewer ${reviewer} asks a colleague to look at this case${note ? `: “${note}”` : "."}`,
  unusable: ({ reviewer, note }) => `Reviewer ${reviewer} marked this case as unusable${note ? `: “${note}”` : ""}. It trains no model. An answer takes that back.`,
  heldBy: (who, until) =>
    `Reviewer ${who} is working on this case (until ${clock(until)}). You can read it; please leave the answer to them.`,
  undone: (titles) =>
    titles.length === 1 ? `Undone: your answer to “${titles[0]}”.` : `Undone: ${count(titles.length, "answer")}.`,
  nothingToUndo: "There is nothing to undo.",
};
