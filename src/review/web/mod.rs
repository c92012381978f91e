//! The review page's server: a small JSON API over a [`Store`](super::Store), and the
//! page that uses it. All HTTP code is in this module.

mod access;
mod api;
mod app;
mod body;
mod caller;
mod chunks;
mod connections;
mod export;
mod guard;
mod page;
mod problem;
mod server;
mod suggest;
mod turns;

pub use server::{Listening, ServeParams, serve};
