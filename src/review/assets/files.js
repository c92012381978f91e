// The start: send a file, see how it is read, have it tagged; and the batches that there are.

import { Problem, get, post, remove, send } from "./api.js";
import { refreshBatches } from "./batches.js";
import { announce, button, byId, el, home } from "./dom.js";
import { filePreview } from "./file_preview.js";
import { fault } from "./message.js";
import { patiently } from "./outbox.js";
import { state } from "./state.js";
import { count, states } from "./words.js";

const LOOK_EVERY = 700;

/** The file in hand, with how it is read and what it is to become; null for none. */
let file = null;
/** Files that were given together with it. */
let waiting = [];
/** The batch that was begun here: its overview is shown once it is tagged. */
let begun = null;
let stage = null;
let timer = 0;

/** Shows the start, or the file in hand. */
export async function openFiles(main) {
  stage = el("div", { class: "stage files" }, el("p", { class: "message" }, states.loading));
  main.replaceChildren(stage);
  if (file !== null) return showFile();
  await showStart();
}

async function showStart() {
  const here = stage;
  try {
    const [files, { batches }] = await patiently(() => Promise.all([get("/api/files", { reviewer: state.reviewer }), get("/api/batches")]));
    if (here !== stage || !here.isConnected || file !== null) return;
    here.replaceChildren(drop(files), progressOf(files), table(batches));
    home();
    watch(files);
  } catch (error) {
    here.replaceChildren(fault(error, showStart));
  }
}

function drop({ database, largest, is_there: isThere }) {
  const input = el("input", { type: "file", id: "file", multiple: true, accept: ".csv,.tsv,.txt,.jsonl,.ndjson,.parquet,.arrow,.feather,.arrows,.xlsx,.xls,.ods,.gz,.zst", onchange: () => take([...input.files]) });
  const zone = el("label", { class: "drop", for: "file" },
    el("strong", {}, "Drop a file here, or choose one"),
    el("span", { class: "quiet" }, `A table with one case study a row: CSV, Excel, Parquet or JSON Lines, up to ${Math.floor(largest / 2 ** 20)} MB`),
    input);
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take([...event.dataTransfer.files]);
  });
  return el("section", {},
    el("h2", { tabindex: "-1", "data-home": true }, "Tag a file"),
    zone,
    el("p", { id: "said", class: "notice warn", role: "alert", hidden: true }),
    el("p", { class: "quiet" }, "Files stay on the machine on which trendtag runs. ", isThere ? "The batches are kept in " : "With the first file that is tagged, a database is made: ", el("code", {}, database), "."));
}

function warn(words) {
  const node = byId("said");
  if (node === null) return announce(words);
  node.textContent = words;
  node.hidden = false;
}

// Takes the first of some files, and keeps the others for later.
async function take(files) {
  if (files.length === 0) return;
  waiting = files.slice(1);
  const [given] = files;
  const here = stage;
  const leaving = new AbortController();
  here.replaceChildren(el("section", { class: "message" },
    el("h2", { tabindex: "-1", "data-home": true }, "Sending the file"),
    el("p", { dir: "auto" }, `${given.name} (${size(given.size)})`),
    el("p", { class: "ways" }, button("Cancel", () => leaving.abort()))));
  home();
  try {
    const sent = await send("/api/files", { reviewer: state.reviewer, name: given.name.slice(-255) }, given, leaving.signal);
    file = { ...sent, settings: {}, preview: null, batch: { name: plainName(sent.name), blind_check: 0.1, overlap: 0 } };
    await read({});
  } catch (error) {
    file = null;
    await showStart();
    if (!leaving.signal.aborted) warn(`${given.name}: ${error.message}. ${error.detail ?? ""}`);
  }
}

