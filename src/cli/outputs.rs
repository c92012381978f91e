//! Outputs that commands share: standard output, messages on standard error, progress,
//! whole files and the list of rows that failed.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use trendtag::Error;
use trendtag::error::Note;
use trendtag::pages::{Cover, FigureFile};
use trendtag::tables::output::Output;

use super::{End, Global, remedies, terminal};

/// Output formats of commands that report findings, besides a table on the terminal.
#[derive(Args)]
pub(super) struct FindingsArgs {
    /// Print everything as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Write everything as a page to this file (HTML)
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Replace the page if it exists
    #[arg(long)]
    pub(super) force: bool,
}

/// What the author of a page gives it.
#[derive(Args)]
pub(super) struct PageArgs {
    /// Title of the page
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Date on the page; without it the page has none
    #[arg(long, value_name = "TEXT")]
    date: Option<String>,
}

impl PageArgs {
    pub(super) fn cover(&self) -> Cover {
        Cover { title: self.title.clone(), date: self.date.clone() }
    }
}

/// The charts of a page as files.
#[derive(Args)]
pub(super) struct FiguresArgs {
    /// Write each chart of the page into this folder (SVG and PNG)
    #[arg(hide_short_help = true, long, value_name = "DIR")]
    figures: Option<PathBuf>,
}

impl FiguresArgs {
    /// Refuses a folder with files before the work is done, unless they may be replaced.
    pub(super) fn check(&self, force: bool) -> Result<()> {
        let Some(folder) = self.figures.as_deref().filter(|folder| folder.exists() && !force)
        else {
            return Ok(());
        };
        let mut files = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        ensure!(
            files.next().is_none(),
            "{}: the folder is not empty; name another one, or replace its files with --force",
            folder.display()
        );
        Ok(())
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.figures.is_some()
    }

    /// Writes the charts, if they are wanted.
    pub(super) fn write(&self, figures: impl FnOnce() -> Result<Vec<FigureFile>>) -> Result<()> {
        let Some(folder) = &self.figures else { return Ok(()) };
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let write = |name: String, bytes: &[u8]| -> Result<()> {
            let mut output = Output::create(folder.join(name), true)?;
            output.write_all(bytes)?;
            Ok(output.commit()?)
        };
        for figure in figures()? {
            write(format!("{}.svg", figure.name), figure.svg.as_bytes())?;
            write(format!("{}.png", figure.name), &figure.png()?)?;
        }
        Ok(())
    }
}

/// Writes a line to standard error. A failure is ignored, since nobody reads it then.
pub(super) fn say(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes to standard output.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a value as JSON if requested, and in words otherwise.
pub(super) fn print_found(
    value: &impl Serialize,
    json: bool,
    words: impl FnOnce() -> Result<String>,
) -> Result<()> {
    print(&if json { in_json(value)? } else { words()? })
}

/// Formats a value as JSON.
pub(super) fn in_json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Reports an error with its causes.
pub(crate) fn report_error(error: &anyhow::Error) {
    say(&format!("error: {}", in_words(error)));
}

/// Formats the contexts of an error. The error of the library comes last, with its causes
/// and its remedy.
pub(super) fn in_words(error: &anyhow::Error) -> String {
    let mut words = Vec::new();
    for cause in error.chain() {
        if let Some(ours) = cause.downcast_ref::<Error>() {
            words.push(remedies::in_words(ours));
            break;
        }
        words.push(cause.to_string());
    }
    words.join(": ")
}

/// Returns whether the user interrupted the run.
pub(crate) fn is_interrupted(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(Error::Interrupted)))
}

/// Returns whether the reader of the output has closed the pipe.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

impl Global {
    /// Writes a line to standard error, unless `--quiet` is given.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            say(line);
        }
    }

    /// Writes the notes about an input to standard error, unless `--quiet` is given.
    pub(super) fn notes(&self, notes: &[Note]) {
        notes
            .iter()
            .for_each(|note| self.note(&format!("note: {}", remedies::note_in_words(note))));
    }

    /// Returns a progress bar on a terminal, and a hidden one elsewhere.
    pub(super) fn progress(&self, length: u64, template: &str) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(Some(length), terminal::progress_target()).with_style(style)
    }
}

/// An optional output file. It is created at the start, so that an existing file is
/// reported before the work is done.
pub(super) struct WantedFile(Option<(PathBuf, Output)>);

impl WantedFile {
    pub(super) fn start(path: Option<&Path>, force: bool) -> Result<Self> {
        let start = |path: &Path| Ok::<_, Error>((path.to_owned(), Output::create(path, force)?));
        Ok(Self(path.map(start).transpose()?))
    }

    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes the whole file, if it was requested.
    pub(super) fn write<B: AsRef<[u8]>>(self, bytes: impl FnOnce() -> Result<B>) -> Result<()> {
        let Some((path, mut output)) = self.0 else { return Ok(()) };
        output.write_all(bytes()?.as_ref()).with_context(|| path.display().to_string())?;
        Ok(output.commit()?)
    }
}

/// Rows that failed. Each is named on standard error, and listed in the file of
/// `--errors` if there is one.
pub(super) struct Failures {
    list: WantedFile,
    errors: Vec<Error>,
    count: u64,
}

impl Failures {
    pub(super) fn new(file: Option<&Path>, force: bool) -> Result<Self> {
        Ok(Self { list: WantedFile::start(file, force)?, errors: Vec::new(), count: 0 })
    }

    pub(super) fn add(&mut self, error: Error) {
        self.count += 1;
        say(&format!("row failed: {}", remedies::in_words(&error)));
        if self.list.is_wanted() {
            self.errors.push(error);
        }
    }

    /// Returns the value that was read, and records the errors of the rows that failed.
    pub(super) fn keep<T>(&mut self, (read, errors): (T, Vec<Error>)) -> T {
        errors.into_iter().for_each(|error| self.add(error));
        read
    }

    /// Writes the list, if requested, before the output gets its final name.
    pub(super) fn place(&mut self) -> Result<()> {
        let list = std::mem::replace(&mut self.list, WantedFile(None));
        list.write(|| errors_csv(&self.errors))
    }

    /// Writes the list, if requested, and returns the outcome of the run.
    pub(super) fn end(self) -> Result<End> {
        self.list.write(|| errors_csv(&self.errors))?;
        Ok(if self.count == 0 { End::Done } else { End::SomeRowsFailed })
    }
}

fn errors_csv(errors: &[Error]) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["file", "row", "line", "column", "error"])?;
    for error in errors {
        let place = error.place().cloned().unwrap_or_default();
        let number = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
        csv.write_record([
            place.file.clone(),
            number(place.row),
            number(place.line),
            place.column.clone().unwrap_or_default(),
            remedies::in_words(error),
        ])?;
    }
    Ok(csv.into_inner()?)
}
