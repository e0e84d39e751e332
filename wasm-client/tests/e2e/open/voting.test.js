/** The way through, by keyboard only, at three widths, every screen looked at by axe. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { path, toDigits } from "../../../web/src/components/code.js";
import { qr } from "../../../web/src/qr.js";
import { WIDTHS, stage } from "../browser.js";
import { BALLOTS } from "../visit.js";

/** @type {Awaited<ReturnType<typeof stage>>} */
let here;
before(async () => {
  here = await stage();
  // The board as it is now: later somebody shows it as the last one.
  for (const log of ["board", "acts"]) here.place.keep(`${log}.checkpoint`, await here.place.file(`/${log}/checkpoint`));
});
after(() => here.close());

/** The dark modules of the square that a camera reads as this text: of the encoder, which has vectors of its own. */
const square = (text, level) => {
  const matrix = qr(text, level);
  assert.ok(matrix, "it fits");
  return path(matrix);
};
const shown = (visit, where) => visit.page.locator(`${where} svg.qr path`).getAttribute("d");

for (const width of Object.keys(WIDTHS).map(Number)) {
  test(`R-AUTH-02 R-BAL-14 R-CAST-05 R-ACCS-04 first access to receipt by keyboard, ${width} px`, async () => {
    const visit = await here.visit({ width, fixed: true });
    await visit.open();
    await visit.at("start");
    await visit.page.goto("about:blank");
    await visit.first({ factor: "totp" });
    await visit.press("Guardar mi clave de comprobación");
    const key = await visit.saved(() => visit.press("Guardar la clave"));
    assert.match(key.toString(), /^escrutinio\/voter-key\/v1\nelection [0-9a-f]{64}\nlist 0\nkey [0-9a-f]{64}\n$/);
    await visit.page.keyboard.press("Shift+Tab");
    await visit.ballot();
    await visit.mark("Partido Duna");
    await visit.mark("Girasol");
    await visit.says(".now", "Marcó: DUNA-GIRASOL");
    if (width === 320) await visit.look("ballot-marked");
    await visit.press("Revisar mi elección");
    await visit.at("review");
    assert.match(await visit.text(), /DUNA \+ GIRASOL.*María Elena Sandoval Ibáñez/s);
    assert.equal(visit.ballots.length, 0, "nothing is sent before");
    await visit.press("Sí, cifrar mi voto");
    await visit.at("code");
    assert.equal(visit.ballots.length, 0, "nor signed");
    const code = await visit.tracking();
    await visit.press("Emitir mi voto");
    await visit.at("receipt");
    assert.equal(await visit.tracking(), code);
    const sides = await visit.page.evaluate(() => {
      const [sheet, first, last] = [".receipt", ".receipt .qr", innerWidth < 640 ? ".receipt .qr" : ".receipt .tracking"].map((one) => document.querySelector(one).getBoundingClientRect());
      return [first.left - sheet.left, sheet.right - last.right];
    });
    assert.ok(Math.abs(sides[0] - sides[1]) < 2, `as much room on the left as on the right: ${sides}`);
    const [{ answer }] = visit.relay.to(BALLOTS);
    assert.ok(answer.toString().includes(code), "the server promised this code");
    assert.equal(await shown(visit, ".proof"), square(code, "M"), "the square is the code");
    const file = await visit.saved(() => visit.press("Guardar mi comprobante"));
    assert.ok(file.includes(`<path d="${square(code, "M")}"/>`), "in the file, too");
    assert.match(file.toString(), /<svg.*escrutinio\/receipt\/v1/s);
    for (const canary of ["DUNA", "GIRASOL", "Sandoval", visit.voter.user, visit.voter.name]) assert.ok(!file.includes(canary), `R-CAST-12 R-CAST-14 ${canary}`);
    await visit.press("Ver ahora que está registrado");
    await visit.press("Preguntar");
    await visit.says(".answer", /^✓/);
    await visit.axe("receipt, asked");
    assert.deepEqual(await visit.cast(), [true], "the casting server says so, too");
    await visit.press("Ya lo guardé. Salir");
    await visit.at("end");
    const kept = await visit.page.evaluate(async () => ({
      session: { ...sessionStorage },
      databases: await new Promise((resolve) => {
        const opening = indexedDB.open("escrutinio");
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction(["halves", "ballots"]);
          const counts = [transaction.objectStore("halves").count(), transaction.objectStore("ballots").count()];
          transaction.oncomplete = () => resolve(counts.map((count) => count.result));
        };
      }),
    }));
    assert.deepEqual(kept, { session: {}, databases: [0, 0] }, "everything is wiped");
    assert.equal(visit.relay.to("/api/v1/session", "DELETE").length, 1, "the session is ended");
    const { half, entered, contests } = await visit.page.evaluate(() => import("/src/crypto.js").then((crypto) => crypto.state()));
    assert.deepEqual({ half, entered, contests }, { half: false, entered: false, contests: [] }, "nor is anything left in the worker");
    await visit.page.reload();
    await visit.at("start", { look: false });
    const page = await visit.text("body");
    for (const gone of [code, code.slice(0, 9), "DUNA", "GIRASOL", visit.voter.user, visit.voter.name]) assert.ok(!page.includes(gone), gone);
    assert.equal(await visit.page.locator("[data-space], .groups").count(), 0);
    here.place.keep(`receipt-${width}.html`, file);
    here.place.keep(`key-${width}.txt`, key);
    here.place.keep(`code-${width}.txt`, code);
    await visit.close();
  });
}

