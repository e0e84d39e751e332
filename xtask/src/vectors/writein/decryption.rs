//! Proofs of decrypted texts, by a custodian without scruples: written from the specification.

use escrutinio_core::encoding::Encode;
use escrutinio_core::group::{self, Element, Scalar, weights};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::transcript::{Position, Proof as Name, ProofContext, Transcript};
use escrutinio_core::writein::{Rows, TextPartial};

use crate::vectors::case::{Case, Vectors};
use crate::vectors::json::Json;

const CONTEST: u32 = 1;
const INDEX: u32 = 3;

/// What is decrypted, with what, and what is said of it.
#[derive(Clone)]
struct Partial {
    election_id: [u8; 32],
    contest: u32,
    index: u32,
    /// A, T_0, .. of every row.
    rows: Vec<Vec<Element>>,
    /// X
    public: Vec<Element>,
    /// Row by row.
    decrypted: Vec<Element>,
    r1: Vec<Element>,
    r2: Element,
    z: Vec<Scalar>,
}

struct Steps {
    rows: [u8; 32],
    seed: [u8; 32],
    /// W_k
    sums: Vec<Element>,
    /// D*
    image: Element,
    c: Scalar,
}

fn bytes(points: &[Element]) -> Vec<[u8; 32]> {
    points.iter().map(group::compress).collect()
}

fn element(name: &str, number: usize) -> Element {
    group::hash_to_element(&[b"vector text", name.as_bytes(), &u32::try_from(number).unwrap().to_le_bytes()])
}

fn shares(m: usize) -> Vec<Scalar> {
    (0..m).map(|k| group::hash_to_scalar("vector-text-share", &u32::try_from(k).unwrap().to_le_bytes())).collect()
}

fn sum(scalars: &[Scalar], points: impl Iterator<Item = Element>) -> Element {
    scalars.iter().zip(points).map(|(s, p)| p * s).sum()
}

impl Partial {
    fn texts(&self) -> usize {
        self.public.len()
    }

    fn first(&self, without: &[&str]) -> (Transcript, Steps) {
        let m = self.texts();
        let mut encoded = Vec::new();
        u64::try_from(self.rows.len()).unwrap().encode(&mut encoded);
        encoded.extend(bytes(&self.rows.concat()).as_flattened());
        let rows = tagged_hash("text-rows", &[&encoded]);
        let mut transcript = ProofContext::new(Name::TextDecryption).bind(&self.election_id).at(Position {
            contest: Some(self.contest),
            index: Some(self.index),
            ..Position::default()
        });
        let decrypted = tagged_hash("text-decrypted", &[bytes(&self.decrypted).as_flattened()]);
        let public = bytes(&self.public);
        for (label, value) in [("rows", &rows[..]), ("D", &decrypted), ("X", public.as_flattened())] {
            if !without.contains(&label) {
                transcript.append(label, value);
            }
        }
        let seed = transcript.challenge_seed("s");
        let w = weights(&seed, self.decrypted.len());
        let firsts = || self.rows.iter().map(|row| row[0]);
        let of_key = |k: usize| -> Vec<Scalar> { w.iter().skip(k).step_by(m.max(1)).copied().collect() };
        let sums = (0..m).map(|k| sum(&of_key(k), firsts())).collect();
        let image = sum(&w, self.decrypted.iter().copied());
        (transcript, Steps { rows, seed, sums, image, c: Scalar::ZERO })
    }

    fn steps(&self, without: &[&str]) -> Steps {
        let (mut transcript, mut steps) = self.first(without);
        if !without.contains(&"R1") {
            transcript.append_all("R1", &bytes(&self.r1));
        }
        if !without.contains(&"R2") {
            transcript.append_element("R2", &self.r2);
        }
        steps.c = transcript.challenge("c");
        steps
    }

    /// Left side less right side: one equation for each key, and that of the rows.
    fn errors(&self, steps: &Steps) -> Vec<Element> {
        let of_keys = self.z.iter().zip(&self.r1).zip(&self.public);
        let mut errors: Vec<Element> = of_keys.map(|((z, r), x)| group::mul_generator(z) - r - x * steps.c).collect();
        errors.push(sum(&self.z, steps.sums.iter().copied()) - self.r2 - steps.image * steps.c);
        errors
    }

