//! `trendtag review`: the reviewers' queue, page and decisions.

mod status;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use trendtag::case::{Format, Rows};
use trendtag::output::Output;
use trendtag::review::web::{ServeParams, serve};
use trendtag::review::{
    AddParams, Added, ExportParams, ExportedCases, ImportParams, ImportedLabels, Store,
};

use super::{Failures, expand, print, say, threads};
use crate::End;
use crate::cli::Global;
use crate::cli::review::{
    AddArgs, ExportArgs, ExportCases, ExportFormat, ImportArgs, ImportSource, ReviewArgs,
    ReviewCommand, ServeArgs,
};

pub(crate) fn run(args: &ReviewArgs, global: &Global) -> Result<End> {
    match &args.command {
        ReviewCommand::Add(args) => add(args, global),
        ReviewCommand::Serve(args) => serve_page(args, global),
        ReviewCommand::Status(args) => status::run(args),
        ReviewCommand::Export(args) => export(args, global),
        ReviewCommand::Import(args) => import(args, global),
    }
}

fn add(args: &AddArgs, global: &Global) -> Result<End> {
    let model = args.model.open()?;
    threads(global)?;
    let options = args.input.options(&model.tagger.params().fields)?;
    let mut params = AddParams { columns: options.columns.clone(), ..AddParams::default() };
    params.blind_check = args.blind_check.unwrap_or(params.blind_check);
    params.overlap = args.overlap.unwrap_or(params.overlap);
    params.seed = args.seed.unwrap_or(params.seed);
    let files = expand(&args.inputs)?;
    let inputs = files.iter().map(|path| Rows::open(path, &options));
    let inputs = inputs.collect::<trendtag::Result<Vec<_>>>()?;
    let store = create(&args.db.db)?;
    let mut failures = Failures::new(None, false)?;
    let mut total = Added::default();
    for rows in inputs {
        total.add(store.add(&model, rows, &params, &mut |error| failures.add(error))?);
    }
    if !global.quiet {
        say(&format!(
            "{} cases added ({} for the blind check, {} for two reviewers), {} were there already",
            total.added, total.blind_check, total.overlap, total.known
        ));
    }
    failures.end()
}

/// Opens a database that exists.
pub(super) fn open(path: &Path) -> Result<Store> {
    ensure!(
        path.exists(),
        "{}: there is no such database; make one with `trendtag review add`",
        path.display()
    );
    Ok(said_if_upgraded(Store::open(path)?, path))
}

/// Opens a database, or makes a new one.
fn create(path: &Path) -> Result<Store> {
    Ok(said_if_upgraded(Store::create(path)?, path))
}

fn said_if_upgraded(store: Store, path: &Path) -> Store {
    if let Some(copy) = store.copy_of_earlier_version() {
        say(&format!(
            "note: {} was upgraded to the current version; {} is a copy of it from before",
            path.display(),
            copy.display()
        ));
    }
    store
}

fn serve_page(args: &ServeArgs, global: &Global) -> Result<End> {
    let model = args.model.open()?;
    threads(global)?;
    let store = open(&args.db.db)?;
    let tagged = store.use_model(&model)?;
    if tagged > 0 && !global.quiet {
        say(&format!("{tagged} cases tagged with the model {}", model.version));
    }
    let params = ServeParams {
        listen: args.listen,
        token: args.token,
        hosts: args.host.clone(),
        model: args.model.model.clone(),
    };
    let mut printed = Ok(());
    serve(store, model, &params, |listening| {
        let token =
            listening.token.as_ref().map_or(String::new(), |token| format!("#token={token}"));
        printed = print(&format!("http://{}/{token}\n", listening.address));
        if !global.quiet {
            say("Open this address in a browser; stop with Ctrl-C.");
        }
    })?;
    printed?;
    Ok(End::Done)
}

fn export(args: &ExportArgs, global: &Global) -> Result<End> {
    let store = open(&args.db.db)?;
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let named = output.and_then(Format::from_path);
    let params = ExportParams {
        jsonl: args.format.map_or(named == Some(Format::Jsonl), |f| f == ExportFormat::Jsonl),
        cases: match args.cases {
            ExportCases::All => ExportedCases::All,
            ExportCases::Training => ExportedCases::Training,
            ExportCases::BlindCheck => ExportedCases::BlindCheck,
        },
        with_reviewers: args.with_reviewers,
    };
    let count = if let Some(path) = output {
        let mut output = Output::create(path, args.force)?;
        let count = store.export(&params, &mut output)?;
        output.commit()?;
        count
    } else {
        let mut out = std::io::stdout().lock();
        let count = store.export(&params, &mut out)?;
        out.flush().context("standard output")?;
        count
    };
    if !global.quiet {
        say(&format!("{count} answered cases written"));
    }
    Ok(End::Done)
}

fn import(args: &ImportArgs, global: &Global) -> Result<End> {
    let model = args.model.open()?;
    threads(global)?;
    let mut options = args.input_args.options(&model.tagger.params().fields)?;
    if let Some(trends) = &args.trends_column {
        options.columns.trends.clone_from(trends);
    }
    let (taxonomy, columns) = (model.tagger.taxonomy(), &options.columns);
    let file = args.input.display().to_string();
    let text = || std::fs::read_to_string(&args.input).with_context(|| file.clone());
    let (labels, errors) = match args.from {
        ImportSource::Table => {
            ImportedLabels::from_rows(Rows::open(&args.input, &options)?, &options, taxonomy)?
        }
        ImportSource::LabelStudio => ImportedLabels::from_label_studio(
            &text()?,
            &file,
            &columns.text,
            &columns.id,
            taxonomy,
        )?,
        ImportSource::Doccano => {
            ImportedLabels::from_doccano(&text()?, &file, &columns.text, &columns.id, taxonomy)
        }
    };
    let store = create(&args.db.db)?;
    let mut failures = Failures::new(None, false)?;
    errors.into_iter().for_each(|error| failures.add(error));
    let params = ImportParams { reviewer: args.reviewer.clone() };
    let done = store.import(&model, labels, &params, &mut |error| failures.add(error))?;
    if !global.quiet {
        say(&format!(
            "{} answers saved, {} were there already, {} cases added, {} cases without a label",
            done.saved, done.known, done.added, done.unlabelled
        ));
    }
    failures.end()
}
