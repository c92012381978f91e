//! Any text gets finite probabilities, and evidence with spans that slice the text.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

use trendtag::Model;

static MODEL: LazyLock<Option<Model>> = LazyLock::new(|| Model::built_in().ok());

fuzz_target!(|text: &str| {
    let Some(model) = MODEL.as_ref() else { return };
    let tagged = model.tag(&[text]);
    assert!(tagged.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
    for piece in tagged.evidence.iter().flat_map(|(_, pieces)| pieces) {
        for span in &piece.spans {
            assert!(text.get(span.start..span.end).is_some(), "{span:?}");
        }
    }
});
