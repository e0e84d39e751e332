//! Vectors of what is computed on the way through a record.

use std::collections::BTreeMap;

use escrutinio_core::ballot::{CastBallot, credential_binding};
use escrutinio_core::board::bundle::BundleId;
use escrutinio_core::board::{SignedCheckpoint, leaf_hash};
use escrutinio_core::credential::{HalfList, HalfRole, RollRecord, pool};
use escrutinio_core::decrypt::{PartialDecryption, open};
use escrutinio_core::encoding::Decode;
use escrutinio_core::group::{Element, compress};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::keygen::{Ceremony, ElectionKeys, KeyTranscript, key_record_hash};
use escrutinio_core::manifest::{Manifest, ValidManifest};
use escrutinio_core::record;
use escrutinio_core::tally::{Aggregates, group_units};
use escrutinio_core::verify;
use serde_json::{Value, json};

use crate::case::{Answer, Given, hex, nothing, one, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "roll" => roll,
        "half-possession" => half,
        "pooled-lists" => pooled,
        "key-messages" => messages,
        "key-ceremony" => ceremony,
        "trial" => trial,
        "cast" => cast,
        "partition" => partition,
        "aggregate" => aggregate,
        "partial" => partial,
        "combination" => combination,
        "checkpoint" => checkpoint,
        "bundle-path" => paths,
        _ => return None,
    })
}

impl Given<'_> {
    fn file(&self, path: &str) -> Vec<u8> {
        unhex(self.value("files")[path].as_str().unwrap())
    }

    fn manifest(&self) -> ValidManifest {
        Manifest::from_bytes(&self.file(record::MANIFEST)).unwrap().validate().unwrap()
    }

    fn ceremony(&self) -> (Ceremony, KeyTranscript, ElectionKeys) {
        let ceremony = verify::ceremony(&self.manifest(), 0).unwrap();
        let transcript = KeyTranscript::from_bytes(&self.file(record::KEY_TRANSCRIPT)).unwrap();
        let keys = transcript.verify(&ceremony).unwrap();
        (ceremony, transcript, keys)
    }

    fn half(&self, role: HalfRole) -> HalfList {
        HalfList::from_bytes(&self.file(role.path())).unwrap()
    }

    fn entries(&self) -> Vec<Vec<u8>> {
        let files = self.value("files").as_object().unwrap();
        let data: Vec<u8> = files
            .iter()
            .filter(|(path, _)| path.starts_with(record::ENTRIES))
            .flat_map(|(_, bytes)| unhex(bytes.as_str().unwrap()))
            .collect();
        let (mut rest, mut entries) = (data.as_slice(), Vec::new());
        while let Some((length, tail)) = rest.split_first_chunk() {
            let (entry, tail) = tail.split_at(u16::from_be_bytes(*length).into());
            entries.push(entry.to_vec());
            rest = tail;
        }
        entries
    }

    fn aggregates(&self) -> Aggregates {
        Aggregates::decode(&self.file(record::AGGREGATES), &self.manifest().shapes()).unwrap()
    }

    fn partial(&self, index: u32, aggregates: &Aggregates) -> PartialDecryption {
        PartialDecryption::decode(&self.file(&record::partial(index)), aggregates).unwrap()
    }

    fn place(&self, name: &str) -> usize {
        usize::try_from(self.number(name)).unwrap()
    }
}

fn all(elements: &[Element]) -> Vec<String> {
    elements.iter().map(|element| hex(&compress(element))).collect()
}

fn roll(t: &Given) -> Answer {
    let roll = RollRecord::from_bytes(&t.file(record::ROLL)).unwrap();
    one("rollId", hex(roll.roll_id().as_bytes()))
}

fn half(t: &Given) -> Answer {
    let role = HalfRole::from_number(t.number("role")).unwrap();
    let roll = RollRecord::from_bytes(&t.file(record::ROLL)).unwrap();
    t.half(role).verify_possession(&roll.roll_id(), role).map_err(|_| "C1.3")?;
    nothing()
}

fn pooled(t: &Given) -> Answer {
    let lists = pool(&t.half(HalfRole::Registrar), &t.half(HalfRole::Server)).unwrap();
    let lists: Vec<Vec<String>> =
        lists.lists().iter().map(|list| list.keys().iter().map(|key| hex(key)).collect()).collect();
    one("lists", json!(lists))
}

