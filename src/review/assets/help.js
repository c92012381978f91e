// The help dialog: the keys, and the switch that turns single keys off.

import { byId, button, el } from "./dom.js";
import { meanings } from "./keys.js";
import { settings } from "./state.js";

/** Opens the dialog; focus goes back to where it was when it closes. */
export function openHelp() {
  const dialog = byId("help");
  if (dialog.open) return;
  dialog.replaceChildren(
    el("h2", { id: "help-title" }, "Keys and help"),
    el(
      "label",
      { class: "pick" },
      el("input", {
        type: "checkbox",
        role: "switch",
        id: "single-keys",
        checked: settings.singleKeys,
        onchange: (event) => {
          settings.singleKeys = event.target.checked;
          showKeysState();
        },
      }),
      el("span", {}, "Single keys act (remembered in this browser)"),
    ),
    el(
      "table",
      { class: "keys" },
      el("caption", { class: "unseen" }, "Keys"),
      el("tbody", {}, meanings.map(([key, meaning]) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, meaning)))),
    ),
    el("p", { class: "quiet" }, "No key acts in a text field, together with Ctrl, Alt or Shift, while it is held down, or while an answer is being saved. In the list, J and K go from row to row. On marked words, the arrow keys go from word to word."),
    el("p", {}, "Every answer is saved on the server before the next case comes. If the server is gone, the answer waits in this page and is sent again, once."),
    el("p", { class: "ways" }, button("Close", () => dialog.close(), { class: "primary" })),
  );
  dialog.showModal();
}

/** Marks on the page whether keys act, so that key caps are shown only when they do. */
export function showKeysState() {
  document.documentElement.classList.toggle("no-keys", !settings.singleKeys);
}
