/** The pages that anyone uses when everything is published: own receipt, own key, whole election, results, board. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { WIDTHS, information, stage } from "../browser.js";
import { flip, json } from "../relay.js";

let here;
let info;
before(async () => {
  here = await stage();
  // The demonstration counts, verifies and publishes meanwhile.
  await here.place.reaches("published");
  info = await information(here);
});
after(() => here.close());

async function page(name, how) {
  const visit = await here.visit(how);
  await visit.open(name);
  return visit;
}

const file = (name) => ({ name, mimeType: "text/plain", buffer: here.place.kept(name) });

test("R-AUTH-10 published: the page leads to what is public", async () => {
  const visit = await page("");
  await visit.at("start", { name: "start-published" });
  assert.match(await visit.text(), /Los resultados son públicos/);
  assert.equal(await visit.page.getByRole("button", { name: "Entrar" }).count(), 0);
  await visit.close();
});

test("R-CAST-10 R-PUB-02 R-PUB-04 the board has as many entries as there were promises, and each of them once", async () => {
  const listed = (await here.place.file("/receipts.txt")).toString().split("\n").filter((line) => /^[0-9A-Z]{4}-/.test(line));
  const promised = here.place.promises.map((line) => line.split(" ")[1]);
  assert.equal(new Set(promised).size, promised.length, "no two promises of one code");
  assert.equal(new Set(listed).size, listed.length, "each code once");
  assert.deepEqual([...listed].sort(), [...promised].sort());
  const [, size] = (await here.place.file("/board/checkpoint")).toString().split("\n");
  assert.equal(Number(size), promised.length);
  console.log(`${promised.length} promises, ${size} entries on the board`);
});

for (const width of Object.keys(WIDTHS)) {
  test(`R-PUB-03 R-PUB-06 the receipt of ${width} px, by file and by code; the code is sent nowhere`, async () => {
    const code = here.place.kept(`code-${width}.txt`).toString();
    const visit = await page("check.html", { width: Number(width), fixed: true });
    await visit.at("check");
    await visit.press("Comprobar");
    await visit.page.waitForSelector(".errors");
    await visit.look("check-empty");
    await visit.type("Código de comprobación", code.toLowerCase().replaceAll("-", " "));
    await visit.press("Comprobar");
    await visit.at("checked");
    assert.equal(await visit.text("h1"), "Su voto se contó");
    await visit.press("Revisar otro");
    await visit.at("check");
    await visit.page.setInputFiles("#file", { ...file(`receipt-${width}.html`), mimeType: "text/html" });
    await visit.press("Comprobar");
    await visit.at("checked", { name: "checked-file" });
    assert.equal(await visit.text("h1"), "Su voto se contó");
    assert.equal(await visit.tracking(), code);
    assert.match(await visit.text(), /La promesa del servidor está bien firmada.*El código está en la lista.*El cierre de la urna tiene .* votos y la firma de: testigo/s);
    for (const { path, body } of visit.relay.log) for (const part of [code.slice(0, 9), code.slice(0, 9).toLowerCase()]) assert.ok(!`${path}${body}`.includes(part), path);
    await visit.close();
  });

  test(`the voter's own key of ${width} px finds the ballot, on a second device`, async () => {
    const visit = await page("check.html", { width: Number(width), fixed: true });
    await visit.at("check");
    await visit.page.setInputFiles("#file", file(`key-${width}.txt`));
    await visit.press("Comprobar");
    await visit.at("checked", { name: "checked-key" });
    const code = here.place.kept(`code-${width}.txt`).toString();
    assert.match(await visit.text("h1"), /^Votos con su clave en la urna: \d$/);
    assert.doesNotMatch(await visit.text(), /se contó|Es el código de su comprobante/, "whose vote it is the page cannot know");
    assert.match(await visit.text(), /Si aquí hay un voto que usted no emitió, avise/);
    assert.equal(await visit.tracking(), code);
    // With the receipt the page compares; and one of somebody else is seen not to be there.
    for (const [other, words] of [[width, /Es el código de su comprobante/], [width === "320" ? "768" : "320", /No es el código de ningún comprobante que eligió.*no está entre los de su clave/s]]) {
      await visit.press("Revisar otro");
      await visit.at("check");
      await visit.page.setInputFiles("#file", [file(`key-${width}.txt`), { ...file(`receipt-${other}.html`), mimeType: "text/html" }]);
      await visit.press("Comprobar");
      await visit.at("checked", { name: "checked-key-receipt" });
      assert.match(await visit.text(), words);
    }
    await visit.close();
  });
}

test("a key under which nobody voted, and one with a mistake", async () => {
  const visit = await page("check.html");
  await visit.at("check");
  const key = here.place.kept("key-320.txt").toString();
  const put = (text) => visit.page.setInputFiles("#file", { ...file("key-320.txt"), buffer: Buffer.from(text) });
  await visit.page.waitForLoadState("networkidle");
  visit.relay.log.length = 0;
  for (const damaged of [key.slice(0, -12), key.replace(/list .*\n/, ""), key.replace(/list .*/, "list 99"), key.replace(/key .{8}/, "key zzzzzzzz")]) {
    await put(damaged);
    await visit.press("Comprobar");
    await visit.says(".errors", /no está completo o está dañado/);
  }
  assert.deepEqual(visit.relay.log.filter(({ path }) => /receipts|board/.test(path)), [], "nothing is looked for");
  await visit.look("check-key-damaged");
  await put(key.replace(/key .*/, `key ${"07".repeat(32)}`));
  await visit.press("Comprobar");
  await visit.at("checked", { name: "checked-none" });
  assert.equal(await visit.text("h1"), "Votos con su clave en la urna: 0");
  const { lists, styles } = info;
  const own = styles[lists[Number(/list (\d+)/.exec(key)[1])].style].contests;
  for (const contest of own) assert.ok((await visit.text()).includes(`${info.contests[contest].office}: sin voto con su clave`));
  await visit.close();
});

