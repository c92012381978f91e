//! Errors in words, with the flag or the command that mends them: the library names
//! none.

use std::path::Path;

use trendtag::Error;
use trendtag::error::{Action, with_causes};

/// An error of the library in words, with its causes and with the flags or commands
/// that carry out its remedy.
pub(super) fn in_words(error: &Error) -> String {
    let words = with_causes(error);
    let actions = error.remedy().map_or(&[][..], |remedy| remedy.actions());
    let flags = actions.iter().map(|(action, value)| flag(*action, value.as_deref(), error));
    match flags.collect::<Vec<_>>() {
        flags if flags.is_empty() => words,
        flags => format!("{words} ({})", flags.join(", ")),
    }
}

/// The flag or command of an action, with its value or what stands for one.
fn flag(action: Action, value: Option<&str>, error: &Error) -> String {
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
        Action::NameTaxonomy => ("--taxonomy", "FILE"),
        Action::RaiseLimit => ("--max-expanded", "SIZE"),
        Action::ReplaceFile => ("--force", ""),
        Action::ResumeOrReplace => ("--resume or --force", ""),
        Action::Tag => ("`trendtag tag`", ""),
        Action::Train => ("`trendtag train`", ""),
        Action::TrainVersion => ("`trendtag train --into NAME`", ""),
        Action::GiveReason => ("--reason", "WORDS"),
        Action::PromoteVersion => return models("promote VERSION", error),
        Action::ListVersions => return models("list", error),
        _ => ("see --help", ""),
    };
    match value {
        Some(value) => format!("{flag} \"{value}\""),
        None if placeholder.is_empty() => flag.to_owned(),
        None => format!("{flag} {placeholder}"),
    }
}

/// A command on the versions that an error is about, whatever blanks their folder has.
fn models(command: &str, error: &Error) -> String {
    let named = error.place().map_or(Path::new("NAME"), |place| Path::new(&place.file));
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
