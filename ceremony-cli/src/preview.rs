//! A preview of the ballots of a draft: what must stand on them (LOVEI 18), in the order
//! of the offer, every party's space of the same size.

use askama::Template;

use crate::draft::{CandidacyDraft, ContestDraft, Draft, FormulaDraft};
use crate::error::{Result, refused};

#[derive(Template)]
#[template(path = "ballot.html")]
struct Ballots<'a> {
    draft: &'a Draft,
    contests: Vec<Ballot<'a>>,
}

struct Ballot<'a> {
    contest: &'a ContestDraft,
    spaces: Vec<Space<'a>>,
}

/// One space to mark.
struct Space<'a> {
    /// Emblems: short name and colour.
    emblems: Vec<(&'a str, &'a str)>,
    name: String,
    formulas: &'a [FormulaDraft],
}

/// Renders the ballots of a draft as one page.
///
/// # Errors
/// If the page cannot be made.
pub fn ballots(draft: &Draft) -> Result<String> {
    let contests = draft.contests.iter().map(|contest| Ballot { contest, spaces: spaces(draft, contest) }).collect();
    Ballots { draft, contests }.render().map_err(|why| refused("error.render", &[("why", &why)]))
}

fn spaces<'a>(draft: &'a Draft, contest: &'a ContestDraft) -> Vec<Space<'a>> {
    let party = |short: &str| draft.parties.iter().find(|p| p.short == short);
    let emblem = |short: &'a String| (short.as_str(), party(short).map_or("#000000", |p| p.colour.as_str()));
    let formulas = |holder: &dyn Fn(&CandidacyDraft) -> bool| {
        contest.candidacies.iter().find(|c| holder(c)).map_or(&[][..], |c| c.formulas.as_slice())
    };
    let mut spaces = Vec::new();
    for short in &contest.parties {
        if let Some(common) = contest.commons.iter().find(|common| common.parties.contains(short)) {
            if common.parties.first() == Some(short) {
                spaces.push(Space {
                    emblems: common.parties.iter().map(emblem).collect(),
                    name: common.name.clone(),
                    formulas: formulas(&|c| c.common.as_ref() == Some(&common.name)),
                });
            }
            continue;
        }
        let coalition = contest.coalitions.iter().find(|coalition| coalition.parties.contains(short));
        spaces.push(Space {
            emblems: vec![emblem(short)],
            name: party(short).map_or_else(|| short.clone(), |p| p.name.clone()),
            formulas: match coalition {
                Some(coalition) => formulas(&|c| c.coalition.as_ref() == Some(&coalition.name)),
                None => formulas(&|c| c.party.as_ref() == Some(short)),
            },
        });
    }
    for name in &contest.independents {
        spaces.push(Space {
            emblems: Vec::new(),
            name: name.clone(),
            formulas: formulas(&|c| c.independent.as_ref() == Some(name)),
        });
    }
    for name in &contest.answers {
        spaces.push(Space { emblems: Vec::new(), name: name.clone(), formulas: &[] });
    }
    spaces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_nine_elements_in_the_order_of_the_offer() {
        let draft = Draft::template("nayarit-2021").unwrap();
        let page = ballots(&draft).unwrap();
        for text in [
            "Proceso Electoral Federal Extraordinario 2021",
            "Nayarit",
            "Senaduría de Mayoría Relativa",
            "Anel Zarina Cabrales Pérez",
            "Anular mi voto",
            "Candidatura no registrada",
            "Nayaritas residentes en el extranjero",
        ] {
            assert!(page.contains(text), "{text}");
        }
        assert_eq!(page.matches("Rosa Elena Jiménez Arteaga").count(), 3, "once in each allied party's space");
        let places: Vec<_> = ["PAN", "PRI", "PRD", "PVEM", "PT", "MC", "MORENA"]
            .map(|short| page.find(&format!("data-short=\"{short}\"")).unwrap())
            .to_vec();
        assert!(places.is_sorted());
    }

    #[test]
    fn a_candidatura_comun_is_one_space() {
        let mut draft = Draft::template("nayarit-2021").unwrap();
        let contest = &mut draft.contests[0];
        contest
            .commons
            .push(crate::draft::CommonDraft { name: "Común".into(), parties: vec!["PAN".into(), "PRD".into()] });
        let spaces = spaces(&draft, &draft.contests[0]);
        assert_eq!(spaces.len(), 6);
        assert_eq!(spaces[0].emblems.len(), 2);
    }
}
