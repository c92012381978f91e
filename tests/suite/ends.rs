//! Abnormal ends: each is reported, and nothing is lost.

use std::io::Write;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

use super::support::{Desk, no_such_file};

const TWO: &str = "id,title\n1,Citizens vote\n2,Cloud registry\n";

fn many(rows: usize) -> String {
    let rows = (0..rows).map(|i| format!("{i},Citizens vote {i}\n"));
    std::iter::once("id,title\n".to_owned()).chain(rows).collect()
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_the_run_can_go_on_when_there_is_room() {
    let desk = Desk::with("in.csv", many(13_000));
    desk.run("tag in.csv -o whole.csv --allow-missing-columns").ok();
    // The system refuses to write more than 2,000 blocks of 512 bytes to a
    // file, as it would on a full disk.
    let limited = |arguments: &str| {
        let program = cargo_bin!("trendtag").display().to_string();
        let script = format!("trap '' XFSZ; ulimit -f 2000; exec {program} {arguments}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(desk.path("")).output().unwrap()
    };
    let run = limited("tag in.csv -o out.csv --allow-missing-columns");
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(2), "{err}");
    assert!(err.contains("File too large"), "{err}");
    assert!(
        err.contains("out.csv: the rows done so far are kept; continue with --resume"),
        "{err}"
    );
    assert!(!desk.path("out.csv").exists());
    desk.run("tag in.csv -o out.csv --resume --allow-missing-columns").ok();
    assert!(desk.bytes("out.csv") == desk.bytes("whole.csv"));

    // A format that is written in one go leaves nothing behind.
    let run = limited("tag in.csv -o out.arrow --allow-missing-columns");
    assert_eq!(run.status.code(), Some(2));
    assert_eq!(desk.names(), ["in.csv", "out.csv", "whole.csv"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_takes_nothing_is_told() {
    let desk = Desk::with("in.csv", TWO);
    desk.run("tag in.csv -o /dev/full --allow-missing-columns")
        .exits(2)
        .says("No space left on device");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(cargo_bin!("trendtag"));
    let run = command
        .current_dir(desk.path(""))
        .args(["tag", "in.csv", "--allow-missing-columns"])
        .stdout(full)
        .output();
    let run = run.unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8(run.stderr).unwrap().contains("No space left on device"));
}

#[test]
fn an_input_that_vanishes_during_the_run_is_named_and_no_output_pretends_to_be_whole() {
    let desk = Desk::with("second.csv", TWO);
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.current_dir(desk.path("")).args([
        "tag",
        "-",
        "second.csv",
        "-o",
        "out.csv",
        "--allow-missing-columns",
    ]);
    let mut run = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = run.stdin.take().unwrap();
    stdin.write_all(many(10_000).as_bytes()).unwrap();
    // The second input has been checked by now, and is opened in its turn.
    while !desk.path("out.csv.trendtag-part").exists() {
        assert!(run.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    std::fs::remove_file(desk.path("second.csv")).unwrap();
    drop(stdin);
    let run = run.wait_with_output().unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(2), "{err}");
    assert!(err.contains(&format!("error: second.csv: {}", no_such_file())), "{err}");
    assert!(err.contains("out.csv: the rows done so far are kept"), "{err}");

    // When it is back, and the same rows come from the pipe, the run is completed.
    desk.write("second.csv", TWO);
    desk.pipe("tag - second.csv -o out.csv --resume --allow-missing-columns", many(10_000)).ok();
    assert_eq!(desk.text("out.csv").lines().count(), 1 + 10_000 + 2);
    assert_eq!(desk.names(), ["out.csv", "second.csv"]);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_names_the_way_to_resume_it_and_has_its_own_exit_code() {
    let desk = Desk::with("in.csv", many(400_000));
    let flags = ["in.csv", "-o", "out.csv", "--allow-missing-columns", "--jobs", "1"];
    let start = || {
        let mut command = Command::new(cargo_bin!("trendtag"));
        command.current_dir(desk.path("")).arg("tag").args(flags).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let run = start();
    // A line for the run, and one for the first part.
    let journal = desk.path("out.csv.trendtag-journal");
    let lines = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    while lines() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let id = run.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let run = run.wait_with_output().unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(130), "{err}");
    assert!(
        err.contains("out.csv: the rows done so far are kept; continue with --resume"),
        "{err}"
    );
    assert!(err.contains("error: interrupted") && !desk.path("out.csv").exists(), "{err}");
    desk.run("tag in.csv -o out.csv --allow-missing-columns --resume").ok();
    assert_eq!(desk.text("out.csv").lines().count(), 400_001);
}

#[test]
fn a_damaged_workbook_is_told_in_one_line_and_no_panic_is_printed() {
    let fixture = super::support::repository("tests/fixtures/formats/xlwt.xls");
    let whole = std::fs::read(fixture).unwrap();
    let desk = Desk::new();
    for cut in [700, 1500, 2600] {
        let mut damaged = whole.clone();
        damaged[cut..cut + 40].fill(0xFF);
        desk.write("damaged.xls", damaged);
        let run = desk.run("tag damaged.xls --allow-missing-columns");
        assert!(!run.err.contains("panicked"), "{}", run.err);
    }
}

#[test]
fn an_input_cut_short_is_told_with_what_to_do() {
    let desk = Desk::with("in.csv", many(300));
    desk.run("tag in.csv -o whole.csv.gz --allow-missing-columns").ok();
    let packed = desk.bytes("whole.csv.gz");
    desk.write("cut.csv.gz", &packed[..packed.len() / 2]);
    let run = desk.run("tag cut.csv.gz -o out.csv --allow-missing-columns").exits(2);
    run.says("cut.csv.gz: the gzip data are damaged or truncated").says("download the file again");
    assert!(!desk.path("out.csv").exists());
}

#[test]
fn rows_of_another_encoding_fail_by_themselves_or_are_read_when_it_is_named() {
    let mut mixed =
        b"id,title\n1,caf\xC3\xA9 budget\n2,caf\xE9 budget\n3,Cloud registry\n".to_vec();
    let desk = Desk::with("mixed.csv", &mixed);
    let run = desk.run("tag mixed.csv --allow-missing-columns").exits(1);
    assert_eq!(run.table().column("id"), ["1", "3"]);
    run.says("mixed.csv, row 2 (line 3), column \"title\": not UTF-8").says("--encoding");
    let start = mixed.iter().position(|byte| *byte == 0xC3).unwrap();
    mixed.splice(start..start + 2, [0xE9]);
    desk.write("western.csv", &mixed);
    let run = desk.run("tag western.csv --encoding windows-1252 --allow-missing-columns").ok();
    assert_eq!(run.table().column("title")[..2], ["café budget", "café budget"]);
}

#[test]
#[ignore = "takes long without optimisation; run by .ci/run"]
fn a_cell_of_a_hundred_megabytes_is_tagged_and_unchanged() {
    let text = "Citizens vote on the budget. ";
    let long = text.repeat((100 << 20) / text.len());
    let input = format!("id,title\n1,{long}\n2,Cloud registry\n");
    let table =
        Desk::with("big.csv", &input).run("tag big.csv --allow-missing-columns").ok().table();
    assert_eq!(table.column("id"), ["1", "2"]);
    assert!(table.column("title")[0] == long, "the long cell is changed");
}
