//! Sentences about change over the years.

use super::words::{NAMED, first_of, what};
use crate::evaluate::landscape::{Change, Landscape, TrendChange};
use crate::pages::kit::format::{counted, percent, points, points_with_limits, years};
use crate::stats::is_beyond_chance;

/// Returns which shares changed, or why that is not known.
pub(super) fn change(landscape: &Landscape) -> Vec<String> {
    let Some(change) = &landscape.change else {
        return vec![landscape.no_change.clone().unwrap_or_default()];
    };
    let (earlier, recent) = (years(change.earlier), years(change.recent));
    let changed: Vec<String> =
        change.trends.iter().filter_map(|trend| changed(landscape, trend)).collect();
    let what = what(landscape);
    let dated: usize = change.members.iter().map(Vec::len).sum();
    let among = match dated == landscape.cases {
        true => String::new(),
        false => format!("Among the {} with a year, ", counted(dated, "case")),
    };
    let sentence = if changed.is_empty() {
        let possible = possible(change).map_or(String::new(), |most| {
            format!("; changes of up to {most} in a trend cannot be ruled out")
        });
        format!("{among}no {what}share changed significantly from {earlier} to {recent}{possible}.")
    } else {
        format!(
            "{among}these {what}shares changed significantly from {earlier} to {recent}: {}.",
            first_of(changed, NAMED)
        )
    };
    let mut sentences = vec![with_capital(&sentence)];
    sentences.extend(steady(landscape, change));
    sentences
}

/// Returns the largest change that the intervals of the differences contain, in percentage points.
fn possible(change: &Change) -> Option<String> {
    let limits = change.trends.iter().filter_map(|trend| trend.difference);
    let most = limits.map(|limits| limits.upper.max(-limits.lower)).fold(0.0, f64::max);
    (most > 0.0).then(|| points(most).trim_start_matches('+').to_owned())
}

fn with_capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// Returns a change that neither its test nor its interval leaves to chance.
fn changed(landscape: &Landscape, trend: &TrendChange) -> Option<String> {
    let difference = trend.difference?;
    let is_clear = difference.lower > 0.0 || difference.upper < 0.0;
    if !is_beyond_chance(trend.p_difference_corrected) || !is_clear {
        return None;
    }
    let (earlier, recent) = (trend.earlier.raw?.value, trend.recent.raw?.value);
    Some(format!(
        "“{}” from {} to {}, {}",
        landscape.name(&trend.key),
        percent(earlier),
        percent(recent),
        points_with_limits(difference)
    ))
}

fn steady(landscape: &Landscape, change: &Change) -> Option<String> {
    let what = what(landscape);
    let steady = change.trends.iter().filter(|trend| is_beyond_chance(trend.p_steady_corrected));
    let steady = steady.filter_map(|trend| {
        let slope = points(trend.steady?.slope);
        Some(format!("“{}” {slope} per year", landscape.name(&trend.key)))
    });
    let steady: Vec<String> = steady.collect();
    (!steady.is_empty()).then(|| {
        format!(
            "Over all {} years with cases from {} to {}, these {what}shares changed steadily and \
             significantly: {}.",
            change.years,
            change.earlier.0,
            change.recent.1,
            first_of(steady, NAMED)
        )
    })
}
