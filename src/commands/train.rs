//! `trendtag train`: learns a model from labelled cases.

use anyhow::Result;
use trendtag::artifact::Model;
use trendtag::evaluation::table;
use trendtag::tagger::{Event, TaggerParams, TrainingSet};

use super::{Failures, print, say, threads};
use crate::End;
use crate::cli::{Global, TrainArgs};

pub(crate) fn run(args: &TrainArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    let params = args.params.params(&args.input);
    let search = args.params.search();
    let options = args.input.options(&params.fields)?;
    let taxonomy = args.labels.taxonomy(&args.cases)?;
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, &mut failures)?;
    let audit = corpus.leave_out_audit();
    if audit > 0 && !global.quiet {
        say(&format!("{audit} cases of an audit are left out: they measure, they do not teach"));
    }
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
    model.save(&args.output, args.force)?;
    if !global.quiet {
        let quality = &model.tagger.training().quality;
        print(&format!(
            "Out-of-fold quality on {} cases:\n\n{}\n{}\n\nModel {} written to {}\n",
            set.len(),
            table::render(quality, &[]),
            model.tagger.decision().triage,
            model.version,
            args.output.display()
        ))?;
    }
    failures.end()
}

fn in_words(event: &Event) -> String {
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
