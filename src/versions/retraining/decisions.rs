//! Decisions of reviewers: the settled label set of each case, from a file of labelled
//! rows, and the cases on which reviewers disagree.

use std::collections::BTreeMap;

use crate::error::{Action, Error, Result};
use crate::tables::Fields;
use crate::tables::LabelColumns;
use crate::tables::ReadOptions;
use crate::tables::Row;
use crate::tables::Rows;
use crate::tables::case_of;
use crate::tagger::Case;
use crate::tagger::record::{ASKED_COLUMN, BY_COLUMN};
use crate::taxonomy::{LabelReader, Taxonomy, TrendSet};

/// A case with its final decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The case; its gold is the decision.
    pub case: Case,
    /// Whether it belongs to the blind check, so that no model learns from it.
    pub audit: bool,
    /// The reviewer who decided, if known.
    pub reviewer: Option<String>,
    /// The trends that existed at the time of the decision, which gives no information
    /// about others. `None` means all trends.
    pub asked: Option<TrendSet>,
}

/// The decisions of reviewers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// Settled decisions, in the order in which their cases first appear.
    pub settled: Vec<Decided>,
    /// Ids of cases with unsettled disagreement.
    pub conflicts: Vec<String>,
    /// The columns of the file.
    pub columns: Vec<String>,
}

/// The content of the rows of a case.
struct Said {
    row: Row,
    /// `None` if nothing is decided yet.
    gold: Option<TrendSet>,
    /// See [`Decided::asked`].
    asked: Option<TrendSet>,
    audit: bool,
    conflict: bool,
}

impl Decisions {
    /// Reads decisions from the export of a review, or from any labelled rows that were
    /// opened with the same options. `yes` in the column `review_blind_check` marks a
    /// case that is reserved for measuring, and `conflict` in the column `review_status`
    /// one on which reviewers disagree. Several rows of one case that differ are a
    /// conflict, too. Both columns may be absent. If there is a `review_status`,
    /// decisions are read from the column `trends`, whatever the options name, because
    /// the named column can contain labels from before the review. Rows without trends,
    /// and those accepted in bulk (`yes` in `review_bulk`), are undecided and left out.
    /// Returns the decisions and one error per invalid row.
    ///
    /// # Errors
    /// As [`crate::tagger::Corpus::open`]; [`Error::BadFile`] if nothing is decided.
    pub fn from_rows(
        mut rows: Rows,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let (columns, is_export) = rows.columns_of_decisions(&options.columns);
        let fields = Fields::of(&rows, &columns)?;
        let source = match columns.label_columns.is_empty() {
            true => LabelColumns::Together(fields.trends_column().clone()),
            false => LabelColumns::of(&rows, &fields, &columns)?,
        };
        let reader = LabelReader::new(taxonomy, columns.label_separator.as_deref());
        let mut decisions = Self { columns: rows.columns().to_vec(), ..Self::default() };
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut cases: Vec<(String, Said)> = Vec::new();
        let mut errors = Vec::new();
        for row in &mut rows {
            let said = match row.and_then(|row| Said::of(row, &source, &reader, taxonomy)) {
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
                let mut case = case_of(&said.row, id, fields.owned_texts(&said.row), Some(gold));
                case.set_asked(said.asked.as_ref(), taxonomy);
                let cell = |name| said.row.get(name).filter(|cell| !cell.trim().is_empty());
                decisions.settled.push(Decided {
                    audit: said.audit,
                    reviewer: cell(BY_COLUMN).map(|name| name.trim().to_owned()),
                    asked: said.asked,
                    case,
                });
            }
        }
        if decisions.settled.is_empty() && decisions.conflicts.is_empty() && errors.is_empty() {
            let reason = match fields.trends_column().index {
                None => format!("there is no column \"{}\" with decisions", columns.trends),
                Some(_) => format!("no row of it has a decision in \"{}\"", columns.trends),
            };
            let remedy = if is_export {
                "let someone decide its cases first, and keep the columns of the export".into()
            } else {
                Action::NameTrendsColumn.to("name the column with the decisions")
            };
            return Err(Error::bad_file(rows.file(), reason, remedy));
        }
        Ok((decisions, errors))
    }
}

