//! Measures the contribution of each part of the recipe: nested cross-validation without
//! one part at a time, compared with the whole recipe on the same folds. `cargo bench
//! --bench ablation` prints a Markdown table: macro F1, mean average precision (MAP) and
//! log loss on all cases, log loss and calibration error on long ones (350 words or more),
//! each with the paired difference to the whole recipe and its 95 % bootstrap interval. A
//! difference in bold means that the part helps: its interval does not contain 0. 5 folds,
//! 4 repeats, without search, so that the change is not undone.

// A step that fails here ends the bench.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trendtag::evaluate::interval::BootstrapParams;
use trendtag::evaluate::paired::differences;
use trendtag::evaluate::protocol::{self, cross_validation};
use trendtag::metrics::calibration::{Bin, Scope, reliability};
use trendtag::metrics::{Figure, Outcome, mean_over_repeats};
use trendtag::tables::{ReadOptions, open_examples};
use trendtag::text::Normalised;
use trendtag::{Corpus, TaggerParams, Taxonomy, TrainingSet};

const FOLDS: usize = 5;
const REPEATS: u64 = 4;
const LONG: usize = 350;
const BINS: usize = 10;
const RESAMPLES: u32 = 2000;

/// A part of the recipe by name, and how to remove it.
type Part = (&'static str, fn(&mut TaggerParams));

const PARTS: [Part; 10] = [
    ("examples", |p| p.examples = 0.0),
    ("definitions", |p| p.definitions = 0),
    ("the set prior", |p| p.set_prior = false),
    ("windows of 200 words", |p| p.features.window = None),
    ("field weights 3/2/1", |p| p.fields.iter_mut().for_each(|field| field.weight = 1.0)),
    ("the stop list", |p| p.features.text.stop_words = false),
    ("character n-grams", |p| p.features.subwords = None),
    ("pairs of words", |p| p.features.words.ngrams = (1, 1)),
    ("stems", |p| p.features.text.stemming = false),
    ("sublinear tf", |p| p.features.words.sublinear_tf = false),
];

/// The predictions for all cases, one set per repeat, and for the long ones.
struct Said {
    all: Vec<Vec<Outcome>>,
    long: Vec<Vec<Outcome>>,
}

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let cases = data.join("cases.csv");
    let mut corpus = Corpus::open(cases, &ReadOptions::default(), Some(taxonomy)).unwrap().0;
    corpus.examples = open_examples(data.join("examples.csv"), &corpus.taxonomy).unwrap().0;
    let words = |texts: &[String]| -> usize {
        texts.iter().map(|text| Normalised::new(text).tokens().count()).sum()
    };
    let long = corpus.cases.iter().filter(|case| words(&case.texts) >= LONG);
    let long: BTreeSet<String> = long.map(|case| case.id.clone()).collect();

    let whole = TaggerParams::default();
    let reference = said(&corpus, &whole, &long);
    println!(
        "{} cases, {} of them long\n\n| recipe | macro F1 | MAP | log loss | log loss, long | \
         calibration error, long |\n|---|---|---|---|---|---|",
        corpus.cases.len(),
        long.len()
    );
    row("whole", &reference, None, corpus.taxonomy.len());
    for (name, without) in PARTS {
        let mut params = whole.clone();
        without(&mut params);
        assert_ne!(params, whole, "the recipe has no {name}");
        let changed = said(&corpus, &params, &long);
        row(&format!("without {name}"), &changed, Some(&reference), corpus.taxonomy.len());
    }
}

fn said(corpus: &Corpus, params: &TaggerParams, long: &BTreeSet<String>) -> Said {
    let set = TrainingSet::new(corpus, params.clone().check().unwrap().quick()).unwrap();
    let of_repeat = |repeat| {
        let plan = cross_validation(&set, FOLDS, None, params.seed + repeat).unwrap();
        protocol::run(&set, &plan.splits, 0, &|| {}).unwrap()
    };
    let repeats: Vec<_> = (0..REPEATS).map(of_repeat).collect();
    let all = protocol::outcomes(&repeats, |tested| tested.outcome.clone());
    let of_long = |outcomes: &Vec<Outcome>| -> Vec<Outcome> {
        outcomes.iter().filter(|outcome| long.contains(&outcome.id)).cloned().collect()
    };
    Said { long: all.iter().map(of_long).collect(), all }
}

fn row(name: &str, changed: &Said, reference: Option<&Said>, trends: usize) {
    let base = reference.unwrap_or(changed);
    let figures = |changed, base, figures: &[Figure]| {
        differences(changed, base, trends, figures, &BootstrapParams::default()).unwrap()
    };
    let mut found = figures(
        &changed.all,
        &base.all,
        &[Figure::MacroF1, Figure::MacroAveragePrecision, Figure::LogLoss],
    );
    found.extend(figures(&changed.long, &base.long, &[Figure::LogLoss]));
    let mut cells: Vec<String> = found
        .iter()
        .map(|d| {
            let [value, difference, lower, upper] =
                [d.challenger, d.difference, d.lower, d.upper].map(Option::unwrap);
            let sign = if d.figure.higher_is_better() { -1.0 } else { 1.0 };
            cell(value, difference, [lower, upper], sign, reference.is_some())
        })
        .collect();
    let [value, difference, lower, upper] = calibration(&changed.long, &base.long);
    cells.push(cell(value, difference, [lower, upper], 1.0, reference.is_some()));
    println!("| {name} | {} |", cells.join(" | "));
}

/// Formats a figure without a part, and its difference from the whole recipe: in bold if it
/// is significantly worse.
fn cell(value: f64, difference: f64, limits: [f64; 2], worse: f64, compared: bool) -> String {
    if !compared {
        return format!("{value:.3}");
    }
    let [lower, upper] = limits;
    let text = format!("{difference:+.3} [{lower:+.3}, {upper:+.3}]");
    let pays = limits.iter().all(|limit| limit * worse > 0.0);
    if pays { format!("{value:.3} **{text}**") } else { format!("{value:.3} {text}") }
}

/// Returns the calibration error of mean probabilities, its difference to the reference, and the
/// paired bootstrap limits of that.
fn calibration(changed: &[Vec<Outcome>], base: &[Vec<Outcome>]) -> [f64; 4] {
    let [changed, base] = [changed, base].map(mean_over_repeats);
    let error = |outcomes: &[Outcome]| -> f64 {
        let bins = reliability(outcomes, Scope::All, BINS).unwrap();
        let total: f64 = bins.iter().map(|bin| bin.n as f64).sum();
        let gap = |bin: &Bin| (bin.mean_probability - bin.share_positive).abs() * bin.n as f64;
        bins.iter().map(gap).sum::<f64>() / total
    };
    let found = error(&changed);
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let drawn = (0..RESAMPLES).map(|_| {
        let rows: Vec<usize> =
            changed.iter().map(|_| random.random_range(0..changed.len())).collect();
        let of = |all: &[Outcome]| -> f64 {
            // A case that is drawn twice counts as two cases.
            let numbered = rows.iter().enumerate();
            let drawn = numbered.map(|(i, &row)| Outcome { id: i.to_string(), ..all[row].clone() });
            error(&drawn.collect::<Vec<_>>())
        };
        of(&changed) - of(&base)
    });
    let mut drawn: Vec<f64> = drawn.collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| drawn[(share * (drawn.len() - 1) as f64).round() as usize];
    [found, found - error(&base), at(0.025), at(0.975)]
}
