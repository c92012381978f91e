//! What is read of a file, shown before it is tagged.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::settings::FileSettings;
use crate::error::{Action, Error, Note, Remedy, Result, with_causes};
use crate::review::db::refusal::Refusal;
use crate::review::db::store::Store;
use crate::tables::{Columns, Fields, FirstLine, Format, ReadOptions, Row, Rows, find_column};
use crate::tagger::{Model, TextField};

/// What is read of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Preview {
    /// The format; `None` if the file cannot be opened.
    pub(crate) format: Option<Format>,
    /// The sheet that is read.
    pub(crate) sheet: Option<String>,
    /// All visible sheets.
    pub(crate) sheets: Vec<String>,
    /// The line of the header; in a workbook, its row.
    pub(crate) header_row: Option<u64>,
    /// The first lines as they are, those above the header included; none of formats that
    /// have no lines.
    pub(crate) lines: Vec<FirstLine>,
    /// The columns.
    pub(crate) columns: Vec<String>,
    /// The column with the id, if there is one.
    pub(crate) id_column: Option<String>,
    /// From which column each field of the model is read.
    pub(crate) texts: Vec<TextSource>,
    /// Rows that were looked at.
    pub(crate) rows: u64,
    /// Whether these are all rows.
    pub(crate) is_whole: bool,
    /// Rows that cannot be read.
    pub(crate) failed: u64,
    /// Rows without any text.
    pub(crate) without_text: u64,
    /// Rows whose id an earlier row has.
    pub(crate) repeated_ids: u64,
    /// Rows with the id of a case of the review that has another text: they cannot be added.
    pub(crate) taken_ids: u64,
    /// The first rows: the beginning of each of the first cells.
    pub(crate) first: Vec<Vec<String>>,
    /// What was put right, in words.
    pub(crate) repairs: Vec<String>,
    /// What was noticed.
    pub(crate) notes: Vec<Said>,
    /// Why the file cannot be tagged as it is read.
    pub(crate) problem: Option<Said>,
    /// What is wrong with the first rows that cannot be read.
    pub(crate) failures: Vec<Said>,
}

/// From which column a field of the model is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TextSource {
    /// The field.
    pub(crate) field: String,
    /// The column; `None` if there is none for it.
    pub(crate) column: Option<String>,
}

/// Something that is said to a person, with what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct Said {
    /// The words, which name no flag and no button.
    pub(crate) words: String,
    /// The remedies.
    pub(crate) remedies: Vec<SaidRemedy>,
}

/// A remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct SaidRemedy {
    /// What to do.
    pub(crate) action: Action,
    /// With which value, if one is known.
    pub(crate) value: Option<String>,
}

/// Rows and lines that are shown, and columns of each.
const SHOWN_ROWS: usize = 5;
const SHOWN_COLUMNS: usize = 100;

/// Characters of a cell that are shown.
const SHOWN_CHARACTERS: usize = 200;

/// Rows whose faults are named.
pub(crate) const NAMED_FAILURES: usize = 20;

/// How long rows are counted.
const LONGEST: Duration = Duration::from_secs(20);

impl Preview {
    /// Reads a file under another name. A file that cannot be read is not an error: the
    /// preview says what is wrong with it.
    pub(crate) fn of(
        path: &Path,
        name: &str,
        settings: &FileSettings,
        (model, max_expanded): (&Model, u64),
        (store, stop): (&Store, &Arc<AtomicBool>),
    ) -> Self {
        let options = match settings.options(model, max_expanded) {
            Ok(options) => options,
            Err(error) => {
                let options = FileSettings::default().options(model, max_expanded);
                let shown = options.and_then(|options| Self::start(path, name, &options));
                return Self { problem: Some(Said::of(&error)), ..shown.unwrap_or_default() };
            }
        };
        let mut preview = match Self::whole(path, name, &options, (store, stop)) {
            Ok(preview) => preview,
            Err(error) => {
                let shown = Self::start(path, name, &options).unwrap_or_default();
                Self { problem: Some(Said::of(&error)), ..shown }
            }
        };
        preview.texts = preview.sources(model, &options.columns.text);
        preview
    }

