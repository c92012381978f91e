//! The served database; until it exists, an empty one in a temporary folder, so that every
//! request has a response.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::review::Store;
use crate::tagger::Model;

/// The served database.
pub(super) struct Current {
    path: PathBuf,
    /// The database, or the empty one. It is closed before its folder is removed.
    first: Store,
    /// The folder of the empty database.
    folder: Option<TempDir>,
    /// The database, if it was created since.
    made: OnceLock<Store>,
}

impl Current {
    /// Uses a database, or the place of one that does not exist yet.
    pub(super) fn new(path: &Path, store: Option<Store>, model: &Model) -> Result<Self> {
        let (path, made) = (path.to_owned(), OnceLock::new());
        if let Some(first) = store {
            return Ok(Self { path, first, folder: None, made });
        }
        let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let beside = beside.unwrap_or(Path::new("."));
        // A folder that cannot be written to is reported before a file is sent.
        tempfile::tempfile_in(beside).map_err(|source| Error::io(beside, source))?;
        let folder = private_folder()?;
        let first = Store::create(&folder.path().join("empty.db"))?;
        first.register(model)?;
        Ok(Self { path, first, folder: Some(folder), made })
    }

    /// Returns the name of its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the database exists.
    pub(super) fn is_there(&self) -> bool {
        self.folder.is_none() || self.made.get().is_some()
    }

    /// Returns the database, which is created if it does not exist.
    pub(super) fn make(&self, model: &Model) -> Result<&Store> {
        if !self.is_there() {
            let store = Store::create(&self.path)?;
            store.register(model)?;
            // Two simultaneous requests open the same file, and one of the two is used.
            _ = self.made.set(store);
        }
        Ok(self)
    }
}

impl Deref for Current {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.made.get().unwrap_or(&self.first)
    }
}

/// Creates a temporary folder that only this user can read.
pub(super) fn private_folder() -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("trendtag-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir().map_err(|source| Error::internal("no temporary folder can be made", source))
}
