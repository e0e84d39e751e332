//! What a registrar, a server, or fewer custodians than the threshold can tell from everything that
//! each ever held: nothing about who stands behind a key of the final lists, and not enough to sign
//! for anybody. What it would take to tell is played as well, so that the guesses are known to work.
//!
//! Every party reads the whole record (half lists in roll order, pools, every mix with its proof, the
//! final list) and adds what it kept: halves, or the powers of its own mixes. It guesses the place
//! in the final list of everyone on the roll. Guessing blindly is right once per roll in the mean,
//! however long the roll is, with variance 1.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what the tests share; they fail where it panics")]

use core::cell::OnceCell;

use escrutinio_core::ballot::BallotCredential;
use escrutinio_core::credential::{HalfRole, HalfSecrets};
use escrutinio_core::encoding::{Encode, Reader};
use escrutinio_core::group::{self, Element, ElementBytes, Scalar};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::point::Point;
use escrutinio_core::proof::shuffle::{ShuffleGenerators, ShuffleProof, ShuffleShape, ShuffledKeys, shuffle_keys};
use escrutinio_core::secret::SecretScalar;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::transcript::{Position, Proof, ProofContext};
use escrutinio_core::verify::{self, Check};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const VOTERS: usize = 12;
const MIXES: usize = 3;
const TRIALS: u32 = 36;
const CONTEXT: [u8; 32] = [9; 32];

/// A list before or after a mix.
#[derive(Clone)]
struct List {
    base: Element,
    keys: Vec<Element>,
}

impl List {
    fn new(base: Element, keys: &[ElementBytes]) -> Self {
        Self { base, keys: keys.iter().map(|key| group::decompress(key).unwrap()).collect() }
    }

    /// Under another power; the order stays.
    fn raised(&self, power: &Scalar) -> Self {
        Self { base: self.base * power, keys: self.keys.iter().map(|key| key * power).collect() }
    }
}

/// One mix as it is published.
struct Mix {
    before: Vec<ElementBytes>,
    after: ShuffledKeys,
    position: Position,
}

/// Everything that exists, secret or not.
struct World {
    /// Registrar's and server's secrets, in roll order.
    halves: [Vec<Scalar>; 2],
    powers: Vec<Scalar>,
    /// Pooled keys in roll order.
    roll: List,
    /// The pool, and what came out of every mix.
    lists: Vec<List>,
    mixes: Vec<Mix>,
}

fn secrets(halves: &HalfSecrets) -> Vec<Scalar> {
    // Role, number of lists, number of keys; then the scalars.
    let bytes = halves.expose_bytes();
    bytes[20..].as_chunks::<32>().0.iter().map(|bytes| group::decode_scalar(bytes).unwrap()).collect()
}

impl World {
    fn new(seed: u64, generators: &ShuffleGenerators) -> Self {
        Self::with_halves(seed, generators, |_| {})
    }

    fn with_halves(seed: u64, generators: &ShuffleGenerators, change: impl FnOnce(&mut [Vec<Scalar>; 2])) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let counts = [u32::try_from(VOTERS).unwrap()];
        let mut halves = [HalfRole::Registrar, HalfRole::Server]
            .map(|role| secrets(&HalfSecrets::generate(role, &counts, &mut rng)));
        change(&mut halves);
        let keys = halves[0].iter().zip(&halves[1]).map(|(a, b)| group::mul_generator(&(a + b))).collect();
        let roll = List { base: group::GENERATOR, keys };
        let mut keys: Vec<_> = roll.keys.iter().map(group::compress).collect();
        keys.sort_unstable();
        let mut world = Self {
            halves,
            powers: Vec::new(),
            lists: vec![List::new(group::GENERATOR, &keys)],
            roll,
            mixes: Vec::new(),
        };
        for number in (1..).take(MIXES) {
            let position = Position {
                style: Some(0),
                unit: Some(0),
                role: Some(number),
                index: Some(number),
                ..Position::default()
            };
            let power = SecretScalar::generate(&mut rng);
            let base = Point::new(world.lists.last().unwrap().base);
            let after = shuffle_keys(&CONTEXT, position, generators, &base, &keys, &power, &mut rng).unwrap();
            world.powers.push(*power.expose());
            world.lists.push(List::new(after.base.element, &after.keys));
            let before = core::mem::replace(&mut keys, after.keys.clone());
            world.mixes.push(Mix { before, after, position });
        }
        world
    }

    /// Writes other strings into the proof of a mix.
    fn rewrite(&mut self, mix: usize, change: impl FnOnce(&mut [ElementBytes])) {
        let proof = &mut self.mixes[mix].after.proof;
        let mut strings = proof.strings().to_vec();
        change(&mut strings);
        let mut reader = Reader::new(strings.as_flattened());
        *proof = ShuffleProof::decode(&mut reader, ShuffleShape::keys(VOTERS)).unwrap();
    }

    fn last(&self) -> &List {
        self.lists.last().unwrap()
    }

    /// Where everybody's key stands in the final list.
    fn truth(&self) -> Vec<usize> {
        let power: Scalar = self.powers.iter().product();
        places(&self.roll.raised(&power).keys, &self.last().keys)
    }
}

