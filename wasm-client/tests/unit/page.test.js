/** Small rules of the page, without a browser. */

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import { Problem, Unreachable, problemOf, waitBefore } from "../../web/src/api.js";
import { sha256, toHex } from "../../web/src/bytes.js";
import { imageType, readable } from "../../web/src/components/emblem.js";
import { rehearsed } from "../../web/src/flow.js";
import { called, groupsOf, toggle } from "../../web/src/marks.js";
import { contactFault } from "../../web/src/steps/contact.js";
import { passwordFault } from "../../web/src/steps/password.js";
import { fragmentOf } from "../../web/src/steps/need-link.js";
import { receiptDocument, receiptIn } from "../../web/src/receipt.js";
import { Texts } from "../../web/src/texts.js";
import { INFO } from "./election.js";

const WEB = new URL("../../web/", import.meta.url);
const [senate] = INFO.contests;
const space = (mark) => senate.spaces.find((one) => one.mark === mark);

test("R-BAL-26 every pair of marks: null and write-in stand alone, parties stay as they are", () => {
  for (const first of senate.spaces) {
    for (const second of senate.spaces) {
      if (first === second) continue;
      const { marked, cleared } = toggle(senate, new Set([first.mark]), second);
      const special = [first, second].some(({ kind }) => kind === "null" || kind === "write-in");
      assert.deepEqual([...marked], special ? [second.mark] : [first.mark, second.mark], `${first.mark}, ${second.mark}`);
      assert.deepEqual(cleared, special ? [first] : []);
    }
    assert.equal(toggle(senate, new Set([first.mark]), first).marked.size, 0, "a second tap takes the mark away");
  }
});

test("R-BAL-23 marks of a refusal stand with the coalition that they belong to", () => {
  const marks = [0, 3, 6].map((party) => ({ mark: `party:${party}`, coalition: party === 0 ? null : 0 }));
  assert.deepEqual(groupsOf(senate, marks), [
    { coalition: null, spaces: [space("party:0")] },
    { coalition: "Juntas y Juntos por Nayarit", spaces: [space("party:3"), space("party:6")] },
  ]);
});

test("R-BAL-15 a name is shown as it is; only the parties of a combination stand apart", () => {
  const contest = { ...senate, options: [
    { index: 0, kind: "independent", name: "Ana Pérez-Gómez", marks: ["independent:0"] },
    { index: 1, kind: "common", name: "Candidatura común Norte-Sur", marks: ["common:0"] },
    { index: 2, kind: "combination", name: "DUNA-GIRASOL", marks: ["party:3", "party:6"] },
  ] };
  assert.deepEqual(contest.options.map(({ index, name }) => called(contest, index, name)), ["Ana Pérez-Gómez", "Candidatura común Norte-Sur", "DUNA + GIRASOL"]);
  assert.equal(called(contest, undefined, undefined), "");
});

test("what the server says, and what nobody says", () => {
  const problem = problemOf(429, '{"type":"urn:escrutinio:problem:locked"}', "900");
  assert.ok(problem instanceof Problem);
  assert.deepEqual([problem.name, problem.retryAfter, problem.passing], ["locked", 900, false]);
  assert.ok(problemOf(502, "<html>", null) instanceof Unreachable, "a proxy between");
  assert.equal(problemOf(404, "", null).name, "unknown");
  assert.equal(problemOf(400, "[]", "Wed, 21 Oct").name, "unknown");
  assert.equal(waitBefore(1, new Unreachable()), 500);
  assert.equal(waitBefore(30, new Unreachable()), 8000);
  assert.equal(waitBefore(1, new Problem("busy", 503, 3)), 3000);
  assert.equal(waitBefore(1, new Problem("busy", 503, 86_400)), 60_000, "a server cannot send a voter away for a day");
});

