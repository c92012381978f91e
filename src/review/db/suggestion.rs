//! Stored suggestions and facts about their models, so that suggestions can be shown
//! without the model.

use rusqlite::{Connection, OptionalExtension};

use super::decision::split_keys;
use super::settings::{json, parsed};
use crate::decision::Verdict;
use crate::tagger::{Model, ReviewReason, Scratch, SuggestedTrend, Suggestion, SuggestionParams};
use crate::taxonomy::join_keys;

/// The suggested trends of a suggestion `s`, as a cell: empty if no trend reached its
/// threshold, although the nearest one is stored.
pub(crate) const SUGGESTED: &str =
    "CASE WHEN instr(s.reasons, '\"none-passed\"') THEN '-' ELSE s.trends END";

/// Maximum number of places that are shown for one term.
const MOST_SPANS: usize = 200;

pub(crate) struct TaggedCase {
    probabilities: String,
    trends: String,
    reasons: String,
    /// Expected number of wrong trends if nobody reads the case.
    pub(crate) expected_errors: f64,
    /// Keys of the unsure trends, as a cell.
    pub(crate) unsure: String,
    /// Whether the model can decide every trend without a reviewer.
    pub(crate) alone: bool,
}

impl TaggedCase {
    pub(crate) fn of(model: &Model, texts: &[String], scratch: &mut Scratch) -> Self {
        let tagged = model.tagger.tag(texts, 0, scratch);
        Self::of_suggestion(&Suggestion::of(model, &tagged), &tagged.probabilities)
    }

    /// Returns the suggestion that an earlier version stored.
    pub(crate) fn of_stored(
        params: &SuggestionParams,
        probabilities: &[f64],
        trends: &str,
        reasons: Vec<ReviewReason>,
    ) -> Self {
        let trends = split_keys(trends);
        Self::of_suggestion(&params.suggestion("", probabilities, &trends, reasons), probabilities)
    }

    fn of_suggestion(suggestion: &Suggestion, probabilities: &[f64]) -> Self {
        Self {
            probabilities: json(&probabilities),
            trends: join_keys(&suggestion.suggested),
            reasons: json(&suggestion.review_reasons),
            // Suggestions of unknown quality come first.
            expected_errors: suggestion.expected_errors.unwrap_or(f64::MAX),
            unsure: join_keys(&suggestion.unsure_trends),
            alone: is_decided(suggestion),
        }
    }

    /// Stores it, and replaces an earlier one of the same model.
    pub(crate) fn insert(
        &self,
        connection: &Connection,
        case: i64,
        version: &str,
    ) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT OR REPLACE INTO suggestions \
             (case_number, model, probabilities, trends, reasons, expected_errors, unsure, alone) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(rusqlite::params![
            case,
            version,
            self.probabilities,
            self.trends,
            self.reasons,
            self.expected_errors,
            self.unsure,
            self.alone
        ])?;
        Ok(())
    }
}

/// Returns the stored facts about the model of this version.
pub(crate) fn params_of(
    connection: &Connection,
    version: &str,
) -> rusqlite::Result<Option<SuggestionParams>> {
    let mut statement = connection.prepare_cached("SELECT facts FROM models WHERE version = ?")?;
    let text: Option<String> = statement.query_row([version], |row| row.get("facts")).optional()?;
    text.map(|text| parsed(&text)).transpose()
}

/// Adds the `most` strongest evidence terms of each trend.
pub(crate) fn explain(suggestion: &mut Suggestion, model: &Model, texts: &[String], most: usize) {
    suggestion.explain(model, texts, most);
    for piece in suggestion.trends.iter_mut().flat_map(|trend| trend.evidence.iter_mut().flatten())
    {
        piece.spans.truncate(MOST_SPANS);
    }
}

/// Returns whether the model can decide every trend of a case at the promised error.
pub(crate) fn is_decided(suggestion: &Suggestion) -> bool {
    let asks = |trend: &SuggestedTrend| trend.verdict.is_none_or(|v| v == Verdict::Ask);
    !suggestion.needs_review
        && suggestion.unsure_trends.is_empty()
        && !suggestion.trends.iter().any(asks)
}