/// Where some keys stand in a list that holds them.
fn places(keys: &[Element], list: &[Element]) -> Vec<usize> {
    keys.iter().map(|key| list.iter().position(|other| other == key).unwrap()).collect()
}

/// What a party adds to the record.
struct Kept<'a> {
    world: &'a World,
    generators: &'a ShuffleGenerators,
    halves: [bool; 2],
    powers: [bool; MIXES],
}

/// Where in the list that came out of a mix everybody stands, guessed from where everybody stood in
/// the list that went in. `left` holds the keys that went in, in roll order.
type Guess = fn(&Kept<'_>, mix: usize, before: &[usize], left: &List, right: &List) -> Vec<usize>;

/// By rank.
fn by_rank(_: &Kept<'_>, _: usize, _: &[usize], left: &List, right: &List) -> Vec<usize> {
    let ranks = |list: &List| {
        let mut sorted: Vec<_> = list.keys.iter().map(group::compress).collect();
        sorted.sort_unstable();
        list.keys.iter().map(|key| sorted.binary_search(&group::compress(key)).unwrap()).collect::<Vec<_>>()
    };
    let right = ranks(right);
    ranks(left).iter().map(|rank| right.iter().position(|other| other == rank).unwrap()).collect()
}

/// The least of a distance, for every key of the left list.
fn nearest(left: usize, right: usize, distance: impl Fn(usize, usize) -> u32) -> Vec<usize> {
    (0..left).map(|i| (0..right).min_by_key(|j| distance(i, *j)).unwrap()).collect()
}

fn bits(bytes: &[u8; 32]) -> u32 {
    bytes.iter().map(|byte| byte.count_ones()).sum()
}

fn apart(a: &Element, b: &Element) -> u32 {
    let (a, b) = (group::compress(a), group::compress(b));
    bits(&core::array::from_fn(|k| a[k] ^ b[k]))
}

/// By what is left of a key when the part that the party knows of it is taken off, under the old base
/// and the new.
fn by_rest(kept: &Kept<'_>, _: usize, _: &[usize], left: &List, right: &List) -> Vec<usize> {
    let known = |place: usize| -> Scalar {
        let halves = kept.world.halves.iter().zip(kept.halves);
        halves.filter(|(_, keeps)| *keeps).map(|(secrets, _)| secrets[place]).sum()
    };
    nearest(left.keys.len(), right.keys.len(), |i, j| {
        let known = known(i);
        apart(&(left.keys[i] - left.base * known), &(right.keys[j] - right.base * known))
    })
}

/// By the commitments to the permutation: the blinding of the right pair, were it weak, is a small
/// multiple of G or looks unusual.
fn by_commitment(kept: &Kept<'_>, mix: usize, before: &[usize], left: &List, right: &List) -> Vec<usize> {
    let commitments = kept.world.mixes[mix].after.proof.strings();
    let small: Vec<_> = (0u64..8).map(|k| group::mul_generator(&Scalar::from(k))).collect();
    nearest(left.keys.len(), right.keys.len(), |j, i| {
        let generator = group::hash_to_element(&[b"Q", &u32::try_from(i).unwrap().to_le_bytes()]);
        let blinding = group::decompress(&commitments[before[j]]).unwrap() - (generator + generator);
        if small.contains(&blinding) { 0 } else { bits(&group::compress(&blinding)) }
    })
}

/// By the responses: `z_i - c u_j` is the nonce for the right pair, small or unusual if it were weak.
fn by_response(kept: &Kept<'_>, mix: usize, before: &[usize], left: &List, right: &List) -> Vec<usize> {
    let (u, c, responses) = challenges(kept, mix);
    nearest(left.keys.len(), right.keys.len(), |j, i| {
        let nonce = responses[i] - c * u[before[j]];
        if nonce == Scalar::ZERO { 0 } else { bits(&nonce.to_bytes()) }
    })
}

/// Recomputes the challenges of a mix (`spec/shuffle.md`) and reads the responses.
fn challenges(kept: &Kept<'_>, mix: usize) -> (Vec<Scalar>, Scalar, Vec<Scalar>) {
    let (base, Mix { before, after, position }) = (&kept.world.lists[mix].base, &kept.world.mixes[mix]);
    let strings = after.proof.strings();
    let (commitments, rest) = strings.split_at(VOTERS);
    let (chain, rest) = rest.split_at(VOTERS);
    let (announced, rest) = rest.split_at(4);
    let hash = |label: &str, strings: &[ElementBytes]| tagged_hash(label, &[strings.as_flattened()]);
    let generators: Vec<_> = (0u32..)
        .take(VOTERS)
        .map(|i| group::hash_to_element(&[b"Q", &i.to_le_bytes()]))
        .map(|half| group::compress(&(half + half)))
        .collect();
    assert_eq!(kept.generators.len(), VOTERS);
    let mut transcript = ProofContext::new(Proof::ShuffleKeys).bind(&CONTEXT).at(*position);
    transcript.append_u32("n", u32::try_from(VOTERS).unwrap());
    transcript.append_u32("w", 1);
    transcript.append("generators", &hash("shuffle-generators", &generators));
    transcript.append_element("base", base);
    transcript.append_element("image", &after.base.element);
    transcript.append("input", &hash("shuffle-input", before));
    transcript.append("output", &hash("shuffle-output", &after.keys));
    transcript.append("commitments", &hash("shuffle-commitments", commitments));
    let seed = transcript.challenge_seed("s");
    let u = (0u64..)
        .take(VOTERS)
        .map(|j| group::hash_to_scalar("shuffle-challenge", &[seed.as_slice(), &j.to_le_bytes()].concat()))
        .collect();
    transcript.append("chain", &hash("shuffle-chain", chain));
    let _rho = transcript.challenge("rho");
    for (label, point) in ["RG", "RQ", "RE", "RB"].into_iter().zip(announced) {
        transcript.append(label, point);
    }
    let c = transcript.challenge("c");
    let responses: Vec<_> = rest.iter().take(VOTERS).map(|z| group::decode_scalar(z).unwrap()).collect();
    // The base's own equation shows that these are the challenges of the proof.
    let z_e = group::decode_scalar(rest.last().unwrap()).unwrap();
    let announced_base = group::decompress(&announced[3]).unwrap();
    assert_eq!(base * z_e, announced_base + after.base.element * c);
    (u, c, responses)
}

impl Kept<'_> {
    /// Follows everybody from the roll to the final list: through the mixes whose power is known by
    /// computing, through the others by guessing.
    fn follow(&self, guess: Guess) -> Vec<usize> {
        let world = self.world;
        // Both halves: the key under the last base, no mix in between.
        if self.halves == [true, true] {
            let keys: Vec<_> =
                world.halves[0].iter().zip(&world.halves[1]).map(|(a, b)| world.last().base * (a + b)).collect();
            return places(&keys, &world.last().keys);
        }
        // In roll order all along.
        let mut now: Vec<usize> = places(&world.roll.keys, &world.lists[0].keys);
        for (mix, lists) in world.lists.windows(2).enumerate() {
            let [before, after] = lists else { unreachable!() };
            let here = List { base: before.base, keys: now.iter().map(|place| before.keys[*place]).collect() };
            now = if self.powers[mix] {
                places(&here.raised(&world.powers[mix]).keys, &after.keys)
            } else {
                guess(self, mix, &now, &here, after)
            };
        }
        now
    }
}

