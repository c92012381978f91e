//! Which version is in use: the one small file that says so, and how it changes.

use std::path::PathBuf;

use super::journal::{Act, Entry, What};
use super::lock::{Lock, Work};
use super::{Registry, bad};
use crate::error::{Action, Error, Result};
use crate::tables::output::write_file;
use crate::tagger::Model;

pub(super) const CHAMPION: &str = "champion.txt";

impl Registry {
    /// The file that names the version in use: it changes when the version does.
    pub fn champion_file(&self) -> PathBuf {
        self.folder.join(CHAMPION)
    }

    /// The version in use; `None` if none has been promoted yet.
    ///
    /// # Errors
    /// [`Error::Io`] if `champion.txt` cannot be read, [`Error::BadFile`] if it
    /// does not hold a version.
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

    /// The model in use.
    ///
    /// # Errors
    /// [`Error::BadFile`] if no version has been promoted yet; otherwise as
    /// [`Registry::champion`] and [`Registry::model`].
    pub fn champion_model(&self) -> Result<Model> {
        match self.champion()? {
            Some(version) => self.model(&version),
            None => Err(bad(
                &self.folder,
                "no version of it has been promoted",
                Action::PromoteVersion.to("promote one of its versions"),
            )),
        }
    }

    /// Makes a version the champion, after [`Registry::verify`]; returns the
    /// champion before it. Promoting the champion changes nothing.
    ///
    /// `expected` is the champion that the decision rests on: if another has
    /// taken its place meanwhile, nothing is changed. Where nothing is expected,
    /// a `champion.txt` that names no version counts as none.
    ///
    /// # Errors
    /// As [`Registry::verify`]; [`Error::BadFile`] if the folder is not there or the
    /// champion is not the one expected; [`Error::Io`].
    pub fn promote(
        &self,
        version: &str,
        expected: Option<&Option<String>>,
        act: &Act,
    ) -> Result<Option<String>> {
        self.must_exist()?;
        // What is verified must not be pruned before it is the champion.
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
            self.replace(What::Promoted, version, champion.clone(), act)?;
        }
        Ok(champion)
    }

    /// Takes the last promotion of the champion back; returns the version that
    /// was in use and the one that is now.
    ///
    /// # Errors
    /// [`Error::BadFile`] if the folder is not there or nothing was in use before it; as
    /// [`Registry::verify`] of the version that was.
    pub fn rollback(&self, act: &Act) -> Result<(String, String)> {
        self.must_exist()?;
        let _lock = Lock::wait(self, Work::Change)?;
        let nothing = || {
            bad(
                &self.folder,
                "there is no earlier champion to go back to",
                "promote the version you want",
            )
        };
        let champion = self.champion()?.ok_or_else(nothing)?;
        let previous = before(&self.journal()?, &champion).ok_or_else(nothing)?;
        self.verify(&previous)?;
        self.replace(What::RolledBack, &previous, Some(champion.clone()), act)?;
        Ok((champion, previous))
    }

    /// Records the change, then makes it: the file that names the champion is
    /// replaced in one step, so that it always names one whole version.
    fn replace(
        &self,
        what: What,
        version: &str,
        previous: Option<String>,
        act: &Act,
    ) -> Result<()> {
        let entry = Entry::of(what, version, previous, act, self.record(version).ok().as_ref());
        self.note(&entry)?;
        write_file(&self.champion_file(), format!("{version}\n").as_bytes(), true)
    }
}

/// What was in use before the last promotion of the champion.
pub(super) fn before(journal: &[Entry], champion: &str) -> Option<String> {
    let changes: Vec<&Entry> = journal.iter().filter(|entry| entry.what.is_change()).collect();
    // A change that was cut off left its champion to the change that came next.
    let is_done = |i: usize| changes.get(i + 1).is_none_or(|n| n.previous != changes[i].previous);
    let brought_it = |i: &usize| {
        changes[*i].what == What::Promoted && changes[*i].version == champion && is_done(*i)
    };
    let promotion = (0..changes.len()).rev().find(brought_it)?;
    changes[promotion].previous.clone()
}
