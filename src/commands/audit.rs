//! `trendtag audit`: what is probably wrong with labelled cases.

use std::fmt::Write;

use anyhow::{Result, ensure};
use trendtag::artifact::Model;
use trendtag::audit::{Audit, AuditParams, Section};
use trendtag::registry::open_model;
use trendtag::review::{AddParams, Store};
use trendtag::tagger::TaggerParams;

use super::{Failures, WantedFile, print, say, threads};
use crate::End;
use crate::cli::{AuditArgs, Global};

pub(crate) fn run(args: &AuditArgs, global: &Global) -> Result<End> {
    threads(global)?;
    let mut failures = Failures::new(None, false)?;
    let page = WantedFile::start(args.html.as_deref(), args.force)?;
    let model = args.like.as_deref().map(open_model).transpose()?;
    let recipe = match &model {
        Some(model) => model.tagger.params().clone(),
        None => args.input.recipe(),
    };
    let options = args.input.options(&recipe.fields)?;
    let taxonomy = match &model {
        Some(model) => Some(model.tagger.taxonomy().clone()),
        None => args.labels.taxonomy(&args.cases)?,
    };
    let mut columns = options.columns.clone();
    if let Some(trends) = &args.labels.trends_column {
        columns.trends.clone_from(trends);
    }
    let corpus = args.labels.corpus(&args.cases, options, taxonomy, &mut failures)?;
    let audit = Audit::of(&corpus, &recipe, &AuditParams::default())?;
    if let Some(path) = &args.to_review {
        let model = model.map_or_else(Model::built_in, Ok)?;
        ensure!(
            model.tagger.taxonomy().trends == corpus.taxonomy.trends,
            "the model {} knows other trends than {}; name one with --like",
            model.version,
            args.cases.display()
        );
        let rows = audit.to_look_at(&corpus, &columns)?;
        // All are to be looked at with the suggestion in view, by one reviewer.
        let params = AddParams { columns, audit: 0.0, overlap: 0.0, ..AddParams::default() };
        let store = Store::create(path)?;
        let added = store.add(&model, rows, &params, &mut |error| failures.add(error))?;
        say(&format!(
            "{} cases added to {}, {} were there already",
            added.added,
            path.display(),
            added.known
        ));
    }
    page.write(|| Ok(audit.to_html(&args.cases.display().to_string())?.into_bytes()))?;
    if args.json {
        print(&format!("{:#}\n", serde_json::to_value(&audit)?))?;
    } else {
        let sections = audit.sections();
        let tables = sections.iter().map(|section| table(section, args.top));
        print(&format!("{} labelled cases\n{}", audit.cases, tables.collect::<String>()))?;
    }
    failures.end()
}

impl crate::cli::InputArgs {
    /// The default params, reading the text columns that the flags name.
    pub(super) fn recipe(&self) -> TaggerParams {
        let mut params = TaggerParams::default();
        if let Some(columns) = &self.text_columns {
            params.fields = trendtag::tagger::TextField::of_columns(columns);
        }
        params
    }
}

fn table(section: &Section, top: usize) -> String {
    let mut out = format!("\n{}: {}\n", section.title, section.rows.len());
    if section.rows.is_empty() {
        return out;
    }
    let rows: Vec<&Vec<String>> = section.rows.iter().take(top).collect();
    let last = section.head.len() - 1;
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([section.head[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..last).map(width).collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (column, cell) in cells.enumerate() {
            let width = widths.get(column).copied().unwrap_or_default();
            _ = write!(out, "  {cell:<width$}");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    };
    line(&mut section.head.iter().copied());
    rows.iter().for_each(|row| line(&mut row.iter().map(String::as_str)));
    if rows.len() < section.rows.len() {
        _ = writeln!(out, "  … and {} more", section.rows.len() - rows.len());
    }
    out
}
