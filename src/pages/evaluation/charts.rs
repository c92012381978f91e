//! The charts of the page: precision-recall, reliability, triage, learning.

use super::TrendDetail;
use crate::decision::{Triage, TriageSummary};
use crate::evaluate::protocol::{LearningPoint, TriageFindings};
use crate::evaluate::reading_plan::{PlanPoint, ReadingPlan};
use crate::metrics::TrendMetrics;
use crate::metrics::calibration::{Bin, CalibrationTest};
use crate::metrics::curve::CurvePoint;
use crate::pages::kit::chart::{Axis, Chart};
use crate::pages::kit::figure::{Figure, Look};
use crate::pages::kit::format::{DASH, number, percent, percent_or_dash, short};
use crate::pages::kit::table::Table;

/// Approximate maximum number of rows in the data table of a curve.
const ROWS: usize = 20;

/// Precision against recall of one trend with its threshold; `None` without gold.
pub(super) fn precision_recall(
    number_of_trend: usize,
    name: &str,
    metrics: &TrendMetrics,
    detail: &TrendDetail,
    cases: usize,
) -> Option<Figure> {
    let curve = &detail.curve;
    if curve.is_empty() {
        return None;
    }
    let chosen = detail.threshold.and_then(|threshold| at_threshold(curve, threshold));
    let prevalence = metrics.support as f64 / cases.max(1) as f64;
    let note = match (detail.threshold, chosen) {
        (Some(threshold), Some(point)) => format!(
            "Average precision {}. At the threshold {} precision is {} and recall {}.",
            short(metrics.average_precision),
            short(Some(threshold)),
            short(Some(point.precision)),
            short(Some(point.recall)),
        ),
        _ => format!(
            "Average precision {}. There is no single threshold.",
            short(metrics.average_precision)
        ),
    };
    let description = format!(
        "Recall from 0 to 1 across, precision from 0 to 1 upwards. Suggesting at random would \
         have a precision of {}. {note}",
        percent(prevalence),
    );
    let id = format!("pr-{number_of_trend}");
    let table = curve_table(&id, name, curve);
    let title = format!("Precision and recall: {name}");
    let axes = [Axis::share("recall"), Axis::share("precision")];
    let chart = Chart::new(&id, title, axes, table)
        .says(description, note)
        .line(Look::Guide, "at random", &[(0.0, prevalence), (1.0, prevalence)])
        .line(Look::Main, "all thresholds", &steps(curve))
        .chosen("threshold", chosen.map(|point| (point.recall, point.precision)));
    Some(chart.figure())
}

/// Returns the point that holds for a threshold: the first at or above it.
fn at_threshold(curve: &[CurvePoint], threshold: f64) -> Option<CurvePoint> {
    curve.iter().find(|point| point.threshold.is_none_or(|t| t >= threshold)).copied()
}

/// Returns the curve as average precision reads it: up to each recall, the precision of
/// the threshold that reaches it.
fn steps(curve: &[CurvePoint]) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(2 * curve.len());
    let mut recall = 0.0;
    for point in curve.iter().rev().filter(|point| point.threshold.is_some()) {
        points.push((recall, point.precision));
        points.push((point.recall, point.precision));
        recall = point.recall;
    }
    points
}

fn curve_table(id: &str, name: &str, curve: &[CurvePoint]) -> Table {
    let step = curve.len().div_ceil(ROWS).max(1);
    let which = if step > 1 { " (some of the points)" } else { "" };
    let caption = format!("Precision and recall by threshold{which}: {name}");
    let mut table = Table::new(format!("{id}-data"), caption, ["threshold", "precision", "recall"]);
    let last = curve.last().filter(|_| !(curve.len() - 1).is_multiple_of(step));
    for point in curve.iter().step_by(step).chain(last) {
        let threshold = point.threshold.map_or_else(|| "above all".to_owned(), |t| number(Some(t)));
        table.row(threshold, [point.precision, point.recall].map(|value| number(Some(value))));
    }
    table
}

