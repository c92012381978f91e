//! The versions of a model in a folder, and which of them is the champion. A folder
//! `models/<name>/` holds, for each version, `<version>.safetensors` (the model),
//! `<version>.md` (its card), `<version>.evaluation.json` (its [`Record`]),
//! `<version>.cases.csv` (its training cases), `<version>.examples.csv` (its examples, if
//! any) and `<version>.sample.jsonl` (its suggestions for some of the cases). It also
//! contains `champion.txt`, one line with the version in use, and `journal.jsonl`. A
//! version exists once its model file does, which is written last.

mod card;
mod cases;
mod champion;
mod journal;
mod lock;
mod record;
mod sample;
mod verify;

pub use journal::{Act, Entry, What};
pub use lock::{Lock, Work};
pub use record::{DataSummary, Made, Quality, Record};
pub use verify::Pruned;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Action, Error, Remedy, Result};
use crate::tables::output::write_file;
use crate::tagger::{Corpus, Model, hex};
use crate::versions::retraining::LabelOrigin;

/// The folder in which names are looked up.
const MODELS: &str = "models";

const MODEL: &str = "safetensors";
const CARD: &str = "md";
const EVALUATION: &str = "evaluation.json";
const CASES: &str = "cases.csv";
const EXAMPLES: &str = "examples.csv";
const SAMPLE: &str = "sample.jsonl";

/// The files of a version other than its model.
const COMPANIONS: [&str; 5] = [CARD, EVALUATION, CASES, EXAMPLES, SAMPLE];

/// The versions of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    folder: PathBuf,
}

/// The name of the model that ships with the program.
pub const BUILT_IN: &str = "built-in";

/// Opens the model that a user names: a model file, the champion of a folder of versions,
/// given as the folder itself or as its name below `models/`, or [`BUILT_IN`].
///
/// # Errors
/// [`Error::BadFile`] if it does not exist, or the folder has no champion; otherwise as
/// [`Model::open`].
pub fn open_model(name: &Path) -> Result<Model> {
    if name.is_file() {
        return Model::open(name);
    }
    let registry = Registry::at(name);
    if registry.folder.is_dir() {
        return registry.champion_model();
    }
    if name.as_os_str() == BUILT_IN {
        return Model::built_in();
    }
    Err(bad(
        name,
        "there is no model file, folder of versions or name below models/ with this name",
        Action::TrainVersion.to("give the path of a .safetensors file, or train a first version"),
    ))
}

impl Registry {
    /// Returns the registry for a name below `models/`, or for a folder that exists or is
    /// written as a path. Nothing is read or created yet.
    pub fn at(name: &Path) -> Self {
        let is_path = name.is_dir() || name.components().count() > 1;
        let folder = if is_path { name.to_owned() } else { Path::new(MODELS).join(name) };
        Self { folder }
    }

