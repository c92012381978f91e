//! The model card: describes a version in Markdown, from its record.

mod header;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Record;
use crate::decision::NEVER;
use crate::error::{Error, Result};
use crate::evaluate::interval::Interval;
use crate::evaluate::slices::Slice;
use crate::evaluate::table::{number, slice_cells};
use crate::metrics::{Figure, Metrics};
use crate::tagger::Model;
use crate::tagger::TaggerParams;
use crate::taxonomy::TrendId;

/// Number of terms listed per trend.
const TERMS: usize = 12;

/// Number of values of a metadata column that are listed; the others are counted
/// together.
const VALUES: usize = 12;

/// A trend with fewer cases is listed as a limitation.
const LEAST_SUPPORT: usize = 20;

/// Writes the body of a section.
type Section = fn(&mut String, &Model, &Record) -> std::fmt::Result;

/// Renders the card of a version of `name`.
pub(super) fn render(model: &Model, record: &Record, name: &str) -> Result<String> {
    let mut card = header::render(model, record, name);
    card.push_str(&format!("# Model card: {name}, version {}\n", model.version));
    let sections: [(&str, Section); 10] = [
        ("Use", intended_use),
        ("Data", data),
        ("Params", params),
        ("Held out", held_out),
        ("Quality", quality),
        ("Comparison with the champion of its time", comparison),
        ("Probabilities and triage", triage),
        ("Most informative terms", terms),
        ("Known limits", limits),
        ("Make it again", again),
    ];
    for (title, section) in sections {
        let mut body = String::new();
        let failed = |e| Error::internal("a card cannot be written", e);
        section(&mut body, model, record).map_err(failed)?;
        if !body.is_empty() {
            card.push_str(&format!("\n## {title}\n\n{}\n", body.trim_end()));
        }
    }
    Ok(card)
}

fn intended_use(out: &mut String, model: &Model, _: &Record) -> std::fmt::Result {
    let taxonomy = model.tagger.taxonomy();
    let name = match taxonomy.name.as_str() {
        "" => "its own label set".to_owned(),
        name => format!("\"{name}\", version {}", taxonomy.version),
    };
    writeln!(
        out,
        "Suggests labels from {name} for texts like those it learned from, for a person to confirm. \
         Not for judging cases, and not for other kinds of text.\n\n\
         Reads the columns {}; language: {}.",
        listed(model.tagger.params().fields.iter().map(|field| field.column.as_str())),
        model.tagger.params().features.text.language.name(),
    )
}

fn data(out: &mut String, model: &Model, record: &Record) -> std::fmt::Result {
    let data = &record.data;
    let origins = data.by_origin.iter().map(|(origin, n)| format!("{n} {}", origin.word()));
    let origins = origins.collect::<Vec<_>>().join(", ");
    if record.is_of_model_alone() {
        writeln!(out, "{} labelled cases, fingerprint `{}`.", data.cases, data.fingerprint)?;
    } else {
        let origins = if data.cases == 0 { "none".to_owned() } else { origins };
        writeln!(
            out,
            "{} labelled cases ({origins}), fingerprint `{}`; they are in `{}.cases.csv`.",
            data.cases, data.fingerprint, model.version
        )?;
    }
    if data.examples > 0 {
        writeln!(
            out,
            "{} examples of the trends are training rows too; they are in `{}.examples.csv`, and \
             are never scored.",
            data.examples, model.version
        )?;
    }
    let definitions = model.tagger.params().definitions;
    if definitions > 0 && model.tagger.taxonomy().iter().any(|(_, t)| !t.definition.is_empty()) {
        writeln!(
            out,
            "The definitions of the taxonomy are training rows too, each counting as {definitions} \
             cases; they are never scored."
        )?;
    }
    if let Some([low, middle, high]) = data.words {
        writeln!(
            out,
            "Texts have {middle} words in the middle; a tenth have fewer than {low}, a tenth at least \
             {high}."
        )?;
    }
    writeln!(out, "\n| trend | key | cases | share |\n|---|---|---|---|")?;
    for (key, count) in &data.by_trend {
        let share = 100.0 * *count as f64 / data.cases.max(1) as f64;
        let name = label(model, key);
        writeln!(out, "| {name} | {key} | {count} | {share:.1} % |")?;
    }
    for (column, counts) in &data.by_column {
        writeln!(out, "\nBy {column}: {}.", counted(column, counts))?;
    }
    Ok(())
}

