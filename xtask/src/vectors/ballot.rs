//! `ballot-proof.json`: bodies, valid and forged; `ballot-opening-INSECURE-secrets.json`: openings.

use escrutinio_core::ballot::{EncryptedBallot, Opening, PlaintextBallot, PreparedBallot, TextBlock};
use escrutinio_core::encoding::{Encode, Reader};
use escrutinio_core::group::{self, Element, GENERATOR, Generators, Scalar};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::point::Point;
use escrutinio_core::proof::ballot::ContestParameters;
use zeroize::Zeroizing;

use super::case::{Case, Flag, Vectors};
use super::forger::{Challenges, Claim, Proof, Statement, View, forge, inner, pretend};
use super::json::Json;

const FLAGS: &[Flag] = &[
    (
        "Marks",
        "does not prove that one mark is one and the others zero",
        "one voter has several votes, or negative ones",
    ),
    (
        "BeyondOptions",
        "takes the bits of an option that the contest does not have",
        "a ballot without a mark is counted as voted",
    ),
    ("Component", "does not bind a ciphertext to the generator G alone", "one ballot blocks the tally"),
    ("TextWithoutMark", "does not bind the text to its mark", "a text is opened that nobody was to write"),
    (
        "MergedCommitment",
        "merges equation (2) with (4)",
        "the blinding of E takes in a component along H, and the tally is blocked",
    ),
    ("MergedNonce", "merges equation (3) with (4)", "who knows the secret keys gives any ballot a thousand votes"),
    ("MergedText", "merges equation (5) with (6)", "who knows the text keys smuggles a text"),
    ("Unweighted", "adds ballots of a batch without weights of their own", "the errors of two ballots cancel"),
    ("Rerandomised", "leaves A, B or T out of the challenges", "a ballot is copied without being recognised"),
    ("LateChallenge", "draws y or tau before B or T", "marks are moved from one option to another"),
    ("NoProof", "takes zeros for a proof", "anything is a ballot"),
    ("Changed", "leaves a part of the proof out of an equation", "a proof can be changed"),
    (
        "Context",
        "does not bind the proof to election, contest, style, unit or u",
        "a ballot is taken to another place, or another voter's is cast",
    ),
    ("Keys", "does not bind the proof to the keys", "a ballot under other keys is added to the tally"),
];

/// A contest whose keys have known logarithms: of a test, and of the worst custodians.
struct Contest {
    parameters: ContestParameters,
    option_logs: Vec<Scalar>,
    text_logs: Vec<Scalar>,
}

/// A ciphertext and what is behind it.
#[derive(Clone)]
struct Ciphertext {
    statement: Statement,
    r: Scalar,
}

fn logs(name: &str, n: usize) -> Vec<Scalar> {
    (0u32..).take(n).map(|i| group::hash_to_scalar(name, &i.to_le_bytes())).collect()
}

fn points(logs: &[Scalar]) -> Vec<Point> {
    logs.iter().map(|log| Point::new(group::mul_generator(log))).collect()
}

impl Contest {
    fn new(options: usize, texts: usize, write_in: Option<u32>) -> Self {
        let (option_logs, text_logs) = (logs("vector-option-key", options), logs("vector-text-key", texts));
        let parameters = ContestParameters {
            election_id: ElectionId(tagged_hash("vector-election", &[])),
            contest: 4,
            shape: ContestShape { options, texts, write_in },
            option_keys: points(&option_logs),
            text_keys: points(&text_logs),
            generators: Generators::new(),
        };
        Self { parameters, option_logs, text_logs }
    }

    fn setting(&self) -> Vec<(&'static str, Json)> {
        let parameters = &self.parameters;
        let list = |points: &[Point]| points.iter().map(|p| Json::hex(&p.bytes)).collect::<Vec<_>>().into();
        let mut setting = vec![
            ("electionId", Json::hex(parameters.election_id.as_bytes())),
            ("contest", parameters.contest.into()),
            ("N", parameters.shape.options.into()),
            ("m", parameters.shape.texts.into()),
        ];
        setting.extend(parameters.shape.write_in.map(|omega| ("omega", omega.into())));
        setting.extend([("K", list(&parameters.option_keys)), ("L", list(&parameters.text_keys))]);
        setting
    }

