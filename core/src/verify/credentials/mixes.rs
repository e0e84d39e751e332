//! C4: the credential mixes, one after the other.
//!
//! Of two mixes the keys are held, 32 bytes each: those that went in and those that came out. The
//! proofs, three times as long, stay in their file and are read in pieces.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::CHUNK;
use crate::credential::mix;
use crate::encoding::{Decode, KEYS, Reader};
use crate::group::ElementBytes;
use crate::hash::{Hash, TaggedHasher};
use crate::ids::{CustodianIndex, RollId};
use crate::manifest::{ListKey, ValidManifest};
use crate::point::Point;
use crate::proof::shuffle::{
    Part, Relation, ShuffleError, ShuffleGenerators, ShuffleShape, ShuffleSource, ShuffleStatement,
};
use crate::record::{self, File, Source};
use crate::signature::Signature;
use crate::verify::Check;
use crate::verify::context::{Context, End, Phase};
use crate::verify::setup::CredentialKeys;

/// Most lists.
const LISTS: usize = 4096;
/// Bytes before the lists: header, roll id, number, index, number of lists.
const HEAD: usize = 8 + 32 + 4 + 4 + 8;

/// Checks the mixes and returns what came out of the last one; without a mix, the pools.
pub(crate) fn mixes<S: Source>(
    ctx: &mut Context<'_, S>,
    manifest: &ValidManifest,
    roll_id: RollId,
    pooled: CredentialKeys,
) -> Result<CredentialKeys, End<S::Error>> {
    let asked = manifest.credential_mixes;
    let found = ctx.numbered("credentials/mix-", ".bin");
    if !found.iter().copied().eq(1..=asked) {
        let place = (1..=asked).find(|number| !found.contains(number)).unwrap_or(asked.saturating_add(1));
        let why = format!("{}: {} mixes where the manifest has {asked}; custodian", record::mix(place), found.len());
        return Ok(ctx.report.stop(Check::C4_1, why)?);
    }
    let mut lists = pooled;
    if asked > 0 {
        let keys = u64::try_from(lists.len()).unwrap_or(u64::MAX);
        ctx.progress.start(Phase::Mixes, keys.saturating_mul(u64::from(asked)));
        let longest = lists.lists().iter().map(|(_, keys)| keys.len()).max().unwrap_or(0);
        let generators = ShuffleGenerators::new(u32::try_from(longest).unwrap_or(u32::MAX));
        let mut who = Vec::new();
        for number in 1..=asked {
            lists = mix(ctx, manifest, roll_id, number, lists, &generators, &mut who)?;
        }
    }
    ctx.report.hold(Check::C4_1, format!("{asked} mixes"));
    ctx.report.hold(Check::C4_2, format!("{asked} signatures"));
    let shuffles = asked.saturating_mul(u32::try_from(manifest.lists.len()).unwrap_or(u32::MAX));
    ctx.report.hold(Check::C4_3, format!("{shuffles} shuffles"));
    ctx.report.require(&[Check::C4_1, Check::C4_2, Check::C4_3])?;
    Ok(lists)
}

