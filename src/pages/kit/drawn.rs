//! Chooses the trends to draw if a taxonomy has more than fit on a page.

/// Maximum number of trends in a chart.
const MOST: usize = 12;

/// Returns the trends with the most cases, in the order of the taxonomy.
pub(crate) fn drawn(cases: impl IntoIterator<Item = u64>) -> Vec<usize> {
    let mut trends: Vec<(usize, u64)> = cases.into_iter().enumerate().collect();
    // Stable: ties keep their order.
    trends.sort_by_key(|&(_, cases)| std::cmp::Reverse(cases));
    trends.truncate(MOST);
    trends.sort_unstable();
    trends.into_iter().map(|(trend, _)| trend).collect()
}

/// Returns the note if not all trends are drawn: which are, and where all are.
pub(crate) fn note(drawn: usize, trends: usize, which: &str, all: &str) -> Option<String> {
    (drawn < trends)
        .then(|| format!("Of {trends} trends the {drawn} {which} are drawn; {all} holds all."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_trends_are_drawn_in_the_order_of_the_taxonomy() {
        assert_eq!(drawn([3, 9, 3]), [0, 1, 2]);
        let cases = [5, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9, 1, 5];
        assert_eq!(drawn(cases), [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]);
    }

    #[test]
    fn what_is_not_drawn_is_said() {
        let note = |drawn, trends| note(drawn, trends, "most frequent", "the workbook");
        assert_eq!(note(3, 3), None);
        let expected = "Of 14 trends the 12 most frequent are drawn; the workbook holds all.";
        assert_eq!(note(12, 14).as_deref(), Some(expected));
    }
}
