//! What reviewers decided: the settled label set of each case, from a file of
//! labelled rows, and the cases on which they are not agreed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use crate::case::{Case, Columns, Fields, Format, ReadOptions, Row, Rows, gold_of};
use crate::error::{Error, Result};
use crate::review::{ExportParams, Store};
use crate::taxonomy::{Taxonomy, TrendSet};

/// How every SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// A case with what was decided of it in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The case; its gold is the decision.
    pub case: Case,
    /// Whether it was drawn by lot to measure by: then it is never learned from.
    pub audit: bool,
}

/// The decisions of reviewers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// The settled ones, in the order in which their cases first appear.
    pub settled: Vec<Decided>,
    /// Ids of cases of which reviewers say different things and nobody has
    /// settled it.
    pub conflicts: Vec<String>,
    /// The columns of the file.
    pub columns: Vec<String>,
}

/// What the rows of a case say of it.
struct Said {
    row: Row,
    /// `None` as long as nothing is decided.
    gold: Option<TrendSet>,
    audit: bool,
    conflict: bool,
}

impl Decisions {
    /// Reads decisions from the database of a review, from its export, or from any
    /// labelled rows.
    ///
    /// `yes` in the column `review_audit` marks a case to measure by, `conflict`
    /// in the column `review_status` one of which reviewers say different things;
    /// so do several rows of one case that differ. Both columns may be absent.
    /// Rows without trends are undecided and left out. Returns the decisions and
    /// one error per row that cannot be used.
    ///
    /// # Errors
    /// As [`crate::case::Corpus::open`] and [`Store::open`].
    pub fn open(
        path: &Path,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        if !is_database(path)? {
            return Self::from_rows(Rows::open(path, options)?, options, taxonomy);
        }
        let mut exported = Vec::new();
        let as_jsonl = ExportParams { jsonl: true, ..ExportParams::default() };
        Store::open(path)?.export(&as_jsonl, &mut exported)?;
        let columns = Columns { trends: Columns::default().trends, ..options.columns.clone() };
        let format = Some(Format::Jsonl);
        let options = ReadOptions { format, columns, ..ReadOptions::default() };
        let rows = Rows::from_reader(Cursor::new(exported), &path.display().to_string(), &options)?;
        Self::from_rows(rows, &options, taxonomy)
    }

    /// Reads decisions from rows that were opened with the same options.
    ///
    /// # Errors
    /// As [`Decisions::open`].
    pub fn from_rows(
        mut rows: Rows,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        rows.look_ahead(usize::MAX);
        let fields = Fields::of(&rows, &options.columns)?;
        let mut decisions = Self { columns: rows.columns().to_vec(), ..Self::default() };
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut cases: Vec<(String, Said)> = Vec::new();
        let mut errors = Vec::new();
        for row in &mut rows {
            let said = match row.and_then(|row| Said::of(row, &fields, taxonomy)) {
                Ok(said) => said,
                Err(error) if error.is_row() => {
                    errors.push(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let id = fields.id(&said.row).into_owned();
            match places.get(&id) {
                Some(&place) => cases[place].1.join(said),
                None => {
                    places.insert(id.clone(), cases.len());
                    cases.push((id, said));
                }
            }
        }
        for (id, said) in cases {
            if said.conflict {
                decisions.conflicts.push(id);
            } else if let Some(gold) = said.gold {
                let texts = fields.texts(&said.row).map(|text| text.into_owned()).collect();
                let case = Case { id, texts, gold: Some(gold), row: said.row };
                decisions.settled.push(Decided { case, audit: said.audit });
            }
        }
        Ok((decisions, errors))
    }
}

/// Whether a file is a SQLite database, by its first bytes.
fn is_database(path: &Path) -> Result<bool> {
    let failed = |source| Error::io(path, source);
    let mut start = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(SQLITE.len() as u64).read_to_end(&mut start).map_err(failed)?;
    Ok(start == SQLITE)
}

impl Said {
    fn of(row: Row, fields: &Fields, taxonomy: &Taxonomy) -> Result<Self> {
        let gold = gold_of(&row, fields, taxonomy)?;
        Ok(Self { gold, audit: row.is_audit(), conflict: row.is_conflict(), row })
    }

    /// Takes in what another row says of the same case.
    fn join(&mut self, other: Self) {
        self.conflict |= other.conflict
            || self.gold.as_ref().zip(other.gold.as_ref()).is_some_and(|(a, b)| a != b);
        self.audit |= other.audit;
        self.gold = self.gold.take().or(other.gold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(rows: &str) -> (Decisions, Vec<Error>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decisions.csv");
        std::fs::write(&path, rows).unwrap();
        let taxonomy = Taxonomy::from_keys(["a", "b"]).unwrap();
        Decisions::open(&path, &ReadOptions::default(), &taxonomy).unwrap()
    }

    fn settled(decisions: &Decisions) -> Vec<(&str, bool, usize)> {
        let of = |d: &Decided| (d.audit, d.case.gold.as_ref().unwrap().iter().count());
        let ids = decisions.settled.iter().map(|d| (d.case.id.as_str(), of(d)));
        ids.map(|(id, (audit, trends))| (id, audit, trends)).collect()
    }

    #[test]
    fn agreed_rows_settle_a_case_and_others_are_a_conflict() {
        let (found, errors) =
            open("id,title,trends\nx,One,a\ny,Two,a\nx,One,a\ny,Two,b\nz,Three,\n");
        assert!(errors.is_empty());
        assert_eq!(settled(&found), [("x", false, 1)], "and an empty cell decides nothing");
        assert_eq!(found.conflicts, ["y"]);
    }

    #[test]
    fn an_export_marks_what_is_measured_by_and_what_is_not_agreed() {
        let (found, _) = open(
            "id,title,trends,review_status,review_audit\nx,One,-,decided,yes\n\
             y,Two,,conflict,no\nz,Three,a,decided,no\nw,Four,,waits for a second answer,no\n",
        );
        assert_eq!(settled(&found), [("x", true, 0), ("z", false, 1)]);
        assert_eq!(found.conflicts, ["y"]);
    }

    #[test]
    fn a_row_with_an_unknown_trend_is_told_by_its_place() {
        let (found, errors) = open("id,title,trends\nx,One,a\ny,Two,c\n");
        assert_eq!(settled(&found).len(), 1);
        let error = errors[0].to_string();
        assert!(error.contains("row 2 (line 3), column \"trends\": unknown trend"), "{error}");
    }
}
