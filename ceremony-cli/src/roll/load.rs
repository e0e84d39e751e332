//! Reading a delivered roll: every row is checked before any is taken.

use std::collections::{BTreeMap, HashMap};

use csv::StringRecord;
use escrutinio_core::credential::RollEntry;
use escrutinio_core::encoding::STRING;
use escrutinio_core::hash::{Hash, sha256};
use escrutinio_core::manifest::ValidManifest;
use rand_core::CryptoRng;

use super::{PostalList, Version};
use crate::error::{Error, Result, refused};

/// What a delivered file holds, once all of it holds.
#[derive(Debug)]
pub struct Delivered {
    /// SHA-256 of the file.
    pub file: Hash,
    /// Its entries, in the order of the file.
    pub entries: Vec<RollEntry>,
}

impl Delivered {
    /// Entries per entity, for the load record; no personal data.
    #[must_use]
    pub fn per_entity(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            let count: &mut u64 = counts.entry(entry.entity.as_str()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

fn bad(row: u64, field: &'static str, key: &'static str) -> Error {
    refused(key, &[("row", &row), ("field", &field)])
}

/// Whether a text can be an e-mail address. What would end a mail header or an address is none.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    });
    parts && text.len() <= STRING && !text.contains(['<', '>', '"', ',', ';']) && !text.chars().any(char::is_control)
}

/// The columns of the file by their names.
struct Columns(HashMap<String, usize>);

impl Columns {
    fn text(&self, record: &StringRecord, row: u64, field: &'static str) -> Result<String> {
        let text = self.0.get(field).and_then(|place| record.get(*place)).unwrap_or_default().trim();
        if text.is_empty() {
            return Err(bad(row, field, "error.roll.empty"));
        }
        if text.len() > STRING || text.chars().any(char::is_control) {
            return Err(bad(row, field, "error.roll.form"));
        }
        Ok(text.to_owned())
    }

    /// Letters and digits only, in upper case: one form, so that equal ones are found.
    fn code(&self, record: &StringRecord, row: u64, field: &'static str) -> Result<String> {
        let text = self.text(record, row, field)?.to_uppercase();
        if text.chars().all(|c| c.is_ascii_alphanumeric()) { Ok(text) } else { Err(bad(row, field, "error.roll.form")) }
    }

    fn email(&self, record: &StringRecord, row: u64) -> Result<String> {
        let text = self.text(record, row, "email")?;
        if is_email(&text) { Ok(text) } else { Err(bad(row, "email", "error.roll.form")) }
    }

    /// Digits with the country code and nothing else (R-ROLL-05).
    fn phone(&self, record: &StringRecord, row: u64) -> Result<String> {
        let text = self.text(record, row, "phone")?;
        let plain = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(&text);
        let digits: String = plain.chars().filter(|c| !matches!(c, ' ' | '(' | ')' | '-' | '.')).collect();
        if (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0') {
            Ok(digits)
        } else {
            Err(bad(row, "phone", "error.roll.form"))
        }
    }

    /// The list: by number, by style and unit, or the only one of the entity.
    fn list(&self, record: &StringRecord, row: u64, manifest: &ValidManifest, entity: &str) -> Result<u32> {
        if self.0.contains_key("list") {
            let list = self.text(record, row, "list")?.parse::<u32>().ok();
            let known = |list: &u32| usize::try_from(*list).is_ok_and(|list| list < manifest.lists.len());
            return list.filter(known).ok_or_else(|| bad(row, "list", "error.roll.list"));
        }
        if self.0.contains_key("style") {
            let style = self.text(record, row, "style")?;
            let unit = self.text(record, row, "unit")?;
            let style = (0u32..).zip(&manifest.styles).find(|(_, s)| s.name == style).map(|(number, _)| number);
            let unit = (0u32..).zip(&manifest.units).find(|(_, u)| u.name == unit).map(|(number, _)| number);
            return style
                .zip(unit)
                .and_then(|(style, unit)| manifest.list_index(style, unit))
                .ok_or_else(|| bad(row, "style", "error.roll.list"));
        }
        let units = |unit: u32| usize::try_from(unit).ok().and_then(|unit| manifest.units.get(unit));
        let mut lists = (0u32..)
            .zip(&manifest.lists)
            .filter(|(_, list)| units(list.unit).is_some_and(|unit| unit.entity == entity))
            .map(|(number, _)| number);
        match (lists.next(), lists.next()) {
            (Some(list), None) => Ok(list),
            _ => Err(bad(row, "entity", "error.roll.list")),
        }
    }
}

/// Values that must differ from row to row, in every version.
#[derive(Default)]
struct Unique(HashMap<(&'static str, String), u64>);

impl Unique {
    fn take(&mut self, field: &'static str, value: String, row: u64) -> Result<()> {
        match self.0.insert((field, value), row) {
            None => Ok(()),
            Some(0) => Err(bad(row, field, "error.roll.known")),
            Some(first) => Err(refused("error.roll.twice", &[("row", &row), ("field", &field), ("first", &first)])),
        }
    }

    fn take_entry(&mut self, entry: &RollEntry, row: u64) -> Result<()> {
        self.take("clave", entry.clave.clone(), row)?;
        self.take("email", entry.email.to_lowercase(), row)?;
        self.take("phone", entry.phone.clone(), row)
    }
}

/// Reads a delivered file. Nothing is taken unless all of it holds (R-ROLL-02 to 07, 14).
///
/// # Errors
/// The first row that does not hold, with its field; a count other than the delivered one;
/// more entries than the manifest allows.
pub fn deliver(
    manifest: &ValidManifest,
    content: &[u8],
    delivered: u64,
    earlier: &[Version],
    postal: Option<&PostalList>,
    rng: &mut dyn CryptoRng,
) -> Result<Delivered> {
    let mut unique = Unique::default();
    for entry in earlier.iter().flat_map(|version| &version.entries) {
        unique.take_entry(entry, 0)?;
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content);
    let headers = reader.headers().map_err(|_| bad(1, "", "error.roll.csv"))?.clone();
    let columns = Columns(headers.iter().map(str::to_lowercase).zip(0..).collect());
    let mut entries = Vec::new();
    for (record, row) in reader.records().zip(2u64..) {
        let record = record.map_err(|_| bad(row, "", "error.roll.csv"))?;
        let entity = columns.text(&record, row, "entity")?;
        let entry = RollEntry {
            salt: RollEntry::draw_salt(rng),
            list: columns.list(&record, row, manifest, &entity)?,
            name: columns.text(&record, row, "name")?,
            clave: columns.code(&record, row, "clave")?,
            ocr: columns.code(&record, row, "ocr")?,
            cic: columns.code(&record, row, "cic")?,
            entity,
            email: columns.email(&record, row)?,
            phone: columns.phone(&record, row)?,
        };
        unique.take_entry(&entry, row)?;
        if postal.is_some_and(|postal| postal.contains(&entry.clave)) {
            return Err(bad(row, "clave", "error.roll.postal"));
        }
        entries.push(entry);
    }
    let loaded = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    if loaded != delivered {
        return Err(refused("error.roll.delivered", &[("delivered", &delivered), ("loaded", &loaded)]));
    }
    let before = earlier.iter().map(|version| u64::try_from(version.entries.len()).unwrap_or(u64::MAX));
    let all = before.fold(loaded, u64::saturating_add);
    if all == 0 || all > u64::from(manifest.max_voters) {
        return Err(refused("error.roll.voters", &[("most", &manifest.max_voters), ("actual", &all)]));
    }
    Ok(Delivered { file: sha256(&[content]), entries })
}
