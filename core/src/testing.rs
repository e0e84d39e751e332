//! Example elections for tests and demonstrations. Every secret key here follows from a
//! published label: no real election can use them.
//!
//! Names of persons are placeholders.

pub mod fields;
pub mod forgery;
pub mod rehearsal;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::hash::tagged_hash;
use crate::manifest::{
    Baseline, BlankVote, Calendar, Candidacy, CloseMode, Coalition, Common, Contest, ContestKind, Custodian,
    CustodianSelection, Custody, Enrolment, Formula, GeoGate, HashFunction, Holder, InvalidCombination, ListKey,
    Manifest, Official, Party, Policies, Scope, SecondFactor, Sites, Style, Unit, WriteIn, Zone, all_combinations,
};
use crate::secret::SecretBytes;
use crate::signature::SigningKey;

/// The signing keys of everyone in an example election.
#[derive(Debug)]
pub struct Keys {
    /// How many custodians open the box.
    pub threshold: u32,
    /// How many must be left after the key ceremony; the threshold, unless changed.
    pub minimum: u32,
    /// The custodians' keys.
    pub custodians: Vec<SigningKey>,
    /// The registrar's.
    pub registrar: SigningKey,
    /// The server's.
    pub server: SigningKey,
    /// The log's.
    pub log: SigningKey,
    /// The witnesses'.
    pub witnesses: Vec<SigningKey>,
}

impl Keys {
    /// `threshold` of `custodians`, and two witnesses.
    #[must_use]
    pub fn new(threshold: u32, custodians: u32) -> Self {
        Self {
            threshold,
            minimum: threshold,
            custodians: (1..=custodians).map(|i| signing_key(&format!("custodian {i}"))).collect(),
            registrar: signing_key("registrar"),
            server: signing_key("server"),
            log: signing_key("log"),
            witnesses: (1..=2).map(|i| signing_key(&format!("witness {i}"))).collect(),
        }
    }
}

/// The signing key that follows from a name.
#[must_use]
pub fn signing_key(name: &str) -> SigningKey {
    SigningKey::from_seed(&SecretBytes::new(tagged_hash("testing-key", &[name.as_bytes()])))
}

/// The extraordinary senate election of Nayarit 2021: seven parties, one coalition of
/// three, 13 options, a sealed write-in of three points, one list.
#[must_use]
pub fn nayarit(keys: &Keys) -> Manifest {
    let mut contest = contest("Senaduría de Mayoría Relativa", ContestKind::Senate);
    contest.entity = "Nayarit".into();
    contest.legend = "Nayaritas residentes en el extranjero".into();
    contest.parties = (0..7).collect();
    contest.coalitions = vec![coalition("Juntos Hacemos Historia en Nayarit", &[3, 4, 6])];
    let mut manifest = base(keys, national_parties(), vec![contest]);
    manifest.process = "Proceso Electoral Federal Extraordinario Nayarit 2021".into();
    manifest.title = "Elección extraordinaria de una Senaduría de Mayoría Relativa en Nayarit".into();
    manifest.max_voters = 551;
    manifest.units = units(&["Nayarit"]);
    manifest.lists = all_lists(&manifest);
    finish(manifest)
}

/// The presidency 2024: two coalitions of three, 17 options, four units.
#[must_use]
pub fn presidency(keys: &Keys) -> Manifest {
    let mut manifest = base(keys, national_parties(), vec![presidency_contest()]);
    manifest.process = "Proceso Electoral Federal 2023-2024".into();
    manifest.title = "Presidencia de los Estados Unidos Mexicanos".into();
    manifest.max_voters = 200_000;
    manifest.calendar.voting_start = 1_716_084_000;
    manifest.calendar.voting_close = 1_717_372_800;
    manifest.calendar.reception_end = 1_717_374_600;
    manifest.units = units(&["Otras entidades", "Jalisco", "Nayarit", "Zacatecas"]);
    manifest.lists = all_lists(&manifest);
    finish(manifest)
}

/// A small vote: `candidates` independents and null, no write-in, one list. With three
/// custodians of whom two are needed, the vote of a school.
#[must_use]
pub fn small(keys: &Keys, candidates: u32) -> Manifest {
    let mut contest = contest("Sociedad de alumnos", ContestKind::Other);
    contest.write_in = WriteIn::None;
    contest.independents = (1..=candidates).map(|i| format!("Planilla {i}")).collect();
    let mut manifest = base(keys, Vec::new(), vec![contest]);
    manifest.text_points = 0;
    manifest.min_group = 1;
    manifest.max_voters = 1000;
    finish(manifest)
}

/// A question with the answers yes and no.
#[must_use]
pub fn consultation(keys: &Keys) -> Manifest {
    finish(base(keys, Vec::new(), vec![consultation_contest()]))
}

