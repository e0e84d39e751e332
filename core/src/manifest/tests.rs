use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::testing::{Keys, coalition, consultation, contest, finish, nayarit, presidency, several, small};

fn keys() -> Keys {
    Keys::new(3, 5)
}

fn names(manifest: &Manifest, contest: u32) -> Vec<String> {
    (0..).map_while(|option| manifest.option_name(contest, option)).collect()
}

#[test]
fn examples_are_valid_and_round_trip() {
    let keys = keys();
    for manifest in [nayarit(&keys), presidency(&keys), small(&keys, 2), consultation(&keys), several(&keys)] {
        assert_eq!(Manifest::from_bytes(&manifest.to_bytes()).as_ref(), Ok(&manifest));
        manifest.validate().unwrap();
    }
}

#[test]
fn every_truncation_and_a_trailing_byte_fail() {
    let mut bytes = several(&keys()).to_bytes();
    for end in 0..bytes.len() {
        assert!(Manifest::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
    bytes.push(0);
    assert_eq!(Manifest::from_bytes(&bytes).unwrap_err().kind, DecodeErrorKind::Trailing);
}

#[test]
fn numbers_without_meaning_decode_and_unknown_variants_do_not() {
    let mut manifest = small(&keys(), 2);
    manifest.policies.geo_gate = GeoGate::Unknown(9);
    assert_eq!(Manifest::from_bytes(&manifest.to_bytes()), Ok(manifest));
    assert_eq!(ContestOption::from_bytes(&[8, 0, 0, 0]).unwrap_err().kind, DecodeErrorKind::Tag(8));
    assert_eq!(Holder::from_bytes(&[4, 0, 0, 0, 0, 0, 0, 0]).unwrap_err().kind, DecodeErrorKind::Tag(4));
}

#[test]
fn lists_above_their_limits_do_not_decode() {
    let mut manifest = small(&keys(), 2);
    manifest.contests[0].independents = vec!["x".into(); 65];
    assert!(matches!(
        Manifest::from_bytes(&manifest.to_bytes()).unwrap_err().kind,
        DecodeErrorKind::TooLong { limit: 64, actual: 65 }
    ));
}

#[test]
fn the_hash_and_the_ceremony_make_the_setup() {
    let manifest = nayarit(&keys());
    let mut other = manifest.clone();
    other.contests[0].legend.push('.');
    assert_ne!(manifest.hash(), other.hash());
    let valid = manifest.clone().validate().unwrap();
    assert_eq!(valid.hash(), manifest.hash());
    assert_ne!(valid.setup_id(0), valid.setup_id(1));
}

// R-BAL-12, R-BAL-28, R-AEC-06 to R-AEC-09.
#[test]
fn nayarit_has_the_thirteen_lines_of_its_acta() {
    let manifest = nayarit(&keys());
    assert_eq!(
        names(&manifest, 0),
        [
            "PAN",
            "PRI",
            "PRD",
            "PVEM",
            "PT",
            "MC",
            "MORENA",
            "PVEM-PT-MORENA",
            "PVEM-PT",
            "PVEM-MORENA",
            "PT-MORENA",
            "Candidaturas no registradas",
            "Votos nulos",
        ]
    );
    let shape = manifest.validate().unwrap().shape(0).unwrap();
    assert_eq!(shape, ContestShape { options: 13, texts: 3, write_in: Some(11) });
}

#[test]
fn presidency_has_seventeen_lines() {
    let manifest = presidency(&keys());
    assert_eq!(
        names(&manifest, 0)[7..],
        [
            "PAN-PRI-PRD",
            "PAN-PRI",
            "PAN-PRD",
            "PRI-PRD",
            "PVEM-PT-MORENA",
            "PVEM-PT",
            "PVEM-MORENA",
            "PT-MORENA",
            "Candidaturas no registradas",
            "Votos nulos",
        ]
    );
    let valid = manifest.validate().unwrap();
    assert_eq!(valid.shape(0).unwrap().bits(), 5);
    assert_eq!(valid.slots(), Slots { options: 17, texts: 3 });
    assert_eq!(valid.slots().total(), 20);
    let candidate = |option| valid.candidacy_of(0, option).map(|c| c.holder);
    assert_eq!(candidate(2), Some(Holder::Coalition(0)));
    assert_eq!(candidate(5), Some(Holder::Party(5)));
    assert_eq!(candidate(14), Some(Holder::Coalition(1)));
    assert_eq!((candidate(15), candidate(16), candidate(17)), (None, None, None));
}

#[test]
fn a_coalition_of_k_parties_gives_two_to_the_k_less_one_marks() {
    for (k, marks) in [(2, 3), (3, 7), (4, 15)] {
        let parties: Vec<u32> = (0..k).collect();
        assert_eq!(parties.len() + all_combinations(&parties).unwrap().len(), marks);
    }
    assert_eq!(
        all_combinations(&[1, 4, 5, 7]).unwrap(),
        [
            vec![1, 4, 5, 7],
            vec![1, 4, 5],
            vec![1, 4, 7],
            vec![1, 5, 7],
            vec![4, 5, 7],
            vec![1, 4],
            vec![1, 5],
            vec![1, 7],
            vec![4, 5],
            vec![4, 7],
            vec![5, 7],
        ]
    );
    assert_eq!(all_combinations(&(0..9).collect::<Vec<_>>()), None);
}

#[test]
fn a_coalition_of_five_and_one_of_three_give_41_options() {
    let mut manifest = several(&keys());
    let mut large = contest("Grande", ContestKind::Governorship);
    large.scope = Scope::Local;
    large.parties = (0..9).collect();
    large.coalitions = vec![coalition("Cinco", &[0, 2, 4, 6, 8]), coalition("Tres", &[1, 3, 5])];
    manifest.contests[2] = large;
    let valid = finish(manifest).validate().unwrap();
    assert_eq!(valid.shape(2), Some(ContestShape { options: 41, texts: 3, write_in: Some(39) }));
    assert_eq!(valid.option_name(2, 9).as_deref(), Some("PAN-PRD-PT-MORENA-LOCAL B"));
    assert_eq!(valid.option_name(2, 35).as_deref(), Some("PRI-PVEM-MC"));
    assert_eq!(valid.slots().options, 41);
}

// R-BAL-25, R-MULTI-10: fifteen marks of the coalition and one of the common.
#[test]
fn a_common_is_one_space_at_its_first_party() {
    let manifest = several(&keys());
    let governorship = names(&manifest, 2);
    assert_eq!(governorship[..7], ["PAN", "PRI", "PRD", "Juntos por el Estado", "MC", "LOCAL A", "LOCAL B"]);
    assert_eq!(governorship[7], "PAN-PRI-PRD-LOCAL A");
    assert_eq!(governorship.len(), 7 + 11 + 2);
    assert_eq!(manifest.candidacy_of(2, 3).unwrap().holder, Holder::Common(0));
    // R-MULTI-09.
    assert!(manifest.contests[1].candidacies.iter().all(|c| c.formulas.len() == 2));
    // A write-in that is only counted has no text keys; the other contest's has.
    let valid = manifest.validate().unwrap();
    assert_eq!(valid.shape(2).unwrap().texts, 0);
    assert_eq!(valid.shape(1).unwrap().texts, 3);
    assert_eq!(valid.shape(4), None);
}

// R-MULTI-08.
#[test]
fn a_consultation_has_answers_and_null() {
    let valid = consultation(&keys()).validate().unwrap();
    assert_eq!(names(&valid, 0), ["Sí", "No", "Votos nulos"]);
    assert_eq!(valid.shape(0), Some(ContestShape { options: 3, texts: 0, write_in: None }));
    assert_eq!(valid.slots(), Slots { options: 3, texts: 0 });
}

#[test]
fn lists_are_found_by_style_and_unit() {
    let valid = several(&keys()).validate().unwrap();
    assert_eq!(valid.list_index(0, 2), Some(1));
    assert_eq!(valid.list_index(1, 2), Some(3));
    assert_eq!(valid.list_index(1, 0), None);
    assert!(valid.style_has(1, 2) && !valid.style_has(0, 2) && !valid.style_has(2, 0));
}

#[test]
fn bits_are_those_of_the_largest_place() {
    for (candidates, bits) in [(1, 1), (2, 2), (3, 2), (4, 3), (12, 4), (15, 4), (16, 5), (40, 6)] {
        let valid = small(&keys(), candidates).validate().unwrap();
        assert_eq!(valid.shape(0).unwrap().bits(), bits, "{candidates}");
    }
}

/// Applies a change to the largest example and returns the rule that it breaks.
fn broken(change: impl FnOnce(&mut Manifest)) -> RuleError {
    let mut manifest = several(&keys());
    change(&mut manifest);
    manifest.check_rules().unwrap_err()
}

#[track_caller]
fn breaks(rule: u8, change: impl FnOnce(&mut Manifest)) {
    let error = broken(change);
    assert_eq!(error.rule, rule, "{error}");
}

#[test]
fn rule_1_texts() {
    breaks(1, |m| m.process.clear());
    breaks(1, |m| m.title.clear());
    breaks(1, |m| m.authority.clear());
    breaks(1, |m| m.template.clear());
    breaks(1, |m| m.sites.board.clear());
    breaks(1, |m| m.governing_zone.name.clear());
    breaks(1, |m| m.parties[3].short.clear());
    breaks(1, |m| m.contests[1].offer_source.clear());
    breaks(1, |m| m.contests[1].independents[0].clear());
    breaks(1, |m| m.contests[2].commons[0].name.clear());
    breaks(1, |m| m.contests[3].answers[1].clear());
    breaks(1, |m| m.contests[0].candidacies[0].formulas[0].owner.clear());
    breaks(1, |m| m.units[1].entity.clear());
    breaks(1, |m| m.witnesses[1].name.clear());
    let error = broken(|m| m.custodians[1].name.clear());
    assert_eq!(error, RuleError { rule: 1, at: Place::Custodian(2), field: "name", fault: Fault::Empty });
    let mut manifest = several(&keys());
    manifest.contests[0].candidacies[0].formulas[0].substitute.clear();
    manifest.custodians[0].designation.clear();
    assert_eq!(manifest.check_rules(), Ok(()));
}

// R-CFG-17.
#[test]
fn rule_2_a_test_never_binds() {
    breaks(2, |m| m.binding = true);
    let mut manifest = several(&keys());
    (manifest.binding, manifest.test) = (true, false);
    assert_eq!(manifest.check_rules(), Ok(()));
}

#[test]
fn rule_3_numbers() {
    breaks(3, |m| m.max_voters = 0);
    breaks(3, |m| m.max_voters = 16_777_217);
    breaks(3, |m| m.min_group = 0);
    breaks(3, |m| m.text_points = 9);
}

#[test]
fn rule_4_zones() {
    breaks(4, |m| m.official_zone.offset_minutes = 841);
    breaks(4, |m| m.governing_zone.offset_minutes = i64::MIN);
}

#[test]
fn rule_5_calendar() {
    breaks(5, |m| m.calendar.simulacro_start = m.calendar.simulacro_end + 1);
    breaks(5, |m| m.calendar.simulacro_end = m.calendar.preparation + 1);
    breaks(5, |m| m.calendar.formats_approved = m.calendar.preparation + 1);
    breaks(5, |m| m.calendar.custodians_designated = m.calendar.preparation + 1);
    breaks(5, |m| m.calendar.offer_ratified = m.calendar.preparation + 1);
    breaks(5, |m| m.calendar.roll_delivered = m.calendar.roll_loaded + 1);
    breaks(5, |m| m.calendar.roll_loaded = m.calendar.addenda + 1);
    breaks(5, |m| m.calendar.addenda = m.calendar.preparation + 1);
    breaks(5, |m| m.calendar.accounts_sent = m.calendar.voting_start + 1);
    breaks(5, |m| m.calendar.preparation = m.calendar.voting_start + 1);
    breaks(5, |m| m.calendar.voting_start = m.calendar.voting_close);
    breaks(5, |m| m.calendar.reception_end = m.calendar.voting_close - 1);
    breaks(5, |m| m.calendar.contact_updates_until = m.calendar.voting_close + 1);
    breaks(5, |m| m.calendar.board_installed = m.calendar.reception_end + 1);
    breaks(5, |m| m.calendar.reception_end = m.calendar.voting_close + 30 * 60 + 1);
    breaks(5, |m| m.calendar.reception_end = i64::MAX);
    breaks(5, |m| m.policies.close_mode = CloseMode::Immediate);
    let mut manifest = several(&keys());
    manifest.policies.close_mode = CloseMode::Immediate;
    manifest.calendar.reception_end = manifest.calendar.voting_close;
    assert_eq!(manifest.check_rules(), Ok(()));
}

// R-CFG-14.
#[test]
fn rule_6_policies() {
    breaks(6, |m| m.policies.blank_vote = BlankVote::Unknown(3));
    breaks(6, |m| m.policies.invalid_combination = InvalidCombination::Unknown(2));
    breaks(6, |m| m.policies.close_mode = CloseMode::Unknown(2));
    breaks(6, |m| m.policies.grace_minutes = 241);
    breaks(6, |m| m.policies.session_minutes = 0);
    breaks(6, |m| m.policies.custody = Custody::Unknown(3));
    breaks(6, |m| m.policies.custodian_selection = CustodianSelection::Unknown(2));
    breaks(6, |m| m.policies.geo_gate = GeoGate::Unknown(3));
    breaks(6, |m| m.policies.enrolment = Enrolment::Unknown(2));
    breaks(6, |m| m.policies.second_factor = SecondFactor::Unknown(3));
    breaks(6, |m| m.policies.hash = HashFunction::Unknown(1));
    breaks(6, |m| m.policies.baseline = Baseline::Unknown(3));
}

#[test]
fn rule_7_parties() {
    breaks(7, |m| m.parties[1].short = "PAN".into());
    breaks(7, |m| m.parties[1].name = m.parties[0].name.clone());
    breaks(7, |m| m.parties[1].scope = Scope::Unknown(2));
    breaks(7, |m| m.parties[1].scope = Scope::Local);
}

#[test]
fn rule_8_contests() {
    breaks(8, |m| m.contests.clear());
    breaks(8, |m| m.contests[1].name = m.contests[0].name.clone());
    breaks(8, |m| m.contests[1].kind = ContestKind::Unknown(5));
    breaks(8, |m| m.contests[1].scope = Scope::Unknown(2));
    breaks(8, |m| m.contests[1].write_in = WriteIn::Unknown(4));
    breaks(8, |m| m.text_points = 0);
}

#[test]
fn rule_9_kinds_of_offer() {
    breaks(9, |m| m.contests[0].parties.swap(0, 1));
    breaks(9, |m| m.contests[0].parties.push(9));
    breaks(9, |m| m.contests[3].parties.push(0));
    breaks(9, |m| m.contests[3].coalitions = m.contests[0].coalitions.clone());
    breaks(9, |m| m.contests[3].commons = m.contests[2].commons.clone());
    breaks(9, |m| m.contests[3].independents.push("x".into()));
    breaks(9, |m| m.contests[3].candidacies = m.contests[0].candidacies.clone());
    breaks(9, |m| m.contests[3].write_in = WriteIn::CountOnly);
    breaks(9, |m| m.contests[3].answers.clear());
    breaks(9, |m| m.contests[3].answers[1] = "Sí".into());
    breaks(9, |m| m.contests[0].answers.push("x".into()));
}

#[test]
fn rule_10_coalitions() {
    breaks(10, |m| m.contests[0].coalitions.swap(0, 1));
    breaks(10, |m| m.contests[0].coalitions[0].parties.swap(0, 1));
    breaks(10, |m| m.contests[0].coalitions[0].parties.truncate(1));
    breaks(10, |m| m.contests[0].coalitions[0].parties.clear());
    breaks(10, |m| m.contests[0].coalitions[0].parties.push(8));
    breaks(10, |m| m.contests[0].coalitions[0].parties.push(3));
    breaks(10, |m| m.contests[2].commons[0].parties.insert(0, 0));
    breaks(10, |m| m.contests[0].coalitions[0].combinations.swap(0, 1));
    breaks(10, |m| m.contests[0].coalitions[0].combinations.push(vec![1, 2]));
    breaks(10, |m| m.contests[0].coalitions[0].combinations[3] = vec![1]);
    breaks(10, |m| m.contests[0].coalitions[0].combinations[3] = vec![2, 1]);
    breaks(10, |m| m.contests[0].coalitions[0].combinations[3] = vec![1, 3]);
    // An agreement may register fewer combinations than there are.
    let mut manifest = several(&keys());
    manifest.contests[0].coalitions[0].combinations.remove(1);
    assert_eq!(manifest.check_rules(), Ok(()));
}

#[test]
fn rule_11_commons() {
    breaks(11, |m| m.contests[2].commons[0].parties.swap(0, 1));
    breaks(11, |m| m.contests[2].commons[0].parties.truncate(1));
    breaks(11, |m| m.contests[2].commons[0].parties.push(9));
    breaks(11, |m| {
        let common = m.contests[2].commons[0].clone();
        m.contests[2].commons.push(Common { parties: vec![4, 5], ..common });
    });
}

#[test]
fn rule_12_independents() {
    breaks(12, |m| m.contests[1].independents.push("Independiente Uno".into()));
}

#[test]
fn rule_13_candidacies() {
    breaks(13, |m| m.contests[0].candidacies.swap(0, 1));
    breaks(13, |m| m.contests[0].candidacies[1].holder = m.contests[0].candidacies[0].holder);
    breaks(13, |m| m.contests[0].candidacies[0].holder = Holder::Party(0));
    breaks(13, |m| m.contests[0].candidacies[0].formulas.clear());
    assert_eq!(broken(|m| drop(m.contests[0].candidacies.pop())).fault, Fault::Missing);
    assert_eq!(broken(|m| drop(m.contests[0].candidacies.remove(0))).fault, Fault::Missing);
    let error = broken(|m| {
        let extra = Candidacy { holder: Holder::Independent(0), ..m.contests[0].candidacies[0].clone() };
        m.contests[0].candidacies.push(extra);
    });
    assert_eq!((error.rule, error.fault), (13, Fault::Forbidden));
    assert_eq!(error.at, Place::Candidacy { contest: 0, candidacy: 3 });
}

#[test]
fn rule_14_number_of_options() {
    breaks(14, |m| m.contests[0].options.truncate(1));
    breaks(14, |m| m.contests[0].options = vec![ContestOption::Null; 256]);
}

#[test]
fn rule_15_styles() {
    breaks(15, |m| m.styles.clear());
    breaks(15, |m| m.styles[1].name = m.styles[0].name.clone());
    breaks(15, |m| m.styles[0].contests.swap(0, 1));
    breaks(15, |m| m.styles[0].contests.clear());
    breaks(15, |m| m.styles[0].contests.push(4));
    breaks(15, |m| m.styles[1].contests = vec![0, 1]);
    breaks(15, |m| m.lists.truncate(2));
}

#[test]
fn rule_16_units() {
    breaks(16, |m| m.units.clear());
    breaks(16, |m| m.units[1].name = m.units[0].name.clone());
    breaks(16, |m| m.units[0].merge_into = Some(0));
    breaks(16, |m| m.units[1].merge_into = None);
    breaks(16, |m| m.units[1].merge_into = Some(1));
}

#[test]
fn rule_17_lists() {
    breaks(17, |m| m.lists.swap(0, 1));
    breaks(17, |m| {
        m.lists[0].small_exception = true;
        m.lists[1] = ListKey { small_exception: false, ..m.lists[0] };
    });
    breaks(17, |m| m.lists.push(ListKey { style: 2, ..m.lists[0] }));
    breaks(17, |m| m.lists[3].unit = 3);
}

#[test]
fn rule_18_custodians() {
    breaks(18, |m| m.threshold = 0);
    breaks(18, |m| m.threshold = 4);
    breaks(18, |m| m.minimum_custodians = 6);
    breaks(18, |m| m.custodians.clear());
    breaks(18, |m| m.custodians = vec![m.custodians[0].clone(); 17]);
    breaks(18, |m| (m.few_mixes, m.credential_mixes) = (false, m.threshold - 1));
    breaks(18, |m| m.credential_mixes = number(m.custodians.len()) + 1);
    breaks(18, |m| (m.few_mixes, m.credential_mixes) = (true, number(m.custodians.len()) + 1));
    for mixes in [0, 1] {
        let mut manifest = nayarit(&keys());
        (manifest.few_mixes, manifest.credential_mixes) = (true, mixes);
        manifest.check_rules().unwrap();
    }
}

#[test]
fn rule_19_keys_and_names() {
    breaks(19, |m| m.custodians[1].key = m.custodians[0].key);
    breaks(19, |m| m.registrar.key = m.server.key);
    breaks(19, |m| m.witnesses[0].key = m.log.key);
    breaks(19, |m| m.custodians[1].name = m.custodians[0].name.clone());
    breaks(19, |m| m.witnesses[1].name = m.witnesses[0].name.clone());
    breaks(19, |m| m.witness_quorum = 3);
    breaks(19, |m| m.witness_quorum = 1);
}

#[test]
fn rule_20_names_in_notes() {
    breaks(20, |m| m.log.name = "urna example".into());
    breaks(20, |m| m.log.name = "urna\u{a0}example".into());
    breaks(20, |m| m.witnesses[1].name = "a+b".into());
}

#[test]
fn options_must_be_the_derived_ones() {
    let error = |change: fn(&mut Vec<ContestOption>)| {
        let mut manifest = several(&keys());
        change(&mut manifest.contests[1].options);
        assert_eq!(manifest.check_rules(), Ok(()));
        match manifest.validate().unwrap_err() {
            ManifestError::Options(error) => error,
            ManifestError::Rule(error) => panic!("{error}"),
        }
    };
    let swapped = error(|options| options.swap(2, 3));
    assert_eq!((swapped.contest, swapped.place), (1, 2));
    assert_eq!(swapped.expected, Some(ContestOption::Party(2)));
    assert_eq!(swapped.actual, Some(ContestOption::Party(3)));
    let short = error(|options| drop(options.pop()));
    assert_eq!((short.place, short.expected, short.actual), (9, Some(ContestOption::Null), None));
    let long = error(|options| options.push(ContestOption::Blank));
    assert_eq!((long.place, long.expected, long.actual), (10, None, Some(ContestOption::Blank)));
}

/// All marks of the contests of [`several`], resolved by name.
fn resolved(manifest: &ValidManifest, contest: u32, marks: &[Mark]) -> Result<String, ResolveError> {
    let option = manifest.resolve(contest, &Marks::new(marks.iter().copied()))?;
    Ok(manifest.option_name(contest, option).unwrap())
}

// R-BAL-12, R-BAL-18.
#[test]
fn every_option_is_reached_by_exactly_its_marks() {
    let valid = several(&keys()).validate().unwrap();
    for contest in 0..4 {
        let entry = valid.contest(contest).unwrap();
        for (place, option) in (0..).zip(&entry.options) {
            let marks = match option {
                ContestOption::Party(i) => vec![Mark::Party(*i)],
                ContestOption::Combination { parties, .. } => parties.iter().rev().map(|i| Mark::Party(*i)).collect(),
                ContestOption::Common(i) => vec![Mark::Common(*i)],
                ContestOption::Independent(i) => vec![Mark::Independent(*i)],
                ContestOption::Answer(i) => vec![Mark::Answer(*i)],
                ContestOption::WriteIn => vec![Mark::WriteIn],
                ContestOption::Null => vec![Mark::Null],
                ContestOption::Blank => panic!("not in this election"),
            };
            assert_eq!(valid.resolve(contest, &Marks::new(marks)), Ok(place));
        }
    }
}

// R-BAL-22: by default nothing becomes null, confirmed or not.
#[test]
fn an_invalid_combination_is_refused_with_the_coalitions() {
    let valid = several(&keys()).validate().unwrap();
    let marks = Marks::new([Mark::Party(0), Mark::Party(3), Mark::Party(5)]);
    let expected = ResolveError::Combination {
        marks: vec![(Mark::Party(0), Some(0)), (Mark::Party(3), Some(1)), (Mark::Party(5), None)],
        confirmable: None,
    };
    assert_eq!(valid.resolve(0, &marks), Err(expected.clone()));
    assert_eq!(valid.resolve(0, &marks.confirm()), Err(expected));
}

#[test]
fn a_combination_that_was_not_registered_is_refused() {
    let mut manifest = several(&keys());
    manifest.contests[0].coalitions[0].combinations.retain(|set| set != &[0, 2]);
    let valid = finish(manifest).validate().unwrap();
    assert_eq!(resolved(&valid, 0, &[Mark::Party(0), Mark::Party(1)]).unwrap(), "PAN-PRI");
    assert!(resolved(&valid, 0, &[Mark::Party(0), Mark::Party(2)]).is_err());
}

// R-BAL-24, R-BAL-26: every pair of marks that are not of one coalition.
#[test]
fn marks_of_different_kinds_exclude_one_another() {
    let valid = several(&keys()).validate().unwrap();
    let senate: Vec<Mark> = (0..7).map(Mark::Party).chain([Mark::Independent(0), Mark::WriteIn, Mark::Null]).collect();
    for (i, a) in senate.iter().enumerate() {
        for b in &senate[i + 1..] {
            let error = resolved(&valid, 1, &[*a, *b]).unwrap_err();
            assert!(matches!(error, ResolveError::Combination { .. }), "{error}");
        }
    }
    let governorship = [Mark::Common(0), Mark::Party(0), Mark::Party(5), Mark::Party(8), Mark::WriteIn, Mark::Null];
    for (i, a) in governorship.iter().enumerate() {
        for b in &governorship[i + 1..] {
            assert!(resolved(&valid, 2, &[*a, *b]).is_err());
        }
    }
    assert!(resolved(&valid, 3, &[Mark::Answer(0), Mark::Answer(1)]).is_err());
}

// R-BAL-25: the members of a common have no space of their own.
#[test]
fn only_spaces_of_the_ballot_can_be_marked() {
    let valid = several(&keys()).validate().unwrap();
    for (contest, mark) in [
        (2, Mark::Party(3)),
        (0, Mark::Party(7)),
        (0, Mark::Independent(0)),
        (1, Mark::Independent(1)),
        (3, Mark::WriteIn),
        (0, Mark::Answer(0)),
    ] {
        assert_eq!(resolved(&valid, contest, &[mark]), Err(ResolveError::NotASpace(mark)));
    }
    assert_eq!(resolved(&valid, 9, &[]), Err(ResolveError::Contest(9)));
}

// R-BAL-21, R-BAL-33.
#[test]
fn nothing_marked_is_what_the_policy_says() {
    let with = |blank_vote| {
        let mut manifest = nayarit(&keys());
        manifest.policies.blank_vote = blank_vote;
        finish(manifest).validate().unwrap()
    };
    let empty = Marks::default();
    let forbid = with(BlankVote::Forbid);
    assert_eq!(forbid.resolve(0, &empty), Err(ResolveError::Empty));
    assert_eq!(forbid.resolve(0, &empty.clone().confirm()), Err(ResolveError::Empty));

    let as_null = with(BlankVote::AsNull);
    assert_eq!(as_null.resolve(0, &empty), Err(ResolveError::ConfirmEmpty { option: 12 }));
    assert_eq!(as_null.resolve(0, &empty.clone().confirm()), Ok(12));

    let own_line = with(BlankVote::OwnLine);
    assert_eq!(own_line.option_name(0, 12).unwrap(), "Votos en blanco");
    assert_eq!(own_line.resolve(0, &empty), Err(ResolveError::ConfirmEmpty { option: 12 }));
    assert_eq!(own_line.resolve(0, &empty.confirm()), Ok(12));
    assert_eq!(own_line.resolve(0, &Marks::new([Mark::Null])), Ok(13));
}

#[test]
fn an_invalid_combination_counts_as_null_only_if_allowed_and_confirmed() {
    let mut manifest = nayarit(&keys());
    manifest.policies.invalid_combination = InvalidCombination::AllowAsNull;
    let valid = manifest.validate().unwrap();
    let marks = Marks::new([Mark::Party(0), Mark::Party(1)]);
    assert!(matches!(valid.resolve(0, &marks), Err(ResolveError::Combination { confirmable: Some(12), .. })));
    assert_eq!(valid.resolve(0, &marks.confirm()), Ok(12));
}

#[test]
fn errors_speak_of_places_and_never_of_the_vote() {
    let error = broken(|m| m.contests[2].commons[0].parties.truncate(1));
    assert_eq!(error.to_string(), "rule 11: contest 2, common 0, parties: 1 is not within 2..=64");
    let valid = nayarit(&keys()).validate().unwrap();
    let error = resolved(&valid, 0, &[Mark::Party(0), Mark::Null]).unwrap_err();
    assert_eq!(error.to_string(), "the marks make no option together");
    let printed = alloc::format!("{:?}", Marks::new([Mark::Party(0)]));
    assert!(!printed.contains("Party"), "{printed}");
}

fn arb_text() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{0,20}"
}

fn arb_option() -> impl Strategy<Value = ContestOption> {
    let parties = prop::collection::vec(any::<u32>(), 0..5);
    prop_oneof![
        any::<u32>().prop_map(ContestOption::Party),
        (any::<u32>(), parties).prop_map(|(coalition, parties)| ContestOption::Combination { coalition, parties }),
        any::<u32>().prop_map(ContestOption::Common),
        any::<u32>().prop_map(ContestOption::Independent),
        Just(ContestOption::WriteIn),
        Just(ContestOption::Blank),
        Just(ContestOption::Null),
        any::<u32>().prop_map(ContestOption::Answer),
    ]
}

prop_compose! {
    fn arb_contest()(
        (name, office, legend) in (arb_text(), arb_text(), arb_text()),
        (kind, scope, write_in) in any::<(u32, u32, u32)>(),
        parties in prop::collection::vec(any::<u32>(), 0..8),
        combinations in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..4), 0..4),
        independents in prop::collection::vec(arb_text(), 0..4),
        candidate in any::<u32>(),
        options in prop::collection::vec(arb_option(), 0..6),
    ) -> Contest {
        Contest {
            name: name.clone(),
            kind: ContestKind::from_code(kind),
            scope: Scope::from_code(scope),
            entity: String::new(),
            office: office.clone(),
            legend,
            offer_source: String::new(),
            write_in: WriteIn::from_code(write_in),
            commons: vec![Common { name: office.clone(), parties: parties.clone() }],
            coalitions: vec![Coalition { name: name.clone(), parties: parties.clone(), combinations }],
            parties,
            answers: independents.clone(),
            independents,
            candidacies: vec![Candidacy {
                holder: Holder::Independent(candidate),
                formulas: vec![Formula { owner: name, substitute: office }],
            }],
            options,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_manifest_round_trips(
        contests in prop::collection::vec(arb_contest(), 0..3),
        policies in any::<[u32; 4]>(),
        dates in any::<(i64, i64)>(),
        hash in any::<Option<[u8; 32]>>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut manifest = small(&keys(), 1);
        manifest.contests = contests;
        manifest.policies.custody = Custody::from_code(policies[0]);
        manifest.policies.baseline = Baseline::from_code(policies[1]);
        manifest.policies.grace_minutes = policies[2];
        manifest.threshold = policies[3];
        (manifest.calendar.voting_start, manifest.official_zone.offset_minutes) = dates;
        manifest.client_hash = hash;
        let bytes = manifest.to_bytes();
        prop_assert_eq!(Manifest::from_bytes(&bytes), Ok(manifest.clone()));
        prop_assert!(Manifest::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        // No rule panics, whatever decodes.
        let _ = manifest.validate();
    }

    #[test]
    fn any_bytes_that_decode_encode_to_themselves(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = small(&keys(), 2).to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(manifest) = Manifest::from_bytes(&bytes) {
            prop_assert_eq!(manifest.to_bytes(), bytes);
        }
    }
}