    /// An honest ballot.
    fn prepare(&self, option: u32, text: Option<Vec<TextBlock>>) -> PreparedBallot {
        let mut rng = super::rng(&format!("ballot {option} {}", text.is_some()));
        let choice = PlaintextBallot::new(&self.parameters.shape, option, text.map(Zeroizing::new)).unwrap();
        let key = Point::new(group::hash_to_element(&[b"vector credential"]));
        PreparedBallot::encrypt(&self.parameters, 1, 2, &key, choice, &mut rng)
    }

    /// Any marks and any text points.
    fn encrypt(&self, marks: &[Scalar], messages: &[Element]) -> Ciphertext {
        let r = group::hash_to_scalar("vector-nonce", b"");
        let masked = |message: Element, key: &Point| Point::new(message + key.element * r);
        let texts = messages.iter().copied().chain(core::iter::repeat(group::identity()));
        let statement = Statement {
            parameters: self.parameters.clone(),
            style: 1,
            unit: 2,
            u: [5; 32],
            a: Point::new(group::mul_generator(&r)),
            b: marks.iter().zip(&self.parameters.option_keys).map(|(m, k)| masked(GENERATOR * m, k)).collect(),
            t: texts.zip(&self.parameters.text_keys).map(|(message, key)| masked(message, key)).collect(),
        };
        Ciphertext { statement, r }
    }

    fn marks(&self, marks: &[i64]) -> Vec<Scalar> {
        let mut marks: Vec<Scalar> = marks
            .iter()
            .map(|mark| {
                let size = Scalar::from(mark.unsigned_abs());
                if *mark < 0 { -size } else { size }
            })
            .collect();
        marks.resize(self.parameters.shape.options, Scalar::ZERO);
        marks
    }

    fn unit(&self, option: usize) -> Vec<Scalar> {
        let mut marks = self.marks(&[]);
        marks[option] = Scalar::ONE;
        marks
    }
}

fn hex(element: &Element) -> Json {
    Json::hex(&group::compress(element))
}

fn scalar(scalar: &Scalar) -> Json {
    Json::hex(&scalar.to_bytes())
}

fn with_steps(mut case: Case, statement: &Statement, proof: &Proof) -> Case {
    let challenges = statement.challenges(proof);
    let Challenges { y, tau, x, c } = challenges;
    let view = View::new(&statement.parameters.shape, y, tau);
    case = case.step("y", scalar(&y));
    if let Some(tau) = tau {
        case = case.step("tau", scalar(&tau));
    }
    case = case
        .step("x", scalar(&x))
        .step("c", scalar(&c))
        .step("B'", hex(&view.marks(&statement.b)))
        .step("K'", hex(&view.marks(&statement.parameters.option_keys)));
    if tau.is_some() {
        case = case
            .step("T'", hex(&view.texts(&statement.t)))
            .step("L'", hex(&view.texts(&statement.parameters.text_keys)));
    }
    case.step("P(x)", scalar(&view.value(proof, x))).step("w_0", scalar(&view.all_w(proof, &challenges)[0]))
}

fn forged(comment: impl Into<String>, flag: &'static str, statement: &Statement, proof: &Proof) -> Case {
    let comment = comment.into();
    let body = statement.body(proof);
    let failing = statement.failing(proof);
    assert!(!failing.is_empty(), "{comment}: nothing fails");
    let read = EncryptedBallot::decode(&mut Reader::new(&body), &shapes(&statement.parameters)).unwrap();
    assert!(read.verify_proof(&statement.parameters, &mut super::rng("weights")).is_err(), "{comment}");
    with_steps(Case::invalid(comment, "V1.7", flag).bytes("body", &body), statement, proof)
        .step("failing", failing)
        .output("code", Json::hex(read.tracking_code().as_bytes()))
}