/// Draws the calibration of one trend; `None` without bins.
pub(super) fn reliability(
    number_of_trend: usize,
    name: &str,
    detail: &TrendDetail,
) -> Option<Figure> {
    if detail.reliability.is_empty() {
        return None;
    }
    let id = format!("reliability-{number_of_trend}");
    let note = detail.calibration.as_ref().map_or_else(
        || "How large an error chance alone would make was not measured.".to_owned(),
        calibration_note,
    );
    let description = format!(
        "Mean probability of a bin across, share of true trends in the bin upwards, both from 0 to 1. \
         Perfect probabilities would lie on the diagonal. {note}"
    );
    let points = |bins: &[Bin]| -> Vec<(f64, f64)> {
        bins.iter().map(|bin| (bin.mean_probability, bin.share_positive)).collect()
    };
    let (after, before) = (points(&detail.reliability), points(&detail.reliability_before));
    let axes = [Axis::share("probability"), Axis::share("share of true trends")];
    let title = format!("Reliability: {name}");
    let chart = Chart::new(&id, title, axes, reliability_table(&id, name, detail))
        .says(description, note)
        .line(Look::Guide, "perfect", &[(0.0, 0.0), (1.0, 1.0)])
        .line(Look::Second, "before calibration", &before)
        .line(Look::Main, "as given", &after)
        .dots(Look::Main, &after);
    Some(chart.figure())
}

/// Describes the calibration error and the one expected from chance.
fn calibration_note(test: &CalibrationTest) -> String {
    let verdict = if test.error > test.p99_if_calibrated {
        "the deviation is statistically significant"
    } else {
        "the deviation is within chance"
    };
    format!(
        "Calibration error {}; perfect probabilities stay below {} in 99 of 100 draws: {verdict}.",
        number(Some(test.error)),
        number(Some(test.p99_if_calibrated)),
    )
}

fn reliability_table(id: &str, name: &str, detail: &TrendDetail) -> Table {
    let caption = format!("Reliability by bins of probability: {name}");
    let head = ["probabilities", "cases", "mean probability", "share of true trends"];
    let mut table = Table::new(format!("{id}-data"), caption, head);
    let rows = [("", &detail.reliability), ("before calibration: ", &detail.reliability_before)];
    for (prefix, bins) in rows {
        for bin in bins {
            let [lower, upper] = [bin.lower, bin.upper].map(|value| number(Some(value)));
            let [mean, share] =
                [bin.mean_probability, bin.share_positive].map(|value| number(Some(value)));
            table.row(format!("{prefix}{lower} to {upper}"), [bin.n.to_string(), mean, share]);
        }
    }
    table
}

/// Draws the errors of decisions without a reviewer, by their share; `None` without
/// points.
pub(super) fn triage(findings: &TriageFindings) -> Option<Figure> {
    let mut curve: Vec<(f64, &Triage)> =
        findings.curve.iter().map(|triage| (decided(triage), triage)).collect();
    if curve.is_empty() {
        return None;
    }
    curve.sort_by(|a, b| a.0.total_cmp(&b.0));
    let along = |figure: fn(&TriageSummary) -> Option<f64>| -> Vec<(f64, f64)> {
        let point = |(share, triage): &(f64, &Triage)| Some((*share, figure(&triage.expected)?));
        curve.iter().filter_map(point).collect()
    };
    let observed = &findings.observed;
    let share = observed.decided_share().filter(|_| findings.decides());
    let note = share.map_or_else(
        || "No limits keep to the errors allowed.".to_owned(),
        |share| {
            let share = percent(share);
            format!(
                "With the limits in use, {share} of the decisions need no reviewer. The curves show \
                 what the best limits would have given in hindsight."
            )
        },
    );
    let description = format!(
        "Share of the decisions made without a reviewer (horizontal); precision of what is accepted and \
         share of the true trends that are rejected upwards. {note}"
    );
    let axes = [Axis::percent("share decided without a reviewer"), Axis::share("share")];
    let errors = [observed.accept_precision(), observed.miss_rate()];
    let marks: Vec<(f64, f64)> =
        errors.into_iter().flatten().filter_map(|error| Some((share?, error))).collect();
    let title = "Decisions without a reviewer".to_owned();
    let chart = Chart::new("triage-chart", title, axes, triage_table(&curve))
        .says(description, note)
        .line(Look::Main, "precision of accepts", &along(TriageSummary::accept_precision))
        .line(Look::Second, "miss rate", &along(TriageSummary::miss_rate))
        .chosen("limits in use", marks.first().copied())
        .dots(Look::Chosen, marks.get(1..).unwrap_or_default());
    Some(chart.figure())
}

