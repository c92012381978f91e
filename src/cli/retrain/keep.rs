//! The challenger in the registry.

use anyhow::Result;
use trendtag::metrics::Outcome;
use trendtag::tagger::{Corpus, Model};
use trendtag::versions::registry::{Quality, Record, Registry};
use trendtag::versions::retraining::{Challenger, Compared, LabelOrigin};

use super::Arguments;

/// Adds the built-in model as the first version.
pub(super) fn start(
    registry: &Registry,
    champion: &Model,
    gold: &Corpus,
    compared: &Compared,
    args: &Arguments,
) -> Result<()> {
    let origins = LabelOrigin::of_all(gold);
    let mut record = Record::new(champion, gold, &origins);
    record.license = Some(Model::BUILT_IN_LICENSE.to_owned());
    record.quality = quality(&compared.champion_outcomes, gold, champion, args)?;
    let mut act = args.act.act();
    act.reason = Some("the built-in model, as the first version".to_owned());
    registry.add(champion, gold, &origins, &record, &act)?;
    registry.promote(&champion.version, Some(&None), &act)?;
    Ok(())
}

/// Adds the challenger, and promotes it if it passed or is forced. Returns the code of
/// the verdict and a sentence about what was done.
pub(super) fn keep_or_promote(
    registry: &Registry,
    champion: &Model,
    found: &Challenger,
    (compared, license): (&Compared, Option<String>),
    args: &Arguments,
) -> Result<(&'static str, String)> {
    let mut record = Record::new(&found.model, &found.corpus, &found.origins);
    record.license = license;
    record.quality = quality(&compared.challenger_outcomes, &found.corpus, &found.model, args)?;
    record.verdict = Some(compared.verdict.clone());
    let act = args.act.act();
    registry.add(&found.model, &found.corpus, &found.origins, &record, &act)?;
    let version = &found.model.version;
    if compared.verdict.passes() || args.force {
        let expected = Some(champion.version.clone());
        registry.promote(version, Some(&expected), &act)?;
        let words = format!("promoted: {version} replaces {}", champion.version);
        return Ok(("promoted", words));
    }
    registry.note_kept(&record, &act)?;
    let champion = &champion.version;
    Ok(("kept", format!("kept as a candidate: {version}; the champion is still {champion}")))
}

/// Returns the measurements; `None` if there was too little data to compare on.
fn quality(
    outcomes: &[Vec<Outcome>],
    corpus: &Corpus,
    model: &Model,
    args: &Arguments,
) -> Result<Option<Quality>> {
    if outcomes.is_empty() {
        return Ok(None);
    }
    let protocol = format!(
        "{}-fold cross-validation, {} repeats, seed {}, params chosen beforehand on all cases; \
         scored on gold and on decisions of the blind check",
        args.folds, args.repeats, args.seed
    );
    let quality = Quality::of(outcomes, &corpus.taxonomy, protocol)?;
    Ok(Some(quality.in_parts(outcomes, corpus, &model.tagger.decision().triage)?))
}
