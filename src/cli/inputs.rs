//! Inputs that commands share: files of cases, their labels, and a model.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use trendtag::Taxonomy;
use trendtag::tables::{
    Columns, Encoding, Format, MissingText, ReadOptions, find_column, open_examples,
};
use trendtag::tagger::{Corpus, Example, Model, TaggerParams, TextField};
use trendtag::versions::registry::open_model;

use super::Global;
use super::config::{Config, FILE};
use super::outputs::Failures;

/// Names of columns, given as one argument.
pub(super) type Names = Vec<String>;

/// Where the cases are and what their columns are called.
#[derive(Args)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Format of the input [default: detected]
    ///
    /// One of csv, tsv, jsonl, parquet, arrow, arrows, xlsx, xls or ods. By default, the
    /// extension of the file or else its content decides.
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
    /// Encoding of a text format, such as windows-1252
    ///
    /// The default is UTF-8, or UTF-16 or UTF-32 if the file shows it.
    #[arg(long, hide_short_help = true, value_name = "NAME")]
    encoding: Option<Encoding>,
    /// Sheet of a workbook
    ///
    /// The default is the first sheet with data, or the only one that has the columns.
    #[arg(long, hide_short_help = true, value_name = "NAME")]
    sheet: Option<String>,
    /// Line number of the header, from 1
    ///
    /// In a workbook, it is the number of the row. The default is the first row, or the only
    /// one of the first rows that contains the column names.
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    header_row: Option<u64>,
    /// Number of rows to skip after the header
    ///
    /// By default, the extra header rows of Qualtrics and SurveyMonkey are skipped.
    #[arg(long, hide_short_help = true, value_name = "N")]
    skip_rows: Option<u64>,
    /// Copy the value of a merged cell in a workbook to all of its rows
    #[arg(long, hide_short_help = true)]
    fill_merged: bool,
    /// Field separator of CSV files [default: detected]
    #[arg(long, hide_short_help = true, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Column with the id of each case [default: id]
    ///
    /// If there is no such column, the row number is the id.
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    id_column: Option<String>,
    /// Columns with the texts, separated by commas
    ///
    /// Name them in the order of the columns that the model reads. Put a name that contains a
    /// comma in double quotes.
    #[arg(long, value_name = "NAMES", value_parser = names)]
    pub(super) text_columns: Option<Names>,
    /// Accept files that lack some of the text columns
    #[arg(long, hide_short_help = true)]
    allow_missing_columns: bool,
    /// Maximum expanded size of a compressed file or workbook, such as 40G
    ///
    /// The default is 16G, and at most 1,000 times the size of the file.
    #[arg(long, hide_short_help = true, value_name = "SIZE", value_parser = size)]
    max_expanded: Option<u64>,
}

/// The columns with the labels, and their format.
#[derive(Args)]
#[command(next_help_heading = "Labels")]
pub(super) struct LabelColumnArgs {
    /// Column with the labels [default: trends]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    trends_column: Option<String>,
    /// Separator between the labels of a cell, such as ";" or "|"
    ///
    /// "\n" means a line end. The default is ";" or whatever separates labels of the
    /// taxonomy.
    #[arg(long, hide_short_help = true, value_name = "TEXT", value_parser = separator)]
    label_separator: Option<String>,
    /// Columns for one label each, with 1, yes or x in the cell
    ///
    /// They replace the column with all labels. Separate their names by commas.
    #[arg(long, hide_short_help = true, value_name = "NAMES", value_parser = names, conflicts_with = "trends_column")]
    label_columns: Option<Names>,
}

