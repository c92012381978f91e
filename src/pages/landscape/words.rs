//! Wordings that sentences, charts and tables share.

use crate::evaluate::landscape::{Labels, Landscape};
use crate::pages::kit::format::{listed, p_value};

/// Items named in one sentence, at most.
pub(super) const NAMED: usize = 8;

/// How the trends of the cases were given.
pub(super) fn given(landscape: &Landscape) -> &'static str {
    match landscape.labels {
        Labels::Gold => "as labelled",
        Labels::Suggested => "as suggested",
        Labels::Finished => "as decided",
    }
}

/// What kind of shares the tests compare, as a word before "share"; in a finished batch a caveat says
/// more.
pub(super) fn what(landscape: &Landscape) -> &'static str {
    match landscape.labels {
        Labels::Gold => "labelled ",
        Labels::Suggested => "suggested ",
        Labels::Finished => "",
    }
}

/// Returns a p-value that is adjusted for all tests of its table.
pub(super) fn adjusted_p(p: Option<f64>) -> String {
    let written = p_value(p);
    match written.starts_with('<') {
        true => format!("adjusted p\u{a0}{written}"),
        false => format!("adjusted p\u{a0}=\u{a0}{written}"),
    }
}

/// Returns the trends by falling share.
pub(super) fn falling(landscape: &Landscape) -> Vec<usize> {
    let share = |trend: usize| landscape.trends[trend].frequency.best().map_or(-1.0, |e| e.value);
    let mut trends: Vec<usize> = (0..landscape.trends.len()).collect();
    // Stable: of equals the first in the taxonomy comes first.
    trends.sort_by(|&a, &b| share(b).total_cmp(&share(a)));
    trends
}

/// Returns the first items in a sentence, and how many more there are.
pub(super) fn first_of(mut items: Vec<String>, most: usize) -> String {
    let more = items.len().saturating_sub(most);
    items.truncate(most);
    items.extend((more > 0).then(|| format!("{more} more")));
    listed(&items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_stops_says_how_many_more_there_are() {
        let items = |n: usize| (1..=n).map(|item| item.to_string()).collect();
        assert_eq!(first_of(items(8), 8), "1, 2, 3, 4, 5, 6, 7 and 8");
        assert_eq!(first_of(items(10), 8), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
        assert_eq!(first_of(items(1), 8), "1");
    }
}
