//! A statement and what a mixer published for it, as the strings of a case.

use escrutinio_core::encoding::Reader;
use escrutinio_core::group::{self, Element, Scalar};
use escrutinio_core::point::Point;
use escrutinio_core::proof::shuffle::{
    self as core_shuffle, MemorySource, ShuffleError, ShuffleGenerators, ShuffleProof, ShuffleShape, ShuffleStatement,
    shuffle_keys, shuffle_texts,
};
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::transcript::Position;

use super::mixer::{self, Proof, Relation, Shuffle};
use super::{CONTEXT, KEYS_AT, TEXTS_AT, element, keys, rows, scalar, text_logs};
use crate::vectors::case::Case;
use crate::vectors::json::Json;

/// Most rows of a case.
const MOST: u32 = 32;

/// The statement, of which `image` and `output` are ignored, and what was published.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) shuffle: Shuffle,
    /// The base that comes out (keys).
    pub(super) image: [u8; 32],
    /// The rows that come out, one after another.
    pub(super) output: Vec<[u8; 32]>,
    /// The proof.
    pub(super) proof: Vec<[u8; 32]>,
}

fn point(string: &[u8; 32]) -> Element {
    group::decompress(string).unwrap()
}

fn hex(strings: &[[u8; 32]]) -> Json {
    strings.iter().map(|string| Json::hex(string)).collect::<Vec<_>>().into()
}

fn of_scalars(scalars: &[Scalar]) -> Json {
    scalars.iter().map(|scalar| Json::hex(&scalar.to_bytes())).collect::<Vec<_>>().into()
}

impl Given {
    /// Keys, mixed by the library.
    pub(super) fn honest_keys(n: usize) -> Self {
        let base = Point::new(element("base", 0));
        let input = keys(n);
        let power = SecretScalar::new(scalar("power", n));
        let mut rng = crate::vectors::rng(&format!("keys {n}"));
        let generators = ShuffleGenerators::new(MOST);
        let mixed =
            shuffle_keys(&CONTEXT, KEYS_AT, &generators, &base, &mixer::bytes(&input), &power, &mut rng).unwrap();
        let relation = Relation::Keys { base: base.element, image: mixed.base.element };
        let input = input.into_iter().map(|key| vec![key]).collect();
        let output = mixed.keys.iter().map(|key| vec![point(key)]).collect();
        Self {
            shuffle: Shuffle { context: CONTEXT, position: KEYS_AT, relation, input, output },
            image: mixed.base.bytes,
            output: mixed.keys,
            proof: mixed.proof.strings().to_vec(),
        }
    }

    /// Texts, mixed by the library.
    pub(super) fn honest_texts(n: usize, m: usize) -> Self {
        let logs = text_logs(m);
        let keys: Vec<Point> = logs.iter().map(|log| Point::new(group::mul_generator(log))).collect();
        let input = rows(n, &logs);
        let mut rng = crate::vectors::rng(&format!("texts {n} {m}"));
        let generators = ShuffleGenerators::new(MOST);
        let strings = mixer::bytes(&input.concat());
        let mixed = shuffle_texts(&CONTEXT, TEXTS_AT, &generators, &keys, &strings, &mut rng).unwrap();
        let relation = Relation::Texts { keys: keys.iter().map(|key| key.element).collect() };
        let output = mixed.rows.chunks(m + 1).map(|row| row.iter().map(point).collect()).collect();
        Self {
            shuffle: Shuffle { context: CONTEXT, position: TEXTS_AT, relation, input, output },
            image: [0; 32],
            output: mixed.rows,
            proof: mixed.proof.strings().to_vec(),
        }
    }

    /// A shuffle with the proof of a mixer without scruples.
    pub(super) fn of(shuffle: Shuffle, proof: &Proof) -> Self {
        let image = match &shuffle.relation {
            Relation::Keys { image, .. } => group::compress(image),
            Relation::Texts { .. } => [0; 32],
        };
        let output = mixer::bytes(&shuffle.output.concat());
        Self { shuffle, image, output, proof: proof.strings() }
    }

