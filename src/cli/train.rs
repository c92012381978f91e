//! `trendtag train`: trains a model from labelled cases.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use clap::Args;
use trendtag::evaluate::interval::BootstrapParams;
use trendtag::evaluate::reading_plan::ReadingPlan;
use trendtag::evaluate::slices::{Judged, slices};
use trendtag::evaluate::table;
use trendtag::metrics::Outcome;
use trendtag::tagger::{Corpus, Model, Recipe, TrainingSet};
use trendtag::versions::registry::{Act, Quality, Record, Registry, open_model};
use trendtag::versions::retraining::LabelOrigin;

use super::inputs::{InputArgs, LabelArgs, leave_out_blind_check};
use super::outputs::{Failures, WantedFile, print};
use super::recipe::{ParamArgs, in_words};
use super::text_table::short_name;
use super::versions::{ActArgs, LicenseArgs, known_license};
use super::{End, Global};

/// Train a model from labelled cases
#[derive(Args)]
#[command(
    next_help_heading = "Output",
    after_help = "Example:\n  trendtag train data/cases.csv -o models/mine.safetensors\n\nSee all flags and examples with: trendtag train --help",
    after_long_help = "Examples:\n  trendtag train data/cases.csv -o models/mine.safetensors\n  trendtag train --taxonomy taxonomy.toml --examples examples.csv -o new.safetensors\n\nWithout arguments, the command reads data/cases.csv and data/taxonomy.toml, searches for the best\nparameters by cross-validation, and writes models/five-trends.safetensors.\n\nWith --examples and without CASES, it learns from the definitions of the taxonomy and from the\nexamples alone. The probabilities of such a model are not calibrated, and it marks every case for\nreview."
)]
pub(crate) struct Arguments {
    /// Labelled cases [default: data/cases.csv, but none with --examples]
    #[arg(value_name = "CASES")]
    cases: Option<PathBuf>,
    /// Write the model to this file
    #[arg(long, short, value_name = "MODEL", default_value = "models/five-trends.safetensors")]
    output: PathBuf,
    /// Replace the model file if it exists
    #[arg(long)]
    force: bool,
    /// Add the model as a version of this name
    ///
    /// The name is below models/, or a folder. The first version becomes the champion.
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    into: Option<PathBuf>,
    /// Use the parameters and the taxonomy of this model, without a search
    #[arg(long, help_heading = "Training", value_name = "MODEL", conflicts_with_all = ["taxonomy", "no_taxonomy", "text_columns"])]
    like: Option<PathBuf>,
    /// Write the rows that failed to this file (CSV)
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    errors: Option<PathBuf>,
    #[command(flatten)]
    license: LicenseArgs,
    #[command(flatten)]
    params: ParamArgs,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

/// The default file of labelled cases.
const CASES: &str = "data/cases.csv";

/// The origin of the quality figures of a model that was trained without a comparison.
const WITHIN: &str = "Cross-validation within training, whose params and thresholds were chosen on \
     the same cases, so that the figures are slightly optimistic";

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    ensure!(
        args.into.is_some() || !args.license.is_given(),
        "--license is for the card of a version, which a single model file does not have; add \
         the model as a version with --into NAME"
    );
    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    // An existing file is reported before the work is done.
    let file = args.into.is_none().then_some(args.output.as_path());
    let file = WantedFile::start(file, args.force)?;
    let (corpus, recipe) = args.corpus_and_recipe(&mut failures, global)?;
    let set = TrainingSet::new(&corpus, recipe)?;
    let training = set.train(&set.rows(), &mut |event| global.note(&in_words(&event)))?;
    let model = Model::new(training.tagger)?;
    let out_of_fold = [training.out_of_fold];
    let place = match &args.into {
        Some(name) => {
            let origins = LabelOrigin::of_all(&corpus);
            let mut record = Record::new(&model, &corpus, &origins);
            if !set.is_empty() {
                let quality = Quality::of(&out_of_fold, &corpus.taxonomy, WITHIN.into())?;
                let triage = &model.tagger.decision().triage;
                record.quality = Some(quality.in_parts(&out_of_fold, &corpus, triage)?);
            }
            let registry = Registry::at(name);
            record.license = args.license.or(known_license(&registry), global);
            let act = ActArgs::default().act();
            registry.add(&model, &corpus, &origins, &record, &act)?;
            promote_first(&registry, &model, &act)?
        }
        None => {
            file.write(|| Ok(model.to_bytes()?))?;
            args.output.display().to_string()
        }
    };
    if !global.quiet {
        let learned = match set.len() {
            0 => without_cases(&corpus),
            cases => format!(
                "Out-of-fold quality on {cases} cases:\n\n{}\n{}",
                table::render(&model.tagger.training().quality, &[], &|key| {
                    short_name(model.tagger.taxonomy(), key)
                }),
                decided(&model, &corpus, &out_of_fold)?
            ),
        };
        print(&format!("{learned}\nModel {} written to {place}\n", model.version))?;
    }
    failures.end()
}