test("R-PUB-06 the requests are the same ones whichever ballot is looked for", async () => {
  const asked = [];
  for (const code of ["code-320.txt", "code-768.txt"].map((name) => here.place.kept(name).toString())) {
    const visit = await page("check.html");
    await visit.at("check");
    // Files of the page come side by side, in any order; what follows the question comes one after the other.
    await visit.page.waitForLoadState("networkidle");
    visit.relay.log.length = 0;
    await visit.type("Código de comprobación", code);
    await visit.press("Comprobar");
    await visit.at("checked");
    await visit.close();
    const all = visit.relay.log.map(({ method, path, body }) => `${method} ${path} ${body}`);
    const ofThePage = (/** @type {string} */ one) => one.startsWith("GET /src/");
    asked.push([...all.filter(ofThePage).sort(), ...all.filter((one) => !ofThePage(one))]);
  }
  assert.ok(asked[0].some((one) => one.startsWith("GET /board/tile/entries/")), "every entry");
  assert.ok(asked[0].includes("GET /receipts.txt "));
  assert.deepEqual(asked[0], asked[1]);
});

test("a slip of the fingers costs no request, and a file that is neither receipt nor key is called so", async () => {
  const visit = await page("check.html");
  await visit.at("check");
  await visit.type("Código de comprobación", here.place.kept("code-320.txt").toString().slice(3));
  await visit.press("Comprobar");
  await visit.says(".errors", /algún signo mal/);
  assert.deepEqual(visit.relay.log.filter(({ path }) => /receipts|board/.test(path)), []);
  await visit.page.setInputFiles("#file", { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("nada") });
  await visit.press("Comprobar");
  await visit.says(".errors", /no es un comprobante ni una clave/);
  await visit.close();
});

/** The published list without its codes. */
const head = (list) => list.toString().split("\n").filter((line) => !/^[0-9A-Z]{4}-/.test(line)).join("\n");

