//! The answer for a case depends on the case alone: not on other cases, its place in the
//! file or the number of threads.

use super::support::{Desk, Table, csv_text, data};

#[test]
fn the_number_of_threads_changes_not_a_byte() {
    let desk = Desk::with("submissions.csv", data("submissions.csv"));
    // Several times as many rows as are tagged together.
    desk.write("cases.csv", data("cases.csv"));
    for format in ["csv", "jsonl"] {
        let tag = |jobs| {
            let files = "cases.csv submissions.csv";
            desk.run(&format!("tag {files} --output-format {format} --jobs {jobs}")).out
        };
        let one = tag(1);
        assert!(one.lines().count() >= 657);
        assert!(tag(2) == one, "two threads");
        assert!(tag(5) == one, "five threads");
    }
}

#[test]
fn a_shuffled_file_gives_the_same_rows() {
    let mut submissions = Table::parse(&data("submissions.csv"), b',');
    let desk = Desk::with("in.csv", csv_text(&submissions.header, &submissions.rows));
    let expected = desk.run("tag in.csv").ok().table().rows;
    // 37 and 100 are coprime: every row has a new place, and none is lost.
    let order: Vec<usize> = (0..100).map(|i| i * 37 % 100).collect();
    submissions.rows = order.iter().map(|&i| submissions.rows[i].clone()).collect();
    desk.write("shuffled.csv", csv_text(&submissions.header, &submissions.rows));
    let shuffled = desk.run("tag shuffled.csv").ok().table().rows;
    assert_eq!(shuffled.len(), 100);
    for (row, &i) in shuffled.iter().zip(&order) {
        assert_eq!(*row, expected[i]);
    }
}

#[test]
fn each_row_alone_gets_what_it_gets_in_the_batch() {
    let submissions = Table::parse(&data("submissions.csv"), b',');
    let desk = Desk::with("all.csv", data("submissions.csv"));
    let batch = desk.run("tag all.csv").ok().out;
    let (header, rows) = batch.split_once('\n').unwrap();
    let mut rows_alone = String::new();
    for row in &submissions.rows {
        let alone = desk.pipe("tag -", csv_text(&submissions.header, &[row])).ok().out;
        rows_alone.push_str(alone.strip_prefix(header).unwrap().trim_start_matches('\n'));
    }
    assert!(rows_alone == rows, "a row alone differs from the row in the batch");
}
