//! What a trick found against what guessing finds.
//!
//! **What is given.** The attacker is told, for nothing, who voted in which order and which voters' ballots are in
//! which epoch, and which of these waited from the epoch before: more than the board says. Left to find is which ballot of such
//! a group is whose. (Those that waited are known to who knows the order of voting: an epoch leaves its k highest hashes waiting,
//! so they are early and high in the next. The board and the roll say that, whatever the disk says; it is no match, but an
//! order, and it would hide what is looked for. Where many vote at once it is uncertain for the few who came about the cut.)
//!
//! **The null hypothesis.** Whatever a trick says was fixed without regard to the order of voting, which is drawn anew
//! for every vote, as are the ballots. Then what it says, against the truth, is a random permutation of the epoch:
//!
//! - *matches*: the fixed points of a random permutation of at least two have mean 1 and variance 1, whatever their
//!   number. Over all epochs of all votes, E of them, matches have mean E and variance E, and *excess* = (matches - E) /
//!   sqrt(E). Where a trick says nothing, or the same of several ballots, it guesses, which leaves mean and variance as they
//!   are. A trick that names voters may name one for several ballots, or one who is not in the epoch: mean and variance
//!   are at most 1 then, and the test errs towards less alarm only by what such a trick forgoes.
//! - *order*: Spearman's rank correlation of n has mean 0 and variance 1 / (n - 1). It finds what is not exact: ballots that
//!   were written nearly in their order, as where many vote at once.
//!
//! One trick counts once a vote: what it finds in files of one name is one stream of bytes (`carve`), since two files that
//! hold the same bytes would say the same, and twice the same is not twice the evidence.
//!
//! **The verdict.** There are some hundred tricks, and of many the claims differ, so one or another is far from the mean by
//! chance. A trick is suspect if its matches exceed their mean by more than 3 standard deviations, or its order is beyond 4.5 on
//! either side (the matches are what counts, and have the narrower bound; 4.5 is what 3 is for one, shared among 400). Then the
//! whole series is voted once more, with fresh ballots in fresh orders, and the trick is convicted if it is suspect again. By chance 3
//! standard deviations are exceeded with about 0.2 %, so one trick is convicted wrongly with (0.2 %)^2, and any of 400, were they
//! all independent, with less than 0.2 %. A leak does not get away: one that matches d more voters a vote than guessing gives
//! lies at 6 standard deviations on average, and so beyond 3 both times with 99.7 %, from d = 6 sqrt(epochs of a vote / votes)
//! on: 1.3 voters of a thousand, in 20 votes of one epoch. The series is never extended, nothing is left out of it, and the
//! figures of both are printed.
//!
//! Ballots whose request was in flight when the disk was seized are scored apart, as groups of their own: there an intent
//! stands beside a mark.

use std::collections::BTreeMap;

use rand_core::Rng;

/// Beyond so many standard deviations, matches are not chance.
pub(crate) const MATCHES: f64 = 3.0;
/// Beyond so many the order is not.
const ORDER: f64 = 4.5;

/// The voters of one vote whose ballots are looked for: place in the order of voting, place of the own ballot on the
/// board; and the epochs as ranges of places.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// Voter and ballot, in the order of voting.
    pub(crate) ballots: Vec<(usize, usize)>,
    /// Ends of the epochs, increasing.
    pub(crate) epochs: Vec<usize>,
    /// How many every epoch but the last leaves waiting.
    pub(crate) left: Option<usize>,
}

/// Numbers in a random order.
pub(crate) fn shuffled(count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = (0..count).map(|place| (rng.next_u64(), place)).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

/// What a trick says of one run.
#[derive(Debug)]
pub(crate) enum Claim {
    /// A key by which ballots are said to have come one after another, for those that were found.
    Order(Vec<Option<u64>>),
    /// For ballots that were found beside a voter, which voter.
    Beside(Vec<Option<usize>>),
}

/// How a claim fared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    /// Ballots of which the trick said anything.
    pub(crate) found: usize,
    /// Voters matched with their ballots.
    pub(crate) right: usize,
    /// What guessing gives on average; also its variance.
    pub(crate) guessed: usize,
    /// Rank correlation of claimed and true order, in standard deviations.
    pub(crate) correlation: f64,
}

#[expect(clippy::as_conversions, reason = "numbers of ballots are small")]
fn float(number: usize) -> f64 {
    number as f64
}

