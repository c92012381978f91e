//! Near-duplicates: signatures of bounded size that show whether two texts
//! are almost the same.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::text::{Normalised, lower_case};

/// Texts whose signatures agree in at least this share are near-duplicates.
pub const NEAR: f64 = 0.5;

const SLOTS: usize = 64;
/// Slots per band: texts that agree in one whole band are compared.
const BAND: usize = 3;
const SHINGLE: usize = 3;

/// MinHash signature of the word triples of a text (Broder 1997), 128 bytes:
/// 16 bits of each minimum are enough to compare (Li, König 2010).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature([u16; SLOTS]);

impl Signature {
    pub(crate) const BYTES: usize = 2 * SLOTS;

    /// Signature of a text given in parts; `None` if it has no word. One permutation with
    /// optimal densification (Shrivastava 2017) fills the slots, so that a word triple is
    /// hashed once and not once per slot.
    pub fn new<'t>(parts: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        let state = FixedState::with_seed(0x7472_656e_6474_6167);
        let mut words: Vec<u64> = Vec::new();
        for part in parts {
            let text = Normalised::new(part);
            let hashes = text.tokens().map(|t| state.hash_one(lower_case(t.surface).as_bytes()));
            words.extend(hashes);
        }
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
        Some(Self(slots.map(|minimum| minimum as u16)))
    }

    /// Signature of the texts of a case, as [`Signature::new`].
    pub fn of_texts(texts: &[String]) -> Option<Self> {
        Self::new(texts.iter().map(String::as_str))
    }

    /// Returns the signature that these bytes are, [`Signature::BYTES`] of them.
    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (slots, _) = bytes.as_chunks();
        Self(std::array::from_fn(|slot| u16::from_le_bytes(slots[slot])))
    }

    pub(crate) fn to_bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.iter().flat_map(|slot| slot.to_le_bytes())
    }

    /// Estimated Jaccard similarity of the word triples of two texts, 0 to 1.
    pub fn similarity(&self, other: &Self) -> f64 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal as f64 / SLOTS as f64
    }

    /// Returns a hash of each band.
    fn bands(&self) -> impl Iterator<Item = u32> + '_ {
        let state = FixedState::default();
        self.0.chunks_exact(BAND).map(move |band| state.hash_one(band) as u32)
    }
}

/// An index of texts that recognises repeated ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownTexts {
    /// The name of each.
    pub ids: Vec<String>,
    /// Their signatures, in the same order.
    pub signatures: Vec<Signature>,
}

/// Finds the earlier text that a text repeats or nearly repeats.
///
/// Grows by about half a kilobyte for every text added.
#[derive(Debug)]
pub struct DuplicateIndex {
    signatures: Vec<Signature>,
    /// The first text with each band.
    bands: [HashMap<u32, u32, FixedState>; SLOTS / BAND],
}

impl Default for DuplicateIndex {
    fn default() -> Self {
        Self { signatures: Vec::new(), bands: std::array::from_fn(|_| HashMap::default()) }
    }
}

impl DuplicateIndex {
    /// Returns the number and similarity of the most similar earlier text among the first
    /// texts with any band of the signature, if the similarity is at least [`NEAR`]. The
    /// first one wins a tie.
    pub fn find(&self, signature: &Signature) -> Option<(usize, f64)> {
        let witnesses = self.bands.iter().zip(signature.bands());
        let mut candidates: Vec<u32> =
            witnesses.filter_map(|(band, hash)| band.get(&hash)).copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut best: Option<(usize, f64)> = None;
        for candidate in candidates {
            let similarity = self.signatures[candidate as usize].similarity(signature);
            if similarity >= NEAR && best.is_none_or(|(_, s)| similarity > s) {
                best = Some((candidate as usize, similarity));
            }
        }
        best
    }

    /// Adds a text; texts are numbered from 0.
    pub fn add(&mut self, signature: Signature) {
        let number = self.signatures.len() as u32;
        for (band, hash) in self.bands.iter_mut().zip(signature.bands()) {
            band.entry(hash).or_insert(number);
        }
        self.signatures.push(signature);
    }
}

/// Groups near-duplicates: for each text, given by its signature, the number of the first
/// text of its group. A text without a signature has its own group.
pub fn groups(signatures: &[Option<Signature>]) -> Vec<usize> {
    let mut index = DuplicateIndex::default();
    let mut added = Vec::new();
    let mut group_of: Vec<usize> = Vec::with_capacity(signatures.len());
    for (text, signature) in signatures.iter().enumerate() {
        let earlier = signature.as_ref().and_then(|s| index.find(s));
        group_of.push(earlier.map_or(text, |(earlier, _)| group_of[added[earlier]]));
        if let Some(signature) = signature {
            index.add(signature.clone());
            added.push(text);
        }
    }
    group_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups_of<const N: usize>(texts: [&str; N]) -> Vec<usize> {
        groups(&texts.map(|text| Signature::new([text])))
    }

    const LONG: &str = "The city asks its residents how to spend a tenth of the budget, \
        publishes every proposal, and lets anyone above the age of sixteen vote for five of them \
        on a page which works on old telephones too.";

    #[test]
    fn a_text_with_a_few_changes_is_a_near_duplicate_and_another_is_not() {
        let changed = LONG.replace("a tenth", "one tenth").to_uppercase();
        let other = "Sensors in the harbour report the depth of the water to every pilot.";
        assert_eq!(groups_of([LONG, other, &changed]), [0, 1, 0]);
    }

    #[test]
    fn identical_texts_have_similarity_one_and_wordless_ones_no_signature() {
        let signature = Signature::new([LONG]).unwrap();
        assert_eq!(signature.similarity(&Signature::new([LONG]).unwrap()), 1.0);
        assert_eq!(Signature::new(["?! …"]), None);
    }

    #[test]
    fn the_most_similar_text_is_found_and_the_first_of_equals() {
        let changed = LONG.replace("a tenth", "one tenth");
        let mut index = DuplicateIndex::default();
        for text in [LONG, changed.as_str(), LONG] {
            index.add(Signature::new([text]).unwrap());
        }
        assert_eq!(index.find(&Signature::new([LONG]).unwrap()), Some((0, 1.0)));
        assert_eq!(index.find(&Signature::new([changed.as_str()]).unwrap()), Some((1, 1.0)));
        assert_eq!(index.find(&Signature::new(["nothing of the kind"]).unwrap()), None);
    }

    #[test]
    fn texts_of_one_or_two_words_are_compared_whole() {
        assert_eq!(groups_of(["Thank you", "thank you", "thank them"]), [0, 0, 2]);
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
