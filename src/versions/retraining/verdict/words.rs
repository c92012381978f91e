//! A verdict as a person reads it.

use std::fmt::Write;

use super::Verdict;
use crate::evaluate::table::{
    aligned, difference_cells, differences_table, number, percent, signed,
};
use crate::taxonomy::Taxonomy;

impl Verdict {
    /// Formats the comparison as a table in plain text, followed by the check of the
    /// decisions.
    pub fn in_words(&self, taxonomy: &Taxonomy) -> String {
        if self.differences.is_empty() {
            return "not compared: too few cases\n".to_owned();
        }
        let mut rows = vec![[
            format!("compared on {} cases", self.cases),
            "champion".to_owned(),
            "challenger".to_owned(),
            "difference".to_owned(),
            format!("{:.0} % interval", 100.0 * self.params.level()),
        ]];
        rows.extend(self.differences.iter().map(|d| difference_cells(d, taxonomy)));
        let [before, after] = self.calibration;
        let change = before.zip(after).map(|(before, after)| after - before);
        rows.push([
            "calibration error (macro)".to_owned(),
            number(before),
            number(after),
            signed(change),
            String::new(),
        ]);
        let mut out = aligned(&rows);
        if let Some([before, after]) = &self.triage {
            _ = writeln!(
                out,
                "\nwithout a person: {} of the pairs decided (champion {}), {} of the true trends \
                 accepted ({}), {} of the accepted right ({})",
                percent(after.decided_share()),
                percent(before.decided_share()),
                percent(after.accept_coverage()),
                percent(before.accept_coverage()),
                percent(after.accept_precision()),
                percent(before.accept_precision()),
            );
        }
        if !self.on_decisions.is_empty() {
            let head = ["on the decisions", "champion", "challenger", "difference", "interval"];
            _ = write!(out, "\n{}", differences_table(head, &self.on_decisions, taxonomy));
        }
        for trend in &self.new_trends {
            _ = writeln!(
                out,
                "\nnew trend {}: {} cases, F1 {}, average precision {}; the champion does not know it",
                trend.key,
                trend.support,
                number(trend.f1),
                number(trend.average_precision)
            );
        }
        if let Some(batch) = &self.batch {
            _ = writeln!(
                out,
                "\n{} new decisions differ from the suggestions on {:.2} trends a case; honest ones \
                 would on {:.2}, at most on {:.2} (p = {:.3})",
                batch.decisions, batch.disagreement, batch.expected, batch.limit, batch.p_value
            );
        }
        out
    }

    /// Formats the reasons and warnings, and the decisions to look at first.
    pub fn conclusion_in_words(&self, taxonomy: &Taxonomy) -> String {
        let mut out = String::new();
        for warning in &self.warnings {
            _ = writeln!(out, "warning: {warning}");
        }
        if !self.unlikely.is_empty() {
            out.push_str("look at these decisions first:\n");
            for found in &self.unlikely {
                _ = writeln!(out, "- {}", found.in_words(taxonomy));
            }
        }
        let end = match self.passes() {
            true => "verdict: good enough to replace the champion",
            false => "verdict: not good enough to replace the champion",
        };
        _ = writeln!(out, "{end}");
        for reason in &self.reasons {
            _ = writeln!(out, "- {reason}");
        }
        out
    }
}
