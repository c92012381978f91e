//! Reads labels from a table: any rows with labels, or an export of a review.

use serde_json::{Map, Value};

use super::ImportedLabels;
use super::labelled::{CaseId, GivenAnswer, LabelledCase, Labels};
use crate::error::{Action, Error, Place, Result};
use crate::review::db::decision::DecisionKind;
use crate::review::db::queue::IMPORT;
use crate::review::db::reviewer::check_name;
use crate::review::filed::{
    ANSWERS, BATCH, BY, FiledAnswer, MODEL, NOTE, QUEUE, TIME, WAITS, is_added,
};
use crate::tables::{Columns, Fields, MissingText, ReadOptions, Rows};
use crate::tagger::record::{ASKED_COLUMN, BULK, BULK_COLUMN, STATUS_COLUMN, is_word, value_text};
use crate::tagger::{Case, Corpus, keys_of_set};
use crate::taxonomy::{Taxonomy, join_keys};

impl ImportedLabels {
    /// Reads labelled rows; also returns one error per row that cannot be used. Exports
    /// of a review keep their reviewers, notes and times.
    ///
    /// # Errors
    /// As [`Corpus::from_rows`].
    pub fn from_rows(
        mut rows: Rows,
        options: &ReadOptions,
        taxonomy: &Taxonomy,
    ) -> Result<(Self, Vec<Error>)> {
        let (columns, is_of_review) = rows.columns_of_decisions(&options.columns);
        let mut options = ReadOptions { columns, ..options.clone() };
        if is_of_review {
            // It has the columns of its cases.
            options.columns.missing_text = MissingText::Allow;
        }
        if !rows.columns().is_empty() && !rows.has_any(&options.columns.text) {
            // Ids and labels can be enough for existing cases.
            options.columns.text.clear();
        }
        let columns = TableColumns::of(&rows, &options.columns, is_of_review)?;
        let (corpus, mut errors) = Corpus::from_rows(rows, &options, Some(taxonomy.clone()))?;
        let keys: Vec<&str> = taxonomy.keys().collect();
        let labels = Labels::new(taxonomy);
        let mut cases = Vec::new();
        for case in corpus.cases {
            match columns.case(case, &keys, &labels) {
                Ok(case) => cases.push(case),
                Err(error) => errors.push(error),
            }
        }
        errors.sort_by_key(|error| error.place().and_then(|place| place.row));
        Ok((Self { cases }, errors))
    }
}

/// The roles of the columns in a table.
struct TableColumns {
    has_id: bool,
    texts: Vec<String>,
    /// The columns with labels, which are hidden from reviewers who must judge unaided.
    labels: Vec<String>,
    is_of_review: bool,
}

impl TableColumns {
    fn of(rows: &Rows, wanted: &Columns, is_of_review: bool) -> Result<Self> {
        let fields = match wanted.text.is_empty() {
            true => Fields::without_text(rows, wanted)?,
            false => Fields::of(rows, wanted)?,
        };
        let mut labels = wanted.label_columns.clone();
        labels.push(fields.trends_column().name.clone());
        Ok(Self {
            has_id: rows.has_any(std::slice::from_ref(&wanted.id)),
            texts: fields.text_columns().iter().map(|field| field.name.clone()).collect(),
            labels,
            is_of_review,
        })
    }

    fn case(&self, case: Case, keys: &[&str], labels: &Labels<'_>) -> Result<LabelledCase> {
        let asked = case.asked(labels.taxonomy).map(|set| keys_of_set(labels.taxonomy, &set));
        let place = case.place.unwrap_or_default();
        let is_blind_check = case.record.is_blind_check();
        let mut record = case.record.into_object();
        let decided = case.gold.map(|set| keys_of_set(labels.taxonomy, &set));
        let (mut answers, mut wanted, mut batch) = (Vec::new(), 1, None);
        if self.is_of_review {
            answers = filed_answers(&record, decided, is_blind_check, labels, &place)?;
            let waits = record.get(STATUS_COLUMN).is_some_and(|status| status == WAITS);
            wanted = if waits || answers.len() > 1 { 2 } else { 1 };
            batch = batch_of(&record, &place)?;
            record.retain(|name, _| !is_added(name, keys));
        } else {
            // What nobody has read, such as in a finished batch, is no answer.
            let is_unread =
                record.get(BULK_COLUMN).is_some_and(|cell| is_word(&value_text(cell), BULK));
            let decided = decided.filter(|_| !is_unread);
            answers.extend(decided.map(|trends| GivenAnswer::new(None, trends)));
            record.retain(|name, _| !self.labels.contains(name) && name != ASKED_COLUMN);
        }
        for answer in answers.iter_mut().filter(|answer| answer.asked.is_none()) {
            answer.asked.clone_from(&asked);
        }
        let id = if self.has_id { CaseId::Own(case.id) } else { CaseId::Missing };
        Ok(LabelledCase {
            place,
            id,
            record,
            texts: self.texts.iter().cloned().zip(case.texts).collect(),
            answers,
            blind_check: is_blind_check,
            batch,
            wanted,
            is_of_review: self.is_of_review,
        })
    }
}

