//! The places of the terms in a document, for evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::weights::NO_NODE;

/// A part of a document: bytes `start..end` of one of its fields.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Span {
    /// Number of the field, in the order in which the fields were given.
    pub field: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

pub(super) const NONE: u32 = u32::MAX;

/// The units of evidence in the document scored last: an n-gram, or a word with its
/// subwords in any inflection.
#[derive(Default)]
pub(super) struct Units {
    /// First and last token of the first occurrence of each unit, in token order.
    pub(super) places: Vec<(u32, u32)>,
    /// Unit by node and by word, [`NONE`] if there is none.
    pub(super) of_node: Vec<u32>,
    pub(super) of_word: Vec<u32>,
    /// Nodes and words with a unit.
    pub(super) nodes: Vec<u32>,
    pub(super) words: Vec<u32>,
    /// Every occurrence of a unit.
    pub(super) stands: Vec<(u32, (u32, u32))>,
    /// Contribution and rank of each unit for one trend.
    pub(super) contributions: Vec<f64>,
    pub(super) ranks: Vec<u32>,
}

impl Units {
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.stands.clear();
        for node in self.nodes.drain(..) {
            self.of_node[node as usize] = NONE;
        }
        for word in self.words.drain(..) {
            self.of_word[word as usize] = NONE;
        }
    }

    pub(super) fn add(&mut self) -> u32 {
        self.places.push((NONE, NONE));
        self.places.len() as u32 - 1
    }

    pub(super) fn add_node(&mut self, node: u32) -> u32 {
        if self.of_node[node as usize] == NONE {
            self.of_node[node as usize] = self.add();
            self.nodes.push(node);
        }
        self.of_node[node as usize]
    }

    pub(super) fn add_word(&mut self, word: u32, node: u32) {
        if self.of_word[word as usize] != NONE {
            return;
        }
        let unit = if node == NO_NODE { self.add() } else { self.add_node(node) };
        self.of_word[word as usize] = unit;
        self.words.push(word);
    }

    pub(super) fn stands(&mut self, unit: u32, place: (u32, u32)) {
        let first = &mut self.places[unit as usize];
        *first = place.min(*first);
        self.stands.push((unit, place));
    }
}
