//! Labelled cases in memory, with the taxonomy of their labels.

use std::collections::BTreeMap;

use super::record::{ASKED_COLUMN, Record};
use crate::error::{Error, Note, Place, Result, quoted_list};
use crate::taxonomy::{LabelReader, Taxonomy, TrendId, TrendSet, join_keys};

/// One case with its texts and gold trends.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The id, unique in its corpus.
    pub id: String,
    /// The texts, one per text column.
    pub texts: Vec<String>,
    /// The gold trends: `None` if unlabelled, an empty set if none applies.
    pub gold: Option<TrendSet>,
    /// All cells of its row, including metadata.
    pub record: Record,
    /// The place it was read from; `None` if it was made in memory.
    pub place: Option<Place>,
}

impl Case {
    /// Returns the trends that its labels give information about: those that the reviewer
    /// was asked about, and its labels. `None` means all trends.
    pub(crate) fn asked(&self, taxonomy: &Taxonomy) -> Option<TrendSet> {
        let given = self.gold.clone().unwrap_or_default();
        taxonomy.asked(&self.record.get(ASKED_COLUMN)?, &given)
    }

    /// Records which trends its labels give information about (`None` means all), if its
    /// file has a column for that or they are not all.
    pub(crate) fn set_asked(&mut self, asked: Option<&TrendSet>, taxonomy: &Taxonomy) {
        if asked.is_none() && self.record.get(ASKED_COLUMN).is_none() {
            return;
        }
        let cell = asked.map(|asked| taxonomy.format_cell(asked)).unwrap_or_default();
        let mut cells = std::mem::take(&mut self.record).into_object();
        cells.insert(ASKED_COLUMN.to_owned(), cell.into());
        self.record = Record::from(cells);
    }
}

/// A short text that shows one or more trends. Models are trained on it but never tested
/// on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The trends that it shows.
    pub trends: TrendSet,
    /// The text.
    pub text: String,
}

/// Labelled cases with the taxonomy of their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    /// The given taxonomy, or the sorted labels of the file.
    pub taxonomy: Taxonomy,
    /// The columns of the file; empty if there is none.
    pub columns: Vec<String>,
    /// The valid cases, in the order of the file.
    pub cases: Vec<Case>,
    /// Notes about the file, in sentences for people.
    pub notes: Vec<Note>,
    /// Examples of the trends, used for training in addition to the cases; may be empty.
    pub examples: Vec<Example>,
}

impl Corpus {
    /// Creates a corpus without cases and examples.
    pub fn empty(taxonomy: Taxonomy) -> Self {
        Self {
            taxonomy,
            columns: Vec::new(),
            cases: Vec::new(),
            notes: Vec::new(),
            examples: Vec::new(),
        }
    }

    /// Makes a corpus from values: `(id, texts, keys of its trends)` per case. An
    /// empty list of keys means that no trend applies.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if the taxonomy lacks a key or two cases have the
    /// same id.
    pub fn from_cases<I, T, K>(taxonomy: Taxonomy, cases: I) -> Result<Self>
    where
        I: IntoIterator<Item = (String, Vec<T>, Vec<K>)>,
        T: Into<String>,
        K: AsRef<str>,
    {
        let mut made = Vec::new();
        for (id, texts, keys) in cases {
            let known =
                |key: &K| {
                    taxonomy.id(key.as_ref()).ok_or_else(|| Error::bad_corpus(format!(
                        "case \"{id}\" has the trend \"{}\", which the taxonomy does not have",
                        key.as_ref()
                    ), "use the keys of the taxonomy"))
                };
            let gold = keys.iter().map(known).collect::<Result<Vec<_>>>()?;
            made.push(Case {
                texts: texts.into_iter().map(Into::into).collect(),
                gold: Some(TrendSet::from_iter(gold)),
                record: Record::default(),
                place: None,
                id,
            });
        }
        let corpus = Self { cases: made, ..Self::empty(taxonomy) };
        corpus.refuse_repeated_ids("id")?;
        Ok(corpus)
    }

    /// Refuses a corpus in which an id occurs twice, with both places.
    pub(crate) fn refuse_repeated_ids(&self, id_column: &str) -> Result<()> {
        let mut seen: BTreeMap<&str, &Case> = BTreeMap::new();
        for case in &self.cases {
            let Some(first) = seen.insert(&case.id, case) else { continue };
            let remedy = "give every case an id of its own, or remove one of the two";
            let (Some(place), Some(before)) = (&case.place, &first.place) else {
                let reason = format!("two cases have the id \"{}\"", case.id);
                return Err(Error::bad_corpus(reason, remedy));
            };
            return Err(Error::BadFile {
                place: Box::new(place.clone().with_column(id_column)),
                reason: format!("the id \"{}\" is already in {before}", case.id),
                remedy: remedy.into(),
            });
        }
        Ok(())
    }

