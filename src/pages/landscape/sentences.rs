//! Sentences about a landscape, each computed from the figures.

use super::changes::change;
use super::cover::warnings;
use super::groups::{differences, missing, places};
use super::words::{NAMED, adjusted_p, falling, first_of};
use crate::evaluate::landscape::quantify::Correction;
use crate::evaluate::landscape::{Labels, Landscape, Pair, UnfitRule};
use crate::pages::kit::findings::Finding;
use crate::pages::kit::format::{counted, listed, percent, share_with_limits};
use crate::stats::{Estimate, is_beyond_chance};

/// Items named in the paragraph, at most.
const IN_PARAGRAPH: usize = 3;

/// Returns the summary as one paragraph.
pub(super) fn paragraph(landscape: &Landscape) -> String {
    if landscape.cases == 0 && landscape.unlabelled > 0 {
        let rows = counted(landscape.unlabelled, "row");
        let why = unfinished(landscape).map_or(String::new(), |why| format!(" {why}"));
        return format!(
            "No case of the batch has trends, so there is nothing to report ({rows} read).{why}"
        );
    }
    if landscape.cases == 0 {
        return "The batch is empty, so there is nothing to report.".to_owned();
    }
    let mut sentences = vec![contents(landscape)];
    sentences.extend(frequency(landscape));
    if landscape.change.is_some() {
        sentences.extend(change(landscape));
    }
    sentences.extend(differences(landscape, IN_PARAGRAPH));
    sentences.join(" ")
}

/// Returns the findings under short headings.
pub(super) fn findings(landscape: &Landscape) -> Vec<Finding> {
    let finding = |heading, sentences| Finding { heading, sentences };
    if landscape.cases == 0 {
        return Vec::new();
    }
    let details = details(landscape);
    let mut all = Vec::new();
    if !details.is_empty() {
        all.push(finding("Contents", details));
    }
    all.push(finding("Shares", vec![correction(landscape)]));
    all.push(finding("Change", change(landscape)));
    all.push(finding("Differences between groups", places(landscape)));
    all.push(finding("Trends together", together(landscape)));
    let unclear = unfit(landscape);
    if !unclear.is_empty() {
        all.push(finding("Cases without a clear trend", unclear));
    }
    let caveats = caveats(landscape);
    if !caveats.is_empty() {
        all.push(finding("Caveats", caveats));
    }
    all
}

/// Returns the summary as plain text.
pub fn summary(landscape: &Landscape) -> String {
    let finding = |finding: Finding| {
        let sentences: Vec<String> =
            finding.sentences.iter().map(|sentence| format!("  {sentence}\n")).collect();
        format!("\n{}\n{}", finding.heading, sentences.concat())
    };
    let warnings = warnings(landscape).into_iter().map(|warning| format!("{warning}\n\n"));
    let findings: String = findings(landscape).into_iter().map(finding).collect();
    format!("{}{}\n{findings}", warnings.collect::<String>(), paragraph(landscape))
}

fn contents(landscape: &Landscape) -> String {
    let trends: usize = landscape.trends.iter().map(|trend| trend.frequency.count).sum();
    let (average, on_average) = match landscape.cases {
        1 => (counted(trends, "trend"), ""),
        cases => (format!("{:.1} trends", trends as f64 / cases as f64), " per case on average"),
    };
    let cases = counted(landscape.cases, "case");
    let models = match landscape.models.as_slice() {
        [] => "a model that is not named".to_owned(),
        [model] => format!("the model {model}"),
        models => format!("the models {}", listed(models)),
    };
    match landscape.labels {
        Labels::Gold => {
            let average = average.replace(" trend", " labelled trend");
            format!("The batch has {cases} with {average}{on_average}.")
        }
        Labels::Suggested => {
            format!("The batch has {cases}; {models} suggested {average}{on_average}.")
        }
        Labels::Finished => {
            let read = landscape.read.unwrap_or(0);
            let unfinished: usize = landscape.unfinished.values().sum();
            let share = percent(read as f64 / landscape.cases as f64);
            let others = match landscape.cases - read {
                0 if landscape.cases == 1 => "which people have read".to_owned(),
                0 => "all of which people have read".to_owned(),
                _ => format!(
                    "of which people have read {read} ({share}); {models} decided the others"
                ),
            };
            let has = if landscape.cases == 1 { "It has" } else { "A case has" };
            let on_average = if landscape.cases == 1 { "" } else { " on average" };
            let whole = if unfinished == 0 {
                format!("The batch has {cases}, {others}")
            } else {
                let all = counted(landscape.cases + unfinished, "case");
                let read = match landscape.cases - read {
                    0 => "all of these".to_owned(),
                    _ => format!("{read} of these ({share}), and {models} decided the others"),
                };
                let with = landscape.cases;
                let have = if with == 1 { "has" } else { "have" };
                format!(
                    "Of the {all} of the batch, {with} {have} final trends; people have read {read}"
                )
            };
            format!("{whole}. {has} {average}{on_average}.")
        }
    }
}

