//! `trendtag report`: what the cases of a tagged batch show, taken together.

use std::collections::BTreeMap;

use anyhow::Result;
use trendtag::artifact::Model;
use trendtag::landscape::{self, Batch, BatchOptions, HeldOut, Landscape, LandscapeParams};

use super::{Failures, WantedFile, in_json, print, say};
use crate::End;
use crate::cli::{Global, ReportArgs};

pub(crate) fn run(args: &ReportArgs, global: &Global) -> Result<End> {
    let page = WantedFile::start(args.output.as_deref(), args.force)?;
    let workbook = WantedFile::start(args.xlsx.as_deref(), args.force)?;
    let mut failures = Failures::new(args.errors.as_deref(), args.force)?;
    let model = args.model.open()?;
    let (batch, errors) = Batch::open(&args.inputs, &options(args, &model)?)?;
    errors.into_iter().for_each(|error| failures.add(error));
    let tagged_it = batch.models == [model.version.clone()];
    if !tagged_it && !batch.models.is_empty() && !global.quiet {
        say(&format!(
            "note: the cases were not tagged by the model {} alone, so its errors are not used; \
             name the one that did with --model",
            model.version
        ));
    }
    let held_out = if tagged_it { held_out(&model) } else { BTreeMap::new() };
    let landscape = Landscape::of(&batch, &held_out, &params(args, &model))?;
    page.write(|| Ok(landscape::page::render(&landscape)?.into_bytes()))?;
    workbook.write(|| Ok(landscape::workbook::render(&landscape)?))?;
    if args.json {
        print(&in_json(&landscape)?)?;
    } else {
        print(&landscape::summary(&landscape))?;
    }
    failures.end()
}

fn options(args: &ReportArgs, model: &Model) -> Result<BatchOptions> {
    let mut read = args.input.options(&model.tagger.params().fields)?;
    args.labels.name_trends(&mut read.columns);
    let found = match args.inputs.first() {
        Some(first) => args.labels.taxonomy(first)?,
        None => None,
    };
    let (taxonomy, beside) =
        if args.labels.taxonomy.is_some() { (found, None) } else { (None, found) };
    let known = if args.labels.no_taxonomy { None } else { Some(model.tagger.taxonomy().clone()) };
    Ok(BatchOptions {
        read,
        needs_text: args.input.text_columns.is_some(),
        labels: args.use_labels.map(Into::into),
        taxonomy,
        known: beside.into_iter().chain(known).collect(),
        condition: args.labels.condition.clone(),
    })
}

fn params(args: &ReportArgs, model: &Model) -> LandscapeParams {
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

/// How often the model errs on cases it has not seen, by the key of the trend.
fn held_out(model: &Model) -> BTreeMap<String, HeldOut> {
    let quality = &model.tagger.training().quality;
    let of_trends = quality.per_trend.iter();
    of_trends.map(|trend| (trend.key.clone(), HeldOut::of(trend, quality.cases))).collect()
}
