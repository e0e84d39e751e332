// How long encrypting and proving takes: `node wasm-client/tests/node/speed.mjs`.

import "./worker-in-node.mjs";

import { election, enter, load } from "./election.mjs";

const made = await election();
const crypto = await load("src/crypto.js");
const files = Object.fromEntries(crypto.SEALED_FILES.map((path) => [path, made.record[path]]));
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1].toFixed(1);
const timed = async (what, times, run) => {
  for (let n = 0; n < 5; n += 1) await run();
  const taken = [];
  for (let n = 0; n < times; n += 1) {
    const start = performance.now();
    await run();
    taken.push(performance.now() - start);
  }
  console.log(`${what}: ${median(taken)} ms (median of ${times})`);
};

await timed("open", 10, () => crypto.open({ files, electionId: made.electionId }));
await timed("enter", 10, () => enter(crypto, made, 2, 3));
await timed("1 of 17 with text", 50, () => crypto.prepare({ contest: 0, option: 15, text: "Núñez Ñandú" }));
await timed("1 of 41", 50, () => crypto.prepare({ contest: 4, option: 20 }));
const { opening } = await crypto.audit({ contest: 0 });
await timed("check of an opening", 10, () => crypto.checkOpening({ opening }));
const account = { user: "ana", password: "clave", salt: "c2FsdHNhbHRzYWx0c2FsdA", memoryKib: 19456, passes: 2, lanes: 1 };
await timed("Argon2id, 19,456 KiB, 2 passes", 5, () => crypto.derive(account));
crypto.stop();
made.end();