fn details(landscape: &Landscape) -> Vec<String> {
    let mut sentences = Vec::new();
    if landscape.files.len() > 1 {
        sentences.push(format!("The cases come from {} files.", landscape.files.len()));
    }
    for (by, cases) in &landscape.decided_by {
        let (verb, cases) = (if *cases == 1 { "was" } else { "were" }, counted(*cases, "case"));
        let how = match by.as_str() {
            "reviewer" => "decided by one reviewer",
            "two reviewers" => "decided by two reviewers",
            "model, promised" => "decided by the model alone at its promised error, and not read",
            "model, unread" => "left to the model and not read",
            "bulk" => "accepted in bulk and not read",
            "" => {
                let counts = if cases.starts_with("1 ") { "counts" } else { "count" };
                sentences.push(format!(
                    "{cases} without an entry that says who decided {counts} as not read."
                ));
                continue;
            }
            other => {
                sentences.push(format!(
                    "{cases} {verb} decided by “{other}”, which counts as not read."
                ));
                continue;
            }
        };
        sentences.push(format!("{cases} {verb} {how}."));
    }
    sentences.extend(unfinished(landscape));
    let mut count = |count: usize, word: &str, rest: &str| {
        if count > 0 {
            sentences.push(format!("{} {rest}.", counted(count, word)));
        }
    };
    let has = if landscape.without_trend == 1 { "has no trend" } else { "have no trend" };
    count(landscape.without_trend, "case", has);
    let unfinished: usize = landscape.unfinished.values().sum();
    count(landscape.unlabelled - unfinished, "row", "without labels left out");
    let were = if landscape.unread_labels == 1 { "was" } else { "were" };
    let rest = format!("{were} read by nobody (column “review_bulk”) and counted as labelled");
    count(landscape.unread_labels, "case", &rest);
    count(landscape.repeated_ids, "case", "with the id of an earlier one; all are counted");
    sentences
}

/// Returns how many cases of a finished batch have no final trends, and why.
fn unfinished(landscape: &Landscape) -> Option<String> {
    let why = |(by, &cases): (&String, &usize)| {
        let (is, has, waits) = match cases {
            1 => ("is", "has", "waits"),
            _ => ("are", "have", "wait"),
        };
        match by.as_str() {
            "open" => format!("{cases} {waits} for a blind answer"),
            "waits for a second answer" => format!("{cases} {waits} for a second answer"),
            "conflict" => format!("reviewers disagree about {cases}"),
            "unusable" => format!("{cases} {is} unusable"),
            other => format!("{cases} {has} “{other}” as the decision"),
        }
    };
    let all: usize = landscape.unfinished.values().sum();
    let (has, is) = if all == 1 { ("has", "is") } else { ("have", "are") };
    let why: Vec<String> = landscape.unfinished.iter().map(why).collect();
    (all > 0).then(|| {
        let cases = counted(all, "case");
        format!("{cases} {has} no final trends and {is} left out: {}.", listed(&why))
    })
}

