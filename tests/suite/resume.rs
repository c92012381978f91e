//! Interrupted runs: what they leave, and how they are resumed.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;

use super::support::Desk;

/// Rows of a few parts (4,096 rows each), some of which fail: when read, and,
/// as JSON Lines, when written.
fn rows(count: usize) -> String {
    let mut csv = String::from("id,title,country\n");
    for i in 0..count {
        csv += &match i % 3000 {
            7 => format!("{i},a,b,one too many\n"),
            _ => format!("{i},Citizens vote {},Peru\n", i * i % 1000),
        };
    }
    csv
}

fn json_rows(count: usize) -> String {
    let line = |i: usize| match i % 3000 {
        7 => "nonsense\n".to_owned(),
        8 => format!("{{\"id\":{i},\"suggestions\":\"a key of ours\"}}\n"),
        _ => format!("{{\"id\":{i},\"title\":\"Citizens vote {}\"}}\n", i * i % 1000),
    };
    (0..count).map(line).collect()
}

fn spawn(desk: &Desk, arguments: &str) -> Child {
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.current_dir(desk.path("")).args(arguments.split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn part_of(output: &str) -> String {
    format!("{output}.trendtag-part")
}

fn journal_of(output: &str) -> String {
    format!("{output}.trendtag-journal")
}

/// Kills a run when the unfinished output has this many bytes, or at its end. Returns
/// whether it was killed.
fn kill_at(desk: &Desk, mut run: Child, output: &str, bytes: u64) -> bool {
    loop {
        if run.try_wait().unwrap().is_some() {
            return false;
        }
        let length = fs::metadata(desk.path(&part_of(output))).map_or(0, |found| found.len());
        if length >= bytes {
            run.kill().unwrap();
            run.wait().unwrap();
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A run that was killed after at least one part was complete.
fn interrupted(desk: &Desk, arguments: &str, output: &str) {
    for bytes in (1..).map(|step| step * 300_000) {
        let run = spawn(desk, &format!("{arguments} -o {output} --force"));
        assert!(kill_at(desk, run, output, bytes), "no part was recorded before the end");
        if desk.text(&journal_of(output)).lines().count() > 1 {
            return;
        }
    }
}

/// Numbers of a fixed sequence, the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// Kills a run at random positions of its output and resumes it with other numbers of
/// threads, until it is done. The result must equal that of an unbroken run.
fn killed_again_and_again(input: &str, output: &str, count: usize) {
    let desk = Desk::with("in.csv", rows(count));
    desk.write("in.jsonl", json_rows(count));
    let whole = desk
        .run(&format!("tag {input} -o whole-{output} --errors whole.csv --allow-missing-columns"))
        .exits(1);
    let length = desk.bytes(&format!("whole-{output}")).len() as u64;
    let mut seeded = Seeded(length);
    let (mut killed, mut at) = (0, 1);
    let arguments = |jobs: u64| {
        format!(
            "tag {input} -o {output} --errors errors.csv --resume --jobs {jobs} --allow-missing-columns"
        )
    };
    while killed < 4 {
        at += 1 + seeded.below((length - at) / 2);
        let run = spawn(&desk, &arguments(1 + killed % 3));
        if !kill_at(&desk, run, output, at) {
            break;
        }
        killed += 1;
        assert!(!desk.path(output).exists(), "a part has the name of the whole");
    }
    // A run can end before this many bytes are observed.
    assert!(killed > 0, "{output} was never interrupted");
    if !desk.path(output).exists() {
        let resumed = desk.run(&arguments(2)).exits(1);
        assert_eq!(resumed.err, whole.err, "{output}: the same messages as an unbroken run");
    }
    assert!(desk.bytes(output) == desk.bytes(&format!("whole-{output}")), "{output}");
    assert_eq!(desk.text("errors.csv"), desk.text("whole.csv"), "{output}");
    let mut left = vec!["errors.csv", "in.csv", "in.jsonl", output, "whole.csv"];
    let whole = format!("whole-{output}");
    left.push(&whole);
    left.sort_unstable();
    assert_eq!(desk.names(), left);
}

#[test]
fn a_run_killed_at_random_places_ends_with_the_bytes_of_an_unbroken_one() {
    for (input, output) in [
        ("in.csv", "out.csv"),
        ("in.jsonl", "out.jsonl.gz"),
        ("in.csv --mark-duplicates", "out.tsv.zst"),
    ] {
        killed_again_and_again(input, output, 13_000);
    }
}

#[test]
fn so_does_one_that_writes_row_groups() {
    // A row group has 65,536 rows.
    killed_again_and_again("in.csv", "out.parquet", 70_000);
}

#[test]
fn what_a_killed_run_left_is_neither_lost_unasked_nor_in_the_way() {
    let desk = Desk::with("in.csv", rows(13_000));
    interrupted(&desk, "tag in.csv --allow-missing-columns", "out.csv");
    let before = desk.names();
    assert_eq!(before, ["in.csv", "out.csv.trendtag-journal", "out.csv.trendtag-part"]);
    let refused = desk.run("tag in.csv -o out.csv --allow-missing-columns").exits(2);
    refused
        .says("out.csv: an interrupted run left an unfinished part")
        .says("--resume")
        .says("--force");
    assert_eq!(desk.names(), before);

    let fresh = desk.run("tag in.csv -o out.csv --force --allow-missing-columns").exits(1);
    assert_eq!(desk.names(), ["in.csv", "out.csv"]);
    assert_eq!(
        fresh.err,
        desk.run("tag in.csv -o other.csv --resume --allow-missing-columns").exits(1).err
    );
    assert!(desk.bytes("out.csv") == desk.bytes("other.csv"), "nothing left: it just starts");
}

#[test]
fn another_run_is_not_taken_for_the_interrupted_one() {
    let desk = Desk::with("in.csv", rows(13_000));
    interrupted(&desk, "tag in.csv --explain 2 --allow-missing-columns", "out.csv");
    let before = desk.names();
    let part = desk.bytes("out.csv.trendtag-part");
    desk.run("tag in.csv -o out.csv --resume --explain 4 --allow-missing-columns")
        .exits(2)
        .says("out.csv: the interrupted run cannot be resumed: explain was 2, now it is 4");
    desk.run(
        "tag in.csv -o out.csv --resume --explain 2 --spreadsheet-safe --allow-missing-columns",
    )
    .exits(2)
    .says("spreadsheet_safe was false, now it is true");
    desk.write("changed.csv", rows(13_000).replacen("Citizens vote", "Citizens choose", 1));
    desk.run("tag changed.csv -o out.csv --resume --explain 2 --allow-missing-columns")
        .exits(2)
        .says("changed.csv: the first ")
        .says("rows are not those that the interrupted run read");
    desk.write("short.csv", "id,title,country\n0,Citizens vote 0,Peru\n");
    desk.run("tag short.csv -o out.csv --resume --explain 2 --allow-missing-columns")
        .exits(2)
        .says("short.csv: the first");
    let names: Vec<String> = desk.names();
    assert!(before.iter().all(|name| names.contains(name)), "{names:?}");
    assert!(desk.bytes("out.csv.trendtag-part").starts_with(&part[..part.len() / 2]));
    // Rows that were not read yet can change, and files can be renamed.
    desk.run("tag in.csv -o whole.csv --explain 2 --allow-missing-columns").exits(1);
    fs::rename(desk.path("in.csv"), desk.path("moved.csv")).unwrap();
    desk.run("tag moved.csv -o out.csv --explain 2 --resume --allow-missing-columns").exits(1);
    assert!(desk.bytes("out.csv") == desk.bytes("whole.csv"));
}

/// Damages the unfinished output or its journal.
type Damage = fn(&mut Vec<u8>, &mut Vec<u8>);

#[test]
fn parts_that_did_not_reach_the_disk_are_made_again() {
    let desk = Desk::with("in.csv", rows(13_000));
    desk.run("tag in.csv -o whole.csv --allow-missing-columns").exits(1);
    let damages: [Damage; 5] = [
        |part, _| part.truncate(part.len() / 2),
        |part, _| part[100] ^= 1,
        |part, _| part.clear(),
        |_, journal| journal.truncate(journal.len() - 9),
        |_, journal| journal.extend(b"{\"bytes\":12"),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        interrupted(&desk, "tag in.csv --allow-missing-columns", "out.csv");
        let (mut part, mut journal) =
            (desk.bytes("out.csv.trendtag-part"), desk.bytes("out.csv.trendtag-journal"));
        damage(&mut part, &mut journal);
        desk.write("out.csv.trendtag-part", part);
        desk.write("out.csv.trendtag-journal", journal);
        desk.run("tag in.csv -o out.csv --resume --allow-missing-columns").exits(1);
        assert!(desk.bytes("out.csv") == desk.bytes("whole.csv"), "damage {number}");
        assert_eq!(desk.names(), ["in.csv", "out.csv", "whole.csv"]);
        fs::remove_file(desk.path("out.csv")).unwrap();
    }
}

#[test]
fn what_cannot_be_resumed_is_refused_before_the_work() {
    let desk = Desk::with("in.csv", "id,title\n1,Citizens vote\n");
    for output in ["out.xlsx", "out.arrow", "out.arrows", "out.parquet.gz"] {
        let run =
            desk.run(&format!("tag in.csv -o {output} --resume --allow-missing-columns")).exits(2);
        run.says("resume = ").says("can only be written in one go").says(".jsonl");
    }
    desk.run("tag in.csv --resume --allow-missing-columns").exits(2).says("--output");
    desk.run("tag in.csv -o - --resume --allow-missing-columns")
        .exits(2)
        .says("--resume needs an output file");
    assert_eq!(desk.names(), ["in.csv"]);
}

#[test]
fn two_runs_do_not_write_one_file() {
    let desk = Desk::with("in.csv", "id,title\n1,Citizens vote\n");
    // It waits for its input, and its output exists by then.
    let mut first = Command::new(cargo_bin!("trendtag"));
    first.current_dir(desk.path("")).args(["tag", "-", "-o", "out.csv", "--allow-missing-columns"]);
    let mut first = first.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = first.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, b"id,title,summary,description\n1,Citizens vote,,\n")
        .unwrap();
    std::io::Write::write_all(&mut stdin, &vec![b'\n'; 1 << 20]).unwrap();
    while !desk.path("out.csv.trendtag-part").exists() {
        assert!(first.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(Duration::from_millis(1));
    }
    for flag in ["", "--force", "--resume"] {
        let run =
            desk.run(&format!("tag in.csv -o out.csv {flag} --allow-missing-columns")).exits(2);
        run.says("out.csv: is being written by another run");
    }
    drop(stdin);
    assert!(first.wait().unwrap().success());
    assert_eq!(desk.names(), ["in.csv", "out.csv"]);
}
