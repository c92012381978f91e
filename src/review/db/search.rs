//! Searches the words of the cases.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::tagger::record::value_text;

/// Maximum number of distinct words in a search; further words are ignored.
pub(crate) const MOST_WORDS: usize = 16;

/// Makes the id and the cells of a case searchable.
pub(crate) fn index_words(
    connection: &Connection,
    number: i64,
    id: &str,
    record: &Map<String, Value>,
) -> rusqlite::Result<()> {
    let words = std::iter::once(Cow::Borrowed(id)).chain(record.values().map(value_text));
    let words = words.collect::<Vec<_>>().join("\n");
    let mut insert = connection.prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?;
    insert.execute((number, words)).map(|_| ())
}

/// Has the words of many cases collected in memory, up to this many bytes, before they are
/// added to the index. Otherwise one commit makes many parts, which are merged again.
const COLLECTED: i64 = 32 << 20;

/// Prepares the index for many new cases.
pub(crate) fn collect_words(connection: &Connection) -> Result<(), Refusal> {
    let option = "INSERT INTO words (words, rank) VALUES ('hashsize', ?)";
    connection.execute(option, [COLLECTED])?;
    Ok(())
}

/// Returns the search for a typed text: prefixes of words that must all occur, at most
/// [`MOST_WORDS`] distinct ones. Operators of the search syntax are treated as text.
/// `None` if there is no word.
pub(crate) fn search_expression(typed: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let words = typed.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    let words = words.map(|word| word.replace(['"', '\0'], " ").to_lowercase());
    let words = words.filter(|word| seen.insert(word.clone())).take(MOST_WORDS);
    let quoted: Vec<String> = words.map(|word| format!("\"{word}\"*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

/// Returns the search for texts that contain any of these prefixes of words; `None`
/// without a prefix.
pub(crate) fn any_of(beginnings: &[String]) -> Option<String> {
    let words = beginnings.iter().map(|word| word.replace(['"', '\0'], " "));
    let words = words.filter(|word| word.chars().any(char::is_alphanumeric));
    let quoted: Vec<String> = words.map(|word| format!("\"{word}\"*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_few_different_words_and_no_operators() {
        assert_eq!(search_expression(" ! \t").as_deref(), None);
        assert_eq!(search_expression("Open open DATA").as_deref(), Some("\"open\"* \"data\"*"));
        assert_eq!(search_expression("a\"OR").as_deref(), Some("\"a or\"*"));
        let many: String = (0..300).map(|i| format!("word{i} ")).collect();
        assert_eq!(search_expression(&many).unwrap().matches('*').count(), MOST_WORDS);
    }
}
