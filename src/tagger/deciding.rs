//! From out-of-fold scores to decisions: calibration, thresholds, and triage.

use super::out_of_fold::TrendScores;
use super::params::TaggerParams;
use super::rare::Rare;
use super::{Decision, TrainingSet};
use crate::decision::{
    Calibration, SetPrior, Triage, TriageCase, TriageParams, calibrate, fit_thresholds, suggest,
};
use crate::error::Result;
use crate::metrics::Outcome;
use crate::taxonomy::TrendSet;

impl TrainingSet<'_> {
    /// Returns the cases with every trend known, and their scores. Probabilities and limits
    /// are set on them. Returns all cases if there is none.
    pub(super) fn fully_known(
        &self,
        rows: &[usize],
        repeats: &[TrendScores],
    ) -> (Vec<usize>, Vec<TrendScores>) {
        let known: Vec<usize> =
            (0..rows.len()).filter(|&i| self.unknown[rows[i]].is_empty()).collect();
        if known.is_empty() || known.len() == rows.len() {
            return (rows.to_vec(), repeats.to_vec());
        }
        let of_trend = |scores: &Vec<f64>| known.iter().map(|&i| scores[i]).collect();
        let of_repeat = |scores: &TrendScores| scores.iter().map(of_trend).collect();
        (known.iter().map(|&i| rows[i]).collect(), repeats.iter().map(of_repeat).collect())
    }

    /// Fits calibrations and thresholds on the out-of-fold scores of all repeats, with a
    /// triage that decides nothing yet, and without a reading limit.
    pub(super) fn decide(
        &self,
        rows: &[usize],
        rare: &Rare,
        repeats: &[TrendScores],
        params: &TaggerParams,
    ) -> Decision {
        let trends = self.corpus.taxonomy.len();
        let pooled =
            |k: usize| repeats.iter().flat_map(|scores| scores[k].iter().copied()).collect();
        let pooled_scores: Vec<Vec<f64>> = (0..trends).map(pooled).collect();
        let gold: Vec<TrendSet> = rows.iter().map(|&row| self.gold[row].clone()).collect();
        let (mut calibrations, set_prior) =
            calibrate(&pooled_scores, &gold, &params.calibration, params.set_prior);
        rare.calibrate(&mut calibrations);
        let mut decision = Decision {
            thresholds: Vec::new(),
            calibrations,
            set_prior,
            triage: Triage::undecided(params.triage.clone()),
            reading: None,
            at_least_one: false,
            fewest_words: 0,
            most_words: None,
        };
        let of_case = |i: usize| {
            let scores: Vec<f64> = pooled_scores.iter().map(|scores| scores[i]).collect();
            decision.probabilities(&scores).0
        };
        let by_case: Vec<Vec<f64>> = (0..rows.len() * repeats.len()).map(of_case).collect();
        let of_trend = |k: usize| by_case.iter().map(|p| p[k]).collect();
        let mut probabilities: Vec<Vec<f64>> = (0..trends).map(of_trend).collect();
        rare.clear(&mut probabilities);
        let all_labelled = rows.iter().all(|&row| !self.gold[row].is_empty());
        let mut words: Vec<usize> = rows.iter().map(|&row| self.words[row]).collect();
        words.sort_unstable();
        decision.thresholds = fit_thresholds(&probabilities, &params.thresholds);
        rare.silence(&mut decision.thresholds);
        decision.at_least_one = params.at_least_one.unwrap_or(all_labelled);
        decision.fewest_words = words.get(words.len() / 100).map_or(0, |shortest| shortest / 2);
        decision.most_words = words.last().map(|longest| 2 * longest);
        decision
    }

    pub(super) fn outcomes(
        &self,
        rows: &[usize],
        repeats: &[TrendScores],
        decision: &Decision,
    ) -> Vec<Outcome> {
        let trends = self.corpus.taxonomy.len();
        let mean = |i: usize| {
            let mut sums = vec![0.0; trends];
            for of_repeat in repeats {
                let scores: Vec<f64> = of_repeat.iter().map(|scores| scores[i]).collect();
                let (probabilities, _) = decision.probabilities(&scores);
                sums.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum += p);
            }
            sums.into_iter().map(|sum| sum / repeats.len() as f64).collect()
        };
        rows.iter()
            .enumerate()
            .map(|(i, &row)| {
                let probabilities: Vec<f64> = mean(i);
                let (suggested, _) =
                    suggest(&probabilities, &decision.thresholds, decision.at_least_one);
                let id = self.case(row).id.clone();
                Outcome { id, gold: self.gold[row].clone(), suggested, probabilities }
            })
            .collect()
    }
}

impl Decision {
    /// Scores are treated as log-odds, and everything above even odds is suggested.
    pub(super) fn uncalibrated(trends: usize) -> Self {
        Self {
            calibrations: vec![Calibration::IDENTITY; trends],
            set_prior: SetPrior::flat(),
            thresholds: vec![0.5; trends],
            triage: Triage::undecided(TriageParams::default()),
            reading: None,
            at_least_one: false,
            fewest_words: 0,
            most_words: None,
        }
    }
}

/// Sets limits from out-of-fold predictions.
pub(super) fn triage(out_of_fold: &[Outcome], params: &TriageParams) -> Result<Triage> {
    let cases: Vec<TriageCase<'_>> = out_of_fold
        .iter()
        .map(|outcome| TriageCase { probabilities: &outcome.probabilities, gold: &outcome.gold })
        .collect();
    Triage::fit(&cases, params)
}
