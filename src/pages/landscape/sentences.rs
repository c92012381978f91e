//! Sentences about a landscape, each computed from the figures.

use crate::evaluate::landscape::breakdown::{Breakdown, Kind};
use crate::evaluate::landscape::quantify::Correction;
use crate::evaluate::landscape::{Labels, Landscape, TrendChange};
use crate::pages::kit::answers::Answer;
use crate::pages::kit::format::{counted, listed, percent, years};
use crate::stats::is_beyond_chance;

/// Items named in one sentence, at most.
const NAMED: usize = 8;

/// Returns the questions of the reader with the sentences that answer them.
pub(super) fn answers(landscape: &Landscape) -> Vec<Answer> {
    let answer = |question, sentences| Answer { question, sentences };
    if landscape.cases == 0 {
        return vec![answer("What is in the batch?", contents(landscape))];
    }
    vec![
        answer("What is in the batch?", contents(landscape)),
        answer("Which trends are frequent?", frequency(landscape)),
        answer("What changes?", change(landscape)),
        answer("Where do the trends differ?", places(landscape)),
        answer("Which trends occur together?", together(landscape)),
        answer("What fits no trend?", unfit(landscape)),
        answer("What should one bear in mind?", caution(landscape)),
    ]
}

/// Returns the summary as plain text.
pub fn summary(landscape: &Landscape) -> String {
    let paragraph = |answer: Answer| {
        let sentences: Vec<String> =
            answer.sentences.iter().map(|sentence| format!("  {sentence}\n")).collect();
        format!("{}\n{}", answer.question, sentences.concat())
    };
    answers(landscape).into_iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

fn contents(landscape: &Landscape) -> Vec<String> {
    if landscape.cases == 0 {
        return vec!["The batch is empty, so there is nothing to report.".into()];
    }
    let labels = match landscape.labels {
        Labels::Gold => "labelled with gold trends".to_owned(),
        Labels::Suggested => match landscape.models.as_slice() {
            [] => "tagged by a model that is not named".to_owned(),
            [model] => format!("tagged by the model {model}"),
            models => format!("tagged by the models {}", listed(models)),
        },
    };
    let trends: usize = landscape.trends.iter().map(|trend| trend.frequency.count).sum();
    let mut sentences = vec![format!(
        "{} from {}, {labels}, with {:.1} trends a case.",
        counted(landscape.cases, "case"),
        counted(landscape.files.len(), "file"),
        trends as f64 / landscape.cases as f64
    )];
    if landscape.without_trend > 0 {
        sentences.push(format!("{} without a trend.", counted(landscape.without_trend, "case")));
    }
    if landscape.unlabelled > 0 {
        sentences.push(format!(
            "{} without labels were left out.",
            counted(landscape.unlabelled, "row")
        ));
    }
    if landscape.repeated_ids > 0 {
        sentences.push(format!(
            "{} with the id of an earlier one, and all are counted.",
            counted(landscape.repeated_ids, "case")
        ));
    }
    sentences
}

fn frequency(landscape: &Landscape) -> Vec<String> {
    let mut falling: Vec<_> = landscape
        .trends
        .iter()
        .filter_map(|trend| Some((trend, trend.frequency.best()?)))
        .collect();
    falling.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    let share =
        |(trend, share): &(&crate::evaluate::landscape::TrendFigures, crate::stats::Estimate)| {
            format!(
                "{} {} ({} to {})",
                trend.key,
                percent(share.value),
                percent(share.lower),
                percent(share.upper)
            )
        };
    let shares = falling.iter().map(share).collect();
    vec![
        format!("Shares of the cases, with 95\u{a0}% intervals: {}.", first_of(shares)),
        correction(landscape),
    ]
}

/// How the shares are corrected, in words.
pub(super) fn correction(landscape: &Landscape) -> String {
    let by =
        |correction| landscape.trends.iter().filter(|t| t.correction == Some(correction)).count();
    let (adjusted, mean) = (by(Correction::AdjustedCount), by(Correction::MeanProbability));
    match (landscape.labels, adjusted, mean) {
        (Labels::Gold, ..) => "Gold labels are taken as true and need no correction.".into(),
        (_, 0, 0) => "The shares are not corrected for errors of the tagger: its errors are not \
                      known and the file has no probabilities."
            .into(),
        (_, _, 0) => {
            "The shares are corrected for the errors that the tagger made on cases it had \
                      not seen; the uncorrected ones are beside them."
                .into()
        }
        (_, 0, _) => "The corrected shares are means of the probabilities: how often this tagger \
                      errs is not known here."
            .into(),
        _ => "Some shares are corrected for the errors that the tagger made on cases it had not \
              seen, some are means of the probabilities."
            .into(),
    }
}

fn change(landscape: &Landscape) -> Vec<String> {
    let Some(change) = &landscape.change else {
        return vec![landscape.no_change.clone().unwrap_or_default()];
    };
    let (earlier, recent) = (years(change.earlier), years(change.recent));
    let in_words = |trend: &&TrendChange| -> Option<String> {
        let (earlier, recent) = (trend.earlier.raw?, trend.recent.raw?);
        let verb = if recent.value > earlier.value { "rises" } else { "falls" };
        let [from, to] = [earlier.value, recent.value].map(percent);
        Some(format!("{} {verb} from {from} to {to}", trend.key))
    };
    let changed: Vec<String> = change
        .trends
        .iter()
        .filter(|trend| is_beyond_chance(trend.p_difference_corrected))
        .filter_map(|trend| in_words(&trend))
        .collect();
    let steadily = |trend: &TrendChange| -> Option<String> {
        let slope = trend.steady?.slope;
        Some(format!("{} {}", trend.key, if slope > 0.0 { "rises" } else { "falls" }))
    };
    let steady: Vec<String> = change
        .trends
        .iter()
        .filter(|trend| is_beyond_chance(trend.p_steady_corrected))
        .filter_map(steadily)
        .collect();
    let mut sentences = vec![if changed.is_empty() {
        format!("Between {earlier} and {recent}, no trend changes significantly.")
    } else {
        format!("Significant changes between {earlier} and {recent}: {}.", first_of(changed))
    }];
    if !steady.is_empty() {
        sentences.push(format!(
            "Significant steady changes over all {} years: {}.",
            change.years,
            first_of(steady)
        ));
    }
    sentences
}

fn places(landscape: &Landscape) -> Vec<String> {
    let others = landscape.breakdowns.iter().filter(|breakdown| breakdown.kind != Kind::Year);
    let mut sentences: Vec<String> =
        others.clone().filter_map(|b| differing(landscape, b)).collect();
    if sentences.is_empty() {
        sentences.push(match others.count() {
            0 => "The files have no columns.".into(),
            _ => "No group differs significantly from the others.".into(),
        });
    }
    sentences
}

fn differing(landscape: &Landscape, breakdown: &Breakdown) -> Option<String> {
    let found: Vec<String> = breakdown
        .groups
        .iter()
        .flat_map(|group| {
            let shares = group.trends.iter().zip(&landscape.trends).enumerate();
            shares.filter(|&(trend, _)| group.unlike(trend).is_some()).map(|(_, (f, trend))| {
                let share = f.raw.map_or(0.0, |share| share.value);
                format!("{} in {} ({})", trend.key, group.name, percent(share))
            })
        })
        .collect();
    (!found.is_empty()).then(|| {
        format!(
            "By {}, significantly different from the other groups: {}.",
            breakdown.name,
            first_of(found)
        )
    })
}

fn together(landscape: &Landscape) -> Vec<String> {
    let certain: Vec<_> =
        landscape.together.pairs.iter().filter(|pair| is_beyond_chance(pair.p_corrected)).collect();
    let named = |attracted: bool| -> Vec<String> {
        certain
            .iter()
            .filter_map(|pair| Some((pair, pair.lift?)))
            .filter(|(_, lift)| (*lift > 1.0) == attracted)
            .map(|(pair, lift)| format!("{} and {} ({lift:.1} times)", pair.first, pair.second))
            .collect()
    };
    let mut sentences = Vec::new();
    for (attracted, words) in [(true, "more often"), (false, "less often")] {
        let pairs = named(attracted);
        if !pairs.is_empty() {
            sentences.push(format!("Together {words} than by chance: {}.", first_of(pairs)));
        }
    }
    if sentences.is_empty() {
        sentences.push(
            "No two trends occur together significantly more or less often than expected.".into(),
        );
    }
    sentences
}

fn unfit(landscape: &Landscape) -> Vec<String> {
    let unfit = &landscape.unfit;
    if unfit.found == 0 {
        return vec!["Every case fits a trend.".into()];
    }
    let share = unfit.found as f64 / landscape.cases.max(1) as f64;
    let verb = if unfit.found == 1 { "fits" } else { "fit" };
    let mut sentences = vec![format!(
        "{} ({}) {verb} no trend well.",
        counted(unfit.found, "case"),
        percent(share)
    )];
    let groups = unfit.groups.iter().take(3).map(|group| {
        let terms: Vec<&str> = group.terms.iter().take(3).map(|term| term.term.as_str()).collect();
        let about = if terms.is_empty() { "no common terms".to_owned() } else { listed(&terms) };
        format!("{} with {about}", counted(group.ids.len(), "case"))
    });
    let groups: Vec<String> = groups.collect();
    if !groups.is_empty() {
        sentences.push(format!("The largest groups of similar cases: {}.", groups.join("; ")));
    }
    sentences
}

fn caution(landscape: &Landscape) -> Vec<String> {
    let mut sentences = Vec::new();
    let corrected_by = |way| landscape.trends.iter().any(|trend| trend.correction == Some(way));
    if corrected_by(Correction::AdjustedCount) {
        sentences.push(
            "The correction holds if the tagger errs on these cases as it did on those it was \
             measured on."
                .to_owned(),
        );
    }
    if corrected_by(Correction::MeanProbability) {
        sentences.push(
            "The means hold if the probabilities are as right for these cases as for those that \
             they were calibrated on."
                .to_owned(),
        );
    }
    for name in &landscape.absent {
        sentences.push(format!("There is no {name} column, so nothing is reported by {name}."));
    }
    sentences.extend(landscape.breakdowns.iter().flat_map(|b| missing(landscape, b)));
    if sentences.is_empty() {
        sentences.push("Nothing stands out.".into());
    }
    sentences
}

/// Describes the cases that a breakdown leaves out.
pub(super) fn missing(landscape: &Landscape, breakdown: &Breakdown) -> Vec<String> {
    let name = &breakdown.name;
    let mut sentences = Vec::new();
    if breakdown.missing > 0 {
        let share = breakdown.missing as f64 / landscape.cases.max(1) as f64;
        let (cases, column) = (counted(breakdown.missing, "case"), &breakdown.column);
        sentences.push(format!(
            "By {name}: {cases} ({}) without a value in \"{column}\" left out.",
            percent(share)
        ));
    }
    // The breakdown by country lists unknown countries; regions need not repeat them.
    let listed = matches!(breakdown.kind, Kind::Region | Kind::Subregion)
        && landscape.breakdowns.iter().any(|other| other.kind == Kind::Country);
    if !breakdown.unknown.is_empty() && !listed {
        let named = breakdown.unknown.iter();
        let values = named.map(|(value, cases)| format!("{value} ({cases})")).collect();
        let what = if breakdown.kind == Kind::Year { "no year" } else { "no country of ISO 3166" };
        sentences.push(format!("By {name}: {what}, and so left out: {}.", first_of(values)));
    }
    if breakdown.in_several > 0 {
        let cases = counted(breakdown.in_several, "case");
        sentences.push(format!("By {name}: {cases} counted in more than one group."));
    }
    sentences
}

/// Returns the first items in a sentence, and how many more there are.
fn first_of(mut items: Vec<String>) -> String {
    let more = items.len().saturating_sub(NAMED);
    items.truncate(NAMED);
    items.extend((more > 0).then(|| format!("{more} more")));
    listed(&items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_stops_says_how_many_more_there_are() {
        let items = |n: usize| (1..=n).map(|item| item.to_string()).collect();
        assert_eq!(first_of(items(8)), "1, 2, 3, 4, 5, 6, 7 and 8");
        assert_eq!(first_of(items(10)), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
        assert_eq!(first_of(items(1)), "1");
    }
}
