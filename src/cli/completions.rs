//! `trendtag completions`: prints what a shell needs to complete the flags.

use anyhow::Result;
use clap::{Args, CommandFactory};

use super::outputs::print;
use super::{Cli, End};

/// Print shell completions
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag completions bash > ~/.local/share/bash-completion/completions/trendtag\n  trendtag completions fish > completions.fish"
)]
pub(crate) struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &Arguments) -> Result<End> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trendtag", &mut script);
    print(&String::from_utf8(script)?)?;
    Ok(End::Done)
}
