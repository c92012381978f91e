// The batches of a review: which one the page shows, and taking one out that was
// added by mistake.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { announce, byId, button, el } from "./dom.js";
import { patiently } from "./outbox.js";
import { settings, state, update } from "./state.js";
import { clock, count, day } from "./words.js";

const ALL = "";

/** Reads the batches; one that is no longer there is not shown any more. */
export async function refreshBatches() {
  const { batches, withdrawn, journal } = await patiently(() => get("/api/batches"));
  const known = batches.some(({ name }) => name === settings.batch);
  update({ batches, withdrawn, journal, batch: known ? settings.batch : ALL });
}

/** Shows the choice of the batch in the head; `changed()` is called after the reviewer made one. */
export function showBatches(changed) {
  const choice = byId("batch-choice");
  choice.hidden = state.batches.length < 2;
  const choose = async (event) => {
    settings.batch = event.target.value;
    update({ batch: settings.batch });
    await changed();
  };
  choice.replaceChildren(
    el("select", { id: "batch", "aria-label": "Batch", onchange: choose },
      el("option", { value: ALL }, "All batches"),
      state.batches.map(({ name }) => el("option", { value: name, selected: name === state.batch }, name))),
  );
}

/** The panel of the statistics about batches; `changed()` is called after one went or came. */
export function batchesPanel(changed) {
  const { batches, withdrawn, journal } = state;
  const row = ({ name, added, cases, decided, open, conflicts }) =>
    el("tr", {},
      el("th", { scope: "row", dir: "auto" }, name),
      el("td", {}, day(added)),
      ...[cases, decided, conflicts, open].map((n) => el("td", {}, n.toLocaleString("en-GB"))),
      el("td", {}, button("Withdraw…", () => withdraw(name, cases, decided, changed), { class: "small", "aria-label": `Withdraw the batch ${name}` })));
  return el(
    "section",
    { class: "panel wide-panel", id: "batches" },
    el("h3", {}, "Batches"),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Batches of this review" },
      el("table", { class: "figures" },
        el("caption", { class: "unseen" }, "Batches of this review"),
        el("thead", {}, el("tr", {}, ["Batch", "Added", "Cases", "Decided", "In conflict", "Open", ""].map((title) => el("th", { scope: "col" }, title || el("span", { class: "unseen" }, "Action"))))),
        el("tbody", {}, batches.map(row)))),
    withdrawn.map(({ name, cases, withdrawn: time }) =>
      el("p", { class: "notice info" },
        `The batch “${name}” (${count(cases, "case")}) was withdrawn at ${clock(time)}. It is kept until the next backup. `,
        button("Bring it back", () => restore(name, changed), { class: "small" }))),
    el("details", {},
      el("summary", {}, "Journal"),
      el("ul", { class: "journal" }, journal.map((line) =>
        el("li", {}, `${clock(line.time)}: ${line.batch}, ${line.event}${line.reviewer ? ` by ${line.reviewer}` : ""} (${count(line.cases, "case")}${line.answers > 0 ? `, ${count(line.answers, "answer")}` : ""})`)))),
  );
}

async function withdraw(batch, cases, decided, changed) {
  const text = [
    `${count(cases, "case leaves", "cases leave")} the review with all suggestions and answers, ${decided} of them decided. They are in no queue, figure or file any more.`,
    "The database keeps them until the next backup, so you can bring the batch back. The journal names it.",
  ];
  const sure = await ask(`Withdraw the batch “${batch}”?`, text, [[`Withdraw ${count(cases, "case")}`, true]]);
  if (sure) await move("/api/batches/withdraw", batch, changed);
}

const restore = (batch, changed) => move("/api/batches/restore", batch, changed);

async function move(path, batch, changed) {
  try {
    await patiently(() => post(path, { reviewer: state.reviewer, batch }));
    await refreshBatches();
    await changed();
  } catch (problem) {
    announce(problem.message);
    byId("batches")?.prepend(el("p", { class: "notice warn", role: "alert" }, problem.message));
  }
}