fn accepted(comment: impl Into<String>, parameters: &ContestParameters, body: &EncryptedBallot) -> Case {
    assert!(body.verify_proof(parameters, &mut super::rng("weights")).is_ok());
    let bytes = body.to_bytes();
    let (statement, proof) = Statement::read(parameters, &bytes);
    assert_eq!(statement.body(&proof), bytes);
    with_steps(Case::valid(comment).bytes("body", &bytes), &statement, &proof)
        .step("failing", statement.failing(&proof))
        .output("code", Json::hex(body.tracking_code().as_bytes()))
}

fn shapes(parameters: &ContestParameters) -> Vec<ContestShape> {
    vec![parameters.shape; 5]
}

const TEXT: [TextBlock; 2] = [*b"Nombre escrito 1", *b"en dos bloques\0\0"];

pub(super) fn vectors() -> Vec<(String, String)> {
    let texts = Contest::new(5, 2, Some(3));
    let plain = Contest::new(5, 0, None);
    let mut file =
        Vectors::new("ballot-proof", "Validity proofs: ballots.md, and the forgeries of ballots-security.md.", FLAGS);
    file.group_in("ballot-proof", "Honest ballots, five options, two text points.", texts.setting(), honest(&texts));
    file.group_in("ballot-proof", "Honest ballots, five options, no text.", plain.setting(), honest(&plain));
    for contest in [Contest::new(2, 0, None), Contest::new(255, 0, None)] {
        let last = contest.parameters.shape.options - 1;
        let ballot = contest.prepare(u32::try_from(last).unwrap(), None);
        let case = accepted("the last option", &contest.parameters, ballot.body());
        file.group_in("ballot-proof", "Fewest and most options.", contest.setting(), vec![case]);
    }
    file.group_in("ballot-proof", "Forgeries, with texts.", texts.setting(), forgeries(&texts));
    file.group_in("ballot-proof", "Forgeries, without texts.", plain.setting(), marks(&plain));
    file.group_in("ballot-batch", "Two ballots whose errors cancel.", texts.setting(), cancelling(&texts));
    vec![file.file(), openings(&texts, &plain)]
}

fn honest(contest: &Contest) -> Vec<Case> {
    let mut cases: Vec<Case> = [0, 3, 4]
        .into_iter()
        .map(|option| accepted(format!("option {option}"), &contest.parameters, contest.prepare(option, None).body()))
        .collect();
    if contest.parameters.shape.texts > 0 {
        let body = contest.prepare(3, Some(TEXT.to_vec()));
        cases.push(accepted("a write-in with its text", &contest.parameters, body.body()));
    }
    cases
}

/// Marks that are no unit vector, with every proof that a forger may try.
fn marks(contest: &Contest) -> Vec<Case> {
    let mut cases = Vec::new();
    let bad: [(&str, &[i64]); 6] = [
        ("no mark", &[0]),
        ("two marks", &[1, 0, 1]),
        ("two and minus one", &[2, 0, 0, -1]),
        ("a mark of two", &[0, 0, 2]),
        ("a mark of minus one", &[0, -1]),
        ("a thousand and one marks", &[1001]),
    ];
    for (name, marks) in bad {
        let marks = contest.marks(marks);
        let ciphertext = contest.encrypt(&marks, &[]);
        let statement = &ciphertext.statement;
        let collapsed = |view: &View| inner(&view.y_powers, &marks);
        let proof = forge(statement, |view| pretend(view, 0, ciphertext.r));
        cases.push(forged(format!("{name}, denied"), "Marks", statement, &proof));
        // Commits to the true sum, under bits of option 0.
        let proof = forge(statement, |view| {
            let v = collapsed(view);
            Claim { v, q: (v - view.y_omega) * ciphertext.r, ..pretend(view, 0, ciphertext.r) }
        });
        cases.push(forged(format!("{name}, admitted"), "Marks", statement, &proof));
        // Bends the lowest "bit" until the polynomial gives the true sum.
        let proof = forge(statement, |view| {
            let v = collapsed(view);
            let mut claim = pretend(view, 0, ciphertext.r);
            claim.bits[0] = (v - Scalar::ONE) * (view.y - Scalar::ONE).invert();
            Claim { v, q: (v - view.y_omega) * ciphertext.r, ..claim }
        });
        cases.push(forged(format!("{name}, with a bit that is none"), "Marks", statement, &proof));
    }
    let ciphertext = contest.encrypt(&contest.marks(&[]), &[]);
    for option in 5..8 {
        let proof = forge(&ciphertext.statement, |view| pretend(view, option, ciphertext.r));
        cases.push(forged(format!("option {option} of five"), "BeyondOptions", &ciphertext.statement, &proof));
    }
    cases
}