test("R-PUB-08 a list that has another code in the place of this one: the box is searched, and what differs is said", async () => {
  const code = here.place.kept("code-320.txt").toString();
  const visit = await page("check.html", { width: 768 });
  const other = here.place.kept("opening.txt").toString();
  visit.relay.always("/receipts.txt", { answered: (list) => {
    const codes = list.toString().trimEnd().split("\n").filter((line) => /^[0-9A-Z]{4}-/.test(line) && line !== code);
    return Buffer.from(`${head(list).trimEnd()}\n${[...codes, other].sort().join("\n")}\n`);
  } });
  await visit.at("check");
  await visit.page.setInputFiles("#file", { ...file("receipt-320.html"), mimeType: "text/html" });
  await visit.press("Comprobar");
  await visit.at("checked", { name: "checked-list" });
  assert.equal(await visit.text("h1"), "No se pudo comprobar todo");
  assert.match(await visit.text(), /La promesa del servidor está bien firmada.*no está en la lista.*Su boleta está en la urna/s);
  await visit.close();
});

test("R-PUB-08 a board from before the vote, and a list that fits it: it is not the close, and the promise is evidence", async () => {
  const early = here.place.kept("board.checkpoint");
  const size = Number(early.toString().split("\n")[1]);
  const own = here.place.kept("code-320.txt").toString();
  const visit = await page("check.html", { width: 320 });
  visit.relay.always("/board/checkpoint", { answered: () => early });
  visit.relay.always("/receipts.txt", { answered: (list) => {
    const codes = list.toString().trimEnd().split("\n").filter((line) => /^[0-9A-Z]{4}-/.test(line) && line !== own);
    return Buffer.from(`${head(list).trimEnd()}\n${codes.slice(0, size).map((code) => `${code}\n`).join("")}`);
  } });
  await visit.at("check");
  await visit.page.setInputFiles("#file", { ...file("receipt-320.html"), mimeType: "text/html" });
  await visit.press("Comprobar");
  await visit.at("checked", { name: "checked-evidence" });
  assert.equal(await visit.text("h1"), "Ese voto no se encontró");
  // A board that is empty has no other checkpoint than its first: then it is the list and the promise that do not go together.
  assert.match(await visit.text(), size === 0 ? /está bien firmada.*no está en la lista.*no está en la urna.*vale como prueba/s : /está bien firmada.*no es el cierre.*vale como prueba/s);
  await visit.close();
});

test("a receipt that was changed is none, and a list that is shorter than the board is not believed", async () => {
  const visit = await page("check.html");
  await visit.at("check");
  const receipt = here.place.kept("receipt-320.html");
  const text = receipt.toString();
  const at = text.indexOf("promise ") + 20;
  await visit.page.setInputFiles("#file", { name: "x.html", mimeType: "text/html", buffer: Buffer.from(text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)) });
  await visit.press("Comprobar");
  await visit.at("checked", { name: "checked-forged" });
  assert.match(await visit.text(), /La promesa del servidor no vale/);
  await visit.press("Revisar otro");
  await visit.at("check");
  visit.relay.next("/receipts.txt", { answered: (list) => Buffer.from(list.toString().split("\n").filter((_, line) => line !== 4).join("\n")) });
  await visit.page.setInputFiles("#file", { name: "x.html", mimeType: "text/html", buffer: receipt });
  await visit.press("Comprobar");
  await visit.page.waitForSelector('.errors, #main[data-state="checked"]');
  await visit.says(".errors", /.+/);
  assert.equal(await visit.page.locator(".findings").count(), 0);
  await visit.close();
});

test("R-CAST-18 the opened ballot says the same to the program that is not of the page", () => {
  const verifier = process.env.ESCRUTINIO_VERIFY ?? resolve(import.meta.dirname, "../../../..", process.env.CARGO_TARGET_DIR ?? "target", "release/escrutinio-verify");
  assert.ok(existsSync(verifier), "the demonstration has built it");
  const said = execFileSync(verifier, ["audit", join(here.place.folder, "kept/opening.bin"), here.place.access.record]).toString();
  assert.match(said, /Núñez Ñandú/);
  assert.ok(said.includes(here.place.kept("opening.txt").toString()), said);
});

