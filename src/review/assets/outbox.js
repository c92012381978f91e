// Sends requests that must not be lost, with the same request id until the server
// acknowledges them. Unacknowledged requests survive a reload of the page.

import { Gone, Problem, post } from "./api.js";
import { state, update, read, write } from "./state.js";

const PREFIX = "trendtag.pending.";
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;

let signIn = async () => {};

/** How many answers wait for the server to acknowledge them. */
let waiting = 0;

/** Sets the handler for requests of the server for its token. */
export function onUnauthorised(ask) {
  signIn = ask;
}

/** Posts `body` (which contains its request id) and resolves to the response. Throws `Problem` if the server refuses it. */
export async function send(path, body) {
  keep({ path, body });
  return deliver(path, body);
}

/** Sends requests that were kept before a reload; resolves to the refused ones. */
export async function resume(reviewer) {
  const refused = [];
  for (const { path, body } of kept()) {
    if (body.reviewer !== reviewer) continue;
    try {
      await deliver(path, body);
    } catch (problem) {
      refused.push({ path, body, problem });
    }
  }
  return refused;
}

/** Repeats a call until the server responds. */
export async function patiently(call, { saves = false } = {}) {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const reply = await call();
      update({ link: { state: waiting > 0 && !saves ? "saving" : "ok", kept: waiting > 0, retry: null } });
      return reply;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) await patiently(signIn);
      else if (error instanceof Gone) await pause(wait, saves);
      else {
        update({ link: { state: "ok", kept: waiting > 0, retry: null } });
        throw error;
      }
    }
  }
}

async function deliver(path, body) {
  waiting += 1;
  update({ link: { ...state.link, state: "saving", kept: true } });
  try {
    const reply = await patiently(() => post(path, body), { saves: true });
    forget(body);
    return reply;
  } catch (error) {
    // Refused permanently; the caller informs the reviewer.
    if (error instanceof Problem) forget(body);
    throw error;
  } finally {
    waiting -= 1;
    update({ link: { ...state.link, kept: waiting > 0, state: waiting === 0 && state.link.state === "saving" ? "ok" : state.link.state } });
  }
}

// Waits for a while, or until the reviewer or the network triggers a new attempt.
function pause(wait, saves) {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      update({ link: { state: saves ? "saving" : "ok", kept: waiting > 0, retry: null } });
      resolve();
    };
    const timer = setTimeout(go, wait);
    addEventListener("online", go);
    update({ link: { state: "gone", kept: waiting > 0, retry: go } });
  });
}

function keep(entry) {
  write(localStorage, PREFIX + entry.body.request_id, JSON.stringify({ ...entry, at: Date.now() }));
}

function forget(body) {
  write(localStorage, PREFIX + body.request_id, null);
}

function kept() {
  const entries = [];
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) {
    try {
      entries.push(JSON.parse(read(localStorage, key)));
    } catch {
      write(localStorage, key, null);
    }
  }
  return entries.sort((a, b) => a.at - b.at);
}
