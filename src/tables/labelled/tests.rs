//! Labelled files as people have them.

use std::io::Cursor;

use super::*;
use crate::tables::{Columns, MissingText};

fn load(
    input: &str,
    name: &str,
    columns: Columns,
    taxonomy: Option<Taxonomy>,
) -> Result<(Corpus, Vec<Error>)> {
    let columns = Columns { missing_text: MissingText::Allow, ..columns };
    let options = ReadOptions { columns, ..ReadOptions::default() };
    let rows = Rows::from_reader(Cursor::new(input.to_owned()), name, &options)?;
    Corpus::from_rows(rows, &options, taxonomy)
}

fn load_csv(input: &str) -> Result<(Corpus, Vec<Error>)> {
    load(input, "a.csv", Columns::default(), None)
}

fn colours() -> Option<Taxonomy> {
    Taxonomy::from_keys(["blue", "red"]).ok()
}

fn cells(corpus: &Corpus) -> Vec<Option<String>> {
    let cell = |gold| corpus.taxonomy.format_cell(gold);
    corpus.cases.iter().map(|case| case.gold.as_ref().map(cell)).collect()
}

#[test]
fn labels_nothing_applies_and_unlabelled_are_three_things() {
    let (corpus, errors) =
        load_csv("id,title,trends,country\n1,a,red; blue,NL\n2,b,-,\n3,c,,DE\n").unwrap();
    assert!(errors.is_empty());
    assert_eq!(cells(&corpus), [Some("blue;red".into()), Some("-".into()), None]);
    assert_eq!(corpus.unlabelled(), 1);
    assert_eq!(corpus.cases[0].texts, ["a", "", ""]);
    assert_eq!(corpus.cases[2].record.get("country").unwrap(), "DE");
}

#[test]
fn rows_that_cannot_be_used_are_listed_in_order_and_the_others_kept() {
    let input = "id,title,trends\n1,a,red\n2,b,mauve\n3,c,red,x\n4,d,red;-\n5,e,;\n6,f,blue\n";
    let (corpus, errors) = load(input, "a.csv", Columns::default(), colours()).unwrap();
    let ids: Vec<&str> = corpus.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["1", "6"]);
    let rows: Vec<_> = errors.iter().map(|e| e.place().unwrap().row.unwrap()).collect();
    assert_eq!(rows, [2, 3, 4, 5]);
    assert_eq!(
        errors[0].to_string(),
        "a.csv, row 2 (line 3), column \"trends\": unknown trend \"mauve\" (the taxonomy has \
         \"blue\", \"red\"); separate the keys of the trends by \";\", write \"-\" if none applies, \
         or leave the cell empty"
    );
}

/// Cells that people write for "red and blue", "none applies" and "unlabelled".
const WAYS: [(&str, &str); 4] = [
    (
        "blue;red",
        "red; Blue|BLUE,red|red / blue|red\nblue|• red\n• blue|[\"red\",\"blue\"]|['red', 'blue']|\"red\",\"blue\"|red + blue|Red & blue|red · blue|red and blue|\
         ['red' 'blue']|{'blue', 'red'}|;#blue;#red;#|3;#blue;#7;#red|\u{a0}Red\u{a0};blue;|re\u{200b}d blue|\
         red blue",
    ),
    ("-", "-|–|—|[]|{}"),
    ("", "|  |NaN|nan|None|NULL|N/A|#N/A|<NA>|n/a|NA"),
    ("red", "RED|red;|['red']|red;RED"),
];

