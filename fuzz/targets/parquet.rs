//! Any bytes as a Parquet file give rows or errors.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use trendtag::tables::Format;
use trendtag_fuzz::read_table;

fuzz_target!(|bytes: &[u8]| read_table(bytes, Format::Parquet));
