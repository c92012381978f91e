//! `trendtag completions`: prints what a shell needs to complete our flags.

use anyhow::Result;
use clap::CommandFactory;

use crate::End;
use crate::cli::{Cli, CompletionsArgs};

pub(crate) fn run(args: &CompletionsArgs) -> Result<End> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trendtag", &mut script);
    super::print(&String::from_utf8(script)?)?;
    Ok(End::Done)
}
