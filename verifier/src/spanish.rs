//! The figures of the report in Spanish. The core gives them in English, numbers within words; what
//! is a name or a hash stays as it is.

/// English with `#` for every number, and the same in Spanish.
const FIGURES: &[(&str, &str)] = &[
    ("# files", "# archivos"),
    (
        "# of # custodians, # witnesses needed, groups of # at least",
        "# de # custodias, # testigos como mínimo, grupos de al menos #",
    ),
    ("# options in # contests", "# opciones en # cargos"),
    ("# versions", "# versiones"),
    ("# entries in # lists", "# personas en # listas"),
    ("# keys", "# claves"),
    ("# lists", "# listas"),
    ("one proof over # keys", "una demostración sobre # claves"),
    ("registrar", "registro"),
    ("server", "servidor"),
    ("# different keys", "# claves distintas"),
    ("# mixes", "# mezclas"),
    ("# shuffles", "# demostraciones de mezcla"),
    ("# lists, # mixes", "# listas, # mezclas"),
    ("ceremony #, # custodians", "ceremonia #, # custodias"),
    ("# signatures", "# firmas"),
    ("# proofs", "# demostraciones"),
    ("# excluded", "# excluidas"),
    ("# keys, any # of # custodians", "# llaves, cualesquiera # de # custodias"),
    ("# certificates", "# certificados"),
    ("# partials", "# descifrados parciales"),
    ("# slots", "# casillas"),
    ("readable", "legible"),
    ("# checkpoints, # cosignatures", "# puntos de control, # firmas de testigos"),
    ("# entries in # bundles", "# entradas en # paquetes"),
    ("# ballots", "# boletas"),
    ("# contests voted on", "# cargos con votos"),
    ("# different", "# distintas"),
    ("# epochs", "# épocas"),
    ("# of # needed on the closing checkpoint", "# firmas de # necesarias en el cierre"),
    ("# lines", "# renglones"),
    ("# voters marked, # ballots", "# personas marcadas, # boletas"),
    ("# groups", "# grupos"),
    ("# ballots in # groups", "# boletas en # grupos"),
    ("# of # needed", "# de # necesarios"),
    ("# counts", "# conteos"),
    ("# contests with texts of #", "# cargos con textos de #"),
    ("# orders", "# órdenes"),
    ("no texts in this record", "este expediente no tiene textos"),
    ("# mixes of # contests", "# mezclas de # cargos"),
    ("# rows", "# renglones"),
    ("# shuffles", "# mezclas demostradas"),
    ("# reports", "# informes"),
    ("# texts", "# textos"),
    ("# names", "# nombres"),
    ("# actas", "# actas"),
    ("# votes = ballots = voters", "# votos = boletas = personas"),
    ("# signatures at least", "# firmas como mínimo"),
    ("# receipts", "# recibos"),
    ("# hashes", "# huellas"),
    ("failed", "falla"),
    ("not run", "no se revisó"),
    ("not run: an earlier check failed", "no se revisó: falló una anterior"),
];

/// The figure in Spanish, where it has words.
#[must_use]
pub(crate) fn figure(english: &str) -> String {
    let (pattern, numbers) = taken_apart(english);
    let Some((_, spanish)) = FIGURES.iter().find(|(known, _)| *known == pattern) else {
        return english.to_owned();
    };
    let mut numbers = numbers.into_iter();
    spanish
        .split_inclusive('#')
        .map(|piece| {
            piece
                .strip_suffix('#')
                .map_or_else(|| piece.to_owned(), |text| format!("{text}{}", numbers.next().unwrap_or_default()))
        })
        .collect()
}

/// `#` for every run of digits, and the runs.
fn taken_apart(text: &str) -> (String, Vec<String>) {
    let (mut pattern, mut numbers, mut inside) = (String::new(), Vec::<String>::new(), false);
    for c in text.chars() {
        if c.is_ascii_digit() {
            if !inside {
                pattern.push('#');
                numbers.push(String::new());
            }
            if let Some(number) = numbers.last_mut() {
                number.push(c);
            }
        } else {
            pattern.push(c);
        }
        inside = c.is_ascii_digit();
    }
    (pattern, numbers)
}

#[cfg(test)]
mod tests {
    use escrutinio_core::encoding::Encode;
    use escrutinio_core::manifest::{Manifest, WriteIn};
    use escrutinio_core::testing::rehearsal::Rehearsal;
    use escrutinio_core::testing::{self, Keys};
    use escrutinio_core::verify::{self, Check};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn numbers_keep_their_places() {
        assert_eq!(figure("551 entries in 12 lists"), "551 personas en 12 listas");
        assert_eq!(
            figure("3 of 5 custodians, 2 witnesses needed, groups of 10 at least"),
            "3 de 5 custodias, 2 testigos como mínimo, grupos de al menos 10"
        );
        assert_eq!(figure("Elección 2021"), "Elección 2021");
    }

    #[test]
    fn every_figure_of_a_record_has_its_spanish() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let keys = Keys::new(2, 3);
        let mut manifest = testing::nayarit(&keys);
        for policy in [WriteIn::Disclose, WriteIn::Sealed] {
            manifest.contests[0].write_in = policy;
            every_figure(manifest.clone(), Keys::new(2, 3), &mut rng);
        }
    }

    fn every_figure(manifest: Manifest, keys: Keys, rng: &mut ChaCha20Rng) {
        let mut rehearsal = Rehearsal::sealed(manifest, keys, &[10], rng);
        let ballots: Vec<_> = (0..10).map(|voter| rehearsal.cast((0, voter), 0, voter, None, rng).to_bytes()).collect();
        (0..10).for_each(|voter| rehearsal.mark(0, 0, voter));
        rehearsal.close(ballots);
        rehearsal.publish(&[1, 2], rng);
        let Ok((report, _)) = verify::record(&rehearsal.files, rng, &mut ());
        // Titles, names and hashes.
        let alike = [Check::M1_1, Check::L1_2, Check::L1_4, Check::K1_2, Check::E1_2, Check::B2_1, Check::N1_2];
        for result in report.checks() {
            assert!(result.ok, "{}", result.check);
            let known = FIGURES.iter().any(|(pattern, _)| *pattern == taken_apart(&result.figure).0);
            assert!(known || alike.contains(&result.check), "{}: {}", result.check, result.figure);
        }
    }
}
