//! Checks a label set before training: faults, missing definitions, few or contradictory
//! examples, unknown labels.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::features::near_duplicates::{Signature, groups};
use crate::features::{CountedCorpus, FeatureParams, Field, SparseRows};
use crate::tagger::Example;
use crate::taxonomy::{Taxonomy, TrendId};
use crate::text::Language;

/// How a label set is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TaxonomyCheckParams {
    /// A trend should have as many examples.
    pub least_examples: usize,
    /// Two trends overlap if this share of the examples of one is nearer to the other.
    pub overlap: f64,
    /// Language of the examples.
    pub language: Language,
}

impl Default for TaxonomyCheckParams {
    fn default() -> Self {
        Self { least_examples: 10, overlap: 0.25, language: Language::English }
    }
}

/// How bad a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A model can be trained, but it will not be as good as it could be.
    Warning,
    /// The taxonomy cannot be used, or labels are lost.
    Error,
}

/// Which kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Something for which the taxonomy cannot be used, such as a key that occurs twice.
    Fault,
    /// A trend has no definition.
    NoDefinition,
    /// A trend has few examples.
    FewExamples,
    /// Two examples are nearly the same and show different trends.
    ContradictoryExamples,
    /// The examples of one trend are hard to distinguish from those of another.
    OverlappingTrends,
    /// A label of a file that no trend is known by.
    UnknownLabel,
}

/// Something that should be fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaxonomyFinding {
    /// How bad it is.
    pub severity: Severity,
    /// Which kind of thing it is.
    pub kind: FindingKind,
    /// The key of the trend, or the label, that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Describes the finding, with a remedy.
    pub words: String,
}

impl TaxonomyFinding {
    fn new(kind: FindingKind, about: Option<&str>, words: String) -> Self {
        let severity = match kind {
            FindingKind::Fault | FindingKind::UnknownLabel => Severity::Error,
            _ => Severity::Warning,
        };
        Self { severity, kind, about: about.map(str::to_owned), words }
    }
}

/// Checks a taxonomy with its faults ([`Taxonomy::open_with_faults`]), the examples of its
/// trends, and the unknown labels of a file with their numbers of rows. Errors come first.
pub fn check_taxonomy(
    (taxonomy, faults): (&Taxonomy, &[String]),
    examples: &[Example],
    unknown_labels: &BTreeMap<String, usize>,
    params: &TaxonomyCheckParams,
) -> Vec<TaxonomyFinding> {
    use FindingKind::{FewExamples, NoDefinition, UnknownLabel};
    let fault = |fault: &String| TaxonomyFinding::new(FindingKind::Fault, None, fault.clone());
    let mut found: Vec<TaxonomyFinding> = faults.iter().map(fault).collect();
    found.extend(unknown_labels.iter().map(|(label, rows)| {
        let rows = counted(*rows, "row");
        let words = format!("no trend has the key, name or alias \"{label}\" ({rows})");
        TaxonomyFinding::new(UnknownLabel, Some(label), words)
    }));
    for (id, trend) in taxonomy.iter() {
        let key = Some(trend.key.as_str());
        if trend.definition.trim().is_empty() {
            let words = format!("{} has no definition", trend.key);
            found.push(TaxonomyFinding::new(NoDefinition, key, words));
        }
        let count = examples.iter().filter(|e| e.trends.contains(id) && !is_blank(e)).count();
        if count < params.least_examples {
            let (count, least) = (counted(count, "example"), params.least_examples);
            let words = format!("{} has {count}; write at least {least}", trend.key);
            found.push(TaxonomyFinding::new(FewExamples, key, words));
        }
    }
    found.extend(contradictions(taxonomy, examples));
    found.extend(overlaps(taxonomy, examples, params));
    found
}

