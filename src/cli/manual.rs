//! `trendtag manual`: writes the manual pages and the completions, for packages.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, ValueEnum};

use super::{Cli, End};

/// Write the manual pages and the completions of all shells into a folder
#[derive(Args)]
#[command(hide = true, after_help = "Examples:\n  trendtag manual share")]
pub(crate) struct Arguments {
    /// Folder to write to; it gets the folders man1 and completions
    folder: PathBuf,
}

pub(crate) fn run(args: &Arguments) -> Result<End> {
    let write = || -> std::io::Result<()> {
        let pages = args.folder.join("man1");
        std::fs::create_dir_all(&pages)?;
        clap_mangen::generate_to(Cli::command(), &pages)?;
        let completions = args.folder.join("completions");
        std::fs::create_dir_all(&completions)?;
        for &shell in clap_complete::Shell::value_variants() {
            let mut command = Cli::command();
            clap_complete::generate_to(shell, &mut command, "trendtag", &completions)?;
        }
        Ok(())
    };
    write().with_context(|| args.folder.display().to_string())?;
    Ok(End::Done)
}
