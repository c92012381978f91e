//! The words that documents write with a hyphen.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::Analyzer;

/// The words that documents write with a hyphen.
#[derive(Default)]
pub(super) struct HyphenatedForms {
    /// In lower case, each with the term of the joined word.
    pub(super) forms: BTreeMap<String, Option<String>>,
    pub(super) of_document: Vec<BTreeSet<String>>,
}

impl HyphenatedForms {
    /// Adds the next document.
    pub(super) fn add(&mut self, forms: BTreeSet<String>, analyzer: &Analyzer) {
        for form in &forms {
            let joined = || analyzer.term(&form.replace('-', "")).map(|term| term.into_owned());
            self.forms.entry(form.clone()).or_insert_with(joined);
        }
        self.of_document.push(forms);
    }
}