    /// Returns the column for each field of the model. The columns are used as the last fields.
    fn sources(&self, model: &Model, columns: &[String]) -> Vec<TextSource> {
        let fields = &model.tagger.params().fields;
        let first = fields.len().saturating_sub(columns.len());
        let source = |(at, field): (usize, &TextField)| {
            let wanted = at.checked_sub(first).and_then(|at| columns.get(at));
            let found = wanted.and_then(|name| find_column(&self.columns, name));
            let column = found.map(|at| self.columns[at].clone());
            TextSource { field: field.column.clone(), column }
        };
        fields.iter().enumerate().map(source).collect()
    }

    /// Returns what does not depend on the columns: the sheets and the first lines.
    fn start(path: &Path, name: &str, options: &ReadOptions) -> Result<Self> {
        let none = Columns {
            id: String::new(),
            text: Vec::new(),
            trends: String::new(),
            ..Columns::default()
        };
        let options = ReadOptions {
            format: options.format,
            encoding: options.encoding,
            max_expanded: options.max_expanded,
            columns: none,
            ..ReadOptions::default()
        };
        Ok(Self { header_row: None, ..Self::opened(&Rows::open_as(path, name, &options)?) })
    }

    fn opened(rows: &Rows) -> Self {
        let sheets = rows.sheets();
        Self {
            format: Some(rows.format()),
            sheet: sheets.map(|(sheet, _)| sheet.to_owned()),
            sheets: sheets.map(|(_, all)| all.to_vec()).unwrap_or_default(),
            header_row: rows.header_line(),
            lines: rows.first_lines().to_vec(),
            columns: rows.columns().to_vec(),
            notes: rows.notes().iter().map(Said::of_note).collect(),
            ..Self::default()
        }
    }

    fn whole(
        path: &Path,
        name: &str,
        options: &ReadOptions,
        (store, stop): (&Store, &Arc<AtomicBool>),
    ) -> Result<Self> {
        let mut rows = Rows::open_as(path, name, options)?.stop_when(stop.clone());
        rows.look_ahead(crate::tables::batch::LOOK_AHEAD);
        let mut preview = Self::opened(&rows);
        let fields = match Fields::of(&rows, &options.columns) {
            Ok(fields) => Some(fields),
            Err(error) => {
                preview.problem = Some(Said::of(&error));
                None
            }
        };
        if let Some(fields) = &fields {
            let id = fields.id_column();
            preview.id_column = id.index.map(|_| id.name.clone());
        }
        preview.read(&mut rows, fields.as_ref(), store)?;
        Ok(preview)
    }

    /// Counts the rows, and keeps the first of them.
    fn read(&mut self, rows: &mut Rows, fields: Option<&Fields>, store: &Store) -> Result<()> {
        let began = Instant::now();
        let mut ids = HashSet::new();
        self.is_whole = true;
        let columns: Vec<String> = self.columns.iter().take(SHOWN_COLUMNS).cloned().collect();
        // Names of a header may be empty or occur twice.
        let by_place = rows.has_header();
        for row in rows.by_ref() {
            self.rows += 1;
            match row {
                Ok(row) => {
                    if let Some(fields) = fields {
                        let texts = fields.owned_texts(&row);
                        self.without_text +=
                            u64::from(texts.iter().all(|text| text.trim().is_empty()));
                        let id = fields.id(&row);
                        self.repeated_ids += u64::from(!ids.insert(hash(&id)));
                        // Rows that are numbered are numbered within their batch.
                        let is_named = fields.id_column().index.is_some();
                        let is_taken = is_named && store.is_taken(&id, &texts).unwrap_or(false);
                        self.taken_ids += u64::from(is_taken);
                    }
                    if self.first.len() < SHOWN_ROWS {
                        self.first.push(shown(&row, &columns, by_place));
                    }
                }
                Err(error) if error.is_row() => {
                    self.failed += 1;
                    if self.failures.len() < NAMED_FAILURES {
                        self.failures.push(Said::of(&error));
                    }
                }
                Err(error) => return Err(error),
            }
            if began.elapsed() > LONGEST {
                self.is_whole = false;
                break;
            }
        }
        self.repairs = rows.repairs().in_words();
        if fields.is_some() && self.is_whole && self.rows == self.failed {
            let (reason, remedy) = match self.rows {
                0 => (
                    "there is no row below the header",
                    "give a file with cases, or name another header row or sheet",
                ),
                _ => ("no row can be read", "mend what is wrong with the rows"),
            };
            let error = Error::bad_file(rows.file(), reason, remedy);
            self.problem = Some(Said::of(&error));
        }
        Ok(())
    }
}