impl Said {
    fn of(
        row: Row,
        source: &LabelColumns,
        reader: &LabelReader,
        taxonomy: &Taxonomy,
    ) -> Result<Self> {
        // A case that nobody has read is undecided.
        let gold = source.gold(&row, reader)?.filter(|_| !row.is_bulk());
        let asked = gold.as_ref().and_then(|gold| taxonomy.asked(&row.get(ASKED_COLUMN)?, gold));
        Ok(Self { gold, asked, audit: row.is_blind_check(), conflict: row.is_conflict(), row })
    }

    /// Adds another row of the same case. Rows agree if they have the same trends among
    /// those that both were asked about.
    fn join(&mut self, other: Self) {
        self.audit |= other.audit;
        self.conflict |= other.conflict;
        let Some(gold) = other.gold else { return };
        let Some(own) = &self.gold else {
            (self.gold, self.asked) = (Some(gold), other.asked);
            return;
        };
        let among = |set: &TrendSet, asked: &Option<TrendSet>| -> TrendSet {
            set.iter().filter(|id| asked.as_ref().is_none_or(|a| a.contains(*id))).collect()
        };
        self.conflict |= among(own, &other.asked) != among(&gold, &self.asked);
        let both = |a: &TrendSet, b: &TrendSet| a.iter().chain(b.iter()).collect();
        self.asked = self.asked.as_ref().zip(other.asked.as_ref()).map(|(a, b)| both(a, b));
        self.gold = Some(both(own, &gold));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::tables::{Columns, MissingText};

    fn open(rows: &str) -> (Decisions, Vec<Error>) {
        let columns = Columns { missing_text: MissingText::Allow, ..Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let input = Cursor::new(rows.to_owned());
        let rows = Rows::from_reader(input, "decisions.csv", &options).unwrap();
        let taxonomy = Taxonomy::from_keys(["a", "b"]).unwrap();
        Decisions::from_rows(rows, &options, &taxonomy).unwrap()
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
    fn what_nobody_has_read_decides_nothing() {
        let (found, _) = open(
            "id,title,trends,review_status,review_bulk\nx,One,a,decided,yes\ny,Two,a,decided,no\n",
        );
        assert_eq!(settled(&found), [("y", false, 1)]);
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
    fn decisions_of_an_export_are_read_from_its_own_column_whatever_the_corpus_calls_its_labels() {
        let taxonomy = Taxonomy::from_keys(["a", "b"]).unwrap();
        let missing_text = MissingText::Allow;
        let columns = Columns { trends: "labels".into(), missing_text, ..Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let read = |input: &'static str| {
            let rows = Rows::from_reader(Cursor::new(input), "r.csv", &options).unwrap();
            Decisions::from_rows(rows, &options, &taxonomy).unwrap().0
        };
        let export = read("id,title,labels,trends,review_status\nx,One,a;b,b,decided\n");
        assert_eq!(settled(&export), [("x", false, 1)]);
        let labelled = read("id,title,labels,trends\nx,One,a;b,b\n");
        assert_eq!(settled(&labelled), [("x", false, 2)]);
    }

    #[test]
    fn rows_that_were_asked_about_other_trends_are_no_conflict() {
        let (found, _) = open(
            "id,title,trends,review_labels_asked\nx,One,-,a\nx,One,b,b\ny,Two,a,a\ny,Two,-,\n\
             z,Three,a,a\n",
        );
        assert_eq!(settled(&found), [("x", false, 1), ("z", false, 1)]);
        assert_eq!(found.conflicts, ["y"], "both were asked about a");
        let asked: Vec<Option<usize>> =
            found.settled.iter().map(|d| d.asked.as_ref().map(TrendSet::len)).collect();
        assert_eq!(asked, [Some(2), Some(1)], "x was asked about both, one by one");
    }

    #[test]
    fn a_row_with_an_unknown_trend_is_told_by_its_place() {
        let (found, errors) = open("id,title,trends\nx,One,a\ny,Two,c\n");
        assert_eq!(settled(&found).len(), 1);
        let error = errors[0].to_string();
        assert!(error.contains("row 2 (line 3), column \"trends\": unknown trend"), "{error}");
    }
}