impl Truth {
    /// Voters, by their place in the order, and their ballots, epoch by epoch.
    fn groups(&self) -> Vec<Vec<(usize, usize)>> {
        let mut start = 0;
        let mut groups = Vec::new();
        for end in &self.epochs {
            let within = |(_, place): &(usize, usize)| (start..*end).contains(place);
            let group: Vec<_> = self.ballots.iter().copied().filter(within).collect();
            // When the epoch before was cut, so many had come: those of them that leave only now had the highest hashes.
            let came = self.left.filter(|_| start > 0).map_or(0, |left| start.saturating_add(left));
            let (waited, fresh): (Vec<_>, Vec<_>) = group.into_iter().partition(|(voter, _)| *voter < came);
            groups.extend([waited, fresh].into_iter().filter(|group| group.len() > 1));
            start = *end;
        }
        groups
    }

    /// Counts the voters that a claim matches with their ballots. Where it says nothing, or the
    /// same of several, it guesses.
    pub(crate) fn score(&self, claim: &Claim, rng: &mut impl Rng) -> Score {
        let groups = self.groups();
        let mut score = Score { guessed: groups.len(), ..Score::default() };
        for group in &groups {
            match claim {
                Claim::Order(keys) => self.score_order(group, keys, &mut score, rng),
                Claim::Beside(voters) => score_beside(group, voters, &mut score, rng),
            }
        }
        score.correlation /= float(groups.len().max(1)).sqrt();
        score
    }

    fn score_order(&self, group: &[(usize, usize)], keys: &[Option<u64>], score: &mut Score, rng: &mut impl Rng) {
        let key = |place: usize| keys.get(place).copied().flatten();
        score.found = score.found.saturating_add(group.iter().filter(|(_, place)| key(*place).is_some()).count());
        // Ties are broken at random; the unknown go where they may.
        let mut claimed: Vec<(u64, u64, usize)> = group
            .iter()
            .map(|(_, place)| (key(*place).unwrap_or_else(|| rng.next_u64()), rng.next_u64(), *place))
            .collect();
        claimed.sort_unstable();
        let pairs = group.iter().zip(&claimed);
        score.right = score.right.saturating_add(pairs.filter(|((_, place), (_, _, said))| place == said).count());
        let ranks: BTreeMap<usize, usize> =
            claimed.iter().enumerate().map(|(rank, (_, _, said))| (*said, rank)).collect();
        let n = float(group.len());
        let distance: f64 = group
            .iter()
            .enumerate()
            .map(|(true_rank, (_, place))| float(true_rank) - float(ranks.get(place).copied().unwrap_or(true_rank)))
            .map(|apart| apart.powi(2))
            .sum();
        let rho = 1.0 - 6.0 * distance / (n * (n * n - 1.0));
        score.correlation += rho * (n - 1.0).sqrt();
    }
}

fn score_beside(group: &[(usize, usize)], voters: &[Option<usize>], score: &mut Score, rng: &mut impl Rng) {
    let said = |place: usize| voters.get(place).copied().flatten();
    score.found = score.found.saturating_add(group.iter().filter(|(_, place)| said(*place).is_some()).count());
    let named: Vec<usize> = group.iter().filter_map(|(_, place)| said(*place)).collect();
    let mut rest: Vec<usize> = group.iter().map(|(voter, _)| *voter).filter(|voter| !named.contains(voter)).collect();
    for (voter, place) in group {
        let guess = said(*place).or_else(|| {
            let at = usize::try_from(rng.next_u32()).unwrap_or(0).checked_rem(rest.len())?;
            Some(rest.swap_remove(at))
        });
        score.right = score.right.saturating_add(usize::from(guess == Some(*voter)));
    }
}

/// Scores of one trick over all runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    runs: usize,
    found: usize,
    right: usize,
    guessed: usize,
    correlation: f64,
    possible: usize,
}

impl Tally {
    /// Takes a run's score; `possible` are its voters.
    pub(crate) fn add(&mut self, score: Score, possible: usize) {
        self.runs = self.runs.saturating_add(1);
        self.found = self.found.saturating_add(score.found);
        self.right = self.right.saturating_add(score.right);
        self.guessed = self.guessed.saturating_add(score.guessed);
        self.possible = self.possible.saturating_add(possible);
        self.correlation += score.correlation;
    }

    /// Share of the ballots of which the trick said something.
    pub(crate) fn found(&self) -> f64 {
        float(self.found) / float(self.possible.max(1))
    }

    /// Voters matched a run.
    pub(crate) fn right(&self) -> f64 {
        float(self.right) / float(self.runs.max(1))
    }

    /// The same by guessing.
    pub(crate) fn guessed(&self) -> f64 {
        float(self.guessed) / float(self.runs.max(1))
    }

    /// By how many standard deviations the matches exceed guessing.
    pub(crate) fn excess(&self) -> f64 {
        (float(self.right) - float(self.guessed)) / float(self.guessed.max(1)).sqrt()
    }

    /// Rank correlation over all runs, in standard deviations.
    pub(crate) fn correlation(&self) -> f64 {
        self.correlation / float(self.runs.max(1)).sqrt()
    }

