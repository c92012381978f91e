// A batch as a whole: how frequent its trends are, what to read, how far it is from the cases learned from, and its files.

import { get } from "./api.js";
import { el, home } from "./dom.js";
import { fault } from "./message.js";
import { patiently } from "./outbox.js";
import { readingWords } from "./reading.js";
import { nameOf, settings, state, update } from "./state.js";
import { count, percent, states } from "./words.js";

const VERDICTS = { unknown: "Cannot be said", fine: "Fine", watch: "Watch", retrain: "Retrain" };
const FORMATS = [["xlsx", "Excel"], ["csv", "CSV"], ["jsonl", "JSON Lines"], ["parquet", "Parquet"]];

/** How often the overview is asked again for what is still being measured. */
const LOOK_EVERY = 2_000;
const MOST_LOOKS = 150;

let stage = null;
let looks = 0;

/** Shows a batch; `part` is "download" for its files. */
export async function openBatch(main, { batch, part }) {
  stage = el("div", { class: "stage batch" }, el("p", { class: "message" }, states.loading));
  main.replaceChildren(stage);
  const here = stage;
  try {
    const query = { reviewer: state.reviewer, batch };
    const [overview, reading, { batches }] = await patiently(() => Promise.all([get("/api/overview", query), get("/api/reading", { batch }), get("/api/batches")]));
    if (here !== stage || !here.isConnected) return;
    const progress = batches.find(({ name }) => name === overview.batch);
    here.replaceChildren(head(overview, part), ...(part === "download" ? [downloads(overview)] : [shares(overview), plan(overview, reading, progress), drift(overview), file(overview)].filter(Boolean)));
    home();
    looks = 0;
    if (part !== "download") watch(here, query, progress);
  } catch (error) {
    here.replaceChildren(fault(error, () => openBatch(main, { batch, part })));
  }
}

// Shows the distance from the cases learned from once it is measured.
function watch(here, query, progress) {
  setTimeout(async () => {
    const old = here.querySelector("#drift");
    if (here !== stage || !here.isConnected || old === null || old.querySelector("strong") !== null || looks > MOST_LOOKS) return;
    looks += 1;
    try {
      const [overview, reading] = await Promise.all([get("/api/overview", query), get("/api/reading", { batch: query.batch })]);
      if (isMeasured(overview) || looks > MOST_LOOKS) {
        old.replaceWith(drift(overview));
        here.querySelector("#plan")?.replaceWith(plan(overview, reading, progress));
      } else watch(here, query, progress);
    } catch {
      watch(here, query, progress);
    }
  }, LOOK_EVERY);
}

const isMeasured = ({ facts }) => facts !== null && ((facts.drift ?? null) !== null || facts.no_drift !== null);

// What was found in all cases; nothing while they are being looked at, or if that failed.
const found = ({ facts }) => (facts?.rows === undefined ? null : facts);

function head(overview, part) {
  const { batch } = overview;
  const facts = found(overview);
  const at = encodeURIComponent(batch);
  const link = (href, label, isHere, attributes = {}) => el("a", { href, "aria-current": isHere ? "page" : null, ...attributes }, label);
  const narrowed = { onclick: () => narrow(batch) };
  return el("div", {},
    el("h2", { tabindex: "-1", "data-home": true, dir: "auto" }, batch),
    el("p", { class: "quiet" }, facts?.file ? `From ${facts.file}, tagged with the model ${facts.model}` : "Added with a command"),
    el("nav", { class: "tabs", "aria-label": "Views of the batch" },
      link(`#batch/${at}`, "Overview", part !== "download"),
      link("#list", "Cases", false, narrowed),
      link("#review", "Review", false, narrowed),
      link(`#batch/${at}/download`, "Download", part === "download")));
}

// The other views show this batch alone.
function narrow(batch) {
  settings.batch = batch;
  update({ batch });
  dispatchEvent(new Event("batches"));
}

