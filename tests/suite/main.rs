//! Stories of users, who start the program as a process.

// A step that fails is a test that fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api_page;
mod architecture;
mod bad_rows;
mod check_labels;
mod config;
mod content;
mod demo;
mod disguised_texts;
mod drift;
mod ends;
mod evaluate;
mod explain;
mod filter;
mod first_model;
mod formats;
mod guides;
mod held;
mod help;
mod http;
mod invariants;
mod killed;
mod labels;
mod models;
mod reading;
mod report;
mod resume;
mod retrain;
mod review;
mod schemas;
mod shipped_model;
mod support;
mod tables;
mod tag;
mod taxonomy;
mod train;
mod words;
mod year;