    /// Neither matches nor order beyond what chance gives.
    pub(crate) fn is_chance(&self) -> bool {
        self.excess() <= MATCHES && self.correlation().abs() <= ORDER
    }

    /// How far it is from the mean, as a part of what is allowed.
    pub(crate) fn distance(&self) -> f64 {
        (self.excess() / MATCHES).max(self.correlation().abs() / ORDER)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    /// Votes of 120, in three epochs, and in the groups that each leaves.
    fn tally(claim: impl Fn(&Truth, &mut ChaCha20Rng) -> Claim) -> Tally {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut tally = Tally::default();
        for _ in 0..200 {
            let ballots = shuffled(120, &mut rng).into_iter().enumerate().collect();
            let truth = Truth { ballots, epochs: vec![40, 70, 120], left: None };
            let claim = claim(&truth, &mut rng);
            let score = truth.score(&claim, &mut rng);
            tally.add(score, 120);
        }
        tally
    }

    fn voter_of(truth: &Truth, place: usize) -> Option<usize> {
        truth.ballots.iter().find(|(_, ballot)| *ballot == place).map(|(voter, _)| *voter)
    }

    #[test]
    fn guessing_is_chance() {
        let nothing = tally(|_, _| Claim::Order(vec![None; 120]));
        assert!(nothing.is_chance() && nothing.found() == 0.0, "{nothing:?}");
        assert!((nothing.right() - 3.0).abs() < 0.5 && nothing.guessed() == 3.0);
        let random = tally(|_, rng| Claim::Order((0..120).map(|_| Some(rng.next_u64())).collect()));
        assert!(random.is_chance() && random.found() == 1.0, "{random:?}");
        let beside = tally(|_, _| Claim::Beside(vec![None; 120]));
        assert!(beside.is_chance(), "{beside:?}");
        let one = tally(|_, _| Claim::Beside(vec![Some(7); 120]));
        assert!(one.excess() <= 0.0, "{one:?}");
        let some = tally(|_, rng| Claim::Beside(shuffled(120, rng).into_iter().map(Some).collect()));
        assert!(some.is_chance(), "{some:?}");
    }

    #[test]
    fn the_figures_have_the_variance_that_is_claimed() {
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let (mut right, mut order) = (0.0, 0.0);
        for _ in 0..4000 {
            let truth = Truth {
                ballots: shuffled(20, &mut rng).into_iter().enumerate().collect(),
                epochs: vec![20],
                left: None,
            };
            let score = truth.score(&Claim::Order((0..20).map(Some).collect()), &mut rng);
            right += (float(score.right) - 1.0).powi(2) / 4000.0;
            order += score.correlation.powi(2) / 4000.0;
        }
        // The deviation of an estimate from 4000: sqrt(3 / 4000) and sqrt(2 / 4000).
        assert!((right - 1.0f64).abs() < 0.09 && (order - 1.0f64).abs() < 0.07, "{right} {order}");
    }

    #[test]
    fn the_order_finds_everybody() {
        let order = tally(|truth, _| {
            Claim::Order((0..120).map(|place| voter_of(truth, place).and_then(|v| u64::try_from(v).ok())).collect())
        });
        assert_eq!(order.right(), 120.0);
        assert!(order.correlation() > 50.0 && !order.is_chance());
        let beside = tally(|truth, _| Claim::Beside((0..120).map(|place| voter_of(truth, place)).collect()));
        assert_eq!(beside.right(), 120.0);
    }

    #[test]
    fn a_weak_order_shows() {
        // Eight ballots of a hundred are where they came.
        let weak = tally(|truth, rng| {
            let keys = (0..120usize).map(|place| {
                let known = rng.next_u32() % 100 < 8;
                known.then(|| voter_of(truth, place).and_then(|voter| Some(u64::try_from(voter).ok()? << 57))).flatten()
            });
            Claim::Order(keys.collect())
        });
        assert!(weak.correlation() > 3.0, "{weak:?}");
        // Many vote at once: everybody is within fifty places of the truth.
        let jitter = tally(|truth, rng| {
            let keys = (0..120).map(|place| {
                let voter = voter_of(truth, place).and_then(|voter| u64::try_from(voter).ok());
                voter.map(|voter| voter.saturating_add(u64::from(rng.next_u32() % 50)))
            });
            Claim::Order(keys.collect())
        });
        assert!(jitter.correlation() > 30.0, "{jitter:?}");
        // A single voter more than chance, in one vote of two.
        let one = tally(|truth, rng| {
            let place = usize::try_from(rng.next_u32() % 240).unwrap_or(0);
            let mut who = vec![None; 120];
            if let Some(slot) = who.get_mut(place) {
                *slot = voter_of(truth, place);
            }
            Claim::Beside(who)
        });
        assert!(!one.is_chance(), "{one:?}");
    }
}
