//! Keyword rule: a trend is suggested to texts that use the words of its
//! definition.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::baselines::Prediction;
use crate::stats::ratio;
use crate::taxonomy::TrendId;

/// A trend is suggested if its overlap is at least this share of the best one's:
/// more than one trend applies to many cases.
const SHARE_OF_BEST: f64 = 0.75;

/// Suggests the trends whose definitions share most terms with the case; needs no
/// training.
///
/// `definitions` holds the terms of each trend (of its name, definition and what
/// it includes), `cases` those of each case, both made in the same way. A term
/// that occurs in the definitions of d out of T trends weighs `ln((1 + T) / d)`;
/// the overlap is the share of the weight of the trend's distinct terms that
/// occurs in the case. It is reported as a probability, but it is not one: only its
/// order means something. A case without any such term gets no suggestion.
pub fn keywords(definitions: &[Vec<String>], cases: &[Vec<String>]) -> Vec<Prediction> {
    let definitions: Vec<BTreeSet<&str>> =
        definitions.iter().map(|terms| terms.iter().map(String::as_str).collect()).collect();
    let trends = definitions.len() as f64;
    let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
    for &term in definitions.iter().flatten() {
        *weights.entry(term).or_default() += 1.0;
    }
    for weight in weights.values_mut() {
        *weight = libm::log((1.0 + trends) / *weight);
    }

    let overlap = |definition: &BTreeSet<&str>, case: &BTreeSet<&str>| {
        let weight = |terms: &mut dyn Iterator<Item = &&str>| -> f64 {
            terms.map(|term| weights[term]).sum()
        };
        let found = weight(&mut definition.intersection(case));
        ratio(found, weight(&mut definition.iter())).unwrap_or(0.0).min(1.0)
    };
    let predict = |terms: &Vec<String>| {
        let case: BTreeSet<&str> = terms.iter().map(String::as_str).collect();
        let probabilities: Vec<f64> = definitions.iter().map(|d| overlap(d, &case)).collect();
        let best = probabilities.iter().copied().fold(0.0, f64::max);
        let passes = |&i: &usize| best > 0.0 && probabilities[i] >= SHARE_OF_BEST * best;
        let ids = (0..probabilities.len()).filter(passes).map(|i| TrendId(i as u16));
        Prediction { suggested: ids.collect(), probabilities }
    };
    cases.iter().map(predict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<Vec<String>> {
        texts.iter().map(|text| text.split(' ').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_text_gets_the_trend_whose_words_it_uses_and_none_for_foreign_words() {
        let definitions = words(&["public sensor data", "public vote forum", ""]);
        let cases = words(&["data of a sensor", "a forum and a vote on data", "nothing here"]);
        let found = keywords(&definitions, &cases);
        let ids = |i: usize| found[i].suggested.iter().collect::<Vec<_>>();
        assert_eq!(ids(0), [TrendId(0)]);
        assert_eq!(ids(1), [TrendId(1)]);
        assert!(ids(2).is_empty());
        assert!(found.iter().all(|p| p.probabilities.iter().all(|p| (0.0..=1.0).contains(p))));
    }

    #[test]
    fn a_term_of_all_definitions_weighs_less_than_a_term_of_one() {
        let definitions = words(&["public sensor", "public vote"]);
        let found = keywords(&definitions, &words(&["public sensor"])).remove(0);
        // By hand: "public" weighs ln(3/2), the others ln 3.
        let (shared, own) = (libm::log(1.5), libm::log(3.0));
        assert_eq!(found.probabilities[0], 1.0);
        assert!((found.probabilities[1] - shared / (shared + own)).abs() < 1e-15);
    }

    #[test]
    fn a_repeated_word_counts_once() {
        let definitions = words(&["sensor data", "vote forum"]);
        let found = keywords(&definitions, &words(&["data vote vote vote"])).remove(0);
        assert_eq!(found.probabilities[0], found.probabilities[1]);
    }
}
