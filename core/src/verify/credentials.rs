//! C: half credentials, mixes and lists, read in pieces.
//!
//! Half lists are as long as the roll, so none is ever held as points. Each half list is read twice
//! (its structure and hashes, then its keys), and both once more side by side to pool them. What is
//! kept is the pooled keys, 32 bytes each.

mod lists;
mod mixes;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(crate) use lists::lists;
pub(crate) use mixes::mixes;

use super::Check;
use super::ballots::repeated;
use super::context::{Context, End, Phase};
use super::setup::CredentialKeys;
use crate::credential::{HalfRole, possession_transcript};
use crate::encoding::{Decode, KEYS, Reader};
use crate::group::{self, Element, ElementBytes, Scalar};
use crate::hash::{Hash, TaggedHasher};
use crate::ids::RollId;
use crate::manifest::ValidManifest;
use crate::parallel::map_all;
use crate::point::Point;
use crate::proof::knowledge::Knowledge;
use crate::record::{self, File, Source};
use crate::signature::{Signature, VerifyingKey};

/// Keys that are read and decompressed at once.
const CHUNK: usize = 4096;
/// Bytes after the lists: possession proof and signature.
const TAIL: u64 = 64 + 64;

/// The four checks of one half list.
struct Checks {
    decodes: Check,
    bound: Check,
    possession: Check,
    signature: Check,
}

/// Structure and hashes of a half list's file.
struct Outline {
    roll_id: RollId,
    role: u32,
    lengths: Vec<u64>,
    lists_hash: Hash,
    signed_hash: Hash,
    possession: Knowledge,
    signature: Signature,
}

/// Checks both half lists and returns the pooled keys, list by list, sorted.
pub(crate) fn pooled<S: Source>(
    ctx: &mut Context<'_, S>,
    manifest: &ValidManifest,
    roll_id: RollId,
    counts: &[u32],
) -> Result<CredentialKeys, End<S::Error>> {
    let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    ctx.progress.start(Phase::Credentials, total.saturating_mul(3));
    let registrar =
        Checks { decodes: Check::C1_1, bound: Check::C1_2, possession: Check::C1_3, signature: Check::C1_4 };
    half_list(ctx, HalfRole::Registrar, &manifest.registrar.key, roll_id, counts, &registrar)?;
    let server = Checks { decodes: Check::C2_1, bound: Check::C2_2, possession: Check::C2_3, signature: Check::C2_4 };
    half_list(ctx, HalfRole::Server, &manifest.server.key, roll_id, counts, &server)?;
    pool(ctx, counts)
}

fn half_list<S: Source>(
    ctx: &mut Context<'_, S>,
    role: HalfRole,
    key: &VerifyingKey,
    roll_id: RollId,
    counts: &[u32],
    checks: &Checks,
) -> Result<(), End<S::Error>> {
    let path = role.path();
    let blame = role.name();
    let outline = match outline(ctx, path)? {
        Ok(outline) => outline,
        Err(why) => return Ok(ctx.report.stop(checks.decodes, format!("{path}: {why}; {blame}"))?),
    };

    // Every key is read here, so that the file is known to decode before anything else is said.
    let mut transcript = possession_transcript(&roll_id, role, &outline.lists_hash);
    let seed = transcript.challenge_seed("s");
    let mut sum = group::identity();
    let mut walk = KeyWalk::new(ctx, path, &outline.lengths);
    let mut number = 0u64;
    loop {
        let keys = walk.next().map_err(End::Source)?;
        if keys.is_empty() {
            break;
        }
        let parts = map_all(chunks(&keys, number), |(first, keys)| weighted(&seed, first, keys));
        for part in parts {
            match part {
                Some(part) => sum += part,
                None => {
                    let why = format!(
                        "{path}: a key after number {number} is no canonical element, or the identity; {blame}"
                    );
                    return Ok(ctx.report.stop(checks.decodes, why)?);
                }
            }
        }
        let read = u64::try_from(keys.len()).unwrap_or(0);
        number = number.saturating_add(read);
        ctx.progress.advance(read);
    }
    ctx.report.hold(checks.decodes, format!("{number} keys"));

    let lengths_agree = outline.lengths.iter().copied().eq(counts.iter().map(|count| u64::from(*count)));
    if outline.roll_id != roll_id || outline.role != role.number() || !lengths_agree {
        let why = format!("{path}: not of this roll, role and number of entries; {blame}");
        return Ok(ctx.report.stop(checks.bound, why)?);
    }
    ctx.report.hold(checks.bound, format!("{} lists", counts.len()));
    let proved = outline.possession.verify(&mut transcript, &group::GENERATOR, &sum);
    ctx.decoded(path, checks.possession, proved.map_err(|error| format!("{error}; {blame}")))?;
    ctx.report.hold(checks.possession, format!("one proof over {number} keys"));
    let signed = key.verify_raw(&outline.signed_hash, &outline.signature);
    ctx.decoded(path, checks.signature, signed.map_err(|error| format!("{error}; {blame}")))?;
    ctx.report.hold(checks.signature, String::from(blame));
    Ok(())
}

