//! Batches as they are read from files.

use super::*;

#[test]
fn tagged_cells_and_tagged_objects_are_the_same_batch() {
    let cells = batch(TAGGED);
    let row = |id: &str, title: &str, country: &str, suggestions: &str| {
        format!(
            r#"{{"id":"{id}","title":"{title}","country":"{country}","suggestions":{suggestions}}}"#
        ) + "\n"
    };
    let lines = [
        row(
            "1",
            "a",
            "France",
            r#"{"model":"m1","suggested":["red"],"needs_review":false,"review_reasons":[],"trends":[{"key":"blue","suggested":false,"probability":0.2},{"key":"red","suggested":true,"probability":0.9}]}"#,
        ),
        row(
            "3",
            "c",
            "Mars",
            r#"{"model":"m1","suggested":["blue"],"needs_review":true,"review_reasons":["none-passed"],"trends":[{"key":"blue","suggested":true,"probability":0.4},{"key":"red","suggested":false,"probability":0.1}]}"#,
        ),
    ];
    // As version 0.1 wrote them.
    let former = [
        row(
            "1",
            "a",
            "France",
            r#"{"trends":["red"],"probabilities":{"red":0.9,"blue":0.2},"review_reasons":[],"model":"m1"}"#,
        ),
        row(
            "3",
            "c",
            "Mars",
            r#"{"trends":["blue"],"probabilities":{"red":0.1,"blue":0.4},"review_reasons":["no-trend-passed"],"model":"m1"}"#,
        ),
    ];
    let [lines, former] = [lines, former].map(|rows| {
        let (batch, errors) = read(".jsonl", &rows.concat(), &BatchOptions::default());
        assert!(errors.is_empty());
        batch
    });
    for batch in [&cells, &lines, &former] {
        assert_eq!(
            (batch.labels, batch.models.as_slice()),
            (Labels::Suggested, &["m1".to_owned()][..])
        );
        let keys: Vec<&str> = batch.taxonomy.trends.iter().map(|t| t.key.as_str()).collect();
        assert_eq!(keys, ["blue", "red"]);
        assert!(batch.has_probabilities());
    }
    let facts = |case: &BatchCase| {
        (case.id.clone(), case.trends.clone(), case.probabilities.clone(), case.forced)
    };
    for lines in [&lines, &former] {
        assert_eq!(facts(&cells.cases[0]), facts(&lines.cases[0]));
        assert_eq!(facts(&cells.cases[2]), facts(&lines.cases[1]));
    }
    assert!(cells.cases[2].forced && !cells.cases[3].forced);
}

/// The first row has neither the label nor the level: a writer may omit nulls.
#[test]
fn the_columns_of_json_lines_are_those_of_all_rows() {
    let lines = "{\"id\":\"1\",\"title\":\"a\"}\n\
        {\"id\":\"2\",\"title\":\"b\",\"trends\":[\"red\"],\"level\":\"local\"}\n\
        {\"id\":\"3\",\"title\":\"c\",\"trends\":[],\"level\":\"national\"}\n";
    let (batch, errors) = read(".jsonl", lines, &BatchOptions::default());
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((batch.labels, batch.cases.len(), batch.unlabelled), (Labels::Gold, 2, 1));
    let params = LandscapeParams { by: vec!["level".into()], ..LandscapeParams::default() };
    assert_eq!(landscape(&batch, &params).breakdowns[0].groups.len(), 2);
}

#[test]
fn labels_that_are_no_keys_are_refused_as_in_a_labelled_file() {
    let content = "id,title,trends\n1,a,red\n2,b,red;-\n3,c,;\n4,d,blue\n5,e,-\n";
    let (batch, errors) = read(".csv", content, &BatchOptions::default());
    assert_eq!((batch.cases.len(), batch.taxonomy.len()), (3, 2));
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("combined with a trend") && said[1].contains("names no trend"));
}

#[test]
fn only_a_lack_of_all_text_columns_is_no_fault_and_only_if_none_was_asked_for() {
    let open = |content: &str, needs_text: bool| {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let options = BatchOptions { needs_text, ..BatchOptions::default() };
        Batch::open(&[file.path().to_owned()], &options)
    };
    let twice = open("id,title,title,trends\n1,a,b,red\n", false).unwrap_err().to_string();
    assert!(twice.contains("occurs twice"), "{twice}");
    let (counted, _) = open("place,trends\nhere,red\n", false).unwrap();
    assert!(counted.cases[0].texts.is_empty(), "no other column is taken for the text");
    let missing = open("place,trends\nhere,red\n", true).unwrap_err().to_string();
    assert!(missing.contains("name the columns with the text"), "{missing}");
}

#[test]
fn gold_counts_where_every_row_has_it_and_suggestions_otherwise() {
    let header = "id,title,trends,suggested_trends,p_red,p_blue,needs_review,evidence,model\n";
    let reviewed = batch(&format!("{header}1,a,blue,red,0.9,0.1,no,,m\n2,b,-,red,0.9,0.1,no,,m\n"));
    assert_eq!(reviewed.labels, Labels::Gold);
    assert_eq!(reviewed.cases[1].trends.len(), 0);
    let partly = batch(&format!("{header}1,a,blue,red,0.9,0.1,no,,m\n2,b,,red,0.9,0.1,no,,m\n"));
    assert_eq!((partly.labels, partly.cases.len()), (Labels::Suggested, 2));
    let options = BatchOptions { labels: Some(Labels::Gold), ..BatchOptions::default() };
    let text = format!("{header}1,a,blue,red,0.9,0.1,no,,m\n2,b,,red,0.9,0.1,no,,m\n");
    let (gold, _) = read(".csv", &text, &options);
    assert_eq!((gold.cases.len(), gold.unlabelled), (1, 1));
}

#[test]
fn rows_of_an_unknown_trend_fail_and_a_file_without_labels_is_refused() {
    let taxonomy = Taxonomy::from_keys(["red"]).unwrap();
    let options = BatchOptions { taxonomy: Some(taxonomy), ..BatchOptions::default() };
    let (batch, errors) = read(".csv", "id,title,trends\n1,a,red\n2,b,mauve\n", &options);
    assert_eq!((batch.cases.len(), errors.len()), (1, 1));
    assert!(errors[0].to_string().contains("unknown trend \"mauve\""), "{}", errors[0]);
    assert!(errors[0].to_string().contains("the taxonomy has \"red\""), "{}", errors[0]);

    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(b"id,title\n1,a\n").unwrap();
    let error = Batch::open(&[file.path().to_owned()], &BatchOptions::default()).unwrap_err();
    assert!(error.to_string().contains("tag it first"), "{error}");
}
