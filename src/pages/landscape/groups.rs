//! Sentences about groups of cases, and about the cases that belong to none.

use super::words::{NAMED, first_of};
use crate::evaluate::landscape::Landscape;
use crate::evaluate::landscape::breakdown::{Breakdown, Group, Kind, Unlike};
use crate::pages::kit::format::{counted, listed, percent};
use crate::stats::share;

/// Returns what sets groups apart, one sentence for each breakdown.
pub(super) fn places(landscape: &Landscape) -> Vec<String> {
    let others = landscape.breakdowns.iter().filter(|breakdown| breakdown.kind != Kind::Year);
    let mut sentences: Vec<String> =
        others.clone().filter_map(|b| differing(landscape, b, NAMED)).collect();
    if sentences.is_empty() {
        let names: Vec<&str> = others.map(|breakdown| breakdown.name.as_str()).collect();
        sentences.push(match names.as_slice() {
            [] => "The files have no columns to group by.".into(),
            names => {
                format!("By {}, no group differs significantly from the others.", listed(names))
            }
        });
    }
    sentences
}

/// The clearest differences between groups, for the paragraph.
pub(super) fn differences(landscape: &Landscape, most: usize) -> Vec<String> {
    let others = landscape.breakdowns.iter().filter(|breakdown| breakdown.kind != Kind::Year);
    others.filter_map(|breakdown| differing(landscape, breakdown, most)).take(1).collect()
}

/// The groups that differ, the surest first.
fn differing(landscape: &Landscape, breakdown: &Breakdown, most: usize) -> Option<String> {
    let pairs = breakdown.groups.iter().flat_map(|group| {
        (0..group.trends.len()).filter_map(move |trend| Some((group, trend, group.unlike(trend)?)))
    });
    let mut pairs: Vec<(&Group, usize, Unlike)> = pairs.collect();
    let p = |(group, trend, _): &(&Group, usize, Unlike)| group.p_values[*trend].unwrap_or(1.0);
    // Stable: of equals the larger group comes first.
    pairs.sort_by(|a, b| p(a).total_cmp(&p(b)));
    let found: Vec<String> =
        pairs.into_iter().map(|pair| unlike_others(landscape, breakdown, pair)).collect();
    (!found.is_empty()).then(|| {
        format!(
            "By {}, groups differ significantly from the others: {}.",
            breakdown.name,
            first_of(found, most)
        )
    })
}

/// A group in a sentence: names of places as they are, other values in quotation marks.
fn quoted(breakdown: &Breakdown, group: &Group) -> String {
    match breakdown.kind {
        Kind::Value => format!("“{}”", group.name),
        _ => group.name.clone(),
    }
}

fn unlike_others(
    landscape: &Landscape,
    breakdown: &Breakdown,
    (group, trend, unlike): (&Group, usize, Unlike),
) -> String {
    let side = match unlike {
        Unlike::More => "more",
        Unlike::Less => "less",
    };
    let (count, cases) = group.others[trend];
    let [own, other] = [share(group.trends[trend].count, group.cases), share(count, cases)]
        .map(|share| percent(share.map_or(0.0, |share| share.value)));
    format!(
        "“{}” is {side} frequent in {} ({own} of {}, {other} elsewhere)",
        landscape.trends[trend].name,
        quoted(breakdown, group),
        counted(group.cases, "case")
    )
}

/// Describes the cases that a breakdown leaves out.
pub(super) fn missing(landscape: &Landscape, breakdown: &Breakdown) -> Vec<String> {
    let name = &breakdown.name;
    let mut sentences = Vec::new();
    if breakdown.missing > 0 {
        let share = breakdown.missing as f64 / landscape.cases.max(1) as f64;
        let (cases, column) = (counted(breakdown.missing, "case"), &breakdown.column);
        let verb = if breakdown.missing == 1 { "is" } else { "are" };
        sentences.push(format!(
            "By {name}: {cases} ({}) without a value in “{column}” {verb} left out.",
            percent(share)
        ));
    }
    // The breakdown by country lists unknown countries; regions need not repeat them.
    let listed = matches!(breakdown.kind, Kind::Region | Kind::Subregion)
        && landscape.breakdowns.iter().any(|other| other.kind == Kind::Country);
    if !breakdown.unknown.is_empty() && !listed {
        let named = breakdown.unknown.iter();
        let values = named.map(|(value, cases)| format!("{value} ({cases})")).collect();
        let what = if breakdown.kind == Kind::Year { "a year" } else { "a country" };
        sentences.push(format!(
            "By {name}: not recognised as {what}, and left out: {}.",
            first_of(values, NAMED)
        ));
    }
    if breakdown.in_several > 0 {
        let cases = counted(breakdown.in_several, "case");
        let verb = if breakdown.in_several == 1 { "is" } else { "are" };
        sentences.push(format!("By {name}: {cases} {verb} counted in more than one group."));
    }
    sentences
}
