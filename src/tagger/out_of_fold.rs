//! Scores of cases by models that have not seen them, and the search by these scores.

use rayon::prelude::*;

use super::params::TaggerParams;
use super::progress::{Event, Trial};
use super::recipe::SearchSpace;
use super::split::{stratified_folds, train_and_test};
use super::{Decision, TrainingSet};
use crate::error::Result;
use crate::features::FactoredRows;
use crate::metrics::{Metrics, MetricsParams};
use crate::taxonomy::TrendSet;

/// The scores of cases, for each trend.
pub(super) type TrendScores = Vec<Vec<f64>>;

/// The vectors of the cases of a fold, with features that were fitted on those that are
/// learned from.
struct Matrices<'p> {
    params: &'p TaggerParams,
    learned: FactoredRows,
    tested: FactoredRows,
}

impl<'p> Matrices<'p> {
    fn new(
        set: &TrainingSet<'_>,
        learned: &[usize],
        tested: &[usize],
        params: &'p TaggerParams,
    ) -> Self {
        let fitted = set.counted(params).fit(learned, &params.features);
        let learned = fitted.factored(&set.with_lessons(learned, params));
        Self { params, learned, tested: fitted.factored(tested) }
    }

    /// Returns whether other params give the same vectors.
    fn suit(&self, set: &TrainingSet<'_>, params: &TaggerParams) -> bool {
        self.params.features == params.features
            && self.params.fields == params.fields
            && set.lessons(self.params) == set.lessons(params)
    }
}

impl TrainingSet<'_> {
    /// Tries one kind of variation after another, each starting from the best so far; returns
    /// the best and its out-of-fold scores.
    pub(super) fn search(
        &self,
        rows: &[usize],
        start: &TaggerParams,
        space: &SearchSpace,
        watch: &mut dyn FnMut(Event),
    ) -> Result<(TaggerParams, TrendScores)> {
        let uncalibrated = Decision::uncalibrated(self.corpus.taxonomy.len());
        let quality = |scores: &TrendScores| -> Result<f64> {
            let outcomes = self.outcomes(rows, std::slice::from_ref(scores), &uncalibrated);
            let metrics = Metrics::of(&outcomes, &self.corpus.taxonomy, &MetricsParams::default())?;
            Ok(metrics.overall.average_precision.macro_average.unwrap_or(0.0))
        };
        let tried = |params: &TaggerParams, mean_average_precision, best| {
            let params = params.clone();
            Event::Tried(Box::new(Trial { params, mean_average_precision, best }))
        };
        let scores = self.out_of_fold_scores(rows, start, start.seed)?;
        let mut reached = quality(&scores)?;
        let mut best = (start.clone(), scores);
        watch(tried(start, reached, true));
        let no_definitions = self.definitions.is_empty();
        for kind in space.kinds() {
            let mut variations = kind.variations(&best.0);
            let definitions = best.0.definitions;
            variations.retain(|params| !no_definitions || params.definitions == definitions);
            let scores = self.scores_of_variations(rows, &variations, start.seed)?;
            for (params, scores) in variations.into_iter().zip(scores) {
                let mean_average_precision = quality(&scores)?;
                let better = mean_average_precision > reached + space.least_gain;
                watch(tried(&params, mean_average_precision, better));
                if better {
                    (best, reached) = ((params, scores), mean_average_precision);
                }
            }
        }
        Ok(best)
    }

    /// Returns, for each trend, the scores of the cases `rows`, each from a model that
    /// has seen neither the case nor a near-duplicate.
    pub(super) fn out_of_fold_scores(
        &self,
        rows: &[usize],
        params: &TaggerParams,
        seed: u64,
    ) -> Result<TrendScores> {
        let mut scores = self.scores_of_variations(rows, std::slice::from_ref(params), seed)?;
        Ok(scores.pop().unwrap_or_default())
    }

    /// Returns the same for each of some variations of params, which all have the same folds.
    fn scores_of_variations(
        &self,
        rows: &[usize],
        variations: &[TaggerParams],
        seed: u64,
    ) -> Result<Vec<TrendScores>> {
        let Some(first) = variations.first() else { return Ok(Vec::new()) };
        let folds = first.folds;
        let gold: Vec<TrendSet> = rows.iter().map(|&row| self.gold[row].clone()).collect();
        let gold = self.rare(rows, first).removed_from(&gold);
        let groups: Vec<usize> = rows.iter().map(|&row| self.groups[row]).collect();
        let fold_of = stratified_folds(&gold, &groups, folds, seed)?;
        let of_folds = (0..folds)
            .into_par_iter()
            .map(|fold| {
                let (train, test) = train_and_test(&fold_of, fold);
                let [learned, tested] =
                    [&train, &test].map(|side| side.iter().map(|&i| rows[i]).collect::<Vec<_>>());
                let mut matrices: Option<Matrices<'_>> = None;
                let scores = variations.iter().map(|params| {
                    let matrices = match matrices.take().filter(|known| known.suit(self, params)) {
                        Some(known) => matrices.insert(known),
                        None => matrices.insert(Matrices::new(self, &learned, &tested, params)),
                    };
                    let unlearned = self.rare(rows, params).unlearned;
                    let quick = params.quick();
                    let fits = self.fit_trends(&matrices.learned, &learned, &unlearned, &quick)?;
                    Ok(fits.iter().map(|fit| fit.model.scores(&matrices.tested)).collect())
                });
                Ok((test, scores.collect::<Result<Vec<TrendScores>>>()?))
            })
            .collect::<Result<Vec<_>>>()?;
        let none = vec![vec![0.0; rows.len()]; self.corpus.taxonomy.len()];
        let mut all = vec![none; variations.len()];
        for (test, of_variations) in of_folds {
            for (all, of_fold) in all.iter_mut().flatten().zip(of_variations.iter().flatten()) {
                test.iter().zip(of_fold).for_each(|(&i, &score)| all[i] = score);
            }
        }
        Ok(all)
    }
}
