//! Training: search, out-of-fold scores, calibration, thresholds, triage, final fit.

use std::fmt::Write as _;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::params::TaggerParams;
use super::rare::Rare;
use super::recipe::{Recipe, SearchSpace};
use super::{Decision, Tagger, TrainingFacts, TrainingSet};
use crate::decision::{
    Calibration, ReadingLimit, SetPrior, Triage, TriageCase, TriageParams, calibrate,
    fit_thresholds, suggest,
};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::features::SparseRows;
use crate::features::near_duplicates::KnownTexts;
use crate::logistic::{Fit, Fitter, Logistic};
use crate::metrics::{FEWEST_POSITIVES, Metrics, MetricsParams, Outcome};
use crate::tagger::Case;
use crate::tagger::Corpus;
use crate::tagger::split::stratified_folds;
use crate::tagger::split::train_and_test;
use crate::taxonomy::{Taxonomy, TrendId, TrendSet};

/// An event during training.
#[derive(Debug, Clone)]
pub enum Event {
    /// A variation was tried by the search.
    Tried(Box<Trial>),
    /// The search has chosen these params.
    Chosen(Box<TaggerParams>),
    /// Something did not go as planned, but training continues.
    Note(String),
}

/// One variation that the search tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The variation in words.
    pub params: TaggerParams,
    /// Its mean over trends of the out-of-fold average precision.
    pub mean_average_precision: f64,
    /// Whether it became the best so far.
    pub best: bool,
}

/// The outcome of training.
pub struct Training {
    /// The tagger.
    pub tagger: Tagger,
    /// Out-of-fold predictions for each training case, in the order of the cases.
    /// Probabilities are means over the repeats.
    pub out_of_fold: Vec<Outcome>,
}

/// The scores of cases, for each trend.
type TrendScores = Vec<Vec<f64>>;

/// The vectors of the cases of a fold, with features that were fitted on those that are
/// learned from.
struct Matrices<'p> {
    params: &'p TaggerParams,
    learned: SparseRows,
    tested: SparseRows,
}

impl<'p> Matrices<'p> {
    fn new(
        set: &TrainingSet<'_>,
        learned: &[usize],
        tested: &[usize],
        params: &'p TaggerParams,
    ) -> Self {
        let fitted = set.counted(params).fit(learned, &params.features);
        let learned = fitted.matrix(&set.with_lessons(learned, params));
        Self { params, learned, tested: fitted.matrix(tested) }
    }

    /// Returns whether other params give the same vectors.
    fn suit(&self, set: &TrainingSet<'_>, params: &TaggerParams) -> bool {
        self.params.features == params.features
            && self.params.fields == params.fields
            && set.lessons(self.params) == set.lessons(params)
    }
}

impl TaggerParams {
    /// Trains on all labelled cases of a corpus with these params, without a search.
    ///
    /// # Errors
    /// As [`TaggerParams::check`], [`TrainingSet::new`] and [`TrainingSet::train`].
    pub fn train(&self, corpus: &Corpus) -> Result<Training> {
        let set = TrainingSet::new(corpus, self.clone().check()?)?;
        set.train(&set.rows(), &mut |_| {})
    }
}

