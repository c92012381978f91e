//! The summary of `trendtag tag`, in words or as JSON: counts, and the effect of reading
//! the marked rows.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use trendtag::decision::{FEWEST_CASES, ReadingLimit};
use trendtag::tables::batch::{ReadAmount, Summary};
use trendtag::tagger::{Model, ReviewReason};

use super::table::NAME_WIDTH;
use crate::cli::text_table::shortened;

/// The minimum number of rows for a macro F1 in the summary.
const FEWEST_ROWS: u64 = 20;

/// The results of a tagged batch.
pub(super) struct Tagged<'t> {
    pub(super) model: &'t Model,
    pub(super) files: &'t [PathBuf],
    pub(super) summary: &'t Summary,
    /// Text columns that some of the files lack.
    pub(super) missing: &'t BTreeSet<String>,
    /// The number of rows to mark by rank, if it was given.
    pub(super) read: Option<ReadAmount>,
}

impl Tagged<'_> {
    /// Formats the counts and the plan in a few lines.
    pub(super) fn in_words(&self) -> String {
        let mut lines = vec![self.counts()];
        if self.summary.tagged > 0 {
            lines.push(self.shares());
            lines.extend(self.plan());
            lines.extend(self.other_reasons());
            lines.extend(self.decided());
        }
        lines.join("\n")
    }

    fn counts(&self) -> String {
        let Summary { rows, tagged, failed, no_text, duplicates, repairs, .. } = self.summary;
        let mut counted = repairs.in_words();
        if *no_text > 0 {
            counted.insert(0, format!("{no_text} without text"));
        }
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(String::as_str).collect();
            counted.push(format!("read without the text columns {}", names.join(", ")));
        }
        counted.extend(duplicates.map(|count| format!("{count} repeat another")));
        let more: String = counted.iter().map(|what| format!("; {what}")).collect();
        format!("{rows} rows read, {tagged} tagged, {failed} failed{more}.")
    }

    fn shares(&self) -> String {
        let Summary { tagged, no_text, per_trend, .. } = self.summary;
        let trends = self.model.tagger.taxonomy().iter().zip(per_trend);
        let shares = trends.map(|((id, _), &count)| {
            let share = share(count, tagged.saturating_sub(*no_text)).unwrap_or(0.0);
            let name = shortened(self.model.tagger.taxonomy().label(id), NAME_WIDTH);
            format!("{name} {:.0} %", 100.0 * share)
        });
        format!("Suggested: {}.", shares.collect::<Vec<_>>().join(", "))
    }

    /// Returns why the model cannot estimate the quality of unread rows; `None` if it
    /// can.
    fn no_evidence(&self) -> Option<String> {
        match self.limit() {
            None if self.model.tagger.training().cases == 0 => {
                Some("this model was trained without labelled cases".into())
            }
            None => Some("this model was trained without a reading limit".into()),
            Some(limit) if limit.expected.cases < FEWEST_CASES => Some(format!(
                "this model learned from {} labelled cases, and {FEWEST_CASES} are needed to say how \
                 good unread rows are",
                limit.expected.cases
            )),
            Some(_) => None,
        }
    }

    fn limit(&self) -> Option<&ReadingLimit> {
        self.model.tagger.decision().reading.as_ref()
    }

    /// Formats how many rows to read, and the effect.
    fn plan(&self) -> Vec<String> {
        let Summary { tagged, review, forecast, .. } = self.summary;
        let unread = tagged - review;
        let by_rank = if self.read.is_some() { ", by rank" } else { "" };
        if let Some(why) = self.no_evidence() {
            return vec![match unread {
                0 => format!("Read all {}: {why}.", rows(*tagged)),
                _ => format!(
                    "Read the {} marked yes{by_rank}. The quality of the other {} is unknown: {why}.",
                    rows(*review),
                    rows(unread)
                ),
            }];
        }
        // The macro F1 of a few rows is not informative.
        let says_f1 = *tagged >= FEWEST_ROWS;
        let f1 = |f1: Option<f64>| f1.filter(|_| says_f1).map(|f1| format!("{f1:.2}"));
        let (before, after) = (f1(forecast.f1_unread()), f1(forecast.f1_finished()));
        let left = forecast.wrong_tags_left / *tagged as f64;
        let (what, quality) = match (review, unread) {
            (0, _) => (
                "No row is marked yes".to_owned(),
                before.map(|f1| format!("macro F1 of the batch is about {f1} without reading")),
            ),
            (_, 0) => (
                format!("Read all {}, which the model is unsure about", rows(*review)),
                before.map(|f1| format!("unread, macro F1 of the batch is about {f1}")),
            ),
            _ => (
                format!("Read the {} marked yes{by_rank}", rows(*review)),
                before.zip(after).map(|(before, after)| {
                    format!("macro F1 of the batch rises from about {before} to about {after}")
                }),
            ),
        };
        let quality = quality.map_or_else(String::new, |quality| format!(": {quality}"));
        let mut lines = vec![format!("{what}{quality}.")];
        if unread > 0 {
            let which = match review {
                0 => String::new(),
                _ => format!(", all in the {} left unread", rows(unread)),
            };
            lines.push(format!("About {left:.2} wrong tags per row remain{which}."));
        }
        let target = self.limit().map(|limit| limit.target_f1).filter(|_| self.read.is_none());
        let missed = target.filter(|target| {
            says_f1 && unread > 0 && forecast.f1_finished().is_some_and(|f1| f1 < target - 0.01)
        });
        if let Some(target) = missed {
            lines.push(format!(
                "That is below the {target:.2} that the model aims at: this batch is harder than the \
                 cases it learned from. Read more rows with --read."
            ));
        }
        lines
    }

    /// Counts the rows that are marked for a reason other than doubt.
    fn other_reasons(&self) -> Option<String> {
        let Summary { review, only_unsure, reasons, .. } = self.summary;
        let others = review - only_unsure;
        let each = reasons.iter().filter(|(reason, _)| **reason != ReviewReason::Unsure);
        let each: Vec<String> =
            each.map(|(reason, count)| format!("{} {count}", reason.words())).collect();
        let verb = if others == 1 { "is" } else { "are" };
        (others > 0).then(|| {
            format!(
                "Of these, {others} {verb} marked for another reason than doubt: {}.",
                each.join(", ")
            )
        })
    }

    /// Describes the rows for which the guarantee decides every trend.
    fn decided(&self) -> Option<String> {
        let decided = self.summary.verdicts.decided_rows;
        let right = self.model.tagger.decision().triage.expected.entirely_right(1)?;
        (decided > 0).then(|| {
            format!(
                "The guarantee decides every trend of {} without a reviewer. Of such training cases,\n\
                 {:.0} % (95 % interval {:.0} to {:.0} %) had exactly the right trends.",
                rows(decided),
                100.0 * right.value,
                100.0 * right.lower,
                100.0 * right.upper
            )
        })
    }

    /// Returns the same as JSON.
    pub(super) fn as_json(&self) -> String {
        let Summary { rows, tagged, failed, review, only_unsure, reasons, .. } = self.summary;
        let Summary { duplicates, per_trend, unsure, verdicts, forecast, .. } = self.summary;
        let Summary { no_text, repairs, .. } = self.summary;
        let taxonomy = self.model.tagger.taxonomy();
        let triage = &self.model.tagger.decision().triage;
        let trends = taxonomy.iter().zip(per_trend.iter().zip(unsure));
        let trends = trends.map(|((id, trend), (suggested, unsure))| {
            json!({
                "key": trend.key,
                "name": taxonomy.label(id),
                "suggested": suggested,
                "share": share(*suggested, tagged.saturating_sub(*no_text)),
                "unsure": unsure,
            })
        });
        let evidence = self.no_evidence().is_none();
        let known = |value: Option<f64>| value.filter(|_| evidence);
        let by_rank = match self.read {
            None => Value::Null,
            Some(amount) => json!({
                "asked": amount,
                "rows": reasons.get(&ReviewReason::Unsure).unwrap_or(&0),
            }),
        };
        let reasons: Map<String, Value> = reasons
            .iter()
            .map(|(reason, count)| (reason.code().to_owned(), json!(count)))
            .collect();
        let whole = json!({
            "schema": 1,
            "model": self.model.version,
            "files": self.files,
            "rows": rows,
            "tagged": tagged,
            "failed": failed,
            "without_text": no_text,
            "repaired": repairs,
            "missing_text_columns": self.missing,
            "duplicates": duplicates,
            "trends": trends.collect::<Vec<_>>(),
            "needs_review": {
                "rows": review,
                "share": share(*review, *tagged),
                "only_unsure": only_unsure,
                "another_reason": review - only_unsure,
                "reasons": reasons,
            },
            "reading_plan": {
                "words": self.plan().join(" ").replace('\n', " "),
                "target_f1": self.limit().map(|limit| limit.target_f1),
                "limit": self.limit().and_then(|limit| limit.limit),
                "by_rank": by_rank,
                "read": review,
                "unread": tagged - review,
                "f1_unread": known(forecast.f1_unread()),
                "f1_finished": known(forecast.f1_finished()),
                "wrong_tags_unread": known(Some(forecast.wrong_tags)),
                "wrong_tags_left": known(Some(forecast.wrong_tags_left)),
                "wrong_tags_left_per_row": known(per_row(forecast.wrong_tags_left, *tagged)),
            },
            "verdicts": {
                "accept": verdicts.accepted,
                "reject": verdicts.rejected,
                "ask": verdicts.asked,
                "wholly_decided_rows": verdicts.decided_rows,
                "entirely_right_in_training": triage.expected.entirely_right(1),
            },
        });
        format!("{whole:#}\n")
    }
}

/// Formats a number of rows.
fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    per_row(part as f64, whole)
}

fn per_row(sum: f64, rows: u64) -> Option<f64> {
    (rows > 0).then(|| sum / rows as f64)
}
