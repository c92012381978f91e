//! `trendtag review serve`: serves the page on which reviewers answer.

use std::io::Cursor;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use trendtag::review::web::{ServeParams, serve};
use trendtag::tables::{ReadOptions, Rows, built_in_examples, open_examples};
use trendtag::tagger::{Corpus, Model};
use trendtag::versions::registry::BUILT_IN;

use super::DatabaseArgs;
use crate::cli::drift::{self, LearnedFromArgs};
use crate::cli::inputs::{ModelArgs, size};
use crate::cli::outputs::{Failures, print};
use crate::cli::{End, Global, demo};

/// Serve the page on which reviewers check suggestions
#[derive(Args)]
#[command(
    after_help = "Examples:\n  trendtag review serve --db reviews.db --listen 127.0.0.1:8080\n  trendtag review serve --db reviews.db --model mine --token\n\nThe command prints the address of the page. Stop it with Ctrl-C. No saved answer is lost, however\nit ends.\n\nWithout a database, the page starts with files: drop a file, check how it is read, and tag it. The\ndatabase is created with the first file."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// Address and port to listen on
    ///
    /// Reviewers need a token unless it is an address of this machine.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Require a token even on this machine
    #[arg(long)]
    token: bool,
    /// Additional host names that browsers use to reach the server
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Short example texts for each trend, shown in the codebook
    ///
    /// The file has the columns trends and text. The default is the examples of the built-in
    /// model.
    #[arg(long, value_name = "FILE")]
    examples: Option<PathBuf>,
    /// Largest file that the page takes, such as 500M
    #[arg(long, value_name = "SIZE", default_value = "200M", value_parser = size)]
    largest_file: u64,
    #[command(flatten)]
    corpus: LearnedFromArgs,
    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let model = args.model.open(global)?;
    global.start_threads()?;
    let store = if args.db.db.exists() { Some(args.db.open()?) } else { None };
    if let Some(store) = &store {
        let waiting = store.waiting_for(&model)?;
        if waiting > 0 {
            global.note(&format!(
                "{waiting} cases are tagged with the model {} while the page can be used; until \
                 then they keep their suggestions.",
                model.version
            ));
        }
    }
    let taxonomy = model.tagger.taxonomy();
    let examples = match &args.examples {
        None => built_in_examples(taxonomy),
        Some(path) => Failures::new(None, false)?.keep(open_examples(path, taxonomy)?),
    };
    let params = ServeParams {
        learned_from: learned_from(args, &model, global)?.map(Arc::new),
        database: args.db.db.clone(),
        largest_file: args.largest_file,
        examples,
        listen: args.listen,
        token: args.token,
        hosts: args.host.clone(),
        model: args.model.name(global).map(Path::to_owned),
    };
    let mut printed = Ok(());
    serve(store, model, &params, |listening| {
        let token =
            listening.token.as_ref().map_or(String::new(), |token| format!("#token={token}"));
        printed = print(&format!("http://{}/{token}\n", listening.address));
        global.note("Open this address in a browser; stop with Ctrl-C.");
    })?;
    printed?;
    Ok(End::Done)
}

/// The cases that the model learned from, as far as they are not kept with its versions:
/// those that are named, or those of the built-in model.
fn learned_from(args: &Arguments, model: &Model, global: &Global) -> Result<Option<Corpus>> {
    let name = args.model.name(global);
    if args.corpus.is_named() {
        let mut failures = Failures::new(None, false)?;
        return Ok(Some(drift::learned_from(model, name, &args.corpus, &mut failures)?));
    }
    if name.is_some_and(|name| name.as_os_str() != BUILT_IN) {
        return Ok(None);
    }
    let mut options = ReadOptions::default();
    options.columns.text = model.tagger.params().text_columns();
    let rows = Rows::from_reader(Cursor::new(demo::CASES), "cases.csv", &options)?;
    let taxonomy = Some(model.tagger.taxonomy().clone());
    Ok(Some(Corpus::from_rows(rows, &options, taxonomy)?.0))
}