/// Right guesses over all trials.
fn hits(halves: [bool; 2], powers: [bool; MIXES], guess: Guess) -> u32 {
    thread_local!(static WORLDS: OnceCell<(Vec<World>, ShuffleGenerators)> = const { OnceCell::new() });
    WORLDS.with(|worlds| {
        let (worlds, generators) = worlds.get_or_init(|| {
            let generators = ShuffleGenerators::new(u32::try_from(VOTERS).unwrap());
            ((0..TRIALS).map(|seed| World::new(seed.into(), &generators)).collect(), generators)
        });
        let count = |world: &World| {
            let guesses = Kept { world, generators, halves, powers }.follow(guess);
            let right = guesses.iter().zip(world.truth()).filter(|(guess, truth)| *guess == truth).count();
            u32::try_from(right).unwrap()
        };
        worlds.iter().map(count).sum()
    })
}

const GUESSES: [(&str, Guess); 4] =
    [("rank", by_rank), ("rest", by_rest), ("commitment", by_commitment), ("response", by_response)];

/// Five standard deviations around blind guessing.
fn is_chance(hits: u32) -> bool {
    hits.abs_diff(TRIALS) <= 5 * TRIALS.isqrt()
}

// R-CAST-03, as far as the record and what the parties keep of it go: what a server's disk and logs tell
// is for the server's own tests. spec/composed-security.md, unlinkability.
#[test]
fn nobody_links_better_than_chance() {
    let parties = [
        ("the registrar", [true, false], [false; 3]),
        ("the server", [false, true], [false; 3]),
        ("custodians 1 and 2", [false, false], [true, true, false]),
        ("custodians 1 and 3", [false, false], [true, false, true]),
        ("custodians 2 and 3", [false, false], [false, true, true]),
        ("the registrar with custodians 1 and 3", [true, false], [true, false, true]),
        ("the server with custodians 2 and 3", [false, true], [false, true, true]),
    ];
    for (party, halves, powers) in parties {
        for (name, guess) in GUESSES {
            let hits = hits(halves, powers, guess);
            assert!(is_chance(hits), "{party}, by {name}: {hits} of {} where {TRIALS} are chance", TRIALS * 12);
        }
    }
}

