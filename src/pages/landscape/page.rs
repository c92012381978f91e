//! A landscape as one HTML page.

use askama::Template;

use super::cover::{facts, title, warnings};
use super::groups::missing;
use super::sentences::{UnfitWords, correction, findings, paragraph};
use crate::error::Result;
use crate::evaluate::landscape::Landscape;
use crate::evaluate::landscape::breakdown::Breakdown;
use crate::pages::kit::drawn;
use crate::pages::kit::figure::Figure;
use crate::pages::kit::findings::Finding;
use crate::pages::kit::format;
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
    let cover = Cover::default();
    let page = Page::of(landscape, &cover);
    let groups = page.by.iter().flat_map(|by| &by.cards).filter_map(|card| card.chart.as_ref());
    let change = page.change.iter().map(|(chart, _)| chart);
    let charts = page.shares.iter().chain(change).chain(groups).chain(&page.combinations);
    charts.map(FigureFile::of).collect()
}

#[derive(Template)]
#[template(path = "landscape.html")]
struct Page<'l> {
    landscape: &'l Landscape,
    title: &'l str,
    facts: Vec<(&'static str, String)>,
    warnings: Vec<String>,
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
    fn of(landscape: &'l Landscape, cover: &'l Cover) -> Self {
        let trends = &landscape.trends;
        let drawn = drawn::drawn(trends.iter().map(|trend| trend.frequency.count as u64));
        let drawn_note = drawn::note(drawn.len(), trends.len(), "most frequent", "the workbook");
        let by = landscape.breakdowns.iter().enumerate();
        Self {
            landscape,
            title: title(landscape, cover),
            facts: facts(landscape, cover),
            warnings: warnings(landscape),
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
            id: format!("by-{number}"),
            breakdown,
            missing: missing(landscape, breakdown),
            overview: landscape.breakdown_overview(number, breakdown, drawn),
            cards: drawn.iter().map(card).collect(),
        }
    }
}
