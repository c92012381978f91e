//! The database that is served; until there is one, an empty one in a temporary folder, so
//! that every request has an answer.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::review::Store;
use crate::tagger::Model;

/// The database that is served.
pub(super) struct Current {
    path: PathBuf,
    /// The database, or what stands for it. It is closed before its folder goes.
    first: Store,
    /// The folder of what stands for the database.
    folder: Option<TempDir>,
    /// The database if it was made meanwhile.
    made: OnceLock<Store>,
}

impl Current {
    /// A database, or the place of one that is not there yet.
    pub(super) fn new(path: &Path, store: Option<Store>, model: &Model) -> Result<Self> {
        let (path, made) = (path.to_owned(), OnceLock::new());
        if let Some(first) = store {
            return Ok(Self { path, first, folder: None, made });
        }
        let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let beside = beside.unwrap_or(Path::new("."));
        // That nothing can be kept there is told before a file is uploaded.
        tempfile::tempfile_in(beside).map_err(|source| Error::io(beside, source))?;
        let folder = private_folder()?;
        let first = Store::create(&folder.path().join("empty.db"))?;
        first.register(model)?;
        Ok(Self { path, first, folder: Some(folder), made })
    }

    /// The name of its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the database is there.
    pub(super) fn is_there(&self) -> bool {
        self.folder.is_none() || self.made.get().is_some()
    }

    /// The database, which is made if it is not there.
    pub(super) fn make(&self, model: &Model) -> Result<&Store> {
        if !self.is_there() {
            let store = Store::create(&self.path)?;
            store.register(model)?;
            // Two that come at once open the same file, and one of them is used.
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

/// A new temporary folder into which only this user may look.
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