test("R-AUTH-04 the square that an application takes is the key that can be typed", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.digits();
  await visit.choose("totp");
  await visit.at("enrol");
  const { uri } = JSON.parse(visit.relay.to("/api/v1/access/factor").at(-1)?.answer.toString() ?? "");
  const secret = (await visit.page.locator(".secret").textContent())?.replace(/\s/g, "");
  assert.equal(new URL(uri).protocol, "otpauth:");
  assert.equal(new URL(uri).searchParams.get("secret"), secret);
  assert.equal(await shown(visit, ".steps"), square(uri, "M"));
  await visit.close();
});

test("R-BAL-13 four ballots in one session, then nothing is left to vote", async () => {
  const visit = await here.visit({ style: "all", width: 320 });
  await visit.first();
  await visit.at("home", { name: "home-four" });
  await visit.ballot();
  await visit.seal(["Movimiento Faro"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { name: "receipt-next" });
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Gubernatura" });
  assert.match(await visit.text(), /Gubernatura del Estado/);
  await visit.seal(["Candidatura común Duna y Encino"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Diputacion" });
  assert.match(await visit.text(), /Diputación migrante/);
  await visit.seal(["Candidatura no registrada"], "Ana Núñez");
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Consulta" });
  await visit.seal(["Sí"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.deepEqual(await visit.cast(), [true, true, true, true]);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  await visit.close();
});

test("R-AUTH-14 whoever voted enters, on this device or another, and gets no ballot", async () => {
  const first = await here.visit({ width: 768 });
  await first.sealed();
  await first.press("Emitir mi voto");
  await first.at("receipt");
  const visit = await here.visit({ voter: first.voter });
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("voted");
  assert.equal(await visit.page.locator("[data-space]").count(), 0);
  await first.close();
  await visit.close();
});

test("who has voted gets the checking key on a second device, by the link that is opened or by the one that is pasted", async () => {
  const key = async (visit) => visit.saved(() => visit.press("Guardar la clave"));
  const first = await here.visit();
  await first.first();
  await first.press("Guardar mi clave de comprobación");
  const own = await key(first);
  await first.page.keyboard.press("Shift+Tab");
  await first.ballot();
  await first.seal();
  await first.press("Emitir mi voto");
  await first.at("receipt");
  await first.close();

  const opened = await here.visit({ voter: first.voter });
  await opened.open(opened.fragment);
  await opened.at("login", { name: "login-linked" });
  await opened.login();
  await opened.at("voted", { name: "voted-key" });
  assert.deepEqual(await key(opened), own);
  assert.deepEqual(await opened.page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("escrutinio");
    opening.onsuccess = () => {
      const all = opening.result.transaction("halves").objectStore("halves").getAllKeys();
      all.onsuccess = () => resolve(all.result);
    };
  })), [], "there is no ballot left for which the half would have to stay");
  await opened.close();

  const pasted = await here.visit({ voter: first.voter });
  await pasted.open();
  await pasted.at("start");
  await pasted.press("Entrar");
  await pasted.login();
  await pasted.at("voted");
  await pasted.press("Guardar mi clave de comprobación");
  await pasted.press("Obtener mi clave");
  await pasted.at("need-link", { name: "need-link-key" });
  await pasted.press("Seguir sin la clave");
  await pasted.at("voted");
  await pasted.press("Guardar mi clave de comprobación");
  await pasted.press("Obtener mi clave");
  await pasted.at("need-link", { look: false });
  await pasted.type("Su liga de acceso", here.place.voter().link);
  await pasted.press("Seguir");
  await pasted.says("#main", /es de otra persona/);
  await pasted.page.goBack();
  await pasted.at("voted");
  await pasted.press("Guardar mi clave de comprobación");
  await pasted.press("Obtener mi clave");
  await pasted.at("need-link", { look: false });
  await pasted.type("Su liga de acceso", pasted.voter.link);
  await pasted.press("Seguir");
  await pasted.at("voted", { name: "voted-key" });
  assert.deepEqual(await key(pasted), own);
  assert.deepEqual(await pasted.cast(), [true]);
  await pasted.close();
});

test("R-CAST-18 a ballot is opened, never cast, checked by another device, and the next begins empty", async () => {
  const visit = await here.visit({ width: 768 });
  await visit.first();
  await visit.ballot();
  const code = await visit.seal(["Candidatura no registrada"], "Núñez Ñandú");
  await visit.press("Quiero probar que este dispositivo no hace trampa");
  await visit.press("Abrir y no emitir");
  await visit.at("audit");
  assert.equal(await visit.tracking(), code);
  assert.equal(await visit.page.locator(".large-qr svg").count(), 1, "it fits a QR code");
  const opening = await visit.saved(() => visit.press("Guardar el archivo"));
  assert.equal(await shown(visit, ".large-qr"), square(`${visit.relay.base}/audit.html#${toDigits(opening)}`, "L"), "the square is the file");
  here.place.keep("opening.bin", opening);
  here.place.keep("opening.txt", code);

  const camera = await here.visit({ width: 320 });
  await camera.open(`audit.html#${toDigits(opening)}`);
  await camera.at("opened");
  assert.match(await camera.text(), /Candidaturas no registradas.*Núñez Ñandú/s);
  assert.equal(await camera.tracking(), code);
  assert.ok(!camera.relay.log.some(({ path }) => path.includes(toDigits(opening.subarray(0, 20)))), "it is not sent");
  await camera.press("Revisar otro");
  await camera.at("opening");
  const lie = Buffer.from(opening);
  lie[lie.length - 2] ^= 1;
  await camera.page.setInputFiles("#file", { name: "prueba.bin", mimeType: "application/octet-stream", buffer: lie });
  await camera.press("Revisar");
  await camera.at("opened", { name: "opened-lie" });
  assert.match(await camera.text(), /No vote con ese dispositivo/);
  await camera.press("Revisar otro");
  await camera.at("opening");
  await camera.page.setInputFiles("#file", { name: "prueba.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(3) });
  await camera.press("Revisar");
  await camera.says(".errors", /no es una boleta/);
  await camera.look("opening-none");
  await camera.close();

  await visit.press("Marcar una boleta nueva");
  await visit.at("ballot");
  assert.equal(await visit.page.locator("[data-space] input:checked").count(), 0);
  assert.deepEqual(await visit.cast(), [false]);
  const next = await visit.seal(["Partido Brisa"]);
  assert.notEqual(next, code);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("in English, too", async () => {
  const visit = await here.visit({ width: 768, locale: "en-US" });
  await visit.open();
  await visit.at("start", { name: "english" });
  assert.equal(await visit.page.getAttribute("html", "lang"), "en");
  await visit.press("Español");
  await visit.page.waitForFunction(() => document.documentElement.lang === "es");
  await visit.close();
});

test("R-ACCS-09 a third language is a third catalogue: a button for each other one, and dates, the link past the header and titles from its file", async () => {
  const visit = await here.visit({ width: 320, locale: "de-DE" });
  const text = (change) => ({ answered: (bytes) => Buffer.from(change(bytes.toString())) });
  // What the build would have made of one more file.
  visit.relay.always("/src/wasm/languages.js", text((module) => module.replace("([", '([{ tag: "de", name: "Deutsch" },')));
  const catalogue = JSON.parse((await here.place.file("/text/en.json")).toString());
  const german = { ...catalogue, "site.language": "Deutsch", "site.locale": "de-DE", "site.skip": "Zum Inhalt", "start.title": "Guten Tag" };
  const body = JSON.stringify(german);
  visit.relay.always("/text/de.json", { instead: { status: 200, type: "application/json", body } });
  const link = `<link rel="part" href="text/de.json" integrity="sha384-${createHash("sha384").update(body).digest("base64")}">`;
  visit.relay.always("/", text((document) => document.replace(/(href="src\/wasm\/languages\.js") integrity="[^"]*"/, "$1").replace("</head>", `${link}</head>`)));
  await visit.open();
  await visit.at("start", { name: "third-language" });
  const others = () => visit.page.locator(".language").evaluateAll((all) => all.map((one) => [one.lang, one.textContent]));
  assert.deepEqual(await others(), [["en", "English"], ["es", "Español"]]);
  assert.deepEqual([await visit.page.getAttribute("html", "lang"), await visit.text("h1"), await visit.text(".skip")], ["de", "Guten Tag", "Zum Inhalt"]);
  assert.match(await visit.text(".facts"), /(Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag), \d/);
  await visit.press("English");
  await visit.says(".skip", "Skip to the content");
  assert.deepEqual(await others(), [["de", "Deutsch"], ["es", "Español"]]);
  await visit.press("Español");
  await visit.says(".skip", "Ir al contenido");
  await visit.page.reload();
  await visit.at("start", { look: false });
  assert.equal(await visit.text(".skip"), "Ir al contenido", "it is remembered");
  await visit.close();
});