    /// Proves with these secrets, whatever was decrypted.
    fn prove(mut self, secrets: &[Scalar], without: &[&str]) -> Self {
        let mut rng = crate::vectors::rng("text decryption");
        let nonces: Vec<Scalar> = secrets.iter().map(|_| *SecretScalar::generate(&mut rng).expose()).collect();
        let steps = self.first(without).1;
        self.r1 = nonces.iter().map(group::mul_generator).collect();
        self.r2 = sum(&nonces, steps.sums.iter().copied());
        let c = self.steps(without).c;
        self.z = nonces.iter().zip(secrets).map(|(nonce, secret)| nonce + c * secret).collect();
        self
    }

    /// Responses first, announcements to fit: holds where c does not depend on them.
    fn simulate(self, without: &[&str]) -> Self {
        let secrets = vec![Scalar::ZERO; self.texts()];
        let mut proof = self.prove(&secrets, without);
        let steps = proof.steps(without);
        let errors = proof.errors(&steps);
        let (last, of_keys) = errors.split_last().unwrap();
        proof.r1.iter_mut().zip(of_keys).for_each(|(r, error)| *r += error);
        proof.r2 += last;
        proof
    }

    /// As a file, with a signature of zeros, which is not looked at here.
    fn file(&self) -> Vec<u8> {
        let mut out = b"ETDC\x01\0\x01\0".to_vec();
        out.extend(self.election_id);
        self.contest.encode(&mut out);
        self.index.encode(&mut out);
        u64::try_from(self.rows.len()).unwrap().encode(&mut out);
        let points = [&self.decrypted[..], &self.r1, &[self.r2]].concat();
        out.extend(bytes(&points).as_flattened());
        out.extend(self.z.iter().flat_map(Scalar::to_bytes));
        out.extend([0; 64]);
        out
    }
}

fn honest(n: usize, m: usize) -> Partial {
    let secrets = shares(m);
    let rows: Vec<Vec<Element>> = (0..n).map(|b| (0..=m).map(|k| element("row", 16 * b + k)).collect()).collect();
    let decrypted = rows.iter().flat_map(|row| secrets.iter().map(|x| row[0] * x)).collect();
    let identity = group::identity();
    let partial = Partial {
        election_id: [0x33; 32],
        contest: CONTEST,
        index: INDEX,
        rows,
        public: secrets.iter().map(group::mul_generator).collect(),
        decrypted,
        r1: Vec::new(),
        r2: identity,
        z: Vec::new(),
    };
    partial.prove(&secrets, &[])
}

fn hex(points: &[Element]) -> Json {
    bytes(points).iter().map(|point| Json::hex(point)).collect::<Vec<_>>().into()
}

/// What the cases of a group share: the place, the shares, the rows.
fn setting(partial: &Partial) -> Vec<(&'static str, Json)> {
    vec![
        ("electionId", Json::hex(&partial.election_id)),
        ("contest", partial.contest.into()),
        ("index", partial.index.into()),
        ("X", hex(&partial.public)),
        ("rows", partial.rows.iter().map(|row| hex(row)).collect::<Vec<_>>().into()),
    ]
}

/// The verdict of the library on a file, for what the statement says.
fn judge(statement: &Partial, file: &[u8]) -> Result<(), &'static str> {
    let rows = Rows::from_points(statement.texts(), bytes(&statement.rows.concat())).unwrap();
    let partial = TextPartial::decode(file, rows.len(), statement.texts()).map_err(|_| "W3.1")?;
    let place = (partial.election_id.0, partial.contest, partial.index.get());
    if place != (statement.election_id, statement.contest, statement.index) {
        return Err("W3.1");
    }
    partial.verify_proof(&rows, &statement.public).map_err(|_| "W3.3")
}

fn with_steps(case: Case, partial: &Partial) -> Case {
    let steps = partial.steps(&[]);
    let failing: Vec<usize> =
        (0..).zip(partial.errors(&steps)).filter(|(_, error)| !group::is_identity(error)).map(|(k, _)| k).collect();
    case.step("rowsHash", Json::hex(&steps.rows))
        .step("s", Json::hex(&steps.seed))
        .step("W", hex(&steps.sums))
        .step("D*", Json::hex(&group::compress(&steps.image)))
        .step("c", Json::hex(&steps.c.to_bytes()))
        .step("failing", failing)
}

