//! A landscape as one HTML page.

use askama::Template;

use super::cover::{facts, title, warnings};
use super::groups::missing;
use super::sentences::{UnfitWords, correction, findings, paragraph};
use crate::error::Result;
use crate::evaluate::landscape::breakdown::Breakdown;
use crate::evaluate::landscape::{Labels, Landscape};
use crate::pages::kit::drawn;
use crate::pages::kit::figure::Figure;
use crate::pages::kit::findings::Finding;
use crate::pages::kit::format;
use crate::pages::kit::head::{Head, contents};
use crate::pages::kit::table::Table;
use crate::pages::kit::{Cover, FigureFile};

/// Renders a landscape as one self-contained HTML page.
///
/// # Errors
/// [`crate::Error::Report`] if the template fails, which is a fault of the program.
pub fn render(landscape: &Landscape, cover: &Cover) -> Result<String> {
    crate::pages::kit::render(&Page::of(landscape, cover))
}

/// Returns the charts of the page as files, in their order.
pub fn figures(landscape: &Landscape) -> Vec<FigureFile> {
    let page = Page::of(landscape, &Cover::default());
    let groups = page.by.iter().flat_map(|by| &by.cards).filter_map(|card| card.chart.as_ref());
    let change = page.change.iter().map(|(chart, _)| chart);
    let charts = page.shares.iter().chain(change).chain(groups).chain(&page.combinations);
    charts.map(FigureFile::of).collect()
}

#[derive(Template)]
#[template(path = "landscape.html")]
struct Page<'l> {
    landscape: &'l Landscape,
    head: Head,
    paragraph: String,
    findings: Vec<Finding>,
    /// The note if not all trends are drawn.
    drawn_note: Option<String>,
    correction: String,
    shares: Option<Figure>,
    trends: Table,
    change: Option<(Figure, Table)>,
    by: Vec<By<'l>>,
    lift: Table,
    pairs: Table,
    combinations: Option<Figure>,
    unfit: Option<Table>,
    unfit_words: UnfitWords,
}

/// A breakdown on the page.
struct By<'l> {
    id: String,
    breakdown: &'l Breakdown,
    /// Describes the cases that it leaves out.
    missing: Vec<String>,
    overview: Table,
    cards: Vec<Card<'l>>,
}

/// The data shown for one trend.
struct Card<'l> {
    label: &'l str,
    /// `None` if there is nothing to draw.
    chart: Option<Figure>,
}

impl<'l> Page<'l> {
    fn of(landscape: &'l Landscape, cover: &Cover) -> Self {
        let trends = &landscape.trends;
        let drawn = drawn::drawn(trends.iter().map(|trend| trend.frequency.count as u64));
        let drawn_note = drawn::note(drawn.len(), trends.len(), "most frequent", "the workbook");
        let by = landscape.breakdowns.iter().enumerate();
        Self {
            landscape,
            head: head(landscape, cover),
            paragraph: paragraph(landscape),
            findings: findings(landscape),
            drawn_note,
            correction: correction(landscape),
            shares: landscape.shares_chart(&drawn),
            trends: landscape.trends_overview(),
            change: landscape
                .change_chart(&drawn)
                .zip(landscape.change.as_ref().map(|change| landscape.change_overview(change))),
            by: by
                .map(|(number, breakdown)| By::of(landscape, number, breakdown, &drawn))
                .collect(),
            lift: landscape.lift_matrix(&drawn),
            pairs: landscape.pairs_sheet().html(),
            combinations: landscape.combinations_chart(&drawn),
            unfit: (landscape.unfit.found > 0).then(|| landscape.unfit_cases_sheet().html()),
            unfit_words: UnfitWords::of(landscape.unfit.rule),
        }
    }
}

/// Returns the beginning of the page.
fn head(landscape: &Landscape, cover: &Cover) -> Head {
    let by = landscape.breakdowns.iter().enumerate();
    let by = by.map(|(number, breakdown)| (id_of(number), format!("By {}", breakdown.name)));
    let unfit = UnfitWords::of(landscape.unfit.rule).heading;
    let first = contents(&[("summary", "Summary"), ("trends", "Trends"), ("changes", "Change")]);
    let last = contents(&[
        ("together", "Trends together"),
        ("terms", "Terms"),
        ("examples", "Typical and unusual cases"),
        ("unfit", unfit),
        ("words", "Glossary"),
    ]);
    Head {
        title: title(landscape, cover).to_owned(),
        facts: facts(landscape, cover),
        warnings: warnings(landscape),
        contents: first.into_iter().chain(by).chain(last).collect(),
    }
}

/// Returns the id of the section of a breakdown.
fn id_of(number: usize) -> String {
    format!("by-{number}")
}

impl<'l> By<'l> {
    fn of(
        landscape: &'l Landscape,
        number: usize,
        breakdown: &'l Breakdown,
        drawn: &[usize],
    ) -> Self {
        let card = |&trend: &usize| Card {
            label: &landscape.trends[trend].name,
            chart: landscape.group_chart(number, breakdown, trend),
        };
        Self {
            id: id_of(number),
            breakdown,
            missing: missing(landscape, breakdown),
            overview: landscape.breakdown_overview(number, breakdown, drawn),
            cards: drawn.iter().map(card).collect(),
        }
    }
}
