/**
 * Marks on the ballot. What they stand for the core says (`optionOfMarks`), by the verified manifest;
 * here is only what a tap does, and which words explain a refusal.
 */

/** @typedef {import("./crypto.js").Contest} Contest */
/** @typedef {import("./crypto.js").Space} Space */
/** @typedef {import("./crypto.js").Resolution} Resolution */
/** @typedef {import("./crypto.js").Mark} Mark */

/**
 * What an option is called where people read it: the parties of a combination apart. Every other name stays as it is.
 * @param {Contest} contest
 * @param {number | undefined} option
 * @param {string | undefined} name as the acta has it
 */
export function called(contest, option, name = "") {
  return contest.options.some(({ index, kind }) => index === option && kind === "combination") ? name.split("-").join(" + ") : name;
}

/** Whether a space excludes every other one whatever the coalitions are. @param {Space} space */
export function exclusive(space) {
  return space.kind === "null" || space.kind === "write-in";
}

/**
 * What a tap on a space does. Null and an unregistered name exclude everything else: marking one
 * takes the other marks away, and the page says so (R-BAL-26). Marks of parties stay as they are,
 * allied or not: whoever marks a wrong combination is told why and chooses again (R-BAL-23).
 * @param {Contest} contest
 * @param {ReadonlySet<Mark>} marked
 * @param {Space} space
 * @returns {{ marked: Set<Mark>, cleared: Space[] }}
 */
export function toggle(contest, marked, space) {
  const next = new Set(marked);
  if (next.delete(space.mark)) return { marked: next, cleared: [] };
  const cleared = spacesOf(contest, next).filter((other) => exclusive(space) || exclusive(other));
  for (const other of cleared) next.delete(other.mark);
  next.add(space.mark);
  return { marked: next, cleared };
}

/** @param {Contest} contest @param {ReadonlySet<Mark>} marked @returns {Space[]} in the ballot's order */
export function spacesOf(contest, marked) {
  return contest.spaces.filter((space) => marked.has(space.mark));
}

/**
 * Marked spaces that belong together, for an explanation: those of one coalition, or one by itself.
 * @typedef {{ coalition: string | null, spaces: Space[] }} Group
 *
 * @param {Contest} contest
 * @param {NonNullable<Resolution['marks']>} marks of a refusal
 * @returns {Group[]}
 */
export function groupsOf(contest, marks) {
  /** @type {Map<number | string, Group>} */
  const groups = new Map();
  for (const { mark, coalition } of marks) {
    const space = contest.spaces.find((one) => one.mark === mark);
    if (!space) continue;
    const name = coalition === null ? null : (contest.coalitions.find((one) => one.index === coalition)?.name ?? null);
    const key = coalition ?? mark;
    const group = groups.get(key) ?? { coalition: name, spaces: [] };
    group.spaces.push(space);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/**
 * Who the marks count for: the candidacy of any of the spaces, as all of them are one coalition's.
 * @param {Contest} contest
 * @param {ReadonlySet<Mark>} marked
 */
export function formulasOf(contest, marked) {
  return spacesOf(contest, marked)[0]?.formulas ?? [];
}
