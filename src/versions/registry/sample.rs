//! Stores the suggestions of a version for a few cases, to compare them with later ones.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::bad;
use crate::error::{Error, Result};
use crate::tagger::{Corpus, Model, Scratch, Suggestion, Tagged};

/// Number of cases in a sample.
const CASES: usize = 20;

/// A case of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sampled {
    id: String,
    texts: Vec<String>,
}

/// A case with what a version suggested for it.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    case: Sampled,
    #[serde(flatten)]
    said: Said,
}

/// The suggestion of a version, in this or an earlier format.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Said {
    Suggestion { suggestion: Suggestion },
    Former { suggested: String, probabilities: Vec<String> },
}

/// Selects evenly spaced cases of a corpus.
pub(super) fn of(corpus: &Corpus) -> Vec<Sampled> {
    let step = corpus.cases.len().div_ceil(CASES).max(1);
    let cases = corpus.cases.iter().step_by(step);
    cases.map(|case| Sampled { id: case.id.clone(), texts: case.texts.clone() }).collect()
}

/// Writes one line of JSON per case: id, texts and suggestion.
pub(super) fn render(model: &Model, sample: Vec<Sampled>) -> Result<Vec<u8>> {
    let mut scratch = Scratch::default();
    let mut bytes = Vec::new();
    for case in sample {
        let tagged = model.tagger.tag(&case.texts, 0, &mut scratch);
        let suggestion = Suggestion::of(model, &tagged).rounded();
        let stored = Stored { case, said: Said::Suggestion { suggestion } };
        serde_json::to_writer(&mut bytes, &stored)
            .map_err(|e| Error::internal("a sample cannot be written", e))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Tags the cases of a stored sample again.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::BadFile`] if it is not a sample, or the
/// suggestions of the model have changed.
pub(super) fn verify(model: &Model, path: &Path) -> Result<()> {
    let stored = std::fs::read(path).map_err(|source| Error::io(path, source))?;
    let mut scratch = Scratch::default();
    for stored in serde_json::Deserializer::from_slice(&stored).into_iter() {
        let Stored { case, said } = stored.map_err(|e| {
            bad(path, format!("it is not a sample: {e}"), "train the version again")
        })?;
        let tagged = model.tagger.tag(&case.texts, 0, &mut scratch);
        if !is_said_again(model, &tagged, said) {
            return Err(bad(
                path,
                format!("the model no longer gives the same answer for case \"{}\"", case.id),
                "roll back, or train the version again with this version of trendtag",
            ));
        }
    }
    Ok(())
}

/// Returns whether the suggestion is unchanged. For samples in earlier formats, only the
/// suggested trends and probabilities are compared, because the rules for review have
/// changed.
fn is_said_again(model: &Model, tagged: &Tagged, stored: Said) -> bool {
    let now = Suggestion::of(model, tagged).rounded();
    match stored {
        Said::Suggestion { suggestion } if suggestion.expected_errors.is_some() => {
            suggestion == now
        }
        Said::Suggestion { suggestion } => {
            let probabilities = |suggestion: &Suggestion| -> Vec<Option<f64>> {
                suggestion.trends.iter().map(|trend| trend.probability).collect()
            };
            suggestion.model == now.model
                && suggestion.suggested == now.suggested
                && probabilities(&suggestion) == probabilities(&now)
        }
        Said::Former { suggested, probabilities } => {
            suggested == model.tagger.taxonomy().format_cell(&tagged.suggested)
                && tagged.probabilities.iter().map(|p| format!("{p:.4}")).eq(probabilities)
        }
    }
}
