//! The page as a whole: the values of its template.

use askama::Template;

use super::sentences::summary;
use super::{Mistake, Report, WrongTrend, charts, matrices, tables};
use crate::pages::kit::drawn;
use crate::pages::kit::figure::Figure;
use crate::pages::kit::findings::Finding;
use crate::pages::kit::format;
use crate::pages::kit::head::{Head, contents};
use crate::pages::kit::table::Table;
use crate::taxonomy::TrendId;

/// The page.
#[derive(Template)]
#[template(path = "evaluation.html")]
pub(super) struct Page<'r> {
    report: &'r Report,
    head: Head,
    findings: Vec<Finding>,
    /// The note if not all trends are drawn.
    drawn_note: Option<String>,
    taxonomy: Table,
    per_trend: Table,
    overall: Table,
    level: Option<String>,
    slices: Option<Table>,
    baselines: Option<Table>,
    human_line: Option<Table>,
    curves: Vec<OfTrend<'r>>,
    reliability: Vec<OfTrend<'r>>,
    triage: Option<Figure>,
    reading: Option<Figure>,
    expected_errors: Option<Figure>,
    learning: Option<Figure>,
    co_occurrence: Option<Table>,
    confusion: Option<Table>,
}

/// A chart under the name of its trend.
struct OfTrend<'r> {
    label: &'r str,
    /// `None` if there is nothing to draw.
    chart: Option<Figure>,
}

/// The sections of the page.
const SECTIONS: [(&str, &str); 13] = [
    ("summary", "Summary"),
    ("figures", "Results"),
    ("baselines", "Baselines"),
    ("human-line", "Agreement of annotators"),
    ("curves", "Precision and recall"),
    ("reliability", "Reliability"),
    ("reading", "Reading plan"),
    ("triage", "Triage"),
    ("learning", "Learning curve"),
    ("together", "Trends together"),
    ("terms", "Terms"),
    ("mistakes", "Worst mistakes"),
    ("words", "Glossary"),
];

impl<'r> Page<'r> {
    /// Prepares all parts of the page.
    pub(super) fn of(report: &'r Report) -> Self {
        let trends = report.taxonomy.len();
        let drawn = drawn::drawn(report.metrics.per_trend.iter().map(|trend| trend.support));
        let drawn_note =
            drawn::note(drawn.len(), trends, "with the most support", "the table of figures");
        let detailed = || drawn.iter().filter(|_| !report.per_trend.is_empty()).copied();
        let name = |i: usize| report.taxonomy.label(TrendId(i as u16));
        let of_trend = |i: usize, chart| OfTrend { label: name(i), chart };
        let curve = |i: usize| {
            let (metrics, detail) = (&report.metrics.per_trend[i], &report.per_trend[i]);
            of_trend(i, charts::precision_recall(i, name(i), metrics, detail, report.metrics.cases))
        };
        let reliability =
            |i: usize| of_trend(i, charts::reliability(i, name(i), &report.per_trend[i]));
        Self {
            head: Head {
                title: report.title.clone(),
                facts: facts(report),
                warnings: report.caution.iter().cloned().collect(),
                contents: contents(&SECTIONS),
            },
            findings: summary(report),
            drawn_note,
            taxonomy: tables::taxonomy(report),
            per_trend: tables::per_trend(report),
            overall: tables::overall(report),
            level: report.intervals.first().map(|interval| format::percent(interval.level)),
            slices: tables::slices(report),
            baselines: tables::baselines(report),
            human_line: tables::human_line(report),
            curves: detailed().map(curve).collect(),
            reliability: detailed().map(reliability).collect(),
            triage: report.triage.as_ref().and_then(charts::triage),
            reading: report.reading_plan.as_ref().map(charts::reading_plan),
            expected_errors: report.reading_plan.as_ref().map(charts::expected_errors),
            learning: charts::learning(&report.learning_curve),
            co_occurrence: matrices::co_occurrence(report, &drawn),
            confusion: matrices::confusion(report, &drawn),
            report,
        }
    }
}

impl Page<'_> {
    /// Returns the charts of the page, in their order.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        let of_trends = self.curves.iter().chain(&self.reliability);
        let others = [&self.reading, &self.expected_errors, &self.triage, &self.learning];
        of_trends.filter_map(|trend| trend.chart.as_ref()).chain(others.into_iter().flatten())
    }
}

/// Returns the facts about the evaluation that are shown with its title.
fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Evaluated", report.subject.clone()),
        ("File", report.file.clone()),
        ("Cases", report.metrics.cases.to_string()),
    ];
    facts.extend(report.date.clone().map(|date| ("Date", date)));
    facts
}

impl Mistake {
    /// Returns an error about a trend: missed, or suggested wrongly.
    fn what(&self, wrong: &WrongTrend) -> &'static str {
        if self.gold.contains(&wrong.name) { "Missed" } else { "Suggested wrongly" }
    }
}
