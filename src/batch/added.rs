//! What tagging adds to a row, in the shape that suits each format.

use serde_json::{Map, Value, json};

use crate::artifact::Model;
use crate::case::{Added, Fields, Format, Kind};
use crate::tagger::Tagged;

/// The columns that a model adds in a format, and their values.
pub(super) struct Suggestions<'m> {
    model: &'m Model,
    format: Format,
    shape: Shape,
}

enum Shape {
    Cells,
    Typed,
    Object,
}

impl<'m> Suggestions<'m> {
    pub(super) fn new(model: &'m Model, format: Format) -> Self {
        let shape = match format {
            Format::Jsonl => Shape::Object,
            Format::Parquet | Format::Arrow | Format::Arrows => Shape::Typed,
            _ => Shape::Cells,
        };
        Self { model, format, shape }
    }

    /// The columns.
    pub(super) fn columns(&self) -> Vec<Added> {
        let column = |name: &str, kind| Added { name: name.to_owned(), kind };
        let probabilities = self.model.tagger.taxonomy().iter();
        let probabilities =
            probabilities.map(|(_, trend)| column(&format!("p_{}", trend.key), Kind::Number));
        let last = [column("evidence", Kind::Text), column("model", Kind::Text)];
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
    pub(super) fn values(&self, tagged: &Tagged, fields: &Fields) -> Vec<Value> {
        match self.shape {
            Shape::Object => vec![self.object(tagged, fields)],
            Shape::Cells => self.cells(tagged),
            Shape::Typed => self.typed(tagged),
        }
    }

    /// Cells for people.
    fn cells(&self, tagged: &Tagged) -> Vec<Value> {
        let taxonomy = self.model.tagger.taxonomy();
        let mut cells = vec![Value::from(taxonomy.format_cell(&tagged.suggested))];
        cells.extend(tagged.probabilities.iter().map(|&p| self.probability(p)));
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
    fn probability(&self, p: f64) -> Value {
        match self.format {
            Format::Xlsx => rounded(p),
            _ => Value::from(format!("{p:.4}")),
        }
    }

    /// Values of typed columns.
    fn typed(&self, tagged: &Tagged) -> Vec<Value> {
        let taxonomy = self.model.tagger.taxonomy();
        let mut values: Vec<Value> =
            vec![tagged.suggested.iter().map(|id| taxonomy.key(id)).collect()];
        values.extend(tagged.probabilities.iter().map(|&p| rounded(p)));
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
    fn object(&self, tagged: &Tagged, fields: &Fields) -> Value {
        let taxonomy = self.model.tagger.taxonomy();
        let keys = taxonomy.iter().map(|(_, trend)| trend.key.clone());
        let probabilities: Map<String, Value> =
            keys.zip(tagged.probabilities.iter().map(|&p| rounded(p))).collect();
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
        json!({
            "trends": tagged.suggested.iter().map(|id| taxonomy.key(id)).collect::<Vec<_>>(),
            "probabilities": probabilities,
            "needs_review": !tagged.review.is_empty(),
            "review_reasons": tagged.review,
            "evidence": evidence,
            "model": self.model.version,
        })
    }
}

fn rounded(p: f64) -> Value {
    Value::from((p * 1e4).round() / 1e4)
}