/// Returns the name of a trend for people.
fn label<'m>(model: &'m Model, key: &'m str) -> &'m str {
    let taxonomy = model.tagger.taxonomy();
    taxonomy.id(key).map_or(key, |id| taxonomy.label(id))
}

/// Writes which cases were held out, and for what.
fn held_out(out: &mut String, _: &Model, record: &Record) -> std::fmt::Result {
    match &record.quality {
        Some(_) => writeln!(
            out,
            "The figures below are out of fold: each case was scored by a model that had not seen it, \
             nor a near-duplicate of it. The model itself learned from all of these cases."
        )?,
        None => writeln!(
            out,
            "No case was held out beyond the folds within training, which set its probabilities and \
             limits."
        )?,
    }
    match record.verdict.as_ref().map_or(0, |verdict| verdict.audit) {
        0 => writeln!(out, "There are no answers of a blind check."),
        answers => writeln!(
            out,
            "{answers} answers of the blind check are held out for good: no model learns from them, and \
             they are among the cases of the comparison."
        ),
    }
}

/// Years are in order, other values by descending count.
fn counted(column: &str, counts: &BTreeMap<String, usize>) -> String {
    let mut values: Vec<(&String, &usize)> = counts.iter().collect();
    if column != "year" {
        values.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    }
    let rest = if column == "year" { 0 } else { values.len().saturating_sub(VALUES) };
    let others: usize = values.iter().rev().take(rest).map(|(_, n)| **n).sum();
    values.truncate(values.len() - rest);
    let name =
        |value: &str| if value.is_empty() { "not given".to_owned() } else { value.to_owned() };
    let mut parts: Vec<String> =
        values.into_iter().map(|(value, n)| format!("{} {n}", name(value))).collect();
    if rest > 0 {
        parts.push(format!("{rest} others {others}"));
    }
    parts.join(", ")
}

fn params(out: &mut String, model: &Model, _: &Record) -> std::fmt::Result {
    writeln!(out, "{}.\n", in_words(model.tagger.params()))?;
    let json = serde_json::to_string(model.tagger.params()).unwrap_or_default();
    writeln!(out, "```json\n{json}\n```")
}

fn in_words(params: &TaggerParams) -> String {
    let (words, subwords) = (&params.features.words, &params.features.subwords);
    let fields = params.fields.iter().map(|f| format!("{} x {}", f.column, f.weight));
    let subwords = subwords.as_ref().map_or("no character n-grams".to_owned(), |subwords| {
        format!("character {}-{}-grams within words", subwords.ngrams.0, subwords.ngrams.1)
    });
    format!(
        "Fields {}; word {}-{}-grams in at least {} cases, {subwords}; tf-idf; one logistic \
         regression per trend with alpha {}",
        fields.collect::<Vec<_>>().join(", "),
        words.ngrams.0,
        words.ngrams.1,
        words.keep.min_df,
        params.logistic.alpha
    )
}

