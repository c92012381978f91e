// The statistics: progress, trends, quality of the suggestions and agreement of
// reviewers.

import { get } from "./api.js";
import { batchesPanel, refreshBatches } from "./batches.js";
import { el } from "./dom.js";
import { fault } from "./message.js";
import { patiently } from "./outbox.js";
import { nameOf, state, update, updateQueues } from "./state.js";
import { count, percent, states } from "./words.js";

/** Shows the current figures. */
export async function openStatistics(main) {
  const heading = el("h2", { tabindex: "-1", "data-home": true }, "Statistics");
  const body = el("div", { class: "statistics" }, el("p", { class: "message" }, states.loading));
  main.replaceChildren(heading, body);
  heading.focus();
  try {
    const stats = await patiently(() => get("/api/stats", { reviewer: state.reviewer, batch: state.batch }));
    updateQueues(stats);
    await refreshBatches();
    body.replaceChildren(reviewers(stats), pace(stats.pace), batchesPanel(() => changed(main)), perTrend(stats), changes(stats.changes), blindCheck(stats.blind_check), agreement(stats.agreement));
  } catch (error) {
    body.replaceChildren(fault(error, () => openStatistics(main)));
  }
}

// A batch went or came: the head and all figures are others.
async function changed(main) {
  dispatchEvent(new Event("batches"));
  await openStatistics(main);
}

function section(title, ...children) {
  return el("section", { class: "panel" }, el("h3", {}, title), children);
}

function table(caption, head, rows) {
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      { class: "figures" },
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, head.map((title) => el("th", { scope: "col" }, title)))),
      el("tbody", {}, rows.map(([first, ...others]) =>
        el("tr", {}, el("th", { scope: "row" }, first), others.map((value) => el("td", {}, value))))),
    ),
  );
}

function reviewers({ progress, per_reviewer }) {
  const { cases, decided, conflicts, open } = progress;
  return section(
    "Progress",
    el("dl", { class: "counts" }, [["cases", cases], ["decided", decided], ["in conflict", conflicts], ["open", open]].map(([name, n]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, String(n))))),
    per_reviewer.length > 0
      ? table("Answers of each reviewer", ["Reviewer", "Answers", "Skipped"], per_reviewer.map((r) => [r.reviewer, r.answers, r.skips].map(String)))
      : el("p", { class: "quiet" }, "Nobody has answered yet."),
  );
}

function pace({ seconds_per_case, cases, open, seconds_left }) {
  const text = seconds_per_case === null
    ? "Your pace is shown after a few cases."
    : `You take about ${duration(seconds_per_case)} for a case (median of your last ${count(cases, "case")}, without breaks).`;
  const left = open === 0 ? "No case waits for you." : `${count(open, "case waits", "cases wait")} for you${seconds_left === null ? "." : `: about ${duration(seconds_left)}.`}`;
  return section("Your pace", el("p", { id: "pace" }, `${text} ${left}`));
}

/** Seconds as people say them. */
function duration(seconds) {
  if (seconds < 90) return count(Math.max(1, Math.round(seconds)), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return count(minutes, "minute");
  const hours = Math.round(minutes / 6) / 10;
  return `${hours.toLocaleString("en-GB")} ${hours === 1 ? "hour" : "hours"}`;
}

function changes({ cases, changed, kept, removed, added, per_trend }) {
  const title = "What reviewers changed";
  if (cases === 0) return section(title, el("p", { class: "quiet" }, "Nobody has decided a case with its suggestion in view yet."));
  const numbers = (name, of) => [name, ...[of.kept, of.removed, of.added].map(String)];
  const show = (event) => {
    update({ filter: { ...state.filter, changed: "true" } });
    if (event.currentTarget.hash === location.hash) event.preventDefault();
  };
  return section(
    title,
    el("p", {}, `${changed} of ${count(cases, "case")} decided with the suggestion in view ${changed === 1 ? "was" : "were"} changed (${percent(changed / cases)}). `, el("a", { href: "#list", onclick: show, id: "show-changed" }, "Show them")),
    table("Suggested trends that reviewers kept, removed and added", ["Trend", "Kept", "Removed", "Added"], [
      numbers("All trends", { kept, removed, added }),
      ...per_trend.map((of) => numbers(nameOf(of.key), of)),
    ]),
  );
}

function perTrend({ per_trend }) {
  const most = Math.max(1, ...per_trend.flatMap(({ suggested, decided }) => [suggested, decided]));
  const bar = (n, kind) => {
    const fill = el("span", { class: `amount ${kind}`, "aria-hidden": "true" });
    fill.style.setProperty("--p", n / most);
    return el("span", { class: "figure" }, fill, String(n));
  };
  return section(
    "Trends",
    table("Cases of each trend", ["Trend", "Suggested", "Decided"], per_trend.map((t) => [nameOf(t.key), bar(t.suggested, "suggested"), bar(t.decided, "decided")])),
    el("p", { class: "quiet" }, "Suggested counts all cases, Decided those that are decided. Suggestions that a blind check still hides are not counted."),
  );
}

function blindCheck({ answers, needed, cases, precision, recall, per_trend }) {
  const enough = answers >= needed;
  return section(
    "How good the suggestions are",
    el("p", {}, `Measured on blind checks only, which are answered without seeing the suggestion: ${answers} of ${count(cases, "blind-check case")}${cases < needed ? `, fewer than the ${needed} that figures need` : ""}.`),
    enough
      ? table("Precision and recall of the suggestions with 95 % intervals", ["Trend", "Precision", "Recall", "Suggested", "Answered", "Both"], [
          ["All trends", figure(precision), figure(recall), "", "", ""],
          ...per_trend.map((t) => [nameOf(t.key), figure(t.precision), figure(t.recall), String(t.suggested), String(t.answered), String(t.both)]),
        ])
      : el("p", { class: "notice info", id: "too-few" }, `${answers} of ${needed} blind checks done; figures appear at ${needed}.`),
  );
}

function figure(estimate) {
  if (estimate === null) return "–";
  const { value, lower, upper } = estimate;
  const interval = ` [${percent(lower)}, ${percent(upper)}]`;
  return [el("strong", { class: "figure" }, percent(value)), el("span", { class: "quiet figure" }, interval)];
}

function agreement({ cases, overall, per_trend }) {
  if (cases === 0) return section("Agreement", el("p", { class: "quiet" }, "No case has been answered by two reviewers yet (n = 0)."));
  const number = (value) => (value === null ? "–" : value.toFixed(2));
  const line = (name, f) => [name, percent(f.share), number(f.alpha), number(f.ac1), String(f.cases)];
  return section(
    "Agreement",
    el("p", {}, `${count(cases, "case")} answered by two or more reviewers without seeing each other.`),
    table("Agreement for each trend", ["Trend", "Same answer", "Krippendorff’s alpha", "Gwet’s AC1", "n"], [
      line("Mean of the trends", overall),
      ...per_trend.map((f) => line(nameOf(f.key), f)),
    ]),
  );
}
