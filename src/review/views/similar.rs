//! Similar cases, by the features of the model; near-duplicates first.

use std::time::Instant;

use rusqlite::Connection;
use serde::Serialize;

use super::list::CaseSummary;
use crate::features::near_duplicates::{NEAR, Signature};
use crate::review::db::condition::LONGEST_SEARCH;
use crate::review::db::history::History;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::search::any_of;
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::tagger::{Model, Scratch};

/// Maximum number of similar cases.
const MOST: usize = 6;

/// Number of terms to search similar cases by: those with the greatest weight in the
/// text.
const TERMS: usize = 10;

/// Maximum number of candidates to compare.
const COMPARED: usize = 60;

/// Minimum similarity.
const LEAST: f64 = 0.2;

/// Cases similar to another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Similar {
    /// Whether they are withheld, because the reviewer must judge the case unaided.
    pub hidden: bool,
    /// The similar cases, near-duplicates first, then by similarity.
    pub cases: Vec<SimilarCase>,
}

/// A similar case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimilarCase {
    /// The case.
    #[serde(flatten)]
    pub case: CaseSummary,
    /// Cosine similarity of the two texts by the terms of the model, from 0 to 1.
    pub similarity: f64,
    /// Whether the texts are near-duplicates.
    pub near_duplicate: bool,
}

impl Store {
    /// Returns cases similar to another one, with their decisions if the reviewer can see
    /// them. Returns none while they must judge the case unaided.
    ///
    /// # Errors
    /// [`Refusal::NoCase`], [`Refusal::TooSlow`].
    pub fn similar(&self, id: &str, reviewer: &str, model: &Model) -> Result<Similar, Refusal> {
        let now = Instant::now();
        self.read_within(LONGEST_SEARCH, |connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let stored = StoredCase::by_id(connection, id)?;
            let history = History::load(connection, stored.number)?;
            let hidden = !stored.revealed || history.is_blind(&me.name, stored.wanted);
            if hidden {
                return Ok(Similar { hidden, cases: Vec::new() });
            }
            let mut scratch = Scratch::default();
            let own = Compared::new(connection, &stored, model, &mut scratch)?;
            let mut found = Vec::new();
            for other in candidates(connection, &own, stored.number, model)? {
                let compared = Compared::new(connection, &other, model, &mut scratch)?;
                let similarity = own.cosine(&compared);
                let near_duplicate = own.is_near(&compared);
                if near_duplicate || similarity >= LEAST {
                    found.push((near_duplicate, similarity, other));
                }
            }
            found.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
            let cases = found.into_iter().take(MOST).map(|(near_duplicate, similarity, other)| {
                let mut case = self.summary(connection, &other, &me, now)?;
                // Suggestions for other cases would not help here.
                case.suggestion = None;
                Ok(SimilarCase { case, similarity, near_duplicate })
            });
            Ok(Similar { hidden, cases: cases.collect::<Result<_, Refusal>>()? })
        })
    }
}

/// The data for comparing cases.
struct Compared {
    vector: Vec<(u32, f64)>,
    signature: Option<Signature>,
}

impl Compared {
    fn new(
        connection: &Connection,
        stored: &StoredCase,
        model: &Model,
        scratch: &mut Scratch,
    ) -> rusqlite::Result<Self> {
        let (texts, _) = stored.columns(connection)?;
        let texts: Vec<String> = texts.into_iter().map(|text| text.text).collect();
        let vector = model.tagger.term_vector(&texts, scratch);
        Ok(Self { vector, signature: Signature::of_texts(&texts) })
    }

    /// Returns the cosine similarity of two unit vectors.
    fn cosine(&self, other: &Self) -> f64 {
        let value = |column: &u32| {
            let found = other.vector.binary_search_by_key(column, |(column, _)| *column);
            found.map_or(0.0, |place| other.vector[place].1)
        };
        let dot: f64 = self.vector.iter().map(|(column, own)| own * value(column)).sum();
        dot.clamp(0.0, 1.0)
    }

    fn is_near(&self, other: &Self) -> bool {
        let pair = self.signature.as_ref().zip(other.signature.as_ref());
        pair.is_some_and(|(own, other)| own.similarity(other) >= NEAR)
    }

    /// Returns the prefixes of the words with the greatest weight. Words are stemmed.
    fn words(&self, model: &Model) -> Vec<String> {
        let mut strongest = self.vector.clone();
        strongest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let terms: Vec<&str> = model.tagger.features().terms().collect();
        let words = strongest.iter().filter_map(|(column, _)| terms.get(*column as usize));
        let words = words.filter(|term| !term.contains(' '));
        // The stem of "family" is "famili".
        words.take(TERMS).map(|stem| stem.trim_end_matches('i').to_owned()).collect()
    }
}

/// Returns cases that share words with a text, those with the rarest words first.
fn candidates(
    connection: &Connection,
    own: &Compared,
    number: i64,
    model: &Model,
) -> rusqlite::Result<Vec<StoredCase>> {
    let Some(words) = any_of(&own.words(model)) else { return Ok(Vec::new()) };
    let query = "SELECT rowid AS number FROM words WHERE words MATCH ? AND rowid <> ? \
                 ORDER BY rank LIMIT ?";
    let mut statement = connection.prepare_cached(query)?;
    let numbers =
        statement.query_map((words, number, COMPARED as i64), |row| row.get::<_, i64>("number"))?;
    numbers.map(|number| StoredCase::by_number(connection, number?)).collect()
}
