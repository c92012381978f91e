// The state of the page: the model, the reviewer and the position in the queues.

import { get } from "./api.js";

/** The state shared by several views. Change it through `update`. */
export const state = {
  model: null,
  reviewer: "",
  view: "review",
  /** The view from which a case was opened by its link, as the part of the address behind #. */
  cameFrom: "review",
  queue: "uncertain",
  filter: {},
  progress: null,
  /** The effect of reading so far, as estimated by the server. */
  reading: null,
  queues: [],
  /** The batches of the review; the one that is shown, "" for all; those that were withdrawn; and the journal. */
  batches: [],
  batch: "",
  withdrawn: [],
  journal: [],
  recent: [],
  /** Answers that were kept before a reload and then refused by the server, with the reason. */
  refused: [],
  /** null, "loading" or "saving": keys and buttons are off in the meantime. */
  busy: null,
  /** The state of the connection: "ok", "saving", "gone"; `kept` if an answer waits in this page. */
  link: { state: "ok", kept: false, retry: null },
};

const listeners = new Set();

/** Calls back after every change. */
export function subscribe(listener) {
  listeners.add(listener);
}

export function update(changes) {
  Object.assign(state, changes);
  for (const listener of listeners) listener(state);
}

/** Updates queues and progress from a response. */
export function updateQueues({ progress, queues }) {
  if (queues) update({ progress, queues });
  else if (state.batch === "") update({ progress });
  // What a save says is about all batches.
  else refreshQueues().catch(() => {});
}

/** Asks how far the batch that is shown is. */
export async function refreshQueues() {
  updateQueues(await get("/api/queues", { reviewer: state.reviewer, batch: state.batch }));
}

export const trendOf = (key) => state.model.trends.find((trend) => trend.key === key);

/** The name of a trend; its key if the current model does not know it. */
export const nameOf = (key) => trendOf(key)?.name ?? key;

const LONGEST_SHORT = 32;

/** Returns the first words of the name of a trend, for small places. */
export function shortName(key) {
  const name = nameOf(key);
  if (name.length <= LONGEST_SHORT) return name;
  const cut = name.slice(0, LONGEST_SHORT);
  const words = cut.slice(0, Math.max(cut.lastIndexOf(" "), 12));
  return `${words.replace(/[\s,;:–-]+(and|or|of|for|as|in|to|the|a|an)?$/i, "").trim()}…`;
}

/** The names of trends as one line. */
export const listed = (keys, name = nameOf) => (keys.length > 0 ? keys.map(name).join(", ") : "no trend applies");

export const queueOf = (name) => state.queues.find((queue) => queue.name === name);

/** Values stored in this browser; also works without storage. */
export const settings = {
  get reviewer() {
    return read(localStorage, "trendtag.reviewer") ?? "";
  },
  set reviewer(name) {
    write(localStorage, "trendtag.reviewer", name);
  },
  get singleKeys() {
    return read(localStorage, "trendtag.single-keys") !== "off";
  },
  set singleKeys(on) {
    write(localStorage, "trendtag.single-keys", on ? "on" : "off");
  },
  /** Whether the definition and evidence of the trend in focus are unfolded. */
  get details() {
    return read(localStorage, "trendtag.details") !== "off";
  },
  set details(on) {
    write(localStorage, "trendtag.details", on ? "on" : "off");
  },
  /** Whether what a trend includes is unfolded. */
  get includes() {
    return read(localStorage, "trendtag.includes") === "on";
  },
  set includes(on) {
    write(localStorage, "trendtag.includes", on ? "on" : "off");
  },
  /** The batch that is shown, "" for all. */
  get batch() {
    return read(sessionStorage, "trendtag.batch") ?? "";
  },
  set batch(name) {
    write(sessionStorage, "trendtag.batch", name);
  },
  get queue() {
    return read(sessionStorage, "trendtag.queue") ?? "uncertain";
  },
  set queue(name) {
    write(sessionStorage, "trendtag.queue", name);
  },
};

export function read(store, key) {
  try {
    return store.getItem(key);
  } catch {
    return null;
  }
}

export function write(store, key, value) {
  try {
    if (value === null) store.removeItem(key);
    else store.setItem(key, value);
  } catch {
    // If storage is full or blocked, only the state across reloads is lost.
  }
}
