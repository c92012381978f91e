// The header of the page: the current view, the progress, whether everything is saved,
// and notices for every view.

import { post } from "./api.js";
import { byId, button, el } from "./dom.js";
import { patiently } from "./outbox.js";
import { queueOf, state, subscribe, update } from "./state.js";
import { readingWords, showEnough } from "./reading.js";
import { states } from "./words.js";

// Saves are fast. Messages that appear for less than this time are distracting.
const QUIET = 150;

let timer = 0;
let taken = "";

/** Shows and updates the header. */
export function startHeader() {
  subscribe(showProgress);
  subscribe(showSaved);
  subscribe(showModel);
  subscribe(showEnough);
}

function showProgress({ progress, reading, view }) {
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.getAttribute("href") === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (progress === null) return;
  const { cases, decided, conflicts, open, mine } = progress;
  byId("conflict-count").textContent = String((queueOf("conflict")?.open ?? conflicts) || "");
  const bar = byId("progress");
  if (bar.childElementCount === 0) {
    bar.append(el("span", { class: "track", "aria-hidden": "true" }, el("span", { class: "done" }), el("span", { class: "conflicts" })), el("p", {}));
  }
  bar.style.setProperty("--done", cases === 0 ? 0 : decided / cases);
  bar.style.setProperty("--conflicts", cases === 0 ? 0 : conflicts / cases);
  const n = (count) => count.toLocaleString("en-GB");
  const first = `${n(decided)} of ${n(cases)} decided · ${n(open)} left${conflicts > 0 ? ` · ${conflicts} in conflict` : ""}`;
  const words = readingWords(reading);
  const shown = [first, ` · ${n(mine)} answered by you`, words === "" ? "" : ` · ${words}`];
  if (bar.lastChild.textContent !== shown.join("")) bar.lastChild.replaceChildren(shown[0], el("span", { class: "wide" }, shown[1]), shown[2]);
}

function showSaved({ link, busy }) {
  const say = (kind, words) => {
    clearTimeout(timer);
    timer = 0;
    const node = byId("saved");
    if (node.dataset.state === kind) return;
    node.dataset.state = kind;
    node.textContent = words;
  };
  showGone(link);
  if (link.state === "gone") return say("gone", link.kept ? "Not saved yet" : "Cannot reach the server");
  const waits = link.state === "saving" || busy !== null;
  if (!waits) return say("saved", states.saved);
  const kind = link.state === "saving" ? "saving" : "loading";
  if (timer === 0) timer = setTimeout(() => say(kind, states[kind]), QUIET);
}

function showGone(link) {
  const old = byId("gone");
  if (link.state !== "gone") return old?.remove();
  const words = link.kept ? states.goneKept : states.gone;
  if (old !== null && old.dataset.words === words) return;
  old?.remove();
  const retry = () => state.link.retry?.();
  byId("notices").append(
    el("div", { id: "gone", class: "notice warn", role: "alert", "data-words": words }, el("p", {}, words), button("Try now", retry, { id: "try-now" })),
  );
}

function showModel({ model }) {
  if (model === null) return;
  const shown = byId("newer");
  if (model.newer === null || shown?.dataset.version === model.newer.version) {
    if (model.newer === null && shown?.dataset.version !== taken) shown?.remove();
    return;
  }
  shown?.remove();
  const { version } = model.newer;
  byId("notices").append(
    el("div", { id: "newer", class: "notice info", role: "status", "data-version": version },
      el("p", {}, states.newer(version)), button("Use it now", () => takeNewer(), { id: "use-newer" })),
  );
}

async function takeNewer() {
  const notice = byId("newer");
  try {
    const model = await patiently(() => post("/api/model/reload", {}));
    taken = notice.dataset.version;
    notice.replaceChildren(el("p", {}, states.modelTaken(model.version)), button("Close", () => notice.remove(), { class: "small" }));
    update({ model });
  } catch (problem) {
    notice.querySelector("p").textContent = `${problem.message}. ${problem.detail ?? ""}`;
  }
}
