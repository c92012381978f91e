//! A whole evaluation: a model on labelled cases, or a recipe under a protocol, with
//! all that a page about it shows.

use std::collections::BTreeMap;

use super::Learned;
use super::protocol::{
    Baseline, Findings, LearningPoint, Plan, Protocol, TestedSplit, baselines, human,
    learning_curve, on_corpus, run,
};
use super::slices::{Judged, Slice, slices};
use super::surfaces::Surfaces;
use crate::error::Result;
use crate::metrics::Outcome;
use crate::metrics::agreement::AgreementByTrend;
use crate::tagger::{Corpus, Model, Recipe, Tagger, TrainingSet};
use crate::taxonomy::{Taxonomy, Trend};

/// The note on the page if each split had its own model.
const OF_ALL_CASES: &str = "Thresholds drawn in the charts and the most informative terms are \
     those of a model that learned from all cases without search; the figures are not.";

/// Additional data for the page of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationParams {
    /// Maximum number of evidence terms per suggested trend.
    pub evidence: usize,
    /// Strongest terms per trend.
    pub terms: usize,
    /// Shares of the training side at which the learning curve is measured.
    pub learning_shares: Vec<f64>,
}

impl Default for EvaluationParams {
    fn default() -> Self {
        Self { evidence: 5, terms: 15, learning_shares: vec![0.1, 0.25, 0.5, 0.75, 1.0] }
    }
}

impl EvaluationParams {
    /// No additional data.
    pub fn figures_only() -> Self {
        Self { evidence: 0, terms: 0, learning_shares: Vec::new() }
    }
}

/// The terms that speak most for a trend.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendTerms {
    /// Key of the trend.
    pub key: String,
    /// Terms with their weights, strongest first; words as the cases have them.
    pub terms: Vec<(String, f64)>,
}

/// A step of an evaluation that trains models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The number of splits to train and test.
    Planned(usize),
    /// One of them was tested.
    Tested,
}

/// The tested model or recipe, and the results.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// A description of what was tested.
    pub subject: String,
    /// A warning before all figures: the model has learned from the cases.
    pub caution: Option<String>,
    /// How many of the cases the model has learned from; none for a recipe.
    pub learned: Learned,
    /// The file with the labelled cases, as the caller named it.
    pub file: String,
    /// The trends.
    pub taxonomy: Taxonomy,
    /// Per repeat, the tested cases of each split.
    pub repeats: Vec<Vec<TestedSplit>>,
    /// The figures.
    pub findings: Findings,
    /// Results of baselines on the same splits; empty for a model.
    pub baselines: Vec<Baseline>,
    /// The figures by length of the texts and by agreement of the annotators.
    pub slices: Vec<Slice>,
    /// Agreement of two annotators, if the cases have their labels.
    pub human: Option<AgreementByTrend>,
    /// Texts of the cases by id.
    pub texts: BTreeMap<String, Vec<String>>,
    /// One threshold per trend; empty if there is no model for all cases.
    pub thresholds: Vec<f64>,
    /// The strongest terms of each trend; may be empty.
    pub terms: Vec<TrendTerms>,
    /// Quality by number of training cases; may be empty.
    pub learning_curve: Vec<LearningPoint>,
    /// Cautions for the reader of the page, one sentence each.
    pub warnings: Vec<String>,
    /// Cases that were not tested: unlabelled, or without a value that the protocol
    /// needs.
    pub left_out: usize,
}

impl Evaluation {
    /// Tests a model on the labelled cases of a corpus, which was read with the
    /// model's own taxonomy and text columns.
    ///
    /// # Errors
    /// As [`on_corpus`] and [`Findings::of`].
    pub fn of_model(
        model: &Model,
        corpus: &Corpus,
        file: &str,
        params: &EvaluationParams,
    ) -> Result<Self> {
        let taxonomy = model.tagger.taxonomy();
        let repeats = vec![vec![on_corpus(&model.tagger, corpus, params.evidence)?]];
        let learned = Learned::of(&model.tagger, corpus);
        Ok(Self {
            caution: learned.caution(&model.version),
            learned,
            subject: format!("model {} on {file}", model.version),
            file: file.to_owned(),
            findings: Findings::of(&repeats, taxonomy)?,
            taxonomy: taxonomy.clone(),
            slices: slices(&judged(&repeats), corpus, &[])?,
            repeats,
            baselines: Vec::new(),
            human: human(corpus),
            texts: texts(corpus),
            thresholds: model.tagger.decision().thresholds.clone(),
            terms: strongest_terms(&model.tagger, corpus, params.terms),
            learning_curve: Vec::new(),
            warnings: Vec::new(),
            left_out: corpus.unlabelled(),
        })
    }

