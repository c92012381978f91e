// The review view: one case at a time, from a queue or from a link, until the
// queue is empty. The view of conflicts is the same on another queue.

import { Problem, get, post } from "./api.js";
import { caseCard } from "./case_card.js";
import { decide, idle, undo, whileBusy } from "./decide.js";
import { announce, el, home } from "./dom.js";
import { draftOf, draftWith, dropDraft, keepDraft } from "./drafts.js";
import { queueBar, queueFilter } from "./filters.js";
import { history } from "./history.js";
import { fault, message, whyNone } from "./message.js";
import { outdated } from "./outdated.js";
import { patiently } from "./outbox.js";
import { listed, settings, state, subscribe, update, updateQueues } from "./state.js";
import { beginTrail, noteShown, step } from "./trail.js";
import { states } from "./words.js";

const RENEW_CLAIM_EVERY = 4 * 60_000;

let queue = "uncertain";
let card = null;
let stage = null;
let past = null;
let lastInput = 0;
let trailOf = "";

/** Shows the next case of a queue, or the case with this id. */
export async function openReview(main, { name, id }) {
  queue = name === "conflicts" ? "conflict" : state.queue;
  if (trailOf !== name) beginTrail(name === "review" ? state.recent.map((row) => row.case).reverse() : []);
  trailOf = name;
  card = null;
  stage = el("div", { class: "stage" }, el("p", { class: "message" }, states.loading));
  past = el("div", { class: "past" });
  const back = id !== undefined && state.cameFrom !== "review" ? el("p", { class: "back" }, el("a", { href: `#${state.cameFrom}` }, `Back to the ${state.cameFrom}`)) : null;
  const bar = back ?? (name === "conflicts" ? el("h2", { class: "unseen" }, "Conflicts") : queueBar(refilter));
  main.replaceChildren(bar, stage);
  showPast();
  await idle();
  if (id === undefined) await next();
  else await open(id);
}

/** Performs the action of a key. Returns whether the key has an action here. */
export function reviewKey(key) {
  const moves = { j: () => move("after"), k: () => move("before"), u: () => takeBack() };
  const onCard = {
    enter: () => save(card.settles ? "adjudication" : "answer"),
    s: () => save("skip"),
    c: () => flag("ask-colleague"),
    x: () => flag("unusable"),
    n: () => card.focusNote(),
    e: () => card.nextEvidence(),
    w: () => card.nextTrend(),
    a: () => card.allEvidence(),
    f: () => card.find(),
    0: () => card.toggleNone(),
  };
  const name = key.toLowerCase();
  const digit = /^[1-9]$/.test(name) && card ? () => card.number(Number(name)) : undefined;
  const action = digit ?? moves[name] ?? (card ? onCard[name] : undefined);
  action?.();
  return action !== undefined;
}

async function refilter({ queue: chosen }) {
  const release = card?.shown.id;
  if (chosen) {
    settings.queue = chosen;
    update({ queue: chosen });
    queue = chosen;
  }
  await idle();
  await next({ release });
}

async function next(step = {}) {
  const late = state.refused.shift();
  if (late !== undefined) return showLate(late);
  const here = stage;
  await whileBusy("loading", async () => {
    try {
      // The view of conflicts has no filter bar, so only the batch applies there.
      const filter = queue === "conflict" ? { batch: state.batch || undefined } : queueFilter();
      const request = { reviewer: state.reviewer, queue, filter, ...step };
      const reply = await patiently(() => post("/api/next", request));
      if (here !== stage) return;
      updateQueues(reply.queues);
      if (reply.state === "end") stay(step.after ? states.endAfter : states.endBefore);
      else if (reply.state === "case") show(reply.case);
      else place(whyNone(reply, queue, waysOut));
    } catch (error) {
      place(fault(error, () => next()));
    }
  });
}

// There is no case in that direction, so the released case is held again.
function stay(words) {
  announceHere(words);
  if (card !== null) post("/api/claims", { reviewer: state.reviewer, case: card.shown.id }).catch(() => {});
}

const waysOut = {
  again: () => next(),
  clear: () => document.querySelector(".filters .clear")?.click(),
  skipped: () => {
    update({ filter: { status: "skipped" } });
    location.hash = "list";
  },
  statistics: () => (location.hash = "statistics"),
  download: () => (location.hash = "download"),
  queue: (name) => {
    if (name === "conflict") location.hash = "conflicts";
    else if (location.hash === "#conflicts") {
      settings.queue = name;
      update({ queue: name });
      location.hash = "review";
    } else {
      document.querySelector(".filters [name=queue]").value = name;
      refilter({ queue: name });
    }
  },
};

async function open(id) {
  const here = stage;
  await whileBusy("loading", async () => {
    try {
      await patiently(() => post("/api/claims", { reviewer: state.reviewer, case: id })).catch((problem) => {
        // Another reviewer holds the case. It is shown with a notice.
        if (problem.type !== "held") throw problem;
      });
      const shown = await patiently(() => get(`/api/cases/${encodeURIComponent(id)}`, { reviewer: state.reviewer }));
      if (here === stage) show(shown);
    } catch (error) {
      const title = error instanceof Problem && error.status === 404 ? `There is no case “${id}”` : error.message;
      place(message({ title, text: error.detail }, [["Back to the queue", () => (location.hash = "review")]], "error"));
    }
  });
}

// Moves along the cases that were shown before, then along the queue.
function move(direction) {
  const id = card?.shown.id;
  const known = step(direction === "after" ? 1 : -1);
  if (known !== undefined) return open(known);
  if (id === undefined) return next();
  return next({ [direction]: id, release: id });
}

