//! Verifies that versions are intact and answer as before, and prunes old ones.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::champion::{self, CHAMPION};
use super::journal::{Act, Entry, What};
use super::lock::{Lock, Work};
use super::{COMPANIONS, MODEL, Registry, SAMPLE, bad, sample, version_of};
use crate::error::{Error, Result};
use crate::tables::output::SUFFIX;
use crate::tagger::hex;

/// The versions and files that were, or would be, removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Versions, sorted.
    pub versions: Vec<String>,
    /// Files that belong to no version, left by interrupted runs.
    pub leftovers: Vec<PathBuf>,
}

impl Registry {
    /// Verifies a version: format, sizes and checksum of the model, its name, its record,
    /// the cases it learned from, that its suggestions for the stored sample are
    /// unchanged, to the byte, and that each file, including the card, has the checksum
    /// in the journal.
    ///
    /// # Errors
    /// The first fault, as [`Registry::model`], [`Registry::record`],
    /// [`Registry::cases`], [`Registry::journal`], or [`Error::BadFile`] for the sample
    /// and for a file that was changed.
    pub fn verify(&self, version: &str) -> Result<()> {
        let model = self.model(version)?;
        self.record(version)?;
        self.cases(&model)?;
        sample::verify(&model, &self.path(version, SAMPLE))?;
        self.verify_files(version)
    }

    /// Verifies the files of a version against the checksums in the journal. A version
    /// that was added twice can have files of both times, if the second time was
    /// interrupted. Versions from an earlier version of the program have no checksums.
    fn verify_files(&self, version: &str) -> Result<()> {
        let journal = self.journal()?;
        let added: Vec<&Entry> = (journal.iter())
            .filter(|entry| entry.what == What::Added && entry.version == version)
            .collect();
        let names: BTreeSet<&String> = added.iter().flat_map(|entry| entry.files.keys()).collect();
        for name in names {
            let path = self.folder.join(name);
            let bytes = std::fs::read(&path).map_err(|source| Error::io(&path, source))?;
            let sum = hex(&Sha256::digest(bytes));
            if !added.iter().any(|entry| entry.files.get(name) == Some(&sum)) {
                let reason = "it was changed since it was written";
                return Err(bad(&path, reason, "restore it from a backup, or train it again"));
            }
        }
        Ok(())
    }

    /// Removes all versions except the champion and `keep` others, and files that belong
    /// to no version. It keeps first the version that a rollback would restore, then the
    /// most recent champions, then the other candidates, most recently used first. With
    /// `dry_run`, nothing is removed. Except for a dry run, the caller holds the lock of
    /// [`Work::Retrain`], so that a retraining does not lose the version that it is about
    /// to promote.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the folder does not exist; [`Error::Io`] if a file cannot be
    /// removed; as [`Registry::journal`].
    pub fn prune(&self, keep: usize, dry_run: bool, act: &Act) -> Result<Pruned> {
        self.must_exist()?;
        // A version that is being written would look like a leftover.
        let _lock = (!dry_run).then(|| Lock::wait(self, Work::Change)).transpose()?;
        let versions = self.versions()?;
        let champion = self.champion()?;
        let most = keep.saturating_add(usize::from(champion.is_some()));
        let mut kept: BTreeSet<String> = champion.iter().cloned().collect();
        for version in self.most_wanted(champion.as_deref())? {
            if kept.len() < most && versions.contains(&version) {
                kept.insert(version);
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
            // The model is removed first: without it, there is no version.
            for kind in std::iter::once(MODEL).chain(COMPANIONS) {
                remove(&self.path(version, kind))?;
            }
        }
        pruned.leftovers.iter().try_for_each(|path| remove(path))?;
        Ok(pruned)
    }

    /// Returns the versions in the order in which they are kept. Some are repeated, and
    /// some no longer exist.
    fn most_wanted(&self, champion: Option<&str>) -> Result<Vec<String>> {
        let journal = self.journal()?;
        let mut wanted = Vec::new();
        wanted.extend(champion.and_then(|champion| champion::before(&journal, champion)));
        for entry in journal.iter().rev().filter(|entry| entry.what.is_change()) {
            wanted.push(entry.version.clone());
            wanted.extend(entry.previous.clone());
        }
        wanted.extend(journal.into_iter().rev().map(|entry| entry.version));
        wanted.extend(self.versions()?);
        Ok(wanted)
    }

    fn leftovers(&self, versions: &[String]) -> Result<Vec<PathBuf>> {
        let belongs_to_none = |name: &String| {
            // Only our own files are removed: another program's file may be unfinished
            // and needed.
            let unfinished = name.strip_suffix(SUFFIX).is_some_and(|name| {
                let mut kinds = std::iter::once(MODEL).chain(COMPANIONS);
                name == CHAMPION || kinds.any(|kind| version_of(name, kind).is_some())
            });
            let is_unknown = |version: &str| !versions.iter().any(|known| known == version);
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