fn quality(out: &mut String, model: &Model, record: &Record) -> std::fmt::Result {
    let within = &model.tagger.training().quality;
    match &record.quality {
        Some(quality) => {
            writeln!(out, "{}.\n", quality.protocol)?;
            figures(out, model, &quality.metrics, &quality.intervals)?;
            of_slices(out, &quality.parts)?;
        }
        None if within.cases == 0 => {
            writeln!(
                out,
                "Unknown: it was trained without labelled cases. Its probabilities are not \
                 calibrated, and it sends every case to review."
            )?;
        }
        None => {
            writeln!(out, "As recorded in the model itself, without intervals.\n")?;
            figures(out, model, within, &[])?;
        }
    }
    if let Some(human) = &record.human {
        writeln!(
            out,
            "\nThe human line: two annotators, mutually, macro F1 {}, Cohen's kappa {} on {} cases.",
            number(human.macro_average.f1),
            number(human.macro_average.kappa),
            human.cases
        )?;
    }
    Ok(())
}

/// Writes the quality by length, agreement, year, country and region.
fn of_slices(out: &mut String, slices: &[Slice]) -> std::fmt::Result {
    if slices.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| part | cases | macro F1 | mean average precision | exact sets | gold trends a case | \
         suggested | accepts right | calibration error (99 % of chance) |\n\
         |---|---|---|---|---|---|---|---|---|"
    )?;
    for slice in slices {
        let [
            part,
            cases,
            f1,
            f1_limits,
            ap,
            ap_limits,
            exact,
            gold,
            suggested,
            accepts,
            error,
            p99,
        ] = slice_cells(slice);
        writeln!(
            out,
            "| {part} | {cases} | {f1} {f1_limits} | {ap} {ap_limits} | {exact} | {gold} | \
             {suggested} | {accepts} | {error} ({p99}) |"
        )?;
    }
    Ok(())
}

fn figures(
    out: &mut String,
    model: &Model,
    metrics: &Metrics,
    intervals: &[Interval],
) -> std::fmt::Result {
    let limits = |figure: Figure| {
        let found = intervals.iter().find(|interval| interval.figure == figure);
        match found.and_then(|interval| Some((interval.lower?, interval.upper?))) {
            Some((lower, upper)) => format!(" [{lower:.3}, {upper:.3}]"),
            None => String::new(),
        }
    };
    writeln!(out, "| trend | support | precision | recall | F1 | average precision |")?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for (k, trend) in metrics.per_trend.iter().enumerate() {
        let id = TrendId(k as u16);
        writeln!(
            out,
            "| {} | {} | {} | {} | {}{} | {}{} |",
            label(model, &trend.key),
            trend.support,
            number(trend.precision),
            number(trend.recall),
            number(trend.f1),
            limits(Figure::TrendF1(id)),
            number(trend.average_precision),
            limits(Figure::TrendAveragePrecision(id)),
        )?;
    }
    let overall = &metrics.overall;
    writeln!(
        out,
        "| macro | {} | {} | {} | {}{} | {}{} |",
        metrics.per_trend.iter().map(|trend| trend.support).sum::<u64>(),
        number(overall.macro_average.precision),
        number(overall.macro_average.recall),
        number(overall.macro_average.f1),
        limits(Figure::MacroF1),
        number(overall.average_precision.macro_average),
        limits(Figure::MacroAveragePrecision),
    )?;
    if let Some(interval) = intervals.first() {
        writeln!(
            out,
            "\nIn brackets: {:.0} % bootstrap intervals over cases.",
            100.0 * interval.level
        )?;
    }
    Ok(())
}

fn comparison(out: &mut String, model: &Model, record: &Record) -> std::fmt::Result {
    let Some(verdict) = &record.verdict else { return Ok(()) };
    writeln!(out, "```text\n{}```", verdict.in_words(model.tagger.taxonomy()))?;
    match verdict.reasons.as_slice() {
        [] => writeln!(out, "\nGood enough to replace the champion."),
        reasons => {
            writeln!(out, "\nNot good enough to replace the champion: {}.", reasons.join("; "))
        }
    }
}

