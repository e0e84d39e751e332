/** An invented election for what needs no browser: the form in which `crypto.open` says it. */

export const ELECTION = "e1".repeat(32);

const PARTIES = [
  ["ALBA", "Partido Alba", "#0b4ea2"], ["BRISA", "Partido Brisa", "#b3202a"], ["CEDRO", "Partido Cedro", "#f2c400"],
  ["DUNA", "Partido Duna", "#2f8f3a"], ["ENCINO", "Partido Encino", "#d8352a"], ["FARO", "Movimiento Faro", "#f08a1d"],
  ["GIRASOL", "Girasol", "#7a2230"],
].map(([short, name, colour], index) => ({ index, short, name, colour, emblem: null, scope: "national" }));

const combinations = (list) => {
  const sets = [];
  for (let bits = 1; bits < 2 ** list.length; bits += 1) {
    const set = list.filter((_, at) => (bits >> at) & 1);
    if (set.length > 1) sets.push(set);
  }
  return sets.sort((a, b) => b.length - a.length || a.join().localeCompare(b.join()));
};

/** @param {object} what */
function contest({ index, name, kind = "senate", entity, office, legend, parties, coalitions = [], commons = [], independents = [], answers = [], writeIn = true, people = {} }) {
  const inCommon = (party) => commons.find((one) => one.parties.includes(party));
  const spaces = [];
  for (const party of parties) {
    const common = inCommon(party);
    if (common) {
      if (common.parties[0] === party) spaces.push({ mark: `common:${commons.indexOf(common)}`, kind: "common", name: common.name, parties: common.parties, coalition: null, coalitionName: "", formulas: common.formulas });
      continue;
    }
    const at = coalitions.findIndex((one) => one.parties.includes(party));
    const coalition = coalitions[at];
    spaces.push({ mark: `party:${party}`, kind: "party", name: PARTIES[party].name, parties: [party], coalition: coalition ? at : null, coalitionName: coalition?.name ?? "", formulas: coalition?.formulas ?? people[party] ?? [] });
  }
  independents.forEach((formula, at) => spaces.push({ mark: `independent:${at}`, kind: "independent", name: formula.owner, parties: [], coalition: null, coalitionName: "", formulas: [formula] }));
  answers.forEach((answer, at) => spaces.push({ mark: `answer:${at}`, kind: "answer", name: answer, parties: [], coalition: null, coalitionName: "", formulas: [] }));
  const options = spaces.map((space) => ({ kind: space.kind, name: space.kind === "party" ? PARTIES[space.parties[0]].short : space.name, marks: [space.mark] }));
  const withSets = coalitions.map((coalition, at) => ({ index: at, name: coalition.name, parties: coalition.parties, combinations: combinations(coalition.parties).map((set) => set.map((party) => `party:${party}`)) }));
  for (const coalition of withSets) {
    for (const marks of coalition.combinations) options.push({ kind: "combination", name: marks.map((mark) => PARTIES[mark.slice(6)].short).join("-"), marks });
  }
  if (writeIn) {
    spaces.push({ mark: "write-in", kind: "write-in", name: "", parties: [], coalition: null, coalitionName: "", formulas: [] });
    options.push({ kind: "write-in", name: "Candidaturas no registradas", marks: ["write-in"] });
  }
  spaces.push({ mark: "null", kind: "null", name: "", parties: [], coalition: null, coalitionName: "", formulas: [] });
  options.push({ kind: "null", name: "Votos nulos", marks: ["null"] });
  return {
    index, name, kind, scope: "federal", entity, office, legend, writeIn: writeIn ? "sealed" : "none", textBytes: writeIn ? 48 : 0, spaces, coalitions: withSets,
    options: options.map((option, at) => ({ index: at, ...option })), ballotBytes: 1600,
  };
}

const allied = [{ owner: "María Elena Sandoval Ibáñez", substitute: "Rosa Núñez del Ángel" }];
const people = {
  0: [{ owner: "Juan Carlos Ñandú Peñaloza", substitute: "Luis Ocaña Rentería" }],
  1: [{ owner: "Guadalupe Xóchitl Montes de Oca y Villaseñor", substitute: "Ana Lía Güereca Cárdenas" }],
  2: [{ owner: "Tomás Arriaga Soto", substitute: "Iván Lara Pech" }],
  5: [{ owner: "Ignacio Robles Chan", substitute: "Sofía Ek Balam" }],
};

export const INFO = {
  electionId: ELECTION, manifestHash: "a7".repeat(32), rollId: "b0".repeat(32),
  process: "Proceso Electoral Federal Extraordinario",
  title: "Elección de una Senaduría de Mayoría Relativa en el Estado de Nayarit", authority: "Acuerdo de prueba",
  binding: true, pilot: false, test: false, clientHash: null,
  officialZone: { name: "America/Mexico_City", offsetMinutes: -360 }, governingZone: { name: "America/Mazatlan", offsetMinutes: -420 },
  calendar: { votingStart: 1638064800, votingClose: 1638752400, receptionEnd: 1638754200, contactUpdatesUntil: 1638400000 },
  policies: { blankVote: "forbid", invalidCombination: "forbid", closeMode: "grace", graceMinutes: 30, sessionMinutes: 30 },
  minGroup: 10, people: { threshold: 3, custodians: [], registrar: "Registro", server: "Servidor", log: "Bitácora", witnesses: [], witnessQuorum: 0, mixes: 3 },
  parties: PARTIES,
  contests: [
    contest({
      index: 0, name: "Senaduría", entity: "Nayarit", office: "Senaduría de Mayoría Relativa", legend: "Nayaritas residentes en el extranjero",
      parties: [0, 1, 2, 3, 4, 5, 6], people, coalitions: [{ name: "Juntas y Juntos por Nayarit", parties: [3, 4, 6], formulas: allied }],
    }),
    contest({
      index: 1, name: "Gubernatura", kind: "governorship", entity: "Nayarit", office: "Gubernatura del Estado", legend: "Nayaritas residentes en el extranjero",
      parties: [0, 1, 2, 3, 4, 5, 6], people: { 2: people[2], 5: people[5], 6: [{ owner: "Olga Ruiz Mora", substitute: "" }] },
      coalitions: [{ name: "Va por Todos", parties: [0, 1], formulas: [{ owner: "Carmen Ávila Luján", substitute: "" }] }],
      commons: [{ name: "Candidatura común Duna y Encino", parties: [3, 4], formulas: [{ owner: "Raúl Ibarra Toledo", substitute: "" }] }],
      independents: [{ owner: "Benito Cruz Salgado", substitute: "" }],
    }),
  ],
  styles: [{ name: "Nayarit", contests: [0, 1] }], units: [{ name: "Extranjero", entity: "Nayarit" }], lists: [{ style: 0, unit: 0, keys: 551 }],
};