// The queue of new trends asks about these only; what was decided stays.
function narrowed(shown) {
  const asked = queue === "new-trends" && !location.hash.startsWith("#case/") ? shown.unasked : [];
  return { ...shown, asked };
}

function show(whole, draft = null) {
  const shown = narrowed(whole);
  const settles = shown.status === "conflict" && shown.answers !== null;
  if (draft !== null) keepDraft(shown.id, draft);
  card = caseCard(shown, draftOf(shown, settles), settles, {
    accept: () => save(settles ? "adjudication" : "answer"),
    skip: () => save("skip"),
    undo: () => takeBack(),
    flag,
  });
  noteShown(shown.id);
  place(card.node);
}

function place(node) {
  if (!node.classList.contains("card")) card = null;
  stage.replaceChildren(node);
  // Shown beside the text of a case, below everything else.
  (node.querySelector(".reading") ?? stage).append(past);
  scrollTo(0, 0);
  home();
}

function flag(name) {
  return save("skip", { ...card, flag: name });
}

async function save(kind, { shown, draft, flag: flagged } = card) {
  if (state.busy !== null) return;
  if (kind === "adjudication" ? !card?.ready() : kind !== "skip" && draft.trends.length === 0 && !draft.none) {
    return announceHere(kind === "adjudication" ? states.noSettlement : states.noChoice);
  }
  if (kind === "answer" && (shown.asked ?? []).length === 0 && isUnchanged(shown, draft)) {
    dropDraft(shown.id);
    return onward();
  }
  const here = stage;
  const hidden = shown.suggestion_hidden && (shown.blind_check || shown.spot_check);
  const request = { queue: hidden ? "blind-check" : asks(shown), shown, kind, trends: draft.trends, note: draft.note, flag: flagged };
  const saved = await whileBusy("saving", async () => {
    try {
      await decide(request);
      dropDraft(shown.id);
      return true;
    } catch (problem) {
      if (problem.type === "outdated") placeOutdated(problem.body, kind);
      else announceHere(`${problem.message}. ${problem.detail ?? ""}`);
      return false;
    }
  });
  if (here !== stage || !here.isConnected) return;
  if (saved) await onward();
}

// A decided case that was opened from elsewhere is asked about all trends.
function asks(shown) {
  return queue === "new-trends" && (shown.asked ?? []).length === 0 ? "all" : queue;
}

// Returns to the view from which the case was opened, else to the next case of the queue.
async function onward() {
  if (location.hash.startsWith("#case/")) location.hash = state.cameFrom;
  else await next();
}

// An unchanged earlier answer is not saved again.
function isUnchanged({ mine }, { trends, note }) {
  return mine !== null && mine.kind === "answer" && mine.note === note &&
    mine.trends.length === trends.length && mine.trends.every((key) => trends.includes(key));
}

// An answer that was kept and sent at the next start of the page can be too late, too.
function showLate({ body, problem }) {
  if (problem.type === "outdated") return placeOutdated(problem.body, body.kind);
  const text = `${problem.detail} It was: ${listed(body.trends ?? [])}. ${body.note ?? ""}`;
  return place(message({ title: `An answer could not be saved: ${problem.message}`, text }, [["Continue", () => next()]], "error"));
}

function placeOutdated(reply, kind) {
  const again = (trends) => save(kind, { shown: reply.case, draft: draftWith(reply.case, trends, reply.mine.note) });
  place(
    outdated(reply, {
      mine: () => again(reply.mine.trends),
      theirs: () => again(reply.current.trends),
      look: () => show(reply.case, draftWith(reply.case, reply.mine.trends, reply.mine.note)),
      leave: () => {
        dropDraft(reply.case.id);
        next({ release: reply.case.id });
      },
    }),
  );
}

async function takeBack(decision) {
  const before = state.recent;
  const reload = await alone(async () => {
    try {
      const answer = await undo(decision);
      if (answer === null) return 0;
      const { undone, case: shown } = answer;
      if (shown === null) return undone.length;
      const was = before.find((row) => row.decision === undone[0].decision);
      show(shown, was && was.kind === "answer" ? draftWith(shown, was.trends, was.note) : null);
      announceHere(states.undone([was?.title || shown.id]));
    } catch (problem) {
      announceHere(problem.type === "nothing-to-undo" ? states.nothingToUndo : problem.message);
    }
    return 0;
  });
  if (reload > 0) {
    await next();
    announceHere(states.undone(Array.from({ length: reload })));
  }
}

let undoing = false;

// One undo at a time. It may ask first, and no case is locked in the meantime.
async function alone(action) {
  if (undoing || state.busy !== null) return 0;
  undoing = true;
  try {
    return await action();
  } finally {
    undoing = false;
  }
}

// Shows a message beside the buttons of the card, and announces it to screen readers.
function announceHere(text) {
  announce(text);
  card?.say(text);
}

function showPast() {
  past?.replaceChildren(history(state.recent, (decision) => takeBack(decision)));
}

let shownRecent = null;
subscribe(() => {
  card?.lock(state.busy === "saving");
  if (state.recent !== shownRecent) {
    shownRecent = state.recent;
    showPast();
  }
});

// An active reviewer keeps the case; an idle one releases it.
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => (lastInput = Date.now()));
setInterval(() => {
  if (card === null || !stage.isConnected || Date.now() - lastInput > RENEW_CLAIM_EVERY) return;
  post("/api/claims", { reviewer: state.reviewer, case: card.shown.id }).catch(() => {});
}, RENEW_CLAIM_EVERY);
