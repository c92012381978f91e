//! Metrics as text: a table for people and tab-separated rows per trend.

use crate::evaluate::interval::Interval;
use crate::evaluate::paired::Difference;
use crate::evaluate::slices::Slice;
use crate::metrics::{FEWEST_POSITIVES, Figure, Metrics, Shares, Warning};
use crate::taxonomy::{Taxonomy, TrendId};

/// The placeholder for an undefined figure.
const DASH: &str = "-";

/// Renders metrics as a plain-text table: a row per trend, rows of averages, the
/// figures over all trends, the warnings. Undefined figures are dashes.
///
/// The first table shows the `intervals` (empty for none) of F1, the second those of
/// the overall figures; others are not shown. `name` returns what people call the trend of a key.
pub fn render(metrics: &Metrics, intervals: &[Interval], name: &dyn Fn(&str) -> String) -> String {
    let mut text = format!("{} cases\n\n", metrics.cases);
    text.push_str(&aligned(&share_rows(metrics, intervals, name)));
    text.push('\n');
    text.push_str(&aligned(&figure_rows(metrics, intervals)));
    if let Some(interval) = intervals.first() {
        // One decimal at most: 0.95 x 100 is not quite 95 to the machine.
        let percent = (1000.0 * interval.level).round() / 10.0;
        text.push_str(&format!("\nIn brackets: {percent} % bootstrap intervals over cases.\n"));
    }
    for warning in &metrics.warnings {
        text.push_str(&format!(
            "\nNote: {}.",
            sentence(warning, metrics.params.least_support, name)
        ));
    }
    if !metrics.warnings.is_empty() {
        text.push('\n');
    }
    text
}

/// Renders the figures of each trend as tab-separated values with a header row;
/// numbers in full precision, undefined ones as `-`.
pub fn per_trend_tsv(metrics: &Metrics) -> String {
    let mut text = String::from(
        "key\tsupport\tsuggested\tprecision\trecall\tf1\taverage_precision\troc_auc\t\
         log_loss\tbrier\tcalibration_error\n",
    );
    for t in &metrics.per_trend {
        // A key may contain anything except ";", which must not break the table.
        let key = t.key.replace(['\t', '\n', '\r'], " ");
        text.push_str(&format!("{key}\t{}\t{}", t.support, t.suggested));
        for value in [
            t.precision,
            t.recall,
            t.f1,
            t.average_precision,
            t.roc_auc,
            t.log_loss,
            t.brier,
            t.calibration_error,
        ] {
            text.push('\t');
            text.push_str(&value.map_or_else(|| DASH.to_owned(), |value| value.to_string()));
        }
        text.push('\n');
    }
    text
}

/// Precision, recall and F1 per trend and averaged.
fn share_rows(
    metrics: &Metrics,
    intervals: &[Interval],
    name: &dyn Fn(&str) -> String,
) -> Vec<Vec<String>> {
    let f1_limits = |figure| limits(figure, intervals);
    let header = ["", "support", "suggested", "precision", "recall", "F1", "", "AP", "ROC-AUC"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (i, trend) in metrics.per_trend.iter().enumerate() {
        rows.push(vec![
            name(&trend.key),
            trend.support.to_string(),
            trend.suggested.to_string(),
            number(trend.precision),
            number(trend.recall),
            number(trend.f1),
            f1_limits(Some(Figure::TrendF1(TrendId(i as u16)))),
            number(trend.average_precision),
            number(trend.roc_auc),
        ]);
    }
    let overall = &metrics.overall;
    let [support, suggested] = [
        metrics.per_trend.iter().map(|t| t.support).sum::<u64>(),
        metrics.per_trend.iter().map(|t| t.suggested).sum(),
    ];
    let mut average = |name: &str, shares: Shares, figure, [ap, auc]: [String; 2]| {
        rows.push(vec![
            name.to_owned(),
            support.to_string(),
            suggested.to_string(),
            number(shares.precision),
            number(shares.recall),
            number(shares.f1),
            f1_limits(figure),
            ap,
            auc,
        ]);
    };
    let [ap, auc] = [overall.average_precision, overall.roc_auc];
    let micro = [ap.micro, auc.micro].map(number);
    let macro_average = [ap.macro_average, auc.macro_average].map(number);
    let blank = || [String::new(), String::new()];
    average("micro average", overall.micro, Some(Figure::MicroF1), micro);
    average("macro average", overall.macro_average, Some(Figure::MacroF1), macro_average);
    average("weighted average", overall.weighted, None, blank());
    average("average per case", overall.samples, Some(Figure::SamplesF1), blank());
    rows
}

/// Returns the figures over all trends that are not of that kind.
fn figure_rows(metrics: &Metrics, intervals: &[Interval]) -> Vec<Vec<String>> {
    let o = &metrics.overall;
    let bins = metrics.params.bins;
    let mut rows = Vec::new();
    let mut row = |name: &str, value, figure| {
        rows.push(vec![name.to_owned(), number(value), limits(figure, intervals)]);
    };
    let [ap, gap] = [o.average_precision, o.calibration_error];
    let ranking = o.label_ranking_average_precision;
    let ranking_figure = Some(Figure::LabelRankingAveragePrecision);
    row("macro average precision", ap.macro_average, Some(Figure::MacroAveragePrecision));
    row("label-ranking average precision", ranking, ranking_figure);
    row("coverage error", o.coverage_error, None);
    row("ranking loss", o.ranking_loss, Some(Figure::RankingLoss));
    row("subset accuracy", o.subset_accuracy, Some(Figure::SubsetAccuracy));
    row("Hamming loss", o.hamming_loss, Some(Figure::HammingLoss));
    row("Jaccard per case", o.jaccard_samples, Some(Figure::SamplesJaccard));
    row("Jaccard, macro", o.jaccard_macro, None);
    row("log loss", o.log_loss, Some(Figure::LogLoss));
    row("Brier score", o.brier, Some(Figure::Brier));
    row(&format!("calibration error, pooled ({bins} bins)"), gap.micro, None);
    row(&format!("calibration error, macro ({bins} bins)"), gap.macro_average, None);
    rows
}

fn limits(figure: Option<Figure>, intervals: &[Interval]) -> String {
    let interval = figure.and_then(|figure| intervals.iter().find(|i| i.figure == figure));
    interval.map_or_else(String::new, |i| format!("[{}, {}]", number(i.lower), number(i.upper)))
}

/// Formats a figure with three decimals, or a dash if it is undefined.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| format!("{value:.3}"))
}