/// Checks one mix and returns what came out of it. A signature or proof that does not hold is noted,
/// and the mixes behind it are still looked at: one of them may fail an earlier check.
fn mix<S: Source>(
    ctx: &mut Context<'_, S>,
    manifest: &ValidManifest,
    roll_id: RollId,
    number: u32,
    before: CredentialKeys,
    generators: &ShuffleGenerators,
    who: &mut Vec<CustodianIndex>,
) -> Result<CredentialKeys, End<S::Error>> {
    let path = record::mix(number);
    let outline = match outline(ctx, &path)? {
        Ok(outline) => outline,
        Err(why) => return Ok(ctx.report.stop(Check::C4_1, format!("{path}: {why}; custodian"))?),
    };
    let index = outline.index;
    let custodian = usize::try_from(index.get()).ok().and_then(|n| manifest.custodians.get(n.checked_sub(1)?));
    let (Some(custodian), false) = (custodian, who.contains(&index)) else {
        let why = format!("{path}: by no custodian, or by one who made another; custodian {index}");
        return Ok(ctx.report.stop(Check::C4_1, why)?);
    };
    who.push(index);
    let lengths = |keys: &CredentialKeys| keys.lists().iter().map(|(_, keys)| keys.len()).collect::<Vec<_>>();
    let as_long = lengths(&outline.after) == lengths(&before);
    if outline.roll_id != roll_id || outline.number != number || !as_long {
        let why = format!("{path}: not of this roll, number, lists and number of keys; custodian {index}");
        return Ok(ctx.report.stop(Check::C4_1, why)?);
    }
    if let Err(error) = custodian.key.verify_raw(&outline.signed_hash, &outline.signature) {
        ctx.report.fail(Check::C4_2, format!("{path}: {error}; custodian {index}"));
    }
    let lists = before.lists();
    let mixed = outline.after.lists();
    let pairs = lists.iter().zip(&mixed).zip(&outline.proofs);
    for (place, (at, ((before, after), proof))) in manifest.lists.iter().zip(pairs).enumerate() {
        let source = MixSource { source: ctx.source, path: &path, input: before.1, output: after.1, proof: *proof };
        let why = match shuffle(ctx, &outline, at, (before.0, after.0), &source, generators)? {
            Verdict::Holds => None,
            Verdict::NoShuffle(why) => {
                let why = format!("{path}: list {place}: {why}; custodian {index}");
                return Ok(ctx.report.stop(Check::C4_1, why)?);
            }
            Verdict::Wrong(why) => Some(why),
        };
        if let Some(why) = why {
            ctx.report.fail(Check::C4_3, format!("{path}: list {place}: {why}; custodian {index}"));
        }
        ctx.progress.advance(u64::try_from(before.1.len()).unwrap_or(u64::MAX));
    }
    Ok(outline.after)
}

/// What was found of one list's shuffle.
enum Verdict {
    Holds,
    /// It does not decode (C4.1).
    NoShuffle(String),
    /// It does not hold (C4.3).
    Wrong(String),
}

fn shuffle<S: Source>(
    ctx: &mut Context<'_, S>,
    outline: &Outline,
    at: &ListKey,
    (base, image): (&Point, &Point),
    source: &MixSource<'_, S>,
    generators: &ShuffleGenerators,
) -> Result<Verdict, End<S::Error>> {
    let statement = ShuffleStatement {
        context: outline.roll_id.as_bytes(),
        position: mix::position(at, outline.number, outline.index),
        relation: Relation::Keys { base, image },
    };
    let verdict = match statement.verify_source(generators, source.input.len(), source, ctx.rng) {
        Ok(()) if base == image => Verdict::Wrong("the base has not changed".to_string()),
        Ok(()) => Verdict::Holds,
        Err(ShuffleError::Read(error)) => return Err(End::Source(error)),
        Err(ShuffleError::Encoding { part, place }) => {
            Verdict::NoShuffle(ShuffleError::<S::Error>::Encoding { part, place }.to_string())
        }
        Err(ShuffleError::Order { row }) => Verdict::NoShuffle(ShuffleError::<S::Error>::Order { row }.to_string()),
        Err(error) => Verdict::Wrong(error.to_string()),
    };
    Ok(verdict)
}

/// Keys in memory, the proof in its file.
struct MixSource<'a, S> {
    source: &'a S,
    path: &'a str,
    input: &'a [ElementBytes],
    output: &'a [ElementBytes],
    /// Where the proof begins.
    proof: u64,
}

impl<S: Source> ShuffleSource for MixSource<'_, S> {
    type Error = S::Error;

    fn read(&self, part: Part, first: usize, count: usize) -> Result<Vec<ElementBytes>, S::Error> {
        let held = match part {
            Part::Input => self.input,
            Part::Output => self.output,
            Part::Proof => {
                let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
                let mut bytes = vec![0; count.saturating_mul(32)];
                let at = self.proof.saturating_add(number(first).saturating_mul(32));
                self.source.read(self.path, at, &mut bytes)?;
                return Ok(bytes.as_chunks::<32>().0.to_vec());
            }
        };
        // What is not there is missed by whoever asked for it.
        Ok(held.get(first..first.saturating_add(count)).unwrap_or_default().to_vec())
    }
}

