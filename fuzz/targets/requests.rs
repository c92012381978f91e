//! Any bytes as the body of a request to the review are refused or answered, and the
//! number of decisions grows only by those that were saved.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use std::sync::LazyLock;

use trendtag::Model;
use trendtag::review::{AddParams, BulkRequest, DecisionRequest, NextRequest, Store, UndoRequest};
use trendtag::tables::{ReadOptions, Rows};

static REVIEW: LazyLock<Option<(tempfile::TempDir, Store, Model)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().ok()?;
    let model = Model::built_in().ok()?;
    let store = Store::create(&folder.path().join("reviews.db")).ok()?;
    let cases = "id,title,description\na,One,A city budget\nb,Two,Open data\nc,Three,Art\n";
    let rows = Rows::from_reader(Cursor::new(cases), "cases.csv", &ReadOptions::default()).ok()?;
    store.add(&model, rows, &AddParams::default(), &mut |_| {}).ok()?;
    Some((folder, store, model))
});

fuzz_target!(|bytes: &[u8]| {
    let Some((_, store, model)) = REVIEW.as_ref() else { return };
    if let Ok(request) = serde_json::from_slice::<NextRequest>(bytes) {
        let _ = store.next(&request, Some(model));
    }
    if let Ok(request) = serde_json::from_slice::<DecisionRequest>(bytes) {
        let _ = store.decide(&request);
    }
    if let Ok(request) = serde_json::from_slice::<BulkRequest>(bytes) {
        let _ = store.accept(&request);
    }
    if let Ok(request) = serde_json::from_slice::<UndoRequest>(bytes) {
        let _ = store.undo(&request);
    }
});
