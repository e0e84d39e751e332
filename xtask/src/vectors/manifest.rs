//! `manifest.json`: identifiers, shapes, broken rules, and what marks resolve to.

use escrutinio_core::encoding::{Decode, Encode};
use escrutinio_core::manifest::{Manifest, Mark, Marks};
use escrutinio_core::record as names;

use super::case::{Case, Flag, Vectors};
use super::election::election;
use super::json::Json;
use super::record::runs_of;

const FLAGS: &[Flag] = &[
    ("Rule", "leaves out a rule of manifest.md", "an election is held by rules that contradict each other"),
    ("Options", "takes the option list as it stands", "a ballot shows what the rules do not give"),
    ("Marks", "resolves marks that are no vote", "a vote is counted that nobody cast"),
];

pub(super) fn vectors() -> (String, String) {
    let mut file = Vectors::new("manifest", "The manifest of record.json and changes of it: manifest.md.", FLAGS);
    let setting = || vec![("record", Json::from("record.json"))];
    file.group_in("manifest", "Valid, and one change for each rule.", setting(), rules());
    file.group_in("resolve", "What the marks of a voter give.", setting(), marks());
    file.file()
}

fn rules() -> Vec<Case> {
    let manifest = &election().manifest;
    let bytes = &election().files.0[names::MANIFEST];
    let (mut options, mut texts) = (0, 0);
    let shapes = manifest.shapes();
    for shape in &shapes {
        options = options.max(shape.options);
        texts = texts.max(shape.texts);
    }
    let bits: Vec<Json> = shapes.iter().map(|shape| shape.bits().into()).collect();
    let valid = Case::valid("the manifest")
        .input("changes", Vec::<Json>::new())
        .output("manifestHash", Json::hex(manifest.hash().as_bytes()))
        .output("setupId", Json::hex(manifest.setup_id(0).as_bytes()))
        .output("secondSetupId", Json::hex(manifest.setup_id(1).as_bytes()))
        .output("optionSlots", options)
        .output("textSlots", texts)
        .output("N", shapes.iter().map(|shape| shape.options.into()).collect::<Vec<Json>>())
        .output("m", shapes.iter().map(|shape| shape.texts.into()).collect::<Vec<Json>>())
        .output("nu", bits);
    let mut cases = vec![valid];
    let mut broken = |rule: Option<u8>, comment: &str, change: &dyn Fn(&mut Manifest)| {
        let mut changed = Manifest::from_bytes(bytes).unwrap();
        change(&mut changed);
        let new = changed.to_bytes();
        let error = changed.validate().expect_err(comment);
        assert_eq!(error.rule(), rule, "{comment}");
        let case = match rule {
            Some(rule) => Case::invalid(comment, "M1.2", "Rule").step("rules", vec![Json::from(rule)]),
            None => Case::invalid(comment, "M1.3", "Options").step("rules", Vec::<Json>::new()),
        };
        cases.push(case.input("changes", runs_of(names::MANIFEST, bytes, &new)));
    };
    broken(Some(1), "no title", &|m| m.title.clear());
    broken(Some(1), "a formula without an owner", &|m| m.contests[0].candidacies[0].formulas[0].owner.clear());
    broken(Some(2), "a binding test", &|m| m.binding = true);
    broken(Some(3), "no voter", &|m| m.max_voters = 0);
    broken(Some(3), "groups of none", &|m| m.min_group = 0);
    broken(Some(3), "nine text points", &|m| m.text_points = 9);
    broken(Some(4), "a zone of 15 hours", &|m| m.official_zone.offset_minutes = 900);
    broken(Some(5), "voting begins when it ends", &|m| m.calendar.voting_start = m.calendar.voting_close);
    broken(Some(5), "reception ends beyond the grace", &|m| m.calendar.reception_end += 1);
    broken(Some(6), "241 minutes of grace", &|m| m.policies.grace_minutes = 241);
    broken(Some(6), "sessions of no minute", &|m| m.policies.session_minutes = 0);
    broken(Some(7), "two parties of one name", &|m| m.parties[1].name = m.parties[0].name.clone());
    broken(Some(8), "two contests of one name", &|m| m.contests[1].name = m.contests[0].name.clone());
    broken(Some(9), "an answer where there is no question", &|m| m.contests[1].answers.push("No".into()));
    broken(Some(10), "a coalition of parties out of order", &|m| m.contests[0].coalitions[0].parties.swap(0, 1));
    broken(Some(11), "a common of parties out of order", &|m| m.contests[2].commons[0].parties.swap(0, 1));
    broken(Some(12), "an independent twice", &|m| {
        let contest = &mut m.contests[1];
        contest.independents.push(contest.independents[0].clone());
        let mut candidacy = contest.candidacies[contest.candidacies.len() - 1].clone();
        candidacy.holder = escrutinio_core::manifest::Holder::Independent(1);
        contest.candidacies.push(candidacy);
    });
    broken(Some(13), "a candidacy is absent", &|m| m.contests[0].candidacies.truncate(1));
    broken(Some(14), "one option", &|m| m.contests[3].options.truncate(1));
    broken(Some(15), "two styles of one name", &|m| m.styles[1].name = m.styles[0].name.clone());
    broken(Some(16), "a unit that joins itself", &|m| m.units[1].merge_into = Some(1));
    broken(Some(17), "lists out of order", &|m| m.lists.swap(0, 1));
    broken(Some(18), "a threshold above the minimum", &|m| m.threshold = 3);
    broken(Some(19), "the server's key is the registrar's", &|m| m.server.key = m.registrar.key);
    broken(Some(19), "a quorum of half of the witnesses", &|m| m.witness_quorum = 1);
    broken(Some(20), "a space in the name of the log", &|m| m.log.name = "urna example".into());
    broken(None, "two options swapped", &|m| m.contests[0].options.swap(0, 1));
    broken(None, "an option is absent", &|m| drop(m.contests[0].options.remove(2)));
    cases
}