fn triage(out: &mut String, model: &Model, record: &Record) -> std::fmt::Result {
    let metrics = record.quality.as_ref().map_or(&model.tagger.training().quality, |q| &q.metrics);
    let overall = &metrics.overall;
    writeln!(
        out,
        "Calibration error {} (macro, {} bins), log loss {}, Brier score {}.\n\n{}",
        number(overall.calibration_error.macro_average),
        metrics.params.bins,
        number(overall.log_loss),
        number(overall.brier),
        model.tagger.decision().triage
    )?;
    if let Some(rows) = record.quality.as_ref().and_then(|quality| quality.rows.as_ref()) {
        let right = rows.right_in_words(1);
        writeln!(
            out,
            "\nWholly decided without a person are {} of {} cases; of those, entirely right: {right}.",
            rows.decided_cases, rows.cases
        )?;
    }
    let decision = model.tagger.decision();
    match &decision.reading {
        Some(reading) => writeln!(out, "\n{reading}")?,
        None => writeln!(out, "\nEvery case needs review: there is no reading limit.")?,
    }
    writeln!(out, "\n| trend | suggested from probability |\n|---|---|")?;
    for ((_, trend), threshold) in model.tagger.taxonomy().iter().zip(&decision.thresholds) {
        match *threshold < NEVER {
            true => writeln!(out, "| {} | {threshold:.3} |", label(model, &trend.key))?,
            false => {
                writeln!(out, "| {} | never: too few labelled cases |", label(model, &trend.key))?
            }
        }
    }
    Ok(())
}

fn terms(out: &mut String, model: &Model, _: &Record) -> std::fmt::Result {
    for (id, trend) in model.tagger.taxonomy().iter() {
        let terms = model.tagger.strongest_terms(id, TERMS);
        writeln!(
            out,
            "- {}: {}",
            label(model, &trend.key),
            listed(terms.iter().map(|(term, _)| *term))
        )?;
    }
    Ok(())
}

fn limits(out: &mut String, model: &Model, record: &Record) -> std::fmt::Result {
    let language = model.tagger.params().features.text.language.name();
    writeln!(
        out,
        "- Texts of another kind, length or time than the cases it learned from are tagged worse; \
         `trendtag drift` shows how far a batch is from them.\n\
         - It reads {language} only. A probability is calibrated for cases like those of the corpus."
    )?;
    let rare = record.data.by_trend.iter().filter(|(_, n)| *n < LEAST_SUPPORT);
    let rare: Vec<String> = rare.map(|(key, n)| format!("{} ({n})", label(model, key))).collect();
    if !rare.is_empty() {
        writeln!(out, "- Learned from few cases: {}.", rare.join(", "))?;
    }
    if let Some(counts) = record.data.by_column.get("country") {
        let most = counts.iter().filter(|(value, _)| !value.is_empty()).max_by_key(|(_, n)| **n);
        if let Some((value, n)) = most {
            let share = 100.0 * *n as f64 / record.data.cases.max(1) as f64;
            writeln!(out, "- Not spread evenly: {share:.0} % of the cases are from {value}.")?;
        }
    }
    if record.quality.is_none() {
        writeln!(out, "- Its quality was not measured apart from training.")?;
    }
    if record.verdict.as_ref().is_some_and(|verdict| !verdict.passes()) {
        writeln!(out, "- It did not pass the comparison above.")?;
    }
    Ok(())
}

fn again(out: &mut String, model: &Model, record: &Record) -> std::fmt::Result {
    if record.is_of_model_alone() {
        return Ok(());
    }
    let version = &model.version;
    let cases = match record.data.cases {
        0 => String::new(),
        _ => format!(" {version}.cases.csv"),
    };
    let examples = match record.data.examples {
        0 => "--no-examples".to_owned(),
        _ => format!("--examples {version}.examples.csv"),
    };
    writeln!(
        out,
        "```sh\ntrendtag train{cases} {examples} --like {version}.safetensors -o again.safetensors\n```\n\n\
         With trendtag {} this gives the same bytes on one machine, for any number of threads.",
        env!("CARGO_PKG_VERSION")
    )
}

fn listed<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