/// The guesses are right where the protocol says that they are: all who mixed together, or both who hold
/// the halves of one voter. So a wrong answer above is no fault of the test.
#[test]
fn who_holds_everything_links_everybody() {
    let everybody = TRIALS * u32::try_from(VOTERS).unwrap();
    assert_eq!(hits([false, false], [true; 3], by_rank), everybody);
    assert_eq!(hits([true, true], [false; 3], by_rank), everybody);
    assert!(!is_chance(everybody));
}

/// Each guess is right where what it looks for is there: other halves of nothing, commitments without
/// blinding, responses without nonces.
#[test]
fn each_guess_sees_what_it_looks_for() {
    let generators = ShuffleGenerators::new(u32::try_from(VOTERS).unwrap());
    let right = |world: &World, halves, guess| {
        let powers = [true, false, true];
        let kept = Kept { world, generators: &generators, halves, powers };
        kept.follow(guess) == world.truth()
    };
    let world = World::new(7, &generators);
    let guesses: [Guess; 3] = [by_rest, by_commitment, by_response];
    for guess in guesses {
        assert!(!right(&world, [true, false], guess));
    }

    let zero = World::with_halves(7, &generators, |halves| halves[1].fill(Scalar::ZERO));
    assert!(right(&zero, [true, false], by_rest));

    let before = places(&world.lists[1].raised(&world.powers[1]).keys, &world.lists[2].keys);
    let mut open = World::new(7, &generators);
    open.rewrite(1, |strings| {
        for (j, i) in before.iter().enumerate() {
            let half = group::hash_to_element(&[b"Q", &u32::try_from(*i).unwrap().to_le_bytes()]);
            strings[j] = group::compress(&(half + half));
        }
    });
    assert!(right(&open, [false, false], by_commitment));

    let mut bare = World::new(7, &generators);
    let kept = Kept { world: &bare, generators: &generators, halves: [false; 2], powers: [false; 3] };
    let (u, c, _) = challenges(&kept, 1);
    bare.rewrite(1, |strings| {
        for (j, i) in before.iter().enumerate() {
            strings[2 * VOTERS + 4 + i] = (c * u[j]).to_bytes();
        }
    });
    assert!(right(&bare, [false, false], by_response));
}

/// A half alone signs for nobody: neither as the key that it is, nor in the name of the listed key.
#[test]
fn nobody_signs_with_one_half() {
    let rng = |seed| ChaCha20Rng::seed_from_u64(seed);
    let keys = Keys::new(2, 3);
    let sealed = Rehearsal::sealed(testing::small(&keys, 3), keys, &[4], &mut rng(1));
    let base = *sealed.election().base(0).unwrap();
    let listed = *sealed.credential(0, 0).key();
    for half in sealed.expose_halves(0, 0) {
        let mut rehearsal = sealed.clone();
        let own = BallotCredential::new(SecretScalar::new(*half.expose()), base);
        assert!(rehearsal.election().credential(0, &own.key().bytes).is_none());
        // Encrypted for the listed key, so that nothing else is wrong.
        let honest = rehearsal.prepare((0, 0), 0, 0, None, &mut rng(2)).cast(&own, &mut rng(3));
        let mut forged = honest.to_bytes();
        let key = forged.len() - 128;
        rehearsal.mark(0, 0, 0);
        let mut as_itself = rehearsal.clone();
        as_itself.close([forged.clone()]);
        assert_eq!(first_failure(&as_itself), Some(Check::V1_3));
        forged[key..key + 32].copy_from_slice(&listed.bytes);
        rehearsal.close([forged]);
        assert_eq!(first_failure(&rehearsal), Some(Check::V1_6));
    }
}

fn first_failure(rehearsal: &Rehearsal) -> Option<Check> {
    let (report, _) = verify::closed(&rehearsal.files, &mut ChaCha20Rng::seed_from_u64(4), &mut ()).unwrap();
    report.checks().iter().find(|result| result.figure == "failed").map(|result| result.check)
}
