//! The charts of the page.

use super::sheet::Sheet;
use super::tables::change_sheet;
use crate::evaluate::landscape::Landscape;
use crate::evaluate::landscape::breakdown::{Breakdown, Group, Kind};
use crate::pages::kit::chart::{Axis, Chart};
use crate::pages::kit::combinations::Combinations;
use crate::pages::kit::format::{counted, listed, percent, years};
use crate::pages::kit::frame::Look;
use crate::pages::kit::intervals::Intervals;
use crate::pages::kit::table::Table;
use crate::stats::Estimate;

/// Maximum number of groups of a breakdown in a chart.
pub(super) const GROUPS: usize = 12;

/// Maximum number of combinations of trends in a chart.
const COMBINATIONS: usize = 10;

impl Landscape {
    /// Returns whether any share is corrected.
    pub(super) fn is_corrected(&self) -> bool {
        self.trends.iter().any(|trend| trend.frequency.corrected.is_some())
    }

    /// Returns the share of each trend; `None` without cases.
    pub(super) fn shares_chart(&self, drawn: &[usize]) -> Option<Intervals> {
        let rows: Vec<(String, [Option<Estimate>; 2])> = drawn
            .iter()
            .map(|&trend| &self.trends[trend])
            .map(|trend| (trend.key.clone(), [trend.frequency.corrected, trend.frequency.raw]))
            .collect();
        let most = drawn
            .iter()
            .filter_map(|&trend| Some((&self.trends[trend], self.trends[trend].frequency.best()?)))
            .max_by(|a, b| a.1.value.total_cmp(&b.1.value));
        let note = most.map_or_else(String::new, |(trend, share)| {
            format!("Most frequent is {}, with {} of the cases.", trend.key, percent(share.value))
        });
        let description =
            format!("One row a trend, the share of the cases across, with 95 % intervals. {note}");
        let table = Sheet { id: "shares-data".into(), ..self.trends_sheet() }.html();
        let title = "Share of the cases with each trend".to_owned();
        let chart =
            Intervals::new("shares", title, "share of the cases", series(&rows), &rows, table);
        chart.map(|chart| chart.says(description, note))
    }

    /// Returns the share of one trend by group: over the years as a line, otherwise a row
    /// a group. `None` if no group is large enough.
    pub(super) fn group_chart(
        &self,
        number: usize,
        breakdown: &Breakdown,
        trend: usize,
    ) -> Option<GroupChart> {
        let id = format!("by-{number}-{trend}");
        let key = &self.trends[trend].key;
        let title = format!("{key} by {}", breakdown.name);
        let table = self.group_sheet(format!("{id}-data"), breakdown, trend).html();
        let large: Vec<&Group> =
            breakdown.groups.iter().filter(|group| group.cases >= self.least_cases).collect();
        if breakdown.kind == Kind::Year {
            return self.years_chart(&id, title, &large, trend, table).map(GroupChart::Line);
        }
        let rows: Vec<(String, [Option<Estimate>; 2])> = large
            .iter()
            .take(GROUPS)
            .map(|group| (group, &group.trends[trend]))
            .map(|(group, share)| (group.name.clone(), [share.corrected, share.raw]))
            .collect();
        let differ: Vec<&str> = large
            .iter()
            .filter(|group| group.unlike(trend).is_some())
            .map(|group| group.name.as_str())
            .collect();
        let note = if differ.is_empty() {
            "No group differs significantly from the others.".to_owned()
        } else {
            format!("Significantly different from the others: {}.", listed(&differ))
        };
        let description = format!(
            "One row a group, the share of its cases that have the trend across, with 95 % \
             intervals. {note}"
        );
        let chart =
            Intervals::new(&id, title, "share of the group’s cases", series(&rows), &rows, table)?;
        Some(GroupChart::Rows(chart.says(description, note)))
    }

