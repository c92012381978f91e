//! The words that documents write with a hyphen.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::Analyzer;

/// The words that documents write with a hyphen, while they are collected.
#[derive(Default)]
pub(super) struct Collected {
    /// In lower case, each with a number and the term of the joined word.
    forms: BTreeMap<String, (u32, Option<String>)>,
    of_document: Vec<Vec<u32>>,
}

/// The words that documents write with a hyphen.
pub(super) struct HyphenatedForms {
    /// In lower case, sorted, each with the number of the term of the joined word, if any
    /// document has it.
    pub(super) forms: Vec<(String, Option<u32>)>,
    /// The forms of each document, by their places.
    pub(super) of_document: Vec<Vec<u32>>,
}

impl Collected {
    /// Adds the next document.
    pub(super) fn add(&mut self, forms: BTreeSet<String>, analyzer: &Analyzer) {
        let number = |form: String| {
            let next = self.forms.len() as u32;
            let joined = form.replace('-', "");
            let joined = || analyzer.term(&joined).map(|term| term.into_owned());
            self.forms.entry(form).or_insert_with(|| (next, joined())).0
        };
        self.of_document.push(forms.into_iter().map(number).collect());
    }

    /// Ends the collection, given the terms of all documents, sorted.
    pub(super) fn end(mut self, terms: &[String]) -> HyphenatedForms {
        let mut places = vec![0; self.forms.len()];
        for (place, (number, _)) in self.forms.values().enumerate() {
            places[*number as usize] = place as u32;
        }
        for form in self.of_document.iter_mut().flatten() {
            *form = places[*form as usize];
        }
        let place = |term: String| terms.binary_search(&term).ok().map(|place| place as u32);
        let forms =
            self.forms.into_iter().map(|(form, (_, joined))| (form, joined.and_then(place)));
        HyphenatedForms { forms: forms.collect(), of_document: self.of_document }
    }
}