const size = (bytes) => (bytes < 2 ** 20 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 2 ** 20).toFixed(1)} MB`);

const plainName = (name) => (name.replace(/(\.[a-z0-9]{1,8}){1,2}$/i, "").trim() || name).slice(0, 80).trim();

// Reads the file again with settings that changed.
async function read(changes) {
  const settings = { ...file.settings, ...changes };
  const { id: focus, name } = document.activeElement ?? {};
  stage.setAttribute("aria-busy", "true");
  try {
    const preview = await post(`/api/files/${file.file}/preview`, { reviewer: state.reviewer, read: settings }, 90_000);
    Object.assign(file, { settings, preview });
    showFile();
    const again = focus ? byId(focus) : name ? stage.querySelector(`[name="${CSS.escape(name)}"]:not([type=radio]), [name="${CSS.escape(name)}"]:checked`) : null;
    (again ?? stage.querySelector("[data-home]"))?.focus({ preventScroll: again !== null });
    announce(preview.problem?.words ?? `${count(preview.rows, "row")} read`);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) file = null;
    stage.replaceChildren(fault(error, () => (file === null ? showStart() : read({}))));
  } finally {
    stage.removeAttribute("aria-busy");
  }
}

function showFile() {
  const open = [...stage.querySelectorAll("details")].map((node) => node.open && node.className);
  const note = waiting.length > 0 ? el("p", { class: "quiet" }, `${count(waiting.length, "more file waits", "more files wait")}.`) : null;
  stage.replaceChildren(
    el("p", { class: "back" }, button("Back to the start", discard, { class: "plain" })),
    filePreview(file, file.preview, file.settings, file.batch, { read, tag, discard }),
    el("p", { id: "said", class: "notice warn", role: "alert", hidden: true }),
    note ?? "");
  for (const node of stage.querySelectorAll("details")) if (open.includes(node.className)) node.open = true;
}

async function tag() {
  const { file: id, settings, batch } = file;
  const { name, blind_check, overlap } = batch;
  stage.querySelector("#tag").disabled = true;
  try {
    await post(`/api/files/${id}/tag`, { reviewer: state.reviewer, batch: name.trim(), read: settings, blind_check, overlap }, 90_000);
    begun = name.trim();
    file = null;
    if (waiting.length > 0) return take(waiting);
    await showStart();
  } catch (error) {
    stage.querySelector("#tag").disabled = false;
    warn(`${error.message}. ${error.detail ?? ""}`);
  }
}

async function discard() {
  const { file: id } = file;
  file = null;
  remove(`/api/files/${id}`, { reviewer: state.reviewer }).catch(() => {});
  if (waiting.length > 0) await take(waiting);
  else await showStart();
}

function progressOf({ files }) {
  const shown = files.filter((job) => job.state !== "tagged");
  return el("div", { id: "jobs", role: "status" }, el("ul", { class: "jobs" }, shown.map(({ name, batch, state: how, rows, problem }) =>
    el("li", { class: `notice ${how === "failed" ? "warn" : "info"}` },
      el("strong", { dir: "auto" }, batch), " ",
      how === "failed" ? `was not tagged: ${problem.words}` : how === "waiting" ? "waits for its turn" : `is being tagged: ${count(rows, "row")} of ${name} read`))));
}

// Looks again while something is being tagged.
function watch(last) {
  clearTimeout(timer);
  const here = stage;
  if (!last.files.some((job) => ["waiting", "tagging"].includes(job.state))) return;
  timer = setTimeout(async () => {
    if (here !== stage || !here.isConnected || file !== null) return;
    try {
      const files = await get("/api/files", { reviewer: state.reviewer });
      if (here !== stage || !here.isConnected || file !== null) return;
      const mine = files.files.find((job) => job.batch === begun);
      if (mine?.state === "tagged") {
        begun = null;
        await refreshBatches();
        dispatchEvent(new Event("batches"));
        announce(`${mine.batch} is tagged`);
        location.hash = `batch/${encodeURIComponent(mine.batch)}`;
        return;
      }
      const ended = files.files.filter((job) => job.state === "tagged").length > last.files.filter((job) => job.state === "tagged").length;
      if (ended) return showStart();
      byId("jobs")?.replaceWith(progressOf(files));
      watch(files);
    } catch {
      watch(last);
    }
  }, LOOK_EVERY);
}

function table(batches) {
  if (batches.length === 0) return el("section", {}, el("h3", {}, "Batches"), el("p", { class: "quiet", id: "no-batches" }, "There are none yet. Each file that is tagged becomes one."));
  const row = ({ name, cases, decided, open, conflicts }) => {
    const at = encodeURIComponent(name);
    return el("tr", {},
      el("th", { scope: "row", dir: "auto" }, el("a", { href: `#batch/${at}` }, name)),
      el("td", { class: "figure" }, cases.toLocaleString("en-GB")),
      el("td", { class: "figure" }, decided.toLocaleString("en-GB")),
      el("td", { class: "figure" }, (open + conflicts).toLocaleString("en-GB")),
      el("td", {}, el("a", { href: `#batch/${at}/download`, "aria-label": `Download ${name}` }, "Download")));
  };
  return el("section", { class: "panel" },
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Batches" },
      el("table", { class: "figures batches" },
        el("caption", {}, "Batches"),
        el("thead", {}, el("tr", {}, ["Batch", "Cases", "Decided", "Left", "Files"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, batches.map(row)))));
}