    fn years_chart(
        &self,
        id: &str,
        title: String,
        large: &[&Group],
        trend: usize,
        table: Table,
    ) -> Option<Chart> {
        let points: Vec<(f64, Estimate)> = large
            .iter()
            .filter_map(|group| Some((f64::from(group.year?), group.trends[trend].best()?)))
            .collect();
        let ((first, from), (last, to)) = (points.first().copied()?, points.last().copied()?);
        let share = |at: f64, share: Estimate| format!("{} in {at}", percent(share.value));
        let note = match points.len() {
            1 => format!("Only one year has enough cases: {}.", share(first, from)),
            _ => format!("From {} to {}.", share(first, from), share(last, to)),
        };
        let description = format!(
            "Years across, the share of the year’s cases that have the trend upwards, with a 95 % \
             interval as a band. {note}"
        );
        let line: Vec<(f64, f64)> =
            points.iter().map(|(year, share)| (*year, share.value)).collect();
        let band: Vec<(f64, f64, f64)> =
            points.iter().map(|(year, share)| (*year, share.lower, share.upper)).collect();
        let raw: Vec<(f64, f64)> = large
            .iter()
            .filter_map(|g| Some((f64::from(g.year?), g.trends[trend].raw?.value)))
            .collect();
        let axes =
            [Axis::years("year", first as i32, last as i32), Axis::share("share of the cases")];
        let mut chart = Chart::new(id, title, axes, table).says(description, note).band(&band);
        let mut name = "as labelled";
        if large.iter().any(|group| group.trends[trend].corrected.is_some()) {
            chart = chart.line(Look::Second, name, &raw);
            name = "corrected";
        }
        Some(chart.line(Look::Main, name, &line).dots(Look::Main, &line))
    }

    /// Returns the combinations of trends that cases have, the most frequent of them;
    /// `None` without cases.
    pub(super) fn combinations_chart(&self, drawn: &[usize]) -> Option<Combinations> {
        let keys: Vec<String> = drawn.iter().map(|&trend| self.trends[trend].key.clone()).collect();
        let row = |key: &String| keys.iter().position(|drawn| drawn == key);
        let all: Vec<(Vec<usize>, usize)> = self
            .together
            .combinations
            .iter()
            // Combinations with a trend that is not drawn have no place.
            .filter_map(|c| Some((c.trends.iter().map(row).collect::<Option<_>>()?, c.cases)))
            .collect();
        let shown = &all[..all.len().min(COMBINATIONS)];
        let of_shown: usize = shown.iter().map(|(_, cases)| cases).sum();
        let of = if drawn.len() < self.trends.len() { " of the trends drawn" } else { "" };
        let most = match shown.len() {
            1 => format!("The most frequent combination{of}"),
            n => format!("The {n} most frequent combinations{of}"),
        };
        let note = match self.cases - of_shown {
            0 => "All cases are shown.".to_owned(),
            rest => format!("{most}; {} with others.", counted(rest, "case")),
        };
        let description = format!(
            "One column a combination of trends, with a bar for its number of cases and a dot in \
             the row of each trend that they have. {note}"
        );
        let table = self.combinations_sheet().html();
        let title = "Combinations of trends".to_owned();
        let chart = Combinations::new("combinations", title, &keys, shown, table)?;
        Some(chart.says(description, note))
    }

    /// Returns how much more often each trend occurs in the recent cases; `None` if the
    /// change was not measured.
    pub(super) fn change_chart(&self, drawn: &[usize]) -> Option<Intervals> {
        let change = self.change.as_ref()?;
        let rows: Vec<(String, [Option<Estimate>; 2])> = drawn
            .iter()
            .map(|&trend| &change.trends[trend])
            .map(|trend| (trend.key.clone(), [trend.corrected, trend.difference]))
            .collect();
        let (earlier, recent) = (years(change.earlier), years(change.recent));
        let note = format!("Right of zero: more frequent in {recent} than in {earlier}.");
        let description = format!(
            "One row a trend; the share in {recent} minus the share in {earlier} across, with 95 % \
             intervals. An interval that holds zero may be chance. {note}"
        );
        let table = Sheet { id: "change-data".into(), ..change_sheet(change) }.html();
        let title = format!("Change from {earlier} to {recent}");
        let chart =
            Intervals::new("change", title, "difference of shares", series(&rows), &rows, table);
        chart.map(|chart| chart.says(description, note))
    }
}

/// Returns the look of the corrected and the raw figures of a chart: the main message is drawn
/// strongest.
fn series(rows: &[(String, [Option<Estimate>; 2])]) -> [(Look, &'static str); 2] {
    let corrected = rows.iter().any(|(_, [corrected, _])| corrected.is_some());
    let looks = if corrected { [Look::Main, Look::Second] } else { [Look::Second, Look::Main] };
    [(looks[0], "corrected"), (looks[1], "as labelled")]
}

/// A chart by groups.
pub(super) enum GroupChart {
    /// Over the years.
    Line(Chart),
    /// A row a group.
    Rows(Intervals),
}

impl std::fmt::Display for GroupChart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(chart) => chart.fmt(f),
            Self::Rows(chart) => chart.fmt(f),
        }
    }
}
