//! Trends that too few cases have: learned from their examples, or never suggested.

use super::params::TaggerParams;
use super::training_set::TrainingSet;
use crate::decision::{Calibration, NEVER};
use crate::metrics::{FEWEST_POSITIVES, averaged};
use crate::taxonomy::{Trend, TrendId, TrendSet};

/// Trends with fewer than [`FEWEST_POSITIVES`] of the cases that are learned from.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// Trends with examples: they are learned, but their quality is unknown.
    pub(super) shown: TrendSet,
    /// The others: they are not learned, and never suggested.
    pub(super) unlearned: TrendSet,
}

impl Rare {
    fn contains(&self, id: TrendId) -> bool {
        self.shown.contains(id) || self.unlearned.contains(id)
    }

    /// Returns the sets without these trends.
    pub(super) fn removed_from(&self, gold: &[TrendSet]) -> Vec<TrendSet> {
        let without = |set: &TrendSet| set.iter().filter(|&id| !self.contains(id)).collect();
        gold.iter().map(without).collect()
    }

    /// Gives a trend that is shown the calibration of an average trend: the few cases that
    /// it has cannot give it its own.
    pub(super) fn calibrate(&self, calibrations: &mut [Calibration]) {
        let ids = || (0..calibrations.len()).map(|k| TrendId(k as u16));
        let others = ids().filter(|&id| !self.contains(id));
        let sigmoids: Vec<(f64, f64)> =
            others.filter_map(|id| calibrations[id.index()].as_platt()).collect();
        let n = sigmoids.len() as f64;
        let average = match sigmoids.is_empty() {
            true => Calibration::IDENTITY,
            false => Calibration::Platt {
                slope: sigmoids.iter().map(|(slope, _)| slope).sum::<f64>() / n,
                offset: sigmoids.iter().map(|(_, offset)| offset).sum::<f64>() / n,
            },
        };
        for id in self.shown.iter() {
            calibrations[id.index()] = average.clone();
        }
    }

    /// Empties the probabilities from which the thresholds of these trends would follow, so
    /// that they get the pooled one.
    pub(super) fn clear(&self, probabilities: &mut [Vec<f64>]) {
        self.shown
            .iter()
            .chain(self.unlearned.iter())
            .for_each(|id| probabilities[id.index()].clear());
    }

    /// Sets the thresholds of the trends that are never suggested.
    pub(super) fn silence(&self, thresholds: &mut [f64]) {
        self.unlearned.iter().for_each(|id| thresholds[id.index()] = NEVER);
    }
}

impl TrainingSet<'_> {
    /// Returns the trends that too few of the cases `rows` have; none without any case.
    pub(super) fn rare(&self, rows: &[usize], params: &TaggerParams) -> Rare {
        if rows.is_empty() {
            return Rare::default();
        }
        let (_, examples) = self.lessons(params);
        let is_shown = |id: &TrendId| self.examples.iter().take(examples).any(|e| e.contains(*id));
        let averaged = averaged(rows.iter().map(|&row| &self.gold[row]), self.taxonomy().len());
        let ids = self.taxonomy().iter().map(|(id, _)| id);
        let (shown, unlearned): (Vec<_>, Vec<_>) =
            ids.filter(|id| !averaged[id.index()]).partition(is_shown);
        Rare { shown: shown.into(), unlearned: unlearned.into() }
    }

    /// Says what becomes of each trend that too few of the cases `rows` have.
    pub(super) fn notes_on_rare(&self, rows: &[usize], rare: &Rare) -> Vec<String> {
        let note = |(id, trend): (TrendId, &Trend)| {
            let cases = rows.iter().filter(|&&row| self.gold[row].contains(id)).count();
            let end = match rare.shown.contains(id) {
                true => "it is learned from its examples, but no average and no promise covers it",
                false => "it has no examples, so that it is not learned and never suggested",
            };
            let key = &trend.key;
            let found = match cases {
                0 => "no labelled case has it",
                _ => "only 1 labelled case has it",
            };
            format!("{key}: {found} ({FEWEST_POSITIVES} are needed to learn and to test it); {end}")
        };
        self.taxonomy().iter().filter(|(id, _)| rare.contains(*id)).map(note).collect()
    }
}
