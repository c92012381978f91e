// Opens HTML files in Chromium, in light and dark and at the width of the smallest phone,
// and fails on anything that axe finds, on console errors and on requests to
// the network.
//
// node axe.mjs FILE.html…      (CHROMIUM names the browser, /usr/bin/chromium by default)

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node axe.mjs FILE.html…");
  process.exit(2);
}

const views = [
  { name: "light", colorScheme: "light", viewport: { width: 1200, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1200, height: 900 } },
  { name: "320 px, light", colorScheme: "light", viewport: { width: 320, height: 800 } },
  { name: "320 px, dark", colorScheme: "dark", viewport: { width: 320, height: 800 } },
];

// What is wrong with a page in one view, as lines of text.
async function problems(browser, file, { colorScheme, viewport }) {
  // The page's own content security policy would keep axe out.
  const context = await browser.newContext({ colorScheme, viewport, bypassCSP: true });
  const page = await context.newPage();
  const url = pathToFileURL(resolve(file)).href;
  const found = [];
  page.on("console", (message) => {
    if (message.type() === "error") found.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== url) found.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  // What is folded away must be as good as what is not.
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) found.push(`the page is ${overflow} px too wide`);
  await page.addScriptTag({ content: axe });
  const result = await page.evaluate(() => window.axe.run(document));
  for (const { id, help, nodes } of result.violations) {
    for (const { target, failureSummary } of nodes) {
      found.push(`${id}: ${help}: ${target.join(" ")}\n    ${failureSummary.replaceAll("\n", "\n    ")}`);
    }
  }
  await context.close();
  return found;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
});
let failed = false;
for (const file of files) {
  for (const view of views) {
    const found = await problems(browser, file, view);
    console.log(`${file}, ${view.name}: ${found.length === 0 ? "ok" : `${found.length} problems`}`);
    for (const problem of found) console.log(`  ${problem}`);
    failed ||= found.length > 0;
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
