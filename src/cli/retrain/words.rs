//! What a retraining says.

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use trendtag::Taxonomy;
use trendtag::tagger::{Case, Corpus, Model};
use trendtag::taxonomy::LabelReader;
use trendtag::versions::retraining::{Challenger, Compared, LabelOrigin, Verdict};

use crate::cli::End;
use crate::cli::outputs::{in_json, print, say};

/// Prints that the challenger is identical to the champion, byte by byte.
pub(super) fn identical(champion: &Model, json: bool) -> Result<End> {
    let version = &champion.version;
    print(&if json {
        in_json(&Retraining {
            schema: 1,
            verdict: "identical",
            challenger: version,
            champion: Some(version),
            comparison: None,
        })?
    } else {
        format!("verdict: identical to the champion {version}, nothing to promote\n")
    })?;
    Ok(End::Done)
}

/// The output of `trendtag retrain --json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Retraining")]
pub(in crate::cli) struct Retraining<'r> {
    /// Version of this format. Keys can be added; none is renamed or removed.
    schema: u32,
    /// What was done: `promoted`, `kept`, `would-promote`, `would-keep` or `identical`.
    verdict: &'r str,
    /// Id of the new version.
    challenger: &'r str,
    /// Id of the version in use, if the two are identical.
    #[serde(skip_serializing_if = "Option::is_none")]
    champion: Option<&'r str>,
    /// The comparison of the two; missing if they are identical.
    #[serde(flatten)]
    comparison: Option<&'r Verdict>,
}

/// Returns the verdict and what was done about it.
pub(super) fn as_json(found: &Challenger, compared: &Compared, verdict: &str) -> Result<String> {
    in_json(&Retraining {
        schema: 1,
        verdict,
        challenger: &found.model.version,
        champion: None,
        comparison: Some(&compared.verdict),
    })
}

/// Describes the changes from the label set of the champion to the new one.
pub(super) fn tell_changes(known: &Corpus, now: &Taxonomy) {
    let of = |case: &&Case| LabelOrigin::of(case) == LabelOrigin::Decision;
    let decisions = known.cases.iter().filter(of).count();
    let made = format!("{decisions} of the champion's decisions were made before that");
    let (_, new) = known.under(now);
    for id in new.iter() {
        say(&format!(
            "note: the trend {} is new: the champion does not know it, so the two are compared on \
             the others; {made}, and say nothing about it",
            now.key(id)
        ));
    }
    let reader = LabelReader::new(now, None);
    for (_, trend) in known.taxonomy.iter() {
        match reader.find(&trend.key) {
            None => say(&format!(
                "note: no trend is called {} any more; name it in `aliases` or `replaces` of the \
                 trend that takes its place, or its labels are dropped",
                trend.key
            )),
            Some(id) => {
                let after = &now.trends[id.index()];
                if after.key == trend.key && after.definition != trend.definition {
                    say(&format!(
                        "note: the definition of {} was reworded; {made}, under the old one",
                        trend.key
                    ));
                }
            }
        }
    }
    if known.taxonomy.version != now.version {
        let (before, after) = (known.taxonomy.version, now.version);
        say(&format!("note: the taxonomy has version {after}, the champion's {before}; {made}"));
    }
}

/// Formats the comparison and the verdict.
pub(super) fn said(found: &Challenger, compared: &Compared, champion: &Model) -> String {
    let verdict = &compared.verdict;
    let taxonomy = &found.corpus.taxonomy;
    format!(
        "champion {}, challenger {} (learned from {} cases, {} of them decisions)\n\n{}\n{}",
        champion.version,
        found.model.version,
        found.corpus.cases.len(),
        found.origins.iter().filter(|origin| **origin == LabelOrigin::Decision).count(),
        verdict.in_words(taxonomy),
        verdict.conclusion_in_words(taxonomy),
    )
}
