/** Of a choice nothing leaves: not by requests, storage, address, history or log; and all choices look alike. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { information, stage } from "../browser.js";
import { BUSY } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
let info;
before(async () => {
  here = await stage();
  info = await information(here);
});
after(() => here.close());

/** Everything in which a browser could keep something, as text. */
const kept = (visit) => visit.page.evaluate(async () => {
  const words = (value) => {
    if (value instanceof Uint8Array) return new TextDecoder("latin1").decode(value) + new TextDecoder().decode(value);
    return value !== null && typeof value === "object" ? Object.values(value).map(words).join(" ") : String(value);
  };
  const stores = await Promise.all((await indexedDB.databases()).map(({ name }) => new Promise((resolve) => {
    const opening = indexedDB.open(name);
    opening.onsuccess = () => {
      const names = [...opening.result.objectStoreNames];
      if (names.length === 0) return resolve("");
      const transaction = opening.result.transaction(names);
      const all = names.flatMap((one) => [transaction.objectStore(one).getAll(), transaction.objectStore(one).getAllKeys()]);
      transaction.oncomplete = () => resolve(all.map(({ result }) => words(result)).join(" "));
    };
  })));
  const cached = await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)));
  const forms = [...document.forms].map((form) => [...new FormData(form)].join(" "));
  return JSON.stringify([stores, { ...localStorage }, { ...sessionStorage }, location.href, history.state, history.length, document.cookie, document.title, cached, forms,
    performance.getEntries().map(({ name }) => name), (await navigator.serviceWorker?.getRegistrations())?.length, window.name]);
});

test("R-AUTH-17 R-CAST-02 a written name and the name of an option are found nowhere outside of the screen", async () => {
  const canary = "Zacatlán Quetzalli";
  const forms = [canary, "Zacatl", "Quetzalli", encodeURIComponent(canary), Buffer.from(canary).toString("base64").slice(2, 20), Buffer.from(canary).toString("hex"),
    "ENCINO", "GIRASOL", "party:4", "party:6", "write-in", "Sandoval"];
  const visit = await here.visit({ style: "all" });
  // What the worker says to the page is written down there: of a choice it says nothing back.
  await visit.page.addInitScript(() => {
    globalThis.answers = [];
    const Real = Worker;
    globalThis.Worker = class extends Real {
      constructor(...from) {
        super(...from);
        this.addEventListener("message", ({ data }) => globalThis.answers.push(data));
      }
    };
  });
  const answers = () => visit.page.evaluate(() => {
    const words = (value) => (value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) + new TextDecoder().decode(value)
      : value !== null && typeof value === "object" ? Object.values(value).map(words).join(" ") : String(value));
    return globalThis.answers.splice(0).map(words).join("\n");
  });
  const stored = [];
  const sealing = async () => {
    await answers();
    await visit.press("Sí, cifrar mi voto");
    await visit.at("code");
    stored.push(await kept(visit), await answers());
    visit.relay.next(BALLOTS, BUSY);
    await visit.press("Emitir mi voto");
    await visit.says(".doing", /otra vez/);
    const during = await kept(visit);
    assert.match(during, new RegExp(visit.voter.user), "the signed ballot is seen in the store");
    stored.push(during, await answers());
    await visit.at("receipt");
    stored.push(await kept(visit), await answers());
  };
  await visit.first();
  await visit.ballot();
  await visit.mark("Candidatura no registrada");
  await visit.type("Nombre de la candidatura no registrada", canary);
  await visit.press("Revisar mi elección");
  await visit.at("review");
  assert.match(await visit.text("#chosen"), /Zacatlán Quetzalli/, "it is on the screen");
  stored.push(await kept(visit));
  await sealing();
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Gubernatura" });
  await visit.mark("Girasol");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  stored.push(await kept(visit));
  await sealing();
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Diputacion" });
  await visit.mark("Partido Encino");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await sealing();
  const sent = visit.relay.log.map(({ path, body }) => `${path} ${body.toString("latin1")} ${body.toString("utf8")}`).join("\n");
  assert.equal(visit.ballots.length, 6);
  for (const text of [...stored, sent, visit.said.join("\n")]) for (const form of forms) assert.ok(!text.includes(form), `${form}: ${text.slice(Math.max(0, text.indexOf(form) - 60), text.indexOf(form) + 60)}`);
  await visit.press("Ya lo guardé. Salir").catch(() => undefined);
  await visit.close();
});

