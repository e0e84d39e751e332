//! A custodian's decryption of mixed texts is right in every row: one proof for all of them.
//!
//! # Relation
//! ```text
//! TEXT-DECRYPTION(A_0.., D_{b,k}, X_0..):  witness x_0..
//!   X_k     = [x_k]G        for every text key k
//!   D_{b,k} = [x_k]A_b      for every row b and text key k
//! ```
//!
//! # Protocol
//! Append `rows` (the whole mix, hashed), `D` (hashed), `X`; seed `s`, weights w, row by row. With
//! `W_k = sum_b [w_{bm+k}]A_b` and `D* = sum_{b,k} [w_{bm+k}]D_{b,k}`, commit `R1_k = [k_k]G` and
//! `R2 = sum_k [k_k]W_k`, challenge `c`, responses `z_k = k_k + c x_k`.
//!
//! # Verification
//! `[z_k]G = R1_k + [c]X_k` for every k, and `sum_k [z_k]W_k = R2 + [c]D*` (W3.3).
//!
//! # Security
//! Special soundness 2: the z of two accepting transcripts give every x_k by the first equations, and
//! by the second `D* = sum_k [x_k]W_k`. The weights are drawn after all D: a wrong D_{b,k} passes with
//! probability 2^-128. The second equation alone would let an error under one key stand against one
//! under another; the first ones fix each x_k. The caller must take X from a verified key record, and
//! the rows from the last mix, verified.
//!
//! # References
//! Chaum and Pedersen 1992; Bellare, Garay and Rabin 1998 for the weights; `spec/writeins.md`.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::BadProof;
use crate::encoding::{Decode, DecodeError, Encode, Reader, put_all};
use crate::group::{self, Element, ElementBytes, Scalar};
use crate::hash::tagged_hash;
use crate::ids::{CustodianIndex, ElectionId};
use crate::parallel::map_all;
use crate::secret::SecretScalar;
use crate::transcript::{Position, Proof, ProofContext, Transcript};
use crate::writein::{Rows, element};

/// Points that are worked on at once.
const PIECE: usize = 1024;

/// What is decrypted, by whom.
#[derive(Clone, Copy, Debug)]
pub struct TextDecryptionStatement<'a> {
    /// The election.
    pub election_id: &'a ElectionId,
    /// The contest.
    pub contest: u32,
    /// The custodian.
    pub index: CustodianIndex,
    /// The rows of the last mix.
    pub rows: &'a Rows,
}

/// The proof: one response per text key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextDecryption {
    pub(crate) r1: Vec<Element>,
    pub(crate) r2: Element,
    pub(crate) z: Vec<Scalar>,
}