/// Reads a half list once for its structure and hashes. The inner error says what does not decode.
fn outline<S: Source>(ctx: &Context<'_, S>, path: &str) -> Result<Result<Outline, String>, End<S::Error>> {
    let Some(length) = ctx.files.get(path).copied() else {
        return Ok(Err("the file is absent".to_string()));
    };
    let mut file = File::new(ctx.source, path, length);
    let mut signed = TaggedHasher::new("half-list");
    let mut lists = TaggedHasher::new("half-lists");
    let mut take = |n: usize, in_lists: bool| -> Result<Vec<u8>, End<S::Error>> {
        let piece = file.next(n).map_err(End::Source)?;
        signed.update(&piece);
        if in_lists {
            lists.update(&piece);
        }
        Ok(piece)
    };
    let head = take(44, false)?;
    let mut reader = Reader::new(&head);
    let header = reader
        .header(*b"EHLF")
        .and_then(|()| RollId::decode(&mut reader))
        .and_then(|roll_id| u32::decode(&mut reader).map(|role| (roll_id, role)));
    let (roll_id, role) = match header {
        Ok(header) => header,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let number_of = |bytes: &[u8]| u64::from_bytes(bytes).map_err(|error| error.to_string());
    let count = match number_of(&take(8, true)?) {
        Ok(count) if count <= 4096 => count,
        Ok(count) => return Ok(Err(format!("{count} lists are too many"))),
        Err(error) => return Ok(Err(error)),
    };
    let mut left = length.saturating_sub(44 + 8 + TAIL);
    let mut lengths = Vec::new();
    for _ in 0..count {
        let keys = match number_of(&take(8, true)?) {
            Ok(keys) if keys <= u64::try_from(KEYS).unwrap_or(u64::MAX) => keys,
            Ok(keys) => return Ok(Err(format!("{keys} keys are too many"))),
            Err(error) => return Ok(Err(error)),
        };
        let bytes = keys.saturating_mul(32);
        left = match left.checked_sub(bytes.saturating_add(8)) {
            Some(left) => left,
            None => return Ok(Err("the data ends too early".to_string())),
        };
        let mut rest = bytes;
        while rest > 0 {
            let piece = take(usize::try_from(rest).unwrap_or(usize::MAX).min(record::PIECE), true)?;
            rest = rest.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX).max(1));
        }
        lengths.push(keys);
    }
    let possession = match Knowledge::from_bytes(&take(64, false)?) {
        Ok(possession) => possession,
        Err(error) => return Ok(Err(format!("possession proof: {error}"))),
    };
    let signature = match Signature::from_bytes(&file.next(64).map_err(End::Source)?) {
        Ok(signature) => signature,
        Err(error) => return Ok(Err(format!("signature: {error}"))),
    };
    if file.remaining() > 0 {
        return Ok(Err("data follows after the end".to_string()));
    }
    let (lists_hash, signed_hash) = (lists.finish(), signed.finish());
    Ok(Ok(Outline { roll_id, role, lengths, lists_hash, signed_hash, possession, signature }))
}

/// Pieces for the cores, with the number of the first key of each.
fn chunks(keys: &[ElementBytes], first: u64) -> Vec<(u64, &[ElementBytes])> {
    let step = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    (0u64..).map(|i| first.saturating_add(i.saturating_mul(step))).zip(keys.chunks(CHUNK)).collect()
}

