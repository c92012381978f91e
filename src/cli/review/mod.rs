//! `trendtag review`: people check suggestions.

mod add;
mod backup;
mod batches;
mod export;
mod finished;
mod import;
mod migrate;
mod serve;
mod status;
mod withdraw;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};
use trendtag::review::{Refusal, Store};

use super::outputs::say;
use super::{End, Global};

/// Check suggestions in a browser, and manage the answers
#[derive(Args)]
#[command(
    subcommand_required = true,
    after_help = "Examples:\n  trendtag review add submissions.csv --db reviews.db\n  trendtag review status --db reviews.db\n\nServe the page with `trendtag review serve`, and write the decisions with `trendtag review export`."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(add::Arguments),
    Serve(serve::Arguments),
    Status(status::Arguments),
    Export(export::Arguments),
    Import(import::Arguments),
    Backup(backup::Arguments),
    Migrate(migrate::Arguments),
    Batches(batches::Arguments),
    Withdraw(withdraw::Arguments),
}

/// The review to work on.
#[derive(Args)]
struct DatabaseArgs {
    /// Database file of the review
    #[arg(long, value_name = "FILE", default_value = "reviews.db")]
    db: PathBuf,
}

impl DatabaseArgs {
    /// Opens the database, which must exist.
    fn open(&self) -> Result<Store> {
        open(&self.db)
    }

    /// Opens the database, or creates a new one.
    fn create(&self) -> Result<Store> {
        Ok(said_if_upgraded(Store::create(&self.db)?, &self.db))
    }
}

/// Opens a database that exists.
pub(super) fn open(path: &Path) -> Result<Store> {
    ensure!(
        path.exists(),
        "{}: the database does not exist; create one with `trendtag review add`",
        path.display()
    );
    Ok(said_if_upgraded(Store::open(path)?, path))
}

/// Which batch is meant.
#[derive(Args)]
struct BatchArgs {
    /// Only the cases of this batch
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
}

/// Returns a refusal of the store as an error; what failed keeps its own remedy.
fn refused(refusal: Refusal) -> anyhow::Error {
    match refusal {
        Refusal::Failed(error) => error.into(),
        Refusal::Unknown { field: "batch", .. } => {
            anyhow::anyhow!("{refusal}; `trendtag review batches` lists them")
        }
        other => other.into(),
    }
}

fn said_if_upgraded(store: Store, path: &Path) -> Store {
    if let Some(copy) = store.copy_of_earlier_version() {
        say(&format!(
            "note: {} was upgraded to the current version; {} is a copy of the old one",
            path.display(),
            copy.display()
        ));
    }
    store
}

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    match &args.command {
        Command::Add(args) => add::run(args, global),
        Command::Serve(args) => serve::run(args, global),
        Command::Status(args) => status::run(args),
        Command::Export(args) => export::run(args, global),
        Command::Import(args) => import::run(args, global),
        Command::Backup(args) => backup::run(args, global),
        Command::Migrate(args) => migrate::run(args, global),
        Command::Batches(args) => batches::run(args),
        Command::Withdraw(args) => withdraw::run(args, global),
    }
}
