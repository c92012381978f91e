//! Any bytes as an export of Prodigy give labels or errors.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use trendtag::review::ImportSource;
use trendtag_fuzz::read_labels;

fuzz_target!(|bytes: &[u8]| read_labels(bytes, ImportSource::Prodigy));