/// The labels of labelled cases.
#[derive(Args)]
#[command(next_help_heading = "Labels")]
pub(super) struct LabelArgs {
    #[command(flatten)]
    columns: LabelColumnArgs,
    /// File that defines the labels
    ///
    /// The default is taxonomy.toml beside the cases, if there is one. Otherwise, the labels
    /// are read from the cases.
    #[arg(long, value_name = "FILE")]
    pub(super) taxonomy: Option<PathBuf>,
    /// Take the label set from the cases even if a taxonomy.toml is beside them
    #[arg(long, hide_short_help = true, conflicts_with = "taxonomy")]
    pub(super) no_taxonomy: bool,
    /// Short example texts for each trend, which the model also learns from
    ///
    /// The file has the columns trends and text. The default is examples.csv beside the
    /// taxonomy, if there is one.
    #[arg(long, value_name = "FILE")]
    examples: Option<PathBuf>,
    /// Do not learn from examples
    #[arg(long, hide_short_help = true, conflicts_with = "examples")]
    no_examples: bool,
    /// Use only the rows that have this value in this column
    #[arg(hide_short_help = true, long = "where", value_name = "COLUMN=VALUE", value_parser = condition)]
    pub(super) condition: Option<(String, String)>,
}

/// The model that a command uses.
#[derive(Args, Default)]
#[command(next_help_heading = "Model")]
pub(super) struct ModelArgs {
    /// Model file, versioned model, or "built-in"
    ///
    /// A versioned model is a name below models/ or a folder; its champion is used. The
    /// default is the model in trendtag.toml, else the built-in model.
    #[arg(long, short, value_name = "MODEL")]
    pub(super) model: Option<PathBuf>,
}

impl ModelArgs {
    /// Returns the name of the model from the flag or the configuration.
    pub(super) fn name<'a>(&'a self, global: &'a Global) -> Option<&'a Path> {
        Config::or(self.model.as_deref(), global.config.model.as_ref())
    }

    /// Opens the model, and prints which model it is and why.
    pub(super) fn open(&self, global: &Global) -> Result<Model> {
        let (model, why) = self.open_silently(global)?;
        global.note(&format!("Using model {} ({why}).", model.version));
        Ok(model)
    }

    /// Opens the model, and returns it with the reason for the choice.
    pub(super) fn open_silently(&self, global: &Global) -> Result<(Model, String)> {
        Ok(match (self.name(global), &self.model) {
            (None, _) => (Model::built_in()?, "built in".to_owned()),
            (Some(name), Some(_)) => (open_model(name)?, format!("--model {}", name.display())),
            (Some(name), None) => {
                let named = || format!("\"{}\", named in {FILE}", name.display());
                (open_model(name).with_context(named)?, named())
            }
        })
    }
}

impl InputArgs {
    /// Returns the default params with the text columns and the language from the flags
    /// or the configuration.
    pub(super) fn params(&self, global: &Global) -> TaggerParams {
        let mut params = TaggerParams::default();
        if let Some(columns) = self.text_columns(global) {
            params.fields = TextField::of_columns(columns);
        }
        if let Some(language) = global.config.language {
            params.features.text.language = language;
        }
        params
    }

    /// Returns the text columns from the flag or the configuration.
    pub(super) fn text_columns<'a>(&'a self, global: &'a Global) -> Option<&'a Vec<String>> {
        self.text_columns.as_ref().or(global.config.text_columns.as_ref())
    }

    /// Returns how to read a file. Unless named, the text columns are those of the model.
    pub(super) fn options(
        &self,
        text_columns: &[TextField],
        global: &Global,
    ) -> Result<ReadOptions> {
        let mut options = ReadOptions {
            format: self.format,
            delimiter: self.delimiter,
            encoding: self.encoding,
            sheet: self.sheet.clone(),
            ..Default::default()
        };
        let named = self.text_columns(global);
        options.columns.text = match named {
            Some(columns) => columns.clone(),
            None => text_columns.iter().map(|field| field.column.clone()).collect(),
        };
        options.max_expanded = self.max_expanded;
        if self.allow_missing_columns {
            options.columns.missing_text = MissingText::Allow;
        }
        (options.header_row, options.skip_rows) = (self.header_row, self.skip_rows);
        options.fill_merged = self.fill_merged;
        if let Some(id) = self.id_column.as_ref().or(global.config.id_column.as_ref()) {
            options.columns.id.clone_from(id);
        }
        let (given, read) = (options.columns.text.len(), text_columns.len());
        ensure!(
            given <= read,
            "{} names {given} text columns, but the model reads {read}; name at most {read}",
            if self.text_columns.is_some() { "--text-columns" } else { FILE }
        );
        Ok(options)
    }
}

