//! The commands and their flags, as the user sees them.

mod life;
pub(crate) mod review;
mod train;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use trendtag::batch::Probabilities;
use trendtag::case::{Encoding, Format};
use trendtag::landscape::Labels;

pub(crate) use life::{
    ActArgs, AuditArgs, BUILT_IN, DriftArgs, DriftCorpusArgs, ModelsArgs, ModelsCommand,
    RegistryArgs, RetrainArgs, SimulateArgs,
};
use review::ReviewArgs;
pub(crate) use train::{ParamArgs, TrainArgs};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Tags innovation case studies with trends: suggests, says how sure it is and
/// why, and tells which cases a person must look at.
#[derive(Parser)]
#[command(
    version,
    styles = STYLES,
    after_help = "Example:\n  trendtag tag submissions.csv -o tagged.csv\n\nExit codes: 0 all well, 1 some rows failed (each is named), 2 the run could not be done."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Args)]
pub(crate) struct Global {
    /// Threads to use [default: one per processor]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Say nothing but errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Tag every row of files with trends
    #[command(
        after_help = "Example:\n  trendtag tag submissions.csv -o tagged.csv\n  trendtag tag submissions.xlsx -o tagged.parquet\n  trendtag tag 'batches/*.jsonl' -o tagged.jsonl.zst\n  trendtag tag submissions.csv -o tagged.csv.gz --resume\n  cat cases.jsonl | trendtag tag - > tagged.jsonl\n  trendtag tag --format arrow - < cases.arrows > tagged.arrows\n\nReads CSV, TSV, JSON Lines, Parquet, Arrow (file and stream), XLSX, XLS and ODS, writes all\nbut the last two; text also as .gz and .zst. Parquet and Arrow columns keep their types. A\nworkbook's sheet must fit into memory; everything else is read and written as it goes.\n\nUntil it is whole, the output is called OUT.trendtag-part. A run that is killed, or fails when\nrows are done, leaves it, with a journal beside it; the same command with --resume goes on from\nthere, and ends with the bytes of an unbroken run. Without --resume, what was left is replaced\nonly by --force. Written in one go, and not resumed: XLSX, Arrow, and what goes to a pipe.\n\nWith - and --format arrow, arrows or jsonl it is a filter between two programs: each record\nbatch or line is answered before the next one is read, by one thread unless --jobs says\notherwise (lines before the first with a text column are answered with it; an output format\nwith a header looks at 1,000 lines first); nothing in gives nothing out; an exit code other than 0 tells of any fault."
    )]
    Tag(TagArgs),
    /// Show why one text gets its trends
    #[command(
        after_help = "Example:\n  echo 'Citizens vote on the city budget.' | trendtag explain\n  trendtag explain submissions.csv --id submission-003"
    )]
    Explain(ExplainArgs),
    /// Train a model from labelled cases
    #[command(
        after_help = "Example:\n  trendtag train data/cases.csv -o models/mine.safetensors\n\nWithout flags it reads data/cases.csv and data/taxonomy.toml beside it, searches\nfor the best params by cross-validation, and writes models/five-trends.safetensors."
    )]
    Train(TrainArgs),
    /// Measure how good a model is, on labelled cases it has not seen
    #[command(
        after_help = "Example:\n  trendtag evaluate labelled.csv --model mine.safetensors\n  trendtag evaluate data/cases.csv --cross-validate 5"
    )]
    Evaluate(EvaluateArgs),
    /// Tell what the cases of a tagged batch show, taken together
    #[command(
        after_help = "Example:\n  trendtag tag submissions.csv | trendtag report - -o report.html\n  trendtag report labelled.csv --by level --by year --json"
    )]
    Report(ReportArgs),
    /// Train a challenger from cases and decisions; promote it if it is good enough
    #[command(
        after_help = "Example:\n  trendtag retrain data/cases.csv --reviews decisions.csv --model mine\n\nGive all decisions there are, not only the new ones. Both recipes are trained anew in each\nfold on what each would have had, and scored on the gold and on audit decisions; other\ndecisions only train. The challenger is promoted if macro F1 is not worse by more than the\nmargin (95 % confidence), no trend falls by more than 0.05, the calibration error rises by\nno more than 0.05, and the decisions do not disagree with the suggestions more than honest\nones would; otherwise it is kept as a candidate."
    )]
    Retrain(Box<RetrainArgs>),
    /// List, show, compare, promote, roll back, verify and prune versions
    #[command(
        after_help = "Example:\n  trendtag models list --model mine\n  trendtag models verify --model mine"
    )]
    Models(ModelsArgs),
    /// Find what is probably wrong with labelled cases
    #[command(
        after_help = "Example:\n  trendtag audit data/cases.csv --html audit.html\n\nLooks for labels that are probably wrong, texts that contradict each other, thin texts, rare\ntrends and vocabulary that gives a label away; each list is worst first."
    )]
    Audit(AuditArgs),
    /// Tell how far a batch is from the cases the model learned from
    #[command(
        after_help = "Example:\n  trendtag drift submissions.csv\n\nEach measure is fine, to be watched, or calls for retraining. The limits are those that\nbatches of the same size from the corpus itself pass, in 95 % of all cases, on all measures."
    )]
    Drift(DriftArgs),
    /// Let people check suggestions in a browser, and keep every answer
    #[command(
        after_help = "Example:\n  trendtag review add submissions.csv --db reviews.db\n  trendtag review status --db reviews.db\n\nThen serve the page with `trendtag review serve`, and write what was decided with\n`trendtag review export`."
    )]
    Review(ReviewArgs),
    /// Print shell completions
    #[command(
        after_help = "Example:\n  trendtag completions bash > ~/.local/share/bash-completion/completions/trendtag"
    )]
    Completions(CompletionsArgs),
}

