//! `trendtag review simulate`: whether the order in which cases are asked about
//! pays.

use std::fmt::Write;

use anyhow::Result;
use trendtag::review::{Ask, Simulation, SimulationParams};
use trendtag::tagger::TrainingSet;

use super::{Failures, WantedFile, in_json, print, progress, threads};
use crate::End;
use crate::cli::{Global, SimulateArgs};

const BAR: &str = "{bar:30} {pos}/{len} runs, {eta} left";

pub(crate) fn run(args: &SimulateArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let mut failures = Failures::new(None, false)?;
    let page = WantedFile::start(args.page.html.as_deref(), args.page.force)?;
    let recipe = args.input.recipe();
    let options = args.input.options(&recipe.fields)?;
    let taxonomy = args.labels.taxonomy(&args.cases)?;
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, &mut failures)?;
    args.labels.add_examples(&args.cases, &mut corpus, &mut failures)?;
    let set = TrainingSet::new(&corpus, &recipe, None)?;
    let params = SimulationParams {
        first: args.first,
        last: args.last,
        step: args.step,
        seeds: args.seeds,
        ..SimulationParams::default()
    };
    let bar = progress(global, params.seeds * Ask::ALL.len() as u64, BAR);
    let found = Simulation::run(&set, &recipe, &params, &|| bar.inc(1))?;
    bar.finish_and_clear();
    page.write(|| Ok(found.to_html(&args.cases.display().to_string())?.into_bytes()))?;
    if args.page.json {
        print(&in_json(&found)?)?;
    } else {
        print(&in_words(&found)?)?;
    }
    failures.end()
}

fn in_words(found: &Simulation) -> Result<String> {
    let mut out = format!(
        "macro F1 on {} cases, {} to be asked about, {} runs\n\n{:>6}",
        found.tested, found.pool, found.params.seeds, "labels"
    );
    for curve in &found.curves {
        write!(out, "  {:>12}", curve.ask.label())?;
    }
    out.push('\n');
    let points = found.curves.first().map_or(0, |curve| curve.points.len());
    for i in 0..points {
        write!(out, "{:>6}", found.curves[0].points[i].labels)?;
        for curve in &found.curves {
            write!(out, "  {:>12.3}", curve.points[i].macro_f1)?;
        }
        out.push('\n');
    }
    writeln!(out, "\n{:<12}  {:>14}  over random order, 95 % interval", "order", "area (mean F1)")?;
    for curve in &found.curves {
        let (gain, lower, upper) = curve.gain;
        write!(out, "{:<12}  {:>14.3}", curve.ask.label(), curve.area)?;
        match curve.ask {
            Ask::Random => out.push('\n'),
            _ => writeln!(out, "  {gain:+.4} [{lower:+.4}, {upper:+.4}]")?,
        }
    }
    writeln!(out, "\n{}", found.conclusion())?;
    Ok(out)
}