for (const width of Object.keys(WIDTHS).map(Number)) {
  test(`the whole election, verified from where it is published, and its results, ${width} px`, { timeout: 240_000 }, async () => {
    const visit = await page("verify.html", { width, fixed: true });
    await visit.at("verify");
    await visit.press("Bajar el expediente y verificar");
    await visit.page.waitForSelector('#main[data-state="verify-done"]', { timeout: 120_000 });
    await visit.at("verify-done");
    assert.equal(await visit.text("h1"), "La elección es correcta");
    assert.match(await visit.text(".verdict"), new RegExp(`Boletas contadas: ${here.place.promises.length}$`));
    assert.match(await visit.text(".linking"), /^Mezclas entre la lista de votantes y la urna: 3\./, "who can tie a ballot to its voter");
    const tables = await visit.page.locator("table").count();
    assert.ok(tables > info.contests.length);
    await visit.close();
  });
}

for (const name of ["verify", "results"]) {
  test(`R-ACCS-04 ${name}: while the device computes it is seen what it does and how far it is`, { timeout: 240_000 }, async () => {
    const visit = await page(`${name}.html`, { width: 768 });
    await visit.at(name);
    let go = () => {};
    visit.relay.next(/^\/record\/board\/tile\/entries\//, { hold: new Promise((resolve) => { go = () => resolve(undefined); }) });
    await visit.page.evaluate(() => {
      globalThis.steps = [];
      new MutationObserver((all) => {
        for (const { target } of all) if (target instanceof HTMLProgressElement) globalThis.steps.push([document.querySelector(".doing").textContent.replace(/\d+/g, ""), target.value, target.max]);
      }).observe(document.body, { attributes: true, attributeFilter: ["value"], subtree: true });
    });
    await visit.press("Bajar el expediente y verificar");
    await visit.says(".doing", /Bajando archivos: \d+ de \d+/);
    await visit.page.waitForFunction(() => document.querySelector("progress").position > 0);
    await visit.at(`${name}-running`);
    assert.equal(await visit.page.locator("progress").getAttribute("aria-label"), "Se revisa…");
    go();
    await visit.page.waitForSelector(`#main[data-state="${name}-done"]`, { timeout: 180_000 });
    const steps = await visit.page.evaluate(() => globalThis.steps);
    const phases = new Map();
    for (const [phase, value, max] of steps) phases.set(phase, [...(phases.get(phase) ?? []), { value, max }]);
    assert.ok(phases.size >= 3, `phases: ${[...phases.keys()]}`);
    for (const [phase, all] of phases) {
      for (const [at, { value, max }] of all.entries()) {
        assert.ok(value <= max, `${phase}: ${value} of ${max}`);
        assert.ok(at === 0 || value >= all[at - 1].value, `${phase}: it does not go back`);
      }
    }
    assert.ok([...phases.values()].some((all) => new Set(all.map(({ value }) => value)).size >= 3), "it rises");
    await visit.close();
  });
}

/** What the parties are called on lines of results: from the draft, as the authority wrote it. */
const SHORTS = new Map([...readFileSync(new URL("../../election.toml", import.meta.url), "utf8").matchAll(/^\[\[parties\]\]\nshort = "(.*)"\nname = "(.*)"$/gm)].map(([, short, name]) => [name, short]));

/** The line on which marks count: a combination has its own, names that were written share one. @param {import("../marked.js").Choice["marks"]} marks */
function line(marks) {
  const [{ kind, name }] = marks;
  if (kind === "null") return "Votos nulos";
  if (kind === "write-in") return "Candidaturas no registradas";
  const order = [...SHORTS.keys()];
  return marks.length === 1 && !SHORTS.has(name) ? name : marks.map((one) => one.name).sort((a, b) => order.indexOf(a) - order.indexOf(b)).map((one) => SHORTS.get(one)).join("-");
}

/** What voters marked whose ballots were promised, counted here: by contest, the votes of each line that has some. */
function marked() {
  const { choices, promises } = here.place;
  const counts = info.contests.map(() => ({}));
  for (const [contest, code] of promises.map((promise) => promise.split(" "))) {
    const choice = choices.get(code);
    assert.ok(choice, `nobody noted what was marked on the ballot ${code} of contest ${contest}`);
    assert.equal(choice.office, info.contests[contest].office, code);
    const name = line(choice.marks);
    counts[contest][name] = (counts[contest][name] ?? 0) + 1;
  }
  return counts;
}

/** Lines that have votes. @param {[string, number][]} lines */
const some = (lines) => Object.fromEntries(lines.filter(([, votes]) => votes > 0));

test("R-BAL-28 R-BAL-29 the acta counts what was marked, line by line", async () => {
  const counts = marked();
  for (const { index, name, options } of info.contests) {
    const acta = JSON.parse((await here.place.file(`/acta/contest-${String(index).padStart(3, "0")}.json`)).toString());
    const lines = [...acta.V.map((one) => [one.name, one.votes]), ["Votos nulos", acta.VI.null]];
    assert.equal(lines.length, options.length, `${name}: a line for every option, those without votes too`);
    assert.deepEqual(some(lines), counts[index], name);
  }
  const [senate] = counts;
  // Every kind of line has votes, else nothing was compared.
  for (const needed of ["BRISA", "DUNA-GIRASOL", "Candidaturas no registradas", "Votos nulos"]) assert.ok(senate[needed] > 0, needed);
});

test("R-BAL-28 R-BAL-29 results with chart and table say what was marked", { timeout: 240_000 }, async () => {
  const visit = await page("results.html", { width: 320 });
  await visit.at("results");
  await visit.press("Bajar el expediente y verificar");
  await visit.page.waitForSelector('#main[data-state="results-done"]', { timeout: 120_000 });
  await visit.at("results-done");
  const tables = visit.page.locator("table");
  const counts = marked();
  let bars = 0;
  for (const [at, contest] of info.contests.entries()) {
    const rows = await tables.nth(at).locator("tbody tr").evaluateAll((all) => all.map(({ cells }) => [cells[0].textContent, Number(cells[1].textContent.replace(/\D/g, ""))]));
    assert.equal(rows.length, contest.options.length, contest.name);
    assert.deepEqual(some(rows), counts[at], contest.name);
    bars += rows.length;
    const total = await tables.nth(at).locator("tfoot .figure").first().textContent();
    assert.equal(Number(total.replace(/\D/g, "")), here.place.promises.filter((line) => line.startsWith(`${contest.index} `)).length, contest.name);
  }
  assert.equal(await visit.page.locator(".bar-of").count(), bars);
  await visit.close();
});

test("the record from a folder of the device", { timeout: 240_000 }, async () => {
  const visit = await page("verify.html", { width: 1280 });
  await visit.at("verify");
  await visit.page.setInputFiles("#folder", here.place.access.record);
  await visit.press("Verificar la carpeta");
  await visit.page.waitForSelector('#main[data-state="verify-done"]', { timeout: 120_000 });
  assert.equal(await visit.text("h1"), "La elección es correcta");
  assert.ok(!visit.relay.log.some(({ path }) => path.startsWith("/record/")), "nothing is fetched");
  await visit.close();
});

test("a record that does not hold: which check, and who answers; and one that is stopped", { timeout: 240_000 }, async () => {
  const visit = await page("verify.html");
  visit.relay.always(/^\/record\/board\/tile\/entries\//, { answered: flip(-5) });
  await visit.at("verify");
  await visit.press("Bajar el expediente y verificar");
  await visit.page.waitForSelector('#main[data-state="verify-done"]', { timeout: 120_000 });
  await visit.at("verify-done", { name: "verify-bad" });
  assert.equal(await visit.text("h1"), "El expediente no es correcto");
  assert.match(await visit.text(".errors"), /Falló la revisión [A-Z]\d\.\d/);
  await visit.press("Revisar otro");
  await visit.at("verify");
  visit.relay.honest();
  visit.relay.always(/^\/record\//, { delay: 200 });
  await visit.press("Bajar el expediente y verificar");
  await visit.press("Detener");
  await visit.says(".errors", /Se detuvo/);
  await visit.close();
});

test("the board and the log of acts", async () => {
  const visit = await page("board.html", { width: 768 });
  await visit.at("board-done");
  assert.match(await visit.text(), /testigo-a\.example/);
  await visit.close();
});

test("R-PUB-08 what was seen while voting was open is held against what is published: the device computes that it only grew", async () => {
  const visit = await page("board.html", { width: 320 });
  const grown = () => visit.page.$$eval("[data-log]", (all) => all.map((one) => one.dataset.growth));
  const shown = async (name) => {
    await visit.page.reload();
    await visit.at("board-done", { name });
    return grown();
  };
  // The first epoch of several, and the log of acts when voting had begun.
  const before = { board: (await here.place.file("/board/checkpoints/000001")).toString(), acts: here.place.kept("acts.checkpoint").toString() };
  assert.notEqual(before.board, (await here.place.file("/board/checkpoint")).toString(), "many had voted, as those of open/ do together");
  const seen = () => visit.page.evaluate((notes) => {
    const election = Object.keys(localStorage).find((key) => key.startsWith("escrutinio.seen.board.")).split(".").at(-1);
    for (const [log, note] of Object.entries(notes)) localStorage.setItem(`escrutinio.seen.${log}.${election}`, JSON.stringify({ seen: [note] }));
  }, before);
  await visit.at("board-done", { look: false });
  await seen();
  assert.deepEqual(await shown("board-grown"), ["grew", "grew"]);
  assert.ok(visit.relay.log.some(({ path }) => path.startsWith("/board/tile/0/")), "by the hashes of all entries");
  assert.deepEqual(await shown("board-same"), ["same", "same"]);
  // Without the hashes nothing is claimed, and nothing is forgotten.
  await seen();
  visit.relay.always(/^\/board\/tile\//, { instead: { status: 404, type: "application/problem+json", body: '{"type":"urn:escrutinio:problem:not-found","status":404}' } });
  assert.deepEqual(await shown("board-unproven"), ["unproven", "grew"]);
  visit.relay.honest();
  assert.deepEqual(await shown("board-grown"), ["grew", "same"]);
  // What is behind is told, with the proof that there was more, and takes nothing out of the memory.
  const [now, empty] = [(await here.place.file("/board/checkpoint")).toString(), (await here.place.file("/board/checkpoints/000000")).toString()];
  visit.relay.always("/board/checkpoint", { answered: () => Buffer.from(empty) });
  assert.deepEqual(await shown("board-smaller"), ["smaller", "same"]);
  assert.match(await visit.text("[data-log=board]"), new RegExp(`Se muestran 0, y este dispositivo ya vio ${now.split("\n")[1]} con firma`));
  assert.equal((await visit.saved(() => visit.press("Guardar la prueba"))).toString(), `${now}\n${empty}`);
  visit.relay.honest();
  assert.deepEqual(await shown("board-same"), ["same", "same"]);
  await seen();
  visit.relay.always(/^\/board\/tile\/0\//, { answered: flip(3) });
  await visit.page.reload();
  await visit.at("board-failed", { name: "board-hashes" });
  await visit.close();
});

test("a log that was changed is not shown as one", async () => {
  const visit = await page("board.html");
  visit.relay.always(/^\/acts\/tile\/entries\//, { answered: flip(120) });
  await visit.page.reload();
  await visit.at("board-failed");
  assert.match(await visit.text(), /La bitácora pública no coincide/);
  await visit.close();
});

test("a record that holds and is of another election than the page has no results here", async () => {
  const visit = await page("results.html");
  visit.relay.always("/config.json", json((config) => ({ ...config, election: "e2".repeat(32) })));
  await visit.page.reload();
  await visit.at("results");
  await visit.press("Bajar el expediente y verificar");
  await visit.page.waitForSelector('#main[data-state="results-other"]', { timeout: 180_000 });
  await visit.at("results-other");
  assert.match(await visit.text(), /otra elección.*e2e2e2/s);
  assert.equal(await visit.page.locator("table, .chart, .done-card").count(), 0, "no figure of it is shown");
  await visit.close();
});
