// Talks to the server: JSON in, JSON out, errors as `Problem` or `Gone`.

const PATIENCE = 15_000;

/** The server refused the request (application/problem+json). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.title ?? `Error ${status}`);
    this.status = status;
    this.type = body.type ?? "about:blank";
    this.detail = body.detail ?? "";
    this.body = body;
  }
}

/** No response, or one that asks to retry the same request. */
export class Gone extends Error {}

/** Creates an id for an action; retries keep it. */
export function requestId() {
  // randomUUID exists only in secure contexts, such as loopback, but not on pages served
  // to other machines over plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const get = (path, query = {}) => {
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(filled).toString();
  return call("GET", search ? `${path}?${search}` : path);
};

export const post = (path, body, patience = PATIENCE) => call("POST", path, body, patience);

export const remove = (path, body) => call("DELETE", path, body);

/** Sends a file as it is; `signal` ends it. */
export const send = (path, query, file, signal) =>
  talk("POST", `${path}?${new URLSearchParams(query)}`, { type: "application/octet-stream", body: file, signal });

const call = (method, path, body, patience = PATIENCE) =>
  talk(method, path, { type: "application/json", body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(patience) });

async function talk(method, path, { type, body, signal }) {
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": type },
      body,
      credentials: "same-origin",
      cache: "no-store",
      signal,
    });
    text = await response.text();
  } catch (error) {
    throw new Gone(String(error));
  }
  const parsed = parse(text);
  if (response.status >= 500) throw new Gone(parsed?.title ?? `Error ${response.status}`);
  if (!response.ok) throw new Problem(response.status, parsed ?? {});
  return parsed;
}

function parse(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