impl TextDecryptionStatement<'_> {
    /// Decrypts every row with the shares of the text keys, and proves it.
    #[must_use]
    pub fn prove(
        &self,
        shares: &[SecretScalar],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> (Vec<ElementBytes>, TextDecryption) {
        // [2]([x/2]A) is encoded faster than [x]A.
        let halves: Vec<_> = shares.iter().map(|share| SecretScalar::new(share.expose() * group::half())).collect();
        let first: Vec<&ElementBytes> = self.rows.first().collect();
        let decrypted = map_all(first.chunks(PIECE).collect(), |first| {
            let doubled: Vec<Element> = first
                .iter()
                .flat_map(|a| {
                    let a = element(a);
                    halves.iter().map(move |half| a * half.expose())
                })
                .collect();
            group::double_and_compress(&doubled)
        })
        .concat();
        let public: Vec<_> = shares.iter().map(SecretScalar::public).collect();
        let (mut transcript, weights) = self.bind(&public, &decrypted);
        let witness: Vec<&Scalar> = shares.iter().map(SecretScalar::expose).collect();
        let mut nonces = transcript.nonces(&witness, rng);
        let nonces: Vec<SecretScalar> = shares.iter().map(|_| nonces.draw()).collect();
        let sums = (0..shares.len()).map(|k| {
            let weights: Vec<Scalar> = weights.iter().skip(k).step_by(shares.len()).copied().collect();
            public_sum(&weights, &first)
        });
        let r2 = nonces.iter().zip(sums).fold(group::identity(), |sum, (nonce, w)| sum + w * nonce.expose());
        let r1: Vec<Element> = nonces.iter().map(SecretScalar::public).collect();
        let c = challenge(&mut transcript, &r1, &r2);
        let z = nonces.iter().zip(shares).map(|(nonce, share)| nonce.expose() + c * share.expose()).collect();
        (decrypted, TextDecryption { r1, r2, z })
    }

    /// Verifies the decryption of a custodian with these public shares of the text keys.
    ///
    /// # Errors
    /// [`BadProof`] if it does not hold.
    pub fn verify(
        &self,
        public: &[Element],
        decrypted: &[ElementBytes],
        proof: &TextDecryption,
    ) -> Result<(), BadProof> {
        let texts = self.rows.texts();
        let shaped = public.len() == texts
            && proof.r1.len() == texts
            && proof.z.len() == texts
            && decrypted.len() == self.rows.len().saturating_mul(texts);
        if !shaped {
            return Err(BadProof);
        }
        let (mut transcript, weights) = self.bind(public, decrypted);
        let c = challenge(&mut transcript, &proof.r1, &proof.r2);
        for ((z, r1), x) in proof.z.iter().zip(&proof.r1).zip(public) {
            let left = group::vartime_multiscalar_mul(&[*z, -c], [group::GENERATOR, *x]);
            if left != *r1 {
                return Err(BadProof);
            }
        }
        // sum_k [z_k]W_k, with the weights of a row taken together.
        let of_rows: Vec<Scalar> = weights
            .chunks(texts.max(1))
            .map(|weights| weights.iter().zip(&proof.z).map(|(weight, z)| weight * z).sum())
            .collect();
        let left = public_sum(&of_rows, &self.rows.first().collect::<Vec<_>>());
        let image = public_sum(&weights, &decrypted.iter().collect::<Vec<_>>());
        if left == proof.r2 + image * c { Ok(()) } else { Err(BadProof) }
    }

    fn bind(&self, public: &[Element], decrypted: &[ElementBytes]) -> (Transcript, Vec<Scalar>) {
        let mut transcript = ProofContext::new(Proof::TextDecryption).bind(self.election_id.as_bytes()).at(Position {
            contest: Some(self.contest),
            index: Some(self.index.get()),
            ..Position::default()
        });
        transcript.append("rows", &self.rows.hash());
        transcript.append("D", &tagged_hash("text-decrypted", &[decrypted.as_flattened()]));
        transcript.append_all("X", &public.iter().map(group::compress).collect::<Vec<_>>());
        let weights = group::weights(&transcript.challenge_seed("s"), decrypted.len());
        (transcript, weights)
    }
}

/// `sum_i [s_i]P_i` of public scalars and canonical encodings, in pieces on all cores.
fn public_sum(scalars: &[Scalar], points: &[&ElementBytes]) -> Element {
    let pieces: Vec<_> = scalars.chunks(PIECE).zip(points.chunks(PIECE)).collect();
    map_all(pieces, |(scalars, points)| group::vartime_multiscalar_mul(scalars, points.iter().map(|p| element(p))))
        .into_iter()
        .sum()
}

fn challenge(transcript: &mut Transcript, r1: &[Element], r2: &Element) -> Scalar {
    transcript.append_all("R1", &r1.iter().map(group::compress).collect::<Vec<_>>());
    transcript.append_element("R2", r2);
    transcript.challenge("c")
}

impl TextDecryption {
    /// Reads a proof for `texts` text keys.
    ///
    /// # Errors
    /// If the bytes are not the encoding of such a proof.
    pub fn decode(reader: &mut Reader<'_>, texts: usize) -> Result<Self, DecodeError> {
        Ok(Self { r1: reader.repeat(texts)?, r2: Element::decode(reader)?, z: reader.repeat(texts)? })
    }
}

