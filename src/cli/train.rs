//! `trendtag train`: learns a model from labelled cases.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use trendtag::evaluate::interval::BootstrapParams;
use trendtag::evaluate::reading_plan::ReadingPlan;
use trendtag::evaluate::table;
use trendtag::tagger::{Model, TrainingSet};
use trendtag::versions::registry::{Quality, Record, Registry, open_model};
use trendtag::versions::retraining::LabelOrigin;

use super::inputs::{InputArgs, LabelArgs, leave_out_blind_check};
use super::outputs::{Failures, print};
use super::recipe::{ParamArgs, in_words};
use super::versions::ActArgs;
use super::{End, Global};

/// Train a model from labelled cases
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag train data/cases.csv -o models/mine.safetensors\n\nWithout flags it reads data/cases.csv and data/taxonomy.toml beside it, searches\nfor the best params by cross-validation, and writes models/five-trends.safetensors."
)]
pub(crate) struct Arguments {
    /// Labelled cases
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    cases: PathBuf,
    /// Model file to write
    #[arg(long, short, value_name = "MODEL", default_value = "models/five-trends.safetensors")]
    output: PathBuf,
    /// Replace the model file if it exists
    #[arg(long)]
    force: bool,
    /// Add the model to the versions of this name below models/ (or in this folder);
    /// the first version becomes the champion
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    into: Option<PathBuf>,
    /// Take params and taxonomy from this model, and do not search
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["taxonomy", "no_taxonomy", "text_columns"])]
    like: Option<PathBuf>,
    /// Write the rows that failed to this file (CSV)
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    #[command(flatten)]
    params: ParamArgs,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

/// How the quality of a model that was trained without a comparison came about.
const WITHIN: &str = "Cross-validation within training, whose params and thresholds were chosen on \
     the same cases: this flatters a little";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
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
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, &mut failures, global)?;
    args.labels.add_examples(&args.cases, &mut corpus, &mut failures)?;
    leave_out_blind_check(&mut corpus, global);
    let set = TrainingSet::new(&corpus, &params, search.as_ref())?;
    let rows: Vec<usize> = (0..set.len()).collect();
    let training = set.train(&rows, &params, search.as_ref(), &mut |event| {
        global.note(&in_words(&event));
    })?;
    let model = Model::new(training.tagger)?;
    let plan = ReadingPlan::of(
        std::slice::from_ref(&training.out_of_fold),
        corpus.taxonomy.len(),
        &BootstrapParams::default(),
    )?;
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
        let decision = model.tagger.decision();
        let reading = decision.reading.as_ref().map(|reading| format!("{reading}\n\n"));
        print(&format!(
            "Out-of-fold quality on {} cases:\n\n{}\n{plan}\n{}{}\n\nModel {} written to {}\n",
            set.len(),
            table::render(quality, &[]),
            reading.unwrap_or_default(),
            decision.triage,
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