    /// Tests a recipe on a corpus: models trained on the one side of each split of
    /// the protocol tag the other side. `watch` hears of each step.
    ///
    /// # Errors
    /// As [`TrainingSet::new`], [`Protocol::plans`], [`run`] and [`Findings::of`].
    pub fn of_recipe(
        corpus: &Corpus,
        file: &str,
        recipe: Recipe,
        protocol: &Protocol,
        params: &EvaluationParams,
        watch: &(dyn Fn(Step) + Sync),
    ) -> Result<Self> {
        let seed = recipe.params().seed;
        let set = TrainingSet::new(corpus, recipe.tested())?;
        let plans = protocol.plans(&set, seed)?;
        let splits: Vec<_> = plans.iter().flat_map(|plan| plan.splits.iter().cloned()).collect();
        watch(Step::Planned(splits.len()));
        let done = || watch(Step::Tested);
        let mut tested = run(&set, &splits, params.evidence, &done)?.into_iter();
        let of_plan = |plan: &Plan| tested.by_ref().take(plan.splits.len()).collect();
        let repeats: Vec<Vec<TestedSplit>> = plans.iter().map(of_plan).collect();
        let learning_curve = match plans.first() {
            Some(plan) if !params.learning_shares.is_empty() => {
                learning_curve(&set, &plan.splits, &params.learning_shares)?
            }
            _ => Vec::new(),
        };
        // The page shows one model, and says so: [`OF_ALL_CASES`].
        let shown = if params.terms > 0 {
            Some(set.without_search().train(&set.rows(), &mut |_| {})?.tagger)
        } else {
            None
        };
        let of_repeats: Vec<_> = plans.iter().map(|plan| plan.splits.clone()).collect();
        Ok(Self {
            subject: format!("{file}: {protocol}"),
            caution: None,
            learned: Learned::default(),
            file: file.to_owned(),
            findings: Findings::of(&repeats, &corpus.taxonomy)?,
            slices: slices(&judged(&repeats), corpus, &[])?,
            repeats,
            baselines: baselines(&set, &of_repeats, seed)?,
            human: human(corpus),
            texts: texts(corpus),
            thresholds: shown.as_ref().map_or(Vec::new(), |t| t.decision().thresholds.clone()),
            terms: shown.as_ref().map_or(Vec::new(), |t| strongest_terms(t, corpus, params.terms)),
            learning_curve,
            warnings: vec![OF_ALL_CASES.to_owned()],
            left_out: plans.first().map_or(0, |plan| plan.left_out) + corpus.unlabelled(),
            taxonomy: corpus.taxonomy.clone(),
        })
    }

    /// Per repeat, each outcome with the number of its split.
    pub fn by_split(&self) -> Vec<Vec<(usize, &Outcome)>> {
        let numbered = self.repeats.iter().map(|splits| {
            let splits = splits.iter().enumerate();
            splits.flat_map(|(s, split)| split.cases.iter().map(move |t| (s, &t.outcome))).collect()
        });
        numbered.collect()
    }
}

fn judged(repeats: &[Vec<TestedSplit>]) -> Vec<Vec<Judged<'_>>> {
    let mut judged = Vec::new();
    for splits in repeats {
        let tested = splits.iter().flat_map(|split| &split.cases);
        let of = tested.map(|t| Judged { outcome: &t.outcome, verdicts: t.verdicts.clone() });
        judged.push(of.collect());
    }
    judged
}

fn texts(corpus: &Corpus) -> BTreeMap<String, Vec<String>> {
    corpus.cases.iter().map(|case| (case.id.clone(), case.texts.clone())).collect()
}

fn strongest_terms(tagger: &Tagger, corpus: &Corpus, count: usize) -> Vec<TrendTerms> {
    if count == 0 {
        return Vec::new();
    }
    let texts = corpus.cases.iter().flat_map(|case| &case.texts).map(String::as_str);
    let surfaces = Surfaces::of(texts, &tagger.params().features.text);
    let of_trend = |(id, trend): (_, &Trend)| {
        let terms = tagger.strongest_terms(id, count).into_iter();
        TrendTerms {
            key: trend.key.clone(),
            terms: terms.map(|(term, weight)| (surfaces.words(term), weight)).collect(),
        }
    };
    tagger.taxonomy().iter().map(of_trend).collect()
}