fn forgeries(contest: &Contest) -> Vec<Case> {
    let mut cases = marks(contest);
    cases.extend(components(contest));
    cases.extend(smuggled(contest));
    cases.extend(merged(contest));
    cases.extend(moved(contest));
    cases.extend(changed(contest));
    cases
}

fn components(contest: &Contest) -> Vec<Case> {
    let generators = &contest.parameters.generators;
    let mut cases = Vec::new();
    for (name, auxiliary) in [("H", &generators.h), ("G_0", &generators.g[0]), ("G_8", &generators.g[8])] {
        let add = |point: &Point| Point::new(point.element + auxiliary);
        let good = contest.encrypt(&contest.unit(1), &[]);
        let prove = |statement: &Statement| forge(statement, |view| pretend(view, 1, good.r));
        let mut bad = good.statement.clone();
        bad.a = add(&bad.a);
        cases.push(forged(format!("A with a component along {name}"), "Component", &bad, &prove(&bad)));
        let mut bad = good.statement.clone();
        bad.b[2] = add(&bad.b[2]);
        cases.push(forged(format!("B_2 with a component along {name}"), "Component", &bad, &prove(&bad)));
        let mut bad = good.statement.clone();
        bad.t[1] = add(&bad.t[1]);
        cases.push(forged(format!("T_1 with a component along {name}"), "Component", &bad, &prove(&bad)));
    }
    cases
}

fn smuggled(contest: &Contest) -> Vec<Case> {
    let log = Scalar::from(1234u32);
    let bad = contest.encrypt(&contest.unit(1), &[GENERATOR * log, group::identity()]);
    let denied = forge(&bad.statement, |view| pretend(view, 1, bad.r));
    let explained = forge(&bad.statement, |view| {
        let other = view.tau_powers[0] * log * inner(&view.tau_powers, &contest.text_logs).invert();
        let claim = pretend(view, 1, bad.r);
        Claim { q: (claim.v - view.y_omega) * (bad.r + other), ..claim }
    });
    let marked = forge(&bad.statement, |view| pretend(view, 3, bad.r));
    vec![
        forged("a text without its mark, denied", "TextWithoutMark", &bad.statement, &denied),
        forged("a text without its mark, explained by another nonce", "TextWithoutMark", &bad.statement, &explained),
        forged("a text without its mark, which is pretended", "TextWithoutMark", &bad.statement, &marked),
    ]
}

