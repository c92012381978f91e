//! Reads a labelled file as a whole: cases with their gold trends, and what was
//! wrong with the rows that could not be used.

use std::collections::BTreeMap;
use std::path::Path;

use super::fields::Fields;
use super::row::Row;
use super::rows::Rows;
use super::{ReadOptions, bad_file, bad_row, spreadsheet};
use crate::error::{Error, Result, quoted_list};
use crate::tagger::{Case, Corpus};
use crate::taxonomy::{Taxonomy, TrendSet, check_keys, keys, labels_of, unknown_key};

impl Corpus {
    /// Reads a labelled file; without a taxonomy, the labels in use are the
    /// taxonomy. Returns the corpus and one error per row that was left out.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the file lacks the text or trends columns or an
    /// id stands twice, [`Error::BadCorpus`] if no taxonomy is given and no
    /// case has a label, and whatever [`Rows::open`] says.
    pub fn open(
        path: impl AsRef<Path>,
        options: &ReadOptions,
        taxonomy: Option<Taxonomy>,
    ) -> Result<(Self, Vec<Error>)> {
        Self::from_rows(Rows::open(path, options)?, options, taxonomy)
    }

    /// Reads cases from one file and their gold trends from another, joined by
    /// id; cases that the other file does not name are unlabelled.
    ///
    /// # Errors
    /// As [`Corpus::open`]; [`Error::BadFile`] if no id stands in both files.
    pub fn open_with_gold(
        cases: impl AsRef<Path>,
        gold: impl AsRef<Path>,
        options: &ReadOptions,
        taxonomy: Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let text = vec![options.columns.id.clone()];
        let gold_columns = super::Columns { text, ..options.columns.clone() };
        let gold_options = ReadOptions { columns: gold_columns, ..options.clone() };
        let (labels, mut errors) = Self::open(&gold, &gold_options, Some(taxonomy.clone()))?;
        let mut labels: BTreeMap<String, Case> =
            labels.cases.into_iter().map(|case| (case.id.clone(), case)).collect();

        let mut rows = Rows::open(cases, options)?;
        let fields = Fields::of(&rows, &options.columns)?;
        let columns = rows.columns().to_vec();
        let mut corpus = Self { taxonomy, columns, cases: Vec::new(), examples: Vec::new() };
        for row in &mut rows {
            match row {
                Ok(row) => {
                    let id = fields.id(&row).into_owned();
                    let texts = fields.texts(&row).map(|text| text.into_owned()).collect();
                    let gold = labels.remove(&id).and_then(|labelled| labelled.gold);
                    corpus.cases.push(case_of(&row, id, texts, gold));
                }
                Err(error) if error.is_row() => errors.push(error),
                Err(error) => return Err(error),
            }
        }
        corpus.refuse_repeated_ids(&fields.id_column().name)?;
        if corpus.unlabelled() == corpus.cases.len() {
            return Err(bad_file(
                rows.file(),
                format!("no id of it stands in {}", gold.as_ref().display()),
                "give the gold of the same cases, or name the column with --id-column",
            ));
        }
        Ok((corpus, errors))
    }

    /// Reads a corpus from rows that were opened with the same options.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn from_rows(
        mut rows: Rows,
        options: &ReadOptions,
        taxonomy: Option<Taxonomy>,
    ) -> Result<(Self, Vec<Error>)> {
        // Where rows name their own columns, only all of them tell what the file has.
        rows.look_ahead(usize::MAX);
        let fields = Fields::of(&rows, &options.columns)?;
        if fields.trends_column().index.is_none() && !rows.columns().is_empty() {
            return Err(no_trends_column(&rows, &options.columns.trends));
        }
        let mut labelled = Vec::new();
        let mut errors = Vec::new();
        for row in &mut rows {
            match row {
                Ok(row) => {
                    let cell = fields.labels(&row);
                    let cell = spreadsheet::unescape(&cell.unwrap_or_default()).to_owned();
                    labelled.push((row, cell));
                }
                Err(error) if error.is_row() => errors.push(error),
                Err(error) => return Err(error),
            }
        }
        labelled.retain(|(row, cell)| match check_keys(cell) {
            Ok(()) => true,
            Err(reason) => {
                errors.push(bad_label(row, &fields, reason));
                false
            }
        });
        let taxonomy = match taxonomy {
            Some(taxonomy) => taxonomy,
            None => Taxonomy::from_keys(labelled.iter().flat_map(|(_, cell)| keys(cell)))?,
        };
        let mut cases = Vec::with_capacity(labelled.len());
        for (row, cell) in labelled {
            match taxonomy.parse_cell(&cell) {
                Ok(gold) => {
                    let id = fields.id(&row).into_owned();
                    let texts = fields.texts(&row).map(|text| text.into_owned()).collect();
                    cases.push(case_of(&row, id, texts, gold));
                }
                Err(key) => errors.push(bad_label(&row, &fields, unknown_key(key, &taxonomy))),
            }
        }
        errors.sort_by_key(|error| error.place().and_then(|place| place.row));
        let columns = rows.columns().to_vec();
        let corpus = Self { taxonomy, columns, cases, examples: Vec::new() };
        corpus.refuse_repeated_ids(&fields.id_column().name)?;
        Ok((corpus, errors))
    }
}

