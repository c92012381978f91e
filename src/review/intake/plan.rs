//! How a file is read and added as a batch.

use serde::{Deserialize, Serialize};

use super::settings::FileSettings;
use crate::review::AddParams;
use crate::review::db::refusal::Refusal;

/// How a file is read and added as a batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) read: FileSettings,
    /// Share of the cases for the blind check.
    pub(crate) blind_check: Option<f64>,
    /// Share of the other cases that two reviewers answer.
    pub(crate) overlap: Option<f64>,
}

impl Plan {
    /// Checks the values against their limits.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with the first that is not.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        self.read.check()?;
        for (field, share) in [("blind_check", self.blind_check), ("overlap", self.overlap)] {
            if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
                let reason = "give a share between 0 and 1".into();
                return Err(Refusal::Invalid { field, reason });
            }
        }
        Ok(())
    }

    /// Returns the params for adding the cases.
    pub(crate) fn params(&self, batch: &str) -> AddParams {
        let usual = AddParams::default();
        AddParams {
            batch: batch.to_owned(),
            blind_check: self.blind_check.unwrap_or(usual.blind_check),
            overlap: self.overlap.unwrap_or(usual.overlap),
            ..usual
        }
    }
}