impl TrainingSet<'_> {
    /// Trains on the cases `rows`, the definitions and the examples, and on nothing else:
    /// search (if the recipe has one), out-of-fold scores, calibration, thresholds, triage
    /// and the final fit. Without any case a tagger is trained on definitions and examples
    /// alone: its probabilities are not calibrated, and it sends every case to review.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there are fewer cases than folds, no case has a trend, or
    /// no term of the texts is left; [`Error::Fit`] if no solver succeeds.
    pub fn train(&self, rows: &[usize], watch: &mut dyn FnMut(Event)) -> Result<Training> {
        if rows.is_empty() {
            return self.train_without_cases(watch);
        }
        if rows.iter().all(|&row| self.gold[row].is_empty()) {
            return Err(Error::bad_corpus(
                "no labelled case has a trend",
                "give cases of at least one trend",
            ));
        }
        self.refuse_empty_vocabulary(rows)?;
        let start = self.recipe.params();
        let (params, scores) = match self.recipe.search() {
            Some(space) => self.search(rows, start, space, watch)?,
            None => (start.clone(), self.out_of_fold_scores(rows, start, start.seed)?),
        };
        watch(Event::Chosen(Box::new(params.clone())));
        let rare = self.rare(rows, &params);
        if rare.unlearned.len() == self.taxonomy().len() {
            return Err(Error::bad_corpus(
                format!("no trend has {FEWEST_POSITIVES} labelled cases, or an example"),
                "give more cases of each trend, or examples of it",
            ));
        }
        self.notes_on_rare(rows, &rare).into_iter().for_each(|note| watch(Event::Note(note)));
        let more = (1..params.repeats as u64)
            .map(|repeat| self.out_of_fold_scores(rows, &params, params.seed + repeat));
        let repeats = std::iter::once(Ok(scores)).chain(more).collect::<Result<Vec<_>>>()?;
        let (known, of_known) = self.fully_known(rows, &repeats);
        let mut decision = self.decide(&known, &rare, &of_known, &params);
        let out_of_fold = self.outcomes(rows, &repeats, &decision);
        // A mean over repeats is better than the single model that will be used.
        let of_one = self.outcomes(&known, of_known.get(..1).unwrap_or_default(), &decision);
        decision.triage = triage(&of_one, &params.triage)?;
        let trends = self.corpus.taxonomy.len();
        decision.reading = Some(ReadingLimit::fit(&of_one, trends, params.target_f1));
        let quality = Metrics::of(&out_of_fold, &self.corpus.taxonomy, &MetricsParams::default())?;

        let (features, fits) = self.fit(rows, &params)?;
        let learned = fits.iter().zip(self.corpus.taxonomy.iter());
        for (fit, (id, _)) in learned.filter(|(_, (id, _))| !rare.unlearned.contains(*id)) {
            if let Some(note) = &fit.note {
                watch(Event::Note(format!("{}: {note}", self.corpus.taxonomy.key(id))));
            }
        }
        let learned = rows.iter().map(|&row| self.case(row));
        let training = TrainingFacts {
            cases: rows.len(),
            fingerprint: fingerprint_of(learned, &self.corpus.taxonomy),
            quality,
            known: self.known(rows),
        };
        let recipe = Recipe::of_checked(params);
        let taxonomy = self.corpus.taxonomy.clone();
        let tagger = Tagger::of_fits(recipe, taxonomy, features, &fits, decision, training);
        Ok(Training { tagger, out_of_fold })
    }

    fn known(&self, rows: &[usize]) -> KnownTexts {
        let signed = rows.iter().filter_map(|&row| Some((row, self.signatures[row].clone()?)));
        let (ids, signatures) = signed.map(|(row, s)| (self.case(row).id.clone(), s)).unzip();
        KnownTexts { ids, signatures }
    }

    /// Tries one kind of variation after another, each starting from the best so far; returns
    /// the best and its out-of-fold scores.
    fn search(
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
    fn out_of_fold_scores(
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
        let matrix = fitted.matrix(&all);
        let unlearned = self.rare(rows, params).unlearned;
        let fits = self.fit_trends(&matrix, rows, &unlearned, params)?;
        Ok((fitted.into_features(), fits))
    }

    /// Fits each trend on a matrix of the cases `rows`, the definitions and the examples; of
    /// the trends that are not to be learned, only that they are rare.
    fn fit_trends(
        &self,
        matrix: &SparseRows,
        rows: &[usize],
        unlearned: &TrendSet,
        params: &TaggerParams,
    ) -> Result<Vec<Fit>> {
        let fitter = Fitter::new(matrix, params.logistic.clone())?;
        let (definitions, examples) = self.lessons(params);
        let has_lessons = definitions + examples > 0;
        let weights: Option<Vec<f64>> = has_lessons.then(|| {
            let mut weights = vec![1.0; rows.len()];
            weights.resize(rows.len() + definitions, f64::from(params.definitions));
            weights.resize(rows.len() + definitions + examples, params.examples);
            weights
        });
        let of_trend = |(id, _): (TrendId, _)| {
            let cases = rows.iter().map(|&row| self.gold[row].contains(id));
            let of_definitions = self.definitions.iter().take(definitions).map(|&d| d == id);
            let of_examples = self.examples.iter().take(examples).map(|e| e.contains(id));
            let is_learned = !unlearned.contains(id);
            let targets = cases.chain(of_definitions).chain(of_examples);
            targets.map(|is_of_trend| is_learned && is_of_trend).collect()
        };
        let targets: Vec<Vec<bool>> = self.corpus.taxonomy.iter().map(of_trend).collect();
        if rows.iter().all(|&row| self.unknown[row].is_empty()) {
            return fitter.fit_all(&targets, weights.as_deref());
        }
        // A case gives no information about trends that its reviewer was not asked about.
        let count = rows.len() + if has_lessons { definitions + examples } else { 0 };
        let weights = weights.unwrap_or_else(|| vec![1.0; count]);
        let fit = |(id, targets): (TrendId, &Vec<bool>)| {
            let mut weights = weights.clone();
            for (weight, &row) in weights.iter_mut().zip(rows) {
                if self.unknown[row].contains(id) {
                    *weight = 0.0;
                }
            }
            fitter.fit_weighted(targets, Some(&weights), None)
        };
        let ids = self.corpus.taxonomy.iter().map(|(id, _)| id);
        ids.zip(&targets).map(fit).collect()
    }

    /// Returns the cases with every trend known, and their scores. Probabilities and limits
    /// are set on them. Returns all cases if there is none.
    fn fully_known(
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

    /// Returns the number of definitions and examples used for training.
    pub(super) fn lessons(&self, params: &TaggerParams) -> (usize, usize) {
        let wanted = |weight: f64, count: usize| if weight > 0.0 { count } else { 0 };
        (
            wanted(f64::from(params.definitions), self.definitions.len()),
            wanted(params.examples, self.examples.len()),
        )
    }

    /// Returns the cases `rows` with the definitions and examples, as rows of the matrix.
    fn with_lessons(&self, rows: &[usize], params: &TaggerParams) -> Vec<usize> {
        let (definitions, examples) = self.lessons(params);
        let first_example = self.len() + self.definitions.len();
        let lessons = (self.len()..).take(definitions).chain((first_example..).take(examples));
        rows.iter().copied().chain(lessons).collect()
    }

    /// Fits calibrations and thresholds on the out-of-fold scores of all repeats, with a
    /// triage that decides nothing yet, and without a reading limit.
    fn decide(
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

    fn outcomes(
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

/// SHA-256, in hexadecimal, over ids, texts and gold trends of the labelled
/// cases of a corpus: that of [`TrainingFacts::fingerprint`].
pub fn fingerprint(corpus: &Corpus) -> String {
    fingerprint_of(corpus.cases.iter(), &corpus.taxonomy)
}

/// Each part ends with a byte that does not occur in text.
pub(super) fn fingerprint_of<'c>(
    cases: impl Iterator<Item = &'c Case>,
    taxonomy: &Taxonomy,
) -> String {
    let mut hash = Sha256::new();
    for case in cases {
        let Some(gold) = &case.gold else { continue };
        for part in std::iter::once(&case.id).chain(&case.texts) {
            hash.update(part.as_bytes());
            hash.update([0xff]);
        }
        hash.update(taxonomy.format_cell(gold).as_bytes());
        hash.update([0xff]);
    }
    hex(&hash.finalize())
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
fn triage(out_of_fold: &[Outcome], params: &TriageParams) -> Result<Triage> {
    let cases: Vec<TriageCase<'_>> = out_of_fold
        .iter()
        .map(|outcome| TriageCase { probabilities: &outcome.probabilities, gold: &outcome.gold })
        .collect();
    Triage::fit(&cases, params)
}

/// Formats bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns the weights of all trends of each term side by side, in single precision.
fn side_by_side(models: &[&Logistic]) -> Vec<f32> {
    let columns = models.first().map_or(0, |model| model.weights.len());
    let of_column = |column: usize| models.iter().map(move |model| model.weights[column] as f32);
    (0..columns).flat_map(of_column).collect()
}