/** Names that fill so many bytes. */
const named = (bytes) => "María de los Ángeles Xicoténcatl Peñaloza y Güemes de la O ".repeat(4).normalize("NFC").split("").reduce((text, symbol) => (Buffer.byteLength(text + symbol) > bytes ? text : text + symbol), "").replace(/ $/, "s");

/**
 * From the list of ballots to the end, with the choices given: what an observer of the line sees. Where it is the
 * voter's, and not the choice's, that is said by the number of bytes only.
 */
async function observed(choices) {
  const visit = await here.visit({ style: "all", width: 768 });
  const { page } = visit;
  const press = (name) => page.getByRole("button", { name, exact: true }).press("Enter");
  await visit.open(visit.fragment);
  await visit.at("digits", { look: false });
  await page.getByLabel("Últimos cuatro dígitos").fill(visit.voter.digits);
  await press("Seguir");
  await visit.at("factor", { look: false });
  await page.getByLabel("Con un mensaje de texto").press("Space");
  const code = await visit.message(async () => {
    await press("Seguir");
    await visit.at("code-entry", { look: false });
  });
  await page.getByLabel("Código del mensaje de texto").fill(code);
  await press("Seguir");
  await visit.at("password", { look: false });
  await page.getByLabel("Contraseña nueva").fill(visit.voter.password);
  await press("Guardar y entrar");
  await visit.at("home", { look: false });
  const opened = visit.relay.log.length;
  await page.getByRole("button", { name: "Ver la boleta: Senaduría de Mayoría Relativa" }).press("Enter");
  for (const [at, { contest, option, text }] of choices.entries()) {
    await visit.at("ballot", { look: false });
    for (const mark of option.marks) {
      const space = contest.spaces.find((one) => one.mark === mark);
      const name = { "write-in": "Candidatura no registrada", null: "Voto nulo" }[space.kind] ?? space.name;
      await page.getByRole("checkbox", { name, exact: true }).press("Space");
    }
    if (text) await page.getByLabel("Nombre de la candidatura no registrada").fill(text);
    await press("Revisar mi elección");
    await visit.at("review", { look: false });
    await press("Sí, cifrar mi voto");
    await visit.at("code", { look: false });
    await press("Emitir mi voto");
    await visit.at("receipt", { look: false });
    await press(at + 1 < choices.length ? "Seguir con la próxima boleta" : "Ya lo guardé. Salir");
  }
  await visit.at("end", { look: false });
  const shape = ({ method, path, head, body, status, answer }) => `${method} ${path} ${head} ${body.length} ${status} ${answer.length}`;
  // Emblems come once, when the first ballot is drawn, whatever is marked; their order is the network's.
  const after_ = visit.relay.log.slice(opened);
  const emblems = after_.filter(({ path }) => path.startsWith("/emblems/")).map(shape).sort();
  const rest = after_.filter(({ path }) => !path.startsWith("/emblems/")).map(shape);
  await visit.close();
  return [...emblems, ...rest].join("\n");
}

