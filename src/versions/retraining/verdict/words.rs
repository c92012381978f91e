//! A verdict as a person reads it.

use std::fmt::Write;

use super::Verdict;
use crate::evaluate::table::{
    aligned, difference_cells, differences_table, number, percent, signed,
};
use crate::taxonomy::Taxonomy;
use crate::versions::retraining::direction::DirectionFinding;

/// Maximum number of repeated texts that are named.
const NAMED: usize = 10;

/// Points out decisions on texts of labelled cases with other trends.
pub(super) fn of_repeats(repeats: &[(String, String)]) -> Option<String> {
    let named = repeats.iter().take(NAMED).map(|(id, known)| format!("{id} (as {known})"));
    let named = named.collect::<Vec<_>>().join(", ");
    (!repeats.is_empty()).then(|| {
        format!(
            "decisions on nearly the text of a labelled case that give other trends than it has: \
             {}, such as {named}",
            repeats.len()
        )
    })
}

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
        if let Some(direction) = &self.direction
            && let Some(all) = direction.groups.first()
        {
            let far = direction.groups.iter().filter(|g| g.finding > DirectionFinding::Fine);
            let reviewers = direction.groups.len() - 1;
            _ = writeln!(
                out,
                "\n{} new decisions give {} trends, where {:.0} were expected; checked as a whole and \
                 for {reviewers} reviewers: {} beyond the limits of honest decisions",
                all.decisions,
                all.given,
                all.expected,
                far.count()
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
