//! A landscape as one HTML page.

use askama::Template;

use super::charts::GroupChart;
use super::overviews::change_overview;
use super::sentences::{answers, correction, missing};
use super::tables::unfit_cases_sheet;
use crate::error::Result;
use crate::evaluate::landscape::breakdown::Breakdown;
use crate::evaluate::landscape::{Labels, Landscape, UnfitRule};
use crate::pages::kit::answers::Answer;
use crate::pages::kit::combinations::Combinations;
use crate::pages::kit::drawn;
use crate::pages::kit::format;
use crate::pages::kit::intervals::Intervals;
use crate::pages::kit::table::Table;

/// Renders a landscape as one self-contained HTML page.
///
/// # Errors
/// [`crate::Error::Report`] if the template fails, which is a fault of the program.
pub fn render(landscape: &Landscape) -> Result<String> {
    crate::pages::kit::render(&Page::of(landscape))
}

#[derive(Template)]
#[template(path = "landscape.html")]
struct Page<'l> {
    landscape: &'l Landscape,
    labels: String,
    summary: Vec<Answer>,
    /// The note if not all trends are drawn.
    drawn_note: Option<String>,
    correction: String,
    shares: Option<Intervals>,
    trends: Table,
    change: Option<(Intervals, Table)>,
    by: Vec<By<'l>>,
    lift: Table,
    pairs: Table,
    combinations: Option<Combinations>,
    unfit: Option<Table>,
    unfit_rule: &'static str,
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
    chart: Option<GroupChart>,
}

impl<'l> Page<'l> {
    fn of(landscape: &'l Landscape) -> Self {
        let trends = &landscape.trends;
        let drawn = drawn::drawn(trends.iter().map(|trend| trend.frequency.count as u64));
        let drawn_note = drawn::note(drawn.len(), trends.len(), "most frequent", "the workbook");
        let by = landscape.breakdowns.iter().enumerate();
        Self {
            landscape,
            labels: labels(landscape),
            summary: answers(landscape),
            drawn_note,
            correction: correction(landscape),
            shares: landscape.shares_chart(&drawn),
            trends: landscape.trends_overview(),
            change: landscape
                .change_chart(&drawn)
                .zip(landscape.change.as_ref().map(change_overview)),
            by: by
                .map(|(number, breakdown)| By::of(landscape, number, breakdown, &drawn))
                .collect(),
            lift: landscape.lift_matrix(&drawn),
            pairs: landscape.pairs_sheet().html(),
            combinations: landscape.combinations_chart(&drawn),
            unfit: (landscape.unfit.found > 0).then(|| unfit_cases_sheet(&landscape.unfit).html()),
            unfit_rule: unfit_rule(landscape.unfit.rule),
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

/// How the cases that fit no trend are found, in words.
fn unfit_rule(rule: UnfitRule) -> &'static str {
    match rule {
        UnfitRule::Probability => {
            "Cases without a trend, cases for which no trend passed its threshold, and cases whose \
             most likely trend is less likely than not."
        }
        UnfitRule::Likeness => {
            "Gold has no probabilities: these are the cases without a trend, and the twentieth of \
             all cases whose words are least like those of the other cases of their trends."
        }
        UnfitRule::NoTrend => {
            "Cases without a trend. The file has no probabilities that would say more."
        }
    }
}

fn labels(landscape: &Landscape) -> String {
    match landscape.labels {
        Labels::Gold => "gold".to_owned(),
        Labels::Suggested if landscape.models.is_empty() => "suggestions".to_owned(),
        Labels::Suggested => format!("suggestions of {}", landscape.models.join(", ")),
    }
}