impl Arguments {
    /// Returns the training data and the recipe.
    fn corpus_and_recipe(
        &self,
        failures: &mut Failures,
        global: &Global,
    ) -> Result<(Corpus, Recipe)> {
        let like = self.like.as_deref().map(open_model).transpose()?;
        let (cases, beside) = match (&self.cases, self.labels.examples()) {
            (Some(cases), _) => (Some(cases.as_path()), cases.as_path()),
            (None, Some(examples)) => (None, examples),
            (None, None) => (Some(Path::new(CASES)), Path::new(CASES)),
        };
        let (recipe, taxonomy) = match &like {
            Some(model) => (model.tagger.recipe().clone(), Some(model.tagger.taxonomy().clone())),
            None => {
                (self.params.recipe(&self.input, global)?, self.labels.taxonomy(beside, global)?)
            }
        };
        let mut corpus = match (cases, taxonomy) {
            (Some(cases), taxonomy) => {
                let options = self.input.options(&recipe.params().fields, global)?;
                self.labels.corpus(cases, options, taxonomy, failures, global)?
            }
            (None, Some(taxonomy)) => Corpus::empty(taxonomy),
            (None, None) => bail!(
                "without labelled cases there must be a taxonomy: name it with --taxonomy FILE"
            ),
        };
        self.labels.add_examples(beside, &mut corpus, failures, global)?;
        leave_out_blind_check(&mut corpus, global);
        ensure!(
            cases.is_none() || !corpus.cases.is_empty(),
            "{}: there are no cases to learn from; leave out the file to learn from --examples alone",
            beside.display()
        );
        Ok((corpus, recipe))
    }
}

/// Prints the quality in cross-validation, the reading plan, the limit for review, and
/// what the model decides alone.
fn decided(model: &Model, corpus: &Corpus, out_of_fold: &[Vec<Outcome>]) -> Result<String> {
    let triage = Some(&model.tagger.decision().triage);
    let judged: Vec<_> = out_of_fold.iter().map(|o| Judged::all(o, triage)).collect();
    let parts = table::of_slices(&slices(&judged, corpus, &[])?);
    let trends = model.tagger.taxonomy().len();
    let plan = ReadingPlan::of(out_of_fold, trends, &BootstrapParams::default())?;
    let decision = model.tagger.decision();
    let reading = decision.reading.as_ref().map(|reading| format!("{reading}\n\n"));
    Ok(format!("{parts}\n{plan}\n{}{}\n", reading.unwrap_or_default(), decision.triage))
}

/// Describes a model that was trained without labelled cases.
fn without_cases(corpus: &Corpus) -> String {
    let defined = corpus.taxonomy.trends.iter().filter(|trend| !trend.definition.is_empty());
    format!(
        "Learned from the definitions of {} trends and {} examples, and from no labelled case.\n\
         Its quality is not known, its probabilities are not calibrated, and it marks every case for\n\
         review. Let people read a first batch, at least 30 cases of it as a blind check, and retrain:\n\
         `trendtag review add`, then `trendtag retrain`.\n",
        defined.count(),
        corpus.examples.len()
    )
}

/// Makes the first version the champion, and prints where the model is.
fn promote_first(registry: &Registry, model: &Model, act: &Act) -> Result<String> {
    let folder = registry.folder().display();
    Ok(match registry.champion()? {
        Some(champion) => format!("{folder}, where {champion} is the champion"),
        None => {
            registry.promote(&model.version, Some(&None), act)?;
            format!("{folder}, as the champion")
        }
    })
}