/// A case of a row that was read.
pub(crate) fn case_of(row: &Row, id: String, texts: Vec<String>, gold: Option<TrendSet>) -> Case {
    Case { id, texts, gold, record: row.record().into(), place: Some(row.place()) }
}

/// The gold trends of one row; `None` if it is unlabelled.
///
/// # Errors
/// [`Error::BadRow`] for a cell that names no trends of the taxonomy.
pub(crate) fn gold_of(row: &Row, fields: &Fields, taxonomy: &Taxonomy) -> Result<Option<TrendSet>> {
    let cell = fields.labels(row).unwrap_or_default();
    labels_of(spreadsheet::unescape(&cell), taxonomy)
        .map_err(|reason| bad_label(row, fields, reason))
}

fn bad_label(row: &Row, fields: &Fields, reason: String) -> Error {
    bad_row(
        row.place().with_column(&fields.trends_column().name),
        reason,
        "join the keys of the trends by \";\", write \"-\" if none applies, or leave the cell empty",
    )
}

fn no_trends_column(rows: &Rows, wanted: &str) -> Error {
    bad_file(
        rows.file(),
        format!(
            "there is no trends column \"{wanted}\"; the file has {}",
            quoted_list(rows.columns())
        ),
        "name the column that holds the labels with --trends-column",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::tables::Columns;

    fn load(
        input: &str,
        name: &str,
        columns: Columns,
        taxonomy: Option<Taxonomy>,
    ) -> Result<(Corpus, Vec<Error>)> {
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let rows = Rows::from_reader(Cursor::new(input.to_owned()), name, &options)?;
        Corpus::from_rows(rows, &options, taxonomy)
    }

    fn load_csv(input: &str) -> Result<(Corpus, Vec<Error>)> {
        load(input, "a.csv", Columns::default(), None)
    }

    fn colours() -> Option<Taxonomy> {
        Taxonomy::from_keys(["blue", "red"]).ok()
    }

    fn cells(corpus: &Corpus) -> Vec<Option<String>> {
        let cell = |gold| corpus.taxonomy.format_cell(gold);
        corpus.cases.iter().map(|case| case.gold.as_ref().map(cell)).collect()
    }

    #[test]
    fn labels_nothing_applies_and_unlabelled_are_three_things() {
        let (corpus, errors) =
            load_csv("id,title,trends,country\n1,a,red; blue,NL\n2,b,-,\n3,c,,DE\n").unwrap();
        assert!(errors.is_empty());
        assert_eq!(cells(&corpus), [Some("blue;red".into()), Some("-".into()), None]);
        assert_eq!(corpus.unlabelled(), 1);
        assert_eq!(corpus.cases[0].texts, ["a", "", ""]);
        assert_eq!(corpus.cases[2].record.get("country").unwrap(), "DE");
    }

    #[test]
    fn rows_that_cannot_be_used_are_listed_in_order_and_the_others_kept() {
        let input = "id,title,trends\n1,a,red\n2,b,mauve\n3,c,red,x\n4,d,red;-\n5,e,;\n6,f,blue\n";
        let (corpus, errors) = load(input, "a.csv", Columns::default(), colours()).unwrap();
        let ids: Vec<&str> = corpus.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["1", "6"]);
        let rows: Vec<_> = errors.iter().map(|e| e.place().unwrap().row.unwrap()).collect();
        assert_eq!(rows, [2, 3, 4, 5]);
        assert_eq!(
            errors[0].to_string(),
            "a.csv, row 2 (line 3), column \"trends\": unknown trend \"mauve\" (the taxonomy has \
             \"blue\", \"red\"); join the keys of the trends by \";\", write \"-\" if none applies, \
             or leave the cell empty"
        );
    }

    #[test]
    fn an_id_that_stands_twice_is_refused_with_both_rows() {
        let error = load_csv("id,title,trends\nx,a,red\ny,b,red\nx,c,red\n").unwrap_err();
        let text = error.to_string();
        assert!(!error.is_row());
        assert!(text.contains("row 3 (line 4)") && text.contains("row 1 (line 2)"), "{text}");
    }

    #[test]
    fn cases_of_an_audit_are_left_out_however_people_write_it() {
        let input =
            "id,title,trends,review_audit\n1,a,red,yes\n2,b,red,no\n3,c,red, Yes \n4,d,red,\n";
        let (mut corpus, _) = load_csv(input).unwrap();
        assert_eq!(corpus.leave_out_audit(), 2);
        let ids: Vec<&str> = corpus.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["2", "4"]);
    }

    #[test]
    fn without_an_id_the_number_of_the_row_is_the_id() {
        let (corpus, _) = load_csv("title,trends\na,red\nb,red\n").unwrap();
        assert_eq!(corpus.cases[1].id, "2");
    }

    #[test]
    fn columns_of_other_names_are_found_by_option_and_in_other_letters_by_themselves() {
        let columns =
            Columns { text: vec!["text".into()], trends: "labels".into(), ..Columns::default() };
        let input = "text,labels,split\nhello,joy;awe,train\n";
        let (corpus, _) = load(input, "a.csv", columns, None).unwrap();
        assert_eq!(cells(&corpus), [Some("awe;joy".into())]);
        assert_eq!(corpus.cases[0].record.get("split").unwrap(), "train");

        let (corpus, _) = load_csv("ID,Title , SUMMARY,Trends\nx,a,b,red\n").unwrap();
        assert_eq!((corpus.cases[0].id.as_str(), &corpus.cases[0].texts[1]), ("x", &"b".into()));
    }

    #[test]
    fn missing_columns_are_named_with_the_flag_that_helps() {
        let error = load_csv("id,body,trends\n1,a,red\n").unwrap_err().to_string();
        assert!(error.contains("\"body\"") && error.contains("--text-columns"), "{error}");
        let error = load_csv("id,title,tags\n1,a,red\n").unwrap_err().to_string();
        assert!(error.contains("\"tags\"") && error.contains("--trends-column"), "{error}");
        let error = load_csv("id,title,title,trends\n1,a,b,red\n").unwrap_err().to_string();
        assert!(error.contains("\"title\" stands twice"), "{error}");
    }

    #[test]
    fn labels_in_json_may_be_a_list() {
        let input = "{\"title\":\"a\",\"trends\":[\"red\",\"blue\"]}\n\
                     {\"title\":\"b\",\"trends\":[]}\n{\"title\":\"c\",\"trends\":null}\n\
                     {\"title\":\"d\",\"trends\":\"red\",\"year\":2020}\n";
        let (corpus, errors) = load(input, "a.jsonl", Columns::default(), None).unwrap();
        assert!(errors.is_empty());
        assert_eq!(
            cells(&corpus),
            [Some("blue;red".into()), Some("-".into()), None, Some("red".into())]
        );
        assert_eq!(corpus.columns, ["title", "trends", "year"]);
    }

    #[test]
    fn the_labelled_cases_of_this_project_load_without_a_fault() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
        let (corpus, errors) =
            Corpus::open(data.join("cases.csv"), &ReadOptions::default(), Some(taxonomy)).unwrap();
        let lines = ::csv::Reader::from_path(data.join("cases.csv")).unwrap().records().count();
        assert_eq!((corpus.cases.len(), errors.len()), (lines, 0));
        assert!(corpus.cases.iter().all(|case| case.record.get("annotation_1").is_some()));
    }
}
