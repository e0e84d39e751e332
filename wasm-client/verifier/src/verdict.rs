//! The verdict as JSON (`Verification` of `web/src/crypto.js`).

use escrutinio_core::acta::Acta;
use escrutinio_core::encoding::Decode;
use escrutinio_core::record::{self, File, Source};
use escrutinio_core::verify::{self, ClosedElection, Linking, Progress};
use escrutinio_wasm_client::json::{Object, array, optional, string};
use rand_core::CryptoRng;

/// Verifies a record.
///
/// # Errors
/// If a file cannot be read. A record that does not hold is no error.
pub fn verdict<S: Source>(
    source: &S,
    rng: &mut impl CryptoRng,
    progress: &mut dyn Progress,
) -> Result<String, S::Error> {
    let (report, closed) = verify::record(source, rng, progress)?;
    let checks = report.checks().into_iter().map(|result| {
        let title = Object::new().text("es", result.check.que()).text("en", result.check.what());
        Object::new()
            .text("code", result.check.code())
            .with("title", title.finish())
            .with("ok", result.ok)
            .text("figure", &result.figure)
            .with("culprit", optional(result.culprit.map(|culprit| string(&culprit))))
            .finish()
    });
    let results = closed.filter(|_| report.is_valid()).map(|closed| results(source, &closed)).transpose()?;
    Ok(Object::new()
        .with("valid", report.is_valid())
        .with("firstFailure", optional(report.first_failure().map(|check| string(check.code()))))
        .with("electionId", optional(report.election_id.map(|id| string(&id.to_string()))))
        .with("manifestHash", optional(report.manifest_hash.map(|hash| string(&hash.to_string()))))
        .with("ballots", report.ballots)
        .with("linking", optional(report.linking().map(linking)))
        .with("checks", array(checks))
        .with("results", results.unwrap_or_else(|| "[]".to_owned()))
        .finish())
}

/// Who can tie a ballot to its roll entry.
fn linking(linking: Linking) -> String {
    let (by, mixes, threshold) = match linking {
        Linking::Anybody => ("anybody", 0, None),
        Linking::Mixers { mixes, threshold } => ("mixers", mixes, Some(threshold)),
        Linking::Threshold { mixes, threshold } => ("threshold", mixes, Some(threshold)),
    };
    let threshold = optional(threshold.map(|threshold| threshold.to_string()));
    Object::new().text("by", by).with("mixes", mixes).with("threshold", threshold).finish()
}

/// What the actas say, which were just verified.
fn results<S: Source>(source: &S, closed: &ClosedElection) -> Result<String, S::Error> {
    let manifest = &closed.election.manifest;
    let lengths = source.files()?;
    let mut contests = Vec::new();
    for (number, contest) in (0u32..).zip(&manifest.contests) {
        let path = record::acta(number);
        let length = lengths.iter().find(|(name, _)| *name == path).map_or(0, |(_, length)| *length);
        let bytes = File::new(source, &path, length).next(usize::try_from(length).unwrap_or(0))?;
        let Ok(acta) = Acta::from_bytes(&bytes) else { continue };
        let options = (0u32..).zip(&acta.content.votes).map(|(option, votes)| {
            let name = manifest.option_name(number, option).unwrap_or_default();
            Object::new().text("name", &name).with("votes", votes).finish()
        });
        contests.push(
            Object::new()
                .with("contest", number)
                .text("name", &contest.name)
                .with("total", acta.content.total)
                .with("options", array(options))
                .finish(),
        );
    }
    Ok(array(contests))
}
