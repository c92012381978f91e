//! The summary in plain sentences, each computed from the data.

use super::{Report, tables};
use crate::evaluate::protocol::{ByLimit, TriageFindings};
use crate::evaluate::reading_plan::PlanTarget;
use crate::evaluate::table::sentence;
use crate::metrics::{Figure, TrendMetrics};
use crate::pages::kit::findings::Finding;
use crate::pages::kit::format::{counted, listed, percent, percent_or_dash, short};
use crate::taxonomy::TrendId;

/// An F1 below this is pointed out as weak.
const WEAK_F1: f64 = 0.6;

/// A change of macro F1 below this counts as none.
const NO_CHANGE: f64 = 0.005;

/// Returns the findings under their headings.
pub(super) fn summary(report: &Report) -> Vec<Finding> {
    let finding = |heading, sentences| Finding { heading, sentences };
    vec![
        finding("Quality", quality(report)),
        finding("Comparison", comparison(report)),
        finding("Certainty", certainty(report)),
        finding("Reading", reading(report)),
        finding("Decisions without a reviewer", triage(report)),
        finding("Watch out for", watch(report)),
    ]
}

fn quality(report: &Report) -> Vec<String> {
    let metrics = &report.metrics;
    let overall = &metrics.overall;
    let Some(macro_f1) = overall.macro_average.f1 else {
        return vec![
            "There is nothing to measure: no case has a reference label or a suggestion.".into(),
        ];
    };
    let mut sentences = vec![format!(
        "Macro F1 is {} over {} and {}.",
        short(Some(macro_f1)),
        counted(report.taxonomy.len(), "trend"),
        counted(metrics.cases, "case"),
    )];
    if let (Some(precision), Some(recall)) = (overall.micro.precision, overall.micro.recall) {
        sentences.push(format!(
            "{} of the suggestions are right; {} of the true trends are found.",
            percent(precision),
            percent(recall)
        ));
    }
    if let Some(exact) = overall.subset_accuracy {
        sentences.push(format!("In {} of the cases every trend is right.", percent(exact)));
    }
    let mut rising = with_f1(report);
    rising.sort_by(|a, b| a.1.total_cmp(&b.1));
    if let [worst, .., best] = rising.as_slice() {
        sentences.push(format!(
            "The best trend is “{}” (F1 {}), the weakest “{}” ({}).",
            report.name(&best.0.key),
            short(Some(best.1)),
            report.name(&worst.0.key),
            short(Some(worst.1)),
        ));
    }
    sentences
}

fn with_f1(report: &Report) -> Vec<(&TrendMetrics, f64)> {
    report.metrics.per_trend.iter().filter_map(|trend| Some((trend, trend.f1?))).collect()
}

/// Returns the baseline with the highest macro F1.
fn best_baseline(report: &Report) -> Option<(&str, f64)> {
    let figures = report
        .baselines
        .iter()
        .filter_map(|baseline| Some((baseline.name, baseline.metrics.overall.macro_average.f1?)));
    figures.max_by(|a, b| a.1.total_cmp(&b.1))
}

fn comparison(report: &Report) -> Vec<String> {
    let model = report.metrics.overall.macro_average.f1;
    let baseline = match (best_baseline(report), model) {
        (None, _) => "No baseline was measured.".into(),
        (Some((name, theirs)), Some(ours)) if ours > theirs => format!(
            "The best baseline, {name}, reaches a macro F1 of {}: {} less.",
            short(Some(theirs)),
            short(Some(ours - theirs)),
        ),
        (Some((name, theirs)), _) => format!(
            "The best baseline, {name}, reaches a macro F1 of {}: this model is no better.",
            short(Some(theirs))
        ),
    };
    let human = match report.human_line.as_ref().map(|h| (h.cases, h.macro_average.f1)) {
        None | Some((_, None)) => "How far annotators agree was not measured.".into(),
        Some((cases, Some(theirs))) => format!(
            "Two annotators agree with a macro F1 of {} on {}: {}.",
            short(Some(theirs)),
            counted(cases, "case"),
            match model {
                Some(ours) if ours < theirs =>
                    format!("the model stays {} below", short(Some(theirs - ours))),
                Some(_) => "the model does not stay below".into(),
                None => "the model has no such figure".into(),
            }
        ),
    };
    vec![baseline, human]
}

