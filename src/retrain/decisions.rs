//! What reviewers decided: the settled label set of each case, from a file of
//! labelled rows, and the cases on which they are not agreed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::case::{Case, Fields, ReadOptions, Row, Rows, gold_of};
use crate::error::{Error, Result};
use crate::taxonomy::{Taxonomy, TrendSet};

/// The column that names the queue in which a case was decided.
const QUEUE: &str = "queue";

/// What stands in it for cases drawn by lot to be measured by: they are never
/// learned from.
const AUDIT: &str = "audit";

/// The column that says whether a row settles what reviewers disagreed on.
const ADJUDICATED: &str = "adjudicated";

/// The column that names who decided.
const REVIEWER: &str = "reviewer";

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

/// One row: who says what of a case.
struct Said {
    row: Row,
    gold: TrendSet,
    /// Blank if it is not known.
    reviewer: String,
    adjudicated: bool,
    audit: bool,
}

impl Decisions {
    /// Reads an export of decisions: labelled rows, later ones decided later.
    ///
    /// A case may stand in several rows. The last row with `yes` in the column
    /// `adjudicated` counts; without one the last rows of all (as the column
    /// `reviewer` names them) have to agree, otherwise the case is a conflict.
    /// `audit` in the column `queue` marks a case to measure by. All three columns
    /// may be absent. Rows without trends are undecided and left out. Returns the
    /// decisions and one error per row that cannot be used.
    ///
    /// # Errors
    /// As [`crate::case::Corpus::open`].
    pub fn open(
        path: &Path,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let mut rows = Rows::open(path, options)?;
        rows.look_ahead(usize::MAX);
        let fields = Fields::of(&rows, &options.columns)?;
        let columns = rows.columns().to_vec();
        let mut said: BTreeMap<String, (u64, Vec<Said>)> = BTreeMap::new();
        let mut errors = Vec::new();
        for row in &mut rows {
            let row = match row {
                Ok(row) => row,
                Err(error) if error.is_row() => {
                    errors.push(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            match gold_of(&row, &fields, taxonomy) {
                Ok(None) => {}
                Err(error) => errors.push(error),
                Ok(Some(gold)) => {
                    let id = fields.id(&row).into_owned();
                    let is = |column: &str, word: &str| {
                        row.get(column).is_some_and(|cell| cell.trim().eq_ignore_ascii_case(word))
                    };
                    let (adjudicated, audit) = (is(ADJUDICATED, "yes"), is(QUEUE, AUDIT));
                    let reviewer = row.get(REVIEWER).unwrap_or_default().trim().to_owned();
                    let of_case = said.entry(id).or_insert_with(|| (row.number(), Vec::new()));
                    of_case.1.push(Said { row, gold, reviewer, adjudicated, audit });
                }
            }
        }
        let mut decisions = Self { columns, ..Self::default() };
        let mut by_place: Vec<(u64, String, Vec<Said>)> =
            said.into_iter().map(|(id, (first, rows))| (first, id, rows)).collect();
        by_place.sort_by_key(|(first, ..)| *first);
        for (_, id, rows) in by_place {
            match settle(rows) {
                None => decisions.conflicts.push(id),
                Some(said) => {
                    let texts = fields.texts(&said.row).map(|text| text.into_owned()).collect();
                    let case = Case { id, texts, gold: Some(said.gold), row: said.row };
                    decisions.settled.push(Decided { case, audit: said.audit });
                }
            }
        }
        Ok((decisions, errors))
    }
}

/// The row that counts, `None` if there is none. A case drawn by lot to measure
/// by stays one, whatever else it went through.
fn settle(mut rows: Vec<Said>) -> Option<Said> {
    let audit = rows.iter().any(|said| said.audit);
    let is_last_of_reviewer = |(i, said): &(usize, &Said)| {
        said.reviewer.is_empty() || rows[i + 1..].iter().all(|r| r.reviewer != said.reviewer)
    };
    let mut last = rows.iter().enumerate().filter(is_last_of_reviewer).map(|(_, said)| &said.gold);
    let first = last.next();
    let agreed = last.all(|gold| Some(gold) == first);
    let counts = match rows.iter().rposition(|said| said.adjudicated) {
        Some(position) => position,
        None if agreed => rows.len().checked_sub(1)?,
        None => return None,
    };
    let mut said = rows.swap_remove(counts);
    said.audit = audit;
    Some(said)
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
    fn the_latest_adjudicated_row_wins() {
        let (found, _) =
            open("id,title,trends,adjudicated\nx,One,a,\nx,One,-,yes\nx,One,a;b,yes\nx,One,b,\n");
        assert_eq!(settled(&found), [("x", false, 2)]);
        assert!(found.conflicts.is_empty());
    }

    #[test]
    fn a_reviewer_may_change_their_mind() {
        let (found, _) =
            open("id,title,trends,reviewer\nx,One,a,Ann\nx,One,b,Ann\ny,Two,a,Ann\ny,Two,b,Ben\n");
        assert_eq!(settled(&found), [("x", false, 1)]);
        assert!(found.settled[0].case.gold.as_ref().unwrap().contains(crate::TrendId(1)));
        assert_eq!(found.conflicts, ["y"]);
    }

    #[test]
    fn a_case_drawn_to_measure_by_stays_one() {
        let (found, _) = open("id,title,trends,queue\nx,One,-,audit\nx,One,-,first\n");
        assert_eq!(settled(&found), [("x", true, 0)]);
    }

    #[test]
    fn a_row_with_an_unknown_trend_is_told_by_its_place() {
        let (found, errors) = open("id,title,trends\nx,One,a\ny,Two,c\n");
        assert_eq!(settled(&found).len(), 1);
        let error = errors[0].to_string();
        assert!(error.contains("row 2 (line 3), column \"trends\": unknown trend"), "{error}");
    }
}
