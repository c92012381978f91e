//! Which trends the averages are taken over: those with enough gold cases to say anything.

use crate::metrics::Outcome;
use crate::taxonomy::TrendSet;

/// A trend with fewer gold cases than this is left out of folds, averages and promises:
/// it cannot be learned from one case and tested on another.
pub const FEWEST_POSITIVES: u64 = 2;

/// Returns whether each of `trends` trends has at least [`FEWEST_POSITIVES`] gold cases.
pub fn averaged<'g>(gold: impl IntoIterator<Item = &'g TrendSet>, trends: usize) -> Vec<bool> {
    let mut positives = vec![0; trends];
    for id in gold.into_iter().flat_map(TrendSet::iter) {
        if let Some(count) = positives.get_mut(id.index()) {
            *count += 1;
        }
    }
    positives.into_iter().map(|count| count >= FEWEST_POSITIVES).collect()
}

/// Returns the same for outcomes.
pub(crate) fn averaged_of<'o>(
    outcomes: impl IntoIterator<Item = &'o Outcome>,
    trends: usize,
) -> Vec<bool> {
    averaged(outcomes.into_iter().map(|outcome| &outcome.gold), trends)
}
