//! What an opened ballot says, for people and for machines.

use escrutinio_core::ballot::{Opening, OpeningError};
use escrutinio_core::board::code::format_code;
use escrutinio_core::ids::TrackingCode;
use escrutinio_core::text::{escaped, from_blocks, visible};
use escrutinio_core::verify::Election;
use rand_core::CryptoRng;

use crate::json;

/// What was found.
#[derive(Debug)]
pub(crate) struct Audit {
    code: TrackingCode,
    /// The option that was opened, as the acta calls it.
    choice: String,
    /// The name that was written; what is none has every character by its number.
    text: Option<String>,
    verdict: Result<(), OpeningError>,
    /// Where the ballot stands on the board, as no opened one may.
    entry: Option<u64>,
}

impl Audit {
    /// Judges an opening, which stands on the board at `entry`.
    #[must_use]
    pub(crate) fn of(election: &Election, opening: &Opening, entry: Option<u64>, rng: &mut impl CryptoRng) -> Self {
        let verdict = opening.verify_for(&election.manifest, &election.parameters, from_blocks, rng);
        let choice = election.manifest.option_name(opening.body.contest, opening.option).unwrap_or_default();
        let text = opening.text().map(|blocks| from_blocks(blocks).unwrap_or_else(|_| escaped(blocks)));
        let verdict = verdict.map(|_| ());
        Self { code: opening.body.tracking_code(), choice: visible(&choice), text, verdict, entry }
    }

    /// Whether the ballot encrypts what was opened and was not cast.
    #[must_use]
    pub(crate) fn holds(&self) -> bool {
        self.verdict.is_ok() && self.entry.is_none()
    }

    /// One JSON object.
    #[must_use]
    pub(crate) fn to_json(&self) -> String {
        let why = self.verdict.err().map(|error| error.to_string());
        format!(
            "{{\"verdict\": \"{}\", \"code\": {}, \"choice\": {}, \"text\": {}, \"why\": {}, \"on_board\": {}}}\n",
            if self.holds() { "valid" } else { "invalid" },
            json::string(&format_code(&self.code)),
            json::string(&self.choice),
            json::optional(self.text.as_deref()),
            json::optional(why.as_deref()),
            self.entry.is_some(),
        )
    }

    /// Lines for people.
    #[must_use]
    pub(crate) fn lines(&self, spanish: bool) -> String {
        let choice = &self.choice;
        let first = match (&self.verdict, self.entry, spanish) {
            (Ok(()), None, true) => format!("CORRECTA: la boleta auditada cifra «{choice}»."),
            (Ok(()), None, false) => format!("CORRECT: the audited ballot encrypts \"{choice}\"."),
            (Ok(()), Some(entry), true) => format!("MAL: una boleta abierta está en el tablero, entrada {entry}."),
            (Ok(()), Some(entry), false) => format!("WRONG: an opened ballot stands on the board, entry {entry}."),
            (Err(error), _, true) => format!("MAL: la boleta no vale como se abrió: {}.", in_spanish(*error)),
            (Err(error), _, false) => format!("WRONG: the ballot is not what was opened: {error}."),
        };
        let opened = match (self.verdict.is_err(), spanish) {
            (false, _) => String::new(),
            (true, true) => format!("Se abrió como: «{choice}»\n"),
            (true, false) => format!("It was opened as: \"{choice}\"\n"),
        };
        let written = match (&self.text, spanish) {
            (Some(text), true) => format!("Nombre escrito: «{text}»\n"),
            (Some(text), false) => format!("Written name: \"{text}\"\n"),
            (None, true) => "Sin nombre escrito\n".to_owned(),
            (None, false) => "No written name\n".to_owned(),
        };
        format!("{first}\n{opened}{written}{}\n", format_code(&self.code))
    }
}

fn in_spanish(error: OpeningError) -> &'static str {
    match error {
        OpeningError::Choice(_) => "el cargo no ofrece esa opción",
        OpeningError::OtherElection => "es de otra elección o de otro cargo",
        OpeningError::Place => "nadie de esa sección y tipo de boleta vota por ese cargo",
        OpeningError::Ciphertext => "no cifra lo que se abrió",
        OpeningError::Proof => "su demostración de validez no se cumple",
        OpeningError::Text => "el nombre escrito no está en su forma normal, y el cómputo no lo podría leer",
        _ => "no se cumple",
    }
}

#[cfg(test)]
mod tests {
    use escrutinio_core::ballot::TextBlock;
    use escrutinio_core::testing::rehearsal::Rehearsal;
    use escrutinio_core::testing::{self, Keys};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    /// What is found of a ballot with a written name, or for an option without one.
    fn audited(option: Option<u32>, name: &str) -> Audit {
        let mut rng = ChaCha20Rng::seed_from_u64(8);
        let keys = Keys::new(2, 3);
        let rehearsal = Rehearsal::sealed(testing::several(&keys), keys, &[7, 2, 9, 9], &mut rng);
        let election = rehearsal.election();
        let shape = election.shapes[0];
        let mut blocks: Vec<TextBlock> = vec![[0; 16]; shape.texts];
        blocks.as_flattened_mut()[..name.len()].copy_from_slice(name.as_bytes());
        let written = option.is_none().then_some(blocks);
        let option = option.or(shape.write_in).unwrap();
        let opening = rehearsal.prepare((2, 0), 0, option, written, &mut rng).audit();
        Audit::of(election, &opening, None, &mut rng)
    }

    #[test]
    fn r_cast_18_the_written_name_is_said() {
        let right = audited(None, "Ana Ruiz Ñandú");
        assert!(right.holds());
        assert!(right.lines(true).starts_with("CORRECTA"), "{}", right.lines(true));
        assert!(right.lines(true).contains("Nombre escrito: «Ana Ruiz Ñandú»\n"));
        assert!(right.lines(false).contains("Written name: \"Ana Ruiz Ñandú\"\n"));
        assert!(right.to_json().contains("\"text\": \"Ana Ruiz Ñandú\", \"why\": null"), "{}", right.to_json());
        let party = audited(Some(2), "");
        assert!(party.holds() && party.lines(false).contains("No written name"));
        assert!(party.to_json().contains("\"text\": null"), "{}", party.to_json());
    }

    #[test]
    fn r_cast_18_a_name_that_only_looks_right_is_wrong_and_shown_whole() {
        for (name, shown) in [("ANA\u{200b}RUIZ", "ANA\\u{200b}RUIZ"), ("\u{202e}ziuR", "\\u{202e}ziuR")] {
            let wrong = audited(None, name);
            assert!(!wrong.holds());
            assert!(wrong.lines(true).starts_with("MAL") && wrong.lines(false).starts_with("WRONG"));
            assert!(wrong.lines(true).contains(shown) && wrong.lines(false).contains(shown), "{}", wrong.lines(true));
            let json = wrong.to_json();
            assert!(json.contains("\"invalid\"") && json.contains(&json::string(shown)), "{json}");
            for text in [wrong.lines(true), wrong.lines(false), json] {
                let text = text.replace('\n', "");
                assert_eq!(visible(&text), text);
            }
        }
    }

    #[test]
    fn r_cast_18_an_opened_ballot_on_the_board_is_wrong() {
        let cast = Audit { entry: Some(7), ..audited(Some(2), "") };
        assert!(!cast.holds() && cast.lines(true).starts_with("MAL") && cast.lines(false).contains("entry 7"));
        assert!(cast.to_json().contains("\"on_board\": true"));
    }
}