fn accepted(comment: &str, partial: &Partial) -> Case {
    let file = partial.file();
    assert_eq!(judge(partial, &file), Ok(()), "{comment}");
    with_steps(Case::valid(comment).bytes("partial", &file), partial)
}

/// `statement` holds what the verifier knows, `partial` what it is given.
fn refused(comment: &str, flag: &'static str, statement: &Partial, partial: &Partial) -> Case {
    let file = partial.file();
    assert_eq!(judge(statement, &file), Err("W3.3"), "{comment}");
    let Partial { decrypted, r1, r2, z, .. } = partial.clone();
    let seen = Partial { decrypted, r1, r2, z, ..statement.clone() };
    with_steps(Case::invalid(comment, "W3.3", flag).bytes("partial", &file), &seen)
}

/// Holds for a verifier that forgets these labels.
fn weak(comment: &str, statement: &Partial, partial: &Partial, without: &[&str]) -> Case {
    assert!(partial.errors(&partial.steps(without)).iter().all(group::is_identity), "{comment}");
    refused(comment, "LateChallenge", statement, partial)
}

pub(super) fn groups(file: &mut Vectors) {
    for (n, m) in [(0, 1), (1, 1), (2, 3), (5, 2)] {
        let partial = honest(n, m);
        let comment = format!("Decryptions of {n} rows with {m} text points.");
        file.group_in("text-decryption", &comment, setting(&partial), vec![accepted("an honest custodian", &partial)]);
    }
    let good = honest(3, 2);
    let baseline = || vec![accepted("the baseline: all others differ from it in one thing", &good)];
    let changed = [baseline(), statements(&good), fields(&good), encodings(&good)].into_iter().flatten().collect();
    file.group_in("text-decryption", "Statement, values and proof changed.", setting(&good), changed);
    let forged = baseline().into_iter().chain(forgeries(&good)).collect();
    file.group_in("text-decryption", "Forged proofs.", setting(&good), forged);
}

fn statements(good: &Partial) -> Vec<Case> {
    let secrets = shares(2);
    let elsewhere = |change: &dyn Fn(&mut Partial)| {
        let mut other = good.clone();
        change(&mut other);
        let mut proof = other.prove(&secrets, &[]);
        // The file says what is expected, and only the proof was made for something else.
        (proof.election_id, proof.contest, proof.index) = (good.election_id, good.contest, good.index);
        proof
    };
    let mut other = good.clone();
    other.rows[1][1] += group::GENERATOR;
    let other_texts = other.clone().prove(&secrets, &[]);
    let mut swapped = good.clone();
    swapped.rows.swap(0, 1);
    swapped.decrypted = [&good.decrypted[2..4], &good.decrypted[..2], &good.decrypted[4..]].concat();
    let swapped = swapped.prove(&secrets, &[]);
    vec![
        refused("proved for another election", "Context", good, &elsewhere(&|p| p.election_id[0] ^= 1)),
        refused("proved for another contest", "Context", good, &elsewhere(&|p| p.contest += 1)),
        refused("proved for another custodian", "Context", good, &elsewhere(&|p| p.index += 1)),
        refused("proved for rows with another text", "Statement", good, &other_texts),
        refused("proved for rows in another order", "Statement", good, &swapped),
        refused("proved for other shares", "Statement", good, &elsewhere(&|p| p.public.swap(0, 1))),
    ]
}

