/**
 * Starts an election and runs programs in it: `node e2e/run.js [program ..]`. Without names it runs all tests:
 * those for whom voting is open, then those that move the clock, then those during whom voting closes, then those
 * for whom everything is published.
 *
 * The election is that of `cargo demo`: ceremony, casting server, witnesses, count, verifier. `ESCRUTINIO_XTASK` names
 * xtask where it is built already. `ESCRUTINIO_DEMO` names the access file of a demonstration with `election.toml` that
 * runs already and stays open: then only tests in `open/` run, and voters that were used stay used.
 */

import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";

const TESTS = join(import.meta.dirname, "..");
const ROOT = join(TESTS, "../..");
/** Seats on the roll. A visit takes one, and every option of the longest ballot is voted once. */
const SEATS = 400;
const LENIENT_SEATS = 12;
/** One more than there are cores: each waits for its browser now and then. */
const SIDE_BY_SIDE = Math.max(2, Math.min(4, cpus().length + 1));

const kept = process.env.ESCRUTINIO_DEMO;
const folder = kept ? `${kept}.place` : mkdtempSync(join(tmpdir(), "place-"));
/** @type {import("node:child_process").ChildProcess[]} */
const running = [];
const pause = () => new Promise((resolve) => { setTimeout(resolve, 100); });

/** Ends a program; of a demonstration, server and witnesses too, which are of its group. @param {import("node:child_process").ChildProcess} child */
function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  try {
    process.kill(child.spawnargs.includes("demo") ? -child.pid : child.pid);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * An election of its own.
 * @param {string} draft @param {number} seats @param {string} place @param {number} styles
 */
async function election(draft, seats, place, styles) {
  mkdirSync(place, { recursive: true });
  const access = join(place, "demo.json");
  const built = process.env.ESCRUTINIO_XTASK;
  const [program, before] = built ? [built, []] : ["cargo", ["run", "--quiet", "--locked", "--release", "--bin", "xtask", "--"]];
  const names = ["demo", "--election", join(TESTS, draft), "--voters", String(seats), "--present", String(seats), "--access", access, "--out", join(place, "demo")];
  const demo = spawn(program, [...before, ...names], { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"], detached: true });
  running.push(demo);
  let said = "";
  let ended = false;
  for (const stream of [demo.stdout, demo.stderr]) stream.on("data", (text) => { said += text; });
  demo.on("exit", () => { ended = true; });
  while (!existsSync(access)) {
    if (ended) throw new Error(`the election of ${draft} did not open\n${said}`);
    await pause();
  }
  take(access, place, styles);
  return {
    /** Nobody counts it. */
    leave() {
      clearInterval(this.attend);
      stop(demo);
    },
    /** Closes when a test says so; the demonstration counts, verifies and publishes. */
    attend: setInterval(() => {
      if (!existsSync(join(place, "close"))) return;
      rmSync(join(place, "close"));
      demo.stdin.write("\n");
    }, 100),
    async end() {
      clearInterval(this.attend);
      demo.stdin.end();
      while (!ended) await pause();
      return { said, good: demo.exitCode === 0 };
    },
  };
}

/** What tests read of an election, with the emblems of its parties. @param {string} access @param {string} place @param {number} styles */
function take(access, place, styles) {
  const read = JSON.parse(readFileSync(access, "utf8"));
  mkdirSync(place, { recursive: true });
  // In an election that stays open everything is looked at again.
  rmSync(join(place, "looked"), { recursive: true, force: true });
  writeFileSync(join(place, "access.json"), JSON.stringify({ ...read, styles }));
  for (const name of readdirSync(join(TESTS, "emblems"))) {
    const hash = new RegExp(`short = "${basename(name, ".svg").toUpperCase()}"[^[]*emblem = "(\\w+)"`).exec(readFileSync(join(TESTS, "election.toml"), "utf8"))?.[1];
    mkdirSync(join(read.site, "emblems"), { recursive: true });
    if (hash) copyFileSync(join(TESTS, "emblems", name), join(read.site, "emblems", hash));
  }
}

/** @param {string[]} arguments_ @returns {Promise<boolean>} */
function node(arguments_) {
  const child = spawn(process.execPath, arguments_, { cwd: TESTS, stdio: "inherit", env: { ...process.env, ESCRUTINIO_PLACE: folder, NODE_TEST_CONTEXT: undefined } });
  running.push(child);
  return new Promise((resolve) => { child.on("exit", (code) => resolve(code === 0)); });
}

/** Tests of a folder, side by side. @param {string[]} files @param {number} many */
const tests = (files, many) => (files.length === 0 ? Promise.resolve(true) : node(["--test", `--test-concurrency=${many}`, ...files]));
const within = (/** @type {string} */ name) => readdirSync(join(TESTS, "e2e", name)).filter((file) => file.endsWith(".test.js")).map((file) => join("e2e", name, file));

async function main() {
  const named = process.argv.slice(2).map((name) => relative(TESTS, join(process.cwd(), name)));
  const began = Date.now();
  const since = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  const wanted = (/** @type {string} */ name) => (named.length === 0 ? within(name) : named.filter((file) => file.startsWith(join("e2e", name))));
  let first = null;
  if (kept) take(kept, folder, 2);
  else {
    first = await election("election.toml", SEATS, folder, 2);
    console.log(`voting is open: ${since()}`);
  }
  // Tests that need it come when it is there.
  const needed = wanted("open").some((file) => /lenient|tamper/.test(file)) && !existsSync(join(folder, "lenient/access.json"));
  const second = !needed ? null : election("lenient.toml", LENIENT_SEATS, join(folder, "lenient"), 1);
  let good = true;
  for (const program of named.filter((file) => !file.endsWith(".test.js"))) good = (await node([program])) && good;
  good = (await tests(wanted("open"), SIDE_BY_SIDE)) && good;
  if (wanted("open").length > 0) console.log(`open: ${since()}`);
  (await second)?.leave();
  if (second && kept) rmSync(join(folder, "lenient"), { recursive: true, force: true, maxRetries: 10 });
  if (!first) {
    process.exitCode = good ? 0 : 1;
    return;
  }
  good = (await tests(wanted("clock"), 1)) && good;
  if (wanted("clock").length > 0) console.log(`clock: ${since()}`);
  if (wanted("closing").length + wanted("published").length === 0) {
    first.leave();
  } else {
    good = (await tests(wanted("closing"), 1)) && good;
    if (wanted("closing").length === 0) writeFileSync(join(folder, "close"), "");
    good = (await tests(wanted("published"), SIDE_BY_SIDE)) && good;
    const { said, good: verified } = await first.end();
    writeFileSync(join(folder, "demo.log"), said);
    good &&= verified;
    console.log(`the verifier ${verified ? "accepts" : "REJECTS"} the election: ${since()}`);
    if (!verified) console.log(said);
    else rmSync(folder, { recursive: true });
  }
  process.exitCode = good ? 0 : 1;
}

process.on("exit", () => running.forEach(stop));
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));
await main();
