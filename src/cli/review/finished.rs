//! What `trendtag review export --finished` reports about a finished batch.

use trendtag::review::{DecidedBy, Finished};

/// Returns the figures in words.
pub(super) fn in_words(finished: &Finished) -> String {
    let counts = finished.decided_by.iter().map(|of| {
        let how = match of.by {
            DecidedBy::Reviewer => "by a reviewer",
            DecidedBy::TwoReviewers => "by two reviewers",
            DecidedBy::Bulk => "accepted in bulk, unread",
            DecidedBy::ModelPromised => "by the model, as promised",
            DecidedBy::ModelUnread => "by the model, unread",
            DecidedBy::Conflict => "in conflict, without final trends",
            DecidedBy::Unusable => "unusable, without final trends",
            DecidedBy::Open => "waiting for a blind answer, without final trends",
            DecidedBy::Waiting => "waiting for a second answer, without final trends",
        };
        format!("{} {how}", of.cases)
    });
    let cases = if finished.cases == 1 { "case" } else { "cases" };
    let counts = counts.collect::<Vec<_>>().join("; ");
    let mut lines = vec![format!("{} {cases} written: {counts}.", finished.cases)];
    let Some(wrong_tags) = finished.wrong_tags else {
        return lines.remove(0);
    };
    let f1 = finished.macro_f1.map_or(String::new(), |f1| format!("; expected macro F1: {f1:.2}"));
    lines.push(format!("Wrong tags that probably remain: {wrong_tags:.0}{f1}."));
    lines.push(match &finished.measured {
        Some(measured) => {
            let (ratio, wrong) = (measured.ratio, measured.wrong_tags);
            let f1 = measured.macro_f1.map_or(String::new(), |f1| {
                format!(" and macro F1 {:.2} ({:.2} to {:.2})", f1.value, f1.lower, f1.upper)
            });
            format!(
                "The blind check ({} answers) found {:.1} times as many wrong tags as expected \
                 (95 % interval {:.1} to {:.1}). That gives {:.0} ({:.0} to {:.0}) wrong tags{f1}.",
                finished.blind_check_answers,
                ratio.value,
                ratio.lower,
                ratio.upper,
                wrong.value,
                wrong.lower,
                wrong.upper
            )
        }
        None => format!(
            "These figures follow from the probabilities of the model alone: the blind check has {} \
             of the {} answers that it needs.",
            finished.blind_check_answers, finished.blind_check_needed
        ),
    });
    lines.join("\n")
}