    /// Refuses a case or an example with a trend that the taxonomy lacks, because its
    /// labels were read with another taxonomy.
    pub(crate) fn refuse_foreign_trends(&self) -> Result<()> {
        let is_foreign = |set: &TrendSet| set.iter().any(|id| self.taxonomy.get(id).is_none());
        let case = self.cases.iter().find(|case| case.gold.as_ref().is_some_and(is_foreign));
        let example = self.examples.iter().find(|example| is_foreign(&example.trends));
        let whose = match (case, example) {
            (Some(case), _) => format!("the case \"{}\"", case.id),
            (None, Some(example)) => format!("the example \"{}\"", example.text),
            (None, None) => return Ok(()),
        };
        Err(Error::bad_corpus(
            format!("{whose} has a trend that is not among the {}", self.taxonomy.len()),
            "read cases and examples with the taxonomy of the corpus",
        ))
    }

    /// Refuses cases that were read with a taxonomy other than the given one, because
    /// their trends would get other keys.
    pub(crate) fn refuse_other_taxonomy(&self, taxonomy: &Taxonomy) -> Result<()> {
        if self.taxonomy.keys().eq(taxonomy.keys()) {
            return self.refuse_foreign_trends();
        }
        let keys = |taxonomy: &Taxonomy| quoted_list(&taxonomy.keys().collect::<Vec<_>>());
        Err(Error::bad_corpus(
            format!(
                "the cases have the trends {}, and not {}",
                keys(&self.taxonomy),
                keys(taxonomy)
            ),
            "read the cases with the same taxonomy",
        ))
    }

    /// Removes the cases of a review's blind check ([`Record::is_blind_check`]). They
    /// measure a model, so that no model may learn from them. Returns their number.
    pub fn leave_out_audit(&mut self) -> usize {
        let before = self.cases.len();
        self.cases.retain(|case| !case.record.is_blind_check());
        before - self.cases.len()
    }

    /// Removes the cases that a review accepted in bulk without reading
    /// ([`Record::is_bulk`]). No model may learn from them or be measured on them.
    /// Returns their number.
    pub fn leave_out_bulk(&mut self) -> usize {
        let before = self.cases.len();
        self.cases.retain(|case| !case.record.is_bulk());
        before - self.cases.len()
    }

    /// Converts the cases to another taxonomy, by its keys, names, aliases and replaced
    /// keys. Trends that it lacks are dropped. Returns the corpus, and the trends of the
    /// new taxonomy without an earlier trend.
    pub fn under(&self, taxonomy: &Taxonomy) -> (Self, TrendSet) {
        let reader = LabelReader::new(taxonomy, None);
        let now: Vec<Option<TrendId>> = self.taxonomy.keys().map(|key| reader.find(key)).collect();
        let set =
            |set: &TrendSet| -> TrendSet { set.iter().filter_map(|id| now[id.index()]).collect() };
        let known: TrendSet = now.iter().flatten().copied().collect();
        let new = taxonomy.iter().map(|(id, _)| id).filter(|&id| !known.contains(id)).collect();
        let new: TrendSet = new;
        let asked = join_keys(&self.taxonomy.keys().collect::<Vec<_>>());
        let case = |case: &Case| {
            let mut record = case.record.clone();
            // Labels from before a trend existed give no information about it.
            if !new.is_empty() && record.get(ASKED_COLUMN).is_none_or(|cell| cell.is_empty()) {
                let mut cells = record.into_object();
                cells.insert(ASKED_COLUMN.to_owned(), asked.clone().into());
                record = Record::from(cells);
            }
            Case { gold: case.gold.as_ref().map(set), record, ..case.clone() }
        };
        let mut columns = self.columns.clone();
        if !new.is_empty() && !columns.iter().any(|name| name == ASKED_COLUMN) {
            columns.push(ASKED_COLUMN.to_owned());
        }
        let example = |e: &Example| Example { trends: set(&e.trends), text: e.text.clone() };
        let corpus = Self {
            taxonomy: taxonomy.clone(),
            columns,
            cases: self.cases.iter().map(case).collect(),
            notes: self.notes.clone(),
            examples: self.examples.iter().map(example).filter(|e| !e.trends.is_empty()).collect(),
        };
        (corpus, new)
    }

    /// Returns the number of cases without a label.
    pub fn unlabelled(&self) -> usize {
        self.cases.iter().filter(|case| case.gold.is_none()).count()
    }
}