/// The weighted sum of some keys; `None` if one is not canonical or the identity.
fn weighted(seed: &[u8; 32], first: u64, keys: &[ElementBytes]) -> Option<Element> {
    let elements: Option<Vec<Element>> = keys.iter().map(group::decompress_nonidentity).collect();
    let weights: Vec<Scalar> = (first..).take(keys.len()).map(|i| group::weight(seed, i)).collect();
    Some(group::vartime_multiscalar_mul(&weights, &elements?))
}

/// Walks over the keys of a half list whose structure is known.
struct KeyWalk<'a, S: Source> {
    file: File<'a, S>,
    lengths: Vec<u64>,
    list: usize,
    left: u64,
}

impl<'a, S: Source> KeyWalk<'a, S> {
    fn new(ctx: &Context<'a, S>, path: &'a str, lengths: &[u64]) -> Self {
        let mut file = File::new(ctx.source, path, ctx.length(path));
        file.skip(44 + 8);
        Self { file, lengths: lengths.to_vec(), list: 0, left: 0 }
    }

    /// The next keys of one list, several chunks of them; empty after the last list.
    fn next(&mut self) -> Result<Vec<ElementBytes>, S::Error> {
        while self.left == 0 {
            let Some(length) = self.lengths.get(self.list) else { return Ok(Vec::new()) };
            self.list = self.list.saturating_add(1);
            self.left = *length;
            self.file.skip(8);
        }
        let most = CHUNK.saturating_mul(4);
        let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(most);
        let bytes = self.file.next(take.saturating_mul(32))?;
        self.left = self.left.saturating_sub(u64::try_from(take).unwrap_or(u64::MAX));
        Ok(bytes.as_chunks::<32>().0.to_vec())
    }
}

/// C3: pools the keys.
fn pool<S: Source>(ctx: &mut Context<'_, S>, counts: &[u32]) -> Result<CredentialKeys, End<S::Error>> {
    let lengths: Vec<u64> = counts.iter().map(|count| u64::from(*count)).collect();
    let total = usize::try_from(lengths.iter().sum::<u64>()).unwrap_or(0);
    let mut keys: Vec<ElementBytes> = Vec::with_capacity(total);
    let mut first = KeyWalk::new(ctx, record::REGISTRAR, &lengths);
    let mut second = KeyWalk::new(ctx, record::SERVER, &lengths);
    loop {
        let (a, b) = (first.next().map_err(End::Source)?, second.next().map_err(End::Source)?);
        if a.is_empty() {
            break;
        }
        let pairs: Vec<_> = a.chunks(CHUNK).zip(b.chunks(CHUNK)).collect();
        for sums in map_all(pairs, |(a, b)| sums(a, b)) {
            match sums {
                Some(sums) => keys.extend(sums),
                None => {
                    return Ok(ctx.report.stop(
                        Check::C3_1,
                        "credentials: a pooled key is the identity; registrar and server".to_string(),
                    )?);
                }
            }
        }
        ctx.progress.advance(u64::try_from(a.len()).unwrap_or(0));
    }
    let mut all = keys.clone();
    if let Some(key) = repeated(&mut all) {
        let key = crate::ids::hex(&key);
        return Ok(ctx
            .report
            .stop(Check::C3_1, format!("credentials: two voters share the key {key}; registrar and server"))?);
    }
    drop(all);
    ctx.report.hold(Check::C3_1, format!("{total} different keys"));
    let base = Point::new(group::GENERATOR);
    let mut lists = CredentialKeys::new(keys, counts, base);
    lists.sort();
    Ok(lists)
}

/// `S1 + S2` of some entries; `None` if one is the identity.
fn sums(a: &[ElementBytes], b: &[ElementBytes]) -> Option<Vec<ElementBytes>> {
    let sums: Option<Vec<Element>> =
        a.iter().zip(b).map(|(a, b)| Some(group::decompress(a)? + group::decompress(b)?)).collect();
    let encoded: Vec<ElementBytes> = sums?.iter().map(group::compress).collect();
    (!encoded.contains(&[0; 32])).then_some(encoded)
}
