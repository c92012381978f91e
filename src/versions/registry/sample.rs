//! What a version says of a few cases, kept to be compared with what it says
//! later.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::bad;
use crate::error::{Error, Result};
use crate::tagger::Corpus;
use crate::tagger::Model;
use crate::tagger::Scratch;

/// Cases in a sample.
const CASES: usize = 20;

/// A case without what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sampled {
    id: String,
    texts: Vec<String>,
}

/// Evenly spread cases of a corpus.
pub(super) fn of(corpus: &Corpus) -> Vec<Sampled> {
    let step = corpus.cases.len().div_ceil(CASES).max(1);
    let cases = corpus.cases.iter().step_by(step);
    cases.map(|case| Sampled { id: case.id.clone(), texts: case.texts.clone() }).collect()
}

/// One line of JSON a case: id, texts, suggested trends, probabilities (four
/// digits, as they are written everywhere) and reasons for review.
pub(super) fn render(model: &Model, sample: Vec<Sampled>) -> Result<Vec<u8>> {
    let taxonomy = model.tagger.taxonomy();
    let mut scratch = Scratch::default();
    let mut bytes = Vec::new();
    for case in sample {
        let tagged = model.tagger.tag(&case.texts, 0, &mut scratch);
        let line = serde_json::json!({
            "id": case.id,
            "texts": case.texts,
            "suggested": taxonomy.format_cell(&tagged.suggested),
            "probabilities": tagged.probabilities.iter().map(|p| format!("{p:.4}")).collect::<Vec<_>>(),
            "review": tagged.review,
        });
        bytes.extend_from_slice(line.to_string().as_bytes());
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Tags the cases of a stored sample again.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::BadFile`] if it is no sample,
/// or the model no longer says the same, to the byte.
pub(super) fn verify(model: &Model, path: &Path) -> Result<()> {
    let stored = std::fs::read(path).map_err(|source| Error::io(path, source))?;
    let lines = serde_json::Deserializer::from_slice(&stored).into_iter();
    let sample: Vec<Sampled> = lines
        .collect::<Result<_, _>>()
        .map_err(|e| bad(path, format!("it is no sample: {e}"), "train the version again"))?;
    let again = render(model, sample.clone())?;
    if again == stored {
        return Ok(());
    }
    let differs = again.split(|&b| b == b'\n').zip(stored.split(|&b| b == b'\n'));
    let first = differs.into_iter().position(|(a, b)| a != b).and_then(|i| sample.get(i));
    let case = first.map_or(String::new(), |case| format!(", the first being \"{}\"", case.id));
    Err(bad(
        path,
        format!("the model no longer says the same of its sample{case}"),
        "roll back, or train the version again with this version of trendtag",
    ))
}