function shares({ trends, cases, labels, hidden }) {
  if (trends.length === 0) return el("section", { class: "panel", id: "shares" }, el("h3", {}, "How frequent the trends are"), el("p", {}, "No case has trends that may be shown yet: all of them wait for a blind answer."));
  const corrected = trends.some((trend) => trend.is_corrected);
  const how = labels === "suggested" ? "as suggested" : labels === "finished" ? "as decided where people read the case, else as suggested" : "as decided";
  const row = ({ key, count: n, share }) => [
    el("th", { scope: "row" }, nameOf(key)),
    el("td", {}, share === null ? "–" : bar(share)),
    el("td", { class: "figure" }, share === null ? "–" : [el("strong", {}, percent(share.value)), el("span", { class: "quiet" }, ` [${percent(share.lower)}, ${percent(share.upper)}]`)]),
    el("td", { class: "figure" }, n.toLocaleString("en-GB")),
  ];
  return el("section", { class: "panel", id: "shares" },
    el("h3", {}, "How frequent the trends are"),
    el("p", { class: "quiet" }, `Share of ${count(cases, "case")} with 95 % interval, ${how}.${corrected ? " The shares allow for the errors of the model, so they differ from the counts." : ""}${hidden > 0 ? ` ${count(hidden, "case waits", "cases wait")} for a blind answer and may be missing here.` : ""}`),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Shares of the trends" },
      el("table", { class: "figures shares" },
        el("caption", { class: "unseen" }, "Shares of the trends"),
        el("thead", {}, el("tr", {}, ["Trend", "0 to 100 %", "Share", "Cases"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, trends.map((trend) => el("tr", {}, row(trend)))))));
}

// A bar with its interval; the figures beside it say the same.
function bar({ value, lower, upper }) {
  const node = el("span", { class: "share-bar", "aria-hidden": "true" }, el("span", { class: "share" }), el("span", { class: "interval" }));
  node.style.setProperty("--value", value);
  node.style.setProperty("--lower", lower);
  node.style.setProperty("--upper", upper);
  return node;
}

function plan(overview, reading, progress) {
  const facts = found(overview);
  const lines = [];
  if (progress) lines.push(`${progress.decided.toLocaleString("en-GB")} of ${count(progress.cases, "case")} decided, ${(progress.open + progress.conflicts).toLocaleString("en-GB")} left.`);
  if (facts) {
    const others = facts.needs_review - facts.only_unsure;
    lines.push(facts.needs_review === 0 ? "The model marks no case to be read." : `The model marks ${count(facts.needs_review, "case")} to be read${others > 0 ? `, ${others} of them for another reason than doubt` : ""}.`);
    if (facts.f1_unread === null) lines.push("How good unread cases are is not known: the model learned from too few labelled cases.");
    else if (facts.tagged < 20) lines.push("The batch is too small to say which macro F1 to expect.");
    else if (facts.needs_review > 0 && facts.f1_finished !== null) lines.push(`Reading them is expected to raise macro F1 from about ${facts.f1_unread.toFixed(2)} to about ${facts.f1_finished.toFixed(2)}; about ${facts.wrong_tags_left.toFixed(0)} wrong tags remain in the cases left unread.`);
    else lines.push(`Macro F1 is expected to be about ${facts.f1_unread.toFixed(2)} without reading.`);
  }
  const now = readingWords(reading);
  if (now) lines.push(`${now.charAt(0).toUpperCase()}${now.slice(1)}.`);
  return el("section", { class: "panel", id: "plan" },
    el("h3", {}, "What to read"),
    lines.map((line) => el("p", {}, line)),
    facts?.blind_check > 0 ? el("p", { class: "quiet" }, `${count(facts.blind_check, "case is", "cases are")} answered without seeing the suggestion, to measure it.`) : null);
}

function drift(overview) {
  const panel = (...children) => el("section", { class: "panel", id: "drift" }, el("h3", {}, "Distance from the cases the model learned from"), children);
  const { facts } = overview;
  if (!facts?.drift) {
    const soon = looks < MOST_LOOKS && !isMeasured(overview);
    return panel(el("p", {}, soon ? "It is being measured." : `Not measured: ${facts?.no_drift ?? "the server ended before it was"}.`));
  }
  const { verdict, findings, causes, expected_f1_holds: holds, telling_terms: terms } = facts.drift;
  const said = { fine: "The batch is no further from them than parts of them are from each other.", watch: "The batch is further from them than chance explains.", retrain: "The batch is far from them: review more of it, and retrain the model." }[verdict];
  return panel(
    el("p", {}, el("strong", { class: `verdict ${verdict}` }, VERDICTS[verdict]), " ", said),
    holds ? null : el("p", {}, "The macro F1 to be expected is not rated: it rests on probabilities that hold for cases like those learned from. This batch is of another kind, so expect less, and measure it on a blind check."),
    verdict === "fine" || causes.length === 0 ? null : el("ul", { class: "findings" }, causes.map((words) => el("li", {}, words))),
    verdict === "fine" || terms.length === 0 ? null : el("p", { class: "quiet" }, `Words that set it apart (share of its cases, of those learned from): ${terms.map(([term, here, there]) => `${term} (${percent(here)}, ${percent(there)})`).join(", ")}`),
    el("details", { class: "more" },
      el("summary", {}, "All measures"),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Measures of the distance" }, el("table", { class: "figures" },
        el("caption", { class: "unseen" }, "Measures of the distance"),
        el("thead", {}, el("tr", {}, ["Measure", "Value", "Usual", "Limit", "Verdict"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, findings.map((f) => el("tr", {}, el("th", { scope: "row" }, f.measure), [f.value, f.usual, f.limit].map((n) => el("td", { class: "figure" }, n.toFixed(3))), el("td", {}, VERDICTS[f.verdict]))))))));
}

function file(overview) {
  const facts = found(overview);
  if (!facts?.file) return null;
  const { rows, failed, without_text: without, known, repairs, notes, failures } = facts;
  const items = [
    `${count(rows, "row")} read, ${failed === 0 ? "none" : failed.toLocaleString("en-GB")} failed.`,
    without > 0 ? `${count(without, "row has", "rows have")} no text.` : null,
    known > 0 ? `${count(known, "row is a case", "rows are cases")} of another batch already.` : null,
    ...repairs.map((words) => `Rows: ${words}.`),
    ...notes.map(({ words }) => `${words}.`),
  ];
  return el("section", { class: "panel", id: "read" },
    el("h3", {}, "What was read"),
    el("ul", { class: "findings" }, items.filter(Boolean).map((words) => el("li", {}, words))),
    failures.length > 0 ? el("details", { class: "more" }, el("summary", {}, "Rows that failed"), el("ul", { class: "findings" }, failures.map(({ words }) => el("li", {}, words)))) : null);
}

function downloads({ batch, facts, hidden }) {
  const to = (path, query, label) => {
    const search = new URLSearchParams({ reviewer: state.reviewer, batch, ...query }).toString();
    return el("a", { href: `${path}?${search}`, download: true, class: "button" }, label);
  };
  const formats = (path, query = {}) => el("p", { class: "ways" }, FORMATS.map(([format, label]) => to(path, { ...query, format }, label)));
  return el("div", { class: "statistics" },
    el("section", { class: "panel", id: "finished-file" },
      el("h3", {}, "Finished file"),
      el("p", {}, "Every case with its final trends and who decided them, probabilities, date and model."),
      formats("/api/export", { cases: "finished" }),
      el("p", {}, el("a", { href: "#download", onclick: () => narrow(batch) }, "How it was decided, and other files of the review"))),
    el("section", { class: "panel", id: "report" },
      el("h3", {}, "Report"),
      el("p", {}, "What the cases show, taken together: one page with charts and tables to read, print or send."),
      el("p", { class: "ways" }, to("/api/report", {}, "Page (HTML)"))),
    el("section", { class: "panel", id: "tagged-file" },
      el("h3", {}, "Tagged file"),
      el("p", {}, facts?.file
        ? "The file as it was sent, with the suggestions of the model beside each row: the same as the command trendtag tag writes."
        : "The cases of the batch as a command added them, with the suggestions of the model beside each. Rows that failed then are not in it."),
      hidden > 0 ? el("p", { class: "notice warn" }, `It shows the suggestions of ${count(hidden, "case that waits", "cases that wait")} for a blind answer. Reviewers who will give it must not see them before.`) : null,
      formats("/api/tagged", { reveal: true })));
}