/// Where the cases are and what their columns are called.
#[derive(Args)]
pub(crate) struct InputArgs {
    /// Format of the input [default: by the file's name, else by its content]
    #[arg(long, value_name = "csv|tsv|jsonl|parquet|arrow|arrows|xlsx|xls|ods")]
    pub(crate) format: Option<Format>,
    /// Encoding of a text format, such as windows-1252 [default: UTF-8, or
    /// UTF-16 where the file says so]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<Encoding>,
    /// Sheet of a workbook [default: the first one with data]
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// What separates the fields of CSV [default: found out]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Column with the id [default: id; without one, the number of the row]
    #[arg(long, value_name = "NAME")]
    pub(crate) id_column: Option<String>,
    /// Columns with the text, joined by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) text_columns: Option<Vec<String>>,
}

/// The labels of labelled cases.
#[derive(Args)]
pub(crate) struct LabelArgs {
    /// Column with the labels, joined by ";" [default: trends]
    #[arg(long, value_name = "NAME")]
    pub(crate) trends_column: Option<String>,
    /// File that defines the labels [default: taxonomy.toml beside the cases, if
    /// there is one; otherwise the labels are read from the cases]
    #[arg(long, value_name = "FILE")]
    pub(crate) taxonomy: Option<PathBuf>,
    /// Read the labels from the cases even if there is a taxonomy beside them
    #[arg(long, conflicts_with = "taxonomy")]
    pub(crate) no_taxonomy: bool,
    /// Short texts that show each trend (columns trends and text), learned from
    /// beside the cases [default: examples.csv beside the taxonomy, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) examples: Option<PathBuf>,
    /// Do not learn from examples
    #[arg(long, conflicts_with = "examples")]
    pub(crate) no_examples: bool,
    /// Use only the rows that have this value in this column
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = condition)]
    pub(crate) condition: Option<(String, String)>,
}

#[derive(Args)]
pub(crate) struct ModelArgs {
    /// Model file, or the champion of versions: a name below models/ or their
    /// folder [default: the model built in]
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TagArgs {
    /// Files with submissions, or patterns such as '*.csv'; - is standard input
    #[arg(required = true, value_name = "FILES")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Where to write [default: standard output; a table on a terminal]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Format of the output [default: by its name, else that of the input, CSV
    /// for a workbook]
    #[arg(long, value_name = "csv|tsv|jsonl|parquet|arrow|arrows|xlsx")]
    pub(crate) output_format: Option<Format>,
    /// Replace the output file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Go on with a run that was interrupted, or start if there is none
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    /// Pieces of evidence for each suggested trend
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) explain: usize,
    /// Trends whose probability is written
    #[arg(long, value_name = "all|suggested|none", default_value = "all", value_parser = probabilities)]
    pub(crate) probabilities: Probabilities,
    /// Write only the rows that need review
    #[arg(long)]
    pub(crate) only_review: bool,
    /// Columns of the input to keep, joined by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// Name the earlier row or the training case that a row repeats or nearly
    /// repeats; takes about half a kilobyte of memory a row
    #[arg(long)]
    pub(crate) mark_duplicates: bool,
    /// Say in the summary how far the batch is from the cases learned from, as
    /// `trendtag drift` does
    #[arg(long)]
    pub(crate) check_drift: bool,
    #[command(flatten)]
    pub(crate) corpus: DriftCorpusArgs,
    /// Make the input's own cells safe to open in a spreadsheet too
    #[arg(long)]
    pub(crate) spreadsheet_safe: bool,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// A text file, or a file of cases with --id [default: standard input]
    #[arg(default_value = "-", value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// The case to explain, by its id or the number of its row
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Pieces of evidence per trend
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) top: usize,
    /// Print everything as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) columns: InputArgs,
}