impl LabelColumnArgs {
    /// Copies the flags about label columns into `columns`.
    pub(super) fn name(&self, columns: &mut Columns) {
        if let Some(trends) = &self.trends_column {
            columns.trends.clone_from(trends);
        }
        columns.label_columns = self.label_columns.clone().unwrap_or_default();
        columns.label_separator.clone_from(&self.label_separator);
    }
}

impl LabelArgs {
    /// Returns the label set: that of the flag, that beside the cases, or none.
    pub(super) fn taxonomy(&self, cases: &Path, global: &Global) -> Result<Option<Taxonomy>> {
        if self.no_taxonomy {
            return Ok(None);
        }
        if let Some(path) = self.taxonomy_file(global) {
            return Ok(Some(Taxonomy::open(path)?));
        }
        let beside = beside(cases, "taxonomy.toml");
        Ok(beside.as_deref().map(Taxonomy::open).transpose()?)
    }

    /// Returns the file of the label set from the flag or the configuration.
    fn taxonomy_file<'a>(&'a self, global: &'a Global) -> Option<&'a Path> {
        Config::or(self.taxonomy.as_deref(), global.config.taxonomy.as_ref())
    }

    /// Adds the examples to learn from: those of the flag, or else those beside the
    /// taxonomy, if there are any.
    pub(super) fn add_examples(
        &self,
        cases: &Path,
        corpus: &mut Corpus,
        failures: &mut Failures,
        global: &Global,
    ) -> Result<()> {
        if self.no_examples || self.examples.is_none() && self.no_taxonomy {
            return Ok(());
        }
        let taxonomy = self.taxonomy_file(global).unwrap_or(cases);
        let Some(path) = self.examples.clone().or_else(|| beside(taxonomy, "examples.csv")) else {
            return Ok(());
        };
        corpus.examples = failures.keep(open_examples(&path, &corpus.taxonomy)?);
        Ok(())
    }

    /// Returns a flag that is given and chooses the training data, if there is one.
    pub(super) fn of_training(&self) -> Option<&'static str> {
        let flags = [
            (self.taxonomy.is_some(), "--taxonomy"),
            (self.no_taxonomy, "--no-taxonomy"),
            (self.examples.is_some(), "--examples"),
            (self.no_examples, "--no-examples"),
        ];
        flags.into_iter().find_map(|(given, flag)| given.then_some(flag))
    }

    /// Returns the examples that are stored with a version, unless `--no-examples` is
    /// given.
    pub(super) fn kept_examples(&self, known: &Corpus) -> Vec<Example> {
        if self.no_examples { Vec::new() } else { known.examples.clone() }
    }

    /// Returns the file of examples, if one is named.
    pub(super) fn examples(&self) -> Option<&Path> {
        self.examples.as_deref()
    }

    /// Copies the flags about label columns into `columns`.
    pub(super) fn name_trends(&self, columns: &mut Columns) {
        self.columns.name(columns);
    }

    /// Reads the labelled cases; rows that fail are added to `failures`.
    pub(super) fn corpus(
        &self,
        cases: &Path,
        mut options: ReadOptions,
        taxonomy: Option<Taxonomy>,
        failures: &mut Failures,
        global: &Global,
    ) -> Result<Corpus> {
        self.name_trends(&mut options.columns);
        let mut corpus = failures.keep(Corpus::open(cases, &options, taxonomy)?);
        global.notes(&corpus.notes);
        let unread = corpus.leave_out_bulk();
        if unread > 0 {
            global.note(&format!("Skipped {unread} cases that were accepted in bulk, unread."));
        }
        if let Some((column, value)) = &self.condition {
            let column = named_column(&corpus.columns, column, cases)?;
            corpus
                .cases
                .retain(|case| case.record.get(&column).is_some_and(|cell| cell == value.as_str()));
            ensure!(
                !corpus.cases.is_empty(),
                "{}: no usable row has \"{value}\" in the column \"{column}\"; give --where a value \
                 that occurs there",
                cases.display()
            );
        }
        Ok(corpus)
    }
}

