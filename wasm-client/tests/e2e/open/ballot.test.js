/** The ballot: order, areas, marks, and what is not a vote. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { WIDTHS, information, stage } from "../browser.js";

let here;
let info;
before(async () => {
  here = await stage();
  info = await information(here);
});
after(() => here.close());

/** What stands on each ballot, space by space, and who: written by hand from `election.toml`, in the order of registration. */
const FRENTE = "Guadalupe Xóchitl Montes de Oca y Villaseñor";
const JUNTOS = "María Elena Sandoval Ibáñez";
const TODOS = "Carmen Ávila Luján";
const CINCO = "Ximena Solís Ávalos";
const INDEPENDENTS = ["Aurora Peña Luna", "Bruno Cázares Gil", "Celia Ordóñez Pech", "David Zúñiga Haro", "Elisa Tzuc Can", "Fermín Águila Ríos"];
const SPACES = {
  "Senaduría de Mayoría Relativa": [["Partido Alba", "Juan Carlos Ñandú Peñaloza"], ["Partido Brisa", FRENTE], ["Partido Cedro", FRENTE], ["Partido Duna", JUNTOS], ["Partido Encino", JUNTOS], ["Movimiento Faro", FRENTE], ["Girasol", JUNTOS]],
  "Gubernatura del Estado": [["Partido Alba", TODOS], ["Partido Brisa", TODOS], ["Partido Cedro", TODOS], ["Candidatura común Duna y Encino", "Raúl Ibarra Toledo"], ["Movimiento Faro", "Ignacio Robles Chan"], ["Girasol", "Olga Ruiz Mora"], ["Benito Cruz Salgado", "Benito Cruz Salgado"]],
  "Diputación migrante": [["Partido Alba", CINCO], ["Partido Brisa", CINCO], ["Partido Cedro", CINCO], ["Partido Duna", CINCO], ["Partido Encino", CINCO], ["Movimiento Faro", "Sofía Ek Balam"], ["Girasol", "Hugo Pérez Nah"], ...INDEPENDENTS.map((name) => [name, name])],
  "¿Está de acuerdo en que el voto por internet desde el extranjero sea permanente?": [["Sí"], ["No"]],
};
/** Each space with everybody who stands in it. */
const spaces = (visit) => visit.page.locator(".spaces:not(.special) [data-space]").evaluateAll((all) => all.map((space) => [".name", ".owner"].flatMap((what) => [...space.querySelectorAll(what)].map(({ textContent }) => textContent))));

/** At the ballot of the first contest. */
async function ballot(how) {
  const visit = await here.visit(how);
  await visit.first();
  await visit.ballot();
  return visit;
}

