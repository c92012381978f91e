//! Whether versions are whole and say what they said; and which are no longer
//! needed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::champion::CHAMPION;
use super::journal::{Act, Entry, What};
use super::lock::{Lock, Work};
use super::{COMPANIONS, MODEL, Registry, SAMPLE, sample};
use crate::error::{Error, Result};
use crate::output::SUFFIX;

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

    /// Removes all versions but the champion and `keep` others, and what belongs
    /// to no version. Kept are those that the journal named last, then those that
    /// it never named, in the order of [`Registry::versions`]. With `dry_run`
    /// nothing is removed.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the folder is not there; [`Error::Io`] if a file
    /// cannot be removed; as [`Registry::journal`].
    pub fn prune(&self, keep: usize, dry_run: bool, act: &Act) -> Result<Pruned> {
        self.must_exist()?;
        // A version that is just being made would look like a leftover.
        let _retrain = Lock::wait(self, Work::Retrain)?;
        let _change = Lock::wait(self, Work::Change)?;
        let versions = self.versions()?;
        let mut kept: BTreeSet<String> = BTreeSet::new();
        kept.extend(self.champion()?);
        let champion = kept.len();
        let named = self.journal()?.into_iter().rev().map(|entry| entry.version);
        for version in named.filter(|version| versions.contains(version)).chain(versions.clone()) {
            if kept.len() >= keep.saturating_add(champion) {
                break;
            }
            kept.insert(version);
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
        let version_of = |name: &'_ str, kind: &str| {
            let version = name.strip_suffix(kind).and_then(|rest| rest.strip_suffix('.'));
            let is_id = |v: &&str| v.len() == 12 && v.chars().all(|c| c.is_ascii_hexdigit());
            version.filter(is_id).map(str::to_owned)
        };
        let belongs_to_none = |name: &String| {
            // Of our own files only: another's may be unfinished and wanted.
            let unfinished = name.strip_suffix(SUFFIX).is_some_and(|name| {
                let mut kinds = std::iter::once(MODEL).chain(COMPANIONS);
                name == CHAMPION || kinds.any(|kind| version_of(name, kind).is_some())
            });
            let is_unknown = |version: String| !versions.contains(&version);
            let mut kinds = COMPANIONS.iter();
            unfinished || kinds.any(|kind| version_of(name, kind).is_some_and(is_unknown))
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