fn named(mark: Mark) -> Json {
    match mark {
        Mark::Party(number) => vec![Json::from("Party"), number.into()],
        Mark::Common(number) => vec![Json::from("Common"), number.into()],
        Mark::Independent(number) => vec![Json::from("Independent"), number.into()],
        Mark::Answer(number) => vec![Json::from("Answer"), number.into()],
        Mark::WriteIn => vec![Json::from("WriteIn")],
        Mark::Null => vec![Json::from("Null")],
    }
    .into()
}

fn marks() -> Vec<Case> {
    let manifest = &election().manifest;
    let cases: [(&str, u32, &[Mark]); 16] = [
        ("a party", 0, &[Mark::Party(5)]),
        ("all parties of a coalition", 0, &[Mark::Party(0), Mark::Party(1), Mark::Party(2)]),
        ("two parties of a coalition", 0, &[Mark::Party(0), Mark::Party(2)]),
        ("parties of two coalitions", 0, &[Mark::Party(0), Mark::Party(3)]),
        ("a party of a coalition and one of none", 0, &[Mark::Party(0), Mark::Party(5)]),
        ("a name", 0, &[Mark::WriteIn]),
        ("a name and a party", 0, &[Mark::WriteIn, Mark::Party(0)]),
        ("null", 0, &[Mark::Null]),
        ("null and a party", 0, &[Mark::Null, Mark::Party(0)]),
        ("nothing", 0, &[]),
        ("an independent", 1, &[Mark::Independent(0)]),
        ("an independent that there is not", 1, &[Mark::Independent(1)]),
        ("a common", 2, &[Mark::Common(0)]),
        ("a party of a common", 2, &[Mark::Party(3)]),
        ("an answer", 3, &[Mark::Answer(1)]),
        ("a party in a consultation", 3, &[Mark::Party(0)]),
    ];
    let mut out = Vec::new();
    for (comment, contest, spaces) in cases {
        for confirmed in [false, true] {
            let marks = Marks::new(spaces.iter().copied());
            let marks = if confirmed { marks.confirm() } else { marks };
            let result = manifest.resolve(contest, &marks);
            let case = match &result {
                Ok(option) => Case::valid(comment).output("option", *option),
                Err(_) => Case::invalid(comment, "resolve", "Marks"),
            };
            out.push(
                case.input("contest", contest)
                    .input("marks", spaces.iter().map(|mark| named(*mark)).collect::<Vec<_>>())
                    .input("confirmed", confirmed),
            );
        }
    }
    out
}
