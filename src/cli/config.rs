//! `trendtag.toml`: defaults for the commands that run in a working folder. Flags
//! override them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use trendtag::text::Language;

/// The file in the working folder.
pub(super) const FILE: &str = "trendtag.toml";

/// Its content. A value that is missing keeps the default of the command.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Config {
    /// A model file, or the name or folder of a versioned model. Its champion is used.
    pub(super) model: Option<PathBuf>,
    /// The file that defines the labels.
    pub(super) taxonomy: Option<PathBuf>,
    /// The columns with the text.
    pub(super) text_columns: Option<Vec<String>>,
    /// The column with the id.
    pub(super) id_column: Option<String>,
    /// The licence of the models that are trained, as an SPDX identifier.
    pub(super) license: Option<String>,
    /// The language of the texts.
    #[serde(deserialize_with = "language")]
    pub(super) language: Option<Language>,
}

impl Config {
    /// Reads the file of the working folder, if there is one.
    pub(super) fn load() -> Result<Self> {
        match std::fs::read_to_string(FILE) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).context(FILE),
            Ok(text) => Self::parse(&text),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
            });
            anyhow!(
                "{FILE} (line {line}): {}; fix the line, or run without the file (--no-config)",
                error.message()
            )
        })
    }

    /// Returns the value of a flag, or the configured one if the flag is not given.
    pub(super) fn or<'v>(
        flag: Option<&'v Path>,
        configured: Option<&'v PathBuf>,
    ) -> Option<&'v Path> {
        flag.or(configured.map(PathBuf::as_path))
    }
}

/// Returns a language by its English name or its ISO 639-1 code, as for the flag.
fn language<'d, D: serde::Deserializer<'d>>(value: D) -> Result<Option<Language>, D::Error> {
    let name = String::deserialize(value)?;
    let is_named = |language: &Language| [language.name(), language.code()].contains(&&*name);
    let found = Language::ALL.into_iter().find(is_named);
    let names = || Language::ALL.map(Language::name).join(", ");
    let unknown = || format!("unknown language \"{name}\"; the languages are {}", names());
    found.map(Some).ok_or_else(|| serde::de::Error::custom(unknown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_model_taxonomy_columns_and_language() {
        let config = Config::parse(
            "model = \"mine\"\ntaxonomy = \"t.toml\"\ntext_columns = [\"Subject\", \"Text\"]\n\
             id_column = \"Ref\"\nlanguage = \"fr\"\nlicense = \"CC-BY-4.0\"\n",
        );
        let config = config.unwrap();
        assert_eq!(config.model, Some("mine".into()));
        assert_eq!(config.text_columns.unwrap(), ["Subject", "Text"]);
        assert_eq!(config.language, Some(Language::French));
        assert_eq!(config.license.as_deref(), Some("CC-BY-4.0"));
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_or_value_is_named_with_its_line_and_the_keys_there_are() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        let unknown = error("model = \"mine\"\nmodle = \"x\"\n");
        assert!(unknown.contains("trendtag.toml (line 2): unknown field `modle`"), "{unknown}");
        assert!(unknown.contains("`text_columns`") && unknown.contains("--no-config"), "{unknown}");
        assert!(error("language = \"klingon\"").contains("unknown language \"klingon\""));
        assert!(error("id_column = 3").contains("line 1"));
    }
}
