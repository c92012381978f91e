//! The review page's server: a small JSON API over a [`Store`](super::Store), and the
//! page that uses it. All HTTP code is in this module.

mod access;
mod api;
mod app;
mod attachment;
mod body;
mod caller;
mod chunks;
mod connections;
mod current;
mod export;
mod files;
mod guard;
mod jobs;
mod looked_at;
mod page;
mod params;
mod problem;
mod results;
mod server;
mod suggest;
mod tagging;
mod turns;
mod uploads;

pub use params::ServeParams;
pub use server::{Listening, serve};
