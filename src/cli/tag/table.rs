//! Tagged rows as a table for people, on a terminal.

use trendtag::tables::{Columns, Row};
use trendtag::tagger::{DuplicateSource, SuggestedTrend, Suggestion};

use crate::cli::text_table::{clipped, padded};

/// Columns that the id takes.
const ID_WIDTH: usize = 16;

/// A table that grows by one tagged row after the other.
pub(super) struct Table<'c> {
    columns: &'c Columns,
    width: usize,
    text: String,
}

impl<'c> Table<'c> {
    /// A table as wide as the terminal.
    pub(super) fn new(columns: &'c Columns) -> Self {
        let size = console::Term::stdout().size_checked();
        let width = size.map_or(100, |(_, columns)| usize::from(columns));
        Self { columns, width, text: String::new() }
    }

    /// Adds a row: id, first text, suggestions with probability and strongest
    /// evidence, and why a person should look.
    pub(super) fn add(&mut self, row: &Row, suggestion: &Suggestion) {
        let id = row.get(&self.columns.id).unwrap_or_default();
        let title = self.columns.text.first().and_then(|name| row.get(name)).unwrap_or_default();
        self.line(&id, &title);
        for trend in suggestion.trends.iter().filter(|trend| trend.suggested) {
            self.line("", &in_words(trend));
        }
        if let Some(duplicate) = &suggestion.duplicate {
            let place = match duplicate.source {
                DuplicateSource::Batch => "",
                DuplicateSource::Training => "training case ",
            };
            let percent = 100.0 * duplicate.similarity;
            self.line("", &format!("repeats {place}{} ({percent:.0} %)", duplicate.of));
        }
        if suggestion.needs_review {
            let reasons: Vec<&str> =
                suggestion.review_reasons.iter().map(|reason| reason.words()).collect();
            self.line("", &format!("please review: {}", reasons.join(", ")));
        }
    }

    fn line(&mut self, id: &str, text: &str) {
        let line = format!("{} {text}", padded(id, ID_WIDTH));
        self.text.push_str(&clipped(&line, self.width));
        self.text.push('\n');
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

fn in_words(trend: &SuggestedTrend) -> String {
    let terms: Vec<&str> =
        trend.evidence.iter().flatten().map(|piece| piece.term.as_str()).collect();
    let percent = 100.0 * trend.probability.unwrap_or_default();
    format!("{} {percent:.0} %  ({})", trend.key, terms.join(", "))
}
