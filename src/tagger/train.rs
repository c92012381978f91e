//! Training, step by step: search, calibration, thresholds, triage, final fit.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::deciding::triage;
use super::params::TaggerParams;
use super::progress::Event;
use super::recipe::Recipe;
use super::{Case, Corpus, Tagger, TrainingFacts, TrainingSet};
use crate::decision::ReadingLimit;
use crate::error::{Error, Result};
use crate::features::near_duplicates::KnownTexts;
use crate::metrics::{FEWEST_POSITIVES, Metrics, MetricsParams, Outcome};
use crate::taxonomy::Taxonomy;

/// The outcome of training.
pub struct Training {
    /// The tagger.
    pub tagger: Tagger,
    /// Out-of-fold predictions for each training case, in the order of the cases.
    /// Probabilities are means over the repeats.
    pub out_of_fold: Vec<Outcome>,
}

impl TaggerParams {
    /// Trains on all labelled cases of a corpus with these params, without a search.
    ///
    /// # Errors
    /// As [`TaggerParams::check`], [`TrainingSet::new`] and [`TrainingSet::train`].
    pub fn train(&self, corpus: &Corpus) -> Result<Training> {
        let set = TrainingSet::new(corpus, self.clone().check()?)?;
        set.train(&set.rows(), &mut |_| {})
    }
}

impl TrainingSet<'_> {
    /// Trains on the cases `rows`, the definitions and the examples, and on nothing else:
    /// search (if the recipe has one), out-of-fold scores, calibration, thresholds, triage
    /// and the final fit. Without any case a tagger is trained on definitions and examples
    /// alone: its probabilities are not calibrated, and it sends every case to review.
    ///
    /// # Errors
    /// [`Error::BadCorpus`] if there are fewer cases than folds, no case has a trend, or
    /// no term of the texts is left; [`Error::Fit`] if no solver succeeds.
    pub fn train(&self, rows: &[usize], watch: &mut dyn FnMut(Event)) -> Result<Training> {
        if rows.is_empty() {
            return self.train_without_cases(watch);
        }
        if rows.iter().all(|&row| self.gold[row].is_empty()) {
            return Err(Error::bad_corpus(
                "no labelled case has a trend",
                "give cases of at least one trend",
            ));
        }
        self.refuse_empty_vocabulary(rows)?;
        let start = self.recipe.params();
        let (params, scores) = match self.recipe.search() {
            Some(space) => self.search(rows, start, space, watch)?,
            None => (start.clone(), self.out_of_fold_scores(rows, start, start.seed)?),
        };
        watch(Event::Chosen(Box::new(params.clone())));
        let rare = self.rare(rows, &params);
        if rare.unlearned.len() == self.taxonomy().len() {
            return Err(Error::bad_corpus(
                format!("no trend has {FEWEST_POSITIVES} labelled cases, or an example"),
                "give more cases of each trend, or examples of it",
            ));
        }
        self.notes_on_rare(rows, &rare).into_iter().for_each(|note| watch(Event::Note(note)));
        let more = (1..params.repeats as u64)
            .map(|repeat| self.out_of_fold_scores(rows, &params, params.seed + repeat));
        let repeats = std::iter::once(Ok(scores)).chain(more).collect::<Result<Vec<_>>>()?;
        let (known, of_known) = self.fully_known(rows, &repeats);
        let mut decision = self.decide(&known, &rare, &of_known, &params);
        let out_of_fold = self.outcomes(rows, &repeats, &decision);
        // A mean over repeats is better than the single model that will be used.
        let of_one = self.outcomes(&known, of_known.get(..1).unwrap_or_default(), &decision);
        decision.triage = triage(&of_one, &params.triage)?;
        let trends = self.corpus.taxonomy.len();
        decision.reading = Some(ReadingLimit::fit(&of_one, trends, params.target_f1));
        let quality = Metrics::of(&out_of_fold, &self.corpus.taxonomy, &MetricsParams::default())?;

        let (features, fits) = self.fit(rows, &params)?;
        let learned = fits.iter().zip(self.corpus.taxonomy.iter());
        for (fit, (id, _)) in learned.filter(|(_, (id, _))| !rare.unlearned.contains(*id)) {
            if let Some(note) = &fit.note {
                watch(Event::Note(format!("{}: {note}", self.corpus.taxonomy.key(id))));
            }
        }
        let learned = rows.iter().map(|&row| self.case(row));
        let training = TrainingFacts {
            cases: rows.len(),
            fingerprint: fingerprint_of(learned, &self.corpus.taxonomy),
            quality,
            known: self.known(rows),
        };
        let recipe = Recipe::of_checked(params);
        let taxonomy = self.corpus.taxonomy.clone();
        let tagger = Tagger::of_fits(recipe, taxonomy, features, &fits, decision, training);
        Ok(Training { tagger, out_of_fold })
    }

    fn known(&self, rows: &[usize]) -> KnownTexts {
        let signed = rows.iter().filter_map(|&row| Some((row, self.signatures[row].clone()?)));
        let (ids, signatures) = signed.map(|(row, s)| (self.case(row).id.clone(), s)).unzip();
        KnownTexts { ids, signatures }
    }
}

/// SHA-256, in hexadecimal, over ids, texts and gold trends of the labelled
/// cases of a corpus: that of [`TrainingFacts::fingerprint`].
pub fn fingerprint(corpus: &Corpus) -> String {
    fingerprint_of(corpus.cases.iter(), &corpus.taxonomy)
}

/// Each part ends with a byte that does not occur in text.
pub(super) fn fingerprint_of<'c>(
    cases: impl Iterator<Item = &'c Case>,
    taxonomy: &Taxonomy,
) -> String {
    let mut hash = Sha256::new();
    for case in cases {
        let Some(gold) = &case.gold else { continue };
        for part in std::iter::once(&case.id).chain(&case.texts) {
            hash.update(part.as_bytes());
            hash.update([0xff]);
        }
        hash.update(taxonomy.format_cell(gold).as_bytes());
        hash.update([0xff]);
    }
    hex(&hash.finalize())
}

/// Formats bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}