fn decided(triage: &Triage) -> f64 {
    triage.expected.decided_share().unwrap_or(0.0)
}

fn triage_table(curve: &[(f64, &Triage)]) -> Table {
    let head =
        ["share decided", "precision of accepts", "miss rate", "accepted from", "rejected up to"];
    let step = curve.len().div_ceil(ROWS).max(1);
    let which = if step > 1 { " (some of the points)" } else { "" };
    let caption = format!("Decisions without a reviewer, by limits{which}");
    let mut table = Table::new("triage-data", caption, head);
    for (share, triage) in curve.iter().step_by(step) {
        let expected = &triage.expected;
        let shares = [expected.accept_precision(), expected.miss_rate()].map(percent_or_dash);
        let limits = [triage.accept, triage.reject].map(number);
        table.row(percent(*share), shares.into_iter().chain(limits));
    }
    table
}

/// How macro F1 rises with the share of cases read.
pub(super) fn reading_plan(plan: &ReadingPlan) -> Figure {
    let along = |figure: fn(&PlanPoint) -> Option<f64>| -> Vec<(f64, f64)> {
        plan.points.iter().filter_map(|point| Some((point.share, figure(point)?))).collect()
    };
    let limits = |point: &PlanPoint| {
        let f1 = point.macro_f1?;
        Some((point.share, f1.lower, f1.upper))
    };
    let limits: Vec<(f64, f64, f64)> = plan.points.iter().filter_map(limits).collect();
    let ends = [0.0, 0.3].map(|share| plan.at(share).and_then(|p| Some(p.macro_f1?.value)));
    let note = format!(
        "Unread, macro F1 is {}; with three in ten cases read it is {}. The shaded band is its \
         95 % interval.",
        short(ends[0]),
        short(ends[1])
    );
    let description = format!(
        "Share of the cases read across, macro F1 and share of exact sets of the finished batch \
         upwards. {note}"
    );
    let head = [
        "share read",
        "macro F1",
        "from",
        "to",
        "exact sets",
        "wrong tags per case",
        "macro F1, random order",
    ];
    let mut table = Table::new("reading-data", "The finished batch by share read", head);
    for point in &plan.points {
        let f1 = point.macro_f1;
        let figures = [
            f1.map(|f1| f1.value),
            f1.map(|f1| f1.lower),
            f1.map(|f1| f1.upper),
            point.exact_sets.map(|exact| exact.value),
            point.wrong_tags.map(|wrong| wrong.value),
            point.random_macro_f1,
        ];
        table.row(percent(point.share), figures.map(number));
    }
    let axes = [Axis::percent("share of the cases read"), Axis::share("figure")];
    Chart::new("reading-chart", "Reading plan".to_owned(), axes, table)
        .says(description, note)
        .band(&limits)
        .line(Look::Guide, "macro F1 in random order", &along(|point| point.random_macro_f1))
        .line(Look::Second, "exact sets", &along(|point| Some(point.exact_sets?.value)))
        .line(Look::Main, "macro F1", &along(|point| Some(point.macro_f1?.value)))
        .figure()
}

