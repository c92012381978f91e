//! The program: read the command line, run the command, report an error, exit.

mod cli;

use std::process::ExitCode;

use cli::{Cli, Command, End};

fn main() -> ExitCode {
    cli::hide_caught_panics();
    let ended = Cli::start().and_then(|Cli { global, command }| run(&global, &command));
    match ended {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::SomeRowsFailed) => ExitCode::from(1),
        Ok(End::ConditionHolds) => ExitCode::from(3),
        Err(error) if cli::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::report_error(&error);
            ExitCode::from(if cli::is_interrupted(&error) { 130 } else { 2 })
        }
    }
}

fn run(global: &cli::Global, command: &Command) -> anyhow::Result<End> {
    match command {
        Command::Tag(args) => cli::tag::run(args, global),
        Command::Explain(args) => cli::explain::run(args, global),
        Command::Train(args) => cli::train::run(args, global),
        Command::Evaluate(args) => cli::evaluate::run(args, global),
        Command::Report(args) => cli::report::run(args, global),
        Command::Retrain(args) => cli::retrain::run(args, global),
        Command::Models(args) => cli::models::run(args, global),
        Command::CheckLabels(args) => cli::check_labels::run(args, global),
        Command::Drift(args) => cli::drift::run(args, global),
        Command::Review(args) => cli::review::run(args, global),
        Command::Taxonomy(args) => cli::taxonomy::run(args, global),
        Command::Demo(args) => cli::demo::run(args, global),
        Command::Completions(args) => cli::completions::run(args),
        Command::Manual(args) => cli::manual::run(args),
    }
}