/// Returns the most frequent trends, as far as their intervals tell them apart, and the others.
fn frequency(landscape: &Landscape) -> Vec<String> {
    let best = |trend: usize| landscape.trends[trend].frequency.best();
    let order: Vec<(usize, Estimate)> =
        falling(landscape).into_iter().filter_map(|trend| Some((trend, best(trend)?))).collect();
    let Some((first, top)) = order.first().copied() else { return Vec::new() };
    let level = order.iter().take_while(|(_, share)| share.upper >= top.lower).count();
    let name = |trend: usize| &landscape.trends[trend].name;
    let told = |of: &[(usize, Estimate)]| {
        let all = of
            .iter()
            .map(|(trend, share)| format!("“{}” with {}", name(*trend), share_with_limits(*share)));
        first_of(all.collect(), NAMED)
    };
    let estimated = if landscape.is_corrected() { "estimated " } else { "" };
    let of_cases = match landscape.labels {
        Labels::Suggested if !landscape.is_corrected() => "of the cases by suggestion",
        _ => "of the cases",
    };
    let in_share = |share: Estimate| {
        let [value, lower, upper] = [share.value, share.lower, share.upper].map(percent);
        let an_estimated = if estimated.is_empty() { "" } else { "an estimated " };
        format!("{an_estimated}{value} {of_cases} (95\u{a0}% interval {lower} to {upper})")
    };
    let mut sentences = Vec::new();
    if order.len() == 1 {
        sentences.push(format!("“{}” is given to {}.", name(first), in_share(top)));
    } else if level == 1 {
        sentences.push(format!(
            "The most frequent trend is “{}”, in {}.",
            name(first),
            in_share(top)
        ));
    } else {
        sentences.push(format!(
            "The {estimated}shares {of_cases} (with 95\u{a0}% intervals) are largest for {}; since \
             intervals overlap, any of these may be the most frequent.",
            told(&order[..level])
        ));
    }
    if level < order.len() {
        sentences.push(format!("Less frequent: {}.", told(&order[level..])));
    }
    sentences
}

/// How the shares are corrected, in words.
pub(super) fn correction(landscape: &Landscape) -> String {
    let by =
        |correction| landscape.trends.iter().filter(|t| t.correction == Some(correction)).count();
    let (adjusted, mean) = (by(Correction::AdjustedCount), by(Correction::MeanProbability));
    match (landscape.labels, adjusted, mean) {
        (Labels::Gold, ..) => {
            "The labels are taken as true, so the shares need no correction.".into()
        }
        (Labels::Finished, ..) if by(Correction::PartlyRead) > 0 => {
            "The shares are estimated from both parts: cases that people have read are counted, \
             and each other case counts with its probability of the trend. The intervals include \
             the doubt about the unread cases."
                .into()
        }
        (Labels::Finished, ..) if landscape.read == Some(landscape.cases) => {
            "People have read all cases, so the shares need no correction.".into()
        }
        (Labels::Finished, ..) => {
            "The file has no probabilities of the unread cases, so the shares count what the model \
             decided and are not corrected for its errors."
                .into()
        }
        (_, 0, 0) => {
            "The shares are those of the suggestions. They are not corrected for errors of \
                      the model: its errors are not known and the file has no probabilities."
                .into()
        }
        (_, _, 0) => {
            "The estimated shares are corrected for the errors that the model made on cases it had \
             not seen."
                .into()
        }
        (_, 0, _) => "The estimated shares are means of the probabilities: how often this model \
                      errs is not known here."
            .into(),
        _ => "Some shares are corrected for the errors that the model made on cases it had not \
              seen, others are means of the probabilities."
            .into(),
    }
}

fn together(landscape: &Landscape) -> Vec<String> {
    let tested: Vec<&Pair> =
        landscape.together.pairs.iter().filter(|pair| pair.p_corrected.is_some()).collect();
    let named = |is_more: bool| -> Vec<String> {
        let certain = tested.iter().filter(|pair| is_beyond_chance(pair.p_corrected));
        let on_side = certain.filter(|pair| (pair.both as f64 > pair.expected) == is_more);
        let told = on_side.map(|pair| {
            format!(
                "“{}” and “{}” ({}, {} expected, {})",
                landscape.name(&pair.first),
                landscape.name(&pair.second),
                counted(pair.both, "case"),
                format_args!("{:.1}", pair.expected),
                adjusted_p(pair.p_corrected)
            )
        });
        told.collect()
    };
    let mut sentences = Vec::new();
    for (is_more, words) in [(true, "more often"), (false, "less often")] {
        let pairs = named(is_more);
        if !pairs.is_empty() {
            sentences.push(format!(
                "These occur together significantly {words} than expected, given how many trends \
                 each case has: {}.",
                first_of(pairs, NAMED)
            ));
        }
    }
    if sentences.is_empty() {
        sentences.push(match tested.len() {
            _ if landscape.trends.len() < 2 => "There is only one trend.".to_owned(),
            0 => "Which trends go together cannot be tested: hardly any case has two.".to_owned(),
            _ => "No two trends occur together significantly more or less often than expected, given \
                  how many trends each case has."
                .to_owned(),
        });
    }
    sentences
}