impl Encode for TextDecryption {
    fn encode(&self, out: &mut Vec<u8>) {
        put_all(out, &self.r1);
        self.r2.encode(out);
        put_all(out, &self.z);
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const ELECTION: ElectionId = ElectionId([5; 32]);

    fn index(number: u32) -> CustodianIndex {
        CustodianIndex::new(number).unwrap()
    }

    fn rows(count: u32, texts: u8) -> Rows {
        let point = |n: u32| group::compress(&group::hash_to_element(&[b"row", &n.to_le_bytes()]));
        Rows::from_points(usize::from(texts), (0..count * (u32::from(texts) + 1)).map(point).collect()).unwrap()
    }

    fn moved(point: &ElementBytes, by: Element) -> ElementBytes {
        group::compress(&(element(point) + by))
    }

    fn statement(rows: &Rows) -> TextDecryptionStatement<'_> {
        TextDecryptionStatement { election_id: &ELECTION, contest: 2, index: index(3), rows }
    }

    fn sample(rows: &Rows) -> (Vec<SecretScalar>, Vec<Element>, Vec<ElementBytes>, TextDecryption) {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        let shares: Vec<_> = (0..rows.texts()).map(|_| SecretScalar::generate(&mut rng)).collect();
        let (decrypted, proof) = statement(rows).prove(&shares, &mut rng);
        let public = shares.iter().map(SecretScalar::public).collect();
        (shares, public, decrypted, proof)
    }

    #[test]
    fn completeness_for_any_number_of_rows() {
        for count in [0, 1, 2, 7] {
            let rows = rows(count, 3);
            let (shares, public, decrypted, proof) = sample(&rows);
            assert_eq!(statement(&rows).verify(&public, &decrypted, &proof), Ok(()));
            for (row, decrypted) in rows.iter().zip(decrypted.chunks(3)) {
                for (share, d) in shares.iter().zip(decrypted) {
                    assert_eq!(*d, group::compress(&(element(&row[0]) * share.expose())));
                }
            }
        }
    }

    #[test]
    fn rejects_each_changed_input() {
        let given = rows(3, 2);
        let (_, public, decrypted, proof) = sample(&given);
        let honest = statement(&given);
        let mut points = given.points().to_vec();
        points[1] = group::compress(&group::GENERATOR);
        let other_text = Rows::from_points(2, points.clone()).unwrap();
        points[1] = given.points()[1];
        points[3] = group::compress(&group::GENERATOR);
        let other_a = Rows::from_points(2, points).unwrap();
        for changed in [
            TextDecryptionStatement { election_id: &ElectionId([6; 32]), ..honest },
            TextDecryptionStatement { contest: 1, ..honest },
            TextDecryptionStatement { index: index(2), ..honest },
            TextDecryptionStatement { rows: &other_text, ..honest },
            TextDecryptionStatement { rows: &other_a, ..honest },
        ] {
            assert_eq!(changed.verify(&public, &decrypted, &proof), Err(BadProof));
        }
        for place in 0..decrypted.len() {
            let mut wrong = decrypted.clone();
            wrong[place] = moved(&wrong[place], group::GENERATOR);
            assert_eq!(honest.verify(&public, &wrong, &proof), Err(BadProof));
        }
        for k in 0..2 {
            let mut wrong = public.clone();
            wrong[k] += group::GENERATOR;
            assert_eq!(honest.verify(&wrong, &decrypted, &proof), Err(BadProof));
            let mut wrong = proof.clone();
            wrong.z[k] += Scalar::ONE;
            assert_eq!(honest.verify(&public, &decrypted, &wrong), Err(BadProof));
            let mut wrong = proof.clone();
            wrong.r1[k] += group::GENERATOR;
            assert_eq!(honest.verify(&public, &decrypted, &wrong), Err(BadProof));
        }
        let wrong = TextDecryption { r2: proof.r2 + group::GENERATOR, ..proof };
        assert_eq!(honest.verify(&public, &decrypted, &wrong), Err(BadProof));
    }