#[test]
fn labels_are_read_as_people_write_them() {
    let reader = LabelReader::new(&colours().unwrap(), None);
    let taxonomy = colours().unwrap();
    for (meant, ways) in WAYS {
        for way in ways.split('|') {
            let read = reader.read(way).map(|set| set.map(|set| taxonomy.format_cell(&set)));
            assert_eq!(read, Ok((!meant.is_empty()).then(|| meant.to_owned())), "{way:?}");
        }
    }
    let piped = LabelReader::new(&taxonomy, Some("|")).read("red|blue");
    assert_eq!(piped, reader.read("blue;red"));
    for wrong in [";", "red;-", "mauve", "red, mauve", "['red', 'mauve']", "redblue"] {
        assert!(reader.read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn names_and_aliases_are_as_good_as_keys_even_with_separators_in_them() {
    let toml = "[[trend]]\nkey = \"a\"\nname = \"Roads, paths and rail\"\naliases = [\"old-a\"]\n\
                [[trend]]\nkey = \"b\"\nname = \"Waste/litter\"\n";
    let taxonomy = Taxonomy::from_toml(toml, "t.toml").unwrap();
    for cell in [
        "roads, paths and rail; waste/litter",
        "Waste/litter, Roads, paths and rail",
        "OLD\u{2011}A, b",
        "a/Waste/litter",
    ] {
        let set = taxonomy.parse_cell(cell).unwrap().unwrap();
        assert_eq!(taxonomy.format_cell(&set), "a;b", "{cell}");
    }
    for (wrong, reason) in
        [("aliases = [\"b\"]", "names another trend too"), ("aliases = [\"\"]", "is empty")]
    {
        let toml = toml.replace("aliases = [\"old-a\"]", wrong);
        let error = Taxonomy::from_toml(&toml, "t.toml").unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn without_a_taxonomy_spellings_of_a_label_are_one_and_missing_values_are_none() {
    let input = "title,trends\na,open-data\nb,Open-Data\nc,open\u{2010}data;roads\nd,open-data\ne,NaN\n\
                 f,-\ng,\u{a0}roads\n";
    let (corpus, errors) = load_csv(input).unwrap();
    assert!(errors.is_empty());
    let keys: Vec<&str> = corpus.taxonomy.trends.iter().map(|t| t.key.as_str()).collect();
    assert_eq!(keys, ["open-data", "roads"]);
    let note = corpus.notes.last().unwrap().to_string();
    assert!(note.starts_with("5 cases with labels, 1 to which"), "{:?}", corpus.notes);
}

#[test]
fn without_a_taxonomy_joined_labels_are_refused_with_the_separator() {
    for separator in [",", "|", "/", "+", " · ", " and ", " "] {
        let joined = "red-blue\nred\nblue-green\nblue\ngreen\nred-green\n";
        let input = format!("title|trends\n{joined}").replace('|', "\t").replace('\n', "\nx\t");
        let input = input.trim_end_matches("x\t").replacen("x\ttitle", "title", 1);
        let input = input.replace('-', separator);
        let read = |separator: Option<&str>| {
            let label_separator = separator.map(str::to_owned);
            let columns = Columns { label_separator, ..Columns::default() };
            load(&input, "a.tsv", columns, None)
        };
        let error = read(None).unwrap_err().to_string();
        assert!(error.contains("6 labels") && error.contains("only 3"), "{error}");
        assert!(error.contains("name the separator of the labels"), "{error}");
        assert_eq!(read(Some(separator)).unwrap().0.taxonomy.len(), 3);
        assert_eq!(read(Some(";")).unwrap().0.taxonomy.len(), 6);
    }
    let names = "title,trends\na,open data;health/care\nb,open roads\nc,open data\n";
    assert_eq!(load_csv(names).unwrap().0.taxonomy.len(), 3);
}

#[test]
fn one_column_per_label_is_read_by_its_marks() {
    let input = "title,Red,blue ,note\na,1,0,\nb,0,0,\nc,,,\nd,x,,\ne,TRUE,yes,\nf,2,0,\n";
    let columns =
        Columns { label_columns: vec!["red".into(), "blue".into()], ..Columns::default() };
    for taxonomy in [None, colours()] {
        let (corpus, errors) = load(input, "a.csv", columns.clone(), taxonomy).unwrap();
        let cells: Vec<_> =
            cells(&corpus).into_iter().map(|cell| cell.map(|c| c.to_lowercase())).collect();
        let some = |cell: &str| Some(cell.to_owned());
        let both = cells[4].as_deref().map(|cell| cell.split(';').count());
        assert_eq!(cells[..4], [some("red"), some("-"), None, some("red")]);
        assert_eq!((cells.len(), both), (5, Some(2)));
        let error = errors[0].to_string();
        assert!(
            error.contains("row 6") && error.contains("\"Red\"") && error.contains("\"2\""),
            "{error}"
        );
    }
    let columns = Columns { label_columns: vec!["red".into(), "mauve".into()], ..columns };
    let error = load(input, "a.csv", columns, None).unwrap_err().to_string();
    assert!(error.contains("no label column \"mauve\"") && error.contains("\"note\""), "{error}");
}

#[test]
fn a_column_of_marks_is_no_column_of_labels() {
    let error = load_csv("title,trends\na,1\nb,0\nc,\n").unwrap_err().to_string();
    assert!(error.contains("only \"0\", \"1\"") && error.contains("one label each"), "{error}");
}

#[test]
fn an_id_that_stands_twice_is_refused_with_both_rows() {
    let error = load_csv("id,title,trends\nx,a,red\ny,b,red\nx,c,red\n").unwrap_err();
    let text = error.to_string();
    assert!(!error.is_row());
    assert!(text.contains("row 3 (line 4)") && text.contains("row 1 (line 2)"), "{text}");
}

#[test]
fn cases_of_an_audit_are_left_out_however_people_write_it() {
    let input = "id,title,trends,review_audit\n1,a,red,yes\n2,b,red,no\n3,c,red, Yes \n4,d,red,\n";
    let (mut corpus, _) = load_csv(input).unwrap();
    assert_eq!(corpus.leave_out_audit(), 2);
    let ids: Vec<&str> = corpus.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["2", "4"]);
}

#[test]
fn without_an_id_the_number_of_the_row_is_the_id() {
    let (corpus, _) = load_csv("title,trends\na,red\nb,red\n").unwrap();
    assert_eq!(corpus.cases[1].id, "2");
}

#[test]
fn columns_of_other_names_are_found_by_option_and_in_other_letters_by_themselves() {
    let columns =
        Columns { text: vec!["text".into()], trends: "labels".into(), ..Columns::default() };
    let input = "text,labels,split\nhello,joy;awe,train\n";
    let (corpus, _) = load(input, "a.csv", columns, None).unwrap();
    assert_eq!(cells(&corpus), [Some("awe;joy".into())]);
    assert_eq!(corpus.cases[0].record.get("split").unwrap(), "train");

    let (corpus, _) = load_csv("ID,Title , SUMMARY,Trends\nx,a,b,red\n").unwrap();
    assert_eq!((corpus.cases[0].id.as_str(), &corpus.cases[0].texts[1]), ("x", &"b".into()));
}

#[test]
fn missing_columns_are_named_with_the_flag_that_helps() {
    let error = load_csv("id,body,trends\n1,a,red\n").unwrap_err().to_string();
    assert!(
        error.contains("\"body\"") && error.contains("name the columns with the text"),
        "{error}"
    );
    let error = load_csv("id,title,tags\n1,a,red\n").unwrap_err().to_string();
    assert!(
        error.contains("\"tags\"") && error.contains("name the column with the labels"),
        "{error}"
    );
    let error = load_csv("id,title,title,trends\n1,a,b,red\n").unwrap_err().to_string();
    assert!(error.contains("\"title\" occurs twice"), "{error}");
}

#[test]
fn labels_in_json_may_be_a_list() {
    let input = "{\"title\":\"a\",\"trends\":[\"red\",\"blue\"]}\n\
                 {\"title\":\"b\",\"trends\":[]}\n{\"title\":\"c\",\"trends\":null}\n\
                 {\"title\":\"d\",\"trends\":\"red\",\"year\":2020}\n";
    let (corpus, errors) = load(input, "a.jsonl", Columns::default(), None).unwrap();
    assert!(errors.is_empty());
    assert_eq!(
        cells(&corpus),
        [Some("blue;red".into()), Some("-".into()), None, Some("red".into())]
    );
    assert_eq!(corpus.columns, ["title", "trends", "year"]);
}

#[test]
fn the_labelled_cases_of_this_project_load_without_a_fault() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let taxonomy = Taxonomy::open(&data.join("taxonomy.toml")).unwrap();
    let (corpus, errors) =
        Corpus::open(data.join("cases.csv"), &ReadOptions::default(), Some(taxonomy)).unwrap();
    let lines = ::csv::Reader::from_path(data.join("cases.csv")).unwrap().records().count();
    assert_eq!((corpus.cases.len(), errors.len()), (lines, 0));
    assert!(corpus.cases.iter().all(|case| case.record.get("annotation_1").is_some()));
}
