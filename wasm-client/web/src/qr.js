/**
 * QR codes (ISO/IEC 18004), model 2, error correction M or L, bytes and digits. Nothing more is needed
 * here, so it is small enough to be read whole; the tests compare it with matrices of another encoder.
 */

/** @typedef {{ size: number, modules: Uint8Array }} Matrix row by row, 1 is dark; without the margin */
/** @typedef {"L" | "M"} Level */

/** Per version from 1: codewords of error correction in a block, and number of blocks. */
const CORRECTION = {
  L: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30],
  M: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28],
};
const BLOCKS = {
  L: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25],
  M: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
};
const LEVEL_BITS = { L: 1, M: 0 };

/** @param {number} version @returns {number[]} where the centres of the alignment patterns are */
function alignment(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const places = [6];
  for (let at = version * 4 + 10; places.length < count; at -= step) places.splice(1, 0, at);
  return places;
}

/** @param {number} version @returns {number} codewords of data and correction together */
function codewords(version) {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const count = Math.floor(version / 7) + 2;
    bits -= (25 * count - 10) * count - 55;
    if (version >= 7) bits -= 36;
  }
  return Math.floor(bits / 8);
}

/** @param {number} version @param {Level} level */
function capacity(version, level) {
  return codewords(version) - CORRECTION[level][version - 1] * BLOCKS[level][version - 1];
}

/** Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. @param {number} a @param {number} b */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    if ((b >>> bit) & 1) product ^= a;
  }
  return product;
}

/** @param {number} degree @returns {number[]} coefficients of the generator below the leading one */
function generator(degree) {
  const polynomial = new Array(degree).fill(0);
  polynomial[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i += 1) {
    for (let j = 0; j < degree; j += 1) {
      polynomial[j] = times(polynomial[j], root) ^ (polynomial[j + 1] ?? 0);
    }
    root = times(root, 2);
  }
  return polynomial;
}

/** @param {number[]} data @param {number[]} divisor */
function remainder(data, divisor) {
  const rest = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    divisor.forEach((coefficient, at) => { rest[at] ^= times(coefficient, factor); });
  }
  return rest;
}

/** A segment: its mode, how many symbols it has, and their bits. @typedef {{ mode: 1 | 4, count: number, bits: number[] }} Segment */

/** @param {number[]} bits @param {number} value @param {number} length */
function put(bits, value, length) {
  for (let at = length - 1; at >= 0; at -= 1) bits.push((value >>> at) & 1);
}

/** @param {string} text @returns {Segment[]} a long row of digits at the end stands by itself, in less than half the room */
function segments(text) {
  const digits = /\d{12,}$/.exec(text)?.[0] ?? "";
  /** @type {Segment[]} */
  const all = [];
  const bytes = new TextEncoder().encode(text.slice(0, text.length - digits.length));
  if (bytes.length > 0 || digits === "") {
    /** @type {number[]} */
    const bits = [];
    bytes.forEach((byte) => put(bits, byte, 8));
    all.push({ mode: 4, count: bytes.length, bits });
  }
  if (digits !== "") {
    /** @type {number[]} */
    const bits = [];
    for (const group of digits.match(/\d{1,3}/g) ?? []) put(bits, Number(group), group.length * 3 + 1);
    all.push({ mode: 1, count: digits.length, bits });
  }
  return all;
}

/** Bits of the number of symbols. @param {Segment['mode']} mode @param {number} version */
function countBits(mode, version) {
  const size = version <= 9 ? 0 : version <= 26 ? 1 : 2;
  return mode === 1 ? [10, 12, 14][size] : [8, 16, 16][size];
}

/**
 * @param {string} text
 * @param {Level} [level]
 * @param {number} [mask] from 0 to 7; otherwise the one that is easiest to read
 * @returns {Matrix | null} null if it is too long for any version
 */
export function qr(text, level = "M", mask) {
  const parts = segments(text);
  for (let version = 1; version <= 40; version += 1) {
    const used = parts.reduce((sum, part) => sum + 4 + countBits(part.mode, version) + part.bits.length, 0);
    const room = capacity(version, level) * 8;
    const fits = parts.every((part) => part.count < 2 ** countBits(part.mode, version));
    if (used <= room && fits) return draw(version, level, interleave(version, level, payload(parts, version, room)), mask);
  }
  return null;
}

/** @param {Segment[]} parts @param {number} version @param {number} room in bits @returns {number[]} codewords of data */
function payload(parts, version, room) {
  /** @type {number[]} */
  const bits = [];
  for (const part of parts) {
    put(bits, part.mode, 4);
    put(bits, part.count, countBits(part.mode, version));
    for (const bit of part.bits) bits.push(bit);
  }
  put(bits, 0, Math.min(4, room - bits.length));
  put(bits, 0, (8 - (bits.length % 8)) % 8);
  const bytes = [];
  for (let at = 0; at < bits.length; at += 8) bytes.push(bits.slice(at, at + 8).reduce((byte, bit) => (byte << 1) | bit, 0));
  for (let pad = 0xec; bytes.length < room / 8; pad ^= 0xec ^ 0x11) bytes.push(pad);
  return bytes;
}