    /// Returns the folder of the versions.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the last part of the folder's name.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or(self.folder.as_os_str()).to_string_lossy().into_owned()
    }

    /// Returns the existing versions, sorted. Files with a name that is not the id of a
    /// version are ignored.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be read; a missing folder has no versions.
    pub fn versions(&self) -> Result<Vec<String>> {
        let mut versions: Vec<String> = self
            .file_names()?
            .iter()
            .filter_map(|name| version_of(name, MODEL))
            .map(str::to_owned)
            .collect();
        versions.sort();
        Ok(versions)
    }

    /// Returns the only version that starts with these characters.
    ///
    /// # Errors
    /// [`Error::BadFile`] if there is none or more than one.
    pub fn version(&self, start: &str) -> Result<String> {
        let mut versions = self.versions()?;
        versions.retain(|version| version.starts_with(start));
        let remedy = Action::ListVersions.to("list the versions, and name one of them");
        match versions.as_slice() {
            [version] => Ok(version.clone()),
            [] => Err(bad(&self.folder, format!("there is no version {start}"), remedy)),
            more => Err(bad(&self.folder, format!("{start} may be any of {more:?}"), remedy)),
        }
    }

    /// Opens the model of a version, and checks its checksum against its name.
    ///
    /// # Errors
    /// As [`Model::open`]; [`Error::BadModel`] if it belongs to another version.
    pub fn model(&self, version: &str) -> Result<Model> {
        let path = self.path(version, MODEL);
        let model = Model::open(&path)?;
        if model.version == version {
            return Ok(model);
        }
        Err(Error::BadModel {
            file: path.display().to_string(),
            reason: format!("it is version {}", model.version),
            remedy: "give it back its name".into(),
        })
    }

    /// Returns whether a name can be a version: it is neither [`BUILT_IN`] nor a model
    /// file.
    ///
    /// # Errors
    /// As [`Registry::versions`].
    pub fn is_version(&self, name: &str) -> Result<bool> {
        let starts = |version: &String| version.starts_with(name);
        Ok(self.versions()?.iter().any(starts) || name != BUILT_IN && !Path::new(name).is_file())
    }

    /// Opens the model that a user names, with its record: [`BUILT_IN`], a model file, or
    /// a version by its first characters.
    ///
    /// # Errors
    /// As [`Registry::version`], [`Registry::model`] and [`Registry::record`], or
    /// [`Model::open`].
    pub fn named(&self, name: &str) -> Result<(Model, Record)> {
        if !self.is_version(name)? {
            let model = open_model(Path::new(name))?;
            let record = Record::of_model(&model);
            return Ok((model, record));
        }
        let version = self.version(name)?;
        Ok((self.model(&version)?, self.record(&version)?))
    }

    /// Returns the record of a version.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::BadFile`] if its `evaluation.json` cannot be read or
    /// belongs to another version.
    pub fn record(&self, version: &str) -> Result<Record> {
        let path = self.path(version, EVALUATION);
        let text = std::fs::read_to_string(&path).map_err(|source| Error::io(&path, source))?;
        let record = Record::from_json(&text, &path)?;
        if record.version == version {
            return Ok(record);
        }
        let reason = format!("it is the record of version {}", record.version);
        Err(bad(&path, reason, "get the file again, or train the version again"))
    }

    /// Renders the card of a model that is not a version, in Markdown, from the model
    /// itself.
    ///
    /// # Errors
    /// [`Error::Internal`] if it cannot be written.
    pub fn card_of(model: &Model, record: &Record, name: &str) -> Result<String> {
        card::render(model, record, name)
    }

    /// Returns the card of a version, in Markdown.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub fn card(&self, version: &str) -> Result<String> {
        let path = self.path(version, CARD);
        std::fs::read_to_string(&path).map_err(|source| Error::io(&path, source))
    }

    /// Returns the labelled cases that a version learned from, in order, and its
    /// examples. `model` is its model.
    ///
    /// # Errors
    /// As [`Corpus::open`], including the first invalid row; [`Error::BadFile`] if they
    /// are not the training cases of the model.
    pub fn cases(&self, model: &Model) -> Result<Corpus> {
        let [cases, examples] = [CASES, EXAMPLES].map(|kind| self.path(&model.version, kind));
        let examples = if examples.is_file() { Some(examples.as_path()) } else { None };
        cases::read(&cases, examples, model)
    }

    /// Adds a version as a candidate, with all of its files. `corpus` is its training
    /// data, in order, and `origins` has one entry per case. Adding it again rewrites all
    /// files except the model, with the verdict of `record`. The journal records who
    /// added it, when, and the checksums of its files.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::BadFile`] if the folder cannot be created or written to.
    pub fn add(
        &self,
        model: &Model,
        corpus: &Corpus,
        origins: &[LabelOrigin],
        record: &Record,
        act: &Act,
    ) -> Result<()> {
        let made = Made { by: act.who.clone(), time: act.when.clone() };
        let record = &Record { made: Some(made), ..record.clone() };
        // An incomplete version would look like a leftover to a concurrent prune.
        let _lock = Lock::wait(self, Work::Change)?;
        let mut companions = vec![
            (CASES, cases::render(corpus, origins, model)?),
            (SAMPLE, sample::render(model, sample::of(corpus))?),
            (EVALUATION, record.to_json()?.into_bytes()),
            (CARD, card::render(model, record, &self.name())?.into_bytes()),
        ];
        if !corpus.examples.is_empty() {
            companions.push((EXAMPLES, cases::render_examples(corpus)?));
        }
        let model_file = model.to_bytes()?;
        let sum = |kind: &str, bytes: &[u8]| {
            (format!("{}.{kind}", model.version), hex(&Sha256::digest(bytes)))
        };
        let mut entry = Entry::of(What::Added, &model.version, None, act, Some(record));
        entry.files = companions.iter().map(|(kind, bytes)| sum(kind, bytes)).collect();
        entry.files.extend([sum(MODEL, &model_file)]);
        self.note(&entry)?;
        for (kind, bytes) in &companions {
            write_file(&self.path(&model.version, kind), bytes, true)?;
        }
        // A version exists once its model does, which is therefore written last.
        write_file(&self.path(&model.version, MODEL), &model_file, true)
    }

    /// Checks that the folder exists. A mistyped one must not be created.
    ///
    /// # Errors
    /// [`Error::BadFile`] if it does not.
    pub fn must_exist(&self) -> Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let remedy = Action::TrainVersion.to("name an existing one, or train a first version");
        Err(bad(&self.folder, "there is no versioned model here", remedy))
    }

    fn make_folder(&self) -> Result<()> {
        std::fs::create_dir_all(&self.folder).map_err(|source| Error::io(&self.folder, source))
    }

    fn path(&self, version: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{version}.{kind}"))
    }

    fn file_names(&self) -> Result<Vec<String>> {
        let failed = |source| Error::io(&self.folder, source);
        let entries = match std::fs::read_dir(&self.folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }
}

/// Returns the version that a file belongs to; `None` for other files.
fn version_of<'n>(name: &'n str, kind: &str) -> Option<&'n str> {
    let version = name.strip_suffix(kind)?.strip_suffix('.')?;
    let is_id = version.len() == 12 && version.chars().all(|c| c.is_ascii_hexdigit());
    is_id.then_some(version)
}

fn bad(path: &Path, reason: impl Into<String>, remedy: impl Into<Remedy>) -> Error {
    Error::bad_file(path.display().to_string(), reason, remedy)
}

#[cfg(test)]
mod tests;
