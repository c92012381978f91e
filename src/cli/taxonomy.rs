//! `trendtag taxonomy`: starts a taxonomy for the user's own labels, and checks one.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use trendtag::Taxonomy;
use trendtag::evaluate::taxonomy_check::{
    Severity, TaxonomyCheckParams, TaxonomyFinding, check_taxonomy,
};
use trendtag::tables::{open_examples, unknown_labels};
use trendtag::taxonomy::Starter;
use trendtag::text::Language;

use super::inputs::{InputArgs, LabelColumnArgs, is_pipe, one_of};
use super::outputs::{Failures, WantedFile, print, print_found};
use super::recipe::language;
use super::{End, Global};

/// Start a taxonomy for your own labels, or check one
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag taxonomy new \"Street lighting\" Waste Noise -o my-labels\n  trendtag taxonomy check my-labels/taxonomy.toml"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(NewArguments),
    Check(Box<CheckArguments>),
}

/// Write a commented taxonomy.toml and an examples.csv to fill in
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag taxonomy new \"Street lighting\" Waste Noise -o my-labels\n  trendtag taxonomy new --names labels.txt -o my-labels"
)]
struct NewArguments {
    /// The names of the labels
    #[arg(value_name = "NAME")]
    labels: Vec<String>,
    /// File with the names of the labels, one per line; - means standard input
    #[arg(long, value_name = "FILE", conflicts_with = "labels")]
    names: Option<PathBuf>,
    /// Folder to write to; it is created if it does not exist
    #[arg(long, short, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// Replace existing files
    #[arg(long)]
    force: bool,
}

/// Report duplicate keys, missing definitions, missing, contradictory or overlapping
/// examples, and labels in a file that the taxonomy does not contain
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag taxonomy check data/taxonomy.toml\n\nSee all flags and examples with: trendtag taxonomy check --help",
    after_long_help = "Examples:\n  trendtag taxonomy check data/taxonomy.toml\n  trendtag taxonomy check taxonomy.toml --cases cases.csv --fail-on error\n\nAn error prevents training or loses labels. A warning makes the model worse than it could be."
)]
struct CheckArguments {
    /// Taxonomy file
    #[arg(value_name = "TAXONOMY", default_value = "data/taxonomy.toml")]
    taxonomy: PathBuf,
    /// Short example texts for each trend
    ///
    /// The file has the columns trends and text. The default is examples.csv beside the
    /// taxonomy, if there is one.
    #[arg(long, value_name = "FILE")]
    examples: Option<PathBuf>,
    /// Labelled cases; labels that the taxonomy lacks are reported
    #[arg(long, value_name = "CASES")]
    cases: Option<PathBuf>,
    /// Language of the examples
    #[arg(long, value_name = "LANGUAGE", value_parser = language())]
    language: Option<Language>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Exit with code 3 if there is a finding of this severity or worse
    #[arg(long, value_name = "warning|error", hide_possible_values = true, value_parser = one_of::<Severity>(["warning", "error"]))]
    fail_on: Option<Severity>,
    #[command(flatten)]
    labels: LabelColumnArgs,
    #[command(flatten)]
    input: InputArgs,
}

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    match &args.command {
        Command::New(args) => new(args, global),
        Command::Check(args) => check(args, global),
    }
}

fn new(args: &NewArguments, global: &Global) -> Result<End> {
    let names = match &args.names {
        Some(path) => names_in(path)?,
        None => args.labels.clone(),
    };
    ensure!(
        !names.is_empty(),
        "give the names of the labels, or --names FILE with one on each line"
    );
    let starter = Starter::of_names(&names)?;
    std::fs::create_dir_all(&args.output).with_context(|| args.output.display().to_string())?;
    let [taxonomy, examples] = ["taxonomy.toml", "examples.csv"].map(|name| args.output.join(name));
    // Both files are created before either gets its name, so that neither replaces a file
    // without --force.
    let wanted = [&taxonomy, &examples].map(|path| WantedFile::start(Some(path), args.force));
    let [to_taxonomy, to_examples] = wanted;
    let (to_taxonomy, to_examples) = (to_taxonomy?, to_examples?);
    to_taxonomy.write(|| Ok(starter.taxonomy))?;
    to_examples.write(|| Ok(starter.examples))?;
    if !global.quiet {
        let (taxonomy, examples) = (taxonomy.display(), examples.display());
        print(&format!(
            "Wrote {taxonomy} and {examples}.\nNext: fill in the definitions and at least {} short \
             examples of each label, then\n  trendtag taxonomy check {taxonomy}\n  trendtag train \
             --taxonomy {taxonomy} --examples {examples} -o mine.safetensors\n",
            TaxonomyCheckParams::default().least_examples
        ))?;
    }
    Ok(End::Done)
}

/// Returns the lines of a file that are not blank.
fn names_in(path: &Path) -> Result<Vec<String>> {
    let mut text = String::new();
    if is_pipe(path) {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    }
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn check(args: &CheckArguments, global: &Global) -> Result<End> {
    let mut failures = Failures::new(None, false)?;
    let (taxonomy, faults) = Taxonomy::open_with_faults(&args.taxonomy)?;
    let beside = args.taxonomy.with_file_name("examples.csv");
    let path = args.examples.as_ref().or(Some(&beside).filter(|path| path.is_file()));
    let examples = match path {
        Some(path) => failures.keep(open_examples(path, &taxonomy)?),
        None => Vec::new(),
    };
    let unknown = match &args.cases {
        Some(path) => {
            let mut options = args.input.options(&args.input.params(global).fields, global)?;
            args.labels.name(&mut options.columns);
            failures.keep(unknown_labels(path, &options, &taxonomy)?)
        }
        None => BTreeMap::new(),
    };
    let mut params = TaxonomyCheckParams::default();
    if let Some(language) = args.language.or(global.config.language) {
        params.language = language;
    }
    let found = check_taxonomy((&taxonomy, &faults), &examples, &unknown, &params);
    print_found(&found, args.json, || {
        let name = args.taxonomy.display();
        let (trends, examples) = (taxonomy.len(), examples.len());
        Ok(format!("{name}: {trends} trends, {examples} examples\n{}", in_words(&found)))
    })?;
    let worst = found.iter().map(|finding| finding.severity).max();
    match args.fail_on {
        Some(severity) if worst >= Some(severity) => Ok(End::ConditionHolds),
        _ => failures.end(),
    }
}

fn in_words(found: &[TaxonomyFinding]) -> String {
    if found.is_empty() {
        return "no problems found\n".to_owned();
    }
    let line = |finding: &TaxonomyFinding| match finding.severity {
        Severity::Error => format!("error: {}\n", finding.words),
        Severity::Warning => format!("warning: {}\n", finding.words),
    };
    found.iter().map(line).collect()
}
