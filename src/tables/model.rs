//! Saves a model as a file.

use std::path::Path;

use super::output::write_file;
use crate::error::Result;
use crate::tagger::Model;

impl Model {
    /// Writes the model file via a temporary file.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if it cannot be written, or if it exists and
    /// `force` is not set.
    pub fn save(&self, path: &Path, force: bool) -> Result<()> {
        write_file(path, &self.to_bytes()?, force)
    }
}
