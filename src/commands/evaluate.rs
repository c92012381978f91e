//! `trendtag evaluate`: how good a model is, or how good training on a corpus
//! would make one.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Result, ensure};
use serde_json::json;
use trendtag::Taxonomy;
use trendtag::case::Corpus;
use trendtag::evaluation::agreement::AgreementByTrend;
use trendtag::evaluation::interval::{BootstrapParams, Interval, intervals};
use trendtag::evaluation::metrics::{Figure, Metrics, MetricsParams};
use trendtag::evaluation::paired::{differences, sign_test};
use trendtag::evaluation::report::TrendTerms;
use trendtag::evaluation::{Outcome, predictions, table};
use trendtag::protocol::{self, Baseline, LearningPoint, Plan, Tested};
use trendtag::tagger::{Tagger, TrainingSet};

use super::{Failures, print, progress, say, threads, write_file};
use crate::End;
use crate::cli::{EvaluateArgs, Global};

const BAR: &str = "{bar:30} {pos}/{len} splits, {eta} left";

/// Cases of the past that a forward split must have.
const LEAST_PAST: usize = 50;

/// Shares of the training side at which the learning curve is measured.
const LEARNING_SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 1.0];

/// What was tested, and beside what it stands.
pub(crate) struct Evaluation {
    pub(crate) what: String,
    pub(crate) file: String,
    pub(crate) taxonomy: Taxonomy,
    /// Per repeat: the number of the split, and what was said of the case.
    pub(crate) repeats: Vec<Vec<(usize, Tested)>>,
    pub(crate) baselines: Vec<Baseline>,
    pub(crate) human: Option<AgreementByTrend>,
    /// Texts of the cases by id, thresholds, strongest terms and learning curve,
    /// for the page; empty where there are none.
    pub(crate) texts: BTreeMap<String, Vec<String>>,
    pub(crate) thresholds: Vec<f64>,
    pub(crate) terms: Vec<TrendTerms>,
    pub(crate) learning_curve: Vec<LearningPoint>,
    left_out: usize,
}

pub(crate) fn run(args: &EvaluateArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let mut failures = Failures::new(None, false)?;
    let evaluation = if args.cross_validate.is_some() || args.split_by.is_some() {
        retrained(args, global, &mut failures)?
    } else {
        on_file(args, &mut failures)?
    };
    let taxonomy = &evaluation.taxonomy;
    let outcomes = evaluation.outcomes();
    let metrics = mean_metrics(&outcomes, taxonomy)?;
    let figures = Figure::headline_and_trends(taxonomy);
    let intervals = intervals(&outcomes, taxonomy.len(), &figures, &BootstrapParams::default())?;

    if let Some(path) = &args.per_trend {
        write_file(path, table::per_trend_tsv(&metrics).as_bytes(), true)?;
    }
    if let Some(path) = &args.predictions {
        let rows: Vec<Vec<(usize, &Outcome)>> = (evaluation.repeats.iter())
            .map(|tested| tested.iter().map(|(split, t)| (*split, &t.outcome)).collect())
            .collect();
        write_file(path, &predictions::render(&rows, taxonomy)?, true)?;
    }
    if let Some(path) = &args.report {
        write_file(
            path,
            super::report::render(&evaluation, &metrics, &intervals)?.as_bytes(),
            true,
        )?;
    }
    let text = if args.json {
        as_json(&evaluation, &metrics, &intervals)?
    } else {
        in_words(&evaluation, &metrics, &intervals)?
    };
    print(&text)?;
    if let Some(path) = &args.against {
        print(&compared(&outcomes, &predictions::read(path, taxonomy)?, taxonomy)?)?;
    }
    failures.end()
}

/// What the model says of the labelled cases of a file.
fn on_file(args: &EvaluateArgs, failures: &mut Failures) -> Result<Evaluation> {
    let model = args.model.open()?;
    let taxonomy = model.tagger.taxonomy().clone();
    let options = args.input.options(&model.tagger.params().fields)?;
    let corpus = match &args.gold {
        None => args.labels.corpus(&args.cases, options, Some(taxonomy.clone()), failures)?,
        Some(gold) => {
            let (corpus, errors) =
                Corpus::open_with_gold(&args.cases, gold, &options, taxonomy.clone())?;
            errors.into_iter().for_each(|error| failures.add(error));
            corpus
        }
    };
    let tested = protocol::on_corpus(&model.tagger, &corpus, explained(args))?;
    Ok(Evaluation {
        what: format!("model {} on {}", model.version, args.cases.display()),
        taxonomy,
        repeats: vec![tested.into_iter().map(|tested| (0, tested)).collect()],
        baselines: Vec::new(),
        human: protocol::human(&corpus),
        file: args.cases.display().to_string(),
        texts: texts(&corpus),
        thresholds: model.tagger.decision().thresholds.clone(),
        terms: terms(&model.tagger),
        learning_curve: Vec::new(),
        left_out: corpus.unlabelled(),
    })
}

