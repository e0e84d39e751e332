//! `cargo xtask mutate`: changes single fields of a record, over all of its files, and demands that
//! the Rust verifier and the Python reference reject every one, for the same first reason.
//!
//! The list of hashes is written anew after every change, so that each field is caught by what it
//! means, not by a checksum.

mod fields;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use escrutinio_core::encoding::Encode;
use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::{MemoryRecord, Rehearsal};
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify;
use fields::{Field, fields_of};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::shell::{Failure, Outcome, root};

/// What was changed, and what both verifiers said.
struct Verdict {
    path: String,
    field: Field,
    how: &'static str,
    rust: Option<String>,
    python: Option<String>,
}

/// Changes at most `most` fields of every file (all of them with `None`).
pub(crate) fn run(most: Option<usize>) -> Outcome {
    let rehearsal = twelve_ballots();
    let honest = judge_rust(&rehearsal.files);
    if let Some(code) = honest {
        return Err(Failure::new(format!("the honest record fails {code}")));
    }
    let mut rng = ChaCha20Rng::seed_from_u64(0x6d75_7461_7465);
    let mut changes = Vec::new();
    for path in rehearsal.files.0.keys() {
        let mut fields = fields_of(&rehearsal, path);
        if let Some(most) = most {
            sample(&mut fields, most, &mut rng);
        }
        for field in fields {
            let (how, file) = change(&rehearsal.files.0[path], field, path, &mut rng);
            changes.push((path.clone(), field, how, file));
        }
    }
    println!("{} changes in {} files", changes.len(), rehearsal.files.0.len());
    let queue = Mutex::new(changes.into_iter());
    let verdicts = Mutex::new(Vec::new());
    let failures: Vec<Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..std::thread::available_parallelism().map_or(1, usize::from))
            .map(|worker| {
                let (queue, verdicts, rehearsal) = (&queue, &verdicts, &rehearsal);
                scope.spawn(move || work(worker, rehearsal, queue, verdicts))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err(Failure::new("a worker panicked"))))
            .collect()
    });
    failures.into_iter().collect::<Result<Vec<()>, _>>()?;
    report(&verdicts.into_inner().unwrap_or_default())
}

type Change = (String, Field, &'static str, Vec<u8>);

fn work(
    worker: usize,
    rehearsal: &Rehearsal,
    queue: &Mutex<std::vec::IntoIter<Change>>,
    verdicts: &Mutex<Vec<Verdict>>,
) -> Outcome {
    let folder = std::env::temp_dir().join(format!("escrutinio-mutate-{}-{worker}", std::process::id()));
    write_all(&folder, &rehearsal.files)?;
    loop {
        let next = queue.lock().ok().and_then(|mut queue| queue.next());
        let Some((path, field, how, file)) = next else { break };
        let mut files = MemoryRecord(rehearsal.files.0.clone());
        files.0.insert(path.clone(), file);
        if path != record::SUMS {
            sums(&mut files);
        }
        for name in [path.as_str(), record::SUMS] {
            write(&folder.join(name), &files.0[name])?;
        }
        let verdict =
            Verdict { rust: judge_rust(&files), python: judge_python(&folder)?, path: path.clone(), field, how };
        for name in [path.as_str(), record::SUMS] {
            write(&folder.join(name), &rehearsal.files.0[name])?;
        }
        if let Ok(mut verdicts) = verdicts.lock() {
            verdicts.push(verdict);
        }
    }
    std::fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))
}

/// Two of three custodians, thirteen options, three text points, twelve ballots.
fn twelve_ballots() -> Rehearsal {
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let keys = Keys::new(2, 3);
    let manifest = testing::nayarit(&keys);
    let mut rehearsal = Rehearsal::sealed(manifest, keys, &[12], &mut rng);
    let mut ballots = Vec::new();
    for voter in 0..12 {
        let text = (voter == 11).then(|| vec![*b"Nombre escrito 1"; 3]);
        ballots.push(rehearsal.cast((0, voter), 0, voter, text, &mut rng).to_bytes());
        rehearsal.mark(0, 0, voter);
    }
    rehearsal.close(ballots);
    // The authority opens the sealed texts and has them published.
    rehearsal.orders.insert(0, String::new());
    rehearsal.publish(&[1, 3], &mut rng);
    rehearsal
}

