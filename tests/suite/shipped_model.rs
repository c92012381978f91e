//! The shipped model is the output of `trendtag train` for the shipped cases.

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;

use super::support::{Desk, data, repository};

/// A model file, read without the program's help.
struct File {
    facts: Value,
    vocabulary: String,
    idf: Vec<f32>,
    weights: Vec<f32>,
    intercepts: Vec<f64>,
}

impl File {
    fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let facts = &metadata.metadata().as_ref().unwrap()["trendtag"];
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let data = |name: &str| tensors.tensor(name).unwrap().data();
        let f32s = |name: &str| {
            let (chunks, rest) = data(name).as_chunks();
            assert!(rest.is_empty());
            chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
        };
        let (intercepts, _) = data("intercepts").as_chunks();
        Self {
            facts: serde_json::from_str(facts).unwrap(),
            vocabulary: String::from_utf8(data("vocabulary").to_vec()).unwrap(),
            idf: f32s("idf"),
            weights: f32s("weights"),
            intercepts: intercepts.iter().map(|&chunk| f64::from_le_bytes(chunk)).collect(),
        }
    }
}

fn farthest<T: Copy + Into<f64>>(ours: &[T], theirs: &[T]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let apart = ours.iter().zip(theirs).map(|(&a, &b)| (a.into() - b.into()).abs());
    apart.fold(0.0, f64::max)
}

/// The last digits of sums can differ between processors, hence the tolerance.
#[test]
fn training_without_flags_gives_the_shipped_model_again() {
    let desk = Desk::with("data/cases.csv", data("cases.csv"));
    desk.write("data/taxonomy.toml", data("taxonomy.toml"));
    desk.write("data/examples.csv", data("examples.csv"));
    desk.write("models/keep", "");
    desk.run("train").ok();
    let shipped = repository("models/five-trends.safetensors");
    let trained = desk.path("models/five-trends.safetensors");

    let (ours, theirs) = (File::open(&shipped), File::open(&trained));
    assert!(ours.vocabulary == theirs.vocabulary, "the vocabulary differs");
    for fact in ["format", "trendtag", "word_terms", "params", "taxonomy"] {
        assert_eq!(ours.facts[fact], theirs.facts[fact], "{fact}");
    }
    assert_eq!(ours.facts["training"]["fingerprint"], theirs.facts["training"]["fingerprint"]);
    assert!(farthest(&ours.idf, &theirs.idf) < 1e-5);
    assert!(farthest(&ours.weights, &theirs.weights) < 1e-5);
    assert!(farthest(&ours.intercepts, &theirs.intercepts) < 1e-5);

    let built_in = desk.pipe("tag -", data("submissions.csv")).ok().table();
    let again = "tag - --model models/five-trends.safetensors";
    let again = desk.pipe(again, data("submissions.csv")).ok().table();
    for column in ["id", "suggested_trends", "needs_review"] {
        assert_eq!(built_in.column(column), again.column(column));
    }
}

#[test]
fn the_program_carries_the_shipped_model() {
    let desk = Desk::with(
        "model.safetensors",
        std::fs::read(repository("models/five-trends.safetensors")).unwrap(),
    );
    let case = "id,title\n1,Citizens vote on the budget\n";
    let built_in = desk.pipe("tag - --allow-missing-columns", case).ok().out;
    assert_eq!(
        built_in,
        desk.pipe("tag - --model model.safetensors --allow-missing-columns", case).ok().out
    );
}

/// The file was trained by version 0.1.0 on the first 40 rows of
/// `fixtures/complaints/complaints.csv`, without subwords; so were the probabilities.
#[test]
fn a_model_of_format_2_answers_as_it_did() {
    let model = repository("tests/fixtures/models/format-2.safetensors");
    let complaints = repository("tests/fixtures/complaints/complaints-2025.csv");
    let text = std::fs::read_to_string(complaints).unwrap();
    let desk = Desk::with("complaints.csv", text);
    let columns = "--text-columns Subject,Complaint --id-column Reference";
    let run = desk.run(&format!(
        "tag complaints.csv --model {} {columns} --output-format jsonl",
        model.display()
    ));
    let first = run.ok().json_lines()[0]["suggestions"]["trends"].clone();
    let then = [0.1666, 0.6476, 0.0818, 0.1233, 0.0594, 0.1911, 0.0237, 0.0115];
    assert_eq!(first.as_array().unwrap().len(), then.len());
    for (trend, then) in first.as_array().unwrap().iter().zip(then) {
        assert!((trend["probability"].as_f64().unwrap() - then).abs() < 2e-4, "{first}");
    }
}

#[test]
fn a_damaged_model_is_refused() {
    let mut bytes = std::fs::read(repository("models/five-trends.safetensors")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let desk = Desk::with("changed.safetensors", &bytes);
    desk.write("short.safetensors", &bytes[..last / 2]);
    desk.pipe("tag - --model changed.safetensors", "title\na\n").exits(2).says("checksum");
    desk.pipe("tag - --model short.safetensors", "title\na\n").exits(2).says("not a usable model");
}
