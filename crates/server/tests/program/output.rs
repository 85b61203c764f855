//! What `export` does to a file that was there before.

use crate::support::{Outcome, begin, run};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const OLD: &str = "Id,LastName\n1,yesterday\n";

/// An account A1 of so many contacts, and yesterday's export.
fn with_contacts(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    done(&run(folder.path(), &["account", "add", "A1"]));
    let rows = (0..count).fold("LastName,EmailAddress\n".to_owned(), |text, number| {
        text + &format!("{number:0>40},p{number}@x.example\n")
    });
    fs::write(folder.path().join("in.csv"), rows).unwrap();
    done(&run(folder.path(), &["import", "in.csv", "--account", "A1"]));
    fs::write(folder.path().join("out.csv"), OLD).unwrap();
    folder
}

#[track_caller]
fn done(outcome: &Outcome) {
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

/// Checks that the old file is as it was, and that nothing is left beside it.
#[track_caller]
fn is_untouched(folder: &Path) {
    assert_eq!(fs::read_to_string(folder.join("out.csv")).unwrap(), OLD);
    assert!(!has_temporary(folder), "a temporary file is left");
}

fn has_temporary(folder: &Path) -> bool {
    let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.any(|name| name.to_string_lossy().starts_with(".understudy-"))
}

#[test]
fn a_mistake_leaves_the_old_file() {
    let folder = with_contacts(1);
    for wrong in [["--account", "A2"], ["--columns", "Mail"], ["--type", "Person"]] {
        let outcome = run(folder.path(), &[&["export", "out.csv"], &wrong[..]].concat());
        assert_eq!(outcome.code, 7, "{outcome:?}");
        is_untouched(folder.path());
    }
    done(&run(folder.path(), &["export", "out.csv"]));
    assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_completed_leaves_the_old_one() {
    let folder = with_contacts(8_000);
    // As on a full disk, a write fails: no file may have more than 512 blocks of 512 bytes.
    let script = "trap '' XFSZ; ulimit -f 512; exec \"$0\" export out.csv";
    let program = env!("CARGO_BIN_EXE_understudy");
    let limited =
        Command::new("sh").args(["-c", script, program]).current_dir(folder.path()).output().unwrap();
    assert_eq!(limited.status.code(), Some(1), "{limited:?}");
    assert!(String::from_utf8(limited.stderr).unwrap().contains("can't be written"));
    is_untouched(folder.path());
}

#[cfg(unix)]
#[test]
fn an_export_that_is_stopped_leaves_the_old_file() {
    let folder = with_contacts(20_000);
    for _ in 0..20 {
        fs::write(folder.path().join("out.csv"), OLD).unwrap();
        let mut child = begin(folder.path(), &["export", "out.csv"]);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !has_temporary(folder.path()) && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the export does not come on");
            std::thread::sleep(Duration::from_millis(1));
        }
        Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
        let ended = child.wait_with_output().unwrap();
        match ended.status.code() {
            // It was over before the signal came.
            Some(0) => continue,
            code => assert_eq!(code, Some(130), "{ended:?}"),
        }
        return is_untouched(folder.path());
    }
    panic!("every export was over before it could be stopped");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_and_a_link_stays_one() {
    let folder = with_contacts(3);
    let printed = run(folder.path(), &["export", "/dev/stdout", "--columns", "EmailAddress"]);
    done(&printed);
    assert!(printed.stdout.starts_with("EmailAddress\np0@x.example\n"), "{printed:?}");
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink("out.csv", &link).unwrap();
    done(&run(folder.path(), &["export", "link.csv"]));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().count(), 4);
}

/// What an earlier run left out stays until nothing keeps the new run from beginning.
#[test]
fn an_import_that_cannot_begin_anew_leaves_the_old_errors() {
    let folder = with_contacts(0);
    fs::write(folder.path().join("bad.csv"), "LastName,Id\n,\n").unwrap();
    let import = |account: &str| {
        run(folder.path(), &["import", "bad.csv", "--account", account, "--restart", "--errors", "e.csv"])
    };
    assert_eq!(import("A1").code, 7);
    let errors = fs::read_to_string(folder.path().join("e.csv")).unwrap();
    assert_eq!(errors.lines().count(), 2);
    assert_eq!(import("A2").code, 7);
    // The place of its notes is taken.
    fs::create_dir(folder.path().join("e.csv.progress~")).unwrap();
    assert_eq!(import("A1").code, 7);
    assert_eq!(fs::read_to_string(folder.path().join("e.csv")).unwrap(), errors);
    fs::remove_dir(folder.path().join("e.csv.progress~")).unwrap();
    assert_eq!(import("A1").code, 7);
    assert_eq!(fs::read_to_string(folder.path().join("e.csv")).unwrap(), errors);
}
