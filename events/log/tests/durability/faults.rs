//! Disks that fail while the log runs, by way of `strace`.

use std::path::Path;

use super::child::{Orders, Said, command};
use super::kills::{Ledger, assert_holds};
use super::syscalls::strace;

/// Runs one producer under a fault; returns what it said.
fn run_with_fault(dir: &Path, inject: &str) -> Vec<Said> {
    let orders = Orders { producers: 1, appends: 60, padding: 1_500, buffered: false };
    let journal = dir.join("store/0.jnl").display().to_string();
    let wrapper = strace(&["-o", "/dev/null", "-P", &journal, "-e", inject]);
    let output = command(dir, &orders, &wrapper).output().expect("the child starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().filter_map(Said::parse).collect()
}

/// Acknowledged until the fault, then one append of unknown outcome, then nothing is taken.
fn assert_stops_for_good(inject: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let said = run_with_fault(dir.path(), inject);
    let mut ledger = Ledger::new();
    let mut rest = said.into_iter().peekable();
    while let Some(Said::Acknowledged { mark, partition, offset }) =
        rest.next_if(|said| matches!(said, Said::Acknowledged { .. }))
    {
        ledger.insert((partition, offset), mark);
    }
    assert!(ledger.len() > 5, "the fault came too early");
    assert_eq!(rest.next(), Some(Said::Indeterminate));
    let rest: Vec<_> = rest.collect();
    assert!(!rest.is_empty());
    assert!(rest.iter().all(|said| *said == Said::Unavailable), "{rest:?}");
    assert_holds(dir.path(), &ledger);
}

#[test]
fn after_a_failed_fsync_the_append_is_indeterminate_and_nothing_more_is_acknowledged() {
    // Later calls succeed, as they do on a real disk: the log must not trust them.
    assert_stops_for_good("inject=fsync,fdatasync:error=EIO:when=20");
}

#[test]
fn after_a_failed_write_the_append_is_indeterminate_and_nothing_more_is_acknowledged() {
    assert_stops_for_good("inject=write,writev,pwrite64:error=ENOSPC:when=20");
}
