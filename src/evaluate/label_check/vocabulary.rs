//! Vocabulary that gives a label away: a model that leans on it looks better
//! than it will be.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::evaluate::surfaces::Surfaces;
use crate::tagger::TrainingSet;
use crate::taxonomy::TrendId;
use crate::text::{Analyzer, Normalised, TextParams, lower_case};

/// Minimum number of cases with a term.
const FEWEST_CASES: usize = 5;

/// Such a share of a term's cases has to have the trend.
const PURE: f64 = 0.95;

/// Such a share of the trend's cases has to have the term.
const COVERED: f64 = 0.2;

/// A term that gives a label away.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Leak {
    /// The term: words as the cases have them.
    pub term: String,
    /// Key of the trend.
    pub key: String,
    /// Cases with the term.
    pub cases: usize,
    /// Share of them that have the trend.
    pub purity: f64,
    /// Share of the trend's cases that have the term.
    pub coverage: f64,
    /// Whether the term is the trend's own key or name.
    pub is_name: bool,
}

/// Finds frequent terms with one trend in nearly all of their cases, and names of trends
/// in the texts that reveal the trend. Those that cover the most cases come first.
pub(super) fn leaks(set: &TrainingSet<'_>, params: &TextParams) -> Vec<Leak> {
    let analyzer = Analyzer::new(params);
    let read = |text: &str| -> Vec<String> {
        let text = Normalised::new(text);
        let words = text.tokens().map(|token| lower_case(token.surface).into_owned());
        words.filter_map(|word| analyzer.term(&word).map(|term| term.into_owned())).collect()
    };
    let mut cases_of_term: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, terms) in set.case_terms().into_iter().enumerate() {
        terms.into_iter().for_each(|term| cases_of_term.entry(term).or_default().push(row));
    }
    let names = |id: TrendId| {
        let trend = &set.taxonomy().trends[id.index()];
        [trend.key.as_str(), &trend.name].map(|name| read(name).join(" "))
    };
    // Names may be longer than any term of the vocabulary.
    let texts: Vec<String> = (0..set.len())
        .map(|row| {
            let of_text = set.case(row).texts.iter().map(|text| read(text).join(" "));
            format!(" {} ", of_text.collect::<Vec<_>>().join(" | "))
        })
        .collect();
    let mut leaks = Vec::new();
    for (id, trend) in set.taxonomy().iter() {
        let support = set.gold().iter().filter(|gold| gold.contains(id)).count();
        let names = names(id);
        let leak = |term: &str, rows: &[usize], is_name: bool| {
            let hits = rows.iter().filter(|&&row| set.gold()[row].contains(id)).count();
            Leak {
                term: term.to_owned(),
                key: trend.key.clone(),
                cases: rows.len(),
                purity: hits as f64 / rows.len().max(1) as f64,
                coverage: hits as f64 / support.max(1) as f64,
                is_name,
            }
        };
        let mut named: Vec<&String> = names.iter().filter(|name| !name.is_empty()).collect();
        named.dedup();
        for name in named {
            let phrase = format!(" {name} ");
            let rows: Vec<usize> =
                (0..texts.len()).filter(|&i| texts[i].contains(&phrase)).collect();
            leaks.extend(Some(leak(name, &rows, true)).filter(|leak| leak.cases >= FEWEST_CASES));
        }
        let terms = cases_of_term.iter().filter(|(term, _)| !names.contains(term));
        leaks.extend(
            terms
                .map(|(term, rows)| leak(term, rows, false))
                .filter(|leak| leak.cases >= FEWEST_CASES && leak.coverage >= COVERED),
        );
    }
    leaks.retain(|leak| leak.purity >= PURE);
    let all = (0..set.len()).flat_map(|row| &set.case(row).texts).map(String::as_str);
    let surfaces = Surfaces::of(all, params);
    leaks.sort_by(|a, b| b.coverage.total_cmp(&a.coverage).then(a.term.cmp(&b.term)));
    leaks.iter_mut().for_each(|leak| leak.term = surfaces.words(&leak.term));
    leaks
}
