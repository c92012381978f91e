//! Withdrawing a batch that was added by mistake, and bringing it back.

use rusqlite::Connection;

use super::priority::set_priorities;
use crate::review::db::refusal::Refusal;
use crate::review::db::reviewer::Reviewer;
use crate::review::db::store::Store;
use crate::review::db::withdrawn::{Moved, restore, withdraw};

impl Store {
    /// Takes a batch out of the review as a whole: its cases, suggestions and answers are
    /// in no queue, no list, no figure and no export any more. The database keeps them
    /// until its next [`Store::backup`], and its journal names the batch.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch.
    pub fn withdraw(&self, batch: &str, reviewer: Option<&str>) -> Result<Moved, Refusal> {
        self.moved(batch, reviewer, withdraw)
    }

    /// Brings back a batch that was withdrawn since the last backup, with all answers.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if there is no such batch, [`Refusal::NotAllowed`] if a batch of
    /// its name, or a case with the id of one of its cases, was added meanwhile.
    pub fn restore(&self, batch: &str, reviewer: Option<&str>) -> Result<Moved, Refusal> {
        self.moved(batch, reviewer, restore)
    }

    fn moved(
        &self,
        batch: &str,
        reviewer: Option<&str>,
        act: fn(&Connection, &str, Option<&str>) -> Result<Moved, Refusal>,
    ) -> Result<Moved, Refusal> {
        let (batch, reviewer) = (batch.to_owned(), reviewer.map(str::to_owned));
        self.change(move |connection| {
            let who = reviewer.map(|name| Reviewer::find(connection, &name)).transpose()?;
            let moved = act(connection, &batch, who.as_ref().map(|who| who.name.as_str()))?;
            set_priorities(connection)?;
            Ok(moved)
        })
    }
}
