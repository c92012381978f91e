//! A labelled file as a whole: cases with their gold trends, and what was
//! wrong with the rows that could not be used.

use std::collections::BTreeMap;
use std::path::Path;

use super::fields::Fields;
use super::row::Row;
use super::rows::Rows;
use super::{ReadOptions, bad_file, bad_row, quoted_list, spreadsheet};
use crate::error::{Error, Place, Result};
use crate::taxonomy::{NONE_APPLIES, Taxonomy, TrendSet};

/// One case with its texts and gold trends.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The id, unique in its corpus.
    pub id: String,
    /// The texts, one per text column.
    pub texts: Vec<String>,
    /// The gold trends: `None` if unlabelled, an empty set if none applies.
    pub gold: Option<TrendSet>,
    /// The row it was read from, with all metadata.
    pub row: Row,
}

/// Labelled cases with the taxonomy of their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    /// The taxonomy given, or the labels of the file, sorted.
    pub taxonomy: Taxonomy,
    /// The columns of the file.
    pub columns: Vec<String>,
    /// The usable cases in the order of the file.
    pub cases: Vec<Case>,
}

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
        let mut corpus = Self { taxonomy, columns: rows.columns().to_vec(), cases: Vec::new() };
        for row in &mut rows {
            match row {
                Ok(row) => {
                    let id = fields.id(&row).into_owned();
                    let texts = fields.texts(&row).map(|text| text.into_owned()).collect();
                    let gold = labels.remove(&id).and_then(|labelled| labelled.gold);
                    corpus.cases.push(Case { id, texts, gold, row });
                }
                Err(error) if error.is_row() => errors.push(error),
                Err(error) => return Err(error),
            }
        }
        refuse_repeated_ids(&corpus.cases, &fields)?;
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
                Ok(gold) => cases.push(Case {
                    id: fields.id(&row).into_owned(),
                    texts: fields.texts(&row).map(|text| text.into_owned()).collect(),
                    gold,
                    row,
                }),
                Err(key) => errors.push(bad_label(&row, &fields, unknown_key(key, &taxonomy))),
            }
        }
        errors.sort_by_key(|error| error.place().and_then(|place| place.row));
        refuse_repeated_ids(&cases, &fields)?;
        Ok((Self { taxonomy, columns: rows.columns().to_vec(), cases }, errors))
    }

    /// Takes out the cases that a review exported as its audit
    /// ([`Row::is_blind_check`]): they measure a model, so that none may learn from them.
    /// Returns how many.
    pub fn leave_out_audit(&mut self) -> usize {
        let before = self.cases.len();
        self.cases.retain(|case| !case.row.is_blind_check());
        before - self.cases.len()
    }

    /// How many cases carry no label.
    pub fn unlabelled(&self) -> usize {
        self.cases.iter().filter(|case| case.gold.is_none()).count()
    }
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

/// The trends of a cell of labels; `None` if it is empty.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn labels_of(cell: &str, taxonomy: &Taxonomy) -> Result<Option<TrendSet>, String> {
    check_keys(cell)?;
    taxonomy.parse_cell(cell).map_err(|key| unknown_key(key, taxonomy))
}

/// The keys in a cell of labels.
pub(crate) fn keys(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|key| !key.is_empty() && *key != NONE_APPLIES)
}

/// Refuses what neither names a trend nor says that there is none.
pub(crate) fn check_keys(cell: &str) -> Result<(), String> {
    let cell = cell.trim();
    if cell.is_empty() || cell == NONE_APPLIES {
        return Ok(());
    }
    if keys(cell).next().is_none() {
        return Err(format!("\"{cell}\" names no trend"));
    }
    if cell.split(';').any(|key| key.trim() == NONE_APPLIES) {
        return Err(format!("\"-\" (none applies) stands beside a trend in \"{cell}\""));
    }
    Ok(())
}

fn bad_label(row: &Row, fields: &Fields, reason: String) -> Error {
    bad_row(
        row.place().with_column(&fields.trends_column().name),
        reason,
        "join the keys of the trends by \";\", write \"-\" if none applies, or leave the cell empty",
    )
}

fn unknown_key(key: &str, taxonomy: &Taxonomy) -> String {
    const SHOWN: usize = 20;
    let known: Vec<&str> = taxonomy.iter().map(|(_, trend)| trend.key.as_str()).collect();
    let more = known.len().saturating_sub(SHOWN);
    let shown = quoted_list(&known[..known.len() - more]);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("unknown trend \"{key}\" (the taxonomy has {shown}{more})")
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

fn refuse_repeated_ids(cases: &[Case], fields: &Fields) -> Result<()> {
    let mut seen: BTreeMap<&str, &Row> = BTreeMap::new();
    for case in cases {
        let Some(first) = seen.insert(&case.id, &case.row) else { continue };
        let place: Place = case.row.place().with_column(&fields.id_column().name);
        return Err(Error::BadFile {
            place: Box::new(place),
            reason: format!(
                "the id \"{}\" stands in row {} (line {}) already",
                case.id,
                first.number(),
                first.line()
            ),
            remedy: "give every case an id of its own, or remove one of the two".into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::case::Columns;

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
        assert_eq!(corpus.cases[2].row.get("country").unwrap(), "DE");
    }

    #[test]
    fn rows_that_cannot_be_used_are_listed_in_order_and_the_others_kept() {
        let input = "id,title,trends\n1,a,red\n2,b,mauve\n3,c\n4,d,red;-\n5,e,;\n6,f,blue\n";
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
        assert_eq!(corpus.cases[0].row.get("split").unwrap(), "train");

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
        assert!(corpus.cases.iter().all(|case| case.row.get("annotation_1").is_some()));
    }
}
