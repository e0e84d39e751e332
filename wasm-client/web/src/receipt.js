/** The receipt as a file that needs nothing else: it opens anywhere, prints on one page, and holds the proof. */

import { path } from "./components/code.js";
import { qr } from "./qr.js";

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (symbol) => `&#${symbol.charCodeAt(0)};`);
}

/**
 * There is no voter, no choice and no time in it (R-CAST-12).
 * @param {import("./texts.js").Texts} texts
 * @param {import("./crypto.js").BallotInfo} info
 * @param {import("./crypto.js").Contest} contest
 * @param {import("./remember.js").Kept} kept
 * @param {string} page where it is checked
 */
export function receiptDocument(texts, info, contest, kept, page) {
  const say = (/** @type {string} */ key, /** @type {Record<string, string>} */ values = {}) => escape(texts.say(key, values));
  const matrix = qr(kept.code);
  const side = (matrix?.size ?? 0) + 8;
  const image = matrix ? `<svg viewBox="0 0 ${side} ${side}" role="img" aria-label="${say("receipt.qr")}"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${path(matrix)}"/></svg>` : "";
  return `<!DOCTYPE html>
<html lang="${texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${say("receipt.file.title")}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; color: #16202e; background: #fff; max-width: 42rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } header { border-bottom: 3px solid #5a2d82; padding-bottom: 1rem; }
header p { margin: .1rem 0; } .code { display: flex; flex-wrap: wrap; gap: .25rem .75rem; font: 600 1.25rem/1.4 ui-monospace, monospace; }
.qr { display: grid; grid-template-columns: 9rem 1fr; gap: 1.5rem; align-items: center; margin: 1.5rem 0; } svg { width: 9rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #b9c0cc; padding: .75rem; font: .8rem/1.5 ui-monospace, monospace; }
li { margin: .35rem 0; } a { color: #5a2d82; overflow-wrap: anywhere; }
@media (max-width: 30rem) { .qr { grid-template-columns: 1fr; } } @page { margin: 15mm; } @media print { body { margin: 0; } }
</style>
</head>
<body>
<header><h1>${say("receipt.file.title")}</h1><p>${escape(info.process)}</p><p>${escape(info.title)}</p><p>${escape(contest.office)}, ${escape(contest.entity)}</p></header>
<div class="qr">${image}<div><p>${say("code.label")}</p><p class="code">${kept.code.split("-").map((group) => `<span>${escape(group)}</span>`).join(" ")}</p></div></div>
<h2>${say("receipt.file.how")}</h2>
<ol>
<li>${say("receipt.file.after")} <a href="${escape(page)}">${escape(page)}</a></li>
<li>${say("receipt.file.find")}</li>
<li>${say("receipt.file.missing")}</li>
</ol>
<p><strong>${say("receipt.file.nothing")}</strong></p>
<h2>${say("receipt.file.proof")}</h2>
<p>${say("receipt.file.proof.text")}</p>
<pre id="receipt">${escape(kept.text)}</pre>
</body>
</html>
`;
}

/**
 * The proof within such a file, or the text itself. The file is not made into a document: it comes from anywhere.
 * @param {string} file
 */
export function receiptIn(file) {
  // What carried it may have ended its lines otherwise.
  const text = file.replace(/\r\n?/g, "\n");
  const proof = /<pre\b[^>]*\bid="receipt"[^>]*>([^<]*)<\/pre>/i.exec(text)?.[1];
  return proof?.replace(/&#(\d{1,4});/g, (_, code) => String.fromCharCode(Number(code))) ?? text;
}
