//! Identity of reviewers: names that differ only in case, spaces or invisible characters
//! belong to one person.

use rusqlite::{Connection, OptionalExtension};
use unicode_normalization::UnicodeNormalization;

use super::refusal::Refusal;

/// A reviewer with a valid name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reviewer {
    /// The first spelling of the name.
    pub(crate) name: String,
    /// Equal for all spellings of the name.
    pub(crate) key: String,
}

/// Maximum length of a name, in characters.
const LONGEST_NAME: usize = 80;

impl Reviewer {
    /// Returns the reviewer with this name, in the spelling of the database if known.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name is invalid.
    pub(crate) fn find(connection: &Connection, name: &str) -> Result<Self, Refusal> {
        check_reviewer(name)?;
        let key = name_key(name);
        let query = "SELECT name FROM persons WHERE key = ?";
        let known = connection.prepare_cached(query)?.query_row([&key], |row| row.get("name"));
        let name = known.optional()?.unwrap_or_else(|| name.to_owned());
        Ok(Self { name, key })
    }

    /// Stores the reviewer before their first decision.
    pub(crate) fn register(&self, connection: &Connection) -> rusqlite::Result<()> {
        let insert = "INSERT OR IGNORE INTO persons (key, name) VALUES (?, ?)";
        connection.prepare_cached(insert)?.execute([&self.key, &self.name]).map(|_| ())
    }
}

/// Returns the keys of the reviewers who have answered an open case, so that their holds of it
/// are over.
pub(crate) fn who_answered(connection: &Connection, case: i64) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT p.key FROM cases c JOIN standing s ON s.case_number = c.number \
                 JOIN persons p ON p.name = s.person \
                 WHERE c.number = ? AND c.status = 'open' AND s.kind = 'answer'";
    let mut statement = connection.prepare_cached(query)?;
    let keys = statement.query_map([case], |row| row.get("key"))?;
    keys.collect()
}

/// Returns the common form of all spellings of a name: without case, spaces and invisible
/// characters, in NFKC.
pub(crate) fn name_key(name: &str) -> String {
    let visible = |c: &char| !c.is_whitespace() && !is_invisible(*c);
    // Converted via upper case, in which "ß" equals "ss" and "σ" equals "ς".
    let folded = name.nfkc().filter(visible).flat_map(char::to_uppercase);
    folded.flat_map(char::to_lowercase).collect::<String>().nfkc().collect()
}

/// Checks a request id.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_request_id(request_id: &str) -> Result<(), Refusal> {
    let length = request_id.chars().count();
    if !(8..=100).contains(&length) || request_id.chars().any(char::is_control) {
        let reason = "use 8 to 100 characters, none of them a control character".into();
        return Err(Refusal::Invalid { field: "request_id", reason });
    }
    Ok(())
}

/// Checks the name of a reviewer.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_reviewer(reviewer: &str) -> Result<(), Refusal> {
    check_name("reviewer", reviewer)
}

/// Checks a name that people see, which a field gives.
///
/// # Errors
/// [`Refusal::Invalid`].
pub(crate) fn check_name(field: &'static str, name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    let is_edge = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !is_invisible(c));
    let valid = (1..=LONGEST_NAME).contains(&length)
        && is_edge(name.chars().next())
        && is_edge(name.chars().next_back())
        && !name.chars().any(is_forbidden);
    if valid {
        return Ok(());
    }
    let reason = format!(
        "use a name of 1 to {LONGEST_NAME} characters that starts and ends with a visible one"
    );
    Err(Refusal::Invalid { field, reason })
}

/// Control characters and line separators.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns whether a character has the Unicode property `Default_Ignorable_Code_Point`
/// (DerivedCoreProperties.txt, Unicode 17.0), or is a mark of interlinear annotation.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for other in ["r1", "R 1", "R\u{200b}1", "R\u{202e}1", "\u{ff32}1", "r\u{a0}1"] {
            assert_eq!(name_key(other), name_key("R1"), "{other:?}");
        }
        // A letter with an accent equals the two separate characters.
        assert_eq!(name_key("Zoe\u{308}"), name_key("ZO\u{cb}"));
        assert_eq!(name_key("ΟΔΟΣ Strauß"), name_key("οδος STRAUSS"));
        assert_ne!(name_key("R-1"), name_key("R1"));
    }

    #[test]
    fn names_begin_and_end_with_a_visible_character() {
        for valid in ["A", "Ann Lee", "李", "Zoë 🙂\u{fe0f}x", &"x".repeat(80)] {
            assert!(check_reviewer(valid).is_ok(), "{valid:?}");
        }
        let long = "x".repeat(81);
        for invalid in ["", " ", "Ann ", "\u{200b}Ann", "Ann\u{feff}", "A\nB", "A\u{2028}B", &long]
        {
            assert!(check_reviewer(invalid).is_err(), "{invalid:?}");
        }
    }
}
