//! `trendtag models`: manages the versions of a model.

mod compare;
mod list;
mod promote;
mod prune;
mod rollback;
mod show;
mod suggestions;
mod verify;

use anyhow::Result;
use clap::{Args, Subcommand};
use trendtag::versions::registry::Record;
use trendtag::versions::retraining::LabelOrigin;

use super::{End, Global};

/// Manage the versions of a model: list, show, compare, promote, roll back, verify and
/// prune them
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag models list --model mine\n  trendtag models verify --model mine"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Compare(compare::Arguments),
    Promote(promote::Arguments),
    Rollback(rollback::Arguments),
    Verify(verify::Arguments),
    Prune(prune::Arguments),
}

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    match &args.command {
        Command::List(args) => list::run(args, global),
        Command::Show(args) => show::run(args, global),
        Command::Compare(args) => compare::run(args, global),
        Command::Promote(args) => promote::run(args, global),
        Command::Rollback(args) => rollback::run(args, global),
        Command::Verify(args) => verify::run(args, global),
        Command::Prune(args) => prune::run(args, global),
    }
}

/// Returns how many cases of a version were decided by reviewers.
fn decisions(record: &Record) -> usize {
    record.data.by_origin.get(&LabelOrigin::Decision).copied().unwrap_or_default()
}
