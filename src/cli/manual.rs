//! `trendtag manual`: writes the manual pages, the completions and the JSON schemas, for
//! packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, ValueEnum};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use trendtag::evaluate::drift::Drift;
use trendtag::evaluate::label_check::LabelCheck;
use trendtag::evaluate::landscape::Landscape;
use trendtag::evaluate::taxonomy_check::TaxonomyFinding;
use trendtag::review::{Batches, Statistics};
use trendtag::versions::registry::Record;

use super::{Cli, End, evaluate, explain, retrain};

/// Write the manual pages, the completions of all shells, and the JSON schemas of all outputs
/// into a folder
#[derive(Args)]
#[command(hide = true, after_help = "Examples:\n  trendtag manual share")]
pub(crate) struct Arguments {
    /// Folder to write to; it gets the folders man1, completions and schemas
    folder: PathBuf,
}

pub(crate) fn run(args: &Arguments) -> Result<End> {
    let write = || -> Result<()> {
        let pages = args.folder.join("man1");
        std::fs::create_dir_all(&pages)?;
        clap_mangen::generate_to(Cli::command(), &pages)?;
        let completions = args.folder.join("completions");
        std::fs::create_dir_all(&completions)?;
        for &shell in clap_complete::Shell::value_variants() {
            let mut command = Cli::command();
            clap_complete::generate_to(shell, &mut command, "trendtag", &completions)?;
        }
        let schemas = args.folder.join("schemas");
        std::fs::create_dir_all(&schemas)?;
        schema::<explain::Explained>(&schemas, "suggestion")?;
        schema::<evaluate::Printed>(&schemas, "evaluation")?;
        schema::<Landscape>(&schemas, "report")?;
        schema::<Drift>(&schemas, "drift")?;
        schema::<LabelCheck>(&schemas, "label-check")?;
        schema::<Vec<TaxonomyFinding>>(&schemas, "taxonomy-check")?;
        schema::<retrain::Retraining>(&schemas, "retraining")?;
        schema::<Record>(&schemas, "version")?;
        schema::<Statistics>(&schemas, "review-status")?;
        schema::<Batches>(&schemas, "review-batches")
    };
    write().with_context(|| args.folder.display().to_string())?;
    Ok(End::Done)
}

/// Writes the JSON schema of an output.
fn schema<T: JsonSchema>(folder: &Path, name: &str) -> Result<()> {
    let mut schema = schema_for!(T).to_value();
    describe_plainly(&mut schema);
    let schema = serde_json::to_string_pretty(&schema)? + "\n";
    Ok(std::fs::write(folder.join(format!("{name}.schema.json")), schema)?)
}

/// Turns the descriptions, which are comments of the source, into plain text: on one line and
/// without links.
fn describe_plainly(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(describe_plainly),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "description" => {
                        let mut parts = text.split("`](");
                        let mut plain = parts.next().unwrap_or_default().to_owned();
                        for part in parts {
                            plain.push('`');
                            plain.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
                        }
                        *text = plain.replace("[`", "`").replace("`]", "`").replace('\n', " ");
                    }
                    value => describe_plainly(value),
                }
            }
        }
        _ => {}
    }
}
