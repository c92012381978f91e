// Asks for the reviewer's name, and for the token if the server requires one.

import { Problem, get, post } from "./api.js";
import { byId, el } from "./dom.js";
import { settings, update } from "./state.js";

let asking = null;

/** Ensures access to the server and a reviewer name; resolves when both are given. */
export async function signIn({ newName = false } = {}) {
  const session = await get("/api/session");
  const fromLink = tokenOfLink();
  if (fromLink !== null && !session.authorised) {
    await post("/api/session", { token: fromLink }).catch(() => {});
    return signIn({ newName });
  }
  const askToken = session.token_needed && !session.authorised;
  if (askToken || newName || settings.reviewer === "") {
    asking ??= ask(askToken).finally(() => (asking = null));
    await asking;
  }
  const known = await knownNames();
  update({ reviewer: known.find((name) => keyOf(name) === keyOf(settings.reviewer)) ?? settings.reviewer });
}

// Reviewers who have answered before. Names that differ only in case, spaces or invisible
// characters belong to one person.
const keyOf = (name) => name.normalize("NFKC").replace(/[\s\p{Cf}]/gu, "").toUpperCase().toLowerCase();

async function knownNames() {
  try {
    return (await get("/api/reviewers")).reviewers;
  } catch {
    return [];
  }
}

// A link can contain the token after #, which does not appear in server logs.
function tokenOfLink() {
  const match = location.hash.match(/^#token=(.+)$/);
  if (match === null) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(match[1]);
}

function ask(askToken) {
  const dialog = byId("sign-in");
  const names = el("datalist", { id: "known-names" });
  if (!askToken) knownNames().then((known) => names.append(...known.map((value) => el("option", { value }))));
  const name = el("input", { id: "reviewer-name", list: "known-names", required: true, maxlength: "80", autocomplete: "username", value: settings.reviewer });
  const token = askToken ? el("input", { id: "token", type: "password", required: true, autocomplete: "off" }) : null;
  const wrong = el("p", { class: "notice warn", role: "alert", hidden: true });
  return new Promise((resolve) => {
    const submit = async (event) => {
      event.preventDefault();
      if (name.value.trim() === "") return name.focus();
      try {
        if (token) await post("/api/session", { token: token.value.trim() });
        settings.reviewer = name.value.trim();
        dialog.close();
        resolve();
      } catch (error) {
        wrong.textContent = error instanceof Problem && error.status === 401 ? "Wrong token." : error.message;
        wrong.hidden = false;
      }
    };
    dialog.oncancel = (event) => {
      // Without a name, answers cannot be saved.
      if (settings.reviewer === "" || askToken) event.preventDefault();
      else resolve();
    };
    dialog.replaceChildren(
      el(
        "form",
        { onsubmit: submit },
        el("h2", { id: "sign-in-title" }, "Who is reviewing?"),
        el("p", {}, "Your name is kept with your answers, so that answers of several reviewers can be compared."),
        el("label", { for: "reviewer-name" }, "Your name"),
        name,
        names,
        token ? [el("label", { for: "token" }, "Access token"), token, el("p", { class: "quiet" }, "The server printed it when it started.")] : null,
        wrong,
        el("p", { class: "ways" }, el("button", { type: "submit", class: "primary" }, "Start")),
      ),
    );
    if (!dialog.open) dialog.showModal();
    (askToken && settings.reviewer !== "" ? token : name).focus();
  });
}
