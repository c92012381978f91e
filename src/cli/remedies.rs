//! Words errors for users, with the flag or command that fixes them. The library itself
//! names neither.

use std::path::Path;

use trendtag::error::{Action, Note, Remedy, with_causes};
use trendtag::{Error, Place};

/// Formats an error of the library with its causes and with the flags or commands of its
/// remedy.
pub(super) fn in_words(error: &Error) -> String {
    with_flags(with_causes(error), error.remedy(), error.place())
}

/// Formats a note of the library with the flags of its remedy.
pub(super) fn note_in_words(note: &Note) -> String {
    with_flags(note.to_string(), note.remedy(), None)
}

fn with_flags(words: String, remedy: Option<&Remedy>, place: Option<&Place>) -> String {
    let actions = remedy.map_or(&[][..], |remedy| remedy.actions());
    let flags = actions.iter().map(|(action, value)| flag(*action, value.as_deref(), place));
    match flags.collect::<Vec<_>>() {
        flags if flags.is_empty() => words,
        flags => format!("{words} ({})", flags.join(", ")),
    }
}

/// Returns the flag or command of an action, with its value or a placeholder.
fn flag(action: Action, value: Option<&str>, place: Option<&Place>) -> String {
    let (flag, placeholder) = match action {
        Action::NameTextColumns => ("--text-columns", "A,B"),
        Action::AllowMissingColumns => ("--allow-missing-columns", ""),
        Action::NameIdColumn => ("--id-column", "NAME"),
        Action::NameTrendsColumn => ("--trends-column", "NAME"),
        Action::NameLabelColumns => ("--label-columns", "A,B"),
        Action::NameLabelSeparator => ("--label-separator", "TEXT"),
        Action::NameFormat => ("--format", "NAME"),
        Action::NameEncoding => ("--encoding", "NAME"),
        Action::NameSheet => ("--sheet", "NAME"),
        Action::NameHeaderRow => ("--header-row", "N"),
        Action::SkipRows => ("--skip-rows", "N"),
        Action::NameDelimiter => ("--delimiter", "CHAR"),
        Action::FillMerged => ("--fill-merged", ""),
        Action::NameTaxonomy => ("--taxonomy", "FILE"),
        Action::RaiseLimit => ("--max-expanded", "SIZE"),
        Action::MatchById => ("--by-id", ""),
        Action::NameControl => ("--control", "NAME"),
        Action::NameReviewer => ("--reviewer", "NAME"),
        Action::ReplaceAnswers => ("--replace", ""),
        Action::ReplaceFile => ("--force", ""),
        Action::ResumeOrReplace => ("--resume or --force", ""),
        Action::UpdateCases => ("--update", ""),
        Action::Tag => ("`trendtag tag`", ""),
        Action::Train => ("`trendtag train`", ""),
        Action::TrainVersion => ("`trendtag train --into NAME`", ""),
        Action::GiveReason => ("--reason", "WORDS"),
        Action::PromoteVersion => return models("promote VERSION", place),
        Action::ListVersions => return models("list", place),
        _ => ("see --help", ""),
    };
    match value {
        Some(value) if value.contains('"') => format!("{flag} '{value}'"),
        Some(value) => format!("{flag} \"{value}\""),
        None if placeholder.is_empty() => flag.to_owned(),
        None => format!("{flag} {placeholder}"),
    }
}

/// Returns a command for the versions that an error is about. A folder name with spaces
/// is quoted.
fn models(command: &str, place: Option<&Place>) -> String {
    let named = place.map_or(Path::new("NAME"), |place| Path::new(&place.file));
    // Most errors are about the folder, some about a file in it.
    let folder = if named.is_file() { named.parent().unwrap_or(named) } else { named };
    format!("`trendtag models {command} --model \"{}\"`", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trendtag::tagger::Model;

    #[test]
    fn an_error_is_told_with_its_causes_and_the_flag_that_mends_it() {
        let missing = Model::open(Path::new("no/model")).err().unwrap();
        assert!(in_words(&missing).starts_with("no/model: "), "{}", in_words(&missing));
        let text = b"{\"a\": 1}";
        let foreign = Model::from_bytes(text, "mine").err().unwrap();
        assert!(in_words(&foreign).starts_with("mine: not a usable model: "));
    }
}
