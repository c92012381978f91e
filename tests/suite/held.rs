//! Windows: an output that another program holds open, as a spreadsheet program does.

#![cfg(windows)]

use std::fs::File;
use std::io::Write;
use std::os::windows::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

use super::support::Desk;

const FILE_SHARE_READ: u32 = 1;

/// Others may read the file meanwhile, and neither write nor replace it.
fn hold(desk: &Desk, name: &str) -> File {
    File::options().read(true).share_mode(FILE_SHARE_READ).open(desk.path(name)).unwrap()
}

#[test]
fn an_output_that_is_open_elsewhere_is_refused_before_any_work() {
    for name in ["out.csv", "out.xlsx", "out.parquet"] {
        let desk = Desk::with("in.csv", "id,title\n1,Citizens vote\n");
        desk.write(name, "old");
        let held = hold(&desk, name);
        let arguments = format!("tag in.csv -o {name} --force --allow-missing-columns");
        let said = format!("{name}: is open in another program");
        desk.run(&arguments).exits(2).says(&said).says("close it there");
        drop(held);
        assert_eq!(desk.text(name), "old");
        assert_eq!(desk.names(), ["in.csv", name]);
        desk.run(&arguments).ok();
    }
}

#[test]
fn rows_are_kept_beside_an_output_that_is_opened_during_the_run() {
    let desk = Desk::with("out.csv", "old");
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.current_dir(desk.path("")).args(["tag", "-", "-o", "out.csv", "--force"]);
    command.arg("--allow-missing-columns").stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut run = command.spawn().unwrap();
    let mut stdin = run.stdin.take().unwrap();
    // The run begins when it has more than it looks at beforehand.
    let rows: String = (0..10_000).map(|i| format!("{i},Citizens vote {i}\n")).collect();
    stdin.write_all(format!("id,title\n{rows}").as_bytes()).unwrap();
    while !desk.path("out.csv.trendtag-part").exists() {
        assert!(run.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let held = hold(&desk, "out.csv");
    drop(stdin);
    let run = run.wait_with_output().unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(2), "{err}");
    assert!(err.contains("out.csv: cannot be replaced"), "{err}");
    assert!(err.contains("all rows were written to out.finished.csv"), "{err}");
    assert!(err.contains("close the program that has it open"), "{err}");
    drop(held);
    assert_eq!(desk.text("out.csv"), "old");
    assert_eq!(desk.text("out.finished.csv").lines().count(), 10_001);
}
