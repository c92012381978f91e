// What the page says in each state, and how it writes numbers and times.

/** A share as people read it: never "0 %" or "100 %" for what is neither. */
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

/** "1 case", "2 cases". */
export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

/** Keys of trends as one line. */
export const listed = (trends) => (trends.length > 0 ? trends.join(", ") : "none of these");

export const queues = {
  uncertain: { name: "Uncertain", about: "closest calls first" },
  "blind-check": { name: "Blind check", about: "suggestion hidden" },
  conflict: { name: "Conflicts", about: "reviewers differ" },
  all: { name: "All", about: "in the order of adding" },
};

export const states = {
  loading: "Loading…",
  saving: "Saving…",
  saved: "All saved",
  gone: "The server does not answer. Trying again.",
  goneKept: "The server does not answer. Your answer is kept in this page and is sent again.",
  empty: (queue) => ({
    title: `Nothing waits in “${queues[queue].name}”`,
    text: "Every case of this queue has its answers.",
  }),
  done: { title: "All done", text: "Every case has its answers. trendtag review export writes them to a file." },
  noCases: { title: "No cases yet", text: "Put some in with: trendtag review add submissions.csv --db reviews.db" },
  noMatch: (open) => ({
    title: "No case matches the filter",
    text: `${count(open, "case waits", "cases wait")} in this queue, none of them with these words and trends.`,
  }),
  held: (held, until) => ({
    title: "Others hold the rest",
    text: `${count(held, "case is", "cases are")} open in front of other reviewers. The next becomes free at ${clock(until)} at the latest.`,
  }),
  endAfter: "This is the last case of the queue.",
  endBefore: "This is the first case of the queue.",
  newer: (version) => `A newer model is there: ${version}. Decisions keep the version they were made with.`,
  modelTaken: (version) => `Model ${version} is in use from now on.`,
  hidden:
    "Blind check: the suggestion is hidden so that your answer shows how good the model is.",
  noChoice: "Tick what applies, or press 0 for none of these.",
  alreadyMine: (answer) => `You answered this case at ${clock(answer.time)}: ${listed(answer.trends)}. Saving replaces your answer.`,
  skippedByMe: (answer) => `You skipped this case at ${clock(answer.time)}.`,
  alreadyDecided: (final) => `Already decided: ${listed(final)}. Your answer is added to what others said.`,
  heldBy: (who, until) => `${who} has this case open until ${clock(until)}. You can look; it is better not to answer now.`,
  undone: (n) => `${count(n, "decision")} taken back.`,
  nothingToUndo: "There is nothing to take back.",
};
