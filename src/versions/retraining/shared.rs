//! Restricts label sets and outcomes to the trends that both champion and challenger
//! know.

use crate::metrics::Outcome;
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// The trends that both know, renumbered.
pub(super) struct Shared {
    ids: Vec<TrendId>,
    pub(super) taxonomy: Taxonomy,
}

impl Shared {
    /// Returns all trends of a taxonomy except the new ones.
    pub(super) fn of(taxonomy: &Taxonomy, new: &TrendSet) -> Self {
        let ids: Vec<TrendId> =
            taxonomy.iter().map(|(id, _)| id).filter(|&id| !new.contains(id)).collect();
        let trends = ids.iter().map(|id| taxonomy.trends[id.index()].clone()).collect();
        Self { ids, taxonomy: Taxonomy { trends, ..taxonomy.clone() } }
    }

    pub(super) fn set(&self, set: &TrendSet) -> TrendSet {
        let places = self.ids.iter().enumerate();
        places.filter(|(_, id)| set.contains(**id)).map(|(k, _)| TrendId(k as u16)).collect()
    }

    pub(super) fn outcome(&self, outcome: &Outcome) -> Outcome {
        Outcome {
            id: outcome.id.clone(),
            gold: self.set(&outcome.gold),
            suggested: self.set(&outcome.suggested),
            probabilities: self.ids.iter().map(|id| outcome.probabilities[id.index()]).collect(),
        }
    }

    pub(super) fn outcomes(&self, repeats: &[Vec<Outcome>]) -> Vec<Vec<Outcome>> {
        let of_repeat =
            |outcomes: &Vec<Outcome>| outcomes.iter().map(|o| self.outcome(o)).collect();
        repeats.iter().map(of_repeat).collect()
    }
}
