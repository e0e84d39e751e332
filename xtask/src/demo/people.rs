//! Synthetic people: no real personal data is in any test (R-SIM-07).

use core::fmt::Write;

use escrutinio_core::manifest::ValidManifest;
use rand_core::Rng;

const FIRST: [&str; 24] = [
    "Ana",
    "Luis",
    "María José",
    "Jorge",
    "Guadalupe",
    "Raúl",
    "Itzel",
    "Emilio",
    "Ximena",
    "Óscar",
    "Nayeli",
    "Iván",
    "Zoé",
    "Ángel",
    "Citlali",
    "Hugo",
    "Inés",
    "Rubén",
    "Lucía",
    "Matías",
    "Paz",
    "Darío",
    "Alma",
    "Joaquín",
];
const LAST: [&str; 24] = [
    "Núñez",
    "Ibáñez",
    "López",
    "Ramírez",
    "Peña",
    "Castañeda",
    "Muñoz",
    "Ávila",
    "Ortiz",
    "Güemes",
    "Zúñiga",
    "Solís",
    "Cárdenas",
    "Quiñones",
    "Luna",
    "Rangel",
    "Téllez",
    "Becerra",
    "Ocampo",
    "Villaseñor",
    "Yáñez",
    "Ponce",
    "Rentería",
    "Haro",
];

fn pick<'a>(from: &[&'a str], rng: &mut impl Rng) -> &'a str {
    let place = usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(from.len()).unwrap_or(0);
    from.get(place).copied().unwrap_or_default()
}

/// A name.
pub(crate) fn name(rng: &mut impl Rng) -> String {
    format!("{} {} {}", pick(&FIRST, rng), pick(&LAST, rng), pick(&LAST, rng))
}

/// What voters write beside the registered candidacies: some names in several spellings, some that
/// one person writes alone, marks without a name.
const WRITTEN: [&str; 12] = [
    "Doña Ñata Ibáñez Núñez",
    "Xóchitl Güemes Peña",
    "DOÑA ÑATA IBAÑEZ NUÑEZ",
    "Xochitl Guemes Peña",
    "doña ñata ibáñez núñez",
    "XÓCHITL GÜEMES PEÑA",
    "Doña  Ñata Ibáñez Núñez ",
    "Óscar Zúñiga Yáñez",
    "Oscar Zúñiga Yañez",
    "Xóchitl Güemes Pena",
    "<b>Nadie</b>",
    "=SUMA(A1:A9)",
];

/// A name that somebody writes; nothing, where the option is only marked.
pub(crate) fn written(rng: &mut impl Rng) -> Option<String> {
    match rng.next_u32().checked_rem(16).unwrap_or(0) {
        0 => None,
        1 => Some(name(rng)),
        _ => {
            // The first names often, the last ones seldom.
            let places = WRITTEN.len();
            let mut draw = || usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(places).unwrap_or(0);
            let (a, b) = (draw(), draw());
            WRITTEN.get(a.min(b)).map(|name| (*name).to_owned())
        }
    }
}

/// A roll as the area in charge delivers it, dealt evenly over the lists of the manifest.
pub(crate) fn roll(manifest: &ValidManifest, voters: u32, rng: &mut impl Rng) -> String {
    let mut csv = String::from("name,clave,ocr,cic,entity,email,phone,style,unit\n");
    let lists = manifest.lists.len().max(1);
    for number in 0..voters {
        let place = usize::try_from(number).unwrap_or(0).checked_rem(lists).unwrap_or(0);
        let Some(list) = manifest.lists.get(place) else { continue };
        let unit = usize::try_from(list.unit).ok().and_then(|unit| manifest.units.get(unit));
        let style = usize::try_from(list.style).ok().and_then(|style| manifest.styles.get(style));
        let (Some(unit), Some(style)) = (unit, style) else { continue };
        // Writing to a String cannot fail.
        let _ = writeln!(
            csv,
            "{},SNTT{number:08}H700,{:013},IDMEX{number:09},{},votante{number}@correo.example,+1 312 {:07},{},{}",
            name(rng),
            u64::from(number).saturating_add(4_000_000_000_000),
            unit.entity,
            u64::from(number).saturating_add(2_000_000),
            style.name,
            unit.name,
        );
    }
    csv
}
