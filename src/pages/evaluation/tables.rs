//! The tables of figures: per trend, overall, compared with baselines and annotators.

use super::{Report, charts};
use crate::evaluate::interval::Interval;
use crate::evaluate::table::slice_cells;
use crate::metrics::agreement::Agreement;
use crate::metrics::{Figure, Metrics, Shares};
use crate::pages::kit::format::{DASH, number, percent};
use crate::pages::kit::table::Table;
use crate::taxonomy::TrendId;

/// Figures of each trend, then averages.
pub(super) fn per_trend(report: &Report) -> Table {
    let head = [
        "trend",
        "support",
        "suggested",
        "threshold",
        "precision",
        "recall",
        "F1",
        "F1 interval",
        "average precision",
        "ROC-AUC",
    ];
    let mut table = Table::new("trends-table", "Figures of each trend", head);
    for (i, trend) in report.metrics.per_trend.iter().enumerate() {
        let cells = [
            trend.support.to_string(),
            trend.suggested.to_string(),
            charts::threshold(report.per_trend.get(i)),
            number(trend.precision),
            number(trend.recall),
            number(trend.f1),
            limits(report, Figure::TrendF1(TrendId(i as u16))),
            number(trend.average_precision),
            number(trend.roc_auc),
        ];
        table.row(report.name(&trend.key), cells);
    }
    let overall = &report.metrics.overall;
    let (support, suggested) = report
        .metrics
        .per_trend
        .iter()
        .fold((0, 0), |(support, suggested), t| (support + t.support, suggested + t.suggested));
    let mut average = |name: &str, shares: Shares, interval: String, ranking: [String; 2]| {
        let [ap, auc] = ranking;
        let counts = [support.to_string(), suggested.to_string(), DASH.to_owned()];
        let figures = [shares.precision, shares.recall, shares.f1].map(number);
        table.sum(name, counts.into_iter().chain(figures).chain([interval, ap, auc]));
    };
    let (ap, auc) = (overall.average_precision, overall.roc_auc);
    let dashes = || [DASH, DASH].map(str::to_owned);
    let macro_ranking = [ap.macro_average, auc.macro_average].map(number);
    let macro_limits = limits(report, Figure::MacroF1);
    average("macro average", overall.macro_average, macro_limits, macro_ranking);
    let micro_limits = limits(report, Figure::MicroF1);
    average("micro average", overall.micro, micro_limits, [ap.micro, auc.micro].map(number));
    average("weighted average", overall.weighted, DASH.to_owned(), dashes());
    average("average per case", overall.samples, limits(report, Figure::SamplesF1), dashes());
    table
}

/// Returns the figures over all trends that are not of that kind.
pub(super) fn overall(report: &Report) -> Table {
    let head = ["figure", "value", "interval", "better is"];
    let mut table = Table::new("overall-table", "Figures over all trends", head);
    let o = &report.metrics.overall;
    let rows = [
        (Figure::MacroAveragePrecision, o.average_precision.macro_average),
        (Figure::LabelRankingAveragePrecision, o.label_ranking_average_precision),
        (Figure::SubsetAccuracy, o.subset_accuracy),
        (Figure::SamplesJaccard, o.jaccard_samples),
        (Figure::HammingLoss, o.hamming_loss),
        (Figure::RankingLoss, o.ranking_loss),
        (Figure::LogLoss, o.log_loss),
        (Figure::Brier, o.brier),
    ];
    for (figure, value) in rows {
        let better = if figure.higher_is_better() { "higher" } else { "lower" };
        let name = figure.label(&report.taxonomy);
        table.row(name, [number(value), limits(report, figure), better.to_owned()]);
    }
    let lower = || [DASH.to_owned(), "lower".to_owned()];
    let bins = report.metrics.params.bins;
    let calibration = format!("calibration error, macro ({bins} bins)");
    let error = number(o.calibration_error.macro_average);
    table.row(calibration, std::iter::once(error).chain(lower()));
    table
}

/// Returns the figures by length of the texts and by agreement of the annotators; `None` without
/// any.
pub(super) fn slices(report: &Report) -> Option<Table> {
    if report.slices.is_empty() {
        return None;
    }
    let head = [
        "part",
        "cases",
        "macro F1",
        "interval",
        "mean average precision",
        "interval",
        "exact sets",
        "reference trends per case",
        "suggested",
        "accepts right",
        "calibration error",
        "99th percentile if calibrated",
    ];
    let mut table = Table::new("slices-table", "Figures by length and agreement", head);
    for slice in &report.slices {
        let [part, cells @ ..] = slice_cells(slice);
        table.row(part, cells);
    }
    Some(table)
}

/// Returns the model compared with the baselines; `None` without any.
pub(super) fn baselines(report: &Report) -> Option<Table> {
    if report.baselines.is_empty() {
        return None;
    }
    let head = [
        "tagged by",
        "macro F1",
        "micro F1",
        "mean average precision",
        "label-ranking average precision",
        "subset accuracy",
        "Hamming loss",
    ];
    let mut table = Table::new("baselines-table", "The model compared with the baselines", head);
    for baseline in &report.baselines {
        table.row(baseline.name, side_by_side(&baseline.metrics));
    }
    table.sum("this model", side_by_side(&report.metrics));
    Some(table)
}

fn side_by_side(metrics: &Metrics) -> [String; 6] {
    let o = &metrics.overall;
    [
        o.macro_average.f1,
        o.micro.f1,
        o.average_precision.macro_average,
        o.label_ranking_average_precision,
        o.subset_accuracy,
        o.hamming_loss,
    ]
    .map(number)
}

/// Agreement of annotators, compared with the F1 of the model; `None` if it was not
/// measured.
pub(super) fn human_line(report: &Report) -> Option<Table> {
    let human = report.human_line.as_ref()?;
    let caption = "Agreement of two annotators, and the F1 of the model";
    let head = ["trend", "F1 of annotators", "F1 of the model", "same answer", "kappa", "AC1"];
    let mut table = Table::new("human-table", caption, head);
    let cells = |agreement: &Agreement, model: Option<f64>| {
        let share = agreement.share.map_or_else(|| DASH.to_owned(), percent);
        let [f1, model, kappa, ac1] =
            [agreement.f1, model, agreement.kappa, agreement.ac1].map(number);
        [f1, model, share, kappa, ac1]
    };
    for (trend, agreement) in report.metrics.per_trend.iter().zip(&human.per_trend) {
        table.row(report.name(&trend.key), cells(agreement, trend.f1));
    }
    let model = report.metrics.overall.macro_average.f1;
    table.sum("macro average", cells(&human.macro_average, model));
    Some(table)
}

/// Definitions of the trends.
pub(super) fn taxonomy(report: &Report) -> Table {
    let mut table =
        Table::new("taxonomy-table", "The trends", ["name", "key in files", "definition"]);
    for trend in &report.taxonomy.trends {
        let text = |text: &str| if text.is_empty() { DASH.to_owned() } else { text.to_owned() };
        table.row(report.name(&trend.key), [text(&trend.key), text(&trend.definition)]);
    }
    table
}

/// Returns the interval of a figure.
pub(super) fn interval(report: &Report, figure: Figure) -> Option<&Interval> {
    report.intervals.iter().find(|interval| interval.figure == figure)
}

fn limits(report: &Report, figure: Figure) -> String {
    match interval(report, figure).map(|interval| (interval.lower, interval.upper)) {
        Some((Some(lower), Some(upper))) => {
            format!("{} to {}", number(Some(lower)), number(Some(upper)))
        }
        _ => DASH.to_owned(),
    }
}
