//! The labels of two annotators for the same cases.

use crate::tagger::{Case, Corpus};
use crate::taxonomy::{LabelReader, TrendSet};

/// The columns with the labels of two annotators.
const COLUMNS: [&str; 2] = ["annotation_1", "annotation_2"];

/// Returns the id of each case that both annotators labelled, with the labels of each.
pub(crate) fn annotations(
    corpus: &Corpus,
) -> impl Iterator<Item = (&str, TrendSet, TrendSet)> + '_ {
    let reader = LabelReader::new(&corpus.taxonomy, None);
    corpus.cases.iter().filter_map(move |case: &Case| {
        let labels = |column: &str| reader.read(&case.record.get(column)?).ok().flatten();
        let [first, second] = COLUMNS.map(labels);
        Some((case.id.as_str(), first?, second?))
    })
}