/** @param {number} version @param {Level} level @param {number[]} data @returns {number[]} */
function interleave(version, level, data) {
  const blocks = BLOCKS[level][version - 1];
  const correction = CORRECTION[level][version - 1];
  const total = codewords(version);
  const short = blocks - (total % blocks);
  const length = Math.floor(total / blocks) - correction;
  const divisor = generator(correction);
  const split = [];
  for (let block = 0, at = 0; block < blocks; block += 1) {
    const part = data.slice(at, at + length + (block < short ? 0 : 1));
    at += part.length;
    split.push({ part, check: remainder(part, divisor) });
  }
  const out = [];
  for (let at = 0; at <= length; at += 1) for (const { part } of split) if (at < part.length) out.push(part[at]);
  for (let at = 0; at < correction; at += 1) for (const { check } of split) out.push(check[at]);
  return out;
}

/** The patterns that a mask turns over, by row and column. @type {((y: number, x: number) => boolean)[]} */
const MASKS = [
  (y, x) => (x + y) % 2 === 0,
  (y) => y % 2 === 0,
  (_, x) => x % 3 === 0,
  (y, x) => (x + y) % 3 === 0,
  (y, x) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (y, x) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (y, x) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (y, x) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** @param {number} version @param {Level} level @param {number[]} words @param {number} [wanted] @returns {Matrix} */
function draw(version, level, words, wanted) {
  const size = version * 4 + 17;
  const modules = new Uint8Array(size * size);
  const fixed = new Uint8Array(size * size);
  const set = (/** @type {number} */ x, /** @type {number} */ y, /** @type {boolean | number} */ dark) => {
    modules[y * size + x] = dark ? 1 : 0;
    fixed[y * size + x] = 1;
  };
  for (let at = 0; at < size; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let dy = -4; dy <= 4; dy += 1) {
      for (let dx = -4; dx <= 4; dx += 1) {
        const far = Math.max(Math.abs(dx), Math.abs(dy));
        if (x + dx >= 0 && x + dx < size && y + dy >= 0 && y + dy < size) set(x + dx, y + dy, far !== 2 && far !== 4);
      }
    }
  }
  const centres = alignment(version);
  const end = centres.length - 1;
  centres.forEach((x, i) => centres.forEach((y, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === end) || (i === end && j === 0)) return;
    for (let dy = -2; dy <= 2; dy += 1) {
      for (let dx = -2; dx <= 2; dx += 1) set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }));
  if (version >= 7) {
    let rest = version;
    for (let i = 0; i < 12; i += 1) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let i = 0; i < 18; i += 1) {
      const bit = (bits >>> i) & 1;
      const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
      set(a, b, bit);
      set(b, a, bit);
    }
  }
  const format = (/** @type {number} */ mask) => {
    const data = (LEVEL_BITS[level] << 3) | mask;
    let rest = data;
    for (let i = 0; i < 10; i += 1) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (/** @type {number} */ at) => (bits >>> at) & 1;
    for (let i = 0; i <= 5; i += 1) set(8, i, bit(i));
    set(8, 7, bit(6));
    set(8, 8, bit(7));
    set(7, 8, bit(8));
    for (let i = 9; i < 15; i += 1) set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i += 1) set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i += 1) set(8, size - 15 + i, bit(i));
    set(8, size - 8, 1);
  };
  format(0);
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
        if (fixed[y * size + x]) continue;
        modules[y * size + x] = at < words.length * 8 ? (words[at >>> 3] >>> (7 - (at & 7))) & 1 : 0;
        at += 1;
      }
    }
  }
  const turn = (/** @type {number} */ mask) => {
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) if (!fixed[y * size + x] && MASKS[mask](y, x)) modules[y * size + x] ^= 1;
    }
  };
  let best = wanted ?? 0;
  let least = Infinity;
  for (let mask = 0; mask < 8 && wanted === undefined; mask += 1) {
    turn(mask);
    format(mask);
    const cost = penalty(modules, size);
    if (cost < least) [best, least] = [mask, cost];
    turn(mask);
  }
  turn(best);
  format(best);
  return { size, modules };
}

/** How hard a matrix is to read. @param {Uint8Array} modules @param {number} size */
export function penalty(modules, size) {
  let cost = 0;
  let dark = 0;
  for (const line of [0, 1]) {
    for (let a = 0; a < size; a += 1) {
      const row = [];
      for (let b = 0; b < size; b += 1) row.push(line === 0 ? modules[a * size + b] : modules[b * size + a]);
      const text = row.join("");
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) cost += run.length - 2;
      for (const pattern of ["10111010000", "00001011101"]) {
        for (let from = text.indexOf(pattern); from >= 0; from = text.indexOf(pattern, from + 1)) cost += 40;
      }
      if (line === 0) dark += row.filter(Boolean).length;
    }
  }
  for (let y = 0; y + 1 < size; y += 1) {
    for (let x = 0; x + 1 < size; x += 1) {
      const i = y * size + x;
      if (modules[i] === modules[i + 1] && modules[i] === modules[i + size] && modules[i] === modules[i + size + 1]) cost += 3;
    }
  }
  return cost + Math.floor(Math.abs((dark / (size * size)) * 100 - 50) / 5) * 10;
}