/// Four contests at once: the presidency; a senate with two formulas per space and an
/// independent; a governorship with a coalition of four, a candidatura común and local
/// parties; a consultation. Two styles, three units.
#[must_use]
pub fn several(keys: &Keys) -> Manifest {
    let mut senate = contest("Senadurías", ContestKind::Senate);
    senate.parties = (0..7).collect();
    senate.independents = vec!["Independiente Uno".into()];
    senate.write_in = WriteIn::Disclose;

    let mut governorship = contest("Gubernatura", ContestKind::Governorship);
    governorship.scope = Scope::Local;
    governorship.entity = "Estado".into();
    governorship.parties = (0..9).collect();
    governorship.coalitions = vec![coalition("Va por el Estado", &[0, 1, 2, 7])];
    governorship.commons = vec![Common { name: "Juntos por el Estado".into(), parties: vec![3, 4, 6] }];
    governorship.write_in = WriteIn::CountOnly;

    let mut parties = national_parties();
    parties.extend([party("LOCAL A", Scope::Local), party("LOCAL B", Scope::Local)]);
    let contests = vec![presidency_contest(), senate, governorship, consultation_contest()];
    let mut manifest = base(keys, parties, contests);
    manifest.styles = vec![
        Style { name: "Federal".into(), contests: vec![0, 1, 3] },
        Style { name: "Federal y local".into(), contests: vec![0, 1, 2, 3] },
    ];
    manifest.units = units(&["Otras entidades", "Estado", "Municipio"]);
    manifest.lists = vec![list(0, 0), list(0, 2), list(1, 1), list(1, 2)];
    let mut manifest = finish(manifest);
    for candidacy in
        manifest.contests.iter_mut().filter(|c| c.kind == ContestKind::Senate).flat_map(|c| &mut c.candidacies)
    {
        let second = candidacy
            .formulas
            .iter()
            .map(|f| Formula { owner: format!("{} (segunda fórmula)", f.owner), substitute: String::new() });
        let second: Vec<Formula> = second.collect();
        candidacy.formulas.extend(second);
    }
    manifest
}

/// A coalition with every combination of its parties.
#[must_use]
pub fn coalition(name: &str, parties: &[u32]) -> Coalition {
    Coalition {
        name: name.into(),
        parties: parties.to_vec(),
        combinations: all_combinations(parties).unwrap_or_default(),
    }
}

/// Fills in candidacies and options, in their order, from the rest of the manifest.
#[must_use]
pub fn finish(mut manifest: Manifest) -> Manifest {
    let contests: Vec<Contest> = manifest.contests.clone();
    manifest.contests = contests
        .into_iter()
        .map(|mut contest| {
            contest.candidacies = candidacies(&contest);
            contest.options = manifest.derive_options(&contest);
            contest
        })
        .collect();
    manifest
}

/// A national or local party with a colour and no emblem.
#[must_use]
pub fn party(short: &str, scope: Scope) -> Party {
    let [red, green, blue, ..] = tagged_hash("testing-colour", &[short.as_bytes()]);
    Party { short: short.into(), name: format!("Partido {short}"), colour: [red, green, blue], emblem: None, scope }
}

/// A credential list without exceptions.
#[must_use]
pub fn list(style: u32, unit: u32) -> ListKey {
    ListKey { style, unit, small_exception: false }
}

/// A contest with a sealed write-in and nobody who stands yet.
#[must_use]
pub fn contest(name: &str, kind: ContestKind) -> Contest {
    Contest {
        name: name.into(),
        kind,
        scope: Scope::Federal,
        entity: "México".into(),
        office: name.into(),
        legend: "Mexicanas y mexicanos residentes en el extranjero".into(),
        offer_source: "Oficio de prueba 1".into(),
        write_in: WriteIn::Sealed,
        parties: Vec::new(),
        coalitions: Vec::new(),
        commons: Vec::new(),
        independents: Vec::new(),
        answers: Vec::new(),
        candidacies: Vec::new(),
        options: Vec::new(),
    }
}

fn presidency_contest() -> Contest {
    let mut contest = contest("Presidencia de la República", ContestKind::Presidency);
    contest.parties = (0..7).collect();
    contest.coalitions =
        vec![coalition("Fuerza y Corazón por México", &[0, 1, 2]), coalition("Sigamos Haciendo Historia", &[3, 4, 6])];
    contest
}

fn consultation_contest() -> Contest {
    let mut contest = contest("Consulta popular", ContestKind::Consultation);
    contest.office = "¿Está usted de acuerdo?".into();
    contest.write_in = WriteIn::None;
    contest.answers = vec!["Sí".into(), "No".into()];
    contest
}

fn national_parties() -> Vec<Party> {
    ["PAN", "PRI", "PRD", "PVEM", "PT", "MC", "MORENA"].map(|short| party(short, Scope::Federal)).to_vec()
}