    /// A prover with other secrets under one key, everything else as the protocol says.
    fn forge(rows: &Rows, public: &[Element], decrypted: &[ElementBytes], z: [Scalar; 2]) -> TextDecryption {
        // The commitments that make the equations hold for a guessed challenge of zero.
        let statement = statement(rows);
        let (_, weights) = statement.bind(public, decrypted);
        let of_rows: Vec<Scalar> =
            weights.chunks(2).map(|weights| weights.iter().zip(&z).map(|(weight, z)| weight * z).sum()).collect();
        let r2 = public_sum(&of_rows, &rows.first().collect::<Vec<_>>());
        TextDecryption { r1: z.iter().map(group::mul_generator).collect(), r2, z: z.to_vec() }
    }

    #[test]
    fn rejects_commitments_for_a_guessed_challenge() {
        let rows = rows(3, 2);
        let (_, public, mut decrypted, _) = sample(&rows);
        decrypted[0] = group::compress(&group::GENERATOR);
        let forged = forge(&rows, &public, &decrypted, [Scalar::from(7u8), Scalar::from(8u8)]);
        assert_eq!(statement(&rows).verify(&public, &decrypted, &forged), Err(BadProof));
    }

    /// Texts decrypted under one another's keys, or errors of two rows that cancel, are wrong even
    /// where their plain sum is right.
    #[test]
    fn rejects_errors_that_add_up_to_nothing() {
        let rows = rows(3, 2);
        let (shares, public, decrypted, _) = sample(&rows);
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let (_, proof) = statement(&rows).prove(&shares, &mut rng);
        for (first, second) in [(0, 1), (0, 2), (3, 4)] {
            let mut wrong = decrypted.clone();
            wrong[first] = moved(&wrong[first], group::GENERATOR);
            wrong[second] = moved(&wrong[second], -group::GENERATOR);
            assert_eq!(statement(&rows).verify(&public, &wrong, &proof), Err(BadProof));
            let mut swapped = decrypted.clone();
            swapped.swap(first, second);
            assert_eq!(statement(&rows).verify(&public, &swapped, &proof), Err(BadProof));
        }
    }

    #[test]
    fn rejects_wrong_shape() {
        let given = rows(2, 2);
        let (_, public, decrypted, proof) = sample(&given);
        let honest = statement(&given);
        assert_eq!(honest.verify(&public[..1], &decrypted, &proof), Err(BadProof));
        assert_eq!(honest.verify(&public, &decrypted[..3], &proof), Err(BadProof));
        assert_eq!(honest.verify(&[], &[], &proof), Err(BadProof));
        let short = TextDecryption { z: proof.z[..1].to_vec(), ..proof.clone() };
        assert_eq!(honest.verify(&public, &decrypted, &short), Err(BadProof));
        let short = TextDecryption { r1: proof.r1[..1].to_vec(), ..proof };
        assert_eq!(honest.verify(&public, &decrypted, &short), Err(BadProof));
    }

    #[test]
    fn special_soundness() {
        // Two transcripts with one commitment give every share.
        let rows = rows(2, 2);
        let (shares, ..) = sample(&rows);
        let nonces = [Scalar::from(11u8), Scalar::from(12u8)];
        let (c1, c2) = (Scalar::from(3u8), Scalar::from(5u8));
        for (share, nonce) in shares.iter().zip(nonces) {
            let (z1, z2) = (nonce + c1 * share.expose(), nonce + c2 * share.expose());
            assert_eq!((z1 - z2) * (c1 - c2).invert(), *share.expose());
        }
    }

    #[test]
    fn encoding_round_trips() {
        let rows = rows(2, 2);
        let (.., proof) = sample(&rows);
        let bytes = proof.to_bytes();
        assert_eq!(bytes.len(), 32 * 5);
        assert_eq!(TextDecryption::decode(&mut Reader::new(&bytes), 2).unwrap(), proof);
        assert!(TextDecryption::decode(&mut Reader::new(&bytes[..159]), 2).is_err());
    }
}