fn fields(good: &Partial) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut push = |comment: String, flag, change: &dyn Fn(&mut Partial)| {
        let mut bad = good.clone();
        change(&mut bad);
        cases.push(refused(&comment, flag, good, &bad));
    };
    for place in 0..6 {
        push(format!("D_{},{} changed", place / 2, place % 2), "Values", &move |p| {
            p.decrypted[place] += group::GENERATOR
        });
    }
    push("the values of two rows exchanged".into(), "Values", &|p| {
        p.decrypted.swap(0, 2);
        p.decrypted.swap(1, 3);
    });
    push("the values of two text points exchanged".into(), "Values", &|p| p.decrypted.swap(0, 1));
    for k in 0..2 {
        push(format!("R1_{k} changed"), "Changed", &move |p| p.r1[k] += group::GENERATOR);
        push(format!("z_{k} changed"), "Changed", &move |p| p.z[k] += Scalar::ONE);
    }
    push("R2 changed".into(), "Changed", &|p| p.r2 += group::GENERATOR);
    push("z_0 and z_1 exchanged".into(), "Changed", &|p| p.z.swap(0, 1));
    push("zeros".into(), "NoProof", &|p| {
        p.r1.fill(group::identity());
        p.r2 = group::identity();
        p.z.fill(Scalar::ZERO);
    });
    cases
}

fn encodings(good: &Partial) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut push = |comment: &str, flag, change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = good.file();
        change(&mut file);
        assert_eq!(judge(good, &file), Err("W3.1"), "{comment}");
        cases.push(Case::invalid(comment, "W3.1", flag).bytes("partial", &file));
    };
    let put = |at: usize, value: u8| move |file: &mut Vec<u8>| file[at..at + 32].fill(value);
    for (name, at) in [("D_0,0", 56), ("D_2,1", 56 + 160), ("R1_0", 56 + 192), ("R2", 56 + 256), ("z_1", 56 + 320)] {
        push(&format!("{name} is not canonical"), "Encoding", &put(at, 0xff));
    }
    push("a row fewer", "Count", &|file| {
        file[48] = 2;
        file.drain(56..56 + 64);
    });
    push("a row more", "Count", &|file| {
        file[48] = 4;
        let row = file[56..56 + 64].to_vec();
        file.splice(56..56, row);
    });
    push("no row", "Count", &|file| {
        file[48] = 0;
        file.drain(56..56 + 192);
    });
    push("of another election", "Context", &|file| file[8] ^= 1);
    push("of another contest", "Context", &|file| file[40] ^= 1);
    push("of another custodian", "Context", &|file| file[44] ^= 1);
    push("by nobody", "Context", &|file| file[44] = 0);
    cases
}

fn forgeries(good: &Partial) -> Vec<Case> {
    let secrets = shares(2);
    let other: Vec<Scalar> = secrets.iter().map(|x| x + Scalar::ONE).collect();
    let with = |secrets: &[Scalar]| {
        let decrypted = good.rows.iter().flat_map(|row| secrets.iter().map(|x| row[0] * x)).collect();
        Partial { decrypted, ..good.clone() }
    };
    // Only the equations of the keys see that other shares were used.
    let unshared = with(&other).prove(&other, &[]);
    let mut crossed = secrets.clone();
    crossed.swap(0, 1);
    let exchanged = with(&crossed).prove(&crossed, &[]);

    // Weights known before the values: errors cancel.
    let mut early = good.clone();
    let w = weights(&early.first(&["D"]).1.seed, 6);
    early.decrypted[0] += element("error", 0) * w[3];
    early.decrypted[3] -= element("error", 0) * w[0];
    let early = early.prove(&secrets, &["D"]);

    let mut any = good.clone();
    any.decrypted = (0..6).map(|place| element("any", place)).collect();
    let both = any.clone().simulate(&["R1", "R2"]);
    // The announcements of the keys are right, that of the rows fits.
    let mut rows_late = any.prove(&secrets, &["R2"]);
    let last = *rows_late.errors(&rows_late.steps(&["R2"])).last().unwrap();
    rows_late.r2 += last;
    // Other shares, and announcements that fit the keys.
    let mut keys_late = with(&other).prove(&other, &["R1"]);
    let errors = keys_late.errors(&keys_late.steps(&["R1"]));
    keys_late.r1.iter_mut().zip(&errors).for_each(|(r, error)| *r += error);
    vec![
        refused("decrypted with other shares than were published", "Keys", good, &unshared),
        refused("the shares of two text points exchanged", "Keys", good, &exchanged),
        weak("s drawn before D: two errors cancel", good, &early, &["D"]),
        weak("c drawn before R1 and R2", good, &both, &["R1", "R2"]),
        weak("c drawn before R2", good, &rows_late, &["R2"]),
        weak("c drawn before R1", good, &keys_late, &["R1"]),
    ]
}
