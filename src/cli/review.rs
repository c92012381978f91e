//! The commands of a review and their flags.

use clap::{Args, Subcommand};

use super::SimulateArgs;

#[derive(Args)]
pub(crate) struct ReviewArgs {
    #[command(subcommand)]
    pub(crate) command: ReviewCommand,
}

#[derive(Subcommand)]
pub(crate) enum ReviewCommand {
    /// Replay a labelled corpus: does the order in which cases are asked about pay?
    #[command(
        after_help = "Example:\n  trendtag review simulate data/cases.csv\n\nThe cases are taken as if unlabelled. Each run starts from a few labels drawn by lot, trains,\nasks for more in random order, by uncertainty, or as the queue would, and trains again. The\nmeasure is the area under the curve of macro F1 on a part that is never asked about."
    )]
    Simulate(SimulateArgs),
}
