//! Errors in words, with the flag or the command that mends them: the library names
//! none.

use trendtag::Error;
use trendtag::error::{Action, with_causes};

/// An error of the library in words, with its causes and with the flag or command
/// that carries out its remedy.
pub(super) fn in_words(error: &Error) -> String {
    let words = with_causes(error);
    match error.remedy().and_then(|remedy| remedy.action()) {
        None => words,
        Some(action) => format!("{words} ({})", flag(action, place(error))),
    }
}

/// The file or folder that an error is about, as a shell takes it.
fn place(error: &Error) -> String {
    error.place().map_or_else(|| "NAME".to_owned(), |place| format!("\"{}\"", place.file))
}

fn flag(action: Action, place: String) -> String {
    let flag = match action {
        Action::NameTextColumns => "--text-columns NAMES, separated by commas",
        Action::NameIdColumn => "--id-column NAME",
        Action::NameTrendsColumn => "--trends-column NAME",
        Action::NameFormat => "--format NAME",
        Action::NameEncoding => "--encoding NAME",
        Action::NameSheet => "--sheet NAME",
        Action::NameTaxonomy => "--taxonomy FILE",
        Action::ReplaceFile => "--force replaces it",
        Action::ResumeOrReplace => "--resume resumes it, --force replaces it",
        Action::Tag => "`trendtag tag`",
        Action::Train => "`trendtag train`",
        Action::TrainVersion => "`trendtag train --into NAME`",
        Action::PromoteVersion => {
            return format!("`trendtag models promote VERSION --model {place}`");
        }
        Action::ListVersions => return format!("`trendtag models list --model {place}`"),
        _ => "see --help",
    };
    flag.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trendtag::tagger::Model;

    #[test]
    fn an_error_is_told_with_its_causes_and_the_flag_that_mends_it() {
        let missing = Model::open(std::path::Path::new("no/model")).err().unwrap();
        assert!(in_words(&missing).starts_with("no/model: "), "{}", in_words(&missing));
        let text = b"{\"a\": 1}";
        let foreign = Model::from_bytes(text, "mine").err().unwrap();
        assert!(in_words(&foreign).starts_with("mine: not a usable model: "));
    }
}
