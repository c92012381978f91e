//! `trendtag explain`: shows the evidence for and against every trend in one text.

use std::fmt::Write;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use trendtag::evaluate::table::aligned;
use trendtag::tables::{Fields, Rows};
use trendtag::tagger::{Evidence, Model, Scratch, Span, Suggestion};

use super::inputs::{InputArgs, ModelArgs, is_pipe};
use super::outputs::{in_json, print, say};
use super::{End, Global, remedies};

/// Show why one text gets its trends
#[derive(Args)]
#[command(
    next_help_heading = "Output",
    after_help = "Example:\n  echo 'Citizens vote on the city budget.' | trendtag explain\n\nSee all flags and examples with: trendtag explain --help",
    after_long_help = "Examples:\n  echo 'Citizens vote on the city budget.' | trendtag explain\n  trendtag explain submissions.csv --id submission-003"
)]
pub(crate) struct Arguments {
    /// A text file, or a file of cases together with --id [default: standard input]
    #[arg(default_value = "-", value_name = "FILE")]
    input: PathBuf,
    /// The case to explain, by its id or the number of its row
    #[arg(long, help_heading = "Input", value_name = "ID")]
    id: Option<String>,
    /// Maximum number of terms shown for each trend
    #[arg(long, value_name = "N", default_value_t = 8)]
    top: usize,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    columns: InputArgs,
}

pub(crate) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let model = args.model.open(global)?;
    let texts = match &args.id {
        Some(id) => case_texts(args, &model, id, global)?,
        None => vec![whole_text(&args.input)?],
    };
    let text =
        if args.json { as_json(&model, &texts)? } else { in_words(&model, &texts, args.top)? };
    print(&text)?;
    Ok(End::Done)
}

/// Returns the texts of the case with this id, or of the row with this number if no case
/// has the id.
fn case_texts(args: &Arguments, model: &Model, id: &str, global: &Global) -> Result<Vec<String>> {
    let options = args.columns.options(&model.tagger.params().fields, global)?;
    let mut rows = Rows::open(&args.input, &options)?;
    for note in rows.notes() {
        say(&format!("note: {}", remedies::note_in_words(note)));
    }
    let fields = Fields::of(&rows, &options.columns)?;
    let mut numbered = None;
    let mut failed = |error| say(&format!("row failed: {}", remedies::in_words(&error)));
    while let Some(row) = rows.next_readable(&mut failed)? {
        if fields.id(&row) == id {
            return Ok(fields.owned_texts(&row));
        }
        if Ok(row.number()) == id.parse() {
            numbered = Some(row);
        }
    }
    match numbered {
        Some(row) => Ok(fields.owned_texts(&row)),
        None => bail!(
            "{}: there is no case \"{id}\"; give an id or the number of a row",
            args.input.display()
        ),
    }
}

/// Reads a file or standard input as one text. It is used as the last field, where each
/// word has weight 1.
fn whole_text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if is_pipe(path) {
        if std::io::stdin().is_terminal() {
            say("Type or paste the text, then end it with Ctrl-D.");
        }
        std::io::stdin().read_to_end(&mut bytes).context("standard input")?;
    } else {
        bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    }
    let name = path.display();
    String::from_utf8(bytes).with_context(|| format!("{name}: not UTF-8; save the text as UTF-8"))
}

fn as_json(model: &Model, texts: &[String]) -> Result<String> {
    let texts = placed(model, texts);
    let tagged = model.tagger.tag(&texts, 0, &mut Scratch::default());
    let suggestion = Suggestion::in_full(model, &texts, &tagged);
    in_json(&Explained { suggestion, texts: Some(&texts) })
}

/// The suggestion of a model for a case: the output of `trendtag explain --json`, and without
/// the texts the object `suggestions` in the JSON Lines of `tag`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Suggestion")]
pub(in crate::cli) struct Explained<'t> {
    #[serde(flatten)]
    suggestion: Suggestion,
    /// The texts that the spans of the evidence refer to.
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<&'t [String]>,
}

fn in_words(model: &Model, texts: &[String], top: usize) -> Result<String> {
    let tagger = &model.tagger;
    let texts = placed(model, texts);
    let tagged = tagger.tag(&texts, top, &mut Scratch::default());
    let head = ["trend", "probability", "threshold", "score", "in doubt"];
    let mut rows = vec![head.map(str::to_owned)];
    for (id, trend) in tagger.taxonomy().iter() {
        let mark = if tagged.suggested.contains(id) { "*" } else { " " };
        let (p, score) = (tagged.probabilities[id.index()], tagged.scores[id.index()]);
        let threshold = tagger.decision().thresholds[id.index()];
        rows.push([
            format!("{mark} {}", trend.key),
            format!("{p:.3}"),
            format!("{threshold:.3}"),
            format!("{score:.2}"),
            if tagged.unsure.contains(id) { "unsure".into() } else { String::new() },
        ]);
    }
    let mut out = aligned(&rows);
    writeln!(out, "expected wrong tags: {:.2}", tagged.expected_errors)?;
    for reason in &tagged.review {
        writeln!(out, "please review: {}", reason.words())?;
    }
    let explained = tagger.explain(&texts);
    for (id, evidence) in &tagged.evidence {
        let all = &explained[id.index()];
        writeln!(out, "\nWhy {}:", tagger.taxonomy().label(*id))?;
        let shown: f64 = evidence.iter().map(|e| e.contribution).sum();
        for e in evidence {
            writeln!(out, "  {:+7.3}  {}", e.contribution, e.term)?;
        }
        let rest: f64 = all.iter().map(|e| e.contribution).sum::<f64>() - shown;
        let others = all.len() - evidence.len();
        let (intercept, score) = (tagger.intercept(*id), tagged.scores[id.index()]);
        writeln!(
            out,
            "  {rest:+7.3}  ({others} other terms)\n  {intercept:+7.3}  (intercept)\n  {score:+7.3}  = score"
        )?;
        let (shift, p) = (tagged.prior_shifts[id.index()], tagged.probabilities[id.index()]);
        if shift != 0.0 {
            let calibrated = libm::log(p / (1.0 - p)) - shift;
            writeln!(
                out,
                "  {calibrated:+7.3}  = log-odds after calibration\n  {shift:+7.3}  (prior on the number of trends of a case)\n  {:+7.3}  = log-odds of the probability {p:.3}",
                calibrated + shift
            )?;
        }
        write!(out, "{}", marked(&texts, evidence))?;
    }
    Ok(out)
}

/// Arranges the texts as the model's fields. A single text becomes the last field.
fn placed(model: &Model, texts: &[String]) -> Vec<String> {
    let fields = model.tagger.params().fields.len();
    let mut placed = vec![String::new(); fields.saturating_sub(texts.len())];
    placed.extend(texts.iter().cloned());
    placed
}

/// Returns the texts with the evidence in brackets.
fn marked(texts: &[String], evidence: &[Evidence]) -> String {
    let mut spans: Vec<Span> = evidence.iter().flat_map(|e| e.spans.iter().copied()).collect();
    spans.sort_unstable();
    let mut out = String::new();
    for (field, text) in texts.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        out.push_str("\n  ");
        let mut at = 0;
        for span in spans.iter().filter(|span| span.field == field) {
            // A longer term may contain a shorter one that is already marked.
            if span.end <= at {
                continue;
            }
            let start = span.start.max(at);
            out.push_str(&text[at..start]);
            out.push('[');
            out.push_str(&text[start..span.end]);
            out.push(']');
            at = span.end;
        }
        out.push_str(text[at..].trim_end());
        out.push('\n');
    }
    out.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect()
}
