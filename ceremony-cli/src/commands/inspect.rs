//! Shows what any file of an election is, without asking for a secret.

use core::fmt::Write;
use std::path::Path;

use escrutinio_core::acta::Acta;
use escrutinio_core::board::{Receipt, ReceiptList, SignedCheckpoint};
use escrutinio_core::credential::{CredentialLists, CredentialMix, HalfList, RollRecord};
use escrutinio_core::encoding::Decode;
use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;
use escrutinio_core::keygen::{KeyTranscript, key_record_hash};
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::Seal;
use escrutinio_core::tally::{Participation, Results};
use escrutinio_core::text::visible;
use escrutinio_core::writein::{TextOrder, Texts};

use crate::draft::Draft;
use crate::error::Result;
use crate::files;
use crate::person::Card;
use crate::report::Report;
use crate::sealed::Kind;
use crate::session::utc;

/// Shows a file.
///
/// # Errors
/// If it cannot be read.
pub fn inspect(path: &Path) -> Result<Report> {
    let bytes = files::read(path)?;
    let (what, listing) = describe(path, &bytes);
    let mut report = Report::new("inspect", false)
        .with("file", path.display())
        .with("what", what)
        .with("bytes", bytes.len())
        .with("sha256", hex(&sha256(&[&bytes])));
    report.listing = listing.map(|mut text| {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    });
    Ok(report)
}

/// An object by its magic; nothing else may begin with these letters.
fn object<T: Decode>(name: &str, bytes: &[u8], show: impl FnOnce(&T) -> String) -> (String, Option<String>) {
    match T::from_bytes(bytes) {
        Ok(value) => (name.to_owned(), Some(show(&value))),
        Err(why) => (format!("{name}? {why}"), None),
    }
}

fn describe(path: &Path, bytes: &[u8]) -> (String, Option<String>) {
    if let Some(kind) = Kind::of(bytes) {
        return (format!("sealed {kind:?}"), None);
    }
    match bytes.first_chunk::<4>() {
        Some(b"EMAN") => object("manifest", bytes, |m: &Manifest| {
            format!("# manifest_hash = {}\n{}", m.hash(), Draft::of(m).to_text())
        }),
        Some(b"EROL") => object("roll record", bytes, roll),
        Some(b"EHLF") => object("half list", bytes, |h: &HalfList| {
            let lists: Vec<usize> = h.lists().iter().map(Vec::len).collect();
            format!("roll_id {}\nkeys per list {lists:?}", h.roll_id())
        }),
        Some(b"EMIX") => object("credential mix", bytes, |m: &CredentialMix| {
            format!("roll_id {}\nmix {} by custodian {}", m.roll_id(), m.number(), m.index())
        }),
        Some(b"ELST") => object("credential lists", bytes, |l: &CredentialLists| {
            let lists: Vec<usize> = l.lists().iter().map(|list| list.keys().len()).collect();
            format!("roll_id {}\nmixes {}\nkeys per list {lists:?}", l.roll_id(), l.mixes())
        }),
        Some(b"EKEY") => object("key transcript", bytes, keys),
        Some(b"ESEA") => object("seal", bytes, |s: &Seal| format!("election_id {}\n{s:#?}", s.election_id())),
        Some(b"EPAR") => object("participation", bytes, |p: &Participation| {
            format!("election {}\nclosed {}\n{:#?}", p.election_id, utc(p.closed_at), p.marked)
        }),
        Some(b"ERES") => object("results", bytes, |r: &Results| format!("election {}\n{:?}", r.election_id, r.groups)),
        Some(b"EACT") => object("acta", bytes, acta),
        Some(b"ETXT") => object("written-in names", bytes, |t: &Texts| {
            let names: String = t.names.iter().map(|n| format!("{:>10}  {}\n", n.votes, visible(&n.name))).collect();
            format!("election {}\ncontest {}\n{names}", t.election_id, t.contest)
        }),
        Some(b"EORD") => object("order to open texts", bytes, |o: &TextOrder| {
            let c = &o.content;
            format!(
                "election {}\ncontest {}\n{}\n{}\n{}\n",
                c.election_id,
                c.contest,
                visible(&c.authority),
                visible(&c.document),
                visible(&c.recipients)
            )
        }),
        Some(b"ETMX") => ("mix of texts".to_owned(), None),
        Some(b"ETDC") => ("decryption of texts".to_owned(), None),
        Some(b"ETRL") => ("trial".to_owned(), None),
        Some(b"EBAL") => ("ballot".to_owned(), None),
        Some(b"EOPN") => ("audit opening".to_owned(), None),
        Some(b"EAGG") => ("aggregates".to_owned(), None),
        Some(b"EDEC") => ("partial decryption".to_owned(), None),
        _ => text(path, bytes),
    }
}

fn roll(record: &RollRecord) -> String {
    let mut out = format!(
        "roll_id {}\nmanifest {}\nroot {}\nentries per list {:?}\n",
        record.roll_id(),
        record.manifest_hash,
        hex(&record.root),
        record.counts
    );
    for version in &record.versions {
        let _ = writeln!(
            out,
            "{:?} {} entries, {}, {}, file {}",
            version.kind,
            version.entries,
            utc(version.at),
            version.document,
            hex(&version.file)
        );
    }
    out
}

fn keys(transcript: &KeyTranscript) -> String {
    let mut out = format!(
        "manifest {}\nceremony {}\nkey_record {}\ncertified {}\n",
        transcript.manifest_hash,
        transcript.ceremony,
        hex(&key_record_hash(transcript)),
        hex(&transcript.transcript_hash())
    );
    for certificate in &transcript.certificates {
        let _ = writeln!(out, "custodian {} certified", certificate.index);
    }
    for exclusion in &transcript.excluded {
        let _ = writeln!(out, "custodian {} excluded: {}", exclusion.index, exclusion.reason);
    }
    out
}

fn acta(acta: &Acta) -> String {
    let c = &acta.content;
    let mut out = format!(
        "election {}\ncontest {}\nplace {}\nat {}\nvotes {:?}\ntotal {}\nvoters marked {}\n",
        c.election_id,
        c.contest,
        c.place,
        utc(c.generated_at),
        c.votes,
        c.total,
        c.voters_marked
    );
    for incident in &c.incidents {
        let _ = writeln!(out, "incident {incident}");
    }
    for protest in &c.protests {
        let _ = writeln!(out, "protest {}, {}: {}", protest.party, protest.person, protest.reason);
    }
    for signature in &acta.signatures {
        let _ = writeln!(out, "signed by custodian {}", signature.index);
    }
    out
}

fn text(path: &Path, bytes: &[u8]) -> (String, Option<String>) {
    let shown = || Some(String::from_utf8_lossy(bytes).into_owned());
    if SignedCheckpoint::parse(bytes).is_ok() {
        return ("checkpoint".to_owned(), shown());
    }
    if let Ok(list) = ReceiptList::parse(bytes) {
        return (format!("receipts: {}", list.codes().len()), Some(format!("election {}", list.election())));
    }
    if Receipt::parse(bytes).is_ok() {
        return ("receipt".to_owned(), shown());
    }
    if let Ok(card) = Card::read(path) {
        return (format!("card: {} ({})", card.name, card.role.name()), shown());
    }
    let plain = core::str::from_utf8(bytes).is_ok_and(|t| !t.chars().any(|c| c.is_control() && !c.is_whitespace()));
    if plain { ("text".to_owned(), shown()) } else { ("unknown".to_owned(), None) }
}
