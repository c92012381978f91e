//! `trendtag train`: learns a model from labelled cases.

use anyhow::Result;
use trendtag::artifact::Model;
use trendtag::evaluation::table;
use trendtag::registry::{Quality, Record, Registry, open_model};
use trendtag::retrain::LabelOrigin;
use trendtag::tagger::{Event, TaggerParams, TrainingSet};

use super::{Failures, leave_out_audit, print, say, threads};
use crate::End;
use crate::cli::{ActArgs, Global, TrainArgs};

/// How the quality of a model that was trained without a comparison came about.
const WITHIN: &str = "Cross-validation within training, whose params and thresholds were chosen on \
     the same cases: this flatters a little";

pub(crate) fn run(args: &TrainArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    let like = args.like.as_deref().map(open_model).transpose()?;
    let (params, search, taxonomy) = match &like {
        Some(model) => (model.tagger.params().clone(), None, Some(model.tagger.taxonomy().clone())),
        None => {
            let taxonomy = args.labels.taxonomy(&args.cases)?;
            (args.params.params(&args.input), args.params.search(), taxonomy)
        }
    };
    let options = args.input.options(&params.fields)?;
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, &mut failures)?;
    args.labels.add_examples(&args.cases, &mut corpus, &mut failures)?;
    leave_out_audit(&mut corpus, global);
    let set = TrainingSet::new(&corpus, &params, search.as_ref())?;
    let unlabelled = corpus.unlabelled();
    if unlabelled > 0 && !global.quiet {
        say(&format!("{unlabelled} cases without labels are left out"));
    }
    let rows: Vec<usize> = (0..set.len()).collect();
    let training = set.train(&rows, &params, search.as_ref(), &mut |event| {
        if !global.quiet {
            say(&in_words(&event));
        }
    })?;
    let model = Model::new(training.tagger)?;
    let place = match &args.into {
        Some(name) => {
            let origins = LabelOrigin::of_all(&corpus);
            let mut record = Record::new(&model, &corpus, &origins);
            let measured = Quality::of(&[training.out_of_fold], &corpus.taxonomy, WITHIN.into())?;
            record.quality = Some(measured);
            let registry = Registry::at(name);
            registry.add(&model, &corpus, &origins, &record)?;
            promote_first(&registry, &model)?
        }
        None => {
            model.save(&args.output, args.force)?;
            args.output.display().to_string()
        }
    };
    if !global.quiet {
        let quality = &model.tagger.training().quality;
        print(&format!(
            "Out-of-fold quality on {} cases:\n\n{}\n{}\n\nModel {} written to {}\n",
            set.len(),
            table::render(quality, &[]),
            model.tagger.decision().triage,
            model.version,
            place
        ))?;
    }
    failures.end()
}

/// Makes the first of the versions the champion; says where the model is.
fn promote_first(registry: &Registry, model: &Model) -> Result<String> {
    let folder = registry.folder().display();
    Ok(match registry.champion()? {
        Some(champion) => format!("{folder}, where {champion} is the champion"),
        None => {
            registry.promote(&model.version, Some(&None), &ActArgs::default().act(false))?;
            format!("{folder}, as the champion")
        }
    })
}

pub(super) fn in_words(event: &Event) -> String {
    match event {
        Event::Tried(trial) => format!(
            "tried {}: mean average precision {:.4}{}",
            described(&trial.params),
            trial.mean_average_precision,
            if trial.best { ", the best so far" } else { "" }
        ),
        Event::Chosen(params) => format!("chosen: {}", described(params)),
        Event::Note(note) => format!("note: {note}"),
    }
}

fn described(params: &TaggerParams) -> String {
    let words = &params.features.words;
    let subwords = params.features.subwords.as_ref().map_or("no subwords".to_owned(), |subwords| {
        format!("subwords {}-{}", subwords.ngrams.0, subwords.ngrams.1)
    });
    format!(
        "words {}-{}, {subwords}, min df {}, definitions {}, alpha {}",
        words.ngrams.0,
        words.ngrams.1,
        words.keep.min_df,
        params.definitions,
        params.logistic.alpha
    )
}