/// Returns whether as many tags are wrong as expected.
pub(super) fn expected_errors(plan: &ReadingPlan) -> Figure {
    let groups = &plan.calibration.groups;
    let most =
        groups.iter().flat_map(|group| [group.expected, group.found.map_or(0.0, |f| f.upper)]);
    let most = most.fold(0.1, f64::max);
    let points: Vec<(f64, f64)> =
        groups.iter().filter_map(|group| Some((group.expected, group.found?.value))).collect();
    let limits: Vec<(f64, f64, f64)> = groups
        .iter()
        .filter_map(|group| Some((group.expected, group.found?.lower, group.found?.upper)))
        .collect();
    let note = format!(
        "Over all cases, {} wrong tags per case were expected and {} found. The shaded band is the \
         95 % interval of what was found.",
        short(Some(plan.calibration.expected)),
        short(plan.calibration.found.map(|found| found.value)),
    );
    let description = format!(
        "Expected wrong tags per case across, wrong tags found per case upwards, for ten groups of \
         cases. Expectations that are met lie on the diagonal. {note}"
    );
    let head = ["expected errors of a case", "cases", "expected", "found", "from", "to"];
    let mut table = Table::new("errors-data", "Expected errors and wrong tags found", head);
    for group in groups {
        let found = group.found;
        let figures = [
            Some(group.expected),
            found.map(|found| found.value),
            found.map(|found| found.lower),
            found.map(|found| found.upper),
        ];
        let range = format!("{} to {}", number(Some(group.lower)), number(Some(group.upper)));
        table.row(range, std::iter::once(group.cases.to_string()).chain(figures.map(number)));
    }
    let axes = ["expected wrong tags per case", "wrong tags found"].map(|l| Axis::amount(l, most));
    Chart::new("errors-chart", "Expected errors".to_owned(), axes, table)
        .says(description, note)
        .band(&limits)
        .line(Look::Guide, "as expected", &[(0.0, 0.0), (most, most)])
        .line(Look::Main, "found", &points)
        .dots(Look::Main, &points)
        .figure()
}

/// Quality by number of training cases; `None` without points.
pub(super) fn learning(curve: &[LearningPoint]) -> Option<Figure> {
    let most = curve.iter().map(|point| point.cases).max()?;
    let along = |figure: fn(&LearningPoint) -> Option<f64>| -> Vec<(f64, f64)> {
        curve.iter().filter_map(|point| Some((point.cases as f64, figure(point)?))).collect()
    };
    let limits: Vec<(f64, f64, f64)> = curve
        .iter()
        .filter_map(|point| Some((point.cases as f64, point.lower?, point.upper?)))
        .collect();
    let ends = [curve.first(), curve.last()].map(|point| point.and_then(|point| point.macro_f1));
    let note = format!(
        "Macro F1 is {} at the start and {} at the end. The shaded band is its 95 % interval.",
        short(ends[0]),
        short(ends[1])
    );
    let description = format!(
        "Number of training cases across, macro F1 and mean average precision upwards. {note}"
    );
    let head = ["training cases", "macro F1", "from", "to", "mean average precision"];
    let mut table = Table::new("learning-data", "Quality by number of training cases", head);
    for point in curve {
        let figures =
            [point.macro_f1, point.lower, point.upper, point.mean_average_precision].map(number);
        table.row(point.cases.to_string(), figures);
    }
    let axes = [Axis::count("training cases", most), Axis::share("share")];
    let macro_f1 = along(|point| point.macro_f1);
    let chart = Chart::new("learning-chart", "Learning curve".into(), axes, table)
        .says(description, note)
        .band(&limits)
        .line(Look::Second, "mean average precision", &along(|point| point.mean_average_precision))
        .line(Look::Main, "macro F1", &macro_f1)
        .dots(Look::Main, &macro_f1);
    Some(chart.figure())
}

/// Returns the threshold of a trend, for a table.
pub(super) fn threshold(detail: Option<&TrendDetail>) -> String {
    detail.and_then(|d| d.threshold).map_or_else(|| DASH.to_owned(), |t| number(Some(t)))
}
