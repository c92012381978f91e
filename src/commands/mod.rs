//! What the commands share: opening what the flags name, and talking to the
//! user on standard error.

pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod drift;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod models;
pub(crate) mod report;
pub(crate) mod retrain;
pub(crate) mod review;
pub(crate) mod simulate;
pub(crate) mod table;
pub(crate) mod tag;
pub(crate) mod train;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use trendtag::artifact::Model;
use trendtag::tables::{Columns, ReadOptions, open_examples};
use trendtag::tagger::Corpus;
use trendtag::output::Output;
use trendtag::tagger::{SearchSpace, TaggerParams, TextField};
use trendtag::{Error, Taxonomy};

use crate::End;
use crate::cli::{Global, InputArgs, LabelArgs, ModelArgs, ParamArgs};

/// Writes a line to standard error; nobody is left to hear if that fails.
pub(crate) fn say(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// What is printed where JSON is asked for.
pub(crate) fn in_json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Sets up as many threads as wanted; returns their number.
pub(crate) fn threads(global: &Global) -> Result<usize> {
    let jobs = global
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global()?;
    Ok(jobs)
}

/// The files that names and patterns stand for, in the order given; those of a
/// pattern in that of the alphabet.
pub(crate) fn expand(names: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in names {
        let pattern = name.to_str().filter(|text| text.contains(['*', '?', '[']));
        match pattern {
            Some(pattern) if !name.exists() => {
                let found =
                    glob::glob(pattern).with_context(|| format!("{pattern}: no pattern"))?;
                let before = files.len();
                for file in found {
                    let file = file?;
                    if file.is_file() {
                        files.push(file);
                    }
                }
                anyhow::ensure!(files.len() > before, "{pattern}: no file has such a name");
            }
            _ => files.push(name.clone()),
        }
    }
    // Said now rather than after an hour of work on the files before it.
    for file in files.iter().filter(|file| file.as_os_str() != "-") {
        std::fs::metadata(file).with_context(|| file.display().to_string())?;
    }
    Ok(files)
}

/// Takes the audit of a review out of the cases to learn from.
pub(crate) fn leave_out_audit(corpus: &mut Corpus, global: &Global) {
    let audit = corpus.leave_out_audit();
    if audit > 0 && !global.quiet {
        say(&format!("{audit} cases of an audit are left out: they measure, they do not teach"));
    }
}

/// A progress bar on a terminal, nothing elsewhere.
pub(crate) fn progress(global: &Global, length: u64, template: &str) -> ProgressBar {
    if global.quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_style(style)
}

impl ModelArgs {
    pub(crate) fn open(&self) -> Result<Model> {
        Ok(match &self.model {
            Some(name) => trendtag::registry::open_model(name)?,
            None => Model::built_in()?,
        })
    }
}

impl InputArgs {
    /// The default params, reading the text columns that the flags name.
    pub(crate) fn recipe(&self) -> TaggerParams {
        let mut params = TaggerParams::default();
        if let Some(columns) = &self.text_columns {
            params.fields = TextField::of_columns(columns);
        }
        params
    }

    /// How to read a file; the text columns not named are the model's.
    pub(crate) fn options(&self, text_columns: &[TextField]) -> Result<ReadOptions> {
        let mut options = ReadOptions {
            format: self.format,
            delimiter: self.delimiter,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            ..Default::default()
        };
        options.columns.text = self.text_columns(text_columns);
        if let Some(id) = &self.id_column {
            options.columns.id.clone_from(id);
        }
        let (given, read) = (options.columns.text.len(), text_columns.len());
        anyhow::ensure!(
            given <= read,
            "--text-columns names {given} columns, the model reads {read}; name as many at most"
        );
        Ok(options)
    }

    fn text_columns(&self, otherwise: &[TextField]) -> Vec<String> {
        match &self.text_columns {
            Some(columns) => columns.clone(),
            None => otherwise.iter().map(|field| field.column.clone()).collect(),
        }
    }
}

impl LabelArgs {
    /// The label set: named, found beside the cases, or none.
    pub(crate) fn taxonomy(&self, cases: &Path) -> Result<Option<Taxonomy>> {
        if self.no_taxonomy {
            return Ok(None);
        }
        if let Some(path) = &self.taxonomy {
            return Ok(Some(Taxonomy::open(path)?));
        }
        let beside = cases.with_file_name("taxonomy.toml");
        Ok(if beside.is_file() { Some(Taxonomy::open(&beside)?) } else { None })
    }

    /// Adds the examples to learn from: those of the file that is named, or of the
    /// file beside the taxonomy, if there is one.
    pub(crate) fn add_examples(
        &self,
        cases: &Path,
        corpus: &mut Corpus,
        failures: &mut Failures,
    ) -> Result<()> {
        if self.no_examples || self.examples.is_none() && self.no_taxonomy {
            return Ok(());
        }
        let taxonomy = self.taxonomy.as_deref().unwrap_or(cases);
        let beside = taxonomy.with_file_name("examples.csv");
        let path = match &self.examples {
            Some(path) => path,
            None if beside.is_file() => &beside,
            None => return Ok(()),
        };
        let (examples, errors) = open_examples(path, &corpus.taxonomy)?;
        errors.into_iter().for_each(|error| failures.add(error));
        corpus.examples = examples;
        Ok(())
    }

    /// Has the trends read from the column that is named, if one is.
    pub(crate) fn name_trends(&self, columns: &mut Columns) {
        if let Some(trends) = &self.trends_column {
            columns.trends.clone_from(trends);
        }
    }

    /// Reads the labelled cases; rows that fail are told to `failures`.
    pub(crate) fn corpus(
        &self,
        cases: &Path,
        mut options: ReadOptions,
        taxonomy: Option<Taxonomy>,
        failures: &mut Failures,
    ) -> Result<Corpus> {
        self.name_trends(&mut options.columns);
        let (mut corpus, errors) = Corpus::open(cases, &options, taxonomy)?;
        errors.into_iter().for_each(|error| failures.add(error));
        if let Some((column, value)) = &self.condition {
            let known = corpus.columns.iter().any(|c| c == column);
            anyhow::ensure!(
                known,
                "{}: there is no column \"{column}\"; it has {:?}",
                cases.display(),
                corpus.columns
            );
            corpus
                .cases
                .retain(|case| case.record.get(column).is_some_and(|cell| cell == value.as_str()));
            anyhow::ensure!(
                !corpus.cases.is_empty(),
                "{}: no usable row has \"{value}\" in the column \"{column}\"; give --where a value that is there",
                cases.display()
            );
        }
        Ok(corpus)
    }
}

impl ParamArgs {
    /// The params that the flags ask for, reading the given text columns.
    pub(crate) fn params(&self, input: &InputArgs) -> TaggerParams {
        let mut params = input.recipe();
        let features = &mut params.features;
        if self.no_subwords {
            features.subwords = None;
        }
        if let Some(min_df) = self.min_df {
            features.words.keep.min_df = min_df;
            features.subwords.iter_mut().for_each(|subwords| subwords.keep.min_df = min_df);
        }
        set(&mut features.words.ngrams.1, self.word_ngrams);
        set(&mut features.text.language, self.language.map(|language| language.0));
        set(&mut params.logistic.alpha, self.alpha);
        set(&mut params.folds, self.folds);
        set(&mut params.repeats, self.inner_repeats);
        set(&mut params.seed, self.seed);
        set(&mut params.triage.accept_precision, self.accept_precision);
        set(&mut params.triage.miss_rate, self.miss_rate);
        set(&mut params.triage.confidence, self.confidence);
        params
    }

    /// The values to try, those named by a flag left alone.
    pub(crate) fn search(&self) -> Option<SearchSpace> {
        let mut space = SearchSpace::default();
        if self.alpha.is_some() {
            space.alpha.clear();
        }
        if self.min_df.is_some() {
            space.min_df.clear();
        }
        if self.word_ngrams.is_some() {
            space.word_ngrams.clear();
        }
        if self.no_subwords {
            space.subwords.clear();
        }
        (!self.no_search).then_some(space)
    }
}

fn set<T>(param: &mut T, wanted: Option<T>) {
    if let Some(value) = wanted {
        *param = value;
    }
}

/// A file that may have been asked for. It is started at once, so that a file in
/// its way is known before the work is done.
pub(crate) struct WantedFile(Option<(PathBuf, Output)>);

impl WantedFile {
    pub(crate) fn start(path: Option<&Path>, force: bool) -> Result<Self> {
        let start = |path: &Path| Ok::<_, Error>((path.to_owned(), Output::create(path, force)?));
        Ok(Self(path.map(start).transpose()?))
    }

    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes the whole file, if it is wanted.
    pub(crate) fn write(self, bytes: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        let Some((path, mut output)) = self.0 else { return Ok(()) };
        output.write_all(&bytes()?).with_context(|| path.display().to_string())?;
        Ok(output.commit()?)
    }
}

/// Rows that failed: each is named on standard error, and listed in a file if
/// that is wanted.
pub(crate) struct Failures {
    list: WantedFile,
    errors: Vec<Error>,
    count: u64,
}

impl Failures {
    pub(crate) fn new(file: Option<&Path>, force: bool) -> Result<Self> {
        Ok(Self { list: WantedFile::start(file, force)?, errors: Vec::new(), count: 0 })
    }

    pub(crate) fn add(&mut self, error: Error) {
        self.count += 1;
        say(&format!("row failed: {error}"));
        if self.list.is_wanted() {
            self.errors.push(error);
        }
    }

    /// Writes the list, if wanted, and says how the run ended.
    pub(crate) fn end(self) -> Result<End> {
        self.list.write(|| errors_csv(&self.errors))?;
        Ok(if self.count == 0 { End::Done } else { End::SomeRowsFailed })
    }
}

fn errors_csv(errors: &[Error]) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["file", "row", "line", "column", "error"])?;
    for error in errors {
        let place = error.place().cloned().unwrap_or_default();
        let number = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
        csv.write_record([
            place.file.clone(),
            number(place.row),
            number(place.line),
            place.column.clone().unwrap_or_default(),
            error.to_string(),
        ])?;
    }
    Ok(csv.into_inner()?)
}