test("R-BAL-30 requests and bytes are equal for every option, null, and names of several lengths, on every ballot", { timeout: 600_000 }, async () => {
  const { contests } = info;
  const [senate] = contests;
  assert.deepEqual(contests.map(({ options }) => options.length), [17, 11, 41, 3]);
  const room = senate.textBytes;
  const texts = [1, 2, 15, 16, 17, 32, room - 1, room].map(named);
  const every = (contest) => contest.options.flatMap((option) => (option.kind === "write-in" ? texts : [""]).map((text) => ({ contest, option, text: option.kind === "write-in" ? text : "" })));
  const lists = contests.map(every);
  const rounds = Math.max(...lists.map((list) => list.length));
  const work = Array.from({ length: rounds }, (_, at) => lists.map((list) => list[at % list.length]));
  const seen = new Map();
  // Two voters at a time.
  const voter = async () => {
    for (let choices = work.pop(); choices; choices = work.pop()) seen.set(choices.map(({ option, text }) => `${option.name} ${text}`).join(" | "), await observed(choices));
  };
  await Promise.all([voter(), voter()]);
  assert.ok(seen.size >= rounds - 2, `${seen.size}`);
  assert.equal(new Set(seen.values()).size, 1, [...new Set(seen.values())].slice(0, 2).join("\n\n"));
  const casts = [...seen.values()][0].split("\n").filter((line) => line.includes(BALLOTS));
  assert.equal(casts.length, contests.length);
  console.log(`${seen.size} voters, ${contests.length * seen.size} ballots: after the ballot is open ${[...seen.values()][0].split("\n").length} requests, ${casts.map((line) => line.split(" ")[3]).join(", ")} bytes of ballots, always`);
});

test("R-BAL-30 what the wasm says of a ballot, and the ballot, have one length for every option and every length of a name", { timeout: 120_000 }, async () => {
  const visit = await here.visit({ style: "all" });
  await visit.first();
  const of = (path) => visit.relay.log.findLast((one) => one.path === path || path.test?.(one.path))?.answer;
  const half = [...of("/api/v1/session/half")];
  const [list, bucket] = [of(/^\/api\/v1\/lists\/1$/), of(/^\/api\/v1\/lists\/1\/\d+$/)].map((bytes) => JSON.parse(bytes));
  const checkpoint = [...of("/acts/witnessed")];
  const entering = visit.relay.log.slice(visit.relay.log.findLastIndex(({ path }) => path === "/acts/witnessed"));
  const bundles = entering.filter(({ path }) => path.startsWith("/acts/tile/")).map(({ answer }) => [...answer]);
  const found = await visit.page.evaluate(async ({ fragment, half, list, bucket, checkpoint, bundles, contests }) => {
    const crypto = await import("/src/crypto.js");
    const bytes = (from) => Uint8Array.from(from);
    const lengths = {};
    const note = (contest, kind, length, what) => {
      lengths[`${contest} ${kind}`] ??= {};
      (lengths[`${contest} ${kind}`][length] ??= []).push(what);
    };
    const enter = async () => {
      await crypto.forget();
      await crypto.linkHalf(fragment);
      await crypto.secondHalf({ half: bytes(half), list });
      await crypto.enter({ bucket, acts: { checkpoint: bytes(checkpoint), bundles: bundles.map(bytes) } });
    };
    for (const { index, options, writeIn, room } of contests) {
      // Where a name can be written it is: the space without one is no vote.
      const choices = options.filter((option) => option !== writeIn).map((option) => [option, ""]);
      for (let length = 1; length <= room; length += 1) choices.push([writeIn, `${"ñ".repeat(length >> 1)}${length % 2 ? "a" : ""}`]);
      for (const [option, text] of choices) {
        await enter();
        const prepared = await crypto.prepare({ contest: index, option, text });
        note(index, "answer", JSON.stringify(prepared).length, `${option} ${text}`);
        const { bytes: ballot } = await crypto.cast({ contest: index });
        note(index, "ballot", ballot.length, `${option} ${text}`);
      }
    }
    await crypto.forget();
    return lengths;
  }, {
    fragment: visit.fragment, half, list, bucket, checkpoint, bundles,
    contests: info.contests.map(({ index, options, textBytes, ballotBytes }) => ({ index, options: options.map((one) => one.index), writeIn: options.find(({ kind }) => kind === "write-in")?.index, room: textBytes, ballotBytes })),
  });
  for (const contest of info.contests) {
    for (const kind of ["answer", "ballot"]) assert.equal(Object.keys(found[`${contest.index} ${kind}`]).length, 1, `${contest.name}: ${kind}`);
    assert.deepEqual(Object.keys(found[`${contest.index} ballot`]), [String(contest.ballotBytes)]);
  }
  await visit.close();
});
