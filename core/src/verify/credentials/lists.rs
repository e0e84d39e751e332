//! C5: the credential lists, compared with what came out of the last mix.

use alloc::format;
use alloc::vec::Vec;

use super::CHUNK;
use crate::encoding::{Decode, Reader};
use crate::group::{self, ElementBytes};
use crate::ids::RollId;
use crate::record::{self, File, Source};
use crate::verify::Check;
use crate::verify::ballots::repeated;
use crate::verify::context::{Context, End};
use crate::verify::setup::CredentialKeys;

/// C5.1 and C5.2: the published lists are those of the last mix; without a mix, the pools.
pub(crate) fn lists<S: Source>(
    ctx: &mut Context<'_, S>,
    roll_id: RollId,
    mixes: u32,
    expected: &CredentialKeys,
) -> Result<(), End<S::Error>> {
    let path = record::LISTS;
    let Some(length) = ctx.files.get(path).copied() else {
        return Ok(ctx.report.stop(Check::C5_1, format!("{path}: the file is absent; publisher"))?);
    };
    let mut file = File::new(ctx.source, path, length);
    let head = file.next(52).map_err(End::Source)?;
    let mut reader = Reader::new(&head);
    let header = reader
        .header(*b"ELST")
        .and_then(|()| Ok((RollId::decode(&mut reader)?, u32::decode(&mut reader)?, u64::decode(&mut reader)?)));
    let (found_roll, found_mixes, count) = ctx.decoded(path, Check::C5_1, header)?;
    let lists = expected.lists();
    if found_roll != roll_id || found_mixes != mixes || count != u64::try_from(lists.len()).unwrap_or(0) {
        return Ok(ctx.report.stop(
            Check::C5_1,
            format!("{path}: not of this roll, of other mixes, or not one list per list of the manifest; publisher"),
        )?);
    }
    let mut different = None;
    for (number, (base, keys)) in lists.iter().enumerate() {
        let found_base = file.next(32).map_err(End::Source)?;
        let found_length = u64::from_bytes(&file.next(8).map_err(End::Source)?);
        let found_length = ctx.decoded(path, Check::C5_1, found_length)?;
        let found_base = <[u8; 32]>::from_bytes(&found_base);
        let found_base = ctx.decoded(path, Check::C5_1, found_base)?;
        if group::decompress_nonidentity(&found_base).is_none() {
            return Ok(ctx
                .report
                .stop(Check::C5_1, format!("{path}: the base of list {number} is no element; publisher"))?);
        }
        if found_length > file.remaining() / 32 {
            return Ok(ctx.report.stop(Check::C5_1, format!("{path}: list {number} ends too early; publisher"))?);
        }
        if found_base != base.bytes || found_length != u64::try_from(keys.len()).unwrap_or(0) {
            different = different.or(Some(number));
        }
        let mut previous: Option<ElementBytes> = None;
        let mut wanted = keys.iter();
        let mut left = found_length;
        while left > 0 {
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            let bytes = file.next(take.saturating_mul(32)).map_err(End::Source)?;
            let found: Vec<ElementBytes> = bytes.as_chunks::<32>().0.to_vec();
            for key in found {
                // A key that came out of the last mix was an element there.
                let same = wanted.next() == Some(&key);
                if !same && group::decompress_nonidentity(&key).is_none()
                    || previous.is_some_and(|previous| previous >= key)
                {
                    return Ok(ctx.report.stop(
                        Check::C5_1,
                        format!("{path}: a key of list {number} is no element, or out of order; publisher"),
                    )?);
                }
                if !same {
                    different = different.or(Some(number));
                }
                previous = Some(key);
            }
            left = left.saturating_sub(u64::try_from(take).unwrap_or(u64::MAX));
        }
    }
    if file.remaining() > 0 {
        return Ok(ctx.report.stop(Check::C5_1, format!("{path}: data follows after the end; publisher"))?);
    }
    ctx.report.hold(Check::C5_1, format!("{} lists, {mixes} mixes", lists.len()));
    if let Some(number) = different {
        return Ok(ctx
            .report
            .stop(Check::C5_2, format!("{path}: list {number} is not that of the last mix; publisher"))?);
    }
    // The pools hold no key twice, and a list stays so; under different bases two lists may meet.
    let mut all: Vec<ElementBytes> = lists.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    if let Some(key) = repeated(&mut all) {
        let key = crate::ids::hex(&key);
        return Ok(ctx.report.stop(Check::C5_2, format!("{path}: two lists share the key {key}; mixers"))?);
    }
    drop(all);
    let keys: usize = lists.iter().map(|(_, keys)| keys.len()).sum();
    ctx.report.hold(Check::C5_2, format!("{keys} keys"));
    ctx.report.mixes = mixes;
    Ok(())
}
