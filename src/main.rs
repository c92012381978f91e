//! The command line: parse, dispatch, say what went wrong, exit.

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// How a run ended.
enum End {
    /// All well.
    Done,
    /// The run was done, but some rows failed.
    SomeRowsFailed,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Command::Tag(args) => commands::tag::run(&args, &cli.global),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Train(args) => commands::train::run(&args, &cli.global),
        Command::Evaluate(args) => commands::evaluate::run(&args, &cli.global),
        Command::Report(args) => commands::report::run(&args, &cli.global),
        Command::Retrain(args) => commands::retrain::run(&args, &cli.global),
        Command::Models(args) => commands::models::run(&args, &cli.global),
        Command::Audit(args) => commands::audit::run(&args, &cli.global),
        Command::Drift(args) => commands::drift::run(&args, &cli.global),
        Command::Review(args) => commands::review::run(&args, &cli.global),
        Command::Completions(args) => commands::completions::run(&args),
    };
    match ended {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::SomeRowsFailed) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            commands::say(&format!("error: {}", in_words(&error)));
            ExitCode::from(2)
        }
    }
}

/// The error and its causes, each told once: some name their cause themselves.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().skip(1).fold(error.to_string(), |words, cause| {
        let cause = cause.to_string();
        if words.ends_with(&cause) { words } else { format!("{words}: {cause}") }
    })
}

/// Whether the reader of our output has seen enough and gone.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
