//! `trendtag report`: summarises what the cases of a batch show.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use trendtag::evaluate::landscape::{Batch, HeldOut, Labels, Landscape, LandscapeParams};
use trendtag::pages::landscape::{self, BatchOptions};
use trendtag::tagger::Model;

use super::inputs::{InputArgs, LabelArgs, ModelArgs, named_column, one_of};
use super::outputs::{Failures, FiguresArgs, PageArgs, WantedFile, print_found};
use super::{End, Global};

/// Summarise a tagged batch: shares of the trends, change over time, groups and typical
/// cases
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag tag submissions.csv | trendtag report - -o report.html\n\nSee all flags and examples with: trendtag report --help",
    after_long_help = "Examples:\n  trendtag tag submissions.csv | trendtag report - -o report.html\n  trendtag report labelled.csv -o report.html --figures charts\n  trendtag report labelled.csv --by level --by year --json"
)]
pub(crate) struct Arguments {
    /// Tagged or labelled files; - means standard input
    #[arg(required = true, value_name = "TAGGED")]
    inputs: Vec<PathBuf>,
    /// Write a page with tables and charts (HTML)
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the same figures as an Excel workbook, one sheet per table
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    #[command(flatten)]
    figures: FiguresArgs,
    #[command(flatten)]
    page: PageArgs,
    /// Print the figures as JSON instead of a summary in words
    #[arg(long)]
    json: bool,
    /// Group by this column; repeat the flag for more groupings
    ///
    /// "region" and "subregion" are derived from the country. The default is year, country,
    /// region and level.
    #[arg(long, help_heading = "Figures", value_name = "COLUMN")]
    by: Vec<String>,
    /// First year of the recent period
    ///
    /// Earlier years are the comparison period. By default, the latest years with a third of
    /// the cases are recent.
    #[arg(hide_short_help = true, long, help_heading = "Figures", value_name = "YEAR")]
    since: Option<i32>,
    /// Column with the year [default: year]
    #[arg(long, hide_short_help = true, help_heading = "Figures", value_name = "NAME")]
    year_column: Option<String>,
    /// Column with the country, by name or ISO 3166 code [default: country]
    #[arg(long, hide_short_help = true, help_heading = "Figures", value_name = "NAME")]
    country_column: Option<String>,
    /// Trends to count: gold, suggested or finished
    ///
    /// "finished" counts the trends of a finished batch, with the reviewers of each case. The
    /// default is finished if every row is part of one, else gold if every case has reference
    /// labels, else suggested.
    #[arg(hide_short_help = true, long, value_name = "gold|suggested|finished", hide_possible_values = true, value_parser = one_of::<Labels>(["gold", "suggested", "finished"]))]
    use_labels: Option<Labels>,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    /// Write the rows that failed to this file (CSV)
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    errors: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let page = WantedFile::start(args.output.as_deref(), args.force)?;
    let workbook = WantedFile::start(args.xlsx.as_deref(), args.force)?;
    args.figures.check(args.force)?;
    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    let model = args.model.open(global)?;
    let batch = failures.keep(Batch::open(&args.inputs, &options(args, &model, global)?)?);
    global.notes(&batch.notes);
    if let Some(file) = args.inputs.first().filter(|_| !batch.columns.is_empty()) {
        for name in [&args.year_column, &args.country_column].into_iter().flatten() {
            named_column(&batch.columns, name, file)?;
        }
    }
    let tagged_it = batch.models == [model.version.clone()];
    if !tagged_it && !batch.models.is_empty() {
        global.note(&format!(
            "note: the cases were not tagged by the model {} alone, so its errors are not used; \
             name the model that tagged them with --model",
            model.version
        ));
    }
    let held_out = if tagged_it { held_out(&model) } else { BTreeMap::new() };
    let landscape = Landscape::of(&batch, &held_out, &params(args, &model))?;
    let cover = args.page.cover();
    page.write(|| Ok(landscape::page::render(&landscape, &cover)?))?;
    workbook.write(|| Ok(landscape::workbook::render(&landscape, &cover)?))?;
    args.figures.write(|| Ok(landscape::page::figures(&landscape)))?;
    print_found(&landscape, args.json, || Ok(landscape::summary(&landscape)))?;
    failures.end()
}

fn options(args: &Arguments, model: &Model, global: &Global) -> Result<BatchOptions> {
    let mut read = args.input.options(&model.tagger.params().fields, global)?;
    args.labels.name_trends(&mut read.columns);
    let found = match args.inputs.first() {
        Some(first) => args.labels.taxonomy(first, global)?,
        None => None,
    };
    let (taxonomy, beside) =
        if args.labels.taxonomy.is_some() { (found, None) } else { (None, found) };
    let known = if args.labels.no_taxonomy { None } else { Some(model.tagger.taxonomy().clone()) };
    Ok(BatchOptions {
        read,
        needs_text: args.input.text_columns.is_some(),
        labels: args.use_labels,
        taxonomy,
        known: beside.into_iter().chain(known).collect(),
        condition: args.labels.condition.clone(),
    })
}

fn params(args: &Arguments, model: &Model) -> LandscapeParams {
    let mut params = LandscapeParams {
        by: args.by.clone(),
        since: args.since,
        text: model.tagger.params().features.text.clone(),
        ..Default::default()
    };
    if let Some(column) = &args.year_column {
        params.year_column.clone_from(column);
    }
    if let Some(column) = &args.country_column {
        params.country_column.clone_from(column);
    }
    params
}

/// Error rates of the model on unseen cases, by the key of the trend.
fn held_out(model: &Model) -> BTreeMap<String, HeldOut> {
    let quality = &model.tagger.training().quality;
    let of_trends = quality.per_trend.iter();
    of_trends.map(|trend| (trend.key.clone(), HeldOut::of(trend, quality.cases))).collect()
}
