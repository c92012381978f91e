//! Decisions as labelled cases, ready to train on and to evaluate with.

mod columns;
pub(crate) mod decided_by;
pub(crate) mod finished;

use std::collections::BTreeMap;
use std::io::Write;

use rusqlite::Connection;
use serde::Deserialize;

use self::columns::{AnsweredCase, ExportColumns};
use crate::error::{Error, Result};
use crate::review::db::batch::narrowed;
use crate::review::db::refusal::Refusal;
use crate::review::db::settings::{parsed, setting};
use crate::review::db::store::Store;
use crate::review::db::stored_case::{CASE_COLUMNS, StoredCase};
use crate::tables::{Compression, Format, Formatter, WriteOptions};
use crate::tagger::Record;
use crate::taxonomy::Taxonomy;

/// Options of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportParams {
    /// Options for writing the file. The columns are always those of an export. A file
    /// for spreadsheets gets a byte-order mark, and a column that marks added
    /// apostrophes.
    pub write: WriteOptions,
    /// Name of the batch; all of them if `None`.
    pub batch: Option<String>,
    /// The cases to export.
    pub cases: ExportedCases,
    /// Whether reviewers are named instead of numbered.
    pub with_reviewers: bool,
    /// Whether each trend has a separate column with 1 or 0.
    pub one_column_per_trend: bool,
    /// Whether cases that wait for a second answer are left out, so that the second
    /// reviewer does not see the first answer.
    pub without_waiting: bool,
}

impl ExportParams {
    /// A finished batch as CSV.
    pub fn finished() -> Self {
        Self { cases: ExportedCases::Finished, ..Self::default() }
    }
}

impl Default for ExportParams {
    fn default() -> Self {
        Self {
            write: WriteOptions::new(Format::Csv),
            batch: None,
            cases: ExportedCases::default(),
            with_reviewers: false,
            one_column_per_trend: false,
            without_waiting: false,
        }
    }
}

/// The cases to export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportedCases {
    /// All answered cases; a column marks those of the blind check.
    #[default]
    All,
    /// The answered cases from which a model may learn: all but the blind check, those
    /// accepted in bulk and those that are unusable.
    Training,
    /// The answered cases of the blind check, which measure a model.
    #[serde(alias = "audit")]
    BlindCheck,
    /// All cases with their final trends: decided by reviewers, or else by the model.
    Finished,
    /// The cases with a suggestion that a reviewer saw and changed.
    Changed,
    /// All cases, those without an answer included.
    WithOpen,
}

/// Number of cases that are read in one step.
const CHUNK: usize = 256;

/// What a spreadsheet needs to read a text file as UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Store {
    /// Writes every requested case once, in the order added and from one snapshot: the
    /// original columns, then `trends` (empty while reviewers disagree), the suggestion, and
    /// the details of the decision. Memory holds a few hundred cases, a part of a Parquet
    /// file, or a workbook. Returns the number of cases.
    ///
    /// # Errors
    /// [`Error::Output`] if writing fails, [`Error::BadRow`] if a cell does not fit into the
    /// format, both as [`Refusal::Failed`]; [`Refusal::Unknown`] if there is no such batch.
    pub fn export(&self, params: &ExportParams, out: &mut dyn Write) -> Result<u64, Refusal> {
        self.read_or(|connection| write(connection, params, out))
    }

    /// Returns every answered case with the columns of an export, in the order added.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn answered(&self) -> Result<Vec<Record>> {
        // As in JSON Lines: lists stay lists.
        let write = WriteOptions::new(Format::Jsonl);
        let params = ExportParams { write, ..ExportParams::default() };
        let mut records = Vec::new();
        let read = self.read_or(|connection| {
            let columns = export_columns(connection, &params)?;
            each_case(connection, &params, &mut |answered| {
                records.push(columns.record(answered));
                Ok(())
            })
        });
        read.map_err(|refusal| self.error(refusal))?;
        Ok(records)
    }
}