/// What models trained on parts of a corpus say of the other parts.
fn retrained(args: &EvaluateArgs, global: &Global, failures: &mut Failures) -> Result<Evaluation> {
    let params = args.params.params(&args.input);
    let search = args.params.search();
    let taxonomy = args.labels.taxonomy(&args.cases)?;
    let options = args.input.options(&params.fields)?;
    let corpus = args.labels.corpus(&args.cases, options, taxonomy, failures)?;
    let set = TrainingSet::new(&corpus, &params, search.as_ref())?;
    let seeds = (0..u64::from(args.repeats)).map(|repeat| params.seed + repeat);
    let (plans, what): (Vec<Plan>, String) = match (&args.split_by, args.cross_validate) {
        (Some(column), _) => {
            let what =
                format!("{}: train on the past, test on the next {column}", args.cases.display());
            (vec![protocol::forward(&set, column, LEAST_PAST)?], what)
        }
        (None, folds) => {
            let folds = folds.unwrap_or(5);
            let group_by = args.group_by.as_deref();
            let plan = |seed| protocol::cross_validation(&set, folds, group_by, seed);
            let grouped =
                group_by.map_or(String::new(), |column| format!(", no {column} on both sides"));
            let what = format!(
                "{}: {folds}-fold cross-validation, {} repeats{grouped}",
                args.cases.display(),
                args.repeats
            );
            (seeds.map(plan).collect::<trendtag::Result<_>>()?, what)
        }
    };
    let splits: Vec<_> = plans.iter().flat_map(|plan| plan.splits.iter().cloned()).collect();
    let bar = progress(global, splits.len() as u64, BAR);
    let explain = explained(args);
    let mut tested =
        protocol::run(&set, &splits, &params, search.as_ref(), explain, &|| bar.inc(1))?
            .into_iter();
    bar.finish_and_clear();
    let of_plan = |plan: &Plan| {
        let numbered =
            plan.splits.iter().enumerate().flat_map(|(s, split)| split.test.iter().map(move |_| s));
        numbered.zip(&mut tested).collect()
    };
    let repeats = plans.iter().map(of_plan).collect();
    let learning_curve = match plans.first() {
        Some(plan) if args.report.is_some() => {
            protocol::learning_curve(&set, &plan.splits, &params, &LEARNING_SHARES)?
        }
        _ => Vec::new(),
    };
    let of_repeats: Vec<_> = plans.iter().map(|plan| plan.splits.clone()).collect();
    Ok(Evaluation {
        what,
        repeats,
        baselines: protocol::baselines(&set, &of_repeats, params.seed)?,
        human: protocol::human(&corpus),
        file: args.cases.display().to_string(),
        texts: texts(&corpus),
        thresholds: Vec::new(),
        terms: Vec::new(),
        learning_curve,
        left_out: plans.first().map_or(0, |plan| plan.left_out) + corpus.unlabelled(),
        taxonomy: corpus.taxonomy.clone(),
    })
}

/// Pieces of evidence per suggested trend: only the page shows them.
fn explained(args: &EvaluateArgs) -> usize {
    if args.report.is_some() { 5 } else { 0 }
}

fn texts(corpus: &Corpus) -> BTreeMap<String, Vec<String>> {
    corpus.cases.iter().map(|case| (case.id.clone(), case.texts.clone())).collect()
}

fn terms(tagger: &Tagger) -> Vec<TrendTerms> {
    let of_trend = |(id, trend): (_, &trendtag::Trend)| {
        let terms = tagger.strongest_terms(id, 15).into_iter();
        TrendTerms {
            key: trend.key.clone(),
            terms: terms.map(|(term, weight)| (term.to_owned(), weight)).collect(),
        }
    };
    tagger.taxonomy().iter().map(of_trend).collect()
}

