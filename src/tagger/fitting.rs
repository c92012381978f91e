//! The fit of all trends on cases, definitions and examples.

use super::params::TaggerParams;
use super::recipe::Recipe;
use super::{Decision, Tagger, TrainingFacts, TrainingSet};
use crate::error::Result;
use crate::features::{FactoredRows, Features};
use crate::logistic::{Fit, Fitter, Labels, Logistic};
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

impl TrainingSet<'_> {
    /// Returns the fit on all of `rows`. Terms are taken from the definitions and examples only
    /// if there are no cases.
    pub(super) fn fit(
        &self,
        rows: &[usize],
        params: &TaggerParams,
    ) -> Result<(Features, Vec<Fit>)> {
        let all = self.with_lessons(rows, params);
        let read = if rows.is_empty() { &all[..] } else { rows };
        let fitted = self.counted(params).fit(read, &params.features);
        let matrix = fitted.factored(&all);
        let unlearned = self.rare(rows, params).unlearned;
        let mut fits = self.fit_trends(&matrix, rows, &unlearned, params)?;
        for Fit { model, .. } in &mut fits {
            model.weights = fitted.spread(&model.weights);
        }
        Ok((fitted.into_features(), fits))
    }

    /// Fits each trend on a matrix of the cases `rows`, the definitions and the examples; of
    /// the trends that are not to be learned, only that they are rare.
    pub(super) fn fit_trends(
        &self,
        matrix: &FactoredRows,
        rows: &[usize],
        unlearned: &TrendSet,
        params: &TaggerParams,
    ) -> Result<Vec<Fit>> {
        let fitter = Fitter::new(matrix, params.logistic.clone())?;
        let (definitions, examples) = self.lessons(params);
        let mut weights = vec![1.0; rows.len()];
        weights.resize(rows.len() + definitions, f64::from(params.definitions));
        weights.resize(rows.len() + definitions + examples, params.examples);
        // A case gives no information about trends that its reviewer was not asked about.
        let all_known = rows.iter().all(|&row| self.unknown[row].is_empty());
        let of_trend = |(id, _): (TrendId, _)| {
            let cases = rows.iter().map(|&row| self.gold[row].contains(id));
            let of_definitions = self.definitions.iter().take(definitions).map(|&d| d == id);
            let of_examples = self.examples.iter().take(examples).map(|e| e.contains(id));
            let is_learned = !unlearned.contains(id);
            let has = cases.chain(of_definitions).chain(of_examples);
            let has: Vec<bool> = has.map(|is_of_trend| is_learned && is_of_trend).collect();
            let mut known = if all_known { Vec::new() } else { weights.clone() };
            for (weight, &row) in known.iter_mut().zip(rows) {
                if self.unknown[row].contains(id) {
                    *weight = 0.0;
                }
            }
            (has, known)
        };
        let trends: Vec<(Vec<bool>, Vec<f64>)> =
            self.corpus.taxonomy.iter().map(of_trend).collect();
        let labels = trends.iter().map(|(has, known)| Labels {
            has,
            weights: Some(if all_known { &weights } else { known }),
        });
        fitter.fit_all(&labels.collect::<Vec<_>>())
    }

    /// Returns the number of definitions and examples used for training.
    pub(super) fn lessons(&self, params: &TaggerParams) -> (usize, usize) {
        let wanted = |weight: f64, count: usize| if weight > 0.0 { count } else { 0 };
        (
            wanted(f64::from(params.definitions), self.definitions.len()),
            wanted(params.examples, self.examples.len()),
        )
    }

    /// Returns the cases `rows` with the definitions and examples, as rows of the matrix.
    pub(super) fn with_lessons(&self, rows: &[usize], params: &TaggerParams) -> Vec<usize> {
        let (definitions, examples) = self.lessons(params);
        let first_example = self.len() + self.definitions.len();
        let lessons = (self.len()..).take(definitions).chain((first_example..).take(examples));
        rows.iter().copied().chain(lessons).collect()
    }
}

impl Tagger {
    /// Builds a tagger from the fits of each trend.
    pub(super) fn of_fits(
        recipe: Recipe,
        taxonomy: Taxonomy,
        features: Features,
        fits: &[Fit],
        decision: Decision,
        training: TrainingFacts,
    ) -> Self {
        let models: Vec<&Logistic> = fits.iter().map(|fit| &fit.model).collect();
        let intercepts = models.iter().map(|model| model.intercept).collect();
        let weights = side_by_side(&models);
        Self::from_parts(recipe, taxonomy, features, weights, intercepts, decision, training)
    }
}

/// Returns the weights of all trends of each term side by side, in single precision.
fn side_by_side(models: &[&Logistic]) -> Vec<f32> {
    let columns = models.first().map_or(0, |model| model.weights.len());
    let of_column = |column: usize| models.iter().map(move |model| model.weights[column] as f32);
    (0..columns).flat_map(of_column).collect()
}
