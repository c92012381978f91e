//! Models as files: one `.safetensors` file contains everything a tagger needs. Tensors:
//! `vocabulary` (UTF-8, one term per line, word n-grams first), `idf` (one per term),
//! `weights` (terms by trends), `intercepts`, and `signatures` (one per row), which
//! identify training cases in later batches. The metadata has one entry, `trendtag`: JSON
//! with params, taxonomy, decision, training facts and the ids of the signatures. Reading
//! a model only builds data and runs no code.

use std::collections::HashMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Action, Error, Result};
use crate::features::near_duplicates::KnownTexts;
use crate::features::near_duplicates::Signature;
use crate::features::{Block, Features};
use crate::tagger::{Decision, Scratch, Tagged, Tagger, TaggerParams, TrainingFacts, hex};
use crate::taxonomy::Taxonomy;

/// Version of the format that this version writes.
const FORMAT: u32 = 3;

/// The oldest format that it reads. Missing fields get the values of that time.
const OLDEST: u32 = 2;

/// The model that ships inside the program.
const BUILT_IN: &[u8] = include_bytes!("../../models/five-trends.safetensors");

/// The maximum number of evidence terms that [`Model::tag`] returns for each suggested
/// trend.
pub const EVIDENCE: usize = 5;

const ENTRY: &str = "trendtag";

/// The metadata of a model file.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    /// Version of trendtag that trained the model.
    trendtag: String,
    /// SHA-256 over the metadata without this field and the tensors.
    checksum: String,
    /// Number of terms that are word n-grams.
    word_terms: usize,
    params: TaggerParams,
    taxonomy: Taxonomy,
    decision: Decision,
    training: TrainingFacts,
    /// The ids of the cases of the signatures.
    known: Vec<String>,
    /// See [`Features`]; models before 0.2 have none.
    #[serde(default)]
    hyphenated: Vec<String>,
}

/// A tagger with the id of its version.
pub struct Model {
    /// The tagger.
    pub tagger: Tagger,
    /// The first twelve hexadecimal digits of the checksum of its content.
    pub version: String,
}

impl Model {
    /// Returns the model that ships with the program.
    ///
    /// # Errors
    /// [`Error::BadModel`] if the program was built with a damaged one.
    pub fn built_in() -> Result<Self> {
        Self::from_bytes(BUILT_IN, "(built in)")
    }

    /// The licence of the built-in model (SPDX), which is that of the texts and labels that
    /// it learned from.
    pub const BUILT_IN_LICENSE: &str = "CC-BY-4.0";

    /// Returns whether it is the model that ships with the program.
    pub fn is_built_in(&self) -> bool {
        Self::built_in().is_ok_and(|model| model.version == self.version)
    }

    /// Tags one document, given as the texts of the model's fields in order. If there are
    /// fewer texts than fields, they are the last fields. Each suggested trend gets up to
    /// [`EVIDENCE`] evidence terms. To tag many documents on one thread, keep a
    /// [`Scratch`] and call [`Tagger::tag`].
    pub fn tag<S: AsRef<str>>(&self, texts: &[S]) -> Tagged {
        self.tagger.tag(texts, EVIDENCE, &mut Scratch::default())
    }

