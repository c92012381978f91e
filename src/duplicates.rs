//! Near-duplicates: signatures of bounded size that tell whether two texts
//! are almost the same.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::text::{lower_case, tokens};

/// Texts whose signatures agree in at least this share are near-duplicates.
pub const NEAR: f64 = 0.5;

const SLOTS: usize = 64;
/// Slots per band: texts that agree in one whole band are compared.
const BAND: usize = 3;
const SHINGLE: usize = 3;

/// MinHash signature of the word triples of a text (Broder 1997), 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature([u32; SLOTS]);

impl Signature {
    /// Signature of a text given in parts; `None` if it has no word.
    ///
    /// One permutation with optimal densification (Shrivastava 2017) fills the
    /// slots, so that a word triple is hashed once and not once a slot.
    pub fn new<'t>(parts: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        let state = FixedState::with_seed(0x7472_656e_6474_6167);
        let words: Vec<u64> = parts
            .into_iter()
            .flat_map(|part| tokens(part).map(|t| state.hash_one(lower_case(t.surface).as_bytes())))
            .collect();
        if words.is_empty() {
            return None;
        }
        let mut slots = [u32::MAX; SLOTS];
        let mut filled = [false; SLOTS];
        for shingle in words.windows(SHINGLE.min(words.len())) {
            let mut hasher = state.build_hasher();
            shingle.iter().for_each(|&word| hasher.write_u64(word));
            let hash = hasher.finish();
            let slot = (hash >> 58) as usize;
            slots[slot] = slots[slot].min(hash as u32);
            filled[slot] = true;
        }
        for slot in 0..SLOTS {
            let mut attempt = 0u64;
            let mut donor = slot;
            while !filled[donor] {
                attempt += 1;
                donor = (state.hash_one((slot as u64, attempt)) >> 58) as usize;
            }
            if donor != slot {
                slots[slot] = slots[donor];
            }
        }
        Some(Self(slots))
    }

    /// Estimated Jaccard similarity of the word triples of two texts, 0 to 1.
    pub fn similarity(&self, other: &Self) -> f64 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal as f64 / SLOTS as f64
    }

    fn bands(&self) -> impl Iterator<Item = (usize, [u32; BAND])> + '_ {
        self.0.chunks_exact(BAND).enumerate().map(|(i, band)| (i, [band[0], band[1], band[2]]))
    }
}

/// Finds the first of earlier texts that a text nearly repeats.
///
/// Grows with the number of texts added (256 bytes and 21 index entries each).
#[derive(Debug, Default)]
pub struct DuplicateIndex {
    signatures: Vec<Signature>,
    labels: Vec<usize>,
    bands: HashMap<(usize, [u32; BAND]), Vec<u32>, FixedState>,
}

impl DuplicateIndex {
    /// The label and similarity of the most similar earlier text (the first of
    /// equals), if it is at least [`NEAR`].
    pub fn find(&self, signature: &Signature) -> Option<(usize, f64)> {
        let mut candidates: Vec<u32> =
            signature.bands().filter_map(|key| self.bands.get(&key)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut best: Option<(usize, f64)> = None;
        for candidate in candidates {
            let similarity = self.signatures[candidate as usize].similarity(signature);
            if similarity >= NEAR && best.is_none_or(|(_, s)| similarity > s) {
                best = Some((self.labels[candidate as usize], similarity));
            }
        }
        best
    }

    /// Adds a text under a label of the caller's.
    pub fn add(&mut self, label: usize, signature: Signature) {
        let number = self.signatures.len() as u32;
        for key in signature.bands() {
            let entry = self.bands.entry(key).or_default();
            // A text that repeats a whole band over and over needs no more
            // witnesses than the first few.
            if entry.len() < 16 {
                entry.push(number);
            }
        }
        self.signatures.push(signature);
        self.labels.push(label);
    }
}

/// Groups near-duplicates: for each text (given in parts) the number of the
/// first text of its group.
pub fn groups<'t, P>(texts: impl IntoIterator<Item = P>) -> Vec<usize>
where
    P: IntoIterator<Item = &'t str>,
{
    let mut index = DuplicateIndex::default();
    let mut group_of = Vec::new();
    for (text, parts) in texts.into_iter().enumerate() {
        let signature = Signature::new(parts);
        let group = signature
            .as_ref()
            .and_then(|s| index.find(s))
            .map_or(text, |(earlier, _)| group_of[earlier]);
        group_of.push(group);
        if let Some(signature) = signature {
            index.add(text, signature);
        }
    }
    group_of
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "The city asks its residents how to spend a tenth of the budget, \
        publishes every proposal, and lets anyone above the age of sixteen vote for five of them \
        on a page which works on old telephones too.";

    #[test]
    fn a_text_with_a_few_changes_is_a_near_duplicate_and_another_is_not() {
        let changed = LONG.replace("a tenth", "one tenth").to_uppercase();
        let other = "Sensors in the harbour report the depth of the water to every pilot.";
        assert_eq!(groups([[LONG], [other], [changed.as_str()]]), [0, 1, 0]);
    }

    #[test]
    fn identical_texts_have_similarity_one_and_wordless_ones_no_signature() {
        let signature = Signature::new([LONG]).unwrap();
        assert_eq!(signature.similarity(&Signature::new([LONG]).unwrap()), 1.0);
        assert_eq!(Signature::new(["?! …"]), None);
    }

    #[test]
    fn texts_of_one_or_two_words_are_compared_whole() {
        assert_eq!(groups([["Thank you"], ["thank you"], ["thank them"]]), [0, 0, 2]);
    }

    #[test]
    fn similarity_estimates_the_jaccard_index_of_the_word_triples() {
        // Two texts of 202 words which share 100 of 300 word triples: Jaccard 1/3.
        let words = |from: usize| (from..from + 202).map(|i| format!("w{i} ")).collect::<String>();
        let (a, b) = (words(0), words(100));
        let estimate = Signature::new([a.as_str()])
            .unwrap()
            .similarity(&Signature::new([b.as_str()]).unwrap());
        assert!((estimate - 1.0 / 3.0).abs() < 0.2, "{estimate}");
    }
}