fn merged(contest: &Contest) -> Vec<Case> {
    let mut cases = Vec::new();
    let sum_is_zero = |statement: &Statement, proof: &Proof, places: [usize; 2]| {
        let errors = statement.errors(proof, &statement.challenges(proof));
        assert!(group::is_identity(&places.into_iter().map(|place| errors[place - 1]).sum::<Element>()));
    };

    let shift = Scalar::from(1_000_000u32);
    let mut bad = contest.encrypt(&contest.unit(1), &[]);
    bad.statement.b[2] = Point::new(bad.statement.b[2].element + contest.parameters.generators.h * shift);
    let proof = forge(&bad.statement, |view| Claim { t_extra: shift * view.y_powers[2], ..pretend(view, 1, bad.r) });
    sum_is_zero(&bad.statement, &proof, [2, 4]);
    cases.push(forged("a component along H, hidden in the blinding of E", "MergedCommitment", &bad.statement, &proof));

    let marks = contest.marks(&[1000]);
    let bad = contest.encrypt(&marks, &[]);
    let proof = forge(&bad.statement, |view| {
        let key = inner(&view.y_powers, &contest.option_logs);
        let claim = pretend(view, 0, bad.r);
        let surplus = inner(&view.y_powers, &marks) - claim.v;
        Claim { r: bad.r + surplus * (Scalar::ONE + key).invert(), ..claim }
    });
    sum_is_zero(&bad.statement, &proof, [3, 4]);
    cases.push(forged("a thousand votes, explained by another nonce", "MergedNonce", &bad.statement, &proof));

    let logs = [Scalar::from(1234u32), Scalar::from(5678u32)];
    let bad = contest.encrypt(&contest.unit(1), &logs.map(|log| GENERATOR * log));
    let proof = forge(&bad.statement, |view| {
        let key = inner(&view.tau_powers, &contest.text_logs);
        let other = inner(&view.tau_powers, &logs) * (Scalar::ONE + key).invert();
        let claim = pretend(view, 1, bad.r);
        Claim { q: (claim.v - view.y_omega) * (bad.r + other), ..claim }
    });
    sum_is_zero(&bad.statement, &proof, [5, 6]);
    cases.push(forged("a text, explained by another nonce", "MergedText", &bad.statement, &proof));
    cases
}

/// Proofs of a good ballot under ciphertexts or a context that are others.
fn moved(contest: &Contest) -> Vec<Case> {
    let good = contest.encrypt(&contest.unit(1), &[]);
    let proof = forge(&good.statement, |view| pretend(view, 1, good.r));
    assert!(good.statement.failing(&proof).is_empty());
    let known = good.statement.challenges(&proof);
    let view = View::new(&contest.parameters.shape, known.y, known.tau);
    let mut cases = Vec::new();

    let s = Scalar::from(42u32);
    let shifted = |points: &[Point], keys: &[Point]| -> Vec<Point> {
        points.iter().zip(keys).map(|(p, key)| Point::new(p.element + key.element * s)).collect()
    };
    let mut other = good.statement.clone();
    other.a = Point::new(other.a.element + GENERATOR * s);
    other.b = shifted(&other.b, &contest.parameters.option_keys);
    other.t = shifted(&other.t, &contest.parameters.text_keys);
    let mut follows = proof.clone();
    follows.z += known.c * s;
    follows.zq = follows.zq.map(|zq| zq + (proof.w[2] - known.c * view.y_omega) * s);
    assert!(other.errors(&follows, &known).iter().all(group::is_identity));
    cases.push(forged(
        "a rerandomised ballot; it would verify under the old challenges",
        "Rerandomised",
        &other,
        &follows,
    ));

    let gain = GENERATOR * Scalar::from(1000u32);
    let mut other = good.statement.clone();
    other.b[0] = Point::new(other.b[0].element + gain);
    other.b[1] = Point::new(other.b[1].element - gain * known.y.invert());
    assert!(other.errors(&proof, &known).iter().all(group::is_identity));
    cases.push(forged("marks moved by the old y", "LateChallenge", &other, &proof));
    let mut other = good.statement.clone();
    other.t[0] = Point::new(other.t[0].element + gain);
    other.t[1] = Point::new(other.t[1].element - gain * known.tau.unwrap().invert());
    assert!(other.errors(&proof, &known).iter().all(group::is_identity));
    cases.push(forged("texts moved by the old tau", "LateChallenge", &other, &proof));

    let at = |style: u32, unit: u32, u: [u8; 32]| Statement { style, unit, u, ..good.statement.clone() };
    for (name, other) in [("style", at(0, 2, [5; 32])), ("unit", at(1, 0, [5; 32])), ("u", at(1, 2, [6; 32]))] {
        cases.push(forged(format!("another {name}"), "Context", &other, &proof));
    }
    let mut swapped =
        Contest { parameters: contest.parameters.clone(), option_logs: Vec::new(), text_logs: Vec::new() };
    swapped.parameters.option_keys.swap(0, 1);
    let mut other = swapped.encrypt(&contest.unit(1), &[]);
    let under_others = forge(&other.statement, |view| pretend(view, 1, other.r));
    assert!(other.statement.failing(&under_others).is_empty());
    other.statement.parameters = contest.parameters.clone();
    cases.push(forged("the keys of two options swapped", "Keys", &other.statement, &under_others));
    let nothing = Point::new(group::identity());
    let zeros = Proof {
        commitments: [nothing; 3],
        f: vec![Scalar::ZERO; 3],
        z1: Scalar::ZERO,
        masks: [nothing; 3],
        text_masks: Some([nothing; 2]),
        w: vec![Scalar::ZERO; 3],
        zt: Scalar::ZERO,
        z: Scalar::ZERO,
        zq: Some(Scalar::ZERO),
    };
    cases.push(forged("a proof of zeros", "NoProof", &good.statement, &zeros));
    cases
}

