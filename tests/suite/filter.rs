//! The filter: a stream of rows in, the same rows with their trends out, between two
//! other programs.

use std::io::{BufRead, BufReader, Cursor, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use assert_cmd::cargo::cargo_bin;

use super::support::{Desk, keys};

/// Rows with the ids from `first` on; every third has no title.
fn batch(first: i64, titles: fn(Vec<Option<String>>) -> ArrayRef, rows: i64) -> RecordBatch {
    let ids: Int64Array = (first..first + rows).map(Some).collect();
    let title = |id| (id % 3 > 0).then(|| format!("Citizens\tvote 🗳\non the budget {id}"));
    let titles = titles((first..first + rows).map(title).collect());
    let columns = [("n", Arc::new(ids) as ArrayRef), ("title", titles)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, a)| (name, a, true))).unwrap()
}

fn utf8(titles: Vec<Option<String>>) -> ArrayRef {
    Arc::new(StringArray::from(titles))
}

fn large_utf8(titles: Vec<Option<String>>) -> ArrayRef {
    Arc::new(LargeStringArray::from(titles))
}

fn utf8_view(titles: Vec<Option<String>>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter(titles))
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

/// Runs `trendtag tag` over bytes: exit code, standard output, standard error.
fn filter(arguments: &str, input: &[u8]) -> (Option<i32>, Vec<u8>, String) {
    let mut command = assert_cmd::Command::new(cargo_bin!("trendtag"));
    command.args(["tag", "--allow-missing-columns"]).args(arguments.split_whitespace());
    let output = command.write_stdin(input).output().unwrap();
    (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_stream_of_record_batches_keeps_its_rows_columns_and_types_and_gets_the_tags() {
    for titles in [utf8, large_utf8, utf8_view] {
        let given = [batch(0, titles, 300), batch(300, titles, 1), batch(301, titles, 200)];
        let (code, out, err) = filter("--format arrow -", &stream(&given));
        assert_eq!(code, Some(0), "{err}");
        let found: Vec<RecordBatch> =
            StreamReader::try_new(Cursor::new(&out), None).unwrap().map(|b| b.unwrap()).collect();
        assert_eq!(found.len(), 3, "one record batch for each");
        for (found, given) in found.iter().zip(&given) {
            assert_eq!(found.columns()[..2], *given.columns());
            assert_eq!(found.column_by_name("model").unwrap().null_count(), 0);
        }
        let schema = found[0].schema();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let probabilities = keys().into_iter().map(|key| format!("p_{key}"));
        let added = ["suggested_trends".to_owned()].into_iter().chain(probabilities);
        assert_eq!(names[2..8], added.collect::<Vec<_>>());
        let review = ["needs_review", "review_reasons", "expected_errors", "unsure_trends"];
        assert_eq!(names[8..12], review);
        assert_eq!(names[12..], ["evidence", "model"]);

        // The values do not depend on the type of string or the transport.
        let (code, again, _) = filter("--format arrows --jobs 3 -", &stream(&given));
        assert_eq!(code, Some(0));
        assert!(out == again, "more threads give other bytes");
    }
}

#[test]
fn nothing_in_is_nothing_out() {
    for arguments in ["--format arrow -", "--format arrows -", "--format jsonl -"] {
        assert_eq!(filter(arguments, b""), (Some(0), Vec::new(), String::new()), "{arguments}");
    }
    // A stream without rows is answered by a stream without rows.
    let (code, out, _) = filter("--format arrow -", &stream(&[batch(0, utf8, 0)]));
    assert_eq!(code, Some(0));
    let mut reader = StreamReader::try_new(Cursor::new(&out), None).unwrap();
    assert_eq!(reader.schema().fields().len(), 14);
    assert!(reader.next().is_none());
}

/// A running filter, with a time limit.
struct Running {
    child: Child,
    stdin: ChildStdin,
}

impl Running {
    fn start(format: &str) -> (Self, BufReader<ChildStdout>) {
        let mut command = Command::new(cargo_bin!("trendtag"));
        command.args(["tag", "--format", format, "-", "--allow-missing-columns"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        (Self { child, stdin }, BufReader::new(stdout))
    }

    fn end(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().unwrap().success());
    }
}

/// Sends questions and waits for each answer. A missing answer fails the test; it would
/// arrive only after the next question.
fn converse<A: Send + 'static>(
    questions: usize,
    mut ask: impl FnMut(usize),
    mut answer: impl FnMut() -> A + Send + 'static,
) -> Vec<A> {
    let (sender, answers) = channel();
    std::thread::spawn(move || (0..questions).try_for_each(|_| sender.send(answer())));
    let long = Duration::from_secs(120);
    let mut all = Vec::new();
    for question in 0..questions {
        ask(question);
        all.push(answers.recv_timeout(long).expect("an answer before the next question"));
    }
    all
}

#[test]
fn each_record_batch_is_answered_before_the_next_one_is_sent() {
    let (mut running, stdout) = Running::start("arrow");
    let batches: Vec<RecordBatch> = (0..3).map(|i| batch(i * 130, utf8, 130)).collect();
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    let ask = |question: usize| {
        writer.write(&batches[question]).unwrap();
        running.stdin.write_all(&std::mem::take(writer.get_mut())).unwrap();
    };
    let mut reader = None;
    let mut stdout = Some(stdout);
    let answer = move || {
        let open = || StreamReader::try_new(stdout.take().unwrap(), None).unwrap();
        let batch = reader.get_or_insert_with(open).next().unwrap().unwrap();
        batch.column(0).as_primitive::<Int64Type>().values().to_vec()
    };
    let answers = converse(3, ask, answer);
    assert_eq!(answers.concat(), (0..390).collect::<Vec<i64>>());
    running.end();
}

#[test]
fn each_line_is_answered_before_the_next_one_is_sent_by_one_thread() {
    let (mut running, mut stdout) = Running::start("jsonl");
    let id = running.child.id();
    let ask = |question| {
        let line = format!("{{\"id\":{question},\"title\":\"Citizens vote\"}}\n");
        running.stdin.write_all(line.as_bytes()).unwrap();
    };
    let answer = move || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        line
    };
    let answers = converse(3, ask, answer);
    for (number, line) in answers.iter().enumerate() {
        let start = format!("{{\"id\":{number},\"title\":\"Citizens vote\",\"suggestions\":{{");
        assert!(line.starts_with(&start), "{line}");
    }
    if cfg!(target_os = "linux") {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        assert!(status.contains("\nThreads:\t1\n"), "{status}");
    }
    running.end();
}

#[test]
fn rows_that_leave_out_what_is_null_pass_as_they_are() {
    let lines = "{}\n{\"id\":1}\n{\"id\":2,\"title\":null}\n{\"id\":3,\"title\":\"\"}\n";
    let run = Desk::new().pipe("tag --format jsonl - --allow-missing-columns", lines).ok();
    for (line, given) in run.out.lines().zip(lines.lines()) {
        assert!(line.starts_with(given.strip_suffix('}').unwrap()), "{line}");
        assert!(line.contains("\"needs_review\":true"), "{line}");
    }
    assert_eq!(run.out.lines().count(), 4);
}

#[test]
fn a_fault_is_told_and_ends_with_a_code_that_is_not_zero() {
    let whole = stream(&[batch(0, utf8, 20), batch(20, utf8, 20)]);
    let (code, _, err) = filter("--format arrow -", &whole[..whole.len() - 200]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains("cannot be read as an Arrow stream") && err.contains("truncated"),
        "{err}"
    );
    let (code, out, err) = filter("--format arrow --text-columns body -", &whole);
    assert_eq!((code, out.len()), (Some(2), 0));
    assert!(err.contains("the file has none of the text columns \"body\""), "{err}");
    let (code, _, err) = filter("--format arrow --text-columns n -", &whole);
    assert_eq!(code, Some(0), "numbers are read as they are shown: {err}");

    let run = Desk::new()
        .pipe("tag --format jsonl - --allow-missing-columns", "{\"title\":\"a\"}\n{\"title\":\n");
    let run = run.exits(1).says("row failed: -, row 2 (line 2): not a JSON object");
    assert_eq!(run.out.lines().count(), 1, "the row is missed by the code and the message");
    let run = Desk::new()
        .pipe("tag --format jsonl - --allow-missing-columns", "{\"body\":\"a\"}\n")
        .exits(2);
    run.says("none of the text columns").says("--text-columns");
}

#[test]
fn exact_probabilities_are_those_of_the_model_and_round_to_the_others() {
    let given = stream(&[batch(0, utf8, 30)]);
    let probabilities = |flags: &str| -> Vec<f64> {
        let (code, out, err) = filter(&format!("--format arrow - {flags}"), &given);
        assert_eq!(code, Some(0), "{err}");
        let batch = StreamReader::try_new(Cursor::new(out), None).unwrap().next().unwrap().unwrap();
        let columns = keys().into_iter().map(|key| batch.column_by_name(&format!("p_{key}")));
        let columns = columns.map(|column| column.unwrap().as_primitive::<Float64Type>().values());
        columns.flat_map(|values| values.to_vec()).collect()
    };
    let (exact, rounded) = (probabilities("--probabilities exact"), probabilities(""));
    assert!(exact.iter().zip(&rounded).all(|(e, r)| (e - r).abs() < 5.1e-5));
    assert!(exact.iter().any(|p| (p * 1e4).fract() != 0.0));
    assert!(exact.iter().all(|p| *p > 0.0 && *p < 1.0), "never quite certain");
    // `explain` shows the same numbers.
    let text = "Citizens vote on the budget.";
    let line = serde_json::json!({ "description": text }).to_string();
    let tag = "tag - --format jsonl --probabilities exact";
    let tagged = Desk::new().pipe(tag, line).ok().json_lines();
    let explained = Desk::new().pipe("explain --json", text).ok().json();
    for at in 0..keys().len() {
        let tagged = &tagged[0]["suggestions"]["trends"][at];
        assert_eq!(tagged["probability"], explained["trends"][at]["probability"]);
    }
}
