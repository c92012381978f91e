//! The values that tagging adds to a row, in the layout of each format.

use serde_json::{Value, json};

use super::{Content, Probabilities};
use crate::tables::{Added, Fields, Format, Kind};
use crate::tagger::{Duplicate, Model, Suggestion, Tagged, keys_of_set, reasons_cell, rounded};

/// The columns that a model adds in a format, with their values.
pub(super) struct AddedColumns<'m> {
    model: &'m Model,
    format: Format,
    content: Content,
    shape: Shape,
}

enum Shape {
    /// Text and numbers, for tables that people open.
    Cells,
    /// Typed columns.
    Typed,
    /// One JSON object.
    Object,
}

impl<'m> AddedColumns<'m> {
    pub(super) fn new(model: &'m Model, format: Format, content: Content) -> Self {
        let shape = match format {
            Format::Jsonl => Shape::Object,
            Format::Parquet | Format::Arrow | Format::Arrows => Shape::Typed,
            _ => Shape::Cells,
        };
        Self { model, format, content, shape }
    }

    /// Returns the columns.
    pub(super) fn columns(&self) -> Vec<Added> {
        let column = |name: &str, kind| Added { name: name.to_owned(), kind };
        let (list, flag) = match self.shape {
            Shape::Object => return vec![column("suggestions", Kind::Text)],
            Shape::Cells => (Kind::Text, Kind::Text),
            Shape::Typed => (Kind::Texts, Kind::Flag),
        };
        let mut columns = vec![column("suggested_trends", list)];
        if self.content.probabilities != Probabilities::None {
            let keys = self.model.tagger.taxonomy().keys();
            columns.extend(keys.map(|key| column(&format!("p_{key}"), Kind::Number)));
        }
        if self.content.verdicts {
            let keys = self.model.tagger.taxonomy().keys();
            columns.extend(keys.map(|key| column(&format!("verdict_{key}"), Kind::Text)));
        }
        columns.extend([column("needs_review", flag), column("review_reasons", list)]);
        columns.push(column("expected_errors", Kind::Number));
        columns.push(column("unsure_trends", list));
        columns.extend(["evidence", "model"].map(|name| column(name, Kind::Text)));
        if self.content.mark_duplicates {
            columns.extend(["duplicate_of", "duplicate_in"].map(|name| column(name, Kind::Text)));
            columns.push(column("similarity", Kind::Number));
        }
        columns
    }

    /// Their values for a tagged case.
    pub(super) fn values(
        &self,
        tagged: &Tagged,
        duplicate: Option<Duplicate>,
        fields: &Fields,
    ) -> Vec<Value> {
        let taxonomy = self.model.tagger.taxonomy();
        let needs_review = !tagged.review.is_empty();
        let unsure = keys_of_set(taxonomy, &tagged.unsure);
        let (suggested, flag, reasons, unsure) = match self.shape {
            Shape::Object => return vec![json!(self.suggestion(tagged, duplicate, fields))],
            Shape::Cells => (
                taxonomy.format_cell(&tagged.suggested).into(),
                if needs_review { "yes" } else { "no" }.into(),
                reasons_cell(&tagged.review).into(),
                Value::from(unsure.join(";")),
            ),
            Shape::Typed => (
                keys_of_set(taxonomy, &tagged.suggested).into(),
                needs_review.into(),
                tagged.review.iter().map(|reason| reason.code()).collect(),
                unsure.into(),
            ),
        };
        let mut values = vec![suggested];
        values.extend(self.probabilities(tagged));
        if self.content.verdicts {
            let triage = &self.model.tagger.decision().triage;
            let verdicts = triage.verdicts(&tagged.probabilities).into_iter();
            values.extend(verdicts.map(|verdict| Value::from(verdict.code())));
        }
        values.extend([flag, reasons, self.number(tagged.expected_errors), unsure]);
        values.push(self.evidence(tagged).into());
        values.push(self.model.version.as_str().into());
        if self.content.mark_duplicates {
            values.extend(match duplicate {
                Some(Duplicate { of, source, similarity }) => {
                    [of.into(), source.code().into(), self.number(similarity)]
                }
                None => [const { Value::Null }; 3],
            });
        }
        values
    }

    /// Returns the suggestion for a tagged case, limited to what is written.
    pub(super) fn suggestion(
        &self,
        tagged: &Tagged,
        duplicate: Option<Duplicate>,
        fields: &Fields,
    ) -> Suggestion {
        let mut suggestion = Suggestion::of(self.model, tagged);
        if self.content.explain > 0 {
            let names = fields.text_columns().iter().map(|field| field.name.clone()).collect();
            suggestion.add_evidence(&self.model.tagger, tagged, names);
        }
        match self.content.probabilities {
            Probabilities::All | Probabilities::Exact => {}
            Probabilities::Suggested => suggestion.trends.retain(|trend| trend.suggested),
            Probabilities::None => {
                suggestion.trends.retain(|trend| trend.suggested);
                suggestion.trends.iter_mut().for_each(|trend| trend.probability = None);
            }
        }
        suggestion.duplicate = duplicate;
        let mut suggestion = suggestion.rounded();
        if self.content.probabilities == Probabilities::Exact {
            for (trend, &p) in suggestion.trends.iter_mut().zip(&tagged.probabilities) {
                trend.probability = Some(p);
            }
        }
        suggestion
    }

    /// Returns the requested probabilities, and null for the others.
    fn probabilities<'t>(&'t self, tagged: &'t Tagged) -> impl Iterator<Item = Value> + 't {
        let wanted = self.content.probabilities;
        let trends = self.model.tagger.taxonomy().iter().zip(&tagged.probabilities);
        trends.filter(move |_| wanted != Probabilities::None).map(move |((id, _), &p)| match wanted
        {
            Probabilities::Exact => Value::from(p),
            Probabilities::All => self.number(p),
            _ if tagged.suggested.contains(id) => self.number(p),
            _ => Value::Null,
        })
    }

    /// Rounds to four decimals; a number in formats that have numbers.
    fn number(&self, p: f64) -> Value {
        match (&self.shape, self.format) {
            (Shape::Cells, Format::Csv | Format::Tsv) => Value::from(format!("{p:.4}")),
            _ => rounded(p).into(),
        }
    }

    fn evidence(&self, tagged: &Tagged) -> String {
        let taxonomy = self.model.tagger.taxonomy();
        let evidence = tagged.evidence.iter().filter(|(_, evidence)| !evidence.is_empty());
        let evidence = evidence.map(|(id, evidence)| {
            let terms = evidence.iter().map(|e| format!("{} {:+.2}", e.term, e.contribution));
            format!("{}: {}", taxonomy.key(*id), terms.collect::<Vec<_>>().join(", "))
        });
        evidence.collect::<Vec<_>>().join("; ")
    }
}
