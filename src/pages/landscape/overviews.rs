//! Tables that only the page has: few columns, shaded cells.

use super::charts::GROUPS;
use super::sheet::Value;
use super::words::{falling, given};
use crate::evaluate::landscape::breakdown::{Breakdown, Kind, Unlike};
use crate::evaluate::landscape::quantify::Frequency;
use crate::evaluate::landscape::{Change, Landscape};
use crate::pages::kit::format::{
    DASH, percent, points_with_limits, share_with_limits, short, years,
};
use crate::pages::kit::table::{Cell, Table};
use crate::stats::Estimate;
use crate::stats::is_beyond_chance;

impl Landscape {
    /// How frequent each trend is, in few columns.
    pub(super) fn trends_overview(&self) -> Table {
        let caption = "Shares of all trends with 95 % intervals";
        let mut head = vec!["trend".to_owned(), "cases".to_owned(), self.share_head()];
        head.extend(self.is_corrected().then(|| "estimated share".to_owned()));
        let mut table = Table::new("trends-overview", caption, head);
        for trend in falling(self).into_iter().map(|trend| &self.trends[trend]) {
            let Frequency { count, raw, corrected, .. } = trend.frequency;
            let corrected = self.is_corrected().then(|| with_limits(corrected));
            let cells = [count.to_string(), with_limits(raw)].into_iter().chain(corrected);
            table.row(&trend.name, cells);
        }
        table
    }

    /// Returns one row per group, one column per trend, shaded by the share; of very many
    /// groups that are no years the rest in one row. `trends` are those shown.
    pub(super) fn breakdown_overview(
        &self,
        number: usize,
        breakdown: &Breakdown,
        trends: &[usize],
    ) -> Table {
        let caption = format!(
            "Trends by {}: cases with the trend and their share, {}. The stronger the shade, the \
             greater the share; ▲ significantly more and ▼ significantly less frequent than in the \
             other groups",
            breakdown.name,
            given(self)
        );
        let names = trends.iter().map(|&trend| self.trends[trend].name.clone());
        let head = [breakdown.name.clone(), "cases".to_owned()].into_iter().chain(names);
        let mut table = Table::new(format!("by-{number}-overview"), caption, head);
        let all = breakdown.groups.len();
        // A row for the rest of one group would save nothing.
        let shown = if breakdown.kind == Kind::Year || all <= GROUPS + 1 { all } else { GROUPS };
        let (groups, rest) = breakdown.groups.split_at(shown);
        let cell = |count: usize, cases: usize, mark: &str| {
            let share = count as f64 / cases.max(1) as f64;
            Cell::shaded(format!("{count} ({}){mark}", percent(share)), share)
        };
        for group in groups {
            let cells = trends.iter().map(|&trend| {
                let mark = match group.unlike(trend) {
                    None => "",
                    Some(Unlike::More) => " ▲",
                    Some(Unlike::Less) => " ▼",
                };
                cell(group.trends[trend].count, group.cases, mark)
            });
            let cases = Cell::from(group.cases.to_string());
            table.row(&group.name, std::iter::once(cases).chain(cells));
        }
        if !rest.is_empty() {
            let cases: usize = rest.iter().map(|group| group.cases).sum();
            let count = |trend: usize| rest.iter().map(|group| group.trends[trend].count).sum();
            let cells = trends.iter().map(|&trend| cell(count(trend), cases, ""));
            let cases = Cell::from(cases.to_string());
            table.sum(format!("{} others", rest.len()), std::iter::once(cases).chain(cells));
        }
        table
    }

    /// Lift of all pairs as a square, shaded by its distance from 1.
    pub(super) fn lift_matrix(&self, trends: &[usize]) -> Table {
        let caption = "Pairs of trends: how many times as many cases have both as expected for \
                       cases with as many trends each (in brackets, the number of cases). Above 1: \
                       together more often than expected; shaded where that is statistically \
                       significant (adjusted p < 0.05); on the diagonal, all cases with the trend";
        let key = |&trend: &usize| self.trends[trend].key.clone();
        let name = |&trend: &usize| self.trends[trend].name.clone();
        let head = std::iter::once("trend".to_owned()).chain(trends.iter().map(name));
        let mut table = Table::new("lift-table", caption, head);
        for row in trends {
            let cells = trends.iter().map(|column| {
                if row == column {
                    return Cell::from(self.trends[*row].frequency.count.to_string());
                }
                let pair = self.together.pair(&key(row), &key(column));
                let lift = short(pair.and_then(|pair| pair.lift));
                let certain = is_beyond_chance(pair.and_then(|pair| pair.p_corrected));
                let both = pair.map_or(0, |pair| pair.both);
                let text = format!("{lift} ({both})");
                if certain { Cell::shaded(text, 0.5) } else { Cell::from(text) }
            });
            table.row(name(row), cells);
        }
        table
    }
}

impl Landscape {
    /// How trends change, in few columns.
    pub(super) fn change_overview(&self, change: &Change) -> Table {
        let caption = "Cases in both periods, with adjusted p-values";
        let head = [
            "trend".to_owned(),
            years(change.earlier),
            years(change.recent),
            format!("difference {}", given(self)),
            "p of the difference".to_owned(),
            "p of a steady change".to_owned(),
        ];
        let mut table = Table::new("change-overview", caption, head);
        for trend in &change.trends {
            let counted = |f: Frequency| {
                format!("{} ({})", f.count, Value::share(f.raw.map(|share| share.value)).written())
            };
            let p_values = [trend.p_difference_corrected, trend.p_steady_corrected];
            let difference = trend.difference.map_or_else(|| DASH.to_owned(), points_with_limits);
            let cells = [counted(trend.earlier), counted(trend.recent), difference];
            let p_values = p_values.map(|p| Value::p(p).written());
            table.row(self.name(&trend.key), cells.into_iter().chain(p_values));
        }
        table
    }

    /// Returns the head of the shares as they were given.
    pub(super) fn share_head(&self) -> String {
        format!("share {}", given(self))
    }
}

/// Returns an estimate with its limits in words.
fn with_limits(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(|| DASH.to_owned(), share_with_limits)
}