    fn of_keys(&self) -> bool {
        matches!(self.shuffle.relation, Relation::Keys { .. })
    }

    /// The check that refuses what cannot be read.
    pub(super) fn decode_code(&self) -> &'static str {
        if self.of_keys() { "C4.1" } else { "W2.1" }
    }

    /// The check that refuses a proof.
    pub(super) fn proof_code(&self) -> &'static str {
        if self.of_keys() { "C4.3" } else { "W2.4" }
    }

    /// Puts the rows that come out in order again.
    pub(super) fn sort_output(&mut self) {
        let mut rows: Vec<&[[u8; 32]]> = self.output.chunks(self.shuffle.width()).collect();
        rows.sort_by_key(|row| row[0]);
        self.output = rows.concat();
    }

    /// Names of the strings of the proof.
    pub(super) fn names(&self) -> Vec<String> {
        let n = self.shuffle.rows();
        let numbered = |name: &'static str, n: usize| (0..n).map(move |i| format!("{name}_{i}"));
        let mut names: Vec<String> = numbered("C", n).chain(numbered("D", n)).collect();
        names.extend(["RG", "RQ"].map(String::from));
        names.extend(numbered("RE", self.shuffle.width()));
        if self.of_keys() {
            names.push("RB".into());
        }
        names.extend(numbered("z", n));
        names.extend(["zG", "zQ", "zE"].map(String::from));
        names
    }

    /// What the cases of a group share.
    pub(super) fn setting(&self) -> Vec<(&'static str, Json)> {
        let Shuffle { context, position, relation, input, .. } = &self.shuffle;
        let mut setting = vec![("context", Json::hex(context)), ("position", place(position))];
        match relation {
            Relation::Keys { base, .. } => {
                setting.push(("base", Json::hex(&group::compress(base))));
                setting.push(("keys", hex(&mixer::bytes(&input.concat()))));
            }
            Relation::Texts { keys } => {
                setting.push(("L", hex(&mixer::bytes(keys))));
                setting.push(("rows", input.iter().map(|row| hex(&mixer::bytes(row))).collect::<Vec<_>>().into()));
            }
        }
        setting
    }

    /// What comes on top of the setting of `baseline`.
    fn inputs(&self, mut case: Case, baseline: &Self) -> Case {
        let shared = baseline.setting();
        for ((name, value), (_, known)) in self.setting().into_iter().zip(shared) {
            if value.file() != known.file() {
                case = case.input(name, value);
            }
        }
        if self.of_keys() {
            case = case.bytes("image", &self.image).input("mixed", hex(&self.output));
        } else {
            let rows = self.output.chunks(self.shuffle.width()).map(hex);
            case = case.input("mixed", rows.collect::<Vec<_>>());
        }
        case.bytes("proof", self.proof.as_flattened())
    }

    /// What the library says of it.
    fn judge(&self) -> Result<(), &'static str> {
        let (decode, refused) = (self.decode_code(), self.proof_code());
        let input = mixer::bytes(&self.shuffle.input.concat());
        let width = self.shuffle.width();
        let shape = match &self.shuffle.relation {
            Relation::Keys { .. } => ShuffleShape::keys(self.shuffle.rows()),
            Relation::Texts { keys } => ShuffleShape::texts(self.shuffle.rows(), keys.len()),
        };
        let first_is_identity = self.output.iter().step_by(width).any(|first| *first == [0; 32]);
        if self.output.len() != input.len() || self.proof.len() != shape.proof() || first_is_identity {
            return Err(decode);
        }
        let proof = ShuffleProof::decode(&mut Reader::new(self.proof.as_flattened()), shape).map_err(|_| decode)?;
        let (base, image, keys);
        let relation = match &self.shuffle.relation {
            Relation::Keys { base: into, .. } => {
                image = Point::decode_nonidentity(&mut Reader::new(&self.image)).map_err(|_| decode)?;
                base = Point::new(*into);
                core_shuffle::Relation::Keys { base: &base, image: &image }
            }
            Relation::Texts { keys: texts } => {
                keys = texts.iter().map(|key| Point::new(*key)).collect::<Vec<_>>();
                core_shuffle::Relation::Texts { keys: &keys }
            }
        };
        let (context, position) = (&self.shuffle.context, self.shuffle.position);
        let source = MemorySource { input: &input, output: &self.output, proof: &proof };
        let statement = ShuffleStatement { context, position, relation };
        let mut rng = crate::vectors::rng("weights");
        let verdict = statement.verify(&ShuffleGenerators::new(MOST), &source, &mut rng);
        if matches!(verdict, Err(ShuffleError::Encoding { .. } | ShuffleError::Order { .. })) {
            return Err(decode);
        }
        match relation {
            core_shuffle::Relation::Keys { base, image } if base == image => Err(refused),
            core_shuffle::Relation::Texts { .. } if !self.encrypted_anew() => Err("W2.3"),
            _ => verdict.map_err(|_| refused),
        }
    }

    /// No component, and no difference of two, is one that a row that went in has at that place.
    fn encrypted_anew(&self) -> bool {
        let width = self.shuffle.width();
        let after: Vec<Vec<Element>> = self.output.chunks(width).map(|row| row.iter().map(point).collect()).collect();
        let prints = |rows: &[Vec<Element>], k: usize, l: usize| -> Vec<[u8; 32]> {
            rows.iter().map(|row| group::compress(&if k == l { row[k] } else { row[k] - row[l] })).collect()
        };
        (0..width).flat_map(|k| (k..width).map(move |l| (k, l))).all(|(k, l)| {
            let before = prints(&self.shuffle.input, k, l);
            prints(&after, k, l).iter().all(|print| !before.contains(print))
        })
    }

    /// What a verifier computes, where everything can be read.
    fn steps(&self, case: Case) -> Case {
        let mut shuffle = self.shuffle.clone();
        shuffle.output =
            self.output.chunks(shuffle.width()).map(|row| row.iter().map(point).collect::<Vec<_>>()).collect();
        if let Relation::Keys { image, .. } = &mut shuffle.relation {
            *image = point(&self.image);
        }
        let proof = Proof::read(&self.proof, shuffle.rows());
        let generators = mixer::generators(shuffle.rows());
        let steps = shuffle.steps(&generators, &proof, &[]);
        let [v, columns] = shuffle.sums(&generators, &proof, &steps);
        case.step("generatorsHash", Json::hex(&steps.generators))
            .step("inputHash", Json::hex(&steps.input))
            .step("outputHash", Json::hex(&steps.output))
            .step("commitmentsHash", Json::hex(&steps.commitments))
            .step("s", Json::hex(&steps.seed))
            .step("u", of_scalars(&steps.u))
            .step("chainHash", Json::hex(&steps.chain))
            .step("rho", Json::hex(&steps.rho.to_bytes()))
            .step("c", Json::hex(&steps.c.to_bytes()))
            .step("V", Json::hex(&group::compress(&v)))
            .step("sum [u_j]C_j", Json::hex(&group::compress(&columns)))
            .step("failing", shuffle.failing(&generators, &proof, &steps))
    }

    /// A case that is accepted.
    pub(super) fn accepted(&self, comment: &str) -> Case {
        assert_eq!(self.judge(), Ok(()), "{comment}");
        self.steps(self.inputs(Case::valid(comment), self))
    }

    /// A case that is refused.
    pub(super) fn refused(
        &self,
        comment: impl Into<String>,
        code: &'static str,
        flag: &'static str,
        baseline: &Self,
    ) -> Case {
        let comment = comment.into();
        assert_eq!(self.judge(), Err(code), "{comment}");
        let case = self.inputs(Case::invalid(comment, code, flag), baseline);
        if code == self.decode_code() { case } else { self.steps(case) }
    }
}

fn place(position: &Position) -> Json {
    let fields = [
        ("contest", position.contest),
        ("style", position.style),
        ("unit", position.unit),
        ("role", position.role),
        ("index", position.index),
    ];
    Json::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect())
}
