//! Any bytes as the journal of an interrupted run, and as its output: the run is
//! refused, or it is resumed and completes the output.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use std::io::Write;

use serde_json::Map;
use trendtag::tables::output::Resumable;

fuzz_target!(|halves: (&[u8], &[u8])| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let target = folder.path().join("out.csv");
    let beside = |suffix: &str| folder.path().join(format!("out.csv.trendtag-{suffix}"));
    if std::fs::write(beside("part"), halves.0).is_err()
        || std::fs::write(beside("journal"), halves.1).is_err()
    {
        return;
    }
    let Ok(mut output) = Resumable::resume(&target, false) else { return };
    // As a run without flags; a journal of another run is refused.
    let Ok(states) = output.begin(&Map::new()) else { return };
    if output.write_all(b"last\n").is_ok() && output.commit().is_ok() {
        let whole = std::fs::read(&target).unwrap_or_default();
        assert!(whole.ends_with(b"last\n"));
        let kept = whole.len() - 5;
        assert_eq!(whole[..kept], halves.0[..kept], "{states:?}");
        assert!(kept == 0 || !states.is_empty());
    }
});
