//! Whether versions are whole and say what they said; and which are no longer
//! needed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::journal::{Act, Entry, What};
use super::lock::{Lock, Work};
use super::{COMPANIONS, MODEL, Registry, SAMPLE, sample};
use crate::error::{Error, Result};

/// What was, or would be, removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Versions, sorted.
    pub versions: Vec<String>,
    /// Files that belong to no version, left behind by what was cut off.
    pub leftovers: Vec<PathBuf>,
}

impl Registry {
    /// Verifies a version: format, sizes and checksum of the model, its name,
    /// its record, and that it says the same of its stored sample, to the byte.
    ///
    /// # Errors
    /// The first thing that is wrong, as [`Registry::model`],
    /// [`Registry::record`], or [`Error::BadFile`] for the sample.
    pub fn verify(&self, version: &str) -> Result<()> {
        let model = self.model(version)?;
        self.record(version)?;
        sample::verify(&model, &self.path(version, SAMPLE))
    }

    /// Removes all versions but the champion and the `keep` others that the
    /// journal named last, and what belongs to no version. With `dry_run`
    /// nothing is removed.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be removed; as [`Registry::journal`].
    pub fn prune(&self, keep: usize, dry_run: bool, act: &Act) -> Result<Pruned> {
        // A version that is just being made would look like a leftover.
        let _retrain = Lock::wait(self, Work::Retrain)?;
        let _change = Lock::wait(self, Work::Change)?;
        let versions = self.versions()?;
        let mut kept: BTreeSet<String> = BTreeSet::new();
        kept.extend(self.champion()?);
        let champion = kept.len();
        for entry in self.journal()?.into_iter().rev() {
            if kept.len() >= keep + champion {
                break;
            }
            if versions.contains(&entry.version) {
                kept.insert(entry.version);
            }
        }
        let pruned = Pruned {
            versions: versions.iter().filter(|v| !kept.contains(*v)).cloned().collect(),
            leftovers: self.leftovers(&versions)?,
        };
        if dry_run {
            return Ok(pruned);
        }
        for version in &pruned.versions {
            let record = self.record(version).ok();
            self.note(&Entry::of(What::Pruned, version, None, act, record.as_ref()))?;
            // The model first: without it there is no version.
            for kind in std::iter::once(MODEL).chain(COMPANIONS) {
                remove(&self.path(version, kind))?;
            }
        }
        pruned.leftovers.iter().try_for_each(|path| remove(path))?;
        Ok(pruned)
    }

    fn leftovers(&self, versions: &[String]) -> Result<Vec<PathBuf>> {
        let belongs_to_none = |name: &String| {
            let temporary = name.starts_with(".trendtag-") && name.ends_with(".tmp");
            let orphan = COMPANIONS.iter().any(|kind| {
                let version = name.strip_suffix(kind).and_then(|rest| rest.strip_suffix('.'));
                let is_id = |v: &str| v.len() == 12 && v.chars().all(|c| c.is_ascii_hexdigit());
                version.is_some_and(|v| is_id(v) && !versions.iter().any(|known| known == v))
            });
            temporary || orphan
        };
        let names = self.file_names()?;
        Ok(names.iter().filter(|name| belongs_to_none(name)).map(|n| self.folder.join(n)).collect())
    }
}

fn remove(path: &std::path::Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| Error::io(path, source)),
    }
}
