/** Moments of the calendar on the clocks of the election, whatever its zone is called. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Texts } from "../../web/src/texts.js";

const texts = async (language) => new Texts(language, JSON.parse(await readFile(new URL(`../../web/text/${language}.json`, import.meta.url), "utf8")));

test("R-TZ-05 a moment is said in the zone of the manifest, whose name no browser has to know", async () => {
  const zone = { name: "Pacífico (Tepic)", offsetMinutes: -420 };
  const close = Date.UTC(2021, 11, 6, 1, 0) / 1000;
  const spanish = (await texts("es")).instant(close, zone);
  assert.match(spanish, /domingo.*5.*diciembre.*2021/);
  assert.match(spanish, /0?6:00.*p.*m.*\(Pacífico \(Tepic\)\)$/);
  assert.match((await texts("en")).instant(close, { name: "UTC", offsetMinutes: 0 }), /Monday.*6 December 2021.*01:00 \(UTC\)$/);
});
