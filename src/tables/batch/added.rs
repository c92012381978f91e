//! What tagging adds to a row, in the shape that suits each format.

use serde_json::{Map, Value, json};

use super::repeats::Repeat;
use super::{Content, Probabilities};
use crate::tables::Added;
use crate::tables::Fields;
use crate::tables::Format;
use crate::tables::Kind;
use crate::tagger::Model;
use crate::tagger::Tagged;

/// The columns that a model adds in a format, and their values.
pub(super) struct Suggestions<'m> {
    model: &'m Model,
    format: Format,
    content: Content,
    shape: Shape,
}

enum Shape {
    Cells,
    Typed,
    Object,
}

impl<'m> Suggestions<'m> {
    pub(super) fn new(model: &'m Model, format: Format, content: Content) -> Self {
        let shape = match format {
            Format::Jsonl => Shape::Object,
            Format::Parquet | Format::Arrow | Format::Arrows => Shape::Typed,
            _ => Shape::Cells,
        };
        Self { model, format, content, shape }
    }

    /// The columns.
    pub(super) fn columns(&self) -> Vec<Added> {
        let column = |name: &str, kind| Added { name: name.to_owned(), kind };
        let trends = self.model.tagger.taxonomy().iter();
        let probabilities = trends
            .filter(|_| self.content.probabilities != Probabilities::None)
            .map(|(_, trend)| column(&format!("p_{}", trend.key), Kind::Number));
        let duplicates = [
            column("duplicate_of", Kind::Text),
            column("duplicate_in", Kind::Text),
            column("similarity", Kind::Number),
        ];
        let duplicates = duplicates.into_iter().filter(|_| self.content.mark_duplicates);
        let last = [column("evidence", Kind::Text), column("model", Kind::Text)];
        let last = last.into_iter().chain(duplicates);
        match self.shape {
            Shape::Object => vec![column("suggestions", Kind::Text)],
            Shape::Cells => std::iter::once(column("suggested_trends", Kind::Text))
                .chain(probabilities)
                .chain([column("needs_review", Kind::Text)])
                .chain(last)
                .collect(),
            Shape::Typed => std::iter::once(column("suggested_trends", Kind::Texts))
                .chain(probabilities)
                .chain([column("needs_review", Kind::Flag), column("review_reasons", Kind::Text)])
                .chain(last)
                .collect(),
        }
    }

    /// Their values for a tagged case.
    pub(super) fn values(
        &self,
        tagged: &Tagged,
        repeat: Option<&Repeat>,
        fields: &Fields,
    ) -> Vec<Value> {
        let mut values = match self.shape {
            Shape::Object => return vec![self.object(tagged, repeat, fields)],
            Shape::Cells => self.cells(tagged),
            Shape::Typed => self.typed(tagged),
        };
        if self.content.mark_duplicates {
            values.extend(match repeat {
                Some(repeat) => [
                    Value::from(repeat.of.as_str()),
                    Value::from(source(repeat)),
                    self.number(repeat.similarity),
                ],
                None => [const { Value::Null }; 3],
            });
        }
        values
    }

    /// The probabilities that are wanted, null for those that are not.
    fn probabilities<'t>(&'t self, tagged: &'t Tagged) -> impl Iterator<Item = Value> + 't {
        let wanted = self.content.probabilities;
        let trends = self.model.tagger.taxonomy().iter().zip(&tagged.probabilities);
        trends.filter(move |_| wanted != Probabilities::None).map(move |((id, _), &p)| {
            let is_wanted = wanted == Probabilities::All || tagged.suggested.contains(id);
            if is_wanted { self.number(p) } else { Value::Null }
        })
    }

    /// Cells for people.
    fn cells(&self, tagged: &Tagged) -> Vec<Value> {
        let taxonomy = self.model.tagger.taxonomy();
        let mut cells = vec![Value::from(taxonomy.format_cell(&tagged.suggested))];
        cells.extend(self.probabilities(tagged));
        let reasons: Vec<&str> = tagged.review.iter().map(|r| r.reason()).collect();
        cells.push(Value::from(match reasons.as_slice() {
            [] => "no".to_owned(),
            reasons => format!("yes: {}", reasons.join(", ")),
        }));
        cells.push(Value::from(self.evidence(tagged)));
        cells.push(Value::from(self.model.version.as_str()));
        cells
    }

    /// Four decimals, as a number where the format has such.
    fn number(&self, p: f64) -> Value {
        match (&self.shape, self.format) {
            (Shape::Cells, Format::Csv | Format::Tsv) => Value::from(format!("{p:.4}")),
            _ => rounded(p),
        }
    }

    /// Values of typed columns.
    fn typed(&self, tagged: &Tagged) -> Vec<Value> {
        let taxonomy = self.model.tagger.taxonomy();
        let mut values: Vec<Value> =
            vec![tagged.suggested.iter().map(|id| taxonomy.key(id)).collect()];
        values.extend(self.probabilities(tagged));
        let reasons: Vec<&str> = tagged.review.iter().map(|r| r.reason()).collect();
        values.push(Value::from(!reasons.is_empty()));
        values.push(Value::from(reasons.join(", ")));
        values.push(Value::from(self.evidence(tagged)));
        values.push(Value::from(self.model.version.as_str()));
        values
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

    /// One JSON object.
    fn object(&self, tagged: &Tagged, repeat: Option<&Repeat>, fields: &Fields) -> Value {
        let taxonomy = self.model.tagger.taxonomy();
        let keys = taxonomy.iter().map(|(_, trend)| trend.key.clone());
        let probabilities: Map<String, Value> =
            keys.zip(self.probabilities(tagged)).filter(|(_, p)| !p.is_null()).collect();
        let evidence: Map<String, Value> = tagged
            .evidence
            .iter()
            .map(|(id, evidence)| {
                let evidence = evidence.iter().map(|e| {
                    let spans: Vec<Value> = e
                        .spans
                        .iter()
                        .map(|s| {
                            let field = &fields.text_columns()[s.field].name;
                            json!({ "field": field, "start": s.start, "end": s.end })
                        })
                        .collect();
                    json!({ "term": e.term, "contribution": rounded(e.contribution), "spans": spans })
                });
                (taxonomy.key(*id).to_owned(), Value::Array(evidence.collect()))
            })
            .collect();
        let mut object = json!({
            "trends": tagged.suggested.iter().map(|id| taxonomy.key(id)).collect::<Vec<_>>(),
            "probabilities": probabilities,
            "needs_review": !tagged.review.is_empty(),
            "review_reasons": tagged.review,
            "evidence": evidence,
            "model": self.model.version,
        });
        if self.content.mark_duplicates {
            object["duplicate"] = repeat.map_or(Value::Null, |repeat| {
                json!({
                    "of": repeat.of,
                    "in": source(repeat),
                    "similarity": rounded(repeat.similarity),
                })
            });
        }
        object
    }
}

fn source(repeat: &Repeat) -> &'static str {
    if repeat.in_training { "training" } else { "batch" }
}

fn rounded(p: f64) -> Value {
    Value::from((p * 1e4).round() / 1e4)
}
