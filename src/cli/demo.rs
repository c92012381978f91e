//! `trendtag demo`: writes the demo files into a folder and suggests commands to try.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use trendtag::tables::output::Output;

use super::outputs::print;
use super::{End, Global};

/// Write demo files into a folder, and list commands to try with them
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag demo trendtag-demo\n  trendtag demo trendtag-demo --force\n\nThe files are part of the program: submissions to tag, labelled cases to train on, the taxonomy\nand its examples. They are enough to try every command."
)]
pub(crate) struct Arguments {
    /// Folder to write to; it is created if it does not exist
    #[arg(value_name = "FOLDER", default_value = "trendtag-demo")]
    folder: PathBuf,
    /// Replace existing files
    #[arg(long)]
    force: bool,
}

/// A file of the demo: its name, what it is, and its bytes.
struct DemoFile(&'static str, &'static str, &'static [u8]);

/// The labelled cases from which the built-in model learned.
pub(super) const CASES: &[u8] = include_bytes!("../../data/cases.csv");

const FILES: [DemoFile; 4] = [
    DemoFile(
        "submissions.csv",
        "submissions without labels, as a new batch has them",
        include_bytes!("../../data/submissions.csv"),
    ),
    DemoFile("cases.csv", "labelled cases, from which the built-in model learned", CASES),
    DemoFile(
        "taxonomy.toml",
        "the trends: keys, names and definitions",
        include_bytes!("../../data/taxonomy.toml"),
    ),
    DemoFile(
        "examples.csv",
        "short sentences that show each trend",
        include_bytes!("../../data/examples.csv"),
    ),
];

/// Commands to try in the folder, and what each one does.
const COMMANDS: [(&str, &str); 7] = [
    ("tag submissions.csv", "suggest trends, as a table on the terminal"),
    ("tag submissions.csv -o tagged.xlsx", "the same as a workbook"),
    ("explain submissions.csv --id submission-003", "why one case gets its trends"),
    ("report tagged.xlsx -o report.html", "a page about the batch"),
    ("train cases.csv -o mine.safetensors --no-search", "train a model"),
    ("evaluate cases.csv --cross-validate 5 --no-search", "how good such models are"),
    ("review add submissions.csv", "start a review of the suggestions"),
];

/// The last command runs until it is stopped.
const SERVE: (&str, &str) = ("review serve", "open the review page in a browser");

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    // Existing files are reported before any file is written.
    let start = |file: &DemoFile| Output::create(folder.join(file.0), args.force);
    let outputs: Vec<Output> = FILES.iter().map(start).collect::<Result<_, _>>()?;
    for (mut output, DemoFile(name, _, bytes)) in outputs.into_iter().zip(&FILES) {
        let written = std::io::Write::write_all(&mut output, bytes);
        written.with_context(|| folder.join(name).display().to_string())?;
        output.commit()?;
    }
    if !global.quiet {
        print(&what_to_try(folder)?)?;
    }
    Ok(End::Done)
}

fn what_to_try(folder: &Path) -> Result<String> {
    let mut out = format!("The folder {} contains:\n\n", folder.display());
    for DemoFile(name, what, _) in &FILES {
        writeln!(out, "  {name:<16} {what}")?;
    }
    let is_here = folder == Path::new(".");
    let change = if is_here { String::new() } else { format!("  cd \"{}\"\n", folder.display()) };
    write!(out, "\nTo try it:\n\n{change}")?;
    let program = program();
    let commands = || COMMANDS.iter().chain([&SERVE]);
    let width = commands().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, what) in commands() {
        writeln!(out, "  {program} {command:<width$}  {what}")?;
    }
    writeln!(out, "\n{program} COMMAND --help explains each command.")?;
    Ok(out)
}

/// What to type to start this program from any folder: its name if the shell finds it by
/// that, otherwise its path, as for a copy that has just been made.
fn program() -> String {
    let Ok(path) = std::env::current_exe() else { return "trendtag".to_owned() };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&folders).any(|at| Some(&*at) == path.parent());
    match path.file_stem() {
        Some(name) if is_found => name.display().to_string(),
        _ if path.to_string_lossy().contains(' ') => format!("\"{}\"", path.display()),
        _ => path.display().to_string(),
    }
}