/// Every part of a good proof, changed.
fn changed(contest: &Contest) -> Vec<Case> {
    let good = contest.encrypt(&contest.unit(1), &[]);
    let proof = forge(&good.statement, |view| pretend(view, 1, good.r));
    let mut cases = Vec::new();
    let bump = |point: &mut Point| *point = Point::new(point.element + GENERATOR);
    let mut push = |name: &str, change: &dyn Fn(&mut Proof)| {
        let mut bad = proof.clone();
        change(&mut bad);
        cases.push(forged(format!("{name} changed"), "Changed", &good.statement, &bad));
    };
    for (i, name) in ["M1", "M2", "E"].into_iter().enumerate() {
        push(name, &|p| bump(&mut p.commitments[i]));
    }
    for (i, name) in ["Ed", "RA", "RB"].into_iter().enumerate() {
        push(name, &|p| bump(&mut p.masks[i]));
    }
    for (i, name) in ["R1", "R2"].into_iter().enumerate() {
        push(name, &|p| bump(&mut p.text_masks.as_mut().unwrap()[i]));
    }
    for k in 0..3 {
        push(&format!("f_{k}"), &|p| p.f[k] += Scalar::ONE);
        push(&format!("w_{}", k + 1), &|p| p.w[k] += Scalar::ONE);
    }
    push("z1", &|p| p.z1 += Scalar::ONE);
    push("zt", &|p| p.zt += Scalar::ONE);
    push("z", &|p| p.z += Scalar::ONE);
    push("zq", &|p| p.zq = p.zq.map(|zq| zq + Scalar::ONE));
    cases
}

/// Two ballots whose sum, without weights, would hold.
fn cancelling(contest: &Contest) -> Vec<Case> {
    let good = contest.encrypt(&contest.unit(1), &[]);
    let mut one = forge(&good.statement, |view| pretend(view, 1, good.r));
    let mut two = one.clone();
    let body = |proof: &Proof| Json::hex(&good.statement.body(proof));
    let both = vec![body(&one), body(&two)];
    one.zt += Scalar::ONE;
    two.zt -= Scalar::ONE;
    vec![
        Case::valid("two good ballots").input("bodies", both),
        Case::invalid("zt and zt moved against each other", "V1.7", "Unweighted")
            .input("bodies", vec![body(&one), body(&two)]),
    ]
}

