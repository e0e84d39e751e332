use escrutinio_core::ids::ElectionId;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::text::Text;
use escrutinio_core::writein::NamedVotes;

use super::*;

/// Names as far as a legal text can hold them, and one of another script.
const HOSTILE: [&str; 10] = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "\"a\",b",
    "'x' & <b>",
    "עברית",
    "a;b\\c",
    "{{ name }}",
];

fn manifest() -> Manifest {
    let mut manifest = testing::nayarit(&Keys::new(2, 3));
    manifest.contests[0].candidacies[0].formulas[0].owner = "José Peña".into();
    manifest
}

fn texts(names: &[&str]) -> Texts {
    let names: Vec<_> = names.iter().map(|name| NamedVotes { name: (*name).into(), votes: 3 }).collect();
    Texts {
        election_id: ElectionId([1; 32]),
        contest: 0,
        marked: 50,
        texts: 45,
        illegible: 2,
        names,
        few_names: 4,
        few_votes: 5,
    }
}

#[test]
fn hostile_names_are_legal_texts() {
    for name in HOSTILE.into_iter().filter(|name| name.is_ascii()) {
        assert_eq!(Text::normalise(name, 8).unwrap().expose(), name);
    }
    // These are not: nobody can vote them.
    for name in ["עברית", "a\u{202e}b", "a\u{200b}b", "a\tb", "a\rb", "a\nb", "\u{1b}[31m"] {
        assert!(Text::normalise(name, 8).is_err());
    }
}

#[test]
fn pages_show_names_as_text() {
    let page = html(Lang::Es, &manifest(), &texts(&HOSTILE), "00", false).unwrap();
    assert!(!page.contains("<script>") && !page.contains("& <b>"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{page}");
    assert_eq!(page.matches("<bdi dir=\"auto\">").count(), HOSTILE.len());
    assert!(page.contains("<bdi dir=\"auto\">עברית</bdi>") && page.contains("{{ name }}"));
    assert!(page.contains(">5</td>") && page.contains(">50</td>"));
    assert!(!page.contains("Reservado"));
    let reserved = html(Lang::En, &manifest(), &texts(&[]), "00", true).unwrap();
    assert!(reserved.contains("Reserved:") && reserved.contains("lang=\"en\""));
}

#[test]
fn tables_hold_no_formula() {
    let table = csv(&manifest(), &texts(&HOSTILE)).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), HOSTILE.len() + 3);
    for (row, name) in rows.iter().zip(HOSTILE) {
        let cell = &row[1];
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        assert_eq!(cell.strip_prefix('\'').filter(|_| !name.starts_with('\'')).unwrap_or(cell), name);
    }
    assert!(table.lines().all(|line| line.starts_with('"') && line.ends_with('"')));
    for cell in ["=a", "+a", "-a", "@a", "\ta", "\ra"] {
        assert_eq!(guard(cell), format!("'{cell}"));
    }
    assert_eq!(guard("a=b"), "a=b");
}

/// Should such a name come out of a library that takes it for normal, the screen is not its.
#[test]
fn nothing_controls_a_screen() {
    let shown = text(Lang::Es, &manifest(), &texts(&["a\u{1b}[2Jb", "a\u{202e}b", "a\u{200b}b"]));
    assert!(shown.contains("a\\u{1b}[2Jb") && shown.contains("a\\u{202e}b") && shown.contains("a\\u{200b}b"));
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{200b}']));
    for page in [
        html(Lang::Es, &manifest(), &texts(&["a\u{202e}b"]), "00", false).unwrap(),
        json(&manifest(), &texts(&["a\u{202e}b"]), "00", false),
        csv(&manifest(), &texts(&["a\u{202e}b"])).unwrap(),
    ] {
        assert!(!page.contains('\u{202e}') && page.contains("u{202e}"), "{page}");
    }
}

#[test]
fn the_name_of_somebody_who_stands_is_marked() {
    let given = texts(&["JOSE PEÑA", "José Pena"]);
    let shown = text(Lang::En, &manifest(), &given);
    let marked: Vec<&str> = shown.lines().filter(|line| line.contains("registered candidacy")).collect();
    assert_eq!(marked.len(), 1);
    assert!(marked[0].contains("JOSE PEÑA"));
    let value: serde_json::Value = serde_json::from_str(&json(&manifest(), &given, "00", false)).unwrap();
    assert_eq!((&value["names"][0]["registered"], &value["names"][1]["registered"]), (&true.into(), &false.into()));
    assert_eq!(value["without_text"], 5);
    assert!(html(Lang::Es, &manifest(), &given, "00", false).unwrap().contains("candidatura registrada)"));
}
