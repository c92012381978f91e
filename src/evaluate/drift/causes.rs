//! Causes of drift, each with its own remedy.

use schemars::JsonSchema;
use serde::Serialize;

use crate::tagger::{ReviewReason, Tagger};

/// Why a batch is unlike the cases that a model learned from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "cause")]
pub enum Cause {
    /// Texts in another language than the model's.
    OtherLanguage {
        /// Share of the cases.
        share: f64,
    },
    /// A text column that is filled in the corpus is mostly empty.
    MissingText {
        /// The column.
        column: String,
        /// Share of the cases without it.
        share: f64,
    },
    /// The texts are longer than those learned from.
    Longer {
        /// Median number of words.
        words: usize,
        /// The same of the corpus.
        usual: usize,
    },
    /// The texts are shorter.
    Shorter {
        /// Median number of words.
        words: usize,
        /// The same of the corpus.
        usual: usize,
    },
    /// Characters that come from reading a file in the wrong encoding.
    BrokenEncoding {
        /// Share of the cases.
        share: f64,
    },
    /// Words that no case of the corpus has.
    NewWords,
}

/// Such a share of the cases makes a cause.
const SHARE: f64 = 0.05;

/// A text column is missing if this share of cases lacks it while the corpus has it.
const MISSING: f64 = 0.5;

/// Texts are longer or shorter from this ratio of the medians on.
const LENGTH: f64 = 1.5;

impl Cause {
    /// Returns sentences about the cause and its remedy.
    pub fn in_words(&self) -> String {
        let percent = |share: &f64| format!("{:.0} %", 100.0 * share);
        match self {
            Self::OtherLanguage { share } => format!(
                "{} of the cases are in another language: translate them, or train a model on \
                 labelled cases in that language.",
                percent(share)
            ),
            Self::MissingText { column, share } => format!(
                "{} of the cases have an empty \"{column}\", which the training cases have: \
                 check the names of the text columns.",
                percent(share)
            ),
            Self::Longer { words, usual } => format!(
                "The texts are longer (a median of {words} words, {usual} in the cases learned \
                 from): label some of them, and retrain."
            ),
            Self::Shorter { words, usual } => format!(
                "The texts are shorter (a median of {words} words, {usual} in the cases learned \
                 from): add the missing parts, or read more of these cases."
            ),
            Self::BrokenEncoding { share } => format!(
                "{} of the cases have characters of a wrong encoding, such as \"Ã©\" for \"é\": \
                 read or export the file again with the right one.",
                percent(share)
            ),
            Self::NewWords => {
                "Many words are new: have cases with them reviewed, and retrain.".to_owned()
            }
        }
    }

    /// Returns the causes that can be seen in the texts themselves.
    pub(super) fn of(
        tagger: &Tagger,
        corpus: &[Vec<String>],
        batch: &[&Vec<String>],
        reasons: &[Vec<ReviewReason>],
    ) -> Vec<Self> {
        let share = |count: usize| count as f64 / batch.len().max(1) as f64;
        let mut causes = Vec::new();
        let is_foreign =
            |reasons: &&Vec<ReviewReason>| reasons.contains(&ReviewReason::OtherLanguage);
        let foreign = share(reasons.iter().filter(is_foreign).count());
        if foreign >= SHARE {
            causes.push(Self::OtherLanguage { share: foreign });
        }
        let broken = share(batch.iter().filter(|texts| texts.iter().any(|t| is_broken(t))).count());
        if broken >= SHARE {
            causes.push(Self::BrokenEncoding { share: broken });
        }
        let mut is_missing = false;
        for (k, column) in tagger.params().text_columns().into_iter().enumerate() {
            let lacks = |texts: &Vec<String>| texts.get(k).is_none_or(|t| t.trim().is_empty());
            let missing = share(batch.iter().filter(|texts| lacks(texts)).count());
            let usual = corpus.iter().filter(|texts| lacks(texts)).count() as f64;
            if missing - usual / corpus.len().max(1) as f64 >= MISSING {
                causes.push(Self::MissingText { column, share: missing });
                is_missing = true;
            }
        }
        let words = |texts: &Vec<String>| -> usize {
            texts.iter().map(|text| text.split_whitespace().count()).sum()
        };
        let found = median(batch.iter().map(|texts| words(texts)).collect());
        let usual = median(corpus.iter().map(words).collect());
        if found as f64 > LENGTH * usual as f64 {
            causes.push(Self::Longer { words: found, usual });
        } else if (found as f64) * LENGTH < usual as f64 && !is_missing {
            causes.push(Self::Shorter { words: found, usual });
        }
        causes
    }
}

fn median(mut values: Vec<usize>) -> usize {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Returns whether a text has UTF-8 that was read as Windows-1252 or Latin-1, or characters that
/// could not be read.
fn is_broken(text: &str) -> bool {
    let mut last = ' ';
    text.chars().any(|c| {
        // The first byte of two or three, then one that only such a reading leaves there.
        let is_pair = matches!(last, 'Ã' | 'Â') && matches!(c, '\u{80}'..='\u{bf}')
            || last == 'â' && matches!(c, '€' | '\u{80}');
        last = c;
        is_pair || c == '\u{fffd}'
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagger::Corpus;
    use crate::tagger::TaggerParams;
    use crate::taxonomy::Taxonomy;

    #[test]
    fn text_in_a_wrong_encoding_is_told_from_text_with_accents() {
        // "café", "naïve" and a curly apostrophe, written as UTF-8 and read as Windows-1252.
        for text in ["cafÃ©", "naÃ¯ve", "itâ€™s", "a\u{fffd}b"] {
            assert!(is_broken(text), "{text}");
        }
        for text in ["café", "São Paulo", "Ângela", "château", "it’s", "Â "] {
            assert!(!is_broken(text), "{text}");
        }
    }

    #[test]
    fn each_cause_has_its_own_advice() {
        let case = |i: usize| {
            let (word, key) = [("ballot", "a"), ("sensor", "b")][i % 2];
            let text = format!("the {word} n{i} of the {word} m{i} and the {word} k{i} is there");
            (format!("c{i}"), vec![format!("{word} {i}"), text], vec![key])
        };
        let taxonomy = Taxonomy::from_keys(["a", "b"]).unwrap();
        let corpus = Corpus::from_cases(taxonomy, (0..60).map(case)).unwrap();
        let mut params = TaggerParams::default();
        params.fields.truncate(2);
        let tagger = params.train(&corpus).unwrap().tagger;
        let known: Vec<Vec<String>> = corpus.cases.iter().map(|c| c.texts.clone()).collect();
        let words = |change: &dyn Fn(&Vec<String>) -> Vec<String>| {
            let batch: Vec<Vec<String>> = known.iter().map(change).collect();
            let none = vec![Vec::new(); batch.len()];
            let causes = Cause::of(&tagger, &known, &batch.iter().collect::<Vec<_>>(), &none);
            causes.iter().map(Cause::in_words).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words(&|texts| texts.clone()), "");
        assert!(
            words(&|t| vec![t[0].clone(), String::new()]).contains("check the names of the text")
        );
        assert!(words(&|t| vec![t[0].clone(), t[1].repeat(2)]).contains("texts are longer"));
        assert!(
            words(&|t| vec![t[0].clone(), format!("{} cafÃ©", t[1])]).contains("wrong encoding")
        );
        let foreign = vec![vec![ReviewReason::OtherLanguage]; known.len()];
        let causes = Cause::of(&tagger, &known, &known.iter().collect::<Vec<_>>(), &foreign);
        assert!(causes[0].in_words().contains("100 % of the cases are in another language"));
    }
}
