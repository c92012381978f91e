//! Any bytes as a tagged file give a batch for a report, or errors.

#![no_main]
#![allow(missing_docs)]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use trendtag::Taxonomy;
use trendtag::evaluate::landscape::Batch;
use trendtag::pages::landscape::BatchOptions;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::with_suffix(".csv") else { return };
    if file.write_all(bytes).is_err() {
        return;
    }
    let known = Taxonomy::from_keys(["red", "blue"]).into_iter().collect();
    let options = BatchOptions { known, ..BatchOptions::default() };
    if let Ok((batch, _)) = Batch::open(&[file.path().to_owned()], &options) {
        for case in &batch.cases {
            let probabilities = case.probabilities.iter().flatten();
            assert!(probabilities.clone().all(|p| (0.0..=1.0).contains(p)));
        }
    }
});
