//! The test behind a limit: is the expected share of errors below what is
//! tolerated, given counts per case?
//!
//! For a case with `total` chances of an error and `bad` errors let
//! `X = bad - tolerated * total`. That errors are too many means `E[X] >= 0`
//! over cases; pairs of one case may depend on each other in any way. A bet of
//! `stake` against it multiplies the capital by `1 - stake * X` with every
//! case; as long as the stake keeps this from falling below 0, the expected
//! capital never exceeds 1, so that `1 / capital` is a p-value for any number of
//! cases (Waudby-Smith, Ramdas 2023, "Estimating means of bounded random
//! variables by betting"). Cases without a chance (`total` 0) change nothing:
//! given which cases have one, the others are still drawn independently with
//! `E[X] >= 0`, so the stake may depend on how many there are.

use std::collections::BTreeMap;

/// What is tested.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test {
    /// Share of errors among chances that is tolerated.
    pub(super) tolerated: f64,
    /// Probability of calling good what is not.
    pub(super) risk: f64,
    /// Most chances that a case can have.
    pub(super) most: usize,
}

impl Test {
    /// The capital that convinces, as a logarithm.
    fn needed(&self) -> f64 {
        -self.risk.ln()
    }

    /// The largest stake that cannot lead to debts.
    fn largest_stake(&self) -> f64 {
        1.0 / ((1.0 - self.tolerated) * self.most as f64)
    }

    /// The stake for so many cases with chances: the one that still convinces
    /// with the most errors, if each case has one chance.
    fn stake(&self, cases: f64) -> f64 {
        let errors = |stake: f64| {
            let gain = (self.tolerated * stake).ln_1p();
            let loss = -(-stake * (1.0 - self.tolerated)).max(-1.0).ln_1p();
            (cases * gain - self.needed()) / (gain + loss)
        };
        let stakes = (0..48).map(|i| self.largest_stake() * (-f64::from(i) / 4.0).exp2());
        let better = |a: f64, b: f64| if errors(b) > errors(a) { b } else { a };
        stakes.reduce(better).unwrap_or_default()
    }

    /// The fewest cases that can convince: one chance each, and no error.
    pub(super) fn fewest_cases(&self) -> f64 {
        self.needed() / (self.tolerated * self.largest_stake()).ln_1p()
    }
}

/// How many cases there are of each kind: `(total, bad)` of the case.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    of_case: Vec<(u32, u32)>,
    kinds: BTreeMap<(u32, u32), u32>,
}

impl Tally {
    /// Cases with so many chances each, and no error yet.
    pub(super) fn new(chances: impl Iterator<Item = usize>) -> Self {
        let of_case: Vec<(u32, u32)> = chances.map(|total| (total as u32, 0)).collect();
        let mut kinds = BTreeMap::new();
        of_case.iter().for_each(|&kind| *kinds.entry(kind).or_default() += 1);
        Self { of_case, kinds }
    }

    /// Adds chances and errors to a case.
    pub(super) fn add(&mut self, case: usize, total: bool, bad: bool) {
        let kind = &mut self.of_case[case];
        if let Some(count) = self.kinds.get_mut(kind) {
            *count -= 1;
            if *count == 0 {
                self.kinds.remove(kind);
            }
        }
        *kind = (kind.0 + u32::from(total), kind.1 + u32::from(bad));
        *self.kinds.entry(*kind).or_default() += 1;
    }

    /// The number of cases with a chance.
    pub(super) fn cases(&self) -> f64 {
        self.with_chances().map(|(_, count)| count).sum()
    }

    /// Whether the test is convinced by the cases, each counted `times` times.
    pub(super) fn convinces(&self, test: &Test, times: f64) -> bool {
        let cases = self.cases();
        if cases == 0.0 {
            return false;
        }
        let stake = test.stake(cases * times);
        let growth = |((total, bad), count): ((u32, u32), f64)| {
            let x = f64::from(bad) - test.tolerated * f64::from(total);
            // The largest loss at the largest stake is the whole capital.
            times * count * (-stake * x).max(-1.0).ln_1p()
        };
        self.with_chances().map(growth).sum::<f64>() >= test.needed()
    }

    fn with_chances(&self) -> impl Iterator<Item = ((u32, u32), f64)> + '_ {
        let kinds = self.kinds.iter().filter(|((total, _), _)| *total > 0);
        kinds.map(|(&kind, &count)| (kind, f64::from(count)))
    }
}