fn messages(t: &Given) -> Answer {
    let (_, transcript, _) = t.ceremony();
    let message = transcript.round1.iter().find(|message| message.index.get() == t.number("index")).unwrap();
    one("opening", hex(&message.opening))
}

fn ceremony(t: &Given) -> Answer {
    let (ceremony, transcript, keys) = t.ceremony();
    let table = transcript.table(&ceremony);
    Ok(json!({
        "setupId": hex(ceremony.setup_id().as_bytes()),
        "table1": hex(&table.commit_hash()),
        "table2": hex(&table.deal_hash()),
        "transcriptHash": hex(&transcript.transcript_hash()),
        "keyRecord": hex(&key_record_hash(&transcript)),
        "qualified": keys.qualified.iter().map(|index| index.get()).collect::<Vec<_>>(),
        "slotKeys": all(&keys.slot_keys),
        "verificationShares": keys.public_shares.iter().map(|shares| all(shares)).collect::<Vec<_>>(),
    }))
}

fn trial(t: &Given) -> Answer {
    let (ceremony, ..) = t.ceremony();
    one("group", hex(&tagged_hash("trial-group", &[ceremony.setup_id().as_bytes()])))
}

fn cast(t: &Given) -> Answer {
    let manifest = t.manifest();
    let entry = &t.entries()[t.place("entry")];
    let cast = CastBallot::decode(entry, &manifest.shapes()).map_err(|_| "V1.1")?;
    Ok(json!({
        "list": manifest.list_index(cast.body.style, cast.body.unit),
        "u": hex(credential_binding(&cast.key, &cast.salt).as_bytes()),
        "code": hex(cast.body.tracking_code().as_bytes()),
        "leaf": hex(&leaf_hash(entry)),
    }))
}

fn partition(t: &Given) -> Answer {
    let numbers = |name| t.value(name).as_array().unwrap().iter().map(|n| n.as_u64().unwrap());
    let merge_into: Vec<Option<u32>> =
        core::iter::once(None).chain(numbers("mergeInto").map(|n| Some(u32::try_from(n).unwrap()))).collect();
    let ballots: BTreeMap<u32, u64> = (0..).zip(numbers("ballots")).collect();
    let groups = group_units(&ballots, &merge_into, t.number("minGroup").into());
    let groups: Vec<Value> = groups.into_iter().map(|(unit, units)| json!({ "unit": unit, "units": units })).collect();
    one("groups", groups)
}

fn aggregate(t: &Given) -> Answer {
    let aggregates = t.aggregates();
    let group = &aggregates.groups[t.place("group")];
    Ok(json!({
        "contest": group.contest,
        "unit": group.unit,
        "units": group.units,
        "ballots": group.sum.ballots,
        "A": hex(&compress(&group.sum.a)),
        "B": all(&group.sum.b),
        "hash": hex(&group.hash()),
    }))
}

fn partial(t: &Given) -> Answer {
    let aggregates = t.aggregates();
    let partial = t.partial(t.number("index"), &aggregates);
    let (.., keys) = t.ceremony();
    partial.verify_proofs(&aggregates, keys.public_share(partial.index).unwrap()).map_err(|_| "T2.3")?;
    nothing()
}

fn combination(t: &Given) -> Answer {
    let aggregates = t.aggregates();
    let paths = (1..=16).filter(|index| t.value("files").get(record::partial(*index)).is_some());
    let partials: Vec<PartialDecryption> = paths.map(|index| t.partial(index, &aggregates)).collect();
    let threshold = usize::try_from(t.manifest().threshold).unwrap();
    let results = open(&aggregates, threshold, &partials).unwrap();
    one("counts", results.groups[t.place("group")].clone())
}

fn checkpoint(t: &Given) -> Answer {
    let path = record::checkpoint(t.number("number").into());
    let signed = SignedCheckpoint::parse(&t.file(&path)).unwrap();
    let claimed = signed.claimed();
    Ok(json!({ "origin": claimed.origin, "size": claimed.size, "root": hex(&claimed.root) }))
}

fn paths(t: &Given) -> Answer {
    let size = u64::from(t.number("size"));
    let skipped = usize::try_from(size / 256).unwrap().saturating_sub(1);
    one("paths", BundleId::all(size).skip(skipped).map(|id| format!("board/{id}")).collect::<Vec<_>>())
}