#[derive(Args)]
pub(crate) struct EvaluateArgs {
    /// Labelled cases
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    pub(crate) cases: PathBuf,
    /// Cross-validate: train on K-1 parts and test on the other, K times
    #[arg(long, value_name = "K", conflicts_with = "model")]
    pub(crate) cross_validate: Option<usize>,
    /// Repeat the cross-validation on other folds
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), requires = "cross_validate")]
    pub(crate) repeats: u16,
    /// Keep all cases with the same value in this column on one side
    #[arg(long, value_name = "COLUMN", requires = "cross_validate")]
    pub(crate) group_by: Option<String>,
    /// Train on the past and test on the next value of this column (a year)
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["cross_validate", "model"])]
    pub(crate) split_by: Option<String>,
    /// Gold labels in a file of their own (columns id and trends)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cross_validate", "split_by"])]
    pub(crate) gold: Option<PathBuf>,
    /// Write a page with tables, charts and the worst mistakes (HTML)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Write what is said of every tested case to this file (CSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) predictions: Option<PathBuf>,
    /// Compare with the predictions of another model on the same cases
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Write the figures of each trend to this file (TSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) per_trend: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) params: ParamArgs,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct ReportArgs {
    /// Tagged or labelled files; - is standard input
    #[arg(required = true, value_name = "TAGGED")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Write a page with tables and charts (HTML)
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the same figures as an Excel workbook, one sheet a table
    #[arg(long, value_name = "FILE")]
    pub(crate) xlsx: Option<PathBuf>,
    /// Print the figures as JSON, in place of a summary in words
    #[arg(long)]
    pub(crate) json: bool,
    /// Group by this column, or by "region" or "subregion" of the country; repeat it
    /// for more [default: year, country, region, level]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Vec<String>,
    /// The first of the years that are compared with those before [default: the
    /// latest years with a third of the cases]
    #[arg(long, value_name = "YEAR")]
    pub(crate) since: Option<i32>,
    /// Column with the year [default: year]
    #[arg(long, value_name = "NAME")]
    pub(crate) year_column: Option<String>,
    /// Column with the country, by name or ISO 3166 code [default: country]
    #[arg(long, value_name = "NAME")]
    pub(crate) country_column: Option<String>,
    /// Which trends to count [default: gold if every case has it, else suggested]
    #[arg(long, value_enum, value_name = "gold|suggested")]
    pub(crate) use_labels: Option<LabelsArg>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Which trends of a file count.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LabelsArg {
    /// Those taken as true
    Gold,
    /// Those a model suggested
    Suggested,
}

impl From<LabelsArg> for Labels {
    fn from(labels: LabelsArg) -> Self {
        match labels {
            LabelsArg::Gold => Self::Gold,
            LabelsArg::Suggested => Self::Suggested,
        }
    }
}

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Help that tells a default which stands in the library.
fn with_default(help: &str, default: f64) -> String {
    format!("{help} [default: {default}]")
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Ok(*byte),
        _ if text == "\\t" || text == "tab" => Ok(b'\t'),
        _ => Err("give one ASCII character, or \"tab\"".into()),
    }
}

fn probabilities(text: &str) -> Result<Probabilities, String> {
    match text {
        "all" => Ok(Probabilities::All),
        "suggested" => Ok(Probabilities::Suggested),
        "none" => Ok(Probabilities::None),
        _ => Err("give all, suggested or none".into()),
    }
}

fn condition(text: &str) -> Result<(String, String), String> {
    let (column, value) = text.split_once('=').ok_or("write it as COLUMN=VALUE")?;
    Ok((column.to_owned(), value.to_owned()))
}