/// A mix without its proofs.
struct Outline {
    roll_id: RollId,
    number: u32,
    index: CustodianIndex,
    after: CredentialKeys,
    /// Where the proof of each list begins.
    proofs: Vec<u64>,
    signed_hash: Hash,
    signature: Signature,
}

/// Reads a mix once: its structure, its keys, and the hash that is signed. The inner error says what
/// does not decode.
fn outline<S: Source>(ctx: &Context<'_, S>, path: &str) -> Result<Result<Outline, String>, End<S::Error>> {
    let length = ctx.length(path);
    let mut file = Signed { file: File::new(ctx.source, path, length), hasher: TaggedHasher::new("credential-mix") };
    let head = file.next(HEAD)?;
    let mut reader = Reader::new(&head);
    let header = reader.header(*b"EMIX").and_then(|()| {
        let bound = (RollId::decode(&mut reader)?, u32::decode(&mut reader)?, CustodianIndex::decode(&mut reader)?);
        Ok((bound, reader.length_alone(LISTS)?))
    });
    let ((roll_id, number, index), count) = match header {
        Ok(header) => header,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let (mut keys, mut lists, mut proofs) = (Vec::new(), Vec::new(), Vec::new());
    for list in 0..count {
        let head = file.next(40)?;
        let mut reader = Reader::new(&head);
        let found =
            Point::decode_nonidentity(&mut reader).and_then(|base| reader.length_alone(KEYS).map(|rows| (base, rows)));
        let (base, rows) = match found {
            Ok(found) => found,
            Err(error) => return Ok(Err(format!("list {list}: {error}"))),
        };
        let proof = number_of(ShuffleShape::keys(rows).proof()).saturating_mul(32);
        let all = number_of(rows).saturating_mul(32).saturating_add(proof);
        if file.file.remaining() < all {
            return Ok(Err(format!("list {list}: the data ends too early")));
        }
        let start = keys.len();
        let mut left = rows;
        while left > 0 {
            let piece = file.next(left.min(CHUNK).saturating_mul(32))?;
            keys.extend_from_slice(piece.as_chunks::<32>().0);
            left = left.saturating_sub(CHUNK);
        }
        // The first of keys in order is the only one that can be the identity. That they are in order
        // is seen with the proof.
        if keys.get(start) == Some(&[0; 32]) {
            return Ok(Err(format!("list {list}: the identity is refused")));
        }
        lists.push((base, keys.len()));
        proofs.push(length.saturating_sub(file.file.remaining()));
        file.skim(proof)?;
    }
    let signature = match Signature::from_bytes(&file.file.next(64).map_err(End::Source)?) {
        Ok(signature) => signature,
        Err(error) => return Ok(Err(format!("signature: {error}"))),
    };
    if file.file.remaining() > 0 {
        return Ok(Err("data follows after the end".to_string()));
    }
    let (after, signed_hash) = (CredentialKeys::of(keys, lists), file.hasher.finish());
    Ok(Ok(Outline { roll_id, number, index, after, proofs, signed_hash, signature }))
}

/// A file whose pieces are hashed as they are read.
struct Signed<'a, S: Source> {
    file: File<'a, S>,
    hasher: TaggedHasher,
}

impl<S: Source> Signed<'_, S> {
    fn next(&mut self, most: usize) -> Result<Vec<u8>, End<S::Error>> {
        let piece = self.file.next(most).map_err(End::Source)?;
        self.hasher.update(&piece);
        Ok(piece)
    }

    /// Hashes bytes that are there, and keeps none.
    fn skim(&mut self, bytes: u64) -> Result<(), End<S::Error>> {
        let end = self.file.remaining().saturating_sub(bytes);
        while self.file.remaining() > end {
            let left = usize::try_from(self.file.remaining().saturating_sub(end)).unwrap_or(usize::MAX);
            self.next(left.min(record::PIECE))?;
        }
        Ok(())
    }
}

fn number_of(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
