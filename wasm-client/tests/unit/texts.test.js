/** The catalogues: equal keys and places (R-ACCS-09), and Spanish that is easy to read (R-ACCS-03). */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import { Texts, places, preferred } from "../../web/src/texts.js";
import { inflesz, syllables } from "./inflesz.js";

const FOLDER = new URL("../../web/text/", import.meta.url);
const catalogues = Object.fromEntries(await Promise.all((await readdir(FOLDER)).map(async (name) => [name.replace(".json", ""), JSON.parse(await readFile(new URL(name, FOLDER), "utf8"))])));
const { es, en } = catalogues;

test("R-ACCS-09 every catalogue has the same keys, and every text the same places", () => {
  for (const [language, catalogue] of Object.entries(catalogues)) {
    assert.deepEqual(Object.keys(catalogue).sort(), Object.keys(es).sort(), language);
    for (const [key, text] of Object.entries(catalogue)) {
      assert.deepEqual(places(text), places(es[key]), `${language}: ${key}`);
      assert.equal((text.match(/\*/g) ?? []).length % 2, 0, `${language}: ${key}: an asterisk without its pair`);
      assert.ok(text.trim() !== "", `${language}: ${key} is empty`);
    }
  }
});

test("texts differ between languages unless they are names", () => {
  const same = Object.keys(es).filter((key) => es[key] === en[key]);
  assert.deepEqual(same, ["help.line", "results.total"]);
});

test("R-ACCS-09 every key that the pages name is there, and every text is used", async () => {
  const root = new URL("../../web/src/", import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".js"));
  const code = (await Promise.all(files.map((name) => readFile(new URL(name, root), "utf8")))).join("\n");
  const named = new Set([...code.matchAll(/(?:say|paragraphs|inline)\(\s*"([\w.-]+)"/g)].map((match) => match[1]));
  for (const key of named) assert.ok(key in es, `${key} is not in the catalogue`);
  const composed = [...code.matchAll(/`([\w.-]*)\$\{/g)].map((match) => match[1]).filter((prefix) => prefix.includes("."));
  // What a language calls itself the build reads.
  const unused = Object.keys(es).filter((key) => key !== "site.language" && !code.includes(`"${key}"`) && !composed.some((prefix) => key.startsWith(prefix)));
  assert.deepEqual(unused, []);
});

test("a text without a value for a place is a fault, not a gap", () => {
  const texts = new Texts("es", { greeting: "Hola, {name}" });
  assert.equal(texts.say("greeting", { name: "Ana" }), "Hola, Ana");
  assert.throws(() => texts.say("greeting"));
  assert.throws(() => texts.say("nothing"));
});

test("the language is the first known one that the browser wants, otherwise that of the document", () => {
  const of = (wanted, there = ["en", "es"]) => preferred(wanted, there, "es");
  assert.equal(of(["fr", "en-US", "es"]), "en");
  assert.equal(of(["es-MX", "en"]), "es");
  assert.equal(of(["nah"]), "es");
  assert.equal(of(["nah"], ["en", "es", "nah"]), "nah");
  assert.equal(of(["pt-BR"], ["en", "es", "pt", "pt-BR"]), "pt-BR");
});

test("R-ACCS-09 a third catalogue brings its own dates and numbers", () => {
  const third = new Texts("de", { ...en, "site.locale": "de-DE" });
  assert.equal(third.number(1234567.5), "1.234.567,5");
  assert.match(third.instant(Date.UTC(2021, 11, 5, 18, 0) / 1000, { name: "X", offsetMinutes: 60 }), /^Sonntag, 5\. Dezember 2021.*19:00 \(X\)$/);
  assert.equal(third.list(["a", "b", "c"]), "a, b und c");
});

test("R-ACCS-09 no document has words of its own but what is there before the texts come", async () => {
  const web = new URL("../../web/", import.meta.url);
  const documents = (await readdir(web)).filter((name) => name.endsWith(".html"));
  assert.equal(documents.length, 6);
  for (const name of documents) {
    const text = await readFile(new URL(name, web), "utf8");
    assert.match(text, /<div id="failed"[^>]* hidden>/, name);
    const rest = text.replace(/<title>[^<]*<\/title>/, "").replace(/<noscript>.*?<\/noscript>/s, "").replace(/<div id="failed".*?<\/div>/s, "");
    assert.equal(rest.replace(/<[^>]*>/g, "").trim(), "", name);
    assert.doesNotMatch(rest, /\s(aria-label|alt|title|placeholder|value)=/, name);
  }
});

/** Words of a text, as they are told apart here. @param {string} text */
const wordsOf = (text) => text.toLowerCase().match(/\p{L}{4,}/gu) ?? [];

test("R-ACCS-09 no script has Spanish words of its own", async () => {
  const root = new URL("../../web/src/", import.meta.url);
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".js"));
  const known = (catalogue) => new Set(Object.values(catalogue).flatMap(wordsOf));
  const [spanish, english] = [known(es), known(en)];
  // What the ids, names of keys and styles have in common with Spanish.
  const shared = new Set(["error", "prepare"]);
  const said = (text) => wordsOf(text).filter((word) => (spanish.has(word) && !english.has(word) && !shared.has(word)) || /[áéíóúüñ]/.test(word));
  assert.deepEqual(said("Guarde la clave"), ["guarde", "clave"]);
  for (const name of names) {
    const code = (await readFile(new URL(name, root), "utf8")).replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "");
    for (const [literal] of code.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)) {
      // The rows of a Spanish keyboard.
      if (literal === '"asdfghjklñ"') continue;
      assert.deepEqual(said(literal), [], `${name}: ${literal.slice(0, 80)}`);
    }
  }
});

test("syllables are counted as Spanish does", () => {
  for (const [word, count] of Object.entries({ voto: 2, boleta: 3, país: 2, ciudad: 2, averiguáis: 4, elección: 3, día: 2, buey: 1, guerra: 2, quiso: 2, oír: 2, y: 1, teléfono: 4, cooperar: 4, ahí: 2, vergüenza: 3 })) {
    assert.equal(syllables(word), count, word);
  }
});

test("R-ACCS-03 the Spanish texts reach 65 on the scale of INFLESZ, whole and part by part", () => {
  // Values stand in for places; what is said to programs is not read.
  const read = (text) => text.replace(/\{\w+\}/g, "uno").replaceAll("*", "");
  const all = Object.values(es).map(read);
  const whole = inflesz(all);
  assert.ok(whole.score >= 65, `all: ${whole.score.toFixed(1)}`);
  console.log(`INFLESZ ${whole.score.toFixed(1)} over ${whole.words} words`);
  const parts = Map.groupBy ? Map.groupBy(Object.keys(es), (key) => key.split(".")[0]) : groupBy(Object.keys(es), (key) => key.split(".")[0]);
  for (const [part, keys] of parts) {
    const { score, words } = inflesz(keys.map((key) => read(es[key])));
    if (words >= 60) assert.ok(score >= 65, `${part}: ${score.toFixed(1)} over ${words} words`);
  }
});

function groupBy(values, by) {
  const groups = new Map();
  for (const value of values) groups.set(by(value), [...(groups.get(by(value)) ?? []), value]);
  return groups;
}
