//! The commands of a review and their flags.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use trendtag::review::AddParams;

use super::{InputArgs, ModelArgs, with_default};

#[derive(Args)]
#[command(subcommand_required = true)]
pub(crate) struct ReviewArgs {
    #[command(subcommand)]
    pub(crate) command: ReviewCommand,
}

#[derive(Subcommand)]
pub(crate) enum ReviewCommand {
    /// Tag submissions and put them into the queue
    #[command(
        after_help = "Example:\n  trendtag review add submissions.csv --db reviews.db\n\nRows that are there already add nothing."
    )]
    Add(AddArgs),
    /// Serve the page on which reviewers check suggestions
    #[command(
        after_help = "Example:\n  trendtag review serve --db reviews.db --listen 127.0.0.1:8080\n\nPrints the address. Stop it with Ctrl-C; no saved answer is lost, however it ends."
    )]
    Serve(ServeArgs),
    /// Show progress, agreement and how good the suggestions are
    #[command(after_help = "Example:\n  trendtag review status --db reviews.db")]
    Status(StatusArgs),
    /// Write what was decided as labelled cases
    #[command(
        after_help = "Example:\n  trendtag review export --db reviews.db -o labelled.csv\n  trendtag review export --db reviews.db --cases training -o more.jsonl"
    )]
    Export(ExportArgs),
    /// Take labels that were given elsewhere as answers
    #[command(
        after_help = "Example:\n  trendtag review import labelled.csv --db reviews.db\n  trendtag review import tasks.json --from label-studio --db reviews.db"
    )]
    Import(ImportArgs),
}

#[derive(Args)]
pub(crate) struct DbArgs {
    /// The database of the review
    #[arg(long, value_name = "FILE", default_value = "reviews.db")]
    pub(crate) db: PathBuf,
}

#[derive(Args)]
pub(crate) struct AddArgs {
    /// Files with submissions, or patterns such as '*.csv'; - is standard input
    #[arg(required = true, value_name = "SUBMISSIONS")]
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) db: DbArgs,
    #[arg(long, value_name = "SHARE", alias = "audit", help = with_default("Share of the cases for the blind check: random cases, answered without seeing the suggestion, that measure the model", AddParams::default().blind_check))]
    pub(crate) blind_check: Option<f64>,
    #[arg(long, value_name = "SHARE", help = with_default("Share of the other cases that two reviewers answer", AddParams::default().overlap))]
    pub(crate) overlap: Option<f64>,
    #[arg(long, value_name = "N", help = format!("Seed of both draws [default: {}]", AddParams::default().seed))]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) db: DbArgs,
    /// Address and port; beyond this machine a token is needed
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Ask for a token on this machine too
    #[arg(long)]
    pub(crate) token: bool,
    /// Names under which the server is reached, beside addresses and localhost
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) db: DbArgs,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) db: DbArgs,
    /// Where to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Format [default: by the name of the output, else CSV]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<ExportFormat>,
    /// Which cases: those of the blind check are marked in review_blind_check, and
    /// never used for training
    #[arg(long, value_enum, value_name = "CASES", default_value = "all")]
    pub(crate) cases: ExportCases,
    /// Tell who decided
    #[arg(long)]
    pub(crate) with_reviewers: bool,
    /// Replace the output file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum ExportCases {
    All,
    Training,
    #[value(alias = "audit")]
    BlindCheck,
}

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// The file with the labels
    #[arg(value_name = "FILE")]
    pub(crate) input: PathBuf,
    #[command(flatten)]
    pub(crate) db: DbArgs,
    /// Where the labels come from: a table with ids and labels (any format that
    /// cases have), Label Studio (JSON) or doccano (JSONL)
    #[arg(long, value_enum, value_name = "SOURCE", default_value = "table")]
    pub(crate) from: ImportSource,
    /// Under which name labels are kept whose giver the file does not name
    #[arg(long, value_name = "NAME", default_value = "import")]
    pub(crate) reviewer: String,
    /// Column with the labels of a table [default: trends]
    #[arg(long, value_name = "NAME")]
    pub(crate) trends_column: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) input_args: InputArgs,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum ImportSource {
    Table,
    LabelStudio,
    Doccano,
}
