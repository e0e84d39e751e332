//! What a trick found against what guessing finds.
//!
//! The attacker is given, for nothing, who voted in which order and which voters' ballots are in
//! which epoch: more than the board says. Left to find is the order of the ballots within an
//! epoch. Whoever guesses it has, of every epoch of at least two ballots, one voter right on
//! average, with variance one (the fixed points of a random permutation).

use rand_core::Rng;

/// One run of voting: for every voter, in the order of voting, the place of the own ballot on the
/// board; the epochs as ranges of places.
#[derive(Debug)]
pub(crate) struct Truth {
    /// Places on the board.
    pub(crate) ballots: Vec<usize>,
    /// Ends of the epochs, increasing.
    pub(crate) epochs: Vec<usize>,
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
            let within = |place: &usize| (start..*end).contains(place);
            let group: Vec<_> = self.ballots.iter().copied().enumerate().filter(|(_, place)| within(place)).collect();
            if group.len() > 1 {
                groups.push(group);
            }
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
        let rank = |place: usize| claimed.iter().position(|(_, _, said)| *said == place).unwrap_or(0);
        let n = float(group.len());
        let distance: f64 = group
            .iter()
            .enumerate()
            .map(|(true_rank, (_, place))| (float(true_rank) - float(rank(*place))).powi(2))
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

    pub(crate) fn runs(&self) -> usize {
        self.runs
    }

    /// Share of the ballots of which the trick said something.
    pub(crate) fn found(&self) -> f64 {
        float(self.found) / float(self.possible.max(1))
    }

    /// Share of the voters matched.
    pub(crate) fn share(&self) -> f64 {
        float(self.right) / float(self.possible.max(1))
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

    /// Neither matches nor order beyond what chance gives, at so many standard deviations.
    pub(crate) fn is_chance(&self, sigma: f64) -> bool {
        self.excess() <= sigma && self.correlation().abs() <= sigma
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn shuffled(n: usize, rng: &mut ChaCha20Rng) -> Vec<usize> {
        let mut places: Vec<(u64, usize)> = (0..n).map(|place| (rng.next_u64(), place)).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, place)| place).collect()
    }

    fn tally(claim: impl Fn(&Truth, &mut ChaCha20Rng) -> Claim) -> Tally {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut tally = Tally::default();
        for _ in 0..200 {
            let truth = Truth { ballots: shuffled(120, &mut rng), epochs: vec![40, 70, 120] };
            let claim = claim(&truth, &mut rng);
            let score = truth.score(&claim, &mut rng);
            tally.add(score, 120);
        }
        tally
    }

    #[test]
    fn guessing_is_chance() {
        let nothing = tally(|_, _| Claim::Order(vec![None; 120]));
        assert!(nothing.is_chance(3.0) && nothing.found() == 0.0, "{nothing:?}");
        assert!((nothing.right() - 3.0).abs() < 0.5 && nothing.guessed() == 3.0);
        let random = tally(|_, rng| Claim::Order((0..120).map(|_| Some(rng.next_u64())).collect()));
        assert!(random.is_chance(3.0) && random.found() == 1.0, "{random:?}");
        let beside = tally(|_, _| Claim::Beside(vec![None; 120]));
        assert!(beside.is_chance(3.0), "{beside:?}");
    }

    #[test]
    fn the_order_finds_everybody() {
        let order = tally(|truth, _| {
            let voter = |place| truth.ballots.iter().position(|ballot| *ballot == place);
            Claim::Order((0..120).map(|place| voter(place).map(|voter| u64::try_from(voter).unwrap())).collect())
        });
        assert_eq!(order.share(), 1.0);
        assert!(order.correlation() > 50.0);
        let beside = tally(|truth, _| {
            Claim::Beside((0..120).map(|place| truth.ballots.iter().position(|ballot| *ballot == place)).collect())
        });
        assert_eq!(beside.share(), 1.0);
    }

    #[test]
    fn a_weak_order_shows_in_the_correlation() {
        // Eight ballots of a hundred are where they came.
        let weak = tally(|truth, rng| {
            let voter = |place| truth.ballots.iter().position(|ballot| *ballot == place);
            Claim::Order(
                (0..120usize)
                    .map(|place| {
                        let known = rng.next_u32() % 100 < 8;
                        known.then(|| voter(place).map(|voter| u64::try_from(voter).unwrap() << 57)).flatten()
                    })
                    .collect(),
            )
        });
        assert!(!weak.is_chance(3.0), "{weak:?}");
    }
}
