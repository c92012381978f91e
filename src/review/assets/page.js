// The script of the review page: starts it and switches between views.

import { get } from "./api.js";
import { refreshBatches, showBatches } from "./batches.js";
import { refreshRecent } from "./decide.js";
import { byId, button, el } from "./dom.js";
import { openDownload } from "./download.js";
import { startHeader } from "./header.js";
import { openHelp, showKeysState } from "./help.js";
import { listen } from "./keys.js";
import { listKey, openList } from "./list.js";
import { fault } from "./message.js";
import { onUnauthorised, patiently, resume } from "./outbox.js";
import { openBatch } from "./batch_overview.js";
import { openCodebook } from "./codebook.js";
import { openFiles } from "./files.js";
import { forgetReading, refreshReading } from "./reading.js";
import { openReview, reviewKey } from "./review.js";
import { signIn } from "./sign_in.js";
import { openStatistics } from "./statistics.js";
import { refreshQueues, settings, state, subscribe, update, updateQueues } from "./state.js";

const LOOK_FOR_NEWS_EVERY = 15_000;

const views = {
  review: { open: openReview, key: reviewKey, title: "Review" },
  conflicts: { open: openReview, key: reviewKey, title: "Conflicts" },
  list: { open: openList, key: listKey, title: "List" },
  codebook: { open: openCodebook, key: () => false, title: "Codebook" },
  files: { open: openFiles, key: () => false, title: "Files" },
  batch: { open: openBatch, key: () => false, title: "Batch" },
  download: { open: openDownload, key: () => false, title: "Download" },
  statistics: { open: openStatistics, key: () => false, title: "Statistics" },
};

async function start() {
  showKeysState();
  startHeader();
  subscribe(({ busy }) => byId("main").setAttribute("aria-busy", String(busy !== null)));
  onUnauthorised(signIn);
  byId("open-help").addEventListener("click", openHelp);
  await patiently(() => signIn());
  showReviewer();
  update({ queue: settings.queue, model: await patiently(() => get("/api/model")) });
  update({ refused: await resume(state.reviewer) });
  await refreshBatches();
  showBatches(changeBatch);
  await patiently(refreshQueues);
  await refreshRecent();
  refreshReading();
  listen(act);
  addEventListener("hashchange", openView);
  addEventListener("batches", async () => {
    showBatches(changeBatch);
    await patiently(refreshQueues);
    forgetReading();
  });
  setInterval(lookForNews, LOOK_FOR_NEWS_EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || lookForNews());
  addEventListener("focus", lookForNews);
  await openView();
}

async function openView() {
  const [, path = ""] = location.hash.match(/^#(.*)$/) ?? [];
  const id = path.startsWith("case/") ? decodeURIComponent(path.slice(5)) : undefined;
  const [, batch, part] = path.match(/^batch\/([^/]+)(?:\/(download))?$/) ?? [];
  // Without any case the first thing to do is to send some.
  const first = path === "" && state.progress?.cases === 0 ? "files" : "review";
  const name = id !== undefined ? "review" : batch !== undefined ? "batch" : path in views && path !== "batch" ? path : first;
  // A case opened from a link returns to the view with the link.
  update({ view: name, cameFrom: id === undefined ? name : state.cameFrom });
  document.body.dataset.view = name;
  document.title = `${views[name].title} · trendtag`;
  await views[name].open(byId("main"), { name, id, batch: batch && decodeURIComponent(batch), part });
}

// Another batch: every view is shown again.
async function changeBatch() {
  showBatches(changeBatch);
  await patiently(refreshQueues);
  forgetReading();
  await openView();
}

function act(key) {
  if (key === "?") {
    openHelp();
    return true;
  }
  if (key === "/") {
    const search = byId("search");
    search?.focus();
    return search !== null;
  }
  return views[state.view].key(key);
}

// Checks for a newer model and for the work of others.
async function lookForNews() {
  if (document.hidden || state.busy !== null || state.link.state !== "ok") return;
  const look = () => Promise.all([get("/api/model"), get("/api/queues", { reviewer: state.reviewer, batch: state.batch })]);
  try {
    const [model, queues] = await patiently(look);
    update({ model });
    updateQueues(queues);
    refreshReading();
  } catch {
    // The next save or load reports it, if it matters.
  }
}

function showReviewer() {
  const change = async () => {
    await patiently(() => signIn({ newName: true }));
    location.reload();
  };
  byId("who").replaceChildren("Reviewing as ", el("strong", { dir: "auto" }, state.reviewer), " ", button("Change", change, { class: "plain", "aria-label": "Change the reviewer’s name" }));
}

start().catch((error) => byId("main").replaceChildren(fault(error, () => location.reload())));
