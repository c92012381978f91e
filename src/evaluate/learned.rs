//! Finds cases that a model has learned from. Figures on them are not valid for new
//! cases.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::features::near_duplicates::{DuplicateIndex, Signature};
use crate::tagger::{Corpus, Tagger};

/// How many labelled cases of a corpus a model has learned from, recognised by the
/// signatures in the model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Learned {
    /// Labelled cases.
    pub cases: usize,
    /// Number of cases with the text of a training case.
    pub same: usize,
    /// Number of cases with nearly the text of a training case.
    pub near: usize,
    #[serde(skip)]
    ids: BTreeSet<String>,
}

impl Learned {
    /// Looks for the labelled cases of a corpus among those that a tagger learned from.
    pub fn of(tagger: &Tagger, corpus: &Corpus) -> Self {
        let mut index = DuplicateIndex::default();
        let known = &tagger.training().known.signatures;
        known.iter().for_each(|signature| index.add(signature.clone()));
        let mut found = Self::default();
        for case in corpus.cases.iter().filter(|case| case.gold.is_some()) {
            found.cases += 1;
            let earlier = Signature::of_texts(&case.texts).and_then(|s| index.find(&s));
            let Some((_, similarity)) = earlier else { continue };
            *(if similarity == 1.0 { &mut found.same } else { &mut found.near }) += 1;
            found.ids.insert(case.id.clone());
        }
        found
    }

    /// Returns whether the model has learned from any of them.
    pub fn is_any(&self) -> bool {
        self.same + self.near > 0
    }

    /// Returns the warning before all figures of the model on these cases; `None` if it
    /// has learned from none.
    pub fn caution(&self, model: &str) -> Option<String> {
        self.is_any().then(|| {
            format!(
                "CAUTION: the model {model} has learned from {} of these {} cases ({} with the \
                 same text, {} nearly). Figures on them do not show how good it is on new cases.",
                self.same + self.near,
                self.cases,
                self.same,
                self.near
            )
        })
    }

    /// Removes the cases that the model has learned from from the corpus.
    pub fn leave_out(&self, corpus: &mut Corpus) {
        corpus.cases.retain(|case| !self.ids.contains(&case.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagger::TaggerParams;
    use crate::taxonomy::Taxonomy;

    fn corpus(numbers: std::ops::Range<usize>, end: &str) -> Corpus {
        let case = |i: usize| {
            let (word, key) = [("ballot", "a"), ("sensor", "b")][i % 2];
            let text = format!("{word} n{i} {word} m{i} {word} k{i} {word} l{i} {word} o{i}{end}");
            (format!("c{i}"), vec![text], vec![key])
        };
        Corpus::from_cases(Taxonomy::from_keys(["a", "b"]).unwrap(), numbers.map(case)).unwrap()
    }

    #[test]
    fn cases_learned_from_are_recognised_by_their_text_though_it_was_changed_a_little() {
        let tagger = TaggerParams::default().train(&corpus(0..40, "")).unwrap().tagger;
        let count = |found: &Learned| (found.cases, found.same, found.near);
        assert_eq!(count(&Learned::of(&tagger, &corpus(30..50, ""))), (20, 10, 0));
        let changed = Learned::of(&tagger, &corpus(30..50, " indeed"));
        assert_eq!(count(&changed), (20, 0, 10));
        assert!(changed.caution("m").unwrap().contains("learned from 10 of these 20 cases"));
        let mut left = corpus(30..50, " indeed");
        changed.leave_out(&mut left);
        assert_eq!(left.cases.len(), 10);
        assert_eq!(Learned::of(&tagger, &left).caution("m"), None);
    }
}
