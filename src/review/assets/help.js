// The help dialog: the keys, and the switch that turns single keys off.

import { byId, button, el } from "./dom.js";
import { meanings } from "./keys.js";
import { settings, state } from "./state.js";

/** Opens the dialog; focus goes back to where it was when it closes. */
export function openHelp() {
  const dialog = byId("help");
  if (dialog.open) return;
  const { version, taxonomy, training_cases, trendtag } = state.model;
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
      el("span", {}, "Use single-key shortcuts (saved in this browser)"),
    ),
    el(
      "table",
      { class: "keys" },
      el("caption", { class: "unseen" }, "Keys"),
      el("tbody", {}, meanings.map(([key, meaning]) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, meaning)))),
    ),
    el("p", { class: "quiet" }, "Shortcuts are off in text fields, with Ctrl, Alt or Shift, and while saving. In the list, J and K go from row to row. On marked words, the arrow keys go from word to word."),
    el("p", {}, "Every answer is saved on the server before the next case is shown. If the server cannot be reached, the answer is safe in this page and will be sent automatically."),
    el("p", { class: "quiet" }, `Model ${version}: ${taxonomy.name}; trained on ${training_cases} cases; trendtag ${trendtag}. `, el("a", { href: "/openapi.json" }, "Description of the API")),
    el("p", { class: "ways" }, button("Close", () => dialog.close(), { class: "primary" })),
  );
  dialog.showModal();
}

/** Marks on the page whether keys act, so that key caps are shown only when they do. */
export function showKeysState() {
  document.documentElement.classList.toggle("no-keys", !settings.singleKeys);
}
