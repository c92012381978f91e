//! The charts of the page.

use super::sheet::Sheet;
use super::words::{adjusted_p, falling, given};
use crate::evaluate::landscape::Landscape;
use crate::evaluate::landscape::breakdown::{Breakdown, Group, Kind, Unlike};
use crate::pages::kit::chart::{Axis, Chart};
use crate::pages::kit::combinations::Combinations;
use crate::pages::kit::figure::{Figure, Look};
use crate::pages::kit::format::{counted, listed, percent, points, share_with_limits, years};
use crate::pages::kit::intervals::{Intervals, Scale};
use crate::pages::kit::table::Table;
use crate::stats::{Estimate, is_beyond_chance};

/// Maximum number of groups of a breakdown in a chart.
pub(super) const GROUPS: usize = 12;

/// Maximum number of combinations of trends in a chart.
const COMBINATIONS: usize = 10;

impl Landscape {
    /// Returns whether any share is corrected.
    pub(super) fn is_corrected(&self) -> bool {
        self.trends.iter().any(|trend| trend.frequency.corrected.is_some())
    }

    /// Returns the share of each trend, the most frequent first; `None` without cases.
    pub(super) fn shares_chart(&self, drawn: &[usize]) -> Option<Figure> {
        let order = falling(self).into_iter().filter(|trend| drawn.contains(trend));
        let rows: Vec<(String, [Option<Estimate>; 2])> = order
            .map(|trend| &self.trends[trend])
            .map(|trend| (trend.name.clone(), [trend.frequency.corrected, trend.frequency.raw]))
            .collect();
        let note = "Dots and squares are shares of the cases, lines their 95 % intervals.";
        let said = rows.iter().filter_map(|(name, [corrected, raw])| {
            Some(format!("{name}: {}.", share_with_limits(corrected.or(*raw)?)))
        });
        let description = format!("One row per trend. {}", said.collect::<Vec<_>>().join(" "));
        let table = Sheet { id: "shares-data".into(), ..self.trends_sheet() }.html();
        let title = "Share of the cases with each trend".to_owned();
        let axis = Scale { label: "share of the cases", written: percent };
        let chart = Intervals::new("shares", title, axis, self.series(&rows), &rows, table)?;
        Some(chart.says(description, note.to_owned()).figure())
    }

    /// Returns the share of one trend by group: over the years as a line, otherwise a row
    /// a group. `None` if no group is large enough.
    pub(super) fn group_chart(
        &self,
        number: usize,
        breakdown: &Breakdown,
        trend: usize,
    ) -> Option<Figure> {
        let id = format!("by-{number}-{trend}");
        let title = format!("{} by {}", self.trends[trend].name, breakdown.name);
        let table = self.group_sheet(format!("{id}-data"), breakdown, trend).html();
        let large: Vec<&Group> =
            breakdown.groups.iter().filter(|group| group.cases >= self.least_cases).collect();
        if breakdown.kind == Kind::Year {
            return self.years_chart(&id, title, &large, trend, table);
        }
        let rows: Vec<(String, [Option<Estimate>; 2])> = large
            .iter()
            .take(GROUPS)
            .map(|group| (group, &group.trends[trend]))
            .map(|(group, share)| (group.name.clone(), [share.corrected, share.raw]))
            .collect();
        let named = |wanted: Unlike| -> Vec<&str> {
            let unlike = large.iter().filter(|group| group.unlike(trend) == Some(wanted));
            unlike.map(|group| group.name.as_str()).collect()
        };
        let sides = [("more", named(Unlike::More)), ("less", named(Unlike::Less))];
        let sides = sides.iter().filter(|(_, groups)| !groups.is_empty()).map(|(side, groups)| {
            format!("Significantly {side} frequent than in the other groups: {}.", listed(groups))
        });
        let mut note = sides.collect::<Vec<_>>().join(" ");
        if note.is_empty() {
            note = "No group differs significantly from the others.".to_owned();
        }
        let description = format!(
            "One row per group, the share of its cases that have the trend across, with 95 % \
             intervals. {note}"
        );
        let axis = Scale { label: "share of the group’s cases", written: percent };
        let chart = Intervals::new(&id, title, axis, self.series(&rows), &rows, table)?;
        Some(chart.says(description, note).figure())
    }

    fn years_chart(
        &self,
        id: &str,
        title: String,
        large: &[&Group],
        trend: usize,
        table: Table,
    ) -> Option<Figure> {
        let points: Vec<(i32, Estimate)> = large
            .iter()
            .filter_map(|group| Some((group.year?, group.trends[trend].best()?)))
            .collect();
        let ((first, from), (last, to)) = (points.first().copied()?, points.last().copied()?);
        let share = |at: i32, share: Estimate| format!("{at}: {}", share_with_limits(share));
        let mut note = match points.len() {
            1 => format!("Only one year has enough cases. {}.", share(first, from)),
            _ => format!("{}. {}. {}", share(first, from), share(last, to), self.steady(trend)),
        };
        if last - first + 1 > points.len() as i32 {
            note += &format!(
                " Years with fewer than {} cases are left out, and no line is drawn across them.",
                self.least_cases
            );
        }
        let description = format!(
            "Years across, the share of the year’s cases that have the trend upwards, with a 95 % \
             interval as a band. {note}"
        );
        let line = |run: &Vec<(i32, Estimate)>| -> Vec<(f64, f64)> {
            run.iter().map(|(year, share)| (f64::from(*year), share.value)).collect()
        };
        let runs_of_years = runs(&points);
        let lines: Vec<Vec<(f64, f64)>> = runs_of_years.iter().map(line).collect();
        let axes = [Axis::years("year", first, last), Axis::percent("share of the cases")];
        let mut chart = Chart::new(id, title, axes, table).says(description, note);
        for run in &runs_of_years {
            chart = chart.band(&band(run));
        }
        let mut name = given(self);
        if large.iter().any(|group| group.trends[trend].corrected.is_some()) {
            let raw = large.iter().filter_map(|g| Some((g.year?, g.trends[trend].raw?)));
            let raw: Vec<Vec<(f64, f64)>> =
                runs(&raw.collect::<Vec<_>>()).iter().map(line).collect();
            chart = chart.lines(Look::Second, name, &raw);
            name = "estimated";
        }
        let chart = chart.lines(Look::Main, name, &lines);
        Some(lines.iter().fold(chart, |chart, line| chart.dots(Look::Main, line)).figure())
    }

