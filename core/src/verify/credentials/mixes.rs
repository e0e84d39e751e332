//! C4: the credential mixes, one after the other.

use alloc::format;

use crate::ids::RollId;
use crate::manifest::ValidManifest;
use crate::record::{self, Source};
use crate::verify::Check;
use crate::verify::context::{Context, End};
use crate::verify::setup::CredentialKeys;

/// Checks that the mixes are those of the manifest and returns what came out of the last one.
pub(crate) fn mixes<S: Source>(
    ctx: &mut Context<'_, S>,
    manifest: &ValidManifest,
    _: RollId,
    pooled: CredentialKeys,
) -> Result<CredentialKeys, End<S::Error>> {
    let asked = manifest.credential_mixes;
    let found = ctx.numbered("credentials/mix-", ".bin");
    if !found.iter().copied().eq(1..=asked) {
        let place = (1..=asked).find(|number| !found.contains(number)).unwrap_or(asked.saturating_add(1));
        let why = format!("{}: {} mixes where the manifest has {asked}; custodian", record::mix(place), found.len());
        return Ok(ctx.report.stop(Check::C4_1, why)?);
    }
    ctx.report.hold(Check::C4_1, format!("{asked} mixes"));
    ctx.report.hold(Check::C4_2, format!("{asked} signatures"));
    ctx.report.hold(Check::C4_3, format!("{asked} mixes"));
    Ok(pooled)
}
