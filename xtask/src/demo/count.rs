//! After the close: the box, the count, the acta, the receipts, the record.

use core::fmt::Write;
use std::path::Path;

use escrutinio_ceremony::commands::ballot_box::{self, From};
use escrutinio_ceremony::commands::{acta, count as counting, record, writein};
use escrutinio_core::acta::Acta;
use escrutinio_core::encoding::Decode;
use escrutinio_core::manifest::{ValidManifest, WriteIn};
use escrutinio_core::record as record_paths;
use escrutinio_core::writein::{Texts, fold};

use super::attended;
use super::ceremony::{LOG, SERVER, cosign};
use super::site::Closing;
use super::stage::{Stage, custodian};
use super::voting::Voting;
use crate::shell::Failure;

/// Reception ends; the box is exported, hashed and cosigned; the roll side says who voted.
pub(crate) fn close(stage: &mut Stage, voting: &Voting) -> Result<(), Failure> {
    stage.screen.step(
        "Cierre: la urna se exporta, se calcula su huella y los testigos la firman",
        "Close: the box is exported, hashed and cosigned",
    );
    stage.now = stage.manifest()?.reception_end();
    let (spool, log) = (stage.private("spool.bin"), stage.secret(LOG));
    stage.act(LOG, "", |session, workspace| {
        ballot_box::export(session, workspace, From::Spool { file: &spool, log: &log })
    })?;
    hash(stage)?;
    cosign(stage)?;
    let (list_file, marked_file) = (stage.private("voters.csv"), stage.private("marked.txt"));
    stage.write(&list_file, list(voting).as_bytes())?;
    stage.write(&marked_file, marked(voting).as_bytes())?;
    participation(stage, &marked_file, &list_file)
}

/// The server's board and what it says of the voters come to the counting machine, and equal what the
/// demonstration noted aside.
pub(crate) fn import(stage: &mut Stage, voting: &mut Voting, closing: &Closing) -> Result<(), Failure> {
    stage.screen.step(
        "La urna llega al equipo de cómputo, que verifica cada boleta",
        "The box comes to the counting machine, which verifies every ballot",
    );
    stage.act("Autoridad", "", |session, workspace| {
        ballot_box::export(session, workspace, From::Board(&closing.board))
    })?;
    hash(stage)?;
    if stage.attended.is_some() {
        attended::reckon(stage, voting, closing)?;
    }
    for (path, expected) in [(&closing.voters, list(voting)), (&closing.marked, marked(voting))] {
        let found = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        if found != expected {
            return Err(Failure::new(format!("{}: not what was noted aside", path.display())));
        }
    }
    participation(stage, &closing.marked, &closing.voters)
}

fn hash(stage: &mut Stage) -> Result<(), Failure> {
    let hash = stage.act("Autoridad", "", ballot_box::hash)?;
    stage.screen.figure("huella de la urna", "hash of the box", hash.get("board_hash").unwrap_or_default());
    Ok(())
}

/// Those who voted, in the order of their names.
fn list(voting: &Voting) -> String {
    let mut voters = voting.voters.clone();
    voters.sort_unstable();
    let mut list = String::from("name,clave\n");
    for (name, clave) in &voters {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "{name},{clave}");
    }
    list
}

/// Voters marked, by contest and list.
fn marked(voting: &Voting) -> String {
    let mut text = String::new();
    for ((contest, list), voters) in &voting.marked {
        let _ = writeln!(text, "{contest} {list} {voters}");
    }
    text
}

fn participation(stage: &mut Stage, marked: &Path, voters: &Path) -> Result<(), Failure> {
    let server = stage.secret(SERVER);
    let report = stage
        .act(SERVER, "", |session, workspace| ballot_box::participation(session, workspace, &server, marked, voters))?;
    stage.screen.figure("personas que votaron", "voters who voted", report.get("persons").unwrap_or_default());
    Ok(())
}

