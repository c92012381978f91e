//! The champion: the file that names the version in use, and how it changes.

use std::path::PathBuf;

use super::journal::{Act, Entry, What};
use super::lock::{Lock, Work};
use super::{EVALUATION, Registry, bad};
use crate::error::{Action, Error, Result};
use crate::tables::output::write_file;
use crate::tagger::Model;

pub(super) const CHAMPION: &str = "champion.txt";

impl Registry {
    /// Returns the file that names the version in use: it changes when the champion changes.
    pub fn champion_file(&self) -> PathBuf {
        self.folder.join(CHAMPION)
    }

    /// Returns the version in use; `None` if none has been promoted yet.
    ///
    /// # Errors
    /// [`Error::Io`] if `champion.txt` cannot be read, [`Error::BadFile`] if it does not
    /// name a version.
    pub fn champion(&self) -> Result<Option<String>> {
        let path = self.champion_file();
        let bytes = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(|source| Error::io(&path, source))?,
        };
        match std::str::from_utf8(bytes.trim_ascii()) {
            Ok(id) if !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Ok(Some(id.to_owned()))
            }
            _ => Err(bad(
                &path,
                "it does not name a version",
                Action::PromoteVersion.to("promote one of its versions"),
            )),
        }
    }

    /// Returns the model in use.
    ///
    /// # Errors
    /// [`Error::BadFile`] if no version has been promoted yet; otherwise as
    /// [`Registry::champion`] and [`Registry::model`].
    pub fn champion_model(&self) -> Result<Model> {
        match self.champion()? {
            Some(version) => self.model(&version),
            None => Err(bad(
                &self.folder,
                "no version has been promoted",
                Action::PromoteVersion.to("promote one of its versions"),
            )),
        }
    }

    /// Returns the objections to a version as champion: those of its comparison, or that
    /// it was not compared with this champion.
    ///
    /// # Errors
    /// As [`Registry::champion`] and [`Registry::record`].
    pub fn objections(&self, version: &str) -> Result<Vec<String>> {
        match self.champion()? {
            Some(champion) => self.objections_beside(version, &champion),
            None => Ok(Vec::new()),
        }
    }

    fn objections_beside(&self, version: &str, champion: &str) -> Result<Vec<String>> {
        if version == champion {
            return Ok(Vec::new());
        }
        Ok(match self.record(version)?.verdict {
            None => vec![format!("it was never compared with the champion {champion}")],
            Some(verdict) if verdict.champion != champion => {
                let other = match verdict.champion.as_str() {
                    "" => "another version",
                    version => version,
                };
                vec![format!("it was compared with {other} and not with the champion {champion}")]
            }
            Some(verdict) => verdict.reasons,
        })
    }

    /// Makes a version the champion, after [`Registry::verify`]; returns the champion
    /// before it. Promoting the champion changes nothing. If there are
    /// [objections](Registry::objections), a reason is required, and the journal records
    /// that the promotion was forced. `expected` is the champion on which the decision is
    /// based. If the champion has changed in the meantime, nothing is changed. If nothing
    /// is expected, a `champion.txt` that names no version counts as none.
    ///
    /// # Errors
    /// As [`Registry::verify`]; [`Error::BadFile`] if the folder does not exist, the
    /// champion is not the expected one, or a reason is missing; [`Error::Io`].
    pub fn promote(
        &self,
        version: &str,
        expected: Option<&Option<String>>,
        act: &Act,
    ) -> Result<Option<String>> {
        self.must_exist()?;
        // The lock prevents the verified version from being pruned before it is the
        // champion.
        let _lock = Lock::wait(self, Work::Change)?;
        self.verify(version)?;
        let champion = match self.champion() {
            Err(Error::BadFile { .. }) if expected.is_none() => None,
            champion => champion?,
        };
        if expected.is_some_and(|expected| *expected != champion) {
            return Err(bad(
                &self.folder,
                "another version has been promoted meanwhile",
                "compare with the champion of now: run it again",
            ));
        }
        if champion.as_deref() != Some(version) {
            let objections = match &champion {
                Some(champion) => self.objections_beside(version, champion)?,
                None => Vec::new(),
            };
            if !objections.is_empty() && !act.has_reason() {
                return Err(bad(
                    &self.path(version, EVALUATION),
                    objections.join("; "),
                    Action::GiveReason.to("give a reason for promoting it anyway"),
                ));
            }
            let forced = !objections.is_empty();
            self.replace(What::Promoted, version, champion.clone(), act, forced)?;
        }
        Ok(champion)
    }

    /// Reverses the last promotion. Returns the version that was in use and the one that
    /// is now.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the folder does not exist or there was no earlier champion;
    /// as [`Registry::verify`] for the earlier champion.
    pub fn rollback(&self, act: &Act) -> Result<(String, String)> {
        self.must_exist()?;
        let _lock = Lock::wait(self, Work::Change)?;
        let nothing = || {
            bad(
                &self.folder,
                "there is no earlier champion to restore",
                "promote the version you want",
            )
        };
        let champion = self.champion()?.ok_or_else(nothing)?;
        let previous = before(&self.journal()?, &champion).ok_or_else(nothing)?;
        self.verify(&previous)?;
        self.replace(What::RolledBack, &previous, Some(champion.clone()), act, false)?;
        Ok((champion, previous))
    }

    /// Verifies that the champion exists and is the one in the journal.
    ///
    /// # Errors
    /// As [`Registry::champion`] and [`Registry::journal`]; [`Error::BadFile`] if it is
    /// not.
    pub fn verify_champion(&self) -> Result<()> {
        let champion = self.champion()?;
        let promote = || Action::PromoteVersion.to("promote the version that should be in use");
        if let Some(champion) = &champion
            && !self.versions()?.contains(champion)
        {
            let reason = format!("the champion is missing: there is no version {champion}");
            return Err(bad(&self.champion_file(), reason, promote()));
        }
        let journal = self.journal()?;
        let last = journal.iter().rfind(|entry| entry.what.is_change());
        let fits = match last {
            // A change that was interrupted after its journal entry leaves the earlier
            // champion.
            Some(last) => {
                [Some(&last.version), last.previous.as_ref()].contains(&champion.as_ref())
            }
            None => champion.is_none(),
        };
        if fits {
            return Ok(());
        }
        let named = champion.as_deref().unwrap_or("no version");
        let of_journal = last.map_or("no version", |last| last.version.as_str());
        let reason = format!("it names {named}, but the journal last promoted {of_journal}");
        Err(bad(&self.champion_file(), reason, promote()))
    }

    /// Records the change, then makes it: the file that names the champion is replaced
    /// atomically, so that it always names one complete version.
    fn replace(
        &self,
        what: What,
        version: &str,
        previous: Option<String>,
        act: &Act,
        forced: bool,
    ) -> Result<()> {
        let record = self.record(version).ok();
        let entry = Entry::of(what, version, previous, act, record.as_ref());
        self.note(&Entry { forced, ..entry })?;
        write_file(&self.champion_file(), format!("{version}\n").as_bytes(), true)
    }
}

/// Returns the version in use before the last promotion.
pub(super) fn before(journal: &[Entry], champion: &str) -> Option<String> {
    let changes: Vec<&Entry> = journal.iter().filter(|entry| entry.what.is_change()).collect();
    // An interrupted change did not take effect; the next change started from the earlier
    // champion.
    let is_done = |i: usize| changes.get(i + 1).is_none_or(|n| n.previous != changes[i].previous);
    let brought_it = |i: &usize| {
        changes[*i].what == What::Promoted && changes[*i].version == champion && is_done(*i)
    };
    let promotion = (0..changes.len()).rev().find(brought_it)?;
    changes[promotion].previous.clone()
}
