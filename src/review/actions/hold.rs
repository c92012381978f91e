//! Holding a case for a reviewer, and releasing it.

use std::time::SystemTime;

use rusqlite::OptionalExtension;

use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::check_reviewer;
use crate::review::db::store::{Store, time_text};
use crate::review::db::stored_case::number_of;

impl Store {
    /// Holds a case for a reviewer, or holds it longer; returns until when, UTC.
    ///
    /// # Errors
    /// [`Refusal::Held`] if others hold it, [`Refusal::NoCase`].
    pub fn hold(&self, case: &str, reviewer: &str) -> Result<String, Refusal> {
        check_reviewer(reviewer)?;
        let (number, room) = self.read_or(|connection| {
            let query = "SELECT number, max(wanted - answers, 1) AS room FROM cases WHERE id = ?";
            let mut statement = connection.prepare_cached(query)?;
            let found = statement.query_row([case], |row| {
                Ok((row.get("number")?, usize::from(row.get::<_, u8>("room")?)))
            });
            found.optional()?.ok_or_else(|| Refusal::NoCase(case.to_owned()))
        })?;
        match self.claims.hold(number, reviewer, room, SystemTime::now()) {
            Ok(until) => Ok(time_text(until)),
            Err((by, until)) => Err(Refusal::Held { by, until: time_text(until) }),
        }
    }

    /// Lets a case go.
    ///
    /// # Errors
    /// [`Refusal::NoCase`].
    pub fn release(&self, case: &str, reviewer: &str) -> Result<(), Refusal> {
        let number = self.read_or(|connection| number_of(connection, case))?;
        self.claims.release(number, reviewer);
        Ok(())
    }
}