test("every problem that a voter may meet has words", async () => {
  const spec = await readFile(new URL("../../../spec/server.md", import.meta.url), "utf8");
  const names = [...spec.matchAll(/^\| `([a-z-]+)` \| \d{3} \|/gm)].map((match) => match[1]);
  assert.ok(names.length > 35);
  const es = JSON.parse(await readFile(new URL("text/es.json", WEB), "utf8"));
  // Faults of a program, of staff or of a request that the page does not make are told by their name.
  const others = ["bad-request", "not-found", "method", "too-large", "media-type", "staff", "role"];
  const ballots = names.filter((name) => /^(ballot-|other-|credential-)/.test(name));
  for (const name of names) assert.ok(`problem.${name}` in es || others.includes(name) || ballots.includes(name), name);
});

test("every fault of the cryptography that a voter may meet has words", async () => {
  const code = await readFile(new URL("src/crypto.js", WEB), "utf8");
  const table = code.slice(code.indexOf("| code | from |"), code.indexOf("export class CryptoError"));
  const rows = table.split("\n").map((line) => /^ \* \| (`[^|]+) \|/.exec(line)?.[1]).filter(Boolean);
  const names = rows.flatMap((row) => [...row.matchAll(/`([\w-]+)`/g)].map((match) => match[1]));
  assert.ok(names.length > 30);
  const es = JSON.parse(await readFile(new URL("text/es.json", WEB), "utf8"));
  // Faults of the page's own calls are told by their code; another voter's ballot is left alone.
  const others = ["contest", "choice", "marks", "input", "not-yours"];
  for (const name of names) assert.ok(`crypto.${name}` in es || others.includes(name), name);
});

test("a rehearsal is what the log of acts calls one, not what the server says", async () => {
  const app = (values) => ({
    api: { file: async () => new Uint8Array(), witnessed: async () => new Uint8Array() },
    crypto: { actPaths: () => ["tile/entries/000.p/1"], readActs: async ({ bundles }) => ({ acts: [{ name: "opened", values: { REHEARSAL: "" } }, { name: "election", values, bundles }] }) },
  });
  assert.equal(await rehearsed(app({ "election-id": "00" })), false);
  assert.equal(await rehearsed(app({ REHEARSAL: "the clock is moved" })), true);
});

test("bytes", async () => {
  assert.equal(toHex(Uint8Array.of(0, 10, 255)), "000aff");
  assert.equal(await sha256(new TextEncoder().encode("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("R-BAL-05 an emblem is what its bytes say, and nothing but a picture", async () => {
  const bytes = (text) => new TextEncoder().encode(text);
  assert.equal(imageType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0)), "image/png");
  for (const svg of ["<svg xmlns='http://www.w3.org/2000/svg'/>", '<?xml version="1.0"?>\n<svg>', "\uFEFF <svg>"]) assert.equal(imageType(bytes(svg)), "image/svg+xml", svg);
  for (const other of ["", "<html><svg>", "<svgx>", "GIF89a", "\x89PNG"]) assert.equal(imageType(bytes(other)), null, other);
  const folder = new URL("../../../xtask/src/demo/emblems/", import.meta.url);
  const names = await readdir(folder);
  assert.ok(names.length >= 7);
  for (const name of names) {
    const image = await readFile(new URL(name, folder), "utf8");
    assert.ok(image.length < 2000, `${name}: ${image.length} bytes`);
    assert.equal(imageType(bytes(image)), "image/svg+xml", name);
    assert.doesNotMatch(image, /<script|<image|<use|<foreignObject|\son|href|url\(|@import/i, `${name} holds more than shapes`);
  }
});

test("R-BAL-05 the name of a party stands out on its colour", () => {
  assert.equal(readable("#ffffff"), "#000000");
  assert.equal(readable("#0b4ea2"), "#ffffff");
  const light = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  for (let seed = 0; seed < 4096; seed += 1) {
    const colour = `#${(seed * 4099 % 0x1000000).toString(16).padStart(6, "0")}`;
    const [a, b] = [light(colour), light(readable(colour))].sort((x, y) => y - x);
    assert.ok((a + 0.05) / (b + 0.05) >= 4.5, colour);
  }
});

test("passwords: long ones, and not the easiest", () => {
  assert.equal(passwordFault("corta", "u"), "short");
  assert.equal(passwordFault("aaaaaaaaaaaa", "u"), "easy");
  assert.equal(passwordFault("1234567890", "u"), "easy");
  assert.equal(passwordFault("qwertyuiop123", "u"), "easy");
  assert.equal(passwordFault("23456-cfhkm-rtx22 x", "23456-cfhkm-rtx22"), "easy");
  assert.equal(passwordFault("caballo verde lento", "u"), null);
  assert.equal(passwordFault("ñandúñandú quieto", "x9"), null);
});

test("R-ROLL-05 the page refuses no address or number that the server takes, and says at once what cannot be one", () => {
  for (const number of ["+1 (312) 555-0147", "13125550147", "0013125550147", " 1.312.555.0147 "]) assert.ok(!contactFault("phone", number), number);
  for (const wrong of ["", "5550147", "0312555014", "+1312555014x", "1234567890123456", "１３１２５５５０１４７", "+"]) assert.ok(contactFault("phone", wrong), wrong);
  for (const address of ["ana@correo.example", "ñandú+voto@sub.correo.example"]) assert.ok(!contactFault("email", address), address);
  for (const wrong of ["", "ana", "ana@local", "a@b.example, c@d.example", "a@b..example"]) assert.ok(contactFault("email", wrong), wrong);
});

test("a pasted link, broken over lines as mails do", () => {
  assert.equal(fragmentOf("https://voto.example/#aGFs\n Zg.dG9r"), "aGFsZg.dG9r");
});

test("R-CAST-06 R-CAST-12 R-CAST-14 the receipt's file says what was promised, and nothing of voter, choice or time", async () => {
  const texts = new Texts("es", JSON.parse(await readFile(new URL("text/es.json", WEB), "utf8")));
  const code = "05X4-9AQH-DVS2-TVVP-REAB-C8X4-W1BR-EY94-3W42-HY9S-QYHH-GNZK-15YN-E";
  const proof = `escrutinio/receipt/v1\nelection ${INFO.electionId}\ncontest 0\ncode ${code}\npromise <good>\n`;
  const contest = { ...senate, office: 'Senaduría "<b>"' };
  const file = receiptDocument(texts, INFO, contest, { contest: 0, code, text: proof }, "https://voto.example/check.html");
  for (const there of [INFO.process, INFO.title, "https://voto.example/check.html", "&#60;b&#62;", "promise &#60;good&#62;", ...code.split("-")]) assert.ok(file.includes(there), there);
  const words = file.replace(/<style>.*<\/style>/s, "").replace(/<svg.*<\/svg>/s, "");
  for (const { name, formulas } of senate.spaces) {
    for (const said of [name, ...formulas.flatMap(({ owner, substitute }) => [owner, substitute])]) assert.ok(!said || !words.includes(said), said);
  }
  assert.doesNotMatch(words, /\d{1,2}:\d{2}|\d{1,2} de \w+ de \d{4}/, "no time");
  assert.doesNotMatch(file, /<script|<img|<link|src=|url\(/i, "and it needs nothing else");
  for (const carried of [file, file.replaceAll("\n", "\r\n"), proof]) assert.equal(receiptIn(carried), proof);
});

test("R-DOC-04 no document or script names another origin, and nothing stands inline", async () => {
  const files = (await readdir(WEB, { recursive: true })).filter((name) => /\.(html|js|css)$/.test(name));
  assert.ok(files.length > 30);
  for (const name of files) {
    const text = await readFile(new URL(name, WEB), "utf8");
    for (const [address] of text.matchAll(/https?:\/\/[^\s"'`)]+/g)) assert.ok(address.startsWith("http://www.w3.org/"), `${name}: ${address}`);
    if (!name.endsWith(".html")) continue;
    assert.doesNotMatch(text, /<style|style=|\son\w+=|<form|javascript:/i, name);
    assert.doesNotMatch(text, /<script(?![^>]*\ssrc=)/, name);
  }
});
