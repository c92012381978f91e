//! Options for serving a review.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::tagger::{Corpus, Example};

/// Options for serving a review.
#[derive(Debug, Clone, PartialEq)]
pub struct ServeParams {
    /// The database, which is made with the first file that is tagged if it is not there.
    pub database: PathBuf,
    /// The most bytes of a file that is sent to be tagged.
    pub largest_file: u64,
    /// Address to listen on. Addresses beyond this machine require a token.
    pub listen: SocketAddr,
    /// Whether to require a token even on this machine.
    pub token: bool,
    /// Allowed host names, in addition to addresses and `localhost`.
    pub hosts: Vec<String>,
    /// The model as its user names it (see [`open_model`](crate::versions::registry::open_model)),
    /// watched for a newer one; `None` for the built-in one.
    pub model: Option<PathBuf>,
    /// Short example texts of the trends, for the codebook.
    pub examples: Vec<Example>,
    /// The cases that the model learned from, if it is not one of several versions, which
    /// have theirs.
    pub learned_from: Option<Arc<Corpus>>,
}