    /// Opens a model file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::BadModel`] as
    /// [`Model::from_bytes`].
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
        Self::from_bytes(&bytes, &path.display().to_string())
    }

    /// Reads a model from bytes. Errors use `file` as its name.
    ///
    /// # Errors
    /// [`Error::BadModel`] if the bytes are not a model, have another format, are
    /// truncated or changed, or contain invalid numbers.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self> {
        let bad = |reason: String, remedy: &'static str| Error::BadModel {
            file: file.to_owned(),
            reason,
            remedy: Action::Train.to(remedy),
        };
        const AGAIN: &str = "get the file again, or train the model again";
        let (_, metadata) =
            SafeTensors::read_metadata(bytes).map_err(|e| bad(e.to_string(), AGAIN))?;
        let json = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY)).ok_or_else(
            || bad("it was not written by trendtag".into(), "give a model that trendtag trained"),
        )?;
        let value: serde_json::Value =
            serde_json::from_str(json).map_err(|e| bad(e.to_string(), AGAIN))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        if format.is_none_or(|f| !(u64::from(OLDEST)..=u64::from(FORMAT)).contains(&f)) {
            let found = format.map_or("unknown".to_owned(), |f| f.to_string());
            return Err(bad(
                format!("its format is {found}, this version reads {OLDEST} to {FORMAT}"),
                "train the model again with this version of trendtag",
            ));
        }
        let header: Header =
            serde_json::from_value(value.clone()).map_err(|e| bad(e.to_string(), AGAIN))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| bad(e.to_string(), AGAIN))?;
        let tensor = |name: &str, dtype: Dtype| {
            let tensor = tensors.tensor(name).map_err(|e| e.to_string())?;
            if tensor.dtype() == dtype {
                Ok(tensor)
            } else {
                Err(format!("\"{name}\" has the wrong type"))
            }
        };
        let checked = |header: Header| -> std::result::Result<Self, String> {
            let parts = Parts {
                vocabulary: tensor("vocabulary", Dtype::U8)?.data().to_vec(),
                idf: f32s(tensor("idf", Dtype::F32)?.data()),
                weights: f32s(tensor("weights", Dtype::F32)?.data()),
                intercepts: f64s(tensor("intercepts", Dtype::F64)?.data()),
                signatures: tensor("signatures", Dtype::U16)?.data().to_vec(),
            };
            // Computed over the fields in the file, because older files lack fields of
            // the current header.
            let checksum = parts.checksum(value);
            if checksum != header.checksum {
                return Err("its checksum is wrong: it was changed or damaged".into());
            }
            let tagger = parts.into_tagger(header)?;
            Ok(Self { tagger, version: version(&checksum) })
        };
        checked(header).map_err(|reason| bad(reason, AGAIN))
    }

    /// Gives a new tagger its version.
    ///
    /// # Errors
    /// [`Error::BadModel`] if its params cannot be written as JSON.
    pub fn new(tagger: Tagger) -> Result<Self> {
        let header = Header::of(&tagger);
        let checksum = Parts::of(&tagger).checksum(header.value().map_err(not_written)?);
        Ok(Self { tagger, version: version(&checksum) })
    }

    /// Returns the content of the model file. Equal taggers give equal bytes.
    ///
    /// # Errors
    /// [`Error::BadModel`] if serialisation fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let parts = Parts::of(&self.tagger);
        let mut header = Header::of(&self.tagger);
        header.checksum = parts.checksum(header.value().map_err(not_written)?);
        let json = serde_json::to_string(&header).map_err(|e| not_written(e.to_string()))?;
        parts.serialize(json).map_err(not_written)
    }
}

impl Header {
    fn value(&self) -> std::result::Result<serde_json::Value, String> {
        serde_json::to_value(self).map_err(|e| e.to_string())
    }

    fn of(tagger: &Tagger) -> Self {
        Self {
            format: FORMAT,
            trendtag: env!("CARGO_PKG_VERSION").to_owned(),
            checksum: String::new(),
            word_terms: tagger.features.word_terms(),
            params: tagger.params().clone(),
            taxonomy: tagger.taxonomy.clone(),
            decision: tagger.decision.clone(),
            training: tagger.training.clone(),
            known: tagger.training.known.ids.clone(),
            hyphenated: tagger.features.hyphenated.clone(),
        }
    }
}

/// Returns the tensors of a model.
struct Parts {
    vocabulary: Vec<u8>,
    idf: Vec<f32>,
    weights: Vec<f32>,
    intercepts: Vec<f64>,
    signatures: Vec<u8>,
}

impl Parts {
    fn of(tagger: &Tagger) -> Self {
        let features = &tagger.features;
        Self {
            vocabulary: features.terms().collect::<Vec<_>>().join("\n").into_bytes(),
            idf: features.words.idf.iter().chain(&features.subwords.idf).copied().collect(),
            weights: tagger.weights.clone(),
            intercepts: tagger.intercepts.clone(),
            signatures: tagger
                .training
                .known
                .signatures
                .iter()
                .flat_map(Signature::to_bytes)
                .collect(),
        }
    }