fn certainty(report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    let interval = tables::interval(report, Figure::MacroF1);
    match interval.and_then(|i| Some((i.level, i.lower?, i.upper?))) {
        None => sentences.push("Intervals were not measured.".into()),
        Some((level, lower, upper)) => {
            sentences.push(format!(
                "With other cases of the same kind macro F1 would likely lie between {} and {} \
                 ({} bootstrap interval).",
                short(Some(lower)),
                short(Some(upper)),
                percent(level),
            ));
            if let Some((name, theirs)) = best_baseline(report) {
                let lead = if lower > theirs {
                    format!("Even the lower end is above the best baseline, {name}.")
                } else {
                    format!("The interval reaches down to the best baseline, {name}.")
                };
                sentences.push(lead);
            }
        }
    }
    sentences.push(calibration(report));
    sentences
}

fn calibration(report: &Report) -> String {
    let tests: Vec<(&str, bool)> = report
        .metrics
        .per_trend
        .iter()
        .zip(&report.per_trend)
        .filter_map(|(trend, detail)| {
            let test = detail.calibration?;
            Some((report.name(&trend.key), test.error > test.p99_if_calibrated))
        })
        .collect();
    let off: Vec<&str> = tests.iter().filter(|(_, off)| *off).map(|(key, _)| *key).collect();
    if tests.is_empty() {
        "Whether the probabilities are well calibrated was not measured.".into()
    } else if off.is_empty() {
        "The probabilities are well calibrated (deviations within chance).".into()
    } else {
        format!(
            "The probabilities are not well calibrated for {} (off by more than well-calibrated ones are in 99 of 100 draws).",
            listed(&off)
        )
    }
}

/// Describes the reading plan, and the reliability of expected errors.
fn reading(report: &Report) -> Vec<String> {
    let Some(plan) = &report.reading_plan else {
        return vec!["This was not measured.".into()];
    };
    let mut sentences = Vec::new();
    for PlanTarget { macro_f1, share, random_share } in &plan.targets {
        let target = short(Some(*macro_f1));
        match (share, random_share) {
            (Some(share), _) if share.value == 0.0 => {
                sentences.push(format!("A macro F1 of {target} is reached without reading."));
            }
            (Some(share), random) => sentences.push(format!(
                "A batch reaches a macro F1 of {target} once {} of its cases are read (95 % interval {} \
                 to {}), those with the most expected errors first; in random order it takes {}.",
                percent(share.value),
                percent(share.lower),
                percent(share.upper),
                percent_or_dash(*random),
            )),
            (None, _) => sentences.push(format!("A macro F1 of {target} is not reached.")),
        }
    }
    let calibration = &plan.calibration;
    if let Some(found) = calibration.found {
        let fits = (found.lower..=found.upper).contains(&calibration.expected);
        sentences.push(format!(
            "Unread, {} wrong tags per case were expected and {} found: {}.",
            short(Some(calibration.expected)),
            short(Some(found.value)),
            if fits {
                "the difference is within chance"
            } else {
                "the difference is statistically significant"
            },
        ));
    }
    sentences.extend(report.by_limit.as_ref().and_then(by_limit));
    sentences
}

fn by_limit(found: &ByLimit) -> Option<String> {
    let seen = &found.observed;
    let Some(target) = found.target_f1 else {
        return Some("The model has no reading limit: it marks every case.".into());
    };
    Some(format!(
        "The models themselves, which aim at {}, marked {} of the cases; with them read, macro F1 rises \
         from {} to {}.",
        short(Some(target)),
        percent(seen.read as f64 / seen.cases.max(1) as f64),
        short(seen.f1_unread),
        short(seen.f1_finished),
    ))
}

fn triage(report: &Report) -> Vec<String> {
    let Some(findings) = &report.triage else {
        return vec!["This was not measured.".into()];
    };
    let mut sentences = if findings.decides() {
        triage_in_use(findings, report.repeats)
    } else {
        vec!["Nothing: no limits keep to the errors allowed.".into()]
    };
    if !findings.pays {
        let needed = match findings.cases_needed {
            Some(cases) => format!("about {cases} labelled cases would be needed"),
            None => "even a hundred times as many labelled cases would not be enough".into(),
        };
        sentences.push(format!(
            "To decide half of the pairs and accept three tenths of the true trends, {needed}."
        ));
    }
    sentences
}

