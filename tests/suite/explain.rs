//! Explaining one text: the evidence for and against every trend.

use serde_json::Value;

use super::support::{Desk, Table, data, keys};

const VOTE: &str = "Citizens vote on the city budget.";

#[test]
fn contributions_and_intercept_add_up_to_the_score() {
    let table = Table::parse(&data("submissions.csv"), b',');
    let text = &table.rows[0][3];
    let explained = Desk::new().pipe("explain --json", text).ok().json();
    let trends = explained["trends"].as_array().unwrap();
    let found: Vec<&str> = trends.iter().map(|t| t["key"].as_str().unwrap()).collect();
    assert_eq!(found, keys());
    for trend in trends {
        let number = |value: &Value| value.as_f64().unwrap();
        let evidence = trend["evidence"].as_array().unwrap();
        assert!(evidence.len() > 20, "all terms, not only the strongest");
        let sum: f64 = evidence.iter().map(|e| number(&e["contribution"])).sum();
        let score = number(&trend["score"]);
        assert!((sum + number(&trend["intercept"]) - score).abs() < 1e-6, "{trend:#}");
        let passes = number(&trend["probability"]) >= number(&trend["threshold"]);
        if explained["review_reasons"].as_array().unwrap().is_empty() {
            assert_eq!(trend["suggested"], passes);
        }
    }
}

#[test]
fn spans_are_slices_of_the_text() {
    let text = "Über 50 % der Bürger… citizens’ vote: the CITY budget & open data 🎉 budget.";
    let explained = Desk::new().pipe("explain --json", text).ok().json();
    let fields = explained["fields"].as_array().unwrap();
    let texts = explained["texts"].as_array().unwrap();
    assert_eq!((texts.len(), texts[2].as_str()), (fields.len(), Some(text)));
    assert!(explained["trends"][0]["name"].as_str().unwrap().contains(' '), "a name for people");
    let mut terms = 0;
    for trend in explained["trends"].as_array().unwrap() {
        for evidence in trend["evidence"].as_array().unwrap() {
            let words = evidence["term"].as_str().unwrap().split(' ');
            let first = &evidence["spans"][0];
            let at = |end: &str| first[end].as_u64().unwrap() as usize;
            assert_eq!(at("field"), fields.len() - 1, "a lone text is the last field");
            let slice = text.get(at("start")..at("end")).expect("whole characters").to_lowercase();
            assert!(words.clone().all(|word| slice.contains(word)), "{evidence} is not {slice}");
            terms += 1;
        }
    }
    assert!(terms >= 10, "{terms} terms");
}

#[test]
fn standard_input_and_a_file_are_explained_alike() {
    let desk = Desk::with("text.txt", VOTE);
    let file = desk.run("explain text.txt").ok().out;
    assert_eq!(file, desk.pipe("explain", VOTE).ok().out);
    assert_eq!(file, desk.pipe("explain -", VOTE).ok().out);
    for key in keys() {
        assert!(file.contains(&key), "{file}");
    }
    for words in
        ["threshold", "(intercept)", "= score", "[Citizens] [vote] on the [city] [budget]."]
    {
        assert!(file.contains(words), "no \"{words}\" in:\n{file}");
    }
}

#[test]
fn a_case_is_found_by_its_id_or_by_the_number_of_its_row() {
    let desk = Desk::with("submissions.csv", data("submissions.csv"));
    let by_id = desk.run("explain submissions.csv --id submission-003 --json").ok();
    assert_eq!(by_id.out, desk.run("explain submissions.csv --id 3 --json").ok().out);
    let tagged = desk.run("tag submissions.csv").ok().table();
    for trend in by_id.json()["trends"].as_array().unwrap() {
        let column = format!("p_{}", trend["key"].as_str().unwrap());
        let told = format!("{:.4}", trend["probability"].as_f64().unwrap());
        assert_eq!(tagged.column(&column)[2], told, "as in tag");
    }
    desk.run("explain submissions.csv --id nobody")
        .exits(2)
        .says("submissions.csv: there is no case \"nobody\"; give an id or the number of a row");
}

#[test]
fn an_id_comes_before_the_number_of_a_row() {
    let desk = Desk::with("in.csv", "id,title\n2,Citizens vote\n1,Cloud registry\n");
    let second = desk.run("explain in.csv --id 1 --allow-missing-columns").ok().out;
    assert!(second.contains("[Cloud]") || second.contains("[registry]"), "{second}");
}

#[test]
fn fewer_terms_are_shown_if_that_is_wished_and_the_rest_is_added_up() {
    let explained = Desk::new().pipe("explain --top 1", VOTE).ok().out;
    assert!(explained.contains("(3 other terms)"), "{explained}");
}

#[test]
fn what_is_no_text_is_named() {
    let desk = Desk::with("latin.txt", b"caf\xe9");
    desk.run("explain latin.txt").exits(2).says("latin.txt: not UTF-8; save the text as UTF-8");
    desk.run("explain nowhere.txt").exits(2).says("nowhere.txt");
    let empty = desk.pipe("explain", "").ok().out;
    assert!(empty.contains("please review: no text"), "{empty}");
}

#[test]
fn a_text_cannot_steer_the_terminal() {
    let explained = Desk::new().pipe("explain", "Citizens \u{1b}[31mvote\u{7} on it.").ok().out;
    assert!(!explained.contains(['\u{1b}', '\u{7}']), "{explained:?}");
}
