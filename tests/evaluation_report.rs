//! The report of a cross-validation of the shipped cases, from file to page.
//!
//! The page stays in the target folder (`tmp/evaluation.html`) to be looked at
//! and to be checked in a browser, see `tests/browser`.

// A step that fails here fails the test.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use trendtag::case::{Corpus, ReadOptions};
use trendtag::evaluation::Outcome;
use trendtag::evaluation::agreement::{AgreementByTrend, between};
use trendtag::evaluation::baselines::{Prediction, most_frequent, random_by_prevalence};
use trendtag::evaluation::calibration::{CalibrationParams, Scope, calibration_test, reliability};
use trendtag::evaluation::curve::{co_occurrence, confusion, precision_recall};
use trendtag::evaluation::interval::{BootstrapParams, intervals};
use trendtag::evaluation::metrics::{Figure, Metrics, MetricsParams};
use trendtag::evaluation::report::{
    Baseline, LearningPoint, Mistake, Report, TrendDetail, TrendTerms, TriageChoice, TriageFigures,
    TriagePoint, WrongTrend, render,
};
use trendtag::tagger::{Tagger, TaggerParams, Training, TrainingSet};
use trendtag::{Taxonomy, TrendId, TrendSet};

const BINS: usize = 8;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn metrics(outcomes: &[Outcome], taxonomy: &Taxonomy) -> Metrics {
    Metrics::of(outcomes, taxonomy, &MetricsParams::default()).unwrap()
}

/// Small enough to be trained in a moment.
fn params() -> TaggerParams {
    let mut params = TaggerParams { repeats: 1, ..TaggerParams::default() };
    params.features.subwords = None;
    params
}

fn baseline(
    name: &str,
    predictions: Vec<Prediction>,
    outcomes: &[Outcome],
    taxonomy: &Taxonomy,
) -> Baseline {
    let beside = predictions.into_iter().zip(outcomes);
    let outcomes: Vec<Outcome> =
        beside.map(|(p, outcome)| p.into_outcome(&outcome.id, outcome.gold.clone())).collect();
    Baseline { name: name.into(), metrics: metrics(&outcomes, taxonomy) }
}

fn human_line(set: &TrainingSet<'_>, taxonomy: &Taxonomy) -> AgreementByTrend {
    let labels = |row: usize, column: &str| {
        taxonomy.parse_cell(&set.case(row).row.get(column)?).ok().flatten()
    };
    let both: Vec<(TrendSet, TrendSet)> = (0..set.len())
        .filter_map(|row| Some((labels(row, "annotation_1")?, labels(row, "annotation_2")?)))
        .collect();
    between(both.iter().map(|(first, second)| (first, second)), taxonomy.len())
}

fn detail(tagger: &Tagger, outcomes: &[Outcome], id: TrendId) -> TrendDetail {
    let scope = Scope::Trend(id);
    let calibration = CalibrationParams { bins: BINS, draws: 300, seed: 1 };
    // What a calibration would mend: the same probabilities, too sure of themselves.
    let mut before = outcomes.to_vec();
    for p in before.iter_mut().flat_map(|outcome| &mut outcome.probabilities) {
        let [yes, no] = [p.powi(2), (1.0 - *p).powi(2)];
        *p = yes / (yes + no);
    }
    TrendDetail {
        threshold: Some(tagger.decision().thresholds[id.index()]),
        curve: precision_recall(outcomes, id),
        reliability: reliability(outcomes, scope, BINS).unwrap(),
        reliability_before: reliability(&before, scope, BINS).unwrap(),
        calibration: calibration_test(outcomes, scope, &calibration).unwrap(),
    }
}

/// What limits that lie `width` to either side of the middle give.
fn triage_point(outcomes: &[Outcome], width: f64) -> TriagePoint {
    let [accept, reject] = [0.5 + width, 0.5 - width];
    let pairs = || {
        outcomes.iter().flat_map(|outcome| {
            let gold = |i| outcome.gold.contains(TrendId(i as u16));
            outcome.probabilities.iter().enumerate().map(move |(i, &p)| (p, gold(i)))
        })
    };
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    let accepted = pairs().filter(|(p, _)| *p >= accept).count();
    let rejected = pairs().filter(|(p, _)| *p < reject).count();
    let right = pairs().filter(|(p, gold)| *p >= accept && *gold).count();
    let missed = pairs().filter(|(p, gold)| *p < reject && *gold).count();
    TriagePoint {
        share_decided: share(accepted + rejected, pairs().count()).unwrap(),
        accept_precision: share(right, accepted),
        miss_rate: share(missed, pairs().filter(|(_, gold)| *gold).count()),
        accept_limit: Some(accept),
        reject_limit: Some(reject),
    }
}

fn triage(outcomes: &[Outcome]) -> TriageFigures {
    let curve: Vec<TriagePoint> =
        (1..50).map(|i| triage_point(outcomes, f64::from(i) / 100.0)).collect();
    let keeps = |p: &&TriagePoint| {
        p.accept_precision.is_some_and(|share| share >= 0.95)
            && p.miss_rate.is_some_and(|share| share <= 0.05)
    };
    let chosen = curve.iter().find(keeps).map(|&point| TriageChoice {
        point,
        least_precision: 0.95,
        most_missed: 0.05,
        confidence: 0.9,
        approximate: true,
    });
    TriageFigures { curve, chosen }
}