/// Formats a difference with its sign and three decimals, or a dash if it is undefined.
pub fn signed(value: Option<f64>) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| format!("{value:+.3}"))
}

/// Formats a share as a percentage with one decimal, or a dash if it is undefined.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| DASH.to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

/// Returns a warning in words, without the full stop.
pub(crate) fn sentence(warning: &Warning, least: u64, name: &dyn Fn(&str) -> String) -> String {
    match warning {
        Warning::NotAveraged { key, support } => format!(
            "the support of {} is {support}, below {FEWEST_POSITIVES}; averages and promises leave \
             it out",
            name(key)
        ),
        Warning::LowSupport { key, support } => {
            let name = name(key);
            format!("the support of {name} is {support}, below {least}; its figures mean little")
        }
        Warning::CasesWithoutGold { cases } => format!(
            "cases without a gold trend: {cases}; they have no recall and count as perfectly ranked"
        ),
    }
}

/// Renders the figures by length and agreement as a plain-text table; nothing if there
/// are none.
pub fn of_slices(slices: &[Slice]) -> String {
    if slices.is_empty() {
        return String::new();
    }
    let head = [
        "by length and agreement",
        "cases",
        "macro F1",
        "",
        "mean AP",
        "",
        "exact",
        "gold",
        "suggested",
        "accepts right",
        "calibration error",
        "99 % of chance",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(slices.iter().map(slice_cells));
    aligned(&rows)
}

/// Formats the cells of a part of the cases: its name, cases, macro F1 and mean average
/// precision with their intervals, exact sets, gold and suggested trends per case, right
/// accepts, calibration error and the 99th percentile of chance.
pub fn slice_cells(slice: &Slice) -> [String; 12] {
    let found = |figure| slice.intervals.iter().find(|interval| interval.figure == figure);
    let value = |figure| number(found(figure).and_then(|interval| interval.value));
    let of = |figure| [value(figure), limits(Some(figure), &slice.intervals)];
    let [f1, f1_limits] = of(Figure::MacroF1);
    let [ap, ap_limits] = of(Figure::MacroAveragePrecision);
    let accepts = match slice.accepted {
        0 => DASH.to_owned(),
        accepted => format!("{} of {accepted}", percent(slice.accept_precision())),
    };
    [
        slice.part.label(),
        slice.cases.to_string(),
        f1,
        f1_limits,
        ap,
        ap_limits,
        value(Figure::SubsetAccuracy),
        format!("{:.2}", slice.gold),
        format!("{:.2}", slice.suggested),
        accepts,
        number(slice.calibration.map(|test| test.error)),
        number(slice.calibration.map(|test| test.p99_if_calibrated)),
    ]
}

/// Renders paired differences as a plain-text table with this header.
pub fn differences_table(
    head: [&str; 5],
    differences: &[Difference],
    taxonomy: &Taxonomy,
) -> String {
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(differences.iter().map(|d| difference_cells(d, taxonomy)));
    aligned(&rows)
}

/// Formats the cells of a paired difference: figure, champion, challenger, difference, interval.
pub fn difference_cells(d: &Difference, taxonomy: &Taxonomy) -> [String; 5] {
    [
        d.figure.label(taxonomy),
        number(d.champion),
        number(d.challenger),
        signed(d.difference),
        format!("[{}, {}]", signed(d.lower), signed(d.upper)),
    ]
}

/// Renders rows as a plain-text table: the first column is aligned to the left, the
/// others to the right. A column that is empty in all rows is left out.
pub fn aligned<Row: AsRef<[String]>>(rows: &[Row]) -> String {
    let rows: Vec<&[String]> = rows.iter().map(AsRef::as_ref).collect();
    let count = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => line.push_str(&format!("{cell:<width$}")),
                _ if width == 0 => {}
                _ => line.push_str(&format!("  {cell:>width$}")),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::interval::{BootstrapParams, intervals};
    use crate::metrics::MetricsParams;
    use crate::metrics::Outcome;
    use crate::taxonomy::TrendSet;

    fn outcomes() -> Vec<Outcome> {
        let set = |ids: &[u16]| ids.iter().map(|&id| TrendId(id)).collect::<TrendSet>();
        let case = |id: &str, gold: &[u16], suggested: &[u16], p: [f64; 3]| Outcome {
            id: id.into(),
            gold: set(gold),
            suggested: set(suggested),
            probabilities: p.to_vec(),
        };
        vec![
            case("a", &[0], &[0], [0.75, 0.25, 0.25]),
            case("b", &[0, 1], &[1], [0.25, 0.75, 0.25]),
            case("c", &[], &[0], [0.75, 0.25, 0.25]),
            case("d", &[1], &[1], [0.25, 0.75, 0.25]),
        ]
    }

    fn metrics() -> Metrics {
        let taxonomy = Taxonomy::from_keys(["air", "fire", "water"]).unwrap();
        let params = MetricsParams { bins: 5, least_support: 2 };
        Metrics::of(&outcomes(), &taxonomy, &params).unwrap()
    }

    #[test]
    fn a_table_shows_trends_averages_figures_and_warnings_with_dashes_for_undefined() {
        insta::assert_snapshot!(render(&metrics(), &[], &str::to_owned), @r"
        4 cases

                          support  suggested  precision  recall     F1     AP  ROC-AUC
        air                     2          2      0.500   0.500  0.500  0.500    0.500
        fire                    2          2      1.000   1.000  1.000  1.000    1.000
        water                   0          0          -       -      -      -        -
        micro average           4          4      0.750   0.750  0.750  0.646    0.812
        macro average           4          4      0.750   0.750  0.750  0.750    0.750
        weighted average        4          4      0.750   0.750  0.750
        average per case        4          4      0.750   0.833  0.667

        macro average precision             0.750
        label-ranking average precision     0.958
        coverage error                      1.250
        ranking loss                        0.125
        subset accuracy                     0.500
        Hamming loss                        0.167
        Jaccard per case                    0.625
        Jaccard, macro                      0.667
        log loss                            0.471
        Brier score                         0.146
        calibration error, pooled (5 bins)  0.000
        calibration error, macro (5 bins)   0.250

        Note: the support of water is 0, below 2; averages and promises leave it out.
        Note: cases without a gold trend: 1; they have no recall and count as perfectly ranked.
        ");
    }

    #[test]
    fn intervals_stand_beside_their_figures() {
        let figures = [Figure::TrendF1(TrendId(0)), Figure::TrendF1(TrendId(2)), Figure::Brier];
        let params = BootstrapParams { resamples: 200, ..BootstrapParams::default() };
        let found = intervals(&[outcomes()], 3, &figures, &params).unwrap();
        let text = render(&metrics(), &found, &str::to_owned);
        let line = |start: &str| text.lines().find(|l| l.starts_with(start)).unwrap().to_owned();
        let limits =
            |i: usize| format!("[{:.3}, {:.3}]", found[i].lower.unwrap(), found[i].upper.unwrap());
        assert!(line("air").contains(&limits(0)), "{text}");
        assert!(line("water").contains("[-, -]"), "{text}");
        assert!(line("Brier").ends_with(&limits(2)), "{text}");
        assert!(text.contains("In brackets: 95 % bootstrap"), "{text}");
    }

    #[test]
    fn rows_per_trend_have_as_many_cells_as_the_header_and_full_precision() {
        let tsv = per_trend_tsv(&metrics());
        let rows: Vec<Vec<&str>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{tsv}");
        assert_eq!(rows[1][..6], ["air", "2", "2", "0.5", "0.5", "0.5"]);
        assert_eq!(rows[3][..8], ["water", "0", "0", "-", "-", "-", "-", "-"]);
    }

    #[test]
    fn a_key_with_a_tab_does_not_break_the_rows() {
        let mut metrics = metrics();
        metrics.per_trend[0].key = "a\tb".into();
        assert!(per_trend_tsv(&metrics).contains("\na b\t2\t2\t"));
    }
}