/// Returns the batch that a row of an export names.
fn batch_of(record: &Map<String, Value>, place: &Place) -> Result<Option<String>> {
    let name = record.get(BATCH).map(value_text).filter(|cell| !cell.trim().is_empty());
    let Some(name) = name else { return Ok(None) };
    check_name("batch", &name).map_err(|refusal| {
        let remedy = "leave the column as it was exported, or remove it";
        Error::bad_row(place.clone().with_column(BATCH), refusal.to_string(), remedy)
    })?;
    Ok(Some(name.into_owned()))
}

/// Returns the answers in a row of an export: all of them from JSON, or one from its
/// columns.
fn filed_answers(
    record: &Map<String, Value>,
    decided: Option<Vec<String>>,
    is_blind_check: bool,
    labels: &Labels<'_>,
    place: &Place,
) -> Result<Vec<GivenAnswer>> {
    let cell = |name: &str| record.get(name).map(value_text).filter(|cell| !cell.trim().is_empty());
    let text = |name: &str| cell(name).map(std::borrow::Cow::into_owned);
    if let Some(json) = cell(ANSWERS) {
        let filed: Vec<FiledAnswer> = serde_json::from_str(&json).map_err(|error| {
            let remedy = "leave the column as it was exported, or remove it";
            Error::bad_row(place.clone().with_column(ANSWERS), error.to_string(), remedy)
        })?;
        return filed.into_iter().map(|filed| given(filed, labels, place)).collect();
    }
    let Some(trends) = decided else { return Ok(Vec::new()) };
    let by = text(BY).unwrap_or_default();
    let names: Vec<&str> = by.split(';').map(str::trim).filter(|name| !name.is_empty()).collect();
    let answer = |name: Option<&str>| GivenAnswer {
        queue: text(QUEUE),
        time: text(TIME),
        // If the columns contain everything, the reviewer saw the suggestion unless it
        // was hidden.
        seen: text(MODEL).filter(|_| !is_blind_check && text(QUEUE).as_deref() != Some(IMPORT)),
        bulk: record.get(BULK_COLUMN).is_some_and(|cell| is_word(&value_text(cell), BULK)),
        ..GivenAnswer::new(name.map(str::to_owned), trends.clone())
    };
    // Exports of earlier versions name several reviewers who agreed.
    let mut answers: Vec<GivenAnswer> = match &names[..] {
        [] => vec![answer(None)],
        names => names.iter().map(|name| answer(Some(name))).collect(),
    };
    if let Some(last) = answers.last_mut() {
        last.note = text(NOTE).unwrap_or_default();
    }
    Ok(answers)
}

fn given(filed: FiledAnswer, labels: &Labels<'_>, place: &Place) -> Result<GivenAnswer> {
    let place = place.clone().with_column(ANSWERS);
    if filed.kind == DecisionKind::Undo {
        let reason = format!("it has a decision of the kind \"{}\"", filed.kind.name());
        let remedy = Action::NameTrendsColumn.to("leave the column as it was exported");
        return Err(Error::bad_row(place, reason, remedy));
    }
    let trends = labels.keys(&filed.trends, &place)?;
    let asked = filed.asked.map(|keys| join_keys(&keys));
    Ok(GivenAnswer {
        asked: labels.asked(asked.as_deref(), &trends),
        trends,
        by: Some(filed.reviewer),
        kind: filed.kind,
        note: filed.note,
        queue: Some(filed.queue),
        time: filed.time,
        seen: filed.seen,
        blind: filed.blind,
        flag: filed.flag,
        bulk: filed.bulk,
    })
}
