// What the page knows: the model, the reviewer, where in the queues we are.

/** Everything that more than one view looks at. Change it through `update`. */
export const state = {
  model: null,
  reviewer: "",
  view: "review",
  queue: "uncertain",
  filter: {},
  progress: null,
  queues: [],
  recent: [],
  /** Answers that an earlier life of this page kept and the server then refused, with the reason. */
  refused: [],
  /** null, "loading" or "saving": no key and no button acts meanwhile. */
  busy: null,
  /** How the talk with the server goes: "ok", "saving", "gone"; `kept` if an answer waits in this page. */
  link: { state: "ok", kept: false, retryAt: 0, retry: null },
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

/** Takes over what a reply says of queues and progress. */
export function updateQueues({ progress, queues }) {
  update(queues ? { progress, queues } : { progress });
}

export const trendOf = (key) => state.model.trends.find((trend) => trend.key === key);

export const queueOf = (name) => state.queues.find((queue) => queue.name === name);

/** What is remembered in this browser; it works without a store, too. */
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
    // A full or forbidden store costs memory across reloads, nothing else.
  }
}