fn triage_in_use(findings: &TriageFindings, repeats: usize) -> Vec<String> {
    let TriageFindings { params, observed, .. } = findings;
    let accepts = match findings.accept_limits {
        None => "No trend is accepted".to_owned(),
        Some(limits) => format!("Trends of probability {} or more are accepted", range(limits)),
    };
    let rejects = match findings.reject_limits {
        None => "none is rejected".to_owned(),
        Some(limits) => format!("those up to {} are rejected", range(limits)),
    };
    vec![
        format!(
            "{} of the decisions, each about one trend of one case, need no reviewer: {} are \
             accepted, {} rejected, {} asked about.",
            percent_or_dash(observed.decided_share()),
            observed.accepted,
            observed.rejected,
            observed.asked,
        ),
        format!(
            "All trends are decided for {} of the cases; entirely right of these: {}. Automatic \
             acceptance finds {} of the true trends.",
            percent_or_dash(observed.decided_cases_share()),
            observed.right_in_words(repeats),
            percent_or_dash(observed.accept_coverage())
        ),
        format!("{accepts}; {rejects}; the rest is left to a reviewer."),
        format!(
            "{} of the accepted are right (asked for: at least {}); {} of the true trends are wrongly \
             rejected (allowed: at most {}).",
            percent_or_dash(observed.accept_precision()),
            percent(params.accept_precision),
            percent_or_dash(observed.miss_rate()),
            percent(params.miss_rate),
        ),
        format!(
            "The limits promise both with approximately {} confidence, for cases like those that they \
             were chosen on.",
            percent(params.confidence)
        ),
    ]
}

/// Limits of several models.
fn range((low, high): (f64, f64)) -> String {
    let [low, high] = [low, high].map(|limit| short(Some(limit)));
    if low == high { low } else { format!("{low} to {high}") }
}

fn watch(report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    let weak: Vec<&str> = with_f1(report)
        .into_iter()
        .filter(|(_, f1)| *f1 < WEAK_F1)
        .map(|(trend, _)| report.name(&trend.key))
        .collect();
    if !weak.is_empty() {
        let limit = short(Some(WEAK_F1));
        sentences.push(format!("F1 is below {limit} for {}.", listed(&weak)));
    }
    sentences.extend(most_confused(report));
    sentences.extend(learning(report));
    let metrics = &report.metrics;
    sentences.extend(metrics.warnings.iter().map(|warning| {
        let name = |key: &str| report.name(key).to_owned();
        let text = sentence(warning, metrics.params.least_support, &name);
        let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        format!("{}{rest}.", first.to_uppercase())
    }));
    sentences.extend(report.warnings.iter().cloned());
    if sentences.is_empty() {
        sentences.push("Nothing stands out.".into());
    }
    sentences
}

/// Returns the pair of trends that is most often confused; the first one on a tie.
fn most_confused(report: &Report) -> Option<String> {
    let cells = report.confusion.iter().enumerate().flat_map(|(row, counts)| {
        counts.iter().enumerate().map(move |(column, &count)| (count, row, column))
    });
    let (count, missed, wrong) =
        cells.reduce(|best, cell| if cell.0 > best.0 { cell } else { best })?;
    let name = |trend: usize| report.taxonomy.label(TrendId(trend as u16));
    (count > 0).then(|| {
        format!(
            "The most frequent confusion: “{}” is missed where “{}” is suggested wrongly ({}).",
            name(missed),
            name(wrong),
            counted(count, "case")
        )
    })
}

/// Describes the effect of more labelled cases, from the last step of the curve; `None` if the
/// step is within the intervals of its ends.
fn learning(report: &Report) -> Option<String> {
    let [.., before, last] = report.learning_curve.as_slice() else { return None };
    let [from, to] = [before.macro_f1?, last.macro_f1?];
    let change = if to - from > NO_CHANGE {
        format!("rose by {}", short(Some(to - from)))
    } else if to - from < -NO_CHANGE {
        format!("fell by {}", short(Some(from - to)))
    } else {
        "stayed the same".into()
    };
    let is_clear = last.lower.zip(before.upper).is_some_and(|(lower, upper)| lower > upper);
    let outlook = match (is_clear, last.lower.zip(last.upper)) {
        (true, _) => "more labelled cases will probably help".to_owned(),
        (false, Some((lower, upper))) => format!(
            "this step is within its uncertainty (95 % interval of the last figure {} to {}), so it \
             does not show whether more cases would help",
            short(Some(lower)),
            short(Some(upper))
        ),
        (false, None) => "how sure this step is was not measured".to_owned(),
    };
    Some(format!(
        "From {} to {} training cases macro F1 {change}: {outlook}.",
        before.cases, last.cases
    ))
}
