use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::SigningKey;

use super::*;

/// A template with everybody that it needs; the keys come from their numbers.
pub(crate) fn complete(name: &str, custodians: u8) -> Draft {
    let mut draft = Draft::template(name).unwrap();
    let key = |n: u8| {
        escrutinio_core::ids::hex(&SigningKey::from_seed(&SecretBytes::new([n; 32])).verifying_key().to_bytes())
    };
    let official = |name: &str, n: u8| OfficialDraft { name: name.into(), key: key(n) };
    draft.registrar = Some(official("Registro", 101));
    draft.server = Some(official("Servidor", 102));
    draft.log = Some(official("tablero.example", 103));
    draft.witnesses = vec![official("testigo-1", 104), official("testigo-2", 105)];
    draft.custodians = (1..=custodians)
        .map(|n| CustodianDraft { name: format!("Custodia {n}"), designation: "Acuerdo".into(), key: key(n) })
        .collect();
    draft
}

#[test]
fn every_template_becomes_a_valid_manifest() {
    for (name, custodians, options) in
        [("nayarit-2021", 5, 13), ("presidencia-2024", 5, 17), ("escuela", 3, 3), ("consulta", 5, 4)]
    {
        let manifest = complete(name, custodians).validate().unwrap();
        assert_eq!(manifest.contests[0].options.len(), options, "{name}");
    }
}

#[test]
fn the_listing_gives_the_same_hash() {
    for (name, _) in TEMPLATES {
        let manifest = complete(name, 5).validate().unwrap();
        let listing = Draft::of(&manifest).to_text();
        assert_eq!(Draft::parse(&listing).unwrap().validate().unwrap().hash(), manifest.hash(), "{name}");
    }
}

/// One test per field of the definition (R-CFG-01): none may be left out.
#[test]
fn a_missing_field_is_named() {
    let text = complete("nayarit-2021", 5).to_text();
    for field in [
        "max_voters",
        "voting_start",
        "voting_close",
        "reception_end",
        "roll_delivered",
        "roll_loaded",
        "addenda",
        "office",
        "legend",
        "offer_source",
        "authority",
        "short",
        "threshold",
        "credential_mixes",
        "operations",
    ] {
        let cut: String = text
            .lines()
            .filter(|line| !line.starts_with(&format!("{field} =")))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_ne!(cut, text, "{field}");
        let error = Draft::parse(&cut).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
    for field in ["registrar", "server", "log"] {
        let mut draft = complete("nayarit-2021", 5);
        match field {
            "registrar" => draft.registrar = None,
            "server" => draft.server = None,
            _ => draft.log = None,
        }
        assert!(draft.validate().unwrap_err().to_string().contains(field));
    }
}

#[test]
fn policies_default_to_lovei_and_unknown_ones_are_refused() {
    let draft = Draft::template("nayarit-2021").unwrap();
    assert_eq!(draft.policies, PoliciesDraft::default());
    let text = draft.to_text();
    let unknown = text.replace("geo_gate", "geo_gat");
    assert_eq!(Draft::parse(&unknown).unwrap_err().message().key, "error.draft.form");
    let mut draft = complete("nayarit-2021", 5);
    draft.policies.blank_vote = "maybe".into();
    assert_eq!(draft.validate().unwrap_err().message().key, "error.draft.word");
}

#[test]
fn names_that_lead_nowhere_are_named() {
    let mut draft = complete("nayarit-2021", 5);
    draft.contests[0].parties[0] = "PXN".into();
    assert!(draft.validate().unwrap_err().to_string().contains("PXN"));
    let mut draft = complete("nayarit-2021", 5);
    draft.calendar.voting_close = "tomorrow".into();
    assert!(draft.validate().unwrap_err().to_string().contains("voting_close"));
}

#[test]
fn an_impossible_calendar_and_a_binding_test_are_refused() {
    let mut draft = complete("nayarit-2021", 5);
    draft.calendar.voting_close = "2021-11-27T19:00:00-06:00".into();
    assert_eq!(draft.validate().unwrap_err().message().key, "error.manifest.rule");
    let mut draft = complete("nayarit-2021", 5);
    draft.test = true;
    assert_eq!(draft.validate().unwrap_err().message().key, "error.manifest.rule");
}

#[test]
fn a_custodian_holds_no_other_role() {
    let mut draft = complete("nayarit-2021", 5);
    draft.custodians[2].name = "Servidor".into();
    assert_eq!(draft.validate().unwrap_err().message().key, "error.draft.two_roles");
}

#[test]
fn staff_of_the_server_is_not_in_the_manifest() {
    let key = SigningKey::from_seed(&SecretBytes::new([9; 32]));
    let person = crate::person::Person { role: Role::Operator, name: "Ana".into(), designation: String::new(), key };
    let mut draft = complete("escuela", 3);
    let before = draft.to_text();
    assert_eq!(draft.admit(&person.card()).unwrap_err().message().key, "error.draft.staff");
    assert_eq!(draft.to_text(), before);
}
