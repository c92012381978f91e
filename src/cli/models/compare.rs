//! `trendtag models compare`: two versions side by side.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use trendtag::evaluate::Learned;
use trendtag::evaluate::interval::BootstrapParams;
use trendtag::evaluate::paired::differences;
use trendtag::evaluate::protocol::{mean_metrics, on_corpus};
use trendtag::evaluate::shared::SharedTrends;
use trendtag::evaluate::table::{aligned, differences_table, number};
use trendtag::metrics::{Figure, Metrics, Outcome};
use trendtag::tables::{Columns, ReadOptions, Rows, find_column};
use trendtag::tagger::{Corpus, Model};
use trendtag::versions::registry::Record;
use trendtag::{Taxonomy, TrendSet};

use super::decisions;
use crate::cli::outputs::{Failures, print};
use crate::cli::versions::RegistryArgs;
use crate::cli::{End, Global};

/// Compare two versions: their figures and parameters, or their suggestions for a file of
/// cases
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models compare 1a2b 3c4d --model mine --on new-cases.csv\n  trendtag models compare 1a2b built-in --model mine"
)]
pub(super) struct Arguments {
    /// One version, a model file, or built-in
    #[arg(value_name = "A")]
    a: String,
    /// The other version
    #[arg(value_name = "B")]
    b: String,
    /// Cases that neither version has learned from
    ///
    /// If they are labelled, this prints paired differences. Otherwise, it lists the cases
    /// with different suggestions.
    #[arg(long, value_name = "CASES")]
    on: Option<PathBuf>,
    /// Column with the labels, separated by ";" [default: trends]
    #[arg(long, value_name = "NAME", requires = "on")]
    trends_column: Option<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let mut failures = Failures::new(None, false)?;
    let registry = args.registry.or_built_in(global)?;
    let (a, of_a) = registry.named(&args.a)?;
    let (b, of_b) = registry.named(&args.b)?;
    print(&match &args.on {
        None => recorded((&a, of_a), (&b, of_b))?,
        Some(cases) => measured(&a, &b, cases, args.trends_column.as_deref(), &mut failures)?,
    })?;
    failures.end()
}

/// Returns the recorded figures side by side, and the params that differ.
fn recorded((a, of_a): (&Model, Record), (b, of_b): (&Model, Record)) -> Result<String> {
    let records = [of_a, of_b];
    let of_both = |of: &dyn Fn(&Record) -> String| [of(&records[0]), of(&records[1])];
    let within = |record: &Record| {
        let model = if record.version == a.version { a } else { b };
        model.tagger.training().quality.overall.clone()
    };
    let quality = |record: &Record| {
        record.quality.as_ref().map_or_else(|| within(record), |q| q.metrics.overall.clone())
    };
    let mut rows = vec![
        ("cases".to_owned(), of_both(&|r| r.data.cases.to_string())),
        ("of which decisions".to_owned(), of_both(&|r| decisions(r).to_string())),
        ("macro F1".to_owned(), of_both(&|r| number(quality(r).macro_average.f1))),
        (
            "mean average precision".to_owned(),
            of_both(&|r| number(quality(r).average_precision.macro_average)),
        ),
        (
            "calibration error".to_owned(),
            of_both(&|r| number(quality(r).calibration_error.macro_average)),
        ),
        ("terms".to_owned(), [a, b].map(|m| m.tagger.features().len().to_string())),
    ];
    // The models may have different trends, or the same trends in another order.
    let keys = |model: &Model| model.tagger.taxonomy().iter().map(|(_, t)| t.key.clone()).collect();
    let (mut all, others): (Vec<String>, Vec<String>) = (keys(a), keys(b));
    all.extend(others.into_iter().filter(|key| a.tagger.taxonomy().id(key).is_none()));
    for key in all {
        let threshold = |model: &Model| {
            let id = model.tagger.taxonomy().id(&key);
            number(id.map(|id| model.tagger.decision().thresholds[id.index()]))
        };
        rows.push((format!("threshold of {key}"), [a, b].map(threshold)));
    }
    let params = |model: &Model| serde_json::to_value(model.tagger.params());
    different("", &params(a)?, &params(b)?, &mut rows);
    let head = [String::new(), a.version.clone(), b.version.clone()];
    let rows: Vec<_> =
        std::iter::once(head).chain(rows.into_iter().map(|(name, [a, b])| [name, a, b])).collect();
    let mut out = aligned(&rows);
    out.push_str(
        "\nFigures are those recorded with each version, on its own folds. --on CASES compares both \
         on the same cases.\n",
    );
    Ok(out)
}

/// The params in which two models differ.
fn different(
    name: &str,
    a: &serde_json::Value,
    b: &serde_json::Value,
    rows: &mut Vec<(String, [String; 2])>,
) {
    match (a.as_object(), b.as_object()) {
        (Some(first), Some(_)) => {
            for key in first.keys() {
                let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                different(&path, &a[key], &b[key], rows);
            }
        }
        _ if a != b => rows.push((name.to_owned(), [a.to_string(), b.to_string()])),
        _ => {}
    }
}