impl Evaluation {
    fn outcomes(&self) -> Vec<Vec<Outcome>> {
        let of_repeat =
            |tested: &Vec<(usize, Tested)>| tested.iter().map(|(_, t)| t.outcome.clone()).collect();
        self.repeats.iter().map(of_repeat).collect()
    }
}

pub(crate) fn mean_metrics(repeats: &[Vec<Outcome>], taxonomy: &Taxonomy) -> Result<Metrics> {
    let of_repeats = repeats.iter().map(|o| Metrics::of(o, taxonomy, &MetricsParams::default()));
    Ok(Metrics::mean(&of_repeats.collect::<trendtag::Result<Vec<_>>>()?)?)
}

fn in_words(evaluation: &Evaluation, metrics: &Metrics, intervals: &[Interval]) -> Result<String> {
    let mut out = format!("{}\n", evaluation.what);
    if evaluation.left_out > 0 {
        writeln!(
            out,
            "{} cases are left out: unlabelled, or without what the split goes by",
            evaluation.left_out
        )?;
    }
    out.push_str(&table::render(metrics, intervals));
    if !evaluation.baselines.is_empty() {
        writeln!(
            out,
            "\n{:<32} {:>8} {:>8} {:>8}",
            "for comparison", "macro F1", "micro F1", "mean AP"
        )?;
    }
    for baseline in &evaluation.baselines {
        let overall = mean_metrics(&baseline.repeats, &evaluation.taxonomy)?.overall;
        let figures =
            [overall.macro_average.f1, overall.micro.f1, overall.average_precision.macro_average];
        let [macro_f1, micro_f1, ap] = figures.map(dashed);
        writeln!(out, "{:<32} {macro_f1:>8} {micro_f1:>8} {ap:>8}", baseline.name)?;
    }
    if let Some(human) = &evaluation.human {
        let (f1, kappa) = (dashed(human.macro_average.f1), dashed(human.macro_average.kappa));
        writeln!(out, "the two annotators, mutually: macro F1 {f1}, Cohen's kappa {kappa}")?;
    }
    Ok(out)
}

fn dashed(figure: Option<f64>) -> String {
    figure.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

fn as_json(evaluation: &Evaluation, metrics: &Metrics, intervals: &[Interval]) -> Result<String> {
    let baselines = evaluation
        .baselines
        .iter()
        .map(|b| {
            Ok((
                b.name.to_owned(),
                serde_json::to_value(mean_metrics(&b.repeats, &evaluation.taxonomy)?)?,
            ))
        })
        .collect::<Result<serde_json::Map<_, _>>>()?;
    let whole = json!({
        "schema": 1,
        "evaluated": evaluation.what,
        "repeats": evaluation.repeats.len(),
        "left_out": evaluation.left_out,
        "metrics": metrics,
        "intervals": intervals,
        "baselines": baselines,
        "human": evaluation.human,
    });
    Ok(format!("{whole:#}\n"))
}

/// The paired comparison with another model's predictions on the same cases.
fn compared(ours: &[Vec<Outcome>], theirs: &[Vec<Outcome>], taxonomy: &Taxonomy) -> Result<String> {
    ensure!(!theirs.is_empty(), "there are no predictions to compare with");
    let figures =
        [Figure::MacroF1, Figure::MicroF1, Figure::MacroAveragePrecision, Figure::LogLoss];
    let found = differences(ours, theirs, taxonomy.len(), &figures, &BootstrapParams::default())?;
    let sign = sign_test(ours, theirs, taxonomy.len())?;
    let mut out = format!(
        "\n{:<26} {:>7} {:>7} {:>11}  95 % interval\n",
        "compared", "theirs", "ours", "difference"
    );
    for d in &found {
        writeln!(
            out,
            "{:<26} {:>7} {:>7} {:>11}  [{}, {}]",
            d.figure.label(taxonomy),
            dashed(d.champion),
            dashed(d.challenger),
            d.difference.map_or("-".to_owned(), |v| format!("{v:+.4}")),
            d.lower.map_or("-".to_owned(), |v| format!("{v:+.4}")),
            d.upper.map_or("-".to_owned(), |v| format!("{v:+.4}")),
        )?;
    }
    writeln!(
        out,
        "sign test: better on {} cases, worse on {}, p = {:.4}",
        sign.better, sign.worse, sign.p_value
    )?;
    if ours.len() != theirs.len() {
        say("note: the numbers of repeats differ");
    }
    Ok(out)
}
