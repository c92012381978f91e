//! The output of `trendtag evaluate` in sentences and tables.

use std::fmt::Write;

use anyhow::Result;
use trendtag::Taxonomy;
use trendtag::evaluate::interval::BootstrapParams;
use trendtag::evaluate::paired::{differences, sign_test};
use trendtag::evaluate::protocol::{ByLimit, CalibrationFindings, TriageFindings};
use trendtag::evaluate::{Evaluation, table};
use trendtag::metrics::{Figure, Outcome};

use crate::cli::text_table::short_name;

pub(super) fn in_words(evaluation: &Evaluation) -> Result<String> {
    let Evaluation { taxonomy, findings, .. } = evaluation;
    let mut out = evaluation.caution.iter().map(|caution| {
        format!(
            "{caution}\nMeasure it on others (--only-new-cases), or measure how well training works \
             on these with `trendtag evaluate {} --cross-validate 5`.\n\n",
            evaluation.file
        )
    }).collect::<String>();
    writeln!(out, "{}", evaluation.subject)?;
    if evaluation.left_out > 0 {
        writeln!(
            out,
            "{} cases are left out (no label, or no value in the column of the split)",
            evaluation.left_out
        )?;
    }
    let name = |key: &str| short_name(taxonomy, key);
    out.push_str(&table::render(&findings.metrics, &findings.intervals, &name));
    if !evaluation.baselines.is_empty() {
        let mut rows =
            vec![["for comparison", "macro F1", "micro F1", "mean AP"].map(str::to_owned)];
        for baseline in &evaluation.baselines {
            let overall = &baseline.metrics.overall;
            let [macro_f1, micro_f1, ap] = [
                overall.macro_average.f1,
                overall.micro.f1,
                overall.average_precision.macro_average,
            ]
            .map(table::number);
            rows.push([baseline.name.to_owned(), macro_f1, micro_f1, ap]);
        }
        write!(out, "\n{}", table::aligned(&rows))?;
    }
    if let Some(human) = &evaluation.human {
        let (f1, kappa) =
            (table::number(human.macro_average.f1), table::number(human.macro_average.kappa));
        writeln!(out, "the two annotators, mutually: macro F1 {f1}, Cohen's kappa {kappa}")?;
    }
    if !evaluation.slices.is_empty() {
        write!(out, "\n{}", table::of_slices(&evaluation.slices))?;
    }
    calibration(&mut out, &findings.calibration, taxonomy)?;
    triage(&mut out, &findings.triage, evaluation.repeats.len())?;
    writeln!(out, "\n{}", findings.reading_plan)?;
    by_limit(&mut out, &findings.by_limit)?;
    Ok(out)
}

fn calibration(
    out: &mut String,
    findings: &CalibrationFindings,
    taxonomy: &Taxonomy,
) -> Result<()> {
    let mut rows = vec![
        ["calibration error", "observed", "99th percentile if calibrated", "p"].map(str::to_owned),
    ];
    for ((_, trend), test) in taxonomy.iter().zip(&findings.per_trend) {
        let [found, p99, p] =
            [test.map(|t| t.error), test.map(|t| t.p99_if_calibrated), test.map(|t| t.p_value)]
                .map(table::number);
        rows.push([short_name(taxonomy, &trend.key), found, p99, p]);
    }
    write!(out, "\n{}", table::aligned(&rows))?;
    let head = ["effect of calibration", "without", "with", "difference", "95 % interval"];
    let against = &findings.against_uncalibrated;
    write!(out, "\n{}", table::differences_table(head, against, taxonomy))?;
    Ok(())
}

fn triage(out: &mut String, findings: &TriageFindings, repeats: usize) -> Result<()> {
    let (params, seen) = (&findings.params, &findings.observed);
    let pairs = seen.accepted + seen.rejected + seen.asked;
    writeln!(
        out,
        "\ndecided without a reviewer (confidence {}), {} cases{}",
        params.confidence,
        seen.cases,
        if repeats > 1 { format!(" in {repeats} repeats") } else { String::new() }
    )?;
    let mut row = |what: &str, count: usize, whole: usize, note: String| {
        let share = table::percent((whole > 0).then(|| count as f64 / whole as f64));
        writeln!(out, "{what:<20} {count:>7} {share:>7}  {note}")
    };
    row(
        "accepted pairs",
        seen.accepted,
        pairs,
        format!(
            "{}; {} of them right, promised {}",
            limits("from", findings.accept_limits),
            table::percent(seen.accept_precision()),
            table::percent(Some(params.accept_precision)),
        ),
    )?;
    row(
        "rejected pairs",
        seen.rejected,
        pairs,
        format!(
            "{}; {} of the true trends missed, promised {} at most",
            limits("up to", findings.reject_limits),
            table::percent(seen.miss_rate()),
            table::percent(Some(params.miss_rate)),
        ),
    )?;
    row("asked pairs", seen.asked, pairs, "left to a reviewer".to_owned())?;
    row(
        "wholly decided cases",
        seen.decided_cases,
        seen.cases,
        format!("of all cases; entirely right: {}", seen.right_in_words(repeats)),
    )?;
    writeln!(out, "{} of the true trends are accepted", table::percent(seen.accept_coverage()))?;
    if !findings.pays {
        let needed = match findings.cases_needed {
            Some(cases) => format!("about {cases} labelled cases like these would be needed"),
            None => "even a hundred times as many labelled cases would not be enough".to_owned(),
        };
        writeln!(
            out,
            "to decide half of the pairs and accept three tenths of the trends, {needed}"
        )?;
    }
    Ok(())
}

/// Returns the observed results of the limits that each tested model chose.
fn by_limit(out: &mut String, found: &ByLimit) -> Result<()> {
    let Some(target) = found.target_f1 else {
        writeln!(out, "Every case needs review: the model has no reading limit.")?;
        return Ok(());
    };
    let seen = &found.observed;
    writeln!(
        out,
        "By the limits set in training for a macro F1 of {target:.2}, {} of the cases need review. \
         With them read,\nmacro F1 rises from {} to {}, and {} wrong tags per case remain.",
        table::percent((seen.cases > 0).then(|| seen.read as f64 / seen.cases as f64)),
        table::number(seen.f1_unread),
        table::number(seen.f1_finished),
        table::number(seen.wrong_tags_left),
    )?;
    Ok(())
}

fn limits(word: &str, limits: Option<(f64, f64)>) -> String {
    match limits {
        None => "no limit keeps the promise".to_owned(),
        Some((low, high)) if format!("{low:.2}") == format!("{high:.2}") => {
            format!("{word} {low:.2}")
        }
        Some((low, high)) => format!("{word} {low:.2}-{high:.2}"),
    }
}

/// Returns the paired comparison with another model's predictions on the same cases.
pub(super) fn compared(
    ours: &[Vec<Outcome>],
    theirs: &[Vec<Outcome>],
    taxonomy: &Taxonomy,
) -> Result<String> {
    let figures =
        [Figure::MacroF1, Figure::MicroF1, Figure::MacroAveragePrecision, Figure::LogLoss];
    let found = differences(ours, theirs, taxonomy.len(), &figures, &BootstrapParams::default())?;
    let sign = sign_test(ours, theirs, taxonomy.len())?;
    let head = ["compared", "theirs", "ours", "difference", "95 % interval"];
    let mut out = format!("\n{}", table::differences_table(head, &found, taxonomy));
    writeln!(
        out,
        "sign test: better on {} cases, worse on {}, p = {:.4}",
        sign.better, sign.worse, sign.p_value
    )?;
    Ok(out)
}