    /// Returns the checksum of the tensors and the metadata as JSON.
    fn checksum(&self, mut value: serde_json::Value) -> String {
        if let Some(entries) = value.as_object_mut() {
            entries.shift_remove("checksum");
        }
        let mut hash = Sha256::new();
        hash.update(value.to_string());
        let (idf, weights) = (bytes_of(&self.idf), bytes_of(&self.weights));
        for bytes in [&self.vocabulary, &idf, &weights, &self.signatures] {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        self.intercepts.iter().for_each(|v| hash.update(v.to_le_bytes()));
        hex(&hash.finalize())
    }

    fn serialize(&self, header: String) -> std::result::Result<Vec<u8>, String> {
        let (terms, trends) = (self.idf.len(), self.intercepts.len());
        let idf = bytes_of(&self.idf);
        let weights = bytes_of(&self.weights);
        let intercepts: Vec<u8> = self.intercepts.iter().flat_map(|v| v.to_le_bytes()).collect();
        let view =
            |dtype, shape, bytes| TensorView::new(dtype, shape, bytes).map_err(|e| e.to_string());
        let signatures_shape = vec![self.signatures.len() / Signature::BYTES, Signature::BYTES / 2];
        let tensors = [
            (
                "vocabulary",
                view(Dtype::U8, vec![self.vocabulary.len()], self.vocabulary.as_slice())?,
            ),
            ("idf", view(Dtype::F32, vec![terms], idf.as_slice())?),
            ("weights", view(Dtype::F32, vec![terms, trends], weights.as_slice())?),
            ("intercepts", view(Dtype::F64, vec![trends], intercepts.as_slice())?),
            ("signatures", view(Dtype::U16, signatures_shape, self.signatures.as_slice())?),
        ];
        let metadata = HashMap::from([(ENTRY.to_owned(), header)]);
        safetensors::serialize(tensors, Some(metadata)).map_err(|e| e.to_string())
    }

    /// Builds the tagger, if all parts are consistent and all numbers are valid.
    fn into_tagger(self, header: Header) -> std::result::Result<Tagger, String> {
        let recipe = header.params.check().map_err(|e| e.to_string())?;
        header.taxonomy.check().map_err(|reason| format!("its taxonomy is invalid: {reason}"))?;
        let trends = header.taxonomy.len();
        let text = String::from_utf8(self.vocabulary).map_err(|_| "its vocabulary is not text")?;
        let mut words: Vec<String> = match text.as_str() {
            "" => Vec::new(),
            text => text.split('\n').map(str::to_owned).collect(),
        };
        let terms = words.len();
        let fits = trends > 0
            && header.word_terms <= terms
            && self.idf.len() == terms
            && self.weights.len() == terms * trends
            && self.intercepts.len() == trends
            && header.decision.calibrations.len() == trends
            && header.decision.thresholds.len() == trends
            && self.signatures.len() == header.known.len() * Signature::BYTES;
        if !fits {
            return Err("its parts are inconsistent".into());
        }
        let finite = self.idf.iter().chain(&self.weights).all(|v| v.is_finite())
            && self.intercepts.iter().chain(&header.decision.thresholds).all(|v| v.is_finite())
            && header.decision.calibrations.iter().all(|c| c.is_sound())
            && header.decision.set_prior.is_sound()
            && header.decision.triage.is_sound()
            && header.decision.reading.iter().all(|reading| reading.is_sound());
        if !finite {
            return Err("it contains invalid numbers (NaN or infinite)".into());
        }
        let subwords = words.split_off(header.word_terms);
        let mut idf = self.idf;
        let subword_idf = idf.split_off(header.word_terms);
        if !header.hyphenated.is_sorted() {
            return Err("its hyphenated words are not in order".into());
        }
        let features = Features {
            hyphenated: header.hyphenated,
            params: recipe.params().features.clone(),
            words: Block { terms: words, idf },
            subwords: Block { terms: subwords, idf: subword_idf },
        };
        let (signatures, _) = self.signatures.as_chunks();
        let signatures = signatures.iter().map(Signature::from_bytes).collect();
        Ok(Tagger::from_parts(
            recipe,
            header.taxonomy,
            features,
            self.weights,
            self.intercepts,
            header.decision,
            TrainingFacts {
                known: KnownTexts { ids: header.known, signatures },
                ..header.training
            },
        ))
    }
}

fn version(checksum: &str) -> String {
    checksum.chars().take(12).collect()
}

fn not_written(reason: String) -> Error {
    Error::BadModel {
        file: "(new)".into(),
        reason,
        remedy: "this is a fault of the program; please report it".into(),
    }
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
}

fn f64s(bytes: &[u8]) -> Vec<f64> {
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().map(|&chunk| f64::from_le_bytes(chunk)).collect()
}