test("R-BAL-10 R-BAL-32 R-ACCS-01 R-ACCS-02 R-ACCS-06 equal areas, fixed order, all names, nothing marked, at every width", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.first();
  for (const contest of info.contests) {
    await visit.ballot(contest.office);
    const names = contest.spaces.filter(({ kind }) => kind !== "null" && kind !== "write-in").map(({ name }) => name);
    for (const width of [320, 360, 414, 600, 768, 1024, 1280, 1920]) {
      await visit.page.setViewportSize({ width, height: 800 });
      const seen = await visit.page.evaluate(() => [...document.querySelectorAll(".spaces:not(.special) [data-space]")].map((space) => {
        const box = space.getBoundingClientRect();
        const words = [...space.querySelectorAll(".name, .owner, .substitute, .coalition")].map((one) => one.getBoundingClientRect());
        return { area: box.width * box.height, name: space.querySelector(".name")?.textContent, inside: words.every((one) => one.left >= box.left && one.right <= box.right && one.bottom <= box.bottom), checked: space.querySelector("input").checked };
      }));
      assert.deepEqual(seen.map(({ name }) => name), names, `${contest.name} ${width}: order`);
      const areas = seen.map(({ area }) => area);
      assert.ok(Math.max(...areas) / Math.min(...areas) < 1.01, `${contest.name} ${width}: areas ${areas.map(Math.round)}`);
      assert.ok(seen.every(({ inside }) => inside), `${contest.name} ${width}: names are whole`);
      assert.ok(seen.every(({ checked }) => !checked), `${contest.name} ${width}: nothing is marked`);
      assert.ok(await visit.page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${contest.name} ${width}: no scrolling sideways`);
    }
    await visit.page.goBack();
    await visit.at("home", { look: false });
  }
  await visit.close();
});

test("R-BAL-06 R-BAL-10 R-BAL-11 R-BAL-25 R-BAL-32 a space for each party in the order of registration, with its one candidacy, and the same after a reload", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.first();
  const all = async () => {
    for (const [office, wanted] of Object.entries(SPACES)) {
      await visit.ballot(office, { look: false });
      assert.deepEqual(await spaces(visit), wanted, office);
      await visit.page.goBack();
      await visit.at("home", { look: false });
    }
  };
  await all();
  await visit.page.reload();
  await visit.at("start", { look: false });
  await visit.press("Entrar");
  await visit.login();
  await visit.at("home", { look: false });
  await all();
  await visit.close();
});

for (const width of Object.keys(WIDTHS).map(Number)) {
  test(`R-ACCS-06 what has the focus is seen, and not under the bar, there and back, ${width} px`, async () => {
    const visit = await here.visit({ style: "all", width, fixed: true });
    await visit.first();
    await visit.ballot("Diputación migrante", { look: false });
    await visit.page.getByRole("checkbox", { name: "Candidatura no registrada", exact: true }).press("Space");
    await visit.page.evaluate(() => {
      scrollTo(0, 0);
      document.querySelector("h1").focus({ preventScroll: true });
    });
    const reached = new Set();
    for (const key of ["Tab", "Shift+Tab"]) {
      for (let steps = 0; steps < 60; steps += 1) {
        await visit.page.keyboard.press(key);
        const seen = await visit.page.evaluate(() => {
          const one = document.activeElement;
          const box = one.getBoundingClientRect();
          const bar = document.querySelector(".bar");
          const over = bar.getBoundingClientRect();
          return { name: one.closest("[data-space]")?.querySelector(".name").textContent ?? one.textContent.trim(), body: one === document.body, box: [box.top, box.bottom], window: innerHeight,
            under: !bar.contains(one) && box.bottom > over.top + 1 && box.top < over.bottom - 1 };
        });
        // Beyond the last there is the browser itself.
        if (seen.body) break;
        reached.add(seen.name);
        assert.ok(!seen.under && seen.box[0] >= -1 && seen.box[1] <= seen.window + 1, `${key} ${steps}: ${JSON.stringify(seen)}`);
      }
    }
    for (const [name] of [...SPACES["Diputación migrante"], ["Voto nulo"], ["Candidatura no registrada"], ["Revisar mi elección"]]) assert.ok(reached.has(name), `the keyboard comes to ${name}`);
    await visit.close();
  });
}

test("R-BAL-01 R-BAL-02 R-BAL-03 R-BAL-04 R-BAL-05 R-BAL-07 R-BAL-08 R-BAL-09 what the ballot has to say", async () => {
  const visit = await ballot();
  const text = await visit.text(".sheet-of-paper");
  const head = await visit.page.locator(".sheet-of-paper header > *").allTextContents();
  assert.deepEqual(head, ["Proceso Electoral Federal Extraordinario", "Nayarit", "Senaduría de Mayoría Relativa", "Nayaritas residentes en el extranjero"]);
  const [contest] = info.contests;
  for (const said of [info.process, contest.entity, contest.office, contest.legend, "Voto nulo", "Candidatura no registrada"]) assert.ok(text.includes(said), said);
  for (const { name, formulas } of contest.spaces) {
    assert.ok(text.includes(name), name);
    for (const { owner, substitute } of formulas) assert.ok(text.includes(owner) && text.includes(substitute), owner);
  }
  assert.deepEqual(await visit.page.locator(".spaces.special .name").allTextContents(), ["Candidatura no registrada", "Voto nulo"], "apart from the parties");
  assert.equal(await visit.page.locator(".sheet-of-paper .emblem").count(), 7, "R-BAL-05");
  await visit.page.waitForFunction(() => document.querySelectorAll(".sheet-of-paper .emblem img").length === 6);
  assert.equal(await visit.text(".space:nth-child(3) .emblem"), "CEDRO", "a party without an emblem is named on its colour");
  await visit.close();
});

test("no field of the ballot has a name or stands in a form", async () => {
  const visit = await ballot();
  assert.equal(await visit.page.evaluate(() => [...document.querySelectorAll("#main input")].filter((one) => one.name !== "" || one.form !== null).length), 0);
  assert.equal(await visit.page.locator("#main form").count(), 0);
  await visit.close();
});

test("R-BAL-21 R-BAL-22 R-BAL-23 nothing marked is no vote; an invalid combination is explained, kept, and chosen anew", async () => {
  const visit = await ballot({ width: 768 });
  await visit.press("Revisar mi elección");
  await visit.page.waitForSelector(".errors");
  assert.equal(await visit.page.evaluate(() => document.activeElement?.matches("[data-errors]")), true, "the summary has the focus");
  await visit.look("ballot-empty");
  await visit.mark("Partido Alba");
  await visit.mark("Partido Duna");
  await visit.says(".now", "Esas marcas no van juntas");
  await visit.press("Revisar mi elección");
  await visit.page.waitForSelector(".errors");
  await visit.look("ballot-invalid");
  const why = await visit.text(".errors");
  assert.match(why, /Partido Alba y Partido Duna.*no van juntos/s);
  assert.match(why, /Partido Duna: coalición «Juntas y Juntos por Nayarit»/);
  assert.match(why, /Partido Alba: va sin coalición/);
  assert.equal(await visit.page.locator("[data-space] input:checked").count(), 2, "the marks stay");
  await visit.mark("Partido Alba");
  await visit.says(".now", "Marcó: DUNA");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.close();
});

test("R-BAL-22 R-BAL-23 parties of one coalition that did not register just these: it is said which, and whose", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.first();
  await visit.ballot("Gubernatura del Estado");
  for (const name of ["Partido Alba", "Partido Cedro"]) await visit.mark(name);
  await visit.says(".now", "Esas marcas no van juntas");
  await visit.press("Revisar mi elección");
  await visit.page.waitForSelector(".errors");
  await visit.look("ballot-unregistered");
  assert.match(await visit.text(".errors"), /Marcó Partido Alba y Partido Cedro\. La coalición «Va por Todos» no registró esa combinación\. Quite una marca\.$/);
  assert.equal(await visit.page.locator("[data-space] input:checked").count(), 2, "the marks stay");
  assert.equal(visit.ballots.length, 0);
  // With the third party, or with one of them, it is a vote.
  await visit.mark("Partido Brisa");
  await visit.says(".now", "Marcó: ALBA-BRISA-CEDRO");
  await visit.page.getByRole("checkbox", { name: "Partido Cedro", exact: true }).press("Space");
  await visit.says(".now", "Marcó: ALBA-BRISA");
  await visit.seal([]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("R-BAL-12 R-BAL-18 every registered combination can be marked, on every ballot", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.first();
  for (const contest of info.contests) {
    await visit.ballot(contest.office);
    for (const option of contest.options.filter(({ kind }) => kind !== "write-in" && kind !== "null")) {
      await visit.page.evaluate(() => document.querySelectorAll("[data-space] input:checked").forEach((one) => one.click()));
      for (const mark of option.marks) {
        const { name } = contest.spaces.find((space) => space.mark === mark);
        await visit.page.getByRole("checkbox", { name, exact: true }).press("Space");
      }
      await visit.says(".now", `Marcó: ${option.name}`);
    }
    await visit.page.goBack();
    await visit.at("home", { look: false });
  }
  await visit.close();
});

test("R-BAL-26 null, an unregistered name and parties exclude one another, and it is said", async () => {
  const visit = await ballot();
  const box = (name) => visit.page.getByRole("checkbox", { name, exact: true });
  await box("Partido Alba").press("Space");
  await box("Voto nulo").press("Space");
  assert.equal(await box("Partido Alba").isChecked(), false);
  await visit.says("#live", /Se quitó la marca de Partido Alba/);
  await box("Candidatura no registrada").press("Space");
  assert.equal(await box("Voto nulo").isChecked(), false);
  await box("Partido Brisa").press("Space");
  assert.equal(await box("Candidatura no registrada").isChecked(), false);
  assert.equal(await visit.page.locator(".written").isVisible(), false);
  await visit.close();
});

test("R-BAL-08 R-BAL-31 a name is written, within its room, with letters", async () => {
  const visit = await ballot();
  await visit.mark("Candidatura no registrada");
  const room = info.contests[0].textBytes;
  for (const [text, why] of [["   ", /Escriba el nombre/], ["Ж", /signo que no se puede usar/], ["Ñ".repeat(Math.floor(room / 2) + 1), /muy largo/]]) {
    await visit.type("Nombre de la candidatura no registrada", text);
    await visit.press("Revisar mi elección");
    await visit.says(".errors", why);
    await visit.axe("write-in refused");
  }
  await visit.type("Nombre de la candidatura no registrada", "  Núñez   Ñandú ");
  await visit.press("Revisar mi elección");
  await visit.at("review", { name: "review-written" });
  assert.match(await visit.text("#chosen"), /Núñez Ñandú$/);
  await visit.close();
});

test("R-BAL-16 R-BAL-17 the choice changes as often as wanted; the last one counts", async () => {
  const visit = await ballot();
  const box = (name) => visit.page.getByRole("checkbox", { name, exact: true });
  const cycle = ["Partido Alba", "Voto nulo", "Movimiento Faro", "Partido Duna", "Candidatura no registrada", "Girasol", "Partido Encino"];
  for (let change = 0; change < 50; change += 1) {
    const marked = await visit.page.locator("[data-space]:has(input:checked) .name").allTextContents();
    assert.deepEqual(marked, change === 0 ? [] : [cycle[(change - 1) % cycle.length]], `change ${change}`);
    for (const name of marked) await box(name).press("Space");
    await box(cycle[change % cycle.length]).press("Space");
  }
  await box("Partido Alba").press("Space");
  await box("Partido Cedro").press("Space");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.press("Cambiar mi elección");
  await visit.at("ballot");
  assert.equal(await box("Partido Cedro").isChecked(), true);
  await box("Partido Cedro").press("Space");
  await box("Partido Brisa").press("Space");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  assert.equal(await visit.text("#chosen"), "BRISA");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code");
  await visit.page.goBack();
  await visit.at("ballot");
  assert.equal(await box("Partido Brisa").isChecked(), true);
  assert.equal(visit.ballots.length, 0, "nothing was sent");
  const code = await visit.seal([]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  // It is this that the count is compared with, when everything is published.
  assert.deepEqual(here.place.choices.get(code)?.marks, [{ kind: "", name: "Partido Brisa" }]);
  await visit.close();
});

for (const [what, mark, written, review, name] of [
  ["R-BAL-07 R-BAL-19 a null vote, which is one's own will", "Voto nulo", undefined, "Voto nulo", "null"],
  ["R-BAL-20 the name of somebody who is not registered", "Candidatura no registrada", "Ana Núñez", "No registrada: Ana Núñez", "written"],
  ["R-BAL-20 another name", "Candidatura no registrada", "Ñandú Güemes", "No registrada: Ñandú Güemes", "written"],
]) {
  test(`${what}: marked, shown back, cast`, async () => {
    const visit = await ballot();
    await visit.mark(mark);
    if (written) await visit.type("Nombre de la candidatura no registrada", written);
    await visit.press("Revisar mi elección");
    await visit.at("review", { name: `review-${name}` });
    assert.equal(await visit.text("#chosen"), review);
    await visit.press("Sí, cifrar mi voto");
    await visit.at("code");
    const code = await visit.tracking();
    await visit.press("Emitir mi voto");
    await visit.at("receipt");
    assert.equal(await visit.tracking(), code);
    assert.deepEqual(await visit.cast(), [true]);
    const choice = here.place.choices.get(code);
    assert.deepEqual([choice?.marks.map((one) => one.name), choice?.written], [[mark], written ?? ""]);
    await visit.close();
  });
}
