//! Refuses cases from which nothing can be learned, because no term of their texts is
//! left.

use super::training_set::TrainingSet;
use crate::error::{Error, Result};

impl TrainingSet<'_> {
    /// Refuses cases if neither the params nor any choice of the search keeps a term.
    pub(super) fn refuse_empty_vocabulary(&self, rows: &[usize]) -> Result<()> {
        let mut features = self.recipe.params().features.clone();
        let tried = self.recipe.search().and_then(|space| space.min_df.iter().min().copied());
        let min_df = features.words.keep.min_df.min(tried.unwrap_or(usize::MAX));
        features.words.keep.min_df = min_df;
        if let Some(subwords) = &mut features.subwords {
            subwords.keep.min_df = subwords.keep.min_df.min(min_df);
        }
        let counted = self.counted(self.recipe.params());
        if !counted.fit(rows, &features).into_features().is_empty() {
            return Ok(());
        }
        let (reason, remedy) = if rows.iter().all(|&row| self.words[row] == 0) {
            ("the texts of the cases contain no words".to_owned(), "name the columns with the text")
        } else if rows.iter().all(|&row| counted.word_terms(row).is_empty()) {
            let language = features.text.language.name();
            (
                format!("all words are stop words of the language {language}"),
                "give cases with other words, or name the language of the texts",
            )
        } else {
            (
                format!("no term occurs in at least {min_df} of the {} cases", rows.len()),
                "give more cases, or keep terms of fewer cases (min_df)",
            )
        };
        Err(Error::BadCorpus {
            reason: format!("the vocabulary is empty: {reason}"),
            remedy: remedy.into(),
        })
    }
}
