// The election of `examples/sealed.rs`: its files, and its server on the other end of two pipes.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

/** The page as `cargo xtask client` built it. */
export const page = process.env.ESCRUTINIO_PAGE ?? join(target, "client-page");

/** A module of the page. */
export const load = (path) => import(pathToFileURL(join(page, path)));

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));

export async function election() {
  const folder = mkdtempSync(join(tmpdir(), "election-"));
  const arguments_ = ["run", "--quiet", "--locked", "-p", "escrutinio-wasm-client", "--example", "sealed", "--", folder];
  const server = spawn("cargo", arguments_, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  if ((await line()) !== "ready") throw new Error("the election did not start");
  const read = (path) => new Uint8Array(readFileSync(join(folder, path)));
  const { electionId, lists } = JSON.parse(readFileSync(join(folder, "election.json"), "utf8"));
  const files = (prefix) => {
    const below = join(folder, prefix);
    const names = readdirSync(below, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = names.map((entry) => relative(below, join(entry.parentPath, entry.name)));
    return Object.fromEntries(paths.map((path) => [path, read(join(prefix, path))]));
  };
  return {
    electionId,
    lists,
    record: files("record"),
    counted: files("counted"),
    acts: () => ({ checkpoint: read("acts/checkpoint"), bundles: [read("acts/bundle")] }),
    voter(list, place) {
      const { first, second } = lists[list].voters[place];
      return { fragment: `#${first}.token`, half: bytes(second) };
    },
    /** What a server answers to a ballot. */
    async cast(ballot) {
      server.stdin.write(`cast ${Buffer.from(ballot).toString("hex")}\n`);
      const [kind, ...rest] = (await line()).split(" ");
      if (kind !== "promise") throw new Error(rest.join(" "));
      return Buffer.from(rest[0], "base64url").toString("utf8");
    },
    end() {
      server.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Goes as far as the ballot. */
export async function enter(crypto, made, list, place) {
  const { fragment, half } = made.voter(list, place);
  await crypto.linkHalf(fragment);
  const found = await crypto.secondHalf({ half, list: made.lists[list].list });
  if (found.bucket === null) return crypto.enter({ lists: made.record["credentials/lists.bin"], acts: made.acts() });
  return crypto.enter({ bucket: made.lists[list].buckets[found.bucket], acts: made.acts() });
}
