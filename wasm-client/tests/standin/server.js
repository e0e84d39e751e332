/**
 * The tests' own server: the page under the policy that it must live with, and an interface that behaves
 * as each test wants. It remembers every request, so that a test can say what left the browser.
 */

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { ELECTION } from "./election.js";

const WEB = fileURLToPath(new URL("../../web/", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

export const POLICY = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "connect-src 'self'", "style-src 'self'",
  "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join("; ");

const RECEIPT = `escrutinio/receipt/v1\nelection ${ELECTION}\ncontest 0\ncode ?\npromise good\n`;

/** What the server is like; a test changes it. */
function world() {
  return {
    phase: "voting", remaining: 1800, contests: [0], own: null, cast: new Set(), policies: {}, manifest: ELECTION,
    /** What becomes of the next ballots: `ok`, `lose` (recorded, no answer), `drop` (neither), `lie`, or a problem. */
    ballots: [], accepted: [], enrolled: true, log: [], test: false, published: false, witnesses: true, delay: 0, caching: "no-store",
  };
}

/**
 * @param {number} [port]
 * @param {object} [real] what a test of the real cryptography puts in the place of what stands in
 * @param {(path: string) => string | null} [real.file] a file of the page from elsewhere
 * @param {(path: string, body: Buffer) => Promise<Buffer | object | null>} [real.answer] bytes, JSON, or nothing
 * @param {string} [real.election]
 */
export async function serve(port = 0, real = {}) {
  const state = Object.assign(world(), { real });
  const server = createServer((request, response) => {
    void answer(state, request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
  await new Promise((resolve) => { server.listen(port, "127.0.0.1", resolve); });
  const { port: bound } = server.address();
  return { state, reset: () => Object.assign(state, world(), { real }), base: `http://localhost:${bound}`, close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function answer(state, request, response) {
  const url = new URL(request.url, "http://localhost");
  const body = await bodyOf(request);
  const name = url.pathname;
  state.log.push({ method: request.method, path: request.url, body, at: Date.now() });
  if (state.delay) await new Promise((resolve) => { setTimeout(resolve, state.delay); });
  const json = (value, status = 200) => send(response, status, "application/json", JSON.stringify(value));
  const problem = (type, status, seconds) => {
    if (seconds !== undefined) response.setHeader("retry-after", String(seconds));
    send(response, status, "application/problem+json", JSON.stringify({ type: `urn:escrutinio:problem:${type}`, title: type, status }));
  };
  const read = () => JSON.parse(body.toString() || "{}");
  if (name.startsWith("/record/")) {
    const files = { SHA256SUMS: ["manifest.bin", state.broken ? "broken.bin" : "roll.bin"].map((path) => `${"0".repeat(64)}  ${path}\n`).join("") };
    return send(response, 200, "application/octet-stream", files[name.slice(8)] ?? "x");
  }
  const given = await state.real.answer?.(name.replace("/api/v1", ""), body);
  if (given) return Buffer.isBuffer(given) ? send(response, 200, "application/octet-stream", given) : json(given);
  if (name.startsWith("/api/") || name.startsWith("/acts/") || name.startsWith("/board/") || name === "/receipts.txt") {
    return api(state, name.replace("/api/v1", ""), { request, response, json, problem, read, body });
  }
  return file(state, response, name);
}

function api(state, path, { request, response, json, problem, read, body }) {
  const entered = { session: `${"S".repeat(50)}${String(state.log.length).padStart(4, "0")}`, expires: 0, remaining: state.remaining };
  const kdf = { salt: "A".repeat(22), memory_kib: 19456, passes: 2, lanes: 1 };
  const octets = (bytes) => send(response, 200, "application/octet-stream", bytes);
  if (path.startsWith("/record/")) {
    const text = { "manifest.bin": state.manifest, "roll.bin": JSON.stringify({ ...state.policies, own: state.own ?? state.contests }) }[path.slice(8)] ?? "x";
    return octets(Buffer.from(text));
  }
  switch (path) {
    case "/election":
      return json({
        election_id: ELECTION, manifest_hash: "a7".repeat(32), roll_id: "b0".repeat(32), title: "Elección de una Senaduría de Mayoría Relativa en el Estado de Nayarit",
        binding: true, test: state.test, rehearsal: false, phase: state.phase, now: 1638300000,
        calendar: { voting_start: 1638064800, voting_close: 1638752400, reception_end: 1638754200, contact_updates_until: 1638400000 }, session_minutes: 30, kdf,
      });
    case "/access/link":
      return read().token === "used" ? problem("link", 401) : json({ attempt: "a1", user: "23456-cfhkm-rtx22" });
    case "/access/digits":
      return read().digits === "4821" ? json({ attempt: "a2", factors: ["totp", "sms"], authenticator: false }) : problem("digits", 401);
    case "/access/kdf":
      return json(kdf);
    case "/access/login":
      return read().user === "locked" ? problem("locked", 429, 900) : json({ attempt: "l1", factors: ["totp", "sms"], authenticator: state.enrolled });
    case "/access/recover":
      return send(response, 202, "text/plain", "");
    case "/access/recover-code":
      return read().code === "123456" ? json({ attempt: "r1", factors: ["totp", "sms"], authenticator: true }) : problem("code", 401);
    case "/access/factor": {
      const { attempt, factor } = read();
      const enrols = factor === "totp" && attempt === "a2";
      return json({ attempt: `${attempt}-${factor}`, sms: factor === "sms" || enrols, ...(enrols ? { secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri: "otpauth://totp/Voto:23456-cfhkm-rtx22?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Voto" } : {}) });
    }
    case "/access/code": {
      const { attempt, code } = read();
      if (code !== "123456") return problem("code", 401);
      return attempt.startsWith("l1") ? json(entered) : json({ attempt: "p1", user: "23456-cfhkm-rtx22", ...kdf });
    }
    case "/access/password":
      return json(entered);
    case "/session":
      if (request.method === "DELETE") return send(response, 204, "text/plain", "");
      return json({ expires: 0, remaining: state.remaining, grace: false, list: 0, style: 0, unit: 0, contests: state.contests.map((contest) => ({ contest, cast: state.cast.has(contest) })) });
    case "/session/half":
      return octets(Buffer.alloc(108, 1));
    case "/lists/0":
      return json({ keys: 40, buckets: 4, base: "", root: "", first: [] });
    case "/lists/0/2":
      return json({ keys: [], path: [] });
    case "/acts/checkpoint":
      return octets(Buffer.from(state.witnesses ? "log\n2\nroot\n" : ""));
    case "/session/ballots":
      return ballot(state, { response, problem, body });
    case "/recorded":
      return json({ recorded: state.accepted.length > 0 });
    case "/receipts.txt":
      return state.published ? send(response, 200, "text/plain", `escrutinio/receipts/v1\n${ELECTION}\n${state.receipts ?? ""}`) : problem("not-found", 404);
    default:
      return octets(Buffer.from("log\n3\nroot\n"));
  }
}

function ballot(state, { response, problem, body }) {
  const same = state.accepted.find((one) => one.equals(body));
  const receipt = (good) => send(response, 200, "text/plain; charset=utf-8", good ? RECEIPT : RECEIPT.replace("good", "bad"));
  const contest = body[0];
  if (same) return receipt(true);
  const mood = state.ballots.shift() ?? "ok";
  if (mood === "ok" || mood === "lose" || mood === "lie") {
    if (state.cast.has(contest)) return problem("already-voted", 409);
    state.cast.add(contest);
    state.accepted.push(body);
  }
  if (mood === "ok") return receipt(true);
  if (mood === "lie") return receipt(false);
  if (mood === "lose" || mood === "drop") return response.destroy();
  const [name, status, seconds] = { busy: ["busy", 503, 1], slow: ["storage", 503, 4], expired: ["session-expired", 401], closed: ["closed", 403], already: ["already-voted", 409], proof: ["ballot-proof", 422] }[mood];
  return problem(name, status, seconds);
}

async function file(state, response, name) {
  const path = normalize(name === "/" ? "/index.html" : name);
  // The page's cryptography is another's concern: here is what stands in for it.
  const root = state.real.file?.(path) ?? (path === "/src/crypto.js" || path === "/src/election.js" ? join(HERE, path.slice(5)) : join(WEB, path));
  if (path === "/config.json") {
    return send(response, 200, "application/json", JSON.stringify({ server: "", election: state.real.election ?? ELECTION, help: { name: "INETEL", phone: "+1 866 986 8306", mail: "ayuda@voto.example" }, record: "/record" }));
  }
  if (path === "/client.manifest") return send(response, 200, "text/plain", "escrutinio/client/v1\n");
  try {
    if (extname(root) === ".html") response.setHeader("x-document", state.caching);
    return send(response, 200, TYPES[extname(root)] ?? "application/octet-stream", await readFile(root));
  } catch {
    return send(response, 404, "text/plain", "none");
  }
}

function send(response, status, type, content) {
  const caching = response.getHeader("x-document") ?? "no-store";
  response.writeHead(status, {
    "content-type": type, "content-security-policy": POLICY, "cache-control": caching, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
  });
  response.end(content);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { base } = await serve(Number(process.env.PORT ?? 8090));
  console.log(`${base}/#half.token`);
}