fn hash(id: &str) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::default().hash_one(id)
}

/// Returns the start of each of the first cells.
fn shown(row: &Row, columns: &[String], by_place: bool) -> Vec<String> {
    let start = |cell: Cow<'_, str>| cell.chars().take(SHOWN_CHARACTERS).collect();
    if by_place {
        return row.values().take(columns.len()).map(|(_, cell)| start(cell)).collect();
    }
    columns.iter().map(|name| start(row.get(name).unwrap_or_default())).collect()
}

impl Said {
    /// Words of an error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        Self::new(with_causes(error), error.remedy())
    }

    pub(crate) fn of_note(note: &Note) -> Self {
        Self::new(note.to_string(), note.remedy())
    }

    /// Words of a refusal, with the remedy of its error.
    pub(crate) fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Failed(error) => Self::of(error),
            other => Self::new(with_causes(other), None),
        }
    }

    /// Words without a remedy.
    pub(crate) fn plain(words: String) -> Self {
        Self::new(words, None)
    }

    fn new(words: String, remedy: Option<&Remedy>) -> Self {
        let actions = remedy.map(Remedy::actions).unwrap_or_default().iter();
        let remedies =
            actions.map(|(action, value)| SaidRemedy { action: *action, value: value.clone() });
        Self { words, remedies: remedies.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(name: &str, bytes: &[u8], settings: &FileSettings) -> Preview {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let model = Model::built_in().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("r.db")).unwrap();
        let and = (&store, &Arc::default());
        Preview::of(file.path(), name, settings, (&model, 1 << 30), and)
    }

    const TABLE: &str = "Call 2025\nid,title,summary,description\n1,a,b,c\n1,,,\n3,d,e,f\n";

    #[test]
    fn a_table_below_a_title_is_found_and_counted() {
        let found = preview("calls.csv", TABLE.as_bytes(), &FileSettings::default());
        assert_eq!(found.problem, None);
        assert_eq!((found.rows, found.header_row, found.is_whole), (3, Some(2), true));
        assert_eq!((found.without_text, found.repeated_ids), (1, 1));
        assert_eq!(found.lines[0].cells, ["Call 2025"]);
        assert_eq!(found.first[0], ["1", "a", "b", "c"]);
        assert!(found.notes[0].words.starts_with("calls.csv: the header is in line 2"));
        assert_eq!(found.notes[0].remedies[0].action, Action::NameHeaderRow);
        let one = FileSettings { text_columns: Some(vec!["title".into()]), ..Default::default() };
        let found = preview("calls.csv", TABLE.as_bytes(), &one);
        let columns: Vec<_> = found.texts.iter().map(|text| text.column.as_deref()).collect();
        assert_eq!(columns, [None, None, Some("title")], "the last field of the model");
    }

    #[test]
    fn a_wrong_header_row_is_a_problem_that_names_the_right_one() {
        let wrong = FileSettings { header_row: Some(1), ..Default::default() };
        let found = preview("calls.csv", TABLE.as_bytes(), &wrong);
        let problem = found.problem.unwrap();
        assert!(problem.words.contains("none of the text columns"), "{}", problem.words);
        assert_eq!(found.lines.len(), 5, "the lines are there to choose another from");
        let beyond = FileSettings { header_row: Some(99), ..Default::default() };
        let found = preview("calls.csv", TABLE.as_bytes(), &beyond);
        assert!(found.problem.is_some() && found.lines.len() == 5, "{found:?}");
    }

    #[test]
    fn what_is_no_table_is_a_problem_and_no_crash() {
        for (name, bytes) in [
            ("a.csv", &b""[..]),
            ("a.xlsx", b"PK\x03\x04 but no workbook"),
            ("a.parquet", b"PAR1 cut"),
            ("a.jsonl", b"[1, 2"),
            ("../../etc/passwd", b"root:x:0:0"),
        ] {
            let found = preview(name, bytes, &FileSettings::default());
            assert!(found.problem.is_some(), "{name}: {found:?}");
        }
    }

    #[test]
    fn settings_that_cannot_be_are_a_problem_beside_the_first_lines() {
        let columns = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let many = FileSettings { text_columns: Some(columns), ..Default::default() };
        let found = preview("calls.csv", TABLE.as_bytes(), &many);
        assert!(found.problem.unwrap().words.contains("text columns = a, b, c, d"));
        assert_eq!(found.lines.len(), 5);
    }
}
