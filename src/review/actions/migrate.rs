//! Gives a review another taxonomy: renamed and merged trends, new ones, and a queue that
//! asks about the new ones only.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use rayon::prelude::*;
use rusqlite::{Connection, OpenFlags};

use super::use_model::untagged;
use crate::error::{Action, Error, Result};
use crate::review::db::connection::{connect, failure};
use crate::review::db::copy::{copy as copy_database, with_ending};
use crate::review::db::decision::split_keys;
use crate::review::db::derived::bring_up_to_date;
use crate::review::db::guards::unguarded;
use crate::review::db::history::History;
use crate::review::db::refusal::Refusal;
use crate::review::db::settings::{json, parsed, set_setting};
use crate::review::db::store::Store;
use crate::review::db::stored_case::StoredCase;
use crate::review::db::suggestion::TaggedCase;
use crate::tagger::{Model, Scratch, SuggestionParams};
use crate::taxonomy::{LabelReader, Taxonomy, join_keys};

/// How long the copy waits for another program.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a change of the taxonomy did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The copy of the database from before.
    pub copy: PathBuf,
    /// Keys of trends that were renamed or merged, with their new keys.
    pub renamed: Vec<(String, String)>,
    /// Keys of new trends.
    pub new: Vec<String>,
    /// Number of decisions that are kept.
    pub decisions: u64,
    /// Number of decided cases that wait to be asked about the new trends.
    pub unasked: u64,
}

/// How the trends of before become those of now.
#[derive(Debug, Clone)]
struct Mapping {
    /// Old and new keys.
    pairs: Vec<(String, String)>,
    /// New keys, in order.
    keys: Vec<String>,
}

impl Store {
    /// Gives the review another taxonomy, and the suggestions of a model that knows it, in
    /// one transaction after a copy was made. Every answer is kept under the new keys: a
    /// merged trend applies if any of its old ones did. Answers from before a trend existed
    /// say nothing about it, and decided cases wait in [`Queue::NewTrends`] to be asked.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there are no cases, if the new taxonomy does not name a trend
    /// of before, or if the model has other trends; [`Error::Database`] and [`Error::Io`].
    ///
    /// [`Queue::NewTrends`]: crate::review::Queue::NewTrends
    pub fn migrate(&self, taxonomy: &Taxonomy, model: &Model) -> Result<Migrated> {
        let file = self.path.display().to_string();
        let before = self.taxonomy()?.ok_or_else(|| {
            Error::bad_corpus(
                format!("{file}: there are no cases in the database"),
                "add some first",
            )
        })?;
        let mapping = Mapping::between(&before, taxonomy)?;
        if !model.tagger.taxonomy().keys().eq(taxonomy.keys()) {
            return Err(Error::bad_corpus(
                format!("the model {} has other trends than the new taxonomy", model.version),
                Action::Train.to("train a model with the new taxonomy first, and name it"),
            ));
        }
        let copy = self.free_name();
        let failed = |error| failure(&self.path, error);
        let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
        copy_database(&connect(&self.path, flags, PATIENCE).map_err(failed)?, &copy)?;
        let tagged = self.tagged_by(model)?;
        let new: Vec<String> = mapping.new_keys();
        let renamed = mapping.pairs.iter().filter(|(from, to)| from != to).cloned().collect();
        let (taxonomy, version) = (json(taxonomy), model.version.clone());
        let facts = json(&SuggestionParams::of(&model.tagger));
        let (decisions, unasked) = self
            .change(move |connection| {
                mapping.rename_suggestions(connection)?;
                let insert = "INSERT OR IGNORE INTO models (version, facts) VALUES (?, ?)";
                connection.execute(insert, [&version, &facts])?;
                for (case, tagged) in &tagged {
                    tagged.insert(connection, *case, &version)?;
                }
                connection.execute("UPDATE cases SET model = ?", [&version])?;
                set_setting(connection, "taxonomy", &taxonomy)?;
                let count = mapping.change_decisions(connection, "decisions")?;
                mapping.change_decisions(connection, "withdrawn_decisions")?;
                derive(connection)?;
                let query = "SELECT count(*) AS cases FROM cases \
                             WHERE unasked IS NOT NULL AND status = 'decided'";
                let unasked = connection.query_row(query, [], |row| row.get::<_, i64>("cases"))?;
                Ok((count, unasked.unsigned_abs()))
            })
            .map_err(|refusal| self.error(refusal))?;
        // Cases that were added meanwhile, and the order of the queue.
        self.use_model(model).map_err(|refusal| self.error(refusal))?;
        Ok(Migrated { copy, renamed, new, decisions, unasked })
    }

    /// Returns the name of a copy that does not exist yet.
    fn free_name(&self) -> PathBuf {
        let named = |n: usize| with_ending(&self.path, &format!(".before-taxonomy-{n}"));
        (1..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(0))
    }

    /// Returns the suggestions of a model for all cases that have none of it.
    fn tagged_by(&self, model: &Model) -> Result<Vec<(i64, TaggedCase)>> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let texts = self
                .read_or(|connection| untagged(connection, &model.version, after))
                .map_err(|refusal| self.error(refusal))?;
            let Some((last, _)) = texts.last() else { return Ok(all) };
            after = *last;
            let tagged =
                texts.into_par_iter().map_init(Scratch::default, |scratch, (case, texts)| {
                    (case, TaggedCase::of(model, &texts, scratch))
                });
            all.extend(tagged.collect::<Vec<_>>());
        }
    }
}

