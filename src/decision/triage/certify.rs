//! The test behind a limit: is the share of errors below the tolerated one? Cases are the
//! units: they are drawn independently, while the chances of an error within a case may
//! depend on each other in any way. In the worst case, all chances of a case are right or
//! wrong together, and `n` chances in cases of `t` chances each are worth `n² / Σ t²`
//! independent ones (Kish 1965, "Survey Sampling"). With that effective number, the
//! errors are compared with the lower tail of the binomial distribution, as Korn and
//! Graubard (1998, "Confidence intervals for proportions with small expected number of
//! positive counts estimated from survey data") do. If every case has one chance, the
//! test is exact.

use crate::stats::binomial_tail;

/// The hypothesis to test.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test {
    /// Tolerated share of errors among chances.
    pub(super) tolerated: f64,
    /// Probability of a false pass (significance level).
    pub(super) risk: f64,
}

impl Test {
    /// Returns the minimum number of cases that can pass: with one chance each and no
    /// error.
    pub(super) fn fewest_cases(&self) -> f64 {
        libm::log(self.risk) / libm::log1p(-self.tolerated)
    }
}

/// Counts of chances and errors of cases.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// Chances of each case.
    of_case: Vec<u32>,
    /// Number of cases with a chance, number of chances, sum of their squares over cases,
    /// number of errors.
    cases: f64,
    chances: f64,
    squares: f64,
    errors: f64,
}

impl Tally {
    /// Creates counts of cases with these numbers of chances, and no error yet.
    pub(super) fn new(chances: impl Iterator<Item = usize>) -> Self {
        let mut tally =
            Self { of_case: Vec::new(), cases: 0.0, chances: 0.0, squares: 0.0, errors: 0.0 };
        for (case, count) in chances.enumerate() {
            tally.of_case.push(0);
            (0..count).for_each(|_| tally.add(case, true, false));
        }
        tally
    }

    /// Adds chances and errors to a case.
    pub(super) fn add(&mut self, case: usize, chance: bool, error: bool) {
        if chance {
            let before = f64::from(self.of_case[case]);
            self.of_case[case] += 1;
            self.cases += if before == 0.0 { 1.0 } else { 0.0 };
            self.chances += 1.0;
            self.squares += 2.0 * before + 1.0;
        }
        self.errors += if error { 1.0 } else { 0.0 };
    }

    /// Returns the number of cases with a chance.
    pub(super) fn cases(&self) -> f64 {
        self.cases
    }

    /// Returns whether the cases pass the test, each counted `times` times.
    pub(super) fn convinces(&self, test: &Test, times: f64) -> bool {
        if self.chances == 0.0 {
            return false;
        }
        let of_one = times * self.chances / self.squares;
        binomial_tail(of_one * self.errors, of_one * self.chances, test.tolerated) <= test.risk
    }
}
