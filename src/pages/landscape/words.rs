//! Wordings that sentences, charts and tables share.

use crate::evaluate::landscape::{Labels, Landscape};
use crate::pages::kit::format::p_value;

/// How a difference is called that chance does not explain.
pub(super) const CERTAIN: &str = "to a statistically significant degree (adjusted p < 0.05)";

/// How the trends of the cases were given.
pub(super) fn given(landscape: &Landscape) -> &'static str {
    match landscape.labels {
        Labels::Gold => "as labelled",
        Labels::Suggested => "as suggested",
        Labels::Finished => "as decided",
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