const OPENING_FLAGS: &[Flag] = &[
    (
        "OtherChoice",
        "shows the choice without encrypting it again",
        "a device that encrypts another choice is not caught",
    ),
    ("OtherNonce", "does not recompute A", "a device opens a ballot that it did not make"),
    ("OtherText", "does not recompute T", "a device that encrypts another text is not caught"),
    ("TextWithoutMark", "takes a text where there is none to be", "an opening shows what the ballot cannot hold"),
    ("OtherElection", "does not look at the election", "a ballot of a test is shown for a real one"),
    ("BadProof", "does not verify the proof of an audited ballot", "a device makes ballots that will be refused"),
];

/// The opening with another option, text or nonce.
fn reopened(body: &[u8], option: u32, text: &[u8], r: &Scalar) -> Vec<u8> {
    let mut out = b"EOPN\x01\0\x01\0".to_vec();
    body.to_vec().encode(&mut out);
    option.encode(&mut out);
    text.to_vec().encode(&mut out);
    out.extend(r.to_bytes());
    out
}

fn openings(texts: &Contest, plain: &Contest) -> (String, String) {
    let mut file = Vectors::new(
        "ballot-opening-INSECURE-secrets",
        "Openings of audited ballots, with the nonce r of the encryption: ballots.md.",
        OPENING_FLAGS,
    );
    for contest in [texts, plain] {
        let mut cases = vec![opening(contest, "option 0", None, contest.prepare(0, None).audit().to_bytes())];
        if contest.parameters.shape.texts > 0 {
            let audited = contest.prepare(3, Some(TEXT.to_vec())).audit();
            let body = audited.body.to_bytes();
            let bytes = audited.to_bytes();
            let r = group::decode_scalar(bytes[bytes.len() - 32..].try_into().unwrap()).unwrap();
            let text = TEXT.concat();
            let mut other_text = text.clone();
            other_text[0] ^= 1;
            let mut elsewhere = body.clone();
            elsewhere[8] ^= 1;
            let mut crooked = body.clone();
            let last = crooked.len() - 32;
            crooked[last..].copy_from_slice(&Scalar::from(9u32).to_bytes());
            let changes: [(&str, &'static str, Vec<u8>); 8] = [
                ("another option", "OtherChoice", reopened(&body, 1, &[], &r)),
                ("an option that the contest does not have", "OtherChoice", reopened(&body, 5, &[], &r)),
                ("another nonce", "OtherNonce", reopened(&body, 3, &text, &(r + Scalar::ONE))),
                ("another text", "OtherText", reopened(&body, 3, &other_text, &r)),
                ("the text left out", "OtherText", reopened(&body, 3, &[], &r)),
                ("the text under another option", "TextWithoutMark", reopened(&body, 1, &text, &r)),
                ("another election", "OtherElection", reopened(&elsewhere, 3, &text, &r)),
                ("a proof that does not hold", "BadProof", reopened(&crooked, 3, &text, &r)),
            ];
            cases.push(opening(contest, "a write-in with its text", None, bytes));
            cases.push(opening(
                contest,
                "a write-in without a text",
                None,
                contest.prepare(3, None).audit().to_bytes(),
            ));
            cases.extend(changes.map(|(comment, flag, bytes)| opening(contest, comment, Some(flag), bytes)));
        }
        file.group_in("ballot-opening", "Openings.", contest.setting(), cases);
    }
    file.file()
}

fn opening(contest: &Contest, comment: &str, flag: Option<&'static str>, bytes: Vec<u8>) -> Case {
    let opening = Opening::decode(&bytes, &shapes(&contest.parameters)).unwrap();
    let holds = opening.verify(&contest.parameters, &mut super::rng("weights")).is_ok();
    assert_eq!(holds, flag.is_none(), "{comment}");
    let case = flag.map_or_else(|| Case::valid(comment), |flag| Case::invalid(comment, "opening", flag));
    let case = case.bytes("opening", &bytes);
    if holds {
        case.output("option", opening.option).output("code", Json::hex(opening.body.tracking_code().as_bytes()))
    } else {
        case
    }
}