fn write(
    connection: &Connection,
    params: &ExportParams,
    out: &mut dyn Write,
) -> Result<u64, Refusal> {
    let columns = export_columns(connection, params)?;
    let options = WriteOptions { columns: Some(columns.of_records()), ..params.write.clone() };
    let formatter = Formatter::new(None, &columns.typed(), &options)?;
    let mut sink = formatter.sink()?;
    let is_text = options.format.delimiter().is_some();
    if is_text && options.spreadsheet_safe && options.compression == Compression::None {
        out.write_all(BYTE_ORDER_MARK).map_err(|source| Error::Output { source })?;
    }
    sink.start(out)?;
    let (mut count, part) = (0, formatter.part_size());
    let (mut piece, mut rows, mut bytes) = (formatter.piece(), 0, 0);
    each_case(connection, params, &mut |answered| {
        // A finished batch has every case.
        let is_finished = params.cases == ExportedCases::Finished;
        let waits = params.without_waiting && answered.waits() && !is_finished;
        let unchanged = params.cases == ExportedCases::Changed && !answered.is_changed();
        if waits || unchanged {
            return Ok(());
        }
        count += 1;
        let (row, values) = columns.row(answered, count);
        (rows, bytes) = (rows + 1, bytes + row.size());
        formatter.add(&mut piece, row, values)?;
        if rows >= part.rows || bytes >= part.bytes {
            sink.write(std::mem::replace(&mut piece, formatter.piece()), out)?;
            sink.cut(out)?;
            (rows, bytes) = (0, 0);
        }
        Ok(())
    })?;
    sink.write(piece, out)?;
    sink.finish(out)?;
    Ok(count)
}

fn export_columns(
    connection: &Connection,
    params: &ExportParams,
) -> Result<ExportColumns, Refusal> {
    let columns = setting(connection, "columns")?;
    let columns: Vec<String> = columns.map(|text| parsed(&text)).transpose()?.unwrap_or_default();
    let taxonomy = setting(connection, "taxonomy")?;
    let taxonomy: Option<Taxonomy> = taxonomy.map(|text| parsed(&text)).transpose()?;
    let keys = taxonomy.iter().flat_map(Taxonomy::keys).map(str::to_owned).collect();
    let mut added = ExportColumns::new(columns, keys, numbered(connection)?, params);
    let unasked = "SELECT 1 FROM cases WHERE unasked IS NOT NULL LIMIT 1";
    if connection.prepare_cached(unasked)?.exists([])? {
        added.say_what_was_asked();
    }
    Ok(added)
}

/// Returns the numbers of the reviewers, by name, in the order of their first decisions.
fn numbered(connection: &Connection) -> rusqlite::Result<BTreeMap<String, usize>> {
    let query = "SELECT person FROM decisions GROUP BY person ORDER BY min(number)";
    let mut statement = connection.prepare_cached(query)?;
    let names = statement.query_map([], |row| row.get("person"))?;
    (1..).zip(names).map(|(number, name)| Ok((name?, number))).collect()
}

/// Reads the cases of an export one by one.
fn each_case(
    connection: &Connection,
    params: &ExportParams,
    each: &mut dyn FnMut(AnsweredCase) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let answered = "(c.answers > 0 OR c.final IS NOT NULL OR c.flag = 'unusable')";
    let batch = narrowed(connection, params.batch.as_deref())?;
    let which = match params.cases {
        ExportedCases::All | ExportedCases::Changed => answered.to_owned(),
        ExportedCases::Training => {
            format!("{answered} AND NOT c.blind_check AND NOT c.bulk AND c.flag IS NOT 'unusable'")
        }
        ExportedCases::BlindCheck => format!("{answered} AND c.blind_check"),
        ExportedCases::WithOpen | ExportedCases::Finished => "1".to_owned(),
    };
    let query = format!(
        "SELECT {CASE_COLUMNS} FROM cases c WHERE c.number > ?1 AND (?2 IS NULL OR c.batch = ?2) AND {which} \
         ORDER BY c.number LIMIT {CHUNK}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let mut after = 0;
    loop {
        let stored = statement.query_map((after, batch), StoredCase::read)?;
        let stored: Vec<StoredCase> = stored.collect::<rusqlite::Result<_>>()?;
        let Some(last) = stored.last() else { return Ok(()) };
        after = last.number;
        for stored in stored {
            each(AnsweredCase::load(connection, stored)?)?;
        }
    }
}
