//! State that all requests share: the store, the served model, and the access rules.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use super::access::Access;
use super::current::Current;
use super::jobs::Jobs;
use super::looked_at::LookedAt;
use super::params::ServeParams;
use super::turns::Turns;
use super::uploads::Uploads;
use crate::review::Refusal;
use crate::review::intake::tagging::Tagging;
use crate::tagger::{Corpus, Example, Model, fingerprint};
use crate::versions::registry::{Registry, open_model};

/// State that all requests share.
pub(super) struct App {
    pub(super) turns: Turns,
    pub(super) store: Current,
    pub(super) uploads: Uploads,
    pub(super) jobs: Jobs,
    pub(super) looked_at: LookedAt,
    learned_from: Option<Arc<Corpus>>,
    /// Set when the server stops.
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) access: Access,
    /// Allowed host names, in addition to addresses and `localhost`.
    pub(super) hosts: Vec<String>,
    /// Short example texts of the trends.
    pub(super) examples: Vec<Example>,
    served: RwLock<Arc<Model>>,
    /// Held while the cases switch to a model.
    switching: Mutex<()>,
    source: Option<Source>,
}

/// Maximum expanded bytes of a compressed file or workbook, in multiples of the largest file.
const EXPANDED: u64 = 5;

/// The source of the model.
struct Source {
    /// A model file, or versions with a champion.
    name: PathBuf,
    /// The last stamp of the source, and its model at that time.
    seen: Mutex<(Option<Stamp>, String)>,
}

/// A stamp that shows whether a file has changed.
type Stamp = (SystemTime, u64);

impl App {
    pub(super) fn new(store: Current, model: Model, params: &ServeParams, access: Access) -> Self {
        let name = params.model.clone();
        let seen = |name: &Path| Mutex::new((stamp(name), model.version.clone()));
        let source = name.map(|name| Source { seen: seen(&name), name });
        Self {
            turns: Turns::new(),
            store,
            uploads: Uploads::new(params.largest_file),
            jobs: Jobs::default(),
            looked_at: LookedAt::default(),
            learned_from: params.learned_from.clone(),
            stopping: Arc::default(),
            access,
            hosts: params.hosts.clone(),
            examples: params.examples.clone(),
            served: RwLock::new(Arc::new(model)),
            switching: Mutex::new(()),
            source,
        }
    }

    /// Returns how many bytes a file may expand to.
    pub(super) fn max_expanded(&self) -> u64 {
        EXPANDED * self.uploads.largest()
    }

    /// Returns what tagging files with a model needs; only the distance of a batch from the
    /// training cases needs `learned_from`, which takes time to read.
    pub(super) fn tagging<'a>(
        &'a self,
        model: &'a Model,
        learned_from: Option<&'a Corpus>,
    ) -> Tagging<'a> {
        Tagging {
            store: &self.store,
            model,
            learned_from,
            max_expanded: self.max_expanded(),
            stop: &self.stopping,
        }
    }

    /// Returns the training cases of the served model, if they are known.
    pub(super) fn learned_from(&self) -> Option<Arc<Corpus>> {
        let model = self.model();
        let of_versions = |source: &Source| Registry::at(&source.name).cases(&model).ok();
        let versions = self.source.as_ref().filter(|source| !source.name.is_file());
        let is_it =
            |corpus: &Arc<Corpus>| fingerprint(corpus) == model.tagger.training().fingerprint;
        match versions.and_then(of_versions) {
            Some(corpus) => Some(Arc::new(corpus)),
            None => self.learned_from.clone().filter(is_it),
        }
    }

    /// Returns the served model.
    pub(super) fn model(&self) -> Arc<Model> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the version of a model that has replaced the served one, in its file or as
    /// the champion.
    pub(super) fn newer(&self) -> Option<String> {
        let source = self.source.as_ref()?;
        let mut seen = source.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&source.name);
        if now.is_some() && seen.0 != now {
            // A file that is being written is checked again later.
            if let Ok(model) = open_model(&source.name) {
                *seen = (now, model.version);
            }
        }
        (seen.1 != self.model().version).then(|| seen.1.clone())
    }

    /// Tags the cases that have no suggestion of the served model. If that fails, they keep
    /// those that they have, and the next start tries again.
    pub(super) fn tag_cases(&self) {
        let _switching = self.switching.lock().unwrap_or_else(PoisonError::into_inner);
        _ = self.store.use_model(&self.model());
    }

    /// Switches to the model on disk.
    pub(super) fn reload(&self) -> Result<(), Refusal> {
        let Some(source) = &self.source else { return Ok(()) };
        let _switching = self.switching.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, model) = (stamp(&source.name), open_model(&source.name)?);
        self.store.use_model(&model)?;
        *source.seen.lock().unwrap_or_else(PoisonError::into_inner) = (now, model.version.clone());
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(model);
        Ok(())
    }
}

/// Returns the stamp of a model file, or of the file that names a champion.
fn stamp(name: &Path) -> Option<Stamp> {
    let is_file = name.is_file();
    let file = if is_file { name.to_owned() } else { Registry::at(name).champion_file() };
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}