fn learning_curve(set: &TrainingSet<'_>, taxonomy: &Taxonomy) -> Vec<LearningPoint> {
    [100, 200, 400, set.len()]
        .into_iter()
        .map(|cases| {
            let rows: Vec<usize> = (0..cases).collect();
            let training = set.train(&rows, &params(), None, &mut |_| {}).unwrap();
            let bootstrap = BootstrapParams { resamples: 100, ..BootstrapParams::default() };
            let repeats = [training.out_of_fold];
            let found =
                intervals(&repeats, taxonomy.len(), &[Figure::MacroF1], &bootstrap).unwrap();
            let overall = metrics(&repeats[0], taxonomy).overall;
            LearningPoint {
                cases,
                macro_f1: overall.macro_average.f1,
                lower: found[0].lower,
                upper: found[0].upper,
                mean_average_precision: overall.average_precision.macro_average,
            }
        })
        .collect()
}

/// The cases with the trend that was most surely wrong.
fn mistakes(set: &TrainingSet<'_>, training: &Training) -> Vec<Mistake> {
    let tagger = &training.tagger;
    let taxonomy = tagger.taxonomy();
    let keys =
        |set: &TrendSet| set.iter().map(|id| taxonomy.key(id).to_owned()).collect::<Vec<_>>();
    let off = |outcome: &Outcome, id: TrendId| {
        let truth = if outcome.gold.contains(id) { 1.0 } else { 0.0 };
        (outcome.probabilities[id.index()] - truth).abs()
    };
    let worst =
        |outcome: &Outcome| taxonomy.iter().map(|(id, _)| off(outcome, id)).fold(0.0, f64::max);
    let mut rows: Vec<usize> = (0..set.len()).collect();
    rows.sort_by(|&a, &b| {
        worst(&training.out_of_fold[b]).total_cmp(&worst(&training.out_of_fold[a]))
    });
    let mistake = |row: usize| {
        let (case, outcome) = (set.case(row), &training.out_of_fold[row]);
        let explained = tagger.explain(&case.texts);
        let wrong = taxonomy
            .iter()
            .filter(|(id, _)| outcome.gold.contains(*id) != outcome.suggested.contains(*id))
            .map(|(id, trend)| WrongTrend {
                key: trend.key.clone(),
                probability: outcome.probabilities[id.index()],
                evidence: explained[id.index()]
                    .iter()
                    .take(4)
                    .map(|evidence| (evidence.term.clone(), evidence.contribution))
                    .collect(),
            })
            .collect();
        Mistake {
            id: case.id.clone(),
            title: case.texts[0].clone(),
            gold: keys(&outcome.gold),
            suggested: keys(&outcome.suggested),
            wrong,
            excerpt: case.texts[2].chars().take(300).chain(['…']).collect(),
        }
    };
    rows.into_iter().take(6).map(mistake).collect()
}

fn report_of(set: &TrainingSet<'_>, taxonomy: &Taxonomy) -> Report {
    let rows: Vec<usize> = (0..set.len()).collect();
    let training = set.train(&rows, &params(), None, &mut |_| {}).unwrap();
    let outcomes = &training.out_of_fold;
    let trends = taxonomy.len();
    let figures = Figure::headline_and_trends(taxonomy);
    let bootstrap = BootstrapParams { resamples: 200, ..BootstrapParams::default() };
    let frequent = most_frequent(set.gold(), trends, set.len()).unwrap();
    let random = random_by_prevalence(set.gold(), trends, set.len(), 1).unwrap();
    let terms = |(id, trend): (TrendId, &trendtag::Trend)| TrendTerms {
        key: trend.key.clone(),
        terms: training
            .tagger
            .strongest_terms(id, 12)
            .into_iter()
            .map(|(term, weight)| (term.to_owned(), weight))
            .collect(),
    };
    Report {
        title: "Evaluation of the trend tagger".into(),
        subject: "cross-validation, 5 folds x 1 repeat, seed 1".into(),
        file: "cases.csv".into(),
        taxonomy: taxonomy.clone(),
        metrics: metrics(outcomes, taxonomy),
        intervals: intervals(std::slice::from_ref(outcomes), trends, &figures, &bootstrap).unwrap(),
        baselines: vec![
            baseline("the most frequent trend", frequent, outcomes, taxonomy),
            baseline("random by prevalence", random, outcomes, taxonomy),
        ],
        human_line: Some(human_line(set, taxonomy)),
        per_trend: taxonomy.iter().map(|(id, _)| detail(&training.tagger, outcomes, id)).collect(),
        triage: Some(triage(outcomes)),
        learning_curve: learning_curve(set, taxonomy),
        co_occurrence: co_occurrence(set.gold(), trends),
        confusion: confusion(outcomes, trends),
        terms: taxonomy.iter().map(terms).collect(),
        mistakes: mistakes(set, &training),
        warnings: Vec::new(),
    }
}

#[test]
fn a_cross_validation_of_the_shipped_cases_becomes_a_page_that_says_how_good_it_is() {
    let taxonomy = Taxonomy::open(&data("taxonomy.toml")).unwrap();
    let mut options = ReadOptions::default();
    options.columns.text = params().fields.into_iter().map(|field| field.column).collect();
    let (corpus, errors) =
        Corpus::open(data("cases.csv"), &options, Some(taxonomy.clone())).unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    let set = TrainingSet::new(&corpus, &params(), None).unwrap();

    let report = report_of(&set, &taxonomy);
    let page = render(&report).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("evaluation.html");
    std::fs::write(&path, &page).unwrap();

    let f1 = report.metrics.overall.macro_average.f1.unwrap();
    let cases = set.len();
    assert!(page.contains(&format!("Macro F1 is {f1:.2} over 5 trends and {cases} cases.")));
    let missing = ["not measured.</p>", "not measured.</dd>", "not listed"];
    assert_eq!(missing.map(|words| page.contains(words)), [false; 3], "a part is missing");
    assert!(page.len() < 500_000, "{} bytes", page.len());
}
