//! No acknowledgement leaves before an fsync that began after its record was written.
//!
//! A kill keeps what the kernel has cached, so it cannot show this; the system calls can.

use std::path::Path;
use std::process::Command;

use super::child::{Orders, command};
use super::trace::{Call, parse, unsynced_acknowledgements};

/// `strace` with these arguments. Missing, it fails the test.
pub fn strace(arguments: &[&str]) -> Vec<String> {
    let found = Command::new("strace").arg("--version").output();
    assert!(
        found.is_ok_and(|output| output.status.success()),
        "strace is needed for this test and was not found: install it (apt install strace)"
    );
    ["strace", "-f", "--seccomp-bpf"]
        .iter()
        .chain(arguments)
        .map(|argument| (*argument).to_owned())
        .collect()
}

/// The system calls of a child that appends, as far as they matter.
fn traced(dir: &Path, buffered: bool) -> Vec<Call> {
    let out = dir.join("trace");
    let wrapper = strace(&[
        "-y",
        "-xx",
        "-s",
        "1000000",
        "-e",
        "trace=write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync",
        "-o",
        out.to_str().expect("the path is text"),
    ]);
    let orders = Orders { producers: 16, appends: 600, padding: 1_500, buffered };
    let output = command(&dir.join("log"), &orders, &wrapper).output().expect("the child starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged = String::from_utf8_lossy(&output.stdout).matches("acknowledged").count();
    assert_eq!(acknowledged, 600);
    parse(&std::fs::read_to_string(out).expect("the trace is there"))
}

#[test]
fn no_acknowledgement_leaves_before_an_fsync_that_began_after_its_record_was_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let report = unsynced_acknowledgements(&traced(dir.path(), false));
    assert_eq!(report.acknowledged, 600);
    assert!(report.unsynced.is_empty(), "{:?}", report.unsynced);
    // Otherwise the test has not seen a group.
    assert!(report.fsyncs < 600, "one fsync per record: {}", report.fsyncs);
}

#[test]
fn a_log_that_does_not_wait_for_the_disk_is_caught() {
    let dir = tempfile::tempdir().expect("a directory");
    let report = unsynced_acknowledgements(&traced(dir.path(), true));
    assert_eq!(report.acknowledged, 600);
    assert!(report.unsynced.len() > 500, "{} of 600 were caught", report.unsynced.len());
}
