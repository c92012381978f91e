//! Any bytes as a model file give a model that tags, or an error.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use trendtag::Model;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = Model::from_bytes(bytes, "fuzz") {
        let tagged = model.tag(&["Citizens draft the budget of the city online."]);
        assert!(tagged.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
    }
});
