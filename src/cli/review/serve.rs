//! `trendtag review serve`: serves the page on which reviewers answer.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use trendtag::review::web::{ServeParams, serve};
use trendtag::tables::{built_in_examples, open_examples};

use super::DatabaseArgs;
use crate::cli::inputs::ModelArgs;
use crate::cli::outputs::{Failures, print};
use crate::cli::{End, Global};

/// Serve the page on which reviewers check suggestions
#[derive(Args)]
#[command(
    after_help = "Example:\n  trendtag review serve --db reviews.db --listen 127.0.0.1:8080\n\nPrints the address. Stop it with Ctrl-C; no saved answer is lost, however it ends."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    db: DatabaseArgs,
    /// Address and port to listen on; reviewers need a token unless it is an address of
    /// this machine
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Require a token even on this machine
    #[arg(long)]
    token: bool,
    /// Additional host names that browsers use to reach the server
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Short example texts for each trend, shown in the codebook (columns trends and text)
    /// [default: those of the built-in model]
    #[arg(long, value_name = "FILE")]
    examples: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
}

pub(super) fn run(args: &Arguments, global: &Global) -> Result<End> {
    let model = args.model.open(global)?;
    global.start_threads()?;
    let store = args.db.open()?;
    let waiting = store.waiting_for(&model)?;
    if waiting > 0 {
        global.note(&format!(
            "{waiting} cases are tagged with the model {} while the page can be used; until then \
             they keep their suggestions.",
            model.version
        ));
    }
    let taxonomy = model.tagger.taxonomy();
    let examples = match &args.examples {
        None => built_in_examples(taxonomy),
        Some(path) => Failures::new(None, false)?.keep(open_examples(path, taxonomy)?),
    };
    let params = ServeParams {
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
