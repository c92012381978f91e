//! Tests that the protocols leak nothing.

use super::*;
use crate::tables::ReadOptions;
use crate::tables::Rows;
use crate::tagger::Corpus;
use crate::tagger::Model;
use crate::tagger::{Recipe, SearchSpace, TaggerParams};

/// Sixty cases; a marker word occurs in those that `marked` names.
fn corpus(marked: &[usize]) -> Corpus {
    let mut csv = String::from("id,description,country,year,trends\n");
    let words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india"];
    let mut draw = 11_usize;
    for i in 0..60 {
        let trend = if i % 2 == 0 { "even" } else { "odd" };
        csv += &format!("c{i},\"{trend} ");
        for _ in 0..12 {
            draw = draw
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            csv += words[(draw >> 33) % words.len()];
            csv.push(' ');
        }
        let marker = if marked.contains(&i) { "marker marker zanzibar" } else { "" };
        let year = if i % 10 == 9 { String::new() } else { (2000 + i / 10).to_string() };
        csv += &format!("{marker}\",land{},{year},{trend}\n", i % 7);
    }
    let options = ReadOptions {
        columns: crate::tables::Columns { text: vec!["description".into()], ..Default::default() },
        ..Default::default()
    };
    let rows =
        Rows::from_reader(std::io::Cursor::new(csv.into_bytes()), "c.csv", &options).unwrap();
    Corpus::from_rows(rows, &options, None).unwrap().0
}

fn recipe() -> Recipe {
    let fields = crate::tagger::TextField::of_columns(&["description"]);
    TaggerParams { fields, folds: 3, ..TaggerParams::default() }.check().unwrap()
}

#[test]
fn nothing_of_the_test_fold_reaches_the_model() {
    let searching = recipe().with_search(SearchSpace::default()).unwrap();
    let plain = corpus(&[]);
    let set = TrainingSet::new(&plain, searching.clone()).unwrap();
    let split = cross_validation(&set, 5, None, 1).unwrap().splits.remove(0);
    let planted = corpus(&split.test);
    let planted_set = TrainingSet::new(&planted, searching).unwrap();
    let bytes = |set: &TrainingSet<'_>| {
        let trained = set.train(&split.train, &mut |_| {}).unwrap();
        Model::new(trained.tagger).unwrap().to_bytes().unwrap()
    };
    assert!(bytes(&set) == bytes(&planted_set), "the marker in the test fold changed the model");
    let trained = planted_set.without_search().train(&planted_set.rows(), &mut |_| {}).unwrap();
    assert!(trained.tagger.features().terms().any(|term| term == "marker"));
}

#[test]
fn no_group_is_on_both_sides() {
    let corpus = corpus(&[]);
    let set = TrainingSet::new(&corpus, recipe()).unwrap();
    let plan = cross_validation(&set, 3, Some("country"), 1).unwrap();
    let country = |row: &usize| set.case(*row).record.get("country").unwrap().into_owned();
    for split in &plan.splits {
        let trained: Vec<String> = split.train.iter().map(country).collect();
        assert!(split.test.iter().all(|row| !trained.contains(&country(row))));
    }
    assert_eq!(plan.splits.iter().map(|split| split.test.len()).sum::<usize>(), 60);
}

#[test]
fn forward_in_time_learns_from_the_past_only_and_counts_the_undated() {
    let corpus = corpus(&[]);
    let set = TrainingSet::new(&corpus, recipe()).unwrap();
    let plan = forward(&set, "year", 15).unwrap();
    let year = |row: &usize| set.case(*row).record.get("year").unwrap().parse::<u32>().unwrap();
    for split in &plan.splits {
        let first = split.test.iter().map(year).min().unwrap();
        assert!(split.train.len() >= 15 && split.train.iter().all(|row| year(row) < first));
    }
    // Six undated cases, and the 18 of the first two years, which have too little past.
    assert_eq!(plan.left_out, 6 + 18);
}

#[test]
fn what_cannot_be_split_is_said_with_what_to_change() {
    let corpus = corpus(&[]);
    let set = TrainingSet::new(&corpus, recipe()).unwrap();
    let error = |result: Result<Plan>| result.unwrap_err().to_string();
    assert!(error(cross_validation(&set, 3, Some("colour"), 1)).contains("\"colour\""));
    assert!(error(cross_validation(&set, 8, Some("country"), 1)).contains("fewer folds"));
    assert!(error(forward(&set, "country", 15)).contains("a year in it"));
}
