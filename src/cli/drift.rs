//! `trendtag drift`: how far a batch is from the cases the model learned from.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use trendtag::Error;
use trendtag::evaluate::drift::{Drift, DriftParams, DriftVerdict};
use trendtag::evaluate::table::aligned;
use trendtag::pages;
use trendtag::tables::{Fields, MissingText, ReadOptions, Rows};
use trendtag::tagger::{Corpus, Model, fingerprint};
use trendtag::versions::registry::Registry;

use super::inputs::{InputArgs, ModelArgs, expand, one_of};
use super::outputs::{Failures, FiguresArgs, FindingsArgs, PageArgs, WantedFile, print_found, say};
use super::{End, Global};

/// Report how far a batch is from the cases the model learned from
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag drift submissions.csv --html drift.html\n\nSee all flags and examples with: trendtag drift --help",
    after_long_help = "Examples:\n  trendtag drift submissions.csv --html drift.html\n  trendtag drift submissions.csv --fail-on retrain\n\nEach measure is rated fine, watch or retrain. The limits come from batches of the same size that\nare drawn from the training cases: 95 % of these are rated fine on all measures."
)]
pub(crate) struct Arguments {
    /// Files of the batch
    #[arg(required = true, value_name = "BATCH")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    found: FindingsArgs,
    #[command(flatten)]
    figures: FiguresArgs,
    #[command(flatten)]
    page: PageArgs,
    /// Exit with code 3 if a measure has this rating or a worse one
    #[arg(long, value_name = "watch|retrain", hide_possible_values = true, value_parser = one_of::<DriftVerdict>(["watch", "retrain"]))]
    fail_on: Option<DriftVerdict>,
    #[command(flatten)]
    corpus: LearnedFromArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    input: InputArgs,
}

/// The cases that a batch is compared with.
#[derive(Args)]
pub(super) struct LearnedFromArgs {
    /// Labelled cases that the model learned from
    ///
    /// Cases of a blind check are left out. The default is the cases stored with the champion
    /// that --model names, or data/cases.csv for a model file and the built-in model.
    #[arg(hide_short_help = true, long, help_heading = "Model", value_name = "CASES")]
    learned_from: Option<PathBuf>,
}

impl LearnedFromArgs {
    /// Whether a file is named.
    pub(super) fn is_named(&self) -> bool {
        self.learned_from.is_some()
    }
}

/// The default file of cases.
const CASES: &str = "data/cases.csv";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let page = WantedFile::start(args.found.html.as_deref(), args.found.force)?;
    args.figures.check(args.found.force)?;
    let model = args.model.open(global)?;
    let mut failures = Failures::new(None, false)?;
    let options = args.input.options(&model.tagger.params().fields, global)?;
    let corpus = learned_from(&model, args.model.name(global), &args.corpus, &mut failures)?;
    let mut heard = |heard: Heard<'_>| match heard {
        Heard::Opened(rows) => global.notes(rows.notes()),
        Heard::Failed(error) => failures.add(error),
    };
    let files = expand(&args.inputs)?;
    let found = of_files(&files, &model, &corpus, &options, &mut heard)?;
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let (batch, cover) = (names.join(", "), args.page.cover());
    page.write(|| Ok(pages::drift::render(&found, &batch, &model.version, &cover)?))?;
    args.figures.write(|| Ok(pages::drift::figures(&found)))?;
    print_found(&found, args.found.json, || Ok(in_words(&found)))?;
    match args.fail_on {
        Some(verdict) if found.verdict >= verdict => Ok(End::ConditionHolds),
        _ => failures.end(),
    }
}

/// Events that occur while files are read.
pub(super) enum Heard<'r> {
    Opened(&'r Rows),
    Failed(Error),
}

/// Measures the drift of files. Calls `heard` for each file and for each row that cannot
/// be read.
pub(super) fn of_files(
    inputs: &[PathBuf],
    model: &Model,
    corpus: &Corpus,
    options: &ReadOptions,
    heard: &mut dyn FnMut(Heard<'_>),
) -> Result<Drift> {
    let mut batch = Vec::new();
    for path in inputs {
        let mut rows = Rows::open(path, options)?;
        heard(Heard::Opened(&rows));
        let fields = Fields::of(&rows, &options.columns)?;
        let mut failed = |error| heard(Heard::Failed(error));
        while let Some(row) = rows.next_readable(&mut failed)? {
            batch.push(fields.owned_texts(&row));
        }
    }
    Ok(Drift::of(&model.tagger, corpus, &batch, &DriftParams::default())?)
}

/// Returns the cases that the model learned from: those of the flag, those stored with
/// the champion, or those of the project.
pub(super) fn learned_from(
    model: &Model,
    named: Option<&Path>,
    corpus: &LearnedFromArgs,
    failures: &mut Failures,
) -> Result<Corpus> {
    if let (None, Some(name)) = (&corpus.learned_from, named)
        && !name.is_file()
    {
        return Ok(Registry::at(name).cases(model)?);
    }
    let path = corpus.learned_from.as_deref().unwrap_or(Path::new(CASES));
    let mut options = ReadOptions::default();
    options.columns.text = model.tagger.params().text_columns();
    // The fingerprint shows whether cases are missing.
    options.columns.missing_text = MissingText::Allow;
    let taxonomy = Some(model.tagger.taxonomy().clone());
    let read = Corpus::open(path, &options, taxonomy)
        .context("name the labelled cases that the model learned from with --learned-from")?;
    let mut found = failures.keep(read);
    found.leave_out_audit();
    if fingerprint(&found) != model.tagger.training().fingerprint {
        say(&format!(
            "note: the cases in {} differ from those that the model learned from",
            path.display()
        ));
    }
    Ok(found)
}

pub(super) fn in_words(drift: &Drift) -> String {
    let mut out = format!(
        "drift: {} ({} cases, compared as batches of {})\n",
        drift.verdict.word(),
        drift.cases,
        drift.compared
    );
    let mut rows = vec![["measure", "value", "usual", "limit", "verdict"].map(str::to_owned)];
    for finding in &drift.findings {
        let [value, usual, limit] =
            [finding.value, finding.usual, finding.limit].map(|number| format!("{number:.3}"));
        let verdict = finding.verdict.word().to_owned();
        rows.push([finding.measure.label().to_owned(), value, usual, limit, verdict]);
    }
    out.push_str(&aligned(&rows));
    if !drift.expected_f1_holds {
        out.push_str(
            "  The macro F1 to be expected is not rated: it rests on probabilities that hold for cases \
             like those learned from. This batch is of another kind, so expect less, and measure it on \
             a blind check.\n",
        );
    }
    if drift.verdict > DriftVerdict::Fine {
        for cause in &drift.causes {
            _ = writeln!(out, "  {}", cause.in_words());
        }
        let terms = drift.telling_terms.iter().map(|(term, batch, corpus)| {
            format!("{term} ({:.0} %, {:.0} %)", 100.0 * batch, 100.0 * corpus)
        });
        let terms = terms.collect::<Vec<_>>().join(", ");
        if !terms.is_empty() {
            _ = writeln!(
                out,
                "  distinctive words (share of its cases, share of the training cases): {terms}"
            );
        }
    }
    if !drift.new_terms.is_empty() {
        let terms = drift.new_terms.iter().map(|(term, cases)| format!("{term} {cases}"));
        _ = writeln!(out, "  new terms (cases): {}", terms.collect::<Vec<_>>().join(", "));
    }
    out
}
