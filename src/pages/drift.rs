//! The drift of a batch as one HTML page: a verdict, the measures behind it, and the words that
//! set the batch apart.

use askama::Template;

use super::kit::figure::{Figure, Look};
use super::kit::findings::Finding;
use super::kit::format::{counted, listed, number, percent};
use super::kit::head::{Head, contents};
use super::kit::intervals::{Intervals, Scale};
use super::kit::table::{Cell, Table};
use super::kit::{Cover, FigureFile};
use crate::error::Result;
use crate::evaluate::drift::{Drift, DriftVerdict};
use crate::stats::{Estimate, share};

/// Words drawn, at most.
const DRAWN: usize = 12;

/// Renders the page; `batch` names the files and `model` the version of the model.
///
/// # Errors
/// [`crate::Error::Report`] if the template fails, which is a fault of the program.
pub fn render(drift: &Drift, batch: &str, model: &str, cover: &Cover) -> Result<String> {
    super::kit::render(&Page::of(drift, batch, model, cover))
}

/// Returns the charts of the page as files.
pub fn figures(drift: &Drift) -> Vec<FigureFile> {
    words_chart(drift).iter().map(FigureFile::of).collect()
}

#[derive(Template)]
#[template(path = "drift.html")]
struct Page<'d> {
    drift: &'d Drift,
    head: Head,
    paragraph: String,
    findings: Vec<Finding>,
    words: Option<Figure>,
    measures: Table,
    telling: Table,
    new: Table,
}

/// The sections of the page.
const SECTIONS: [(&str, &str); 5] = [
    ("summary", "Summary"),
    ("measures", "Measures"),
    ("telling", "Words that set the batch apart"),
    ("new", "New words"),
    ("glossary", "Glossary"),
];

impl<'d> Page<'d> {
    fn of(drift: &'d Drift, batch: &str, model: &str, cover: &Cover) -> Self {
        let mut facts = vec![
            ("Batch", batch.to_owned()),
            ("Cases", drift.cases.to_string()),
            ("Model", model.to_owned()),
            ("Learned from", counted(drift.learned_from, "case")),
            ("Rating", drift.verdict.word().to_owned()),
        ];
        facts.extend(cover.date.clone().map(|date| ("Date", date)));
        Self {
            drift,
            head: Head {
                title: cover.title.clone().unwrap_or_else(|| "Drift check".to_owned()),
                facts,
                warnings: Vec::new(),
                contents: contents(&SECTIONS),
            },
            paragraph: paragraph(drift),
            findings: findings(drift),
            words: words_chart(drift),
            measures: measures(drift),
            telling: telling(drift),
            new: new_words(drift),
        }
    }
}

fn paragraph(drift: &Drift) -> String {
    let rated = |verdict: DriftVerdict| -> Vec<&str> {
        let rated = drift.findings.iter().filter(|finding| finding.verdict == verdict);
        rated.map(|finding| finding.measure.label()).collect()
    };
    let (watch, retrain) = (rated(DriftVerdict::Watch), rated(DriftVerdict::Retrain));
    let mut text = match drift.verdict {
        DriftVerdict::Unknown | DriftVerdict::Fine => format!(
            "The {} cases of the batch are no further from the cases that the model learned from than \
             parts of those cases are from each other.",
            drift.cases
        ),
        DriftVerdict::Watch | DriftVerdict::Retrain => format!(
            "The {} cases of the batch are unlike the cases that the model learned from.",
            drift.cases
        ),
    };
    for (measures, words) in [(retrain, "far beyond the limit"), (watch, "beyond the limit")] {
        if !measures.is_empty() {
            text += &format!(" These measures are {words}: {}.", listed(&measures));
        }
    }
    let words: Vec<&str> = drift.telling_terms.iter().take(5).map(|term| term.0.as_str()).collect();
    if drift.verdict > DriftVerdict::Fine && !words.is_empty() {
        text += &format!(" The words that set it apart most are {}.", listed(&words));
    }
    text
}

fn findings(drift: &Drift) -> Vec<Finding> {
    let mut findings = Vec::new();
    if drift.verdict > DriftVerdict::Fine && !drift.causes.is_empty() {
        let sentences = drift.causes.iter().map(|cause| cause.in_words()).collect();
        findings.push(Finding { heading: "What to do", sentences });
    }
    let mut caveats = Vec::new();
    if !drift.expected_f1_holds {
        caveats.push(
            "The macro F1 to be expected is not rated: it rests on probabilities that hold for cases \
             like those learned from. This batch is of another kind, so expect less, and measure it on \
             a blind check."
                .to_owned(),
        );
    }
    if drift.examined < drift.cases {
        caveats
            .push(format!("Of the batch, {} cases drawn at random were examined.", drift.examined));
    }
    if !caveats.is_empty() {
        findings.push(Finding { heading: "Caveats", sentences: caveats });
    }
    findings
}

fn measures(drift: &Drift) -> Table {
    let head = ["measure", "this batch", "usual", "limit", "rating"];
    let mut table = Table::new("measures-table", "Distance from the cases learned from", head);
    for finding in &drift.findings {
        let figures = [finding.value, finding.usual, finding.limit];
        let figures =
            figures.map(|value| Cell::from(number(Some(value))).exactly(value.to_string()));
        let rating = Cell::from(finding.verdict.word());
        table.row(finding.measure.label(), figures.into_iter().chain([rating]));
    }
    table
}

/// Returns the shares of cases with a word, in the batch and in the corpus.
fn shares(drift: &Drift, batch: f64, corpus: f64) -> [Option<Estimate>; 2] {
    let of = |part: f64, cases: usize| share((part * cases as f64).round() as usize, cases);
    [of(batch, drift.examined), of(corpus, drift.learned_from)]
}

fn words_chart(drift: &Drift) -> Option<Figure> {
    let terms = drift.telling_terms.iter().take(DRAWN);
    let rows: Vec<(String, [Option<Estimate>; 2])> =
        terms.map(|(term, p, q)| (term.clone(), shares(drift, *p, *q))).collect();
    let series = [(Look::Main, "this batch"), (Look::Second, "cases learned from")];
    let axis = Scale { label: "share of the cases with the word", written: percent };
    let title = "Words that set the batch apart".to_owned();
    let chart = Intervals::new(
        "words",
        title,
        axis,
        series,
        &rows,
        telling_as(drift, ["words-data", "Words that set the batch apart, as drawn"]),
    )?;
    let note = "Dots and squares are shares of cases, lines their 95 % intervals.".to_owned();
    let description = format!(
        "One row per word, the share of the cases that have it in the batch and among the cases \
         learned from. {note}"
    );
    Some(chart.says(description, note).figure())
}

fn telling(drift: &Drift) -> Table {
    telling_as(drift, ["telling-table", "Words that set the batch apart, in figures"])
}

fn telling_as(drift: &Drift, [id, caption]: [&str; 2]) -> Table {
    let head = ["word", "share of this batch", "share of the cases learned from"];
    let mut table = Table::new(id, caption, head);
    for (term, batch, corpus) in &drift.telling_terms {
        let cell = |share: &f64| Cell::from(percent(*share)).exactly(share.to_string());
        table.row(term, [cell(batch), cell(corpus)]);
    }
    table
}

fn new_words(drift: &Drift) -> Table {
    let caption = "Words that no case learned from has";
    let mut table = Table::new("new-table", caption, ["word", "cases of the batch"]);
    for (term, cases) in &drift.new_terms {
        table.row(term, [cases.to_string()]);
    }
    table
}
