//! Tags every row of a file and writes the rows with their suggestions as CSV.
//!
//! Run it with `cargo run --release --example batch data/submissions.csv`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // An example shows its results.

use std::io::{Write, stdout};

use trendtag::tables::batch::{BatchParams, Content, Event, tag_batch};
use trendtag::tables::{Columns, Format, ReadOptions, Rows, WriteOptions};
use trendtag::{Error, Model, Result};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "data/submissions.csv".to_owned());
    let model = Model::built_in()?;
    let params = BatchParams {
        columns: Columns::default(),
        write: WriteOptions::new(Format::Csv),
        content: Content { explain: 3, ..Content::default() },
        ranking: None,
        stream: false,
        jobs: 2,
    };
    let mut out = stdout().lock();
    let rows = std::iter::once(Rows::open(file, &ReadOptions::default()));
    let summary = tag_batch(&model, rows, &params, &mut out, &mut |event| {
        if let Event::Failed(error) = event {
            eprintln!("{error}");
        }
    })?;
    out.flush().map_err(|source| Error::io("-", source))?;
    eprintln!("{} of {} rows tagged", summary.tagged, summary.rows);
    Ok(())
}
