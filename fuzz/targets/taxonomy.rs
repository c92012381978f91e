//! Any text as a taxonomy gives a label set that reads its own keys, or an error.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use trendtag::Taxonomy;
use trendtag::taxonomy::LabelReader;

fuzz_target!(|text: &str| {
    if let Ok(taxonomy) = Taxonomy::from_toml(text, "fuzz") {
        let reader = LabelReader::new(&taxonomy, None);
        for (id, trend) in taxonomy.iter() {
            assert_eq!(reader.find(&trend.key), Some(id), "a key is not its own trend");
        }
    }
    // Labels as people write them, of a taxonomy or of none.
    let Ok(taxonomy) = Taxonomy::from_keys(["red", "deep-blue"]) else { return };
    let reader = LabelReader::new(&taxonomy, None);
    text.lines().for_each(|cell| drop(reader.read(cell)));
    drop(Taxonomy::from_cells(text.lines(), None));
});
