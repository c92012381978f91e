//! Sentences about groups of cases, and about the cases that belong to none.

use super::words::{NAMED, first_of, what};
use crate::evaluate::landscape::Landscape;
use crate::evaluate::landscape::breakdown::{Breakdown, Group, Kind, Unlike};
use crate::pages::kit::format::{counted, listed, percent};
use crate::stats::share;

/// Returns what sets groups apart, one sentence for each breakdown.
pub(super) fn places(landscape: &Landscape) -> Vec<String> {
    let others = landscape.breakdowns.iter().filter(|breakdown| breakdown.kind != Kind::Year);
    let mut sentences: Vec<String> =
        others.clone().filter_map(|b| differing(landscape, b, NAMED)).collect();
    let is_tested = |breakdown: &&Breakdown| {
        breakdown.groups.iter().any(|group| group.p_values.iter().any(Option::is_some))
    };
    let (tested, untested): (Vec<&Breakdown>, Vec<&Breakdown>) = others.partition(is_tested);
    let names = |of: &[&Breakdown]| -> String {
        listed(&of.iter().map(|breakdown| breakdown.name.as_str()).collect::<Vec<_>>())
    };
    if tested.is_empty() && untested.is_empty() {
        sentences.push("The files have no columns to group by.".into());
    } else if sentences.is_empty() && !tested.is_empty() {
        let names = names(&tested);
        sentences.push(format!("By {names}, no group differs significantly from the others."));
    }
    if !untested.is_empty() {
        let (names, least) = (names(&untested), landscape.least_cases);
        sentences.push(format!(
            "By {names}, groups cannot be compared: a comparison needs two groups, one of them with \
             {least} cases."
        ));
    }
    sentences
}

/// The clearest differences between groups, for the paragraph.
pub(super) fn differences(landscape: &Landscape, most: usize) -> Vec<String> {
    let others = landscape.breakdowns.iter().filter(|breakdown| breakdown.kind != Kind::Year);
    let surest = |breakdown: &&Breakdown| {
        let p = breakdown.groups.iter().flat_map(|group| group.p_values.iter().flatten());
        p.copied().fold(1.0, f64::min)
    };
    let clearest = others.min_by(|a, b| surest(a).total_cmp(&surest(b)));
    clearest.and_then(|breakdown| differing(landscape, breakdown, most)).into_iter().collect()
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
    let found: Vec<String> = pairs.into_iter().map(|pair| unlike_others(landscape, pair)).collect();
    (!found.is_empty()).then(|| {
        format!(
            "By {}, these {}shares differ significantly from those elsewhere: {}.",
            breakdown.name,
            what(landscape),
            first_of(found, most)
        )
    })
}

fn unlike_others(landscape: &Landscape, (group, trend, unlike): (&Group, usize, Unlike)) -> String {
    let side = match unlike {
        Unlike::More => "higher",
        Unlike::Less => "lower",
    };
    let (count, cases) = group.others[trend];
    let [own, other] = [share(group.trends[trend].count, group.cases), share(count, cases)]
        .map(|share| percent(share.map_or(0.0, |share| share.value)));
    format!(
        "“{}” is {side} in “{}” ({own} of {}, {other} elsewhere)",
        landscape.trends[trend].name,
        group.name,
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
    let is_region = matches!(breakdown.kind, Kind::Region | Kind::Subregion);
    let countries = landscape.breakdowns.iter().find(|other| other.kind == Kind::Country);
    let countries = countries.filter(|_| is_region);
    let is_listed = |value: &String| {
        countries.is_some_and(|other| other.unknown.iter().any(|(name, _)| name == value))
    };
    let named = breakdown.unknown.iter().filter(|(value, _)| !is_listed(value));
    let values: Vec<String> = named.map(|(value, cases)| format!("{value} ({cases})")).collect();
    if !values.is_empty() {
        let what = match breakdown.kind {
            Kind::Year => "not recognised as a year",
            _ if countries.is_some() => "in no region of the United Nations",
            _ => "not recognised as a country",
        };
        sentences.push(format!("By {name}: {what}, and left out: {}.", first_of(values, NAMED)));
    }
    if breakdown.in_several > 0 {
        let cases = counted(breakdown.in_several, "case");
        let verb = if breakdown.in_several == 1 { "is" } else { "are" };
        sentences.push(format!("By {name}: {cases} {verb} counted in more than one group."));
    }
    sentences
}
