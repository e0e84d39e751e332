//! R, X and S: the record as a folder.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::Check;
use super::ballots::repeated;
use super::context::{Context, End, Phase};
use super::setup::Election;
use crate::ballot::EncryptedBallot;
use crate::board::bundle::{BundleId, read_bundle};
use crate::board::code::format_code;
use crate::hash::{Hash, tagged_hash};
use crate::ids::{TrackingCode, hex};
use crate::record::{self, File, Source};

/// R1: nothing is missing, nothing is foreign.
pub(crate) fn names<S: Source>(ctx: &mut Context<'_, S>) -> Result<(), End<S::Error>> {
    if let Some(path) = record::OBLIGATORY.iter().find(|path| !ctx.files.contains_key(**path)) {
        return Ok(ctx.report.stop(Check::R1_1, format!("{path}: the file is absent; publisher"))?);
    }
    if let Some(path) = ctx.files.keys().find(|path| !record::is_record_path(path)) {
        let why = format!("{path}: no file of a record has this name; publisher");
        return Ok(ctx.report.stop(Check::R1_1, why)?);
    }
    ctx.report.hold(Check::R1_1, format!("{} files", ctx.files.len()));
    Ok(())
}

/// X1: the receipts are the codes of the board. Keeps 32 bytes a ballot.
pub(crate) fn receipts<S: Source>(
    ctx: &mut Context<'_, S>,
    election: &Election,
    size: u64,
) -> Result<(), End<S::Error>> {
    ctx.progress.start(Phase::Receipts, size);
    let mut codes: Vec<Hash> = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    for id in BundleId::all(size) {
        let path = format!("board/{id}");
        let bytes = ctx.bytes(&path, Check::X1_1)?;
        let entries = ctx.decoded(&path, Check::X1_1, read_bundle(id, &bytes))?;
        codes.extend(entries.iter().filter_map(|entry| code_of(entry, election)));
        ctx.progress.advance(id.width().into());
    }
    // Two ballots with one code would be one body under two casts; V1.8 has excluded it.
    let twice = repeated(&mut codes).is_some();

    let path = record::RECEIPTS;
    let Some(length) = ctx.files.get(path).copied() else {
        return Ok(ctx.report.stop(Check::X1_1, format!("{path}: the file is absent; publisher"))?);
    };
    let mut file = File::new(ctx.source, path, length);
    let head = format!("escrutinio/receipts/v1\n{}\n", election.election_id);
    let mut same = !twice && file.next(head.len()).map_err(End::Source)? == head.as_bytes();
    let mut wrong = None;
    for chunk in codes.chunks(4096) {
        let expected: String =
            chunk.iter().flat_map(|code| [format_code(&TrackingCode(*code)), "\n".to_string()]).collect();
        let found = file.next(expected.len()).map_err(End::Source)?;
        if found != expected.as_bytes() {
            same = false;
            let lines = expected.as_bytes().chunks(67).zip(found.chunks(67));
            wrong = lines.zip(chunk).find(|((a, b), _)| a != b).map(|(_, code)| format_code(&TrackingCode(*code)));
            break;
        }
    }
    if !same || file.remaining() > 0 {
        let near = wrong.map(|code| format!(" (the board has {code})")).unwrap_or_default();
        return Ok(ctx.report.stop(Check::X1_1, format!("{path}: not the codes of the board{near}; publisher"))?);
    }
    ctx.report.hold(Check::X1_1, format!("{} receipts", codes.len()));
    Ok(())
}

/// The tracking code of an entry that is known to decode.
fn code_of(entry: &[u8], election: &Election) -> Option<Hash> {
    let contest = u32::from_le_bytes(*entry.get(40..44)?.first_chunk()?);
    let shape = election.shapes.get(usize::try_from(contest).ok()?)?;
    let body = entry.get(..EncryptedBallot::encoded_length(shape))?;
    Some(tagged_hash("tracking-code", &[body]))
}

/// The entry of the board that has a tracking code, if there is one.
///
/// # Errors
/// If the source fails.
pub fn find_code<S: Source>(source: &S, election: &Election, code: &TrackingCode) -> Result<Option<u64>, S::Error> {
    let mut entry = 0u64;
    let mut bundles: Vec<(BundleId, String, u64)> = source
        .files()?
        .into_iter()
        .filter_map(|(path, length)| Some((path.strip_prefix("board/")?.parse().ok()?, path, length)))
        .collect();
    bundles.sort_unstable();
    for (id, path, length) in bundles {
        let bytes = File::new(source, &path, length).next(usize::try_from(length).unwrap_or(usize::MAX))?;
        for bytes in read_bundle(id, &bytes).unwrap_or_default() {
            if code_of(bytes, election).as_ref() == Some(code.as_bytes()) {
                return Ok(Some(entry));
            }
            entry = entry.saturating_add(1);
        }
    }
    Ok(None)
}

/// S1: the list of hashes.
pub(crate) fn sums<S: Source>(ctx: &mut Context<'_, S>) -> Result<(), End<S::Error>> {
    let total = ctx.files.values().fold(0u64, |sum, length| sum.saturating_add(*length));
    ctx.progress.start(Phase::Sums, total);
    let listed = ctx.bytes(record::SUMS, Check::S1_1)?;
    let mut listed = listed.as_slice();
    let files: Vec<(String, u64)> = ctx.files.iter().map(|(path, length)| (path.clone(), *length)).collect();
    for (path, length) in files.iter().filter(|(path, _)| path != record::SUMS) {
        let line = sum_line(ctx.source, path, *length).map_err(End::Source)?;
        ctx.progress.advance(*length);
        match listed.strip_prefix(line.as_bytes()) {
            Some(rest) => listed = rest,
            None => {
                return Ok(ctx
                    .report
                    .stop(Check::S1_1, format!("{}: the line of {path} is wrong; publisher", record::SUMS))?);
            }
        }
    }
    if !listed.is_empty() {
        return Ok(ctx.report.stop(Check::S1_1, format!("{}: lines of no file; publisher", record::SUMS))?);
    }
    ctx.report.hold(Check::S1_1, format!("{} hashes", files.len().saturating_sub(1)));
    Ok(())
}

/// A file's line of `SHA256SUMS`.
///
/// # Errors
/// If the source fails.
pub fn sum_line<S: Source>(source: &S, path: &str, length: u64) -> Result<String, S::Error> {
    let mut hasher = Sha256::new();
    File::new(source, path, length).for_each(|piece| hasher.update(piece))?;
    let hash: Hash = hasher.finalize().into();
    Ok(format!("{}  {path}\n", hex(&hash)))
}
