// Makes elements. Strings become text, never markup, whatever they hold.

/** An element with attributes, listeners (`onclick`: …) and children; what is null or false is left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button that submits nothing. */
export function button(label, onclick, attributes = {}) {
  return el("button", { type: "button", onclick, ...attributes }, label);
}

/** The element with this id, which stands in page.html. */
export const byId = (id) => document.getElementById(id);

/** Lets screen readers say something that eyes see anyway. */
export function announce(text) {
  byId("announce").textContent = text;
}
