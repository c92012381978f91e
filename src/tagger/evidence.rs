//! Evidence: the terms behind a score, what each contributes, where it stands.

use serde::Serialize;

use super::scorer::ScoredToken;
use crate::features::Field;
use crate::text::lower_case;

/// A stretch of a document: bytes `start..end` of one of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// Number of the field, in the order in which the fields were given.
    pub field: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// A term of the text and what it adds to (or takes from) the score.
///
/// What the character n-grams of a word contribute counts with the word.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The term as it first stands in the text, lower-cased.
    pub term: String,
    /// Part of the score, in log-odds before calibration.
    pub contribution: f64,
    /// Where it stands, in order.
    pub spans: Vec<Span>,
}

/// A part of a contribution: unit, amount, first and last token.
pub(super) type Part = (u64, f64, u32, u32);

/// Adds up the parts of equal units, strongest first.
pub(super) fn gather(
    mut parts: Vec<Part>,
    fields: &[Field<'_>],
    tokens: &[ScoredToken],
) -> Vec<Evidence> {
    parts.sort_by_key(|&(unit, _, first, last)| (unit, first, last));
    let mut evidence: Vec<Evidence> = parts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| {
            let mut spans: Vec<Span> = same.iter().map(|p| joined(tokens, p.2, p.3)).collect();
            spans.dedup();
            let words = (same[0].2..=same[0].3).map(|t| {
                let span = tokens[t as usize].span;
                lower_case(&fields[span.field].text[span.start..span.end]).into_owned()
            });
            let term = words.collect::<Vec<_>>().join(" ");
            Evidence { term, contribution: same.iter().map(|p| p.1).sum(), spans }
        })
        .collect();
    evidence.sort_by(|a, b| b.contribution.total_cmp(&a.contribution).then(a.spans.cmp(&b.spans)));
    evidence
}

fn joined(tokens: &[ScoredToken], first: u32, last: u32) -> Span {
    let (first, last) = (tokens[first as usize].span, tokens[last as usize].span);
    Span { end: last.end, ..first }
}
