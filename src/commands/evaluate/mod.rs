//! `trendtag evaluate`: how good a model is, or how good training on a corpus
//! would make one.

mod page;
mod text;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use trendtag::Taxonomy;
use trendtag::case::Corpus;
use trendtag::evaluation::agreement::AgreementByTrend;
use trendtag::evaluation::report::TrendTerms;
use trendtag::evaluation::{Outcome, predictions, table};
use trendtag::protocol::{self, Baseline, Findings, LearningPoint, Plan, TestedSplit};
use trendtag::tagger::{Tagger, TrainingSet};

use super::{Failures, WantedFile, print, progress, say, threads};
use crate::End;
use crate::cli::{EvaluateArgs, Global, ParamArgs};
pub(super) use text::difference_table;
use text::{as_json, compared, in_words};

const BAR: &str = "{bar:30} {pos}/{len} splits, {eta} left";

/// Cases of the past that a forward split must have.
const LEAST_PAST: usize = 50;

/// Shares of the training side at which the learning curve is measured.
const LEARNING_SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 1.0];

/// Said on the page where each split had a model of its own.
const OF_ALL_CASES: &str = "Thresholds drawn in the charts and the most informative terms are \
     those of a model that learned from all cases without search; the figures are not.";

/// What was tested, and beside what it stands.
struct Evaluation {
    what: String,
    file: String,
    taxonomy: Taxonomy,
    /// Per repeat what was said of the cases of each split.
    repeats: Vec<Vec<TestedSplit>>,
    findings: Findings,
    baselines: Vec<Baseline>,
    human: Option<AgreementByTrend>,
    /// Texts of the cases by id, thresholds, strongest terms and learning curve,
    /// for the page; empty where there are none.
    texts: BTreeMap<String, Vec<String>>,
    thresholds: Vec<f64>,
    terms: Vec<TrendTerms>,
    learning_curve: Vec<LearningPoint>,
    /// What the reader of the page should bear in mind.
    warnings: Vec<String>,
    left_out: usize,
}

pub(crate) fn run(args: &EvaluateArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let [per_trend, report, predicted] = [&args.per_trend, &args.report, &args.predictions]
        .map(|path| WantedFile::start(path.as_deref(), args.force));
    let (per_trend, report, predicted) = (per_trend?, report?, predicted?);
    let mut failures = Failures::new(None, false)?;
    let evaluation = if args.cross_validate.is_some() || args.split_by.is_some() {
        retrained(args, global, &mut failures)?
    } else {
        on_file(args, &mut failures)?
    };
    let taxonomy = &evaluation.taxonomy;
    per_trend.write(|| Ok(table::per_trend_tsv(&evaluation.findings.metrics).into_bytes()))?;
    predicted.write(|| Ok(predictions::render(&evaluation.numbered(), taxonomy)?))?;
    report.write(|| Ok(page::render(&evaluation)?.into_bytes()))?;
    print(&if args.json { as_json(&evaluation)? } else { in_words(&evaluation)? })?;
    if let Some(path) = &args.against {
        let ours = protocol::outcomes(&evaluation.repeats, |tested| tested.outcome.clone());
        let theirs = predictions::read(path, taxonomy)?;
        print(&compared(&ours, &theirs, taxonomy)?)?;
        if ours.len() != theirs.len() {
            say("note: the numbers of repeats differ");
        }
    }
    failures.end()
}

/// What the model says of the labelled cases of a file.
fn on_file(args: &EvaluateArgs, failures: &mut Failures) -> Result<Evaluation> {
    ensure!(
        args.params == ParamArgs::default(),
        "params belong to training: give them together with --cross-validate or --split-by"
    );
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
    let repeats = vec![vec![tested]];
    Ok(Evaluation {
        what: format!("model {} on {}", model.version, args.cases.display()),
        findings: Findings::of(&repeats, &taxonomy)?,
        taxonomy,
        repeats,
        baselines: Vec::new(),
        human: protocol::human(&corpus),
        file: args.cases.display().to_string(),
        texts: texts(&corpus),
        thresholds: model.tagger.decision().thresholds.clone(),
        terms: terms(&model.tagger),
        learning_curve: Vec::new(),
        warnings: Vec::new(),
        left_out: corpus.unlabelled(),
    })
}

/// What models trained on parts of a corpus say of the other parts.
fn retrained(args: &EvaluateArgs, global: &Global, failures: &mut Failures) -> Result<Evaluation> {
    let params = args.params.params(&args.input);
    let search = args.params.search();
    let taxonomy = args.labels.taxonomy(&args.cases)?;
    let options = args.input.options(&params.fields)?;
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, failures)?;
    args.labels.add_examples(&args.cases, &mut corpus, failures)?;
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
                "{}: {folds}-fold cross-validation, {} {}{grouped}",
                args.cases.display(),
                args.repeats,
                if args.repeats == 1 { "repeat" } else { "repeats" },
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
    let of_plan = |plan: &Plan| tested.by_ref().take(plan.splits.len()).collect();
    let repeats: Vec<Vec<TestedSplit>> = plans.iter().map(of_plan).collect();
    let learning_curve = match plans.first() {
        Some(plan) if args.report.is_some() => {
            protocol::learning_curve(&set, &plan.splits, &params, &LEARNING_SHARES)?
        }
        _ => Vec::new(),
    };
    let of_repeats: Vec<_> = plans.iter().map(|plan| plan.splits.clone()).collect();
    // The page needs one model to show, and says so: [`OF_ALL_CASES`].
    let whole: Vec<usize> = (0..set.len()).collect();
    let shown = match args.report {
        Some(_) => Some(set.train(&whole, &params, None, &mut |_| {})?.tagger),
        None => None,
    };
    Ok(Evaluation {
        what,
        findings: Findings::of(&repeats, &corpus.taxonomy)?,
        repeats,
        baselines: protocol::baselines(&set, &of_repeats, params.seed)?,
        human: protocol::human(&corpus),
        file: args.cases.display().to_string(),
        texts: texts(&corpus),
        thresholds: shown.as_ref().map_or(Vec::new(), |t| t.decision().thresholds.clone()),
        terms: shown.as_ref().map_or(Vec::new(), terms),
        learning_curve,
        warnings: vec![OF_ALL_CASES.to_owned()],
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
    /// Per repeat each outcome with the number of its split.
    fn numbered(&self) -> Vec<Vec<(usize, &Outcome)>> {
        self.repeats
            .iter()
            .map(|splits| {
                let numbered = splits.iter().enumerate();
                numbered
                    .flat_map(|(s, split)| split.cases.iter().map(move |t| (s, &t.outcome)))
                    .collect()
            })
            .collect()
    }
}
