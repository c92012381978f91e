//! Holds a case for a reviewer, and releases it.

use std::time::Instant;

use rusqlite::OptionalExtension;

use crate::review::db::clock::time_of;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::{Reviewer, who_answered};
use crate::review::db::store::Store;
use crate::review::db::stored_case::number_of;

impl Store {
    /// Holds a case for a reviewer, or extends the hold. Returns the end of the hold, in
    /// UTC.
    ///
    /// # Errors
    /// [`Refusal::Held`] if others hold it, [`Refusal::NoCase`].
    pub fn hold(&self, case: &str, reviewer: &str) -> Result<String, Refusal> {
        let (me, number, room, answered) = self.read_or(|connection| {
            let me = Reviewer::find(connection, reviewer)?;
            let query = "SELECT number, max(wanted - answers, 1) AS room FROM cases WHERE id = ?";
            let mut statement = connection.prepare_cached(query)?;
            let found = statement
                .query_row([case], |row| Ok((row.get("number")?, row.get::<_, u8>("room")?)))
                .optional()?;
            let (number, room) = found.ok_or_else(|| Refusal::NoCase(case.to_owned()))?;
            Ok((me, number, usize::from(room), who_answered(connection, number)?))
        })?;
        match self.claims.hold(number, &me, (room, &answered), Instant::now()) {
            Ok(until) => Ok(time_of(until)),
            Err(claim) => {
                let until = time_of(claim.until);
                Err(Refusal::Held { by: claim.reviewer.name, until })
            }
        }
    }

    /// Releases a case.
    ///
    /// # Errors
    /// [`Refusal::NoCase`].
    pub fn release(&self, case: &str, reviewer: &str) -> Result<(), Refusal> {
        let (me, number) = self.read_or(|connection| {
            Ok((Reviewer::find(connection, reviewer)?, number_of(connection, case)?))
        })?;
        self.claims.release(number, &me);
        Ok(())
    }
}
