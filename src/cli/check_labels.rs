//! `trendtag check-labels`: finds probable errors in labelled cases.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use trendtag::evaluate::label_check::{LabelCheck, LabelCheckParams};
use trendtag::pages::label_check::{self, Section};
use trendtag::review::{AddParams, Store};
use trendtag::tables::Rows;
use trendtag::tagger::{Corpus, Model};
use trendtag::versions::registry::open_model;
use unicode_width::UnicodeWidthStr;

use super::inputs::{InputArgs, LabelArgs, ModelArgs};
use super::outputs::{Failures, FindingsArgs, PageArgs, WantedFile, print_found, say};
use super::text_table::{clipped, padded};
use super::{End, Global};

/// Find probable label errors, contradictions and unusable texts in labelled cases
#[derive(Args)]
#[command(
    next_help_heading = "Output",
    after_help = "Example:\n  trendtag check-labels data/cases.csv --html label-check.html\n\nSee all flags and examples with: trendtag check-labels --help",
    after_long_help = "Examples:\n  trendtag check-labels data/cases.csv --html label-check.html\n  trendtag check-labels data/cases.csv --top 5\n\nLists probably wrong labels, contradictory cases, short texts, rare trends and terms that reveal a\nlabel. Each list starts with the worst finding."
)]
pub(crate) struct Arguments {
    /// Labelled cases
    #[arg(default_value = "data/cases.csv", value_name = "CASES")]
    cases: PathBuf,
    /// Use the parameters of this model
    ///
    /// The default is the standard parameters, without a search.
    #[arg(
        hide_short_help = true,
        long,
        help_heading = "Model",
        value_name = "MODEL",
        conflicts_with = "text_columns"
    )]
    like: Option<PathBuf>,
    /// Maximum number of findings of each kind in the table
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = 20)]
    top: usize,
    #[command(flatten)]
    found: FindingsArgs,
    #[command(flatten)]
    page: PageArgs,
    /// Add the suspects and the contradictory cases to this review database; the
    /// suggestions come from the model of --like, else from that of trendtag.toml, else
    /// from the built-in model
    #[arg(long, value_name = "FILE")]
    to_review: Option<PathBuf>,
    #[command(flatten)]
    labels: LabelArgs,
    #[command(flatten)]
    input: InputArgs,
}

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    global.start_threads()?;
    let mut failures = Failures::new(None, false)?;
    let page = WantedFile::start(args.found.html.as_deref(), args.found.force)?;
    let model = args.like.as_deref().map(open_model).transpose()?;
    let recipe = match &model {
        Some(model) => model.tagger.recipe().clone(),
        None => args.input.params(global).check()?,
    };
    let options = args.input.options(&recipe.params().fields, global)?;
    let taxonomy = match &model {
        Some(model) => Some(model.tagger.taxonomy().clone()),
        None => args.labels.taxonomy(&args.cases, global)?,
    };
    let mut columns = options.columns.clone();
    args.labels.name_trends(&mut columns);
    let mut corpus = args.labels.corpus(&args.cases, options, taxonomy, &mut failures, global)?;
    args.labels.add_examples(&args.cases, &mut corpus, &mut failures, global)?;
    let to_review = match &args.to_review {
        Some(path) => Some((path, suggesting(model, &corpus, &args.cases, global)?)),
        None => None,
    };
    let found = LabelCheck::of(&corpus, &recipe, &LabelCheckParams::default())?;
    if let Some((path, model)) = to_review {
        let records = found.to_look_at(&corpus, &columns.id, &columns.trends);
        let rows = Rows::from_records("suspects", records);
        // One reviewer looks at each of them, with the suggestion in view.
        let params = AddParams { columns, blind_check: 0.0, overlap: 0.0, ..AddParams::default() };
        let store = Store::create(path)?;
        let added = store.add(&model, rows, &params, &mut |error| failures.add(error))?;
        say(&format!(
            "{} cases added to {}, {} were there already",
            added.added,
            path.display(),
            added.known
        ));
    }
    let (file, cover) = (args.cases.display().to_string(), args.page.cover());
    page.write(|| Ok(label_check::render(&found, &corpus, &file, &cover)?))?;
    print_found(&found, args.found.json, || {
        let sections = found.sections(&corpus.taxonomy);
        let tables = sections.iter().map(|section| table(section, args.top));
        Ok(format!("{} labelled cases\n{}", found.cases, tables.collect::<String>()))
    })?;
    failures.end()
}

/// Returns the model whose suggestions a reviewer sees: the named one, or the one in use.
fn suggesting(
    named: Option<Model>,
    corpus: &Corpus,
    cases: &Path,
    global: &Global,
) -> Result<Model> {
    let in_use = || ModelArgs::default().open(global);
    let model = named.map_or_else(in_use, Ok)?;
    ensure!(
        model.tagger.taxonomy().trends == corpus.taxonomy.trends,
        "the model {} has other trends than {}; name a model with the same trends with --like",
        model.version,
        cases.display()
    );
    Ok(model)
}

/// The widest table, in columns of a terminal.
const WIDEST: usize = 110;

fn table(section: &Section, top: usize) -> String {
    let mut out = format!("\n{}: {}\n", section.title, section.rows.len());
    if section.rows.is_empty() {
        return out;
    }
    // Ids come from a file, so control characters are removed before they reach the
    // terminal.
    let clean = |row: &Vec<String>| -> Vec<String> {
        row.iter().map(|cell| clipped(cell, usize::MAX)).collect()
    };
    let rows: Vec<Vec<String>> = section.rows.iter().take(top).map(clean).collect();
    let last = section.head.len() - 1;
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells.chain([section.head[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..last).map(width).collect();
    let longest = rows.iter().map(|row| row[last].width()).max().unwrap_or_default();
    if widths.iter().sum::<usize>() + longest > WIDEST {
        // Names are long: each finding has lines of its own.
        for row in &rows {
            for (column, (head, cell)) in section.head.iter().zip(row).enumerate() {
                let start = if column == 0 { "  " } else { "      " };
                _ = writeln!(out, "{start}{head}: {cell}");
            }
        }
        more(&mut out, rows.len(), section.rows.len());
        return out;
    }
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (column, cell) in cells.enumerate() {
            let width = widths.get(column).copied().unwrap_or_default();
            _ = write!(out, "  {}", padded(cell, width.max(cell.width())));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    };
    line(&mut section.head.iter().copied());
    rows.iter().for_each(|row| line(&mut row.iter().map(String::as_str)));
    more(&mut out, rows.len(), section.rows.len());
    out
}

/// Says how many findings are not shown.
fn more(out: &mut String, shown: usize, all: usize) {
    if shown < all {
        _ = writeln!(out, "  … and {} more", all - shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_their_heads_and_steer_no_terminal() {
        let section = Section {
            id: "thin",
            title: "Thin texts",
            note: String::new(),
            head: vec!["case", "words"],
            rows: vec![
                vec!["a\u{1b}[31m".into(), "1".into()],
                vec!["日本日本".into(), "2\u{7}".into()],
            ],
        };
        let expected = "\nThin texts: 2\n  case      words\n  a[31m     1\n  日本日本  2\n";
        assert_eq!(table(&section, 9), expected);
        let long = Section { rows: vec![vec!["x".repeat(120), "1".into()]], ..section };
        let expected = format!("\nThin texts: 1\n  case: {}\n      words: 1\n", "x".repeat(120));
        assert_eq!(table(&long, 9), expected);
    }
}
