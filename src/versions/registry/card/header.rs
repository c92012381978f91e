//! The header of a model card that machines read, in the manner of Hugging Face.

use super::Record;
use crate::evaluate::slices::Slice;
use crate::metrics::Figure;
use crate::tagger::Model;

/// Returns the header in YAML: strings are written as JSON has them.
pub(super) fn render(model: &Model, record: &Record, name: &str) -> String {
    let mut out = Yaml("---\n".to_owned());
    out.line(0, "model_name", text(name));
    out.line(0, "version", text(&model.version));
    if let Some(made) = &record.made {
        out.line(0, "date", text(&made.time));
        out.line(0, "author", text(&made.by));
    }
    // Hugging Face writes SPDX identifiers in lower case.
    let license = record.license.as_ref().map(|license| license.to_lowercase());
    out.line(0, "license", text(license.as_deref().unwrap_or("unknown")));
    out.line(0, "language", text(model.tagger.params().features.text.language.code()));
    out.line(0, "library_name", text("trendtag"));
    out.line(0, "pipeline_tag", text("text-classification"));
    out.line(0, "tags", format!("[{}, {}]", text("multi-label"), text("logistic-regression")));
    of_taxonomy(&mut out, model);
    of_data(&mut out, record);
    of_promises(&mut out, model);
    of_quality(&mut out, model, record, name);
    out.0 + "---\n\n"
}

/// Lines of a YAML document.
struct Yaml(String);

impl Yaml {
    fn line(&mut self, depth: usize, key: &str, value: impl std::fmt::Display) {
        let value = value.to_string();
        let space = if value.is_empty() { "" } else { " " };
        self.0.push_str(&format!("{}{key}:{space}{value}\n", "  ".repeat(depth)));
    }

    fn number(&mut self, depth: usize, key: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.line(depth, key, format!("{value:.3}"));
        }
    }
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn of_taxonomy(out: &mut Yaml, model: &Model) {
    let taxonomy = model.tagger.taxonomy();
    if !taxonomy.name.is_empty() {
        out.line(0, "taxonomy", text(&taxonomy.name));
    }
    out.line(0, "taxonomy_version", taxonomy.version);
    let labels: Vec<String> = taxonomy.keys().map(text).collect();
    out.line(0, "labels", format!("[{}]", labels.join(", ")));
    out.line(0, "label_names", "");
    for (id, trend) in taxonomy.iter() {
        out.line(1, &text(&trend.key), text(taxonomy.label(id)));
    }
}

fn of_data(out: &mut Yaml, record: &Record) {
    let data = &record.data;
    out.line(0, "training_cases", data.cases);
    for (origin, count) in &data.by_origin {
        out.line(0, &format!("training_cases_{}", origin.word()), count);
    }
    if let Some([low, middle, high]) = data.words {
        out.line(0, "words_per_case", format!("{{p10: {low}, p50: {middle}, p90: {high}}}"));
    }
    let blind = record.verdict.as_ref().map_or(0, |verdict| verdict.audit);
    out.line(0, "held_out_blind_check", blind);
}

fn of_promises(out: &mut Yaml, model: &Model) {
    let decision = model.tagger.decision();
    let (triage, promise) = (&decision.triage, &decision.triage.params);
    out.line(0, "promises", "");
    out.line(1, "holds", triage.decides());
    out.line(1, "accepted_right_at_least", promise.accept_precision);
    out.line(1, "true_trends_rejected_at_most", promise.miss_rate);
    out.line(1, "confidence", promise.confidence);
    out.number(1, "accept_from", triage.accept);
    out.number(1, "reject_to", triage.reject);
    if let Some(reading) = &decision.reading {
        let expected = &reading.expected;
        out.line(0, "reading_plan", "");
        out.line(1, "target_macro_f1", reading.target_f1);
        out.line(1, "cases", expected.cases);
        out.line(1, "read", expected.read);
        out.number(1, "macro_f1_unread", expected.f1_unread);
        out.number(1, "macro_f1_finished", expected.f1_finished);
    }
}

/// Quality over all cases, per trend, per part of the cases, and of whole rows.
fn of_quality(out: &mut Yaml, model: &Model, record: &Record, name: &str) {
    let quality = record.quality.as_ref();
    let metrics = quality.map_or(&model.tagger.training().quality, |quality| &quality.metrics);
    let overall = &metrics.overall;
    out.number(0, "macro_f1", overall.macro_average.f1);
    if let Some(rows) = quality.and_then(|quality| quality.rows.as_ref()) {
        out.line(0, "wholly_decided", "");
        out.line(1, "cases", rows.cases);
        out.line(1, "decided", rows.decided_cases);
        if let Some(right) = rows.right_cases {
            out.line(1, "entirely_right", right);
        }
    }
    let taxonomy = model.tagger.taxonomy();
    out.line(0, "quality_per_trend", "");
    for trend in &metrics.per_trend {
        out.line(1, &text(&trend.key), "");
        out.line(2, "cases", trend.support);
        out.number(2, "precision", trend.precision);
        out.number(2, "recall", trend.recall);
        out.number(2, "f1", trend.f1);
    }
    let parts = quality.map_or(&[][..], |quality| &quality.parts);
    if !parts.is_empty() {
        out.line(0, "quality_per_part", "");
    }
    for part in parts {
        out.line(1, &text(&part.part.label()), "");
        of_part(out, part);
    }
    out.line(0, "model-index", "");
    out.0.push_str(&format!("- name: {}\n  results:\n", text(name)));
    out.0.push_str("  - task: {type: text-classification}\n");
    let data = match taxonomy.name.as_str() {
        "" => "labelled cases",
        name => name,
    };
    let fingerprint = &record.data.fingerprint;
    out.0.push_str(&format!(
        "    dataset: {{name: {}, type: cases, revision: {}}}\n    metrics:\n",
        text(data),
        text(fingerprint)
    ));
    let figures = [
        ("f1", "macro F1", overall.macro_average.f1),
        ("average_precision", "mean average precision", overall.average_precision.macro_average),
        ("accuracy", "exact sets", overall.subset_accuracy),
    ];
    for (kind, name, value) in figures {
        if let Some(value) = value {
            let name = text(name);
            out.0.push_str(&format!("    - {{type: {kind}, name: {name}, value: {value:.3}}}\n"));
        }
    }
}

fn of_part(out: &mut Yaml, part: &Slice) {
    let value = |figure| {
        let found = part.intervals.iter().find(|interval| interval.figure == figure);
        found.and_then(|interval| interval.value)
    };
    out.line(2, "cases", part.cases);
    out.number(2, "macro_f1", value(Figure::MacroF1));
    out.number(2, "mean_average_precision", value(Figure::MacroAveragePrecision));
    out.number(2, "exact_sets", value(Figure::SubsetAccuracy));
}