fn units(names: &[&str]) -> Vec<Unit> {
    let unit = |(i, name): (usize, &&str)| Unit {
        name: name.to_string(),
        entity: name.to_string(),
        merge_into: (i > 0).then_some(0),
    };
    names.iter().enumerate().map(unit).collect()
}

/// One list per style and unit.
fn all_lists(manifest: &Manifest) -> Vec<ListKey> {
    let styles = (0..).zip(&manifest.styles).map(|(style, _)| style);
    styles.flat_map(|style| (0..).zip(&manifest.units).map(move |(unit, _)| list(style, unit))).collect()
}

fn candidacies(contest: &Contest) -> Vec<Candidacy> {
    let alone = |party: &u32| contest.coalition_of(*party).is_none() && contest.common_of(*party).is_none();
    (contest.parties.iter().copied().filter(alone).map(Holder::Party))
        .chain((0..).zip(&contest.coalitions).map(|(i, _)| Holder::Coalition(i)))
        .chain((0..).zip(&contest.commons).map(|(i, _)| Holder::Common(i)))
        .chain((0..).zip(&contest.independents).map(|(i, _)| Holder::Independent(i)))
        .map(|holder| Candidacy {
            holder,
            formulas: vec![Formula { owner: format!("Propietaria de {holder:?}"), substitute: "Pendiente".into() }],
        })
        .collect()
}

fn base(keys: &Keys, parties: Vec<Party>, contests: Vec<Contest>) -> Manifest {
    let official = |name: &str, key: &SigningKey| Official { name: name.into(), key: key.verifying_key() };
    let all = (0..).zip(&contests).map(|(contest, _)| contest).collect();
    Manifest {
        process: "Proceso de prueba".into(),
        title: "Elección de prueba".into(),
        authority: "INE/CG1617/2021".into(),
        template: "Formato 1, aprobado el 17 de noviembre de 2021".into(),
        binding: false,
        pilot: false,
        test: true,
        max_voters: 10_000,
        official_zone: Zone { name: "America/Mexico_City".into(), offset_minutes: -360 },
        governing_zone: Zone { name: "America/Mazatlan".into(), offset_minutes: -420 },
        calendar: calendar(),
        sites: Sites { operations: "Oficinas centrales".into(), board: "Recinto del Consejo Local".into() },
        policies: policies(),
        min_group: 2,
        text_points: 3,
        parties,
        contests,
        styles: vec![Style { name: "Única".into(), contests: all }],
        units: units(&["Extranjero"]),
        lists: vec![list(0, 0)],
        threshold: keys.threshold,
        minimum_custodians: keys.minimum,
        credential_mixes: keys.threshold,
        few_mixes: false,
        custodians: (1..)
            .zip(&keys.custodians)
            .map(|(i, key): (u32, _)| Custodian {
                name: format!("Custodia {i}"),
                designation: format!("Acuerdo {i}"),
                key: key.verifying_key(),
            })
            .collect(),
        registrar: official("Registro", &keys.registrar),
        server: official("Servidor", &keys.server),
        log: official("urna.example", &keys.log),
        witnesses: (1..)
            .zip(&keys.witnesses)
            .map(|(i, key): (u32, _)| official(&format!("testigo{i}.example"), key))
            .collect(),
        witness_quorum: if keys.witnesses.is_empty() {
            0
        } else {
            u32::try_from(keys.witnesses.len() / 2).unwrap_or(0) + 1
        },
        client_hash: None,
    }
}

/// The dates of Nayarit 2021.
fn calendar() -> Calendar {
    Calendar {
        simulacro_start: 1_636_956_000,
        simulacro_end: 1_637_388_000,
        formats_approved: 1_637_128_800,
        custodians_designated: 1_637_128_800,
        roll_delivered: 1_637_560_800,
        offer_ratified: 1_637_647_200,
        roll_loaded: 1_637_820_000,
        addenda: 1_637_906_400,
        accounts_sent: 1_637_906_400,
        preparation: 1_637_992_800,
        contact_updates_until: 1_638_424_800,
        voting_start: 1_638_064_800,
        board_installed: 1_638_748_800,
        voting_close: 1_638_752_400,
        reception_end: 1_638_754_200,
    }
}

/// The rules of LOVEI.
fn policies() -> Policies {
    Policies {
        blank_vote: BlankVote::Forbid,
        invalid_combination: InvalidCombination::Forbid,
        close_mode: CloseMode::Grace,
        grace_minutes: 30,
        session_minutes: 30,
        custody: Custody::ShareFile,
        custodian_selection: CustodianSelection::QuorumPresent,
        geo_gate: GeoGate::Off,
        enrolment: Enrolment::LinkThenPassword,
        second_factor: SecondFactor::TotpAndSms,
        hash: HashFunction::Sha256,
        baseline: Baseline::PostSimulacro,
    }
}
