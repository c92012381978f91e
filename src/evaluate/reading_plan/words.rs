//! A reading plan as text: tables and sentences.

use std::fmt;

use super::{ErrorCalibration, PlanPoint, PlanTarget, ReadingPlan};
use crate::stats::Estimate;

/// Shares with a row in the table, in percent.
const ROWS: [u32; 9] = [0, 5, 10, 20, 30, 40, 50, 70, 100];

impl fmt::Display for ReadingPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Reading plan: the {} cases are read in the order of their expected errors, by a reader \
             who\ngives the gold trends. In brackets: 95 % bootstrap intervals over cases.\n",
            self.cases
        )?;
        let [read, f1, exact, wrong] = ["read", "macro F1", "exact sets", "wrong tags per case"];
        writeln!(f, "{read:>5}  {f1:<21} {exact:<21} {wrong:<21} macro F1 in random order")?;
        let rows = ROWS.iter().filter_map(|row| self.at(f64::from(*row) / 100.0));
        rows.into_iter().try_for_each(|point| row(f, point))?;
        writeln!(f)?;
        self.targets.iter().try_for_each(|target| sentence(f, target))?;
        write!(f, "{}", self.calibration)
    }
}

fn row(f: &mut fmt::Formatter<'_>, point: &PlanPoint) -> fmt::Result {
    let cells = [point.macro_f1, point.exact_sets, point.wrong_tags].map(with_limits);
    let [f1, exact, wrong] = cells;
    let random = number(point.random_macro_f1);
    let share = 100.0 * point.share;
    writeln!(f, "{share:>3.0} %  {f1:<21} {exact:<21} {wrong:<21} {random}")
}

fn sentence(f: &mut fmt::Formatter<'_>, target: &PlanTarget) -> fmt::Result {
    let PlanTarget { macro_f1, share, random_share } = target;
    let Some(Estimate { value, lower, upper }) = share else {
        return writeln!(f, "A macro F1 of {macro_f1:.2} is not reached.");
    };
    let random = random_share.map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    writeln!(
        f,
        "A macro F1 of {macro_f1:.2} takes {:.1} % of the cases [{:.1} %, {:.1} %]; in random order, \
         {random}.",
        100.0 * value,
        100.0 * lower,
        100.0 * upper
    )
}

impl fmt::Display for ErrorCalibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Unread, {:.3} wrong tags per case were expected and {} found.\n",
            self.expected,
            with_limits(self.found)
        )?;
        writeln!(f, "{:<17} {:>5} {:>9}  found", "expected errors", "cases", "expected")?;
        for group in &self.groups {
            let range = format!("{:.2} to {:.2}", group.lower, group.upper);
            let (cases, expected) = (group.cases, group.expected);
            writeln!(f, "{range:<17} {cases:>5} {expected:>9.3}  {}", with_limits(group.found))?;
        }
        Ok(())
    }
}

fn with_limits(estimate: Option<Estimate>) -> String {
    estimate.map_or("–".to_owned(), |Estimate { value, lower, upper }| {
        format!("{value:.3} [{lower:.3}, {upper:.3}]")
    })
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}"))
}