/// A quorum decrypts what each computes for itself; the actas are built, signed, rendered.
pub(crate) fn count(stage: &mut Stage) -> Result<(), Failure> {
    let manifest = stage.manifest()?;
    let (threshold, all) = (manifest.threshold, u32::try_from(manifest.custodians.len()).unwrap_or(0));
    // Those who happen to be present: the last of them.
    let quorum: Vec<u32> = (all.saturating_sub(threshold).saturating_add(1)..=all).collect();
    stage.screen.step(
        "Escrutinio: cada custodia suma por su cuenta y descifra solo esa suma",
        "Count: every custodian adds up alone and decrypts that sum only",
    );
    stage.act("Autoridad", "", counting::aggregate)?;
    let bar = stage.screen.bar(u64::from(threshold), "custodias", "custodians");
    for number in &quorum {
        let name = custodian(*number);
        let secret = stage.secret(&name);
        stage.act(&name, "", |session, workspace| counting::decrypt(session, workspace, &secret))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    stage.act("Autoridad", "", counting::combine)?;
    stage.screen.figure(
        "custodias que descifraron",
        "custodians who decrypted",
        quorum.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    );

    written_names(stage, &manifest, &quorum)?;

    stage.screen.step("Acta de escrutinio y cómputo", "The acta of the count");
    stage.now = stage.now.saturating_add(1800);
    let place = format!("acta.place = {}\n", manifest.sites.board);
    stage.act("Mesa", &place, acta::build)?;
    for number in &quorum {
        let name = custodian(*number);
        let secret = stage.secret(&name);
        stage.act(&name, "", |session, workspace| acta::sign(session, workspace, &secret))?;
    }
    let rendered = stage.act("Mesa", "", acta::render)?;
    println!();
    for line in rendered.listing.unwrap_or_default().lines() {
        println!("    {line}");
    }
    for (from, to) in [("json", "acta.json"), ("html", "acta.html")] {
        let from = stage.out.join(format!("acta/contest-000.{from}"));
        std::fs::copy(&from, stage.out.join(to)).map_err(|error| Failure::file(&from, &error))?;
    }

    stage
        .screen
        .step("Se publican los recibos y se reúne el expediente", "Receipts are published and the record is assembled");
    let receipts = stage.act("Autoridad", "", record::receipts)?;
    stage.screen.figure("recibos", "receipts", receipts.get("codes").unwrap_or_default());
    stage.act("Autoridad", "", record::assemble)?;
    Ok(())
}

/// Where the manifest discloses names: custodians mix the texts one after the other, decrypt what
/// came out, and the names are reported.
fn written_names(stage: &mut Stage, manifest: &ValidManifest, quorum: &[u32]) -> Result<(), Failure> {
    if !manifest.contests.iter().any(|contest| contest.write_in == WriteIn::Disclose) {
        return Ok(());
    }
    stage.screen.step(
        "Nombres escritos: las custodias los mezclan una tras otra y abren lo que sale",
        "Written-in names: custodians mix them one after the other and open what comes out",
    );
    for step in [writein::mix, writein::decrypt] {
        for number in quorum {
            let name = custodian(*number);
            let secret = stage.secret(&name);
            stage.act(&name, "", |session, workspace| step(session, workspace, &secret))?;
        }
    }
    let report = stage.act("Autoridad", "", writein::report)?;
    println!();
    for line in report.listing.unwrap_or_default().lines() {
        println!("    {line}");
    }
    Ok(())
}

/// The names must be those that were noted aside: each with its votes, or pooled.
fn compare_names(stage: &Stage, voting: &Voting) -> Result<(), Failure> {
    let manifest = stage.manifest()?;
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        if contest.write_in != WriteIn::Disclose {
            continue;
        }
        let path = stage.record().join(record_paths::texts(number));
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let texts = Texts::from_bytes(&bytes).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        let written = voting.written.iter().filter(|((contest, _), _)| *contest == number);
        let (shown, few): (Vec<_>, Vec<_>) = written
            .map(|((_, name), votes)| (name.clone(), *votes))
            .partition(|(_, votes)| *votes >= u64::from(manifest.min_group));
        let mut found: Vec<_> = texts.names.iter().map(|named| (fold(&named.name), named.votes)).collect();
        found.sort();
        let few_votes: u64 = few.iter().map(|(_, votes)| votes).sum();
        // What people wrote nobody noted.
        let of_people = voting.people.get(&number).is_some_and(|people| *people > 0);
        let all = |name: &String, votes: u64| found.iter().any(|(one, of)| one == name && *of >= votes);
        let same = if of_people {
            shown.iter().all(|(name, votes)| all(name, *votes))
        } else {
            found == shown && few_votes == texts.few_votes && texts.illegible == 0
        };
        if !same {
            return Err(Failure::new(format!("contest {number}: the names are not those that were written")));
        }
        stage.screen.figure("nombres iguales a los apuntados", "names equal to those noted", found.len());
    }
    Ok(())
}

/// Whether votes are those that were noted aside, and for the rest those of so many people.
fn explained(votes: &[u64], noted: &[u64], people: u64) -> bool {
    let more: Option<Vec<u64>> = votes.iter().zip(noted).map(|(votes, noted)| votes.checked_sub(*noted)).collect();
    votes.len() == noted.len() && more.is_some_and(|more| more.iter().sum::<u64>() == people)
}

/// The acta must say what the demonstration noted aside.
pub(crate) fn compare(stage: &mut Stage, voting: &Voting) -> Result<(), Failure> {
    for (contest, expected) in voting.expected.iter().enumerate() {
        let path = stage.record().join(format!("acta/contest-{contest:03}.bin"));
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let acta = Acta::from_bytes(&bytes).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        let of_people = u32::try_from(contest).ok().and_then(|contest| voting.people.get(&contest));
        if !explained(&acta.content.votes, expected, of_people.copied().unwrap_or(0)) {
            let found = &acta.content.votes;
            return Err(Failure::new(format!("contest {contest}: counted {found:?}, cast were {expected:?}")));
        }
    }
    compare_names(stage, voting)?;
    stage.screen.figure("igual a lo que se apuntó aparte", "equal to what was noted aside", voting.expected.len());
    Ok(())
}
