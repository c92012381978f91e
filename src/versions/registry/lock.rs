//! Locks between processes. The system releases them when a process ends, however it
//! ends.

use std::fs::{File, TryLockError};

use super::Registry;
use crate::error::{Error, Result};

/// The work that a lock protects. Retraining takes minutes and must not block a rollback,
/// so there are two locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Retraining.
    Retrain,
    /// Changing the champion, the journal or the set of versions.
    Change,
}

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock if it is free; `None` if another process has it.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be created or written to, or the file system
    /// does not support locks.
    pub fn attempt(registry: &Registry, work: Work) -> Result<Option<Self>> {
        let file = Self::file(registry, work)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::io(&registry.folder, source)),
        }
    }

    /// Takes the lock as soon as it is free.
    ///
    /// # Errors
    /// As [`Lock::attempt`].
    pub fn wait(registry: &Registry, work: Work) -> Result<Self> {
        let file = Self::file(registry, work)?;
        file.lock().map_err(|source| Error::io(&registry.folder, source))?;
        Ok(Self { _file: file })
    }

    fn file(registry: &Registry, work: Work) -> Result<File> {
        registry.make_folder()?;
        let path = registry.folder.join(match work {
            Work::Retrain => ".retrain.lock",
            Work::Change => ".change.lock",
        });
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        opened.map_err(|source| Error::io(path, source))
    }
}
