//! Texts that contradict each other, and texts with hardly any words.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::tagger::Case;
use crate::tagger::TrainingSet;

/// Cases with nearly the same text and different labels.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Contradiction {
    /// Id and labels of each.
    pub cases: Vec<(String, String)>,
    /// Estimated similarity of the word triples of the most unlike two, 0 to 1.
    pub similarity: f64,
    /// Whether their texts are the same to the letter, spaces aside.
    pub exact: bool,
}

/// A case with hardly any text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ThinText {
    /// Its id.
    pub id: String,
    /// Number of its words.
    pub words: usize,
}

/// Near-duplicates that differ in their labels, the most similar first.
pub(super) fn contradictions(set: &TrainingSet<'_>) -> Vec<Contradiction> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &group) in set.groups().iter().enumerate() {
        groups.entry(group).or_default().push(row);
    }
    let differ = |rows: &Vec<usize>| rows.iter().any(|&row| set.gold()[row] != set.gold()[rows[0]]);
    let of_group = |rows: Vec<usize>| {
        let similarity = |a: usize, b: usize| {
            let [a, b] = [a, b].map(|row| set.signatures()[row].as_ref());
            a.zip(b).map_or(0.0, |(a, b)| a.similarity(b))
        };
        let pairs = rows
            .iter()
            .enumerate()
            .flat_map(|(i, &a)| rows[..i].iter().map(move |&b| similarity(a, b)));
        let label = |&row: &usize| {
            let labels = set.taxonomy().format_cell(&set.gold()[row]);
            (set.case(row).id.clone(), labels)
        };
        Contradiction {
            cases: rows.iter().map(label).collect(),
            similarity: pairs.fold(1.0, f64::min),
            exact: rows.iter().all(|&row| letters(set.case(row)) == letters(set.case(rows[0]))),
        }
    };
    let mut found: Vec<Contradiction> = groups.into_values().filter(differ).map(of_group).collect();
    found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    found
}

/// Returns the words of a case with one space between them.
fn letters(case: &Case) -> String {
    case.texts.iter().flat_map(|text| text.split_whitespace()).collect::<Vec<_>>().join(" ")
}

/// Cases with less than `share` of the median number of words, shortest first.
pub(super) fn thin(set: &TrainingSet<'_>, share: f64) -> Vec<ThinText> {
    let mut rising = set.words().to_vec();
    rising.sort_unstable();
    let median = rising.get(rising.len() / 2).copied().unwrap_or_default() as f64;
    let mut thin: Vec<ThinText> = (set.words().iter().copied())
        .enumerate()
        .filter(|&(_, words)| (words as f64) < share * median)
        .map(|(row, words)| ThinText { id: set.case(row).id.clone(), words })
        .collect();
    thin.sort_by_key(|thin| thin.words);
    thin
}