fn sums(files: &mut MemoryRecord) {
    use escrutinio_core::record::Source;
    files.0.remove(record::SUMS);
    let lines: String = files
        .files()
        .unwrap_or_default()
        .iter()
        .filter_map(|(path, length)| verify::sum_line(files, path, *length).ok())
        .collect();
    files.0.insert(record::SUMS.into(), lines.into_bytes());
}

fn judge_rust(files: &MemoryRecord) -> Option<String> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let Ok((report, _)) = verify::record(files, &mut rng, &mut ());
    report.first_failure().map(|check| check.code().to_owned())
}

fn judge_python(folder: &Path) -> Result<Option<String>, Failure> {
    let program = root().join("spec/reference/verify.py");
    let output = Command::new("python3")
        .arg(&program)
        .arg(folder)
        .args(["--json", "--jobs", "1"])
        .output()
        .map_err(|error| Failure::file(&program, &error))?;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        Failure::new(format!("the reference does not answer: {}", String::from_utf8_lossy(&output.stderr)))
    })?;
    Ok(json.get("first_failure").and_then(|code| code.as_str()).map(str::to_owned))
}

fn report(verdicts: &[Verdict]) -> Outcome {
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    let mut bad = 0usize;
    for verdict in verdicts {
        match (&verdict.rust, &verdict.python) {
            (Some(rust), Some(python)) if rust == python => {
                *by_code.entry(rust).or_default() += 1;
            }
            (rust, python) => {
                bad += 1;
                let shown = |code: &Option<String>| code.clone().unwrap_or_else(|| "accepts".to_owned());
                println!(
                    "{} bytes {}..{} {}: Rust {}, Python {}",
                    verdict.path,
                    verdict.field.start,
                    verdict.field.start + verdict.field.length,
                    verdict.how,
                    shown(rust),
                    shown(python)
                );
            }
        }
    }
    for (code, count) in &by_code {
        println!("  {code:<5} {count}");
    }
    println!("{} changes rejected alike by both, {bad} not", verdicts.len() - bad);
    if bad == 0 { Ok(()) } else { Err(Failure::new(format!("{bad} changes"))) }
}

/// Leaves `most` fields, drawn at random, in order.
fn sample(fields: &mut Vec<Field>, most: usize, rng: &mut ChaCha20Rng) {
    while fields.len() > most {
        let place = usize::try_from(rng.next_u32()).unwrap_or(0) % fields.len();
        fields.remove(place);
    }
}

/// Changes one field and nothing else.
fn change(bytes: &[u8], field: Field, path: &str, rng: &mut ChaCha20Rng) -> (&'static str, Vec<u8>) {
    let mut changed = bytes.to_vec();
    let range = field.start..field.start + field.length;
    let draw = usize::try_from(rng.next_u32()).unwrap_or(0);
    let how = if fields::is_text(path) {
        let place = field.start + draw % field.length;
        let old = changed[place];
        changed[place] = match old {
            b'0'..=b'8' | b'a'..=b'y' | b'A'..=b'Y' => old + 1,
            b'9' => b'0',
            b'z' => b'a',
            b'Z' => b'A',
            _ => b'x',
        };
        "a character changed"
    } else if field.length == 32 && draw % 3 == 0 {
        // A valid encoding of something else: only what it means can be wrong.
        let other = escrutinio_core::group::mul_generator(&escrutinio_core::group::Scalar::from(rng.next_u64()));
        changed[range].copy_from_slice(&escrutinio_core::group::compress(&other));
        "another element"
    } else if field.length == 32 && draw % 3 == 1 {
        let mut small = [0u8; 32];
        small[..8].copy_from_slice(&rng.next_u64().to_le_bytes());
        changed[range].copy_from_slice(&small);
        "another scalar"
    } else if field.length <= 8 {
        changed[field.start] = changed[field.start].wrapping_add(1);
        "one more"
    } else {
        changed[field.start + draw % field.length] ^= 1 << (draw % 7);
        "a bit flipped"
    };
    (how, changed)
}

fn write_all(folder: &Path, files: &MemoryRecord) -> Outcome {
    for (path, bytes) in &files.0 {
        let path: PathBuf = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Failure::file(parent, &error))?;
        }
        write(&path, bytes)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Outcome {
    std::fs::write(path, bytes).map_err(|error| Failure::file(path, &error))
}