/// Wordings of the part about cases without a clear trend.
pub(super) struct UnfitWords {
    pub(super) heading: &'static str,
    pub(super) caption: &'static str,
    /// How the cases are found.
    pub(super) rule: &'static str,
}

impl UnfitWords {
    pub(super) fn of(rule: UnfitRule) -> Self {
        match rule {
            UnfitRule::Probability => Self {
                heading: "Cases without a clear trend",
                caption: "Cases without a clear trend, the least clear first",
                rule: "Cases without a trend, cases for which no trend passed its threshold, and \
                       unread cases whose most likely trend has a probability below 50\u{a0}%.",
            },
            UnfitRule::Likeness => Self {
                heading: "Least similar cases",
                caption: "Cases without a trend, then the cases least similar to the others of \
                          their trends",
                rule: "Labels have no probabilities. Listed are the cases without a trend and, by \
                       definition, the 5\u{a0}% of all cases whose words are least similar to those \
                       of the other cases of their trends. Every labelled batch has such cases.",
            },
            UnfitRule::NoTrend => Self {
                heading: "Cases without a trend",
                caption: "Cases without a trend",
                rule: "The file has no probabilities that would say more.",
            },
        }
    }
}

fn unfit(landscape: &Landscape) -> Vec<String> {
    let unfit = &landscape.unfit;
    let mut sentences = Vec::new();
    if unfit.rule == UnfitRule::Probability {
        let share = percent(unfit.found as f64 / landscape.cases.max(1) as f64);
        let each = if landscape.read.is_some() { "Each unread case" } else { "Every case" };
        match unfit.found {
            // People have decided all of them.
            0 if landscape.read == Some(landscape.cases) => {}
            0 => sentences.push(format!(
                "{each} has a trend that passed its threshold and is more likely than not."
            )),
            found => sentences.push(format!(
                "In {} ({share}), no trend passed its threshold or the most likely one has a \
                 probability below 50\u{a0}%.",
                counted(found, "case")
            )),
        }
    }
    let groups = unfit.groups.iter().take(IN_PARAGRAPH).map(|group| {
        let terms: Vec<&str> = group.terms.iter().take(3).map(|term| term.term.as_str()).collect();
        let about = if terms.is_empty() { String::new() } else { format!(" ({})", listed(&terms)) };
        format!("{}{about}", counted(group.ids.len(), "case"))
    });
    let groups: Vec<String> = groups.collect();
    if !groups.is_empty() {
        sentences.push(format!(
            "Some of them are clearly more similar to each other than groups of other cases are, \
             and may be a trend of their own: {}.",
            groups.join("; ")
        ));
    }
    sentences
}

fn caveats(landscape: &Landscape) -> Vec<String> {
    let mut sentences = Vec::new();
    let corrected_by = |way| landscape.trends.iter().any(|trend| trend.correction == Some(way));
    if corrected_by(Correction::AdjustedCount) {
        sentences.push(
            "The correction holds if the model errs on these cases as it did on those it was \
             measured on."
                .to_owned(),
        );
    }
    if corrected_by(Correction::MeanProbability) || corrected_by(Correction::PartlyRead) {
        sentences.push(
            "Means of probabilities hold if the probabilities are as right for these cases as for \
             those that they were calibrated on."
                .to_owned(),
        );
    }
    if landscape.read.is_some_and(|read| read > 0 && read < landscape.cases) {
        sentences.push(
            "Changes, groups and pairs are compared by the decided trends of read and unread cases \
             alike. If more of one group was read than of another, that alone can make a difference."
                .to_owned(),
        );
    }
    // Regions are made from countries.
    let is_made = |name: &&String| {
        *name == "region" && landscape.absent.iter().any(|absent| absent == "country")
    };
    for name in landscape.absent.iter().filter(|name| !is_made(name)) {
        sentences.push(format!("There is no {name} column, so nothing is reported by {name}."));
    }
    sentences.extend(landscape.breakdowns.iter().flat_map(|b| missing(landscape, b)));
    sentences
}
