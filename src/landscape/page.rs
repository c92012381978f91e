//! A landscape as one HTML page.

use askama::Template;

use super::breakdown::{Breakdown, Kind};
use super::charts::{GROUPS, GroupChart};
use super::overviews::change_overview;
use super::sentences::{answers, correction, missing};
use super::tables::unfit_cases_sheet;
use super::{Labels, Landscape, UnfitRule, tables};
use crate::error::Result;
use crate::page::answers::Answer;
use crate::page::combinations::Combinations;
use crate::page::format;
use crate::page::intervals::Intervals;
use crate::page::table::Table;

/// At most so many trends are drawn.
const MOST_DRAWN: usize = 12;

/// Renders a landscape as one self-contained HTML page.
///
/// # Errors
/// [`crate::Error::Report`] if the template fails, which is a fault of the program.
pub fn render(landscape: &Landscape) -> Result<String> {
    crate::page::render(&Page::of(landscape))
}

#[derive(Template)]
#[template(path = "landscape.html")]
struct Page<'l> {
    landscape: &'l Landscape,
    labels: String,
    summary: Vec<Answer>,
    /// Said where not all trends are drawn.
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
    /// What it leaves out, in words.
    missing: Vec<String>,
    overview: Table,
    cards: Vec<Card<'l>>,
}

/// What is shown of one trend.
struct Card<'l> {
    label: &'l str,
    /// `None` where there is nothing to draw.
    chart: Option<GroupChart>,
}

impl<'l> Page<'l> {
    fn of(landscape: &'l Landscape) -> Self {
        let drawn = drawn(landscape);
        let trends = landscape.trends.len();
        let drawn_note = (drawn.len() < trends).then(|| {
            format!(
                "Of {trends} trends the {} most frequent are drawn; the workbook holds all.",
                drawn.len()
            )
        });
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
        let most = if breakdown.kind == Kind::Year { usize::MAX - 1 } else { GROUPS };
        let card = |&trend: &usize| Card {
            label: &landscape.trends[trend].name,
            chart: landscape.group_chart(number, breakdown, trend),
        };
        Self {
            id: format!("by-{number}"),
            breakdown,
            missing: missing(landscape, breakdown),
            overview: landscape.breakdown_overview(number, breakdown, drawn, most),
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
        UnfitRule::NoTrend => "Cases without a trend: there are no probabilities to tell more.",
    }
}

fn labels(landscape: &Landscape) -> String {
    match landscape.labels {
        Labels::Gold => "gold".to_owned(),
        Labels::Suggested if landscape.models.is_empty() => "suggestions".to_owned(),
        Labels::Suggested => format!("suggestions of {}", landscape.models.join(", ")),
    }
}

/// The most frequent trends, in the order of the taxonomy.
fn drawn(landscape: &Landscape) -> Vec<usize> {
    let count = |&trend: &usize| std::cmp::Reverse(landscape.trends[trend].frequency.count);
    let mut trends: Vec<usize> = (0..landscape.trends.len()).collect();
    trends.sort_by_key(count);
    trends.truncate(MOST_DRAWN);
    trends.sort_unstable();
    trends
}
