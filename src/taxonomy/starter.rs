//! A commented starter for a new label set: files to fill in.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::reader::fold;
use crate::error::{Error, Result};

/// The content of the files that a new label set starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter {
    /// A taxonomy (TOML) with one trend per name, with an empty definition.
    pub taxonomy: String,
    /// A file of examples (CSV) with an empty row per trend.
    pub examples: String,
}

const HEAD: &str = r#"# The labels of this project, which trendtag calls trends. Fill in what is empty.
#
# key          identifies the label in every data file; do not change it later
# name         what people see
# definition   what the label means, in a sentence or two; models learn from it
# includes     what counts as the label, a line for each; models learn from them too
# excludes     what does not count although it seems to, for the people who label
# aliases      other names and earlier keys that files may use for the label

name = ""
version = 1
source = ""
"#;

const REST: &str = r#"definition = ""
includes = [
  # "what counts, in the words that such texts use",
]
excludes = [
  # "what does not count, and the label that it belongs to instead",
]
# aliases = ["another name"]
"#;

impl Starter {
    /// Creates a starter for labels with these names. The keys are derived from the
    /// names.
    ///
    /// # Errors
    /// [`Error::BadParam`] if there is no name, one has no letter or digit, or two give
    /// the same key.
    pub fn of_names<S: AsRef<str>>(names: &[S]) -> Result<Self> {
        let bad = |value: &str, remedy: String| Err(Error::bad_param("names", value, remedy));
        if names.is_empty() {
            return bad("none", "give the name of each label".into());
        }
        let mut taxonomy = HEAD.to_owned();
        let mut examples = String::from("trends,text\n");
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for name in names.iter().map(|name| name.as_ref().trim()) {
            let key = key_of(name);
            if key.is_empty() {
                return bad(name, "give a name with a letter or a digit in it".into());
            }
            if let Some(other) = known.insert(key.clone(), name) {
                return bad(name, format!("\"{other}\" has the same key; give another name"));
            }
            let quoted = |text: &str| toml::Value::from(text).to_string();
            let (quoted_key, name) = (quoted(&key), quoted(name));
            _ = write!(taxonomy, "\n[[trend]]\nkey = {quoted_key}\nname = {name}\n{REST}");
            _ = writeln!(examples, "{key},");
        }
        Ok(Self { taxonomy, examples })
    }
}

/// Derives a key from a name: its letters and digits in lower case, with a hyphen for
/// everything between them.
fn key_of(name: &str) -> String {
    let folded = fold(name);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::Taxonomy;

    #[test]
    fn a_starter_is_a_taxonomy_with_a_key_for_each_name_and_an_empty_example() {
        let names = ["Street lighting", "Roads & \"pavements\"", "  Bürger-Räte ", "市民参加"];
        let starter = Starter::of_names(&names).unwrap();
        let taxonomy = Taxonomy::from_toml(&starter.taxonomy, "taxonomy.toml").unwrap();
        let keys: Vec<&str> = taxonomy.keys().collect();
        assert_eq!(keys, ["street-lighting", "roads-pavements", "bürger-räte", "市民参加"]);
        assert_eq!(taxonomy.trends[1].name, "Roads & \"pavements\"");
        assert!(taxonomy.trends.iter().all(|trend| trend.definition.is_empty()));
        assert_eq!(
            starter.examples,
            "trends,text\nstreet-lighting,\nroads-pavements,\nbürger-räte,\n市民参加,\n"
        );
    }

    #[test]
    fn names_that_give_no_key_of_their_own_are_refused() {
        let refusal = |names: &[&str]| Starter::of_names(names).unwrap_err().to_string();
        assert!(refusal(&[]).contains("give the name of each label"));
        assert!(refusal(&["Roads", "?!"]).starts_with("names = ?!"));
        assert!(refusal(&["Roads", "ROADS "]).contains("\"Roads\" has the same key"));
    }
}
