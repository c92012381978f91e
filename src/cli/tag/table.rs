//! Tagged rows as a table for people, on a terminal.

use console::style;
use trendtag::Taxonomy;
use trendtag::tables::{Columns, Row};
use trendtag::tagger::{DuplicateSource, SuggestedTrend, Suggestion};

use crate::cli::text_table::{clipped, padded, shortened};

/// Width of the id, in columns of the terminal.
const ID_WIDTH: usize = 16;

/// Maximum width of the name of a trend.
pub(super) const NAME_WIDTH: usize = 34;

/// Width of the title in a one-line row.
const TITLE_WIDTH: usize = 40;

/// A table to which tagged rows are added one by one.
pub(super) struct Table<'c> {
    columns: &'c Columns,
    taxonomy: &'c Taxonomy,
    width: usize,
    /// Expected errors and lines of each row.
    rows: Vec<(f64, String)>,
}

impl<'c> Table<'c> {
    /// Creates a table as wide as the terminal.
    pub(super) fn new(columns: &'c Columns, taxonomy: &'c Taxonomy) -> Self {
        let size = console::Term::stdout().size_checked();
        let width = size.map_or(100, |(_, columns)| usize::from(columns));
        Self { columns, taxonomy, width, rows: Vec::new() }
    }

    /// Adds a row: id, first text, suggestions with probability and strongest evidence,
    /// the unsure trends, and the reasons for review. A row that needs no review gets one
    /// line.
    pub(super) fn add(&mut self, row: &Row, suggestion: &Suggestion) {
        let id = row.get(&self.columns.id).unwrap_or_default();
        let title = self.columns.text.first().and_then(|name| row.get(name)).unwrap_or_default();
        let lines = self.lines(&id, &title, suggestion);
        self.rows.push((suggestion.expected_errors.unwrap_or(f64::INFINITY), lines));
    }

    fn lines(&self, id: &str, title: &str, suggestion: &Suggestion) -> String {
        let suggested: Vec<&SuggestedTrend> =
            suggestion.trends.iter().filter(|trend| trend.suggested).collect();
        let duplicate = suggestion.duplicate.as_ref().map(|duplicate| {
            let place = match duplicate.source {
                DuplicateSource::Batch => "",
                DuplicateSource::Training => "training case ",
            };
            let percent = 100.0 * duplicate.similarity;
            format!("repeats {place}{} ({percent:.0} %)", duplicate.of)
        });
        if !suggestion.needs_review && suggestion.unsure_trends.is_empty() {
            let trends: Vec<String> = suggested.iter().map(|trend| self.named(trend)).collect();
            let text = format!("{}  {}", padded(title, TITLE_WIDTH), trends.join(", "));
            let text = text + &duplicate.map(|words| format!("  {words}")).unwrap_or_default();
            return style(self.line(id, &text).trim_end()).dim().to_string() + "\n";
        }
        let mut lines = self.line(id, title);
        for trend in suggested {
            let terms = trend.evidence.iter().flatten().map(|piece| piece.term.as_str());
            let terms: Vec<&str> = terms.collect();
            lines += &self.line("", &format!("{}  ({})", self.named(trend), terms.join(", ")));
        }
        let is_unsure = |trend: &&SuggestedTrend| suggestion.unsure_trends.contains(&trend.key);
        let unsure = suggestion.trends.iter().filter(is_unsure);
        let unsure: Vec<String> = unsure.map(|trend| self.named(trend)).collect();
        if !unsure.is_empty() {
            lines += &self.line("", &format!("unsure: {}", unsure.join(", ")));
        }
        lines += &duplicate.map(|words| self.line("", &words)).unwrap_or_default();
        if suggestion.needs_review {
            let reasons = suggestion.review_reasons.iter().map(|reason| reason.words());
            let reasons: Vec<&str> = reasons.collect();
            lines += &self.line("", &format!("please review: {}", reasons.join(", ")));
        }
        lines
    }

    /// Formats the name of a trend with its probability.
    fn named(&self, trend: &SuggestedTrend) -> String {
        let label = self.taxonomy.id(&trend.key).map(|id| self.taxonomy.label(id));
        let percent = 100.0 * trend.probability.unwrap_or_default();
        format!("{} {percent:.0} %", shortened(label.unwrap_or(&trend.key), NAME_WIDTH))
    }

    fn line(&self, id: &str, text: &str) -> String {
        clipped(&format!("{} {text}", padded(id, ID_WIDTH)), self.width) + "\n"
    }

    /// Returns the table in the order of the input, or with the most expected errors
    /// first.
    pub(super) fn into_text(mut self, by_doubt: bool) -> String {
        if by_doubt {
            self.rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        }
        self.rows.into_iter().map(|(_, lines)| lines).collect()
    }
}