fn is_blank(example: &Example) -> bool {
    example.text.trim().is_empty()
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Finds examples that are nearly the same and show different trends.
fn contradictions(taxonomy: &Taxonomy, examples: &[Example]) -> Vec<TaxonomyFinding> {
    let signatures: Vec<_> = examples.iter().map(|e| Signature::new([e.text.as_str()])).collect();
    let firsts = groups(&signatures);
    let contradictory = firsts.iter().enumerate().filter_map(|(later, &first)| {
        let (a, b) = (&examples[first], &examples[later]);
        if a.trends == b.trends {
            return None;
        }
        let (shows_a, shows_b) = (taxonomy.format_cell(&a.trends), taxonomy.format_cell(&b.trends));
        let words = format!(
            "\"{}\" shows {shows_a}, and \"{}\" shows {shows_b}, but they say almost the same; \
             remove one, or give both the trends of both",
            a.text, b.text
        );
        Some(TaxonomyFinding::new(FindingKind::ContradictoryExamples, Some(&shows_a), words))
    });
    contradictory.collect()
}

/// Finds trends with many examples that are closer, in tf-idf, to the examples of another
/// trend than to those of their own.
fn overlaps(
    taxonomy: &Taxonomy,
    examples: &[Example],
    params: &TaxonomyCheckParams,
) -> Vec<TaxonomyFinding> {
    let matrix = vectors(examples, params.language);
    let columns = matrix.columns();
    let mut sums = vec![vec![0.0; columns]; taxonomy.len()];
    let mut sizes = vec![0_usize; taxonomy.len()];
    let trends = |row: usize| examples[row].trends.iter().map(TrendId::index);
    for row in 0..matrix.len() {
        let (indices, values) = matrix.row(row);
        for trend in trends(row) {
            sizes[trend] += 1;
            indices.iter().zip(values).for_each(|(&i, v)| sums[trend][i as usize] += v);
        }
    }
    let mut taken: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for row in 0..matrix.len() {
        let (_, values) = matrix.row(row);
        let own: Vec<usize> = trends(row).collect();
        let square: f64 = values.iter().map(|v| v * v).sum();
        // Mean similarity to the other examples of each trend.
        let similarity = |trend: usize| {
            let itself = own.contains(&trend);
            let others = sizes[trend] - usize::from(itself);
            let sum = matrix.dot(row, &sums[trend]) - if itself { square } else { 0.0 };
            if others == 0 { 0.0 } else { sum / others as f64 }
        };
        let best = (0..taxonomy.len()).fold((0, f64::NEG_INFINITY), |best, trend| {
            let found = similarity(trend);
            if found > best.1 { (trend, found) } else { best }
        });
        if best.1 > 0.0 && !own.contains(&best.0) {
            own.iter().for_each(|&trend| *taken.entry((trend, best.0)).or_default() += 1);
        }
    }
    let overlapping = taken.into_iter().filter(|&((trend, _), count)| {
        count > 1 && count as f64 >= params.overlap * sizes[trend] as f64
    });
    overlapping
        .map(|((trend, other), count)| {
            let keys: Vec<&str> = taxonomy.keys().collect();
            let (key, other, size) = (keys[trend], keys[other], sizes[trend]);
            let words = format!(
                "{count} of {size} examples of {key} are nearer to those of {other}; say in the \
                 definitions and examples what distinguishes them"
            );
            TaxonomyFinding::new(FindingKind::OverlappingTrends, Some(key), words)
        })
        .collect()
}

fn vectors(examples: &[Example], language: Language) -> SparseRows {
    let mut params = FeatureParams { subwords: None, window: None, ..FeatureParams::default() };
    params.text.language = language;
    params.words.keep.min_df = 1;
    let documents = examples.iter().map(|example| [Field::new(&example.text, 1.0)]);
    let counted = CountedCorpus::new(documents, &params);
    let rows: Vec<usize> = (0..examples.len()).collect();
    counted.fit(&rows, &params).matrix(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        [[trend]]
        key = "roads"
        definition = "Roads need repair."
        [[trend]]
        key = "water"
        [[trend]]
        key = "roads"
        definition = "Again."
    "#;

    fn example(taxonomy: &Taxonomy, cell: &str, text: &str) -> Example {
        let trends = taxonomy.parse_cell(cell).unwrap().unwrap();
        Example { trends, text: text.to_owned() }
    }

    fn kinds(found: &[TaxonomyFinding]) -> Vec<(FindingKind, Option<&str>)> {
        found.iter().map(|finding| (finding.kind, finding.about.as_deref())).collect()
    }

    #[test]
    fn faults_unknown_labels_and_missing_definitions_are_found_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taxonomy.toml");
        std::fs::write(&path, TOML).unwrap();
        let (taxonomy, faults) = Taxonomy::open_with_faults(&path).unwrap();
        assert_eq!(faults, ["the key \"roads\" occurs twice"]);
        let params = TaxonomyCheckParams { least_examples: 0, ..TaxonomyCheckParams::default() };
        let unknown = BTreeMap::from([("Potholes".to_owned(), 3)]);
        let found = check_taxonomy((&taxonomy, &faults), &[], &unknown, &params);
        use FindingKind::{Fault, NoDefinition, UnknownLabel};
        let expected =
            [(Fault, None), (UnknownLabel, Some("Potholes")), (NoDefinition, Some("water"))];
        assert_eq!(kinds(&found), expected);
        assert!(found[1].words.ends_with("\"Potholes\" (3 rows)"), "{}", found[1].words);
    }

    #[test]
    fn examples_that_are_few_contradict_or_overlap_are_named() {
        let taxonomy = Taxonomy::from_keys(["lamps", "roads", "water"]).unwrap();
        let example = |cell, text| example(&taxonomy, cell, text);
        let examples = [
            example("lamps", "The lamp at the gate is broken"),
            example("lamps", "A broken lamp leaves the gate dark"),
            example("roads", "Potholes make the road dangerous for bicycles"),
            example("roads", "The road has potholes and loose slabs"),
            example("roads", "A pipe leaks water under the slabs"),
            example("roads", "Water from a leaking pipe floods the street"),
            example("water", "The pipe leaks and water floods the cellar"),
            example("water", "Leaking pipes flood cellars with water"),
            example("lamps;water", "A pipe leaks water under the slabs"),
            example("water", "  "),
        ];
        let params = TaxonomyCheckParams { least_examples: 4, ..TaxonomyCheckParams::default() };
        let found = check_taxonomy((&taxonomy, &[]), &examples, &BTreeMap::new(), &params);
        use FindingKind::{ContradictoryExamples, FewExamples, NoDefinition, OverlappingTrends};
        let of = |kind| -> Vec<&TaxonomyFinding> {
            found.iter().filter(|finding| finding.kind == kind).collect()
        };
        assert_eq!(of(NoDefinition).len(), 3);
        let few: Vec<_> = of(FewExamples).iter().map(|f| f.words.as_str()).collect();
        let least = "write at least 4";
        assert_eq!(
            few,
            [format!("lamps has 3 examples; {least}"), format!("water has 3 examples; {least}")]
        );
        let contradictory = of(ContradictoryExamples);
        assert_eq!(contradictory.len(), 1);
        assert!(contradictory[0].words.contains("shows lamps;water"), "{}", contradictory[0].words);
        let overlapping: Vec<_> = of(OverlappingTrends).iter().map(|f| f.words.as_str()).collect();
        assert!(
            overlapping[0].starts_with("2 of 4 examples of roads are nearer to those of water"),
            "{overlapping:?}"
        );
        assert_eq!(overlapping.len(), 1, "{overlapping:?}");
    }
}