/// Returns whether the file contains any label. A column that the user names must exist.
fn has_labels(cases: &Path, trends_column: Option<&str>) -> Result<bool> {
    if trends_column.is_some() {
        return Ok(true);
    }
    let mut rows = Rows::open(cases, &ReadOptions::default())?;
    rows.look_ahead(usize::MAX);
    let column = Columns::default().trends;
    let Some(at) = find_column(rows.columns(), &column) else { return Ok(false) };
    let column = rows.columns()[at].clone();
    while let Some(row) = rows.next_readable(&mut |_| {})? {
        if row.get(&column).is_none_or(|cell| !cell.trim().is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Prints the paired differences between the two models on labelled cases.
fn measured(
    a: &Model,
    b: &Model,
    cases: &Path,
    trends_column: Option<&str>,
    failures: &mut Failures,
) -> Result<String> {
    let (earlier, later) = (a.tagger.taxonomy(), b.tagger.taxonomy());
    let shared = SharedTrends::between(earlier, later);
    let taxonomy = &shared[1].taxonomy;
    let all = SharedTrends::all_of(earlier, later);
    let columns = |model: &Model| model.tagger.params().text_columns();
    let read = |model: &Model| {
        let mut options = ReadOptions::default();
        options.columns.text = columns(model);
        if let Some(trends) = trends_column {
            options.columns.trends = trends.to_owned();
        }
        Corpus::open(cases, &options, Some(all.clone()))
    };
    if !has_labels(cases, trends_column)? {
        return super::suggestions::compared(a, b, cases, &ReadOptions::default(), failures);
    }
    ensure!(!taxonomy.is_empty(), "{} and {} have no trend in common", a.version, b.version);
    let corpus = failures.keep(read(a)?);
    // The same rows fail for both models.
    let other = (columns(a) != columns(b)).then(|| read(b)).transpose()?.map(|(other, _)| other);
    let corpora = [&corpus, other.as_ref().unwrap_or(&corpus)];
    let models = [a, b];
    let of_model = |side: usize| -> Result<Vec<Outcome>> {
        let tagger = &models[side].tagger;
        let (own, _) = corpora[side].under(tagger.taxonomy());
        let tested = on_corpus(tagger, &own, 0)?;
        Ok(tested.cases.into_iter().map(|tested| tested.outcome).collect())
    };
    let said = [of_model(0)?, of_model(1)?];
    // Labels were read under the names of both.
    let [_, gold] = SharedTrends::between(taxonomy, &all);
    let outcomes =
        |side: usize, of_side: &dyn Fn(&Outcome) -> Outcome, gold: &SharedTrends| -> Vec<Outcome> {
            let labels = corpora[side].cases.iter().filter_map(|case| case.gold.as_ref());
            let outcome = |(outcome, labels): (&Outcome, &TrendSet)| Outcome {
                gold: gold.set(labels),
                ..of_side(outcome)
            };
            said[side].iter().zip(labels).map(outcome).collect()
        };
    let figures = Figure::headline_and_trends(taxonomy);
    let [ours, theirs] =
        [1, 0].map(|side| vec![outcomes(side, &|o| shared[side].outcome(o), &gold)]);
    let found = differences(&ours, &theirs, taxonomy.len(), &figures, &BootstrapParams::default())?;
    let mut out = String::new();
    for (model, corpus) in models.iter().zip(corpora) {
        let caution = Learned::of(&model.tagger, corpus).caution(&model.version);
        caution.iter().for_each(|caution| out.push_str(&format!("{caution}\n")));
    }
    let name = cases.display().to_string();
    let head = [&name, a.version.as_str(), b.version.as_str(), "difference", "95 % interval"];
    out.push_str(&format!("\n{}", differences_table(head, &found, taxonomy)));
    for (side, model) in models.iter().enumerate() {
        let alone = shared[side].others(model.tagger.taxonomy());
        let [known, gold] = SharedTrends::between(&alone.taxonomy, &all);
        if known.taxonomy.is_empty() {
            continue;
        }
        let outcomes = outcomes(side, &|o| known.outcome(&alone.outcome(o)), &gold);
        let metrics = mean_metrics(&[outcomes], &known.taxonomy)?;
        out.push_str(&format!("\n{}", alone_in_words(&model.version, &metrics, &known.taxonomy)));
    }
    Ok(out)
}

/// Returns the trends that only one model knows, with its figures.
fn alone_in_words(version: &str, metrics: &Metrics, taxonomy: &Taxonomy) -> String {
    let head = format!("only known to {version}");
    let mut rows = vec![[head.as_str(), "cases", "F1", "average precision"].map(str::to_owned)];
    rows.extend(taxonomy.iter().zip(&metrics.per_trend).map(|((id, _), trend)| {
        let name = taxonomy.label(id).to_owned();
        let cases = trend.support.to_string();
        [name, cases, number(trend.f1), number(trend.average_precision)]
    }));
    aligned(&rows)
}
