// A confirmation dialog before an action on many cases.

import { byId, button, el } from "./dom.js";

/** Asks for confirmation; `ways` are `[label, value]`, the main one first. Resolves to the value, or to null if the dialog is closed. */
export function ask(title, text, ways) {
  const dialog = byId("ask");
  return new Promise((resolve) => {
    const answer = (value) => {
      dialog.onclose = null;
      dialog.close();
      resolve(value);
    };
    dialog.onclose = () => resolve(null);
    dialog.replaceChildren(
      el("h2", { id: "ask-title" }, title),
      ...[text].flat().map((part) => (typeof part === "string" ? el("p", {}, part) : part)),
      el("p", { class: "ways" },
        ways.map(([label, value], i) => button(label, () => answer(value), { class: i === 0 ? "primary" : null })),
        button("Cancel", () => answer(null))),
    );
    dialog.showModal();
  });
}