/// Returns the column that a flag names, as the file spells it.
pub(super) fn named_column(columns: &[String], name: &str, file: &Path) -> Result<String> {
    let found = find_column(columns, name).map(|at| columns[at].clone());
    found.with_context(|| {
        let columns = columns.join("\", \"");
        format!("{}: there is no column \"{name}\"; the columns are \"{columns}\"", file.display())
    })
}

/// Removes the cases of a review's blind check from the cases to learn from.
pub(super) fn leave_out_blind_check(corpus: &mut Corpus, global: &Global) {
    let blind = corpus.leave_out_audit();
    if blind > 0 {
        global.note(&format!(
            "Skipped {blind} blind-check cases: they are reserved for measuring the model."
        ));
    }
}

/// Expands names and patterns to files, in the order given. The files of a pattern are
/// sorted alphabetically.
pub(super) fn expand(names: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in names {
        let pattern = name.to_str().filter(|text| text.contains(['*', '?', '[']));
        match pattern {
            Some(pattern) if !name.exists() => {
                let found = glob::glob(pattern)
                    .with_context(|| format!("{pattern}: not a valid pattern"))?;
                let before = files.len();
                for file in found {
                    let file = file?;
                    if file.is_file() {
                        files.push(file);
                    }
                }
                ensure!(files.len() > before, "{pattern}: no file matches this pattern");
            }
            _ => files.push(name.clone()),
        }
    }
    // A missing file is reported now, not after an hour of work on earlier files.
    for file in files.iter().filter(|file| !is_pipe(file)) {
        std::fs::metadata(file).with_context(|| file.display().to_string())?;
    }
    Ok(files)
}

/// Returns the file with this name in the folder of another file, if it exists. Standard
/// input has no folder.
fn beside(file: &Path, name: &str) -> Option<PathBuf> {
    let beside = file.with_file_name(name);
    (!is_pipe(file) && beside.is_file()).then_some(beside)
}

/// Returns whether a name means standard input or output.
pub(super) fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Parses names separated by commas, as in a line of CSV: a name in double quotes may
/// contain commas.
pub(super) fn names(text: &str) -> Result<Names, String> {
    let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let line = lines.records().next().transpose().map_err(|error| error.to_string())?;
    let names: Names = line.iter().flatten().map(str::to_owned).collect();
    if names.is_empty() { Err("name at least one column".to_owned()) } else { Ok(names) }
}

/// Parses one of the names that the library uses for the values of an enum.
pub(super) fn one_of<T>(names: impl Into<PossibleValuesParser>) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    names.into().try_map(|name| {
        let name: StrDeserializer<'_, NameError> = name.as_str().into_deserializer();
        T::deserialize(name)
    })
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        _ if text == "\\t" || text == "tab" => Ok(b'\t'),
        _ => Err("give one ASCII character, or \"tab\"".into()),
    }
}

fn separator(text: &str) -> Result<String, String> {
    match text {
        "" => Err("give at least one character".into()),
        "\\n" => Ok("\n".into()),
        "\\t" | "tab" => Ok("\t".into()),
        _ => Ok(text.to_owned()),
    }
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..]
        .to_ascii_uppercase()
        .trim_end_matches("IB")
        .trim_end_matches('B')
    {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("give a number of bytes, such as 500M or 40G".into()),
    };
    let number: Option<u64> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| "give a number of bytes, such as 500M or 40G".into())
}

fn condition(text: &str) -> Result<(String, String), String> {
    let (column, value) = text.split_once('=').ok_or("write it as COLUMN=VALUE")?;
    Ok((column.to_owned(), value.to_owned()))
}
