//! The command line: one file per command with its arguments, its help text and
//! what it runs. What commands share is in `config`, `inputs`, `outputs`,
//! `recipe`, `remedies`, `terminal`, `text_table` and `versions`.

pub(crate) mod check_labels;
pub(crate) mod completions;
mod config;
pub(crate) mod demo;
pub(crate) mod drift;
pub(crate) mod evaluate;
pub(crate) mod explain;
mod inputs;
mod interrupt;
pub(crate) mod manual;
pub(crate) mod models;
mod outputs;
mod recipe;
mod remedies;
pub(crate) mod report;
pub(crate) mod retrain;
pub(crate) mod review;
pub(crate) mod tag;
pub(crate) mod taxonomy;
mod terminal;
mod text_table;
pub(crate) mod train;
mod versions;

use anyhow::Result;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use config::Config;

pub(crate) use outputs::{is_broken_pipe, is_interrupted, report_error};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Tags innovation case studies with trends: it suggests trends, reports how sure it is
/// and why, and names the cases that a person should read.
#[derive(Parser)]
#[command(
    version,
    disable_help_flag = true,
    styles = STYLES,
    after_help = "Examples:\n  trendtag tag submissions.csv -o tagged.csv\n  trendtag explain submissions.csv --id submission-003\n\nExit codes: 0 success, 1 some rows failed (each is named), 2 the command could not run, 3 the\ncondition of --fail-on holds, 130 interrupted.\n\nA file trendtag.toml in the working folder can set `model`, `taxonomy`, `text_columns`,\n`id_column`, `language` and `license`. Flags override it."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command. Help lists them last.
#[derive(Args)]
#[command(next_help_heading = "Global options", next_display_order = 900)]
pub(crate) struct Global {
    /// Number of threads [default: one per processor]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Print errors only
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Ignore the file trendtag.toml of the working folder
    #[arg(long, global = true, hide_short_help = true)]
    no_config: bool,
    /// Print help (-h: a summary, --help: everything)
    #[arg(long, short, global = true, action = clap::ArgAction::Help)]
    help: Option<bool>,
    #[arg(skip)]
    config: Config,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Tag(tag::Arguments),
    Explain(explain::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Report(report::Arguments),
    Retrain(Box<retrain::Arguments>),
    Models(models::Arguments),
    #[command(alias = "audit")]
    CheckLabels(check_labels::Arguments),
    Drift(drift::Arguments),
    Review(review::Arguments),
    Taxonomy(taxonomy::Arguments),
    Demo(demo::Arguments),
    Completions(completions::Arguments),
    Manual(manual::Arguments),
}

/// Does not print panics that are caught. If a decoder panics on a damaged file, the file
/// gets an error.
pub(crate) fn hide_caught_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !trendtag::tables::is_guarded() {
            print(panic);
        }
    }));
}

/// The outcome of a run.
pub(crate) enum End {
    /// All well.
    Done,
    /// The run was completed, but some rows failed.
    SomeRowsFailed,
    /// The run was completed, and the condition of `--fail-on` holds.
    ConditionHolds,
}

impl Cli {
    /// Parses the command line and reads the configuration of the working folder.
    pub(crate) fn start() -> Result<Self> {
        let mut command = Self::command();
        if !terminal::takes_escape_codes() {
            console::set_colors_enabled(false);
            console::set_colors_enabled_stderr(false);
            command = command.color(ColorChoice::Never);
        }
        let mut cli = Self::from_arg_matches(&command.get_matches())?;
        if !cli.global.no_config {
            cli.global.config = Config::load()?;
        }
        Ok(cli)
    }
}

impl Global {
    /// Starts the thread pool and returns the number of threads.
    fn start_threads(&self) -> Result<usize> {
        let jobs = self.jobs.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        );
        rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global()?;
        Ok(jobs)
    }
}
