/**
 * The page with the cryptography that it is built with, against an election that `core` has sealed. It needs
 * the page (`cargo xtask client --out`, `ESCRUTINIO_PAGE`) and the program that plays the server
 * (`cargo build -p escrutinio-wasm-client --example election`, `ESCRUTINIO_ELECTION`).
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { stage } from "./browser.js";

const BUILT = process.env.ESCRUTINIO_PAGE ?? "";
const PROGRAM = process.env.ESCRUTINIO_ELECTION ?? "";
const skip = existsSync(BUILT) && existsSync(PROGRAM) ? false : "ESCRUTINIO_PAGE and ESCRUTINIO_ELECTION do not name a page and a program";
const LIST = 2;

let here;
let made;

before(async () => {
  if (skip) return;
  made = await election();
  here = await stage({
    election: made.electionId,
    file: (path) => (/^\/src\/(crypto|worker|verifier|wasm\/.*)\.?\w*$/.test(path) && existsSync(join(BUILT, path)) ? join(BUILT, path) : null),
    answer: made.answer,
  });
  here.server.state.contests = [0, 1, 2, 3, 4];
});
after(async () => {
  await here?.close();
  made?.end();
});

async function election() {
  const folder = mkdtempSync(join(tmpdir(), "election-"));
  const program = spawn(PROGRAM, [folder], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  assert.equal(await line(), "ready");
  const { electionId, lists } = JSON.parse(readFileSync(join(folder, "election.json"), "utf8"));
  const list = lists[LIST];
  let place = 0;
  const self = {
    electionId,
    folder,
    /** Another voter of the list. */
    next: () => { place += 1; },
    fragment: (token = "token") => `#${list.voters[place].first}.${token}`,
    answer: async (path, body) => {
      if (path.startsWith("/record/")) {
        const file = join(folder, "record", path.slice(8));
        return existsSync(file) ? readFile(file) : null;
      }
      if (path === `/lists/${LIST}`) return list.list;
      const bucket = new RegExp(`^/lists/${LIST}/(\\d+)$`).exec(path)?.[1];
      if (bucket !== undefined) return list.buckets[Number(bucket)];
      if (path === "/session/half") return Buffer.from(list.voters[place].second, "base64url");
      if (path === "/session") return { expires: 0, remaining: 1800, grace: false, list: LIST, style: 1, unit: 0, contests: [0, 1, 2, 3, 4].map((contest) => ({ contest, cast: false })) };
      if (path === "/acts/checkpoint") return readFile(join(folder, "acts/checkpoint"));
      if (path.startsWith("/acts/tile/entries/")) return readFile(join(folder, "acts/bundle"));
      if (path === "/session/ballots") {
        program.stdin.write(`cast ${body.toString("hex")}\n`);
        const [kind, ...rest] = (await line()).split(" ");
        assert.equal(kind, "promise", rest.join(" "));
        return Buffer.from(rest[0], "base64url");
      }
      return null;
    },
    end: () => {
      program.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
  return self;
}

async function home(visit) {
  await visit.open(made.fragment());
  await visit.at("digits", { axe: false });
  await visit.type("Últimos cuatro dígitos", "4821");
  await visit.press("Seguir");
  await visit.at("factor", { axe: false });
  await visit.mark("Con una aplicación de códigos");
  await visit.press("Seguir");
  await visit.at("enrol", { axe: false });
  await visit.type("Código de la aplicación", "123456");
  await visit.type("Código del mensaje de texto", "123456");
  await visit.press("Seguir");
  await visit.at("password", { axe: false });
  await visit.type("Contraseña nueva", "caballo verde lento");
  await visit.press("Guardar y entrar");
  await visit.at("home", { shot: "real-home" });
}

test("R-CAST-02 from the link to a promise that verifies, with proofs that the server accepts", { skip }, async () => {
  const visit = await here.visit({ width: 768 });
  await home(visit);
  await visit.page.getByRole("button", { name: /^Ver la boleta/ }).first().click();
  await visit.at("ballot", { shot: "real-ballot" });
  await visit.page.locator("[data-space] input").first().check();
  await visit.page.getByRole("button", { name: "Revisar mi elección" }).click();
  await visit.at("review", { shot: "real-review" });
  const begun = Date.now();
  await visit.page.getByRole("button", { name: "Sí, cifrar mi voto" }).click();
  await visit.at("code", { axe: false });
  console.log(`from the tap to the code ${Date.now() - begun} ms`);
  await visit.page.getByRole("button", { name: "Emitir mi voto" }).click();
  await visit.at("receipt", { shot: "real-receipt" });
  await visit.close();
});