impl Mapping {
    /// Finds the new key of each trend.
    fn between(before: &Taxonomy, now: &Taxonomy) -> Result<Self> {
        let reader = LabelReader::new(now, None);
        let (mut pairs, mut lost) = (Vec::new(), Vec::new());
        for key in before.keys() {
            match reader.find(key) {
                Some(id) => pairs.push((key.to_owned(), now.key(id).to_owned())),
                None => lost.push(key),
            }
        }
        if lost.is_empty() {
            return Ok(Self { pairs, keys: now.keys().map(str::to_owned).collect() });
        }
        Err(Error::bad_corpus(
            format!("the new taxonomy does not name the trends {}", lost.join(", ")),
            "name them in `aliases` or `replaces` of the trends that take their place; answers that \
             give them would be lost",
        ))
    }

    fn new_keys(&self) -> Vec<String> {
        let is_new = |key: &&String| self.pairs.iter().all(|(_, to)| to != *key);
        self.keys.iter().filter(is_new).cloned().collect()
    }

    /// Returns the new keys of trends, in the order of the new taxonomy.
    fn trends(&self, cell: &str) -> Vec<String> {
        let old = split_keys(cell);
        let given: BTreeSet<&String> =
            self.pairs.iter().filter(|(from, _)| old.contains(from)).map(|(_, to)| to).collect();
        self.keys.iter().filter(|key| given.contains(key)).cloned().collect()
    }

    /// Returns the new keys that a decision was asked about; `None` if about all. A merged
    /// trend was asked about if all of its old ones were, or if one of them was given.
    fn asked(&self, asked: Option<&str>, given: Option<&[String]>) -> Option<String> {
        let old = asked.map(split_keys);
        let was_asked = |key: &String| old.as_ref().is_none_or(|old| old.contains(key));
        let is_asked = |key: &&String| {
            let mut parts = self.pairs.iter().filter(|(_, to)| to == *key).peekable();
            let is_old = parts.peek().is_some();
            given.is_some_and(|given| given.contains(key))
                || (is_old && parts.all(|(from, _)| was_asked(from)))
        };
        let now: Vec<&String> = self.keys.iter().filter(is_asked).collect();
        (now.len() < self.keys.len()).then(|| join_keys(&now))
    }

    /// Returns the key that a trend of an earlier model has now; a merged trend keeps its own.
    fn name_now(&self, key: &str) -> String {
        let now = self.pairs.iter().find(|(from, _)| from == key).map(|(_, to)| to);
        let is_alone =
            |to: &&String| self.pairs.iter().filter(|(_, other)| other == *to).count() == 1;
        now.filter(is_alone).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// Renames the trends in the suggestions of earlier models.
    fn rename_suggestions(&self, connection: &Connection) -> Result<(), Refusal> {
        let renamed = |keys: &[String]| -> Vec<String> {
            keys.iter().map(|key| self.name_now(key)).collect()
        };
        let mut models = connection.prepare("SELECT version, facts FROM models")?;
        let models = models.query_map([], |row| {
            Ok((row.get::<_, String>("version")?, row.get::<_, String>("facts")?))
        })?;
        for (version, facts) in models.collect::<rusqlite::Result<Vec<_>>>()? {
            let mut facts: SuggestionParams = parsed(&facts)?;
            facts.keys = renamed(&facts.keys);
            let update = "UPDATE models SET facts = ? WHERE version = ?";
            connection.execute(update, (json(&facts), version))?;
        }
        for table in ["suggestions", "withdrawn_suggestions"] {
            let query = format!("SELECT case_number, model, trends, unsure FROM {table}");
            let mut rows = connection.prepare(&query)?;
            let rows = rows.query_map([], |row| {
                let cell = |name| row.get::<_, String>(name);
                let place = (row.get::<_, i64>("case_number")?, cell("model")?);
                Ok((place, cell("trends")?, cell("unsure")?))
            })?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let update = format!(
                "UPDATE {table} SET trends = ?, unsure = ? WHERE case_number = ? AND model = ?"
            );
            let mut update = connection.prepare(&update)?;
            for ((case, model), trends, unsure) in rows {
                let [trends, unsure] =
                    [trends, unsure].map(|cell| join_keys(&renamed(&split_keys(&cell))));
                update.execute((trends, unsure, case, model))?;
            }
        }
        Ok(())
    }

    /// Rewrites the decisions of a table; returns their number.
    fn change_decisions(&self, connection: &Connection, table: &str) -> Result<u64, Refusal> {
        let mut rows = connection.prepare(&format!("SELECT number, trends, asked FROM {table}"))?;
        let rows = rows.query_map([], |row| {
            let cell = |name| row.get::<_, Option<String>>(name);
            Ok((row.get::<_, i64>("number")?, cell("trends")?, cell("asked")?))
        })?;
        let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
        let update = format!("UPDATE {table} SET trends = ?, asked = ? WHERE number = ?");
        let mut update = connection.prepare(&update)?;
        let count = rows.len() as u64;
        unguarded(connection, || {
            for (number, trends, asked) in rows {
                let trends = trends.map(|cell| self.trends(&cell));
                let asked = self.asked(asked.as_deref(), trends.as_deref());
                let asked = asked.filter(|_| trends.is_some());
                update.execute((trends.map(|keys| join_keys(&keys)), asked, number))?;
            }
            Ok(())
        })?;
        Ok(count)
    }
}

/// Derives the state of each case from its decisions again.
fn derive(connection: &Connection) -> Result<(), Refusal> {
    let mut cases = connection.prepare("SELECT DISTINCT case_number FROM decisions")?;
    let cases = cases.query_map([], |row| row.get::<_, i64>("case_number"))?;
    for case in cases.collect::<rusqlite::Result<Vec<_>>>()? {
        let stored = StoredCase::by_number(connection, case)?;
        bring_up_to_date(connection, &stored, &History::load(connection, case)?, [])?;
    }
    Ok(())
}