    /// Returns whether a trend changes steadily over the years, in a sentence.
    fn steady(&self, trend: usize) -> String {
        let tested = self.change.as_ref().and_then(|change| change.trends.get(trend));
        let Some((trend, steady)) = tested.and_then(|trend| Some((trend, trend.steady?))) else {
            return "A steady change was not tested.".to_owned();
        };
        let p = adjusted_p(trend.p_steady_corrected);
        match is_beyond_chance(trend.p_steady_corrected) {
            true => format!("Steady change: {} per year ({p}).", points(steady.slope)),
            false => format!("No steady change is statistically significant ({p})."),
        }
    }

    /// Returns the combinations of trends that cases have, the most frequent of them;
    /// `None` without cases.
    pub(super) fn combinations_chart(&self, drawn: &[usize]) -> Option<Figure> {
        let keys: Vec<String> = drawn.iter().map(|&trend| self.trends[trend].key.clone()).collect();
        let names: Vec<String> =
            drawn.iter().map(|&trend| self.trends[trend].name.clone()).collect();
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
            "One column per combination of trends, with a bar for its number of cases and a dot in \
             the row of each trend that they have. {note}"
        );
        let table = self.combinations_sheet().html();
        let title = "Combinations of trends".to_owned();
        let chart = Combinations::new("combinations", title, &names, shown, table)?;
        Some(chart.says(description, note).figure())
    }

    /// Returns how much more often each trend occurs in the recent cases; `None` if the
    /// change was not measured.
    pub(super) fn change_chart(&self, drawn: &[usize]) -> Option<Figure> {
        let change = self.change.as_ref()?;
        let rows: Vec<(String, [Option<Estimate>; 2])> = drawn
            .iter()
            .map(|&trend| (&change.trends[trend], &self.trends[trend].name))
            .map(|(trend, name)| (name.clone(), [trend.corrected, trend.difference]))
            .collect();
        let (earlier, recent) = (years(change.earlier), years(change.recent));
        let note = format!(
            "Right of zero: more frequent in {recent} than in {earlier}. An interval that contains \
             zero is compatible with no change."
        );
        let description = format!(
            "One row per trend; the share in {recent} minus the share in {earlier} across, with \
             95 % intervals. {note}"
        );
        let table = Sheet { id: "change-data".into(), ..self.change_sheet(change) }.html();
        let title = format!("Change from {earlier} to {recent}");
        let axis = Scale { label: "difference of shares (percentage points)", written: points };
        let chart = Intervals::new("change", title, axis, self.series(&rows), &rows, table)?;
        Some(chart.says(description, note).figure())
    }

    /// Returns the look of the estimated and the raw figures of a chart: what counts most is what the
    /// reader should take away.
    fn series(&self, rows: &[(String, [Option<Estimate>; 2])]) -> [(Look, &'static str); 2] {
        let corrected = rows.iter().any(|(_, [corrected, _])| corrected.is_some());
        let looks = if corrected { [Look::Main, Look::Second] } else { [Look::Second, Look::Main] };
        [(looks[0], "estimated"), (looks[1], given(self))]
    }
}

/// Years one after the other, without a gap.
fn runs(points: &[(i32, Estimate)]) -> Vec<Vec<(i32, Estimate)>> {
    points.chunk_by(|one, next| one.0 + 1 == next.0).map(<[_]>::to_vec).collect()
}

/// Returns the intervals of a run of years; that of a lone year has some width of its own.
fn band(run: &[(i32, Estimate)]) -> Vec<(f64, f64, f64)> {
    let at = |year: f64, share: &Estimate| (year, share.lower, share.upper);
    match run {
        [(year, share)] => [-0.2, 0.2].map(|aside| at(f64::from(*year) + aside, share)).to_vec(),
        _ => run.iter().map(|(year, share)| at(f64::from(*year), share)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_that_is_left_out_parts_the_line() {
        let share = Estimate { value: 0.5, lower: 0.4, upper: 0.6 };
        let runs = runs(&[2018, 2019, 2021].map(|year| (year, share)));
        let years: Vec<Vec<i32>> =
            runs.iter().map(|run| run.iter().map(|point| point.0).collect()).collect();
        assert_eq!(years, [vec![2018, 2019], vec![2021]]);
        assert_eq!(band(&runs[1]), [(2020.8, 0.4, 0.6), (2021.2, 0.4, 0.6)]);
    }
}