test("R-CAST-18 an opened ballot is checked by the other page, and an altered one is not taken", { skip }, async () => {
  made.next();
  const visit = await here.visit({ width: 768 });
  await home(visit);
  await visit.page.getByRole("button", { name: /^Ver la boleta/ }).first().click();
  await visit.at("ballot", { axe: false });
  await visit.page.getByRole("checkbox", { name: "Candidatura no registrada" }).check();
  await visit.page.getByLabel("Nombre de la candidatura no registrada").fill("Núñez Ñandú");
  await visit.page.getByRole("button", { name: "Revisar mi elección" }).click();
  await visit.at("review", { axe: false });
  await visit.page.getByRole("button", { name: "Sí, cifrar mi voto" }).click();
  await visit.at("code", { axe: false });
  const code = (await visit.page.textContent(".groups")).trim();
  await visit.page.locator("details.test summary").click();
  await visit.page.getByRole("button", { name: "Abrir y no emitir" }).click();
  await visit.at("audit", { shot: "real-audit" });
  assert.equal(await visit.page.locator(".large-qr svg").count(), 1, "it fits a QR code");
  const downloading = visit.page.waitForEvent("download");
  await visit.page.getByRole("button", { name: "Guardar el archivo" }).click();
  const opening = await readFile(await (await downloading).path());

  await visit.page.goto(`${here.server.base}/audit.html`);
  await visit.at("opening", { axe: false });
  await visit.page.setInputFiles("#file", { name: "x.bin", mimeType: "application/octet-stream", buffer: opening });
  await visit.page.getByRole("button", { name: "Revisar" }).click();
  await visit.at("opened", { shot: "real-opened" });
  assert.match(await visit.page.textContent("#main"), /Núñez Ñandú/);
  assert.equal((await visit.page.textContent(".groups")).trim(), code);
  opening[opening.length - 2] ^= 1;
  await visit.page.getByRole("button", { name: "Revisar otro" }).click();
  await visit.page.setInputFiles("#file", { name: "x.bin", mimeType: "application/octet-stream", buffer: opening });
  await visit.page.getByRole("button", { name: "Revisar" }).click();
  await visit.at("opened", { axe: false });
  assert.match(await visit.page.textContent("#main"), /No vote con ese dispositivo/);
  await visit.close();
});

test("R-CAST-10 a reload while the ballot is on its way, with the real worker", { skip }, async () => {
  made.next();
  const visit = await here.visit();
  await home(visit);
  await visit.page.getByRole("button", { name: /^Ver la boleta/ }).first().click();
  await visit.at("ballot", { axe: false });
  await visit.page.getByRole("checkbox", { name: "Voto nulo" }).check();
  await visit.page.getByRole("button", { name: "Revisar mi elección" }).click();
  await visit.at("review", { axe: false });
  await visit.page.getByRole("button", { name: "Sí, cifrar mi voto" }).click();
  await visit.at("code", { axe: false });
  await visit.page.route("**/session/ballots", (route) => route.abort());
  visit.page.on("dialog", (dialog) => dialog.accept());
  await visit.page.getByRole("button", { name: "Emitir mi voto" }).click();
  await visit.page.waitForFunction(() => document.querySelector(".doing")?.textContent?.includes("otra vez"));
  await visit.page.unroute("**/session/ballots");
  await visit.page.reload();
  await visit.at("receipt");
  await visit.close();
});

test("a whole record is verified in the browser, from its folder", { skip }, async () => {
  const visit = await here.visit({ width: 1280 });
  await visit.page.goto(`${here.server.base}/verify.html`);
  await visit.at("verify", { axe: false });
  await visit.page.setInputFiles("#folder", join(made.folder, "counted"));
  await visit.page.getByRole("button", { name: "Verificar la carpeta" }).click();
  await visit.page.waitForSelector('#main[data-state="verify-done"]', { timeout: 60_000 });
  await visit.at("verify-done", { shot: "real-verified" });
  assert.equal(await visit.page.textContent("h1"), "La elección es correcta");
  await visit.close();
});
