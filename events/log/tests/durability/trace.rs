//! What `strace -f -y -xx` wrote, and whether acknowledgements in it waited for the disk.

use std::collections::HashMap;

/// A system call on a file. Lines of the trace are its clock: a thread that was set going by the end of
/// one call begins the next on a later line.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub path: String,
    /// What was written.
    pub data: Vec<u8>,
    pub begun: usize,
    pub ended: usize,
    pub result: i64,
}

/// The calls that ended, in the order of their ends.
pub fn parse(trace: &str) -> Vec<Call> {
    let mut unfinished: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((process, event)) = line.split_once(' ') else { continue };
        let event = event.trim_start();
        if let Some(begin) = event.strip_suffix(" <unfinished ...>") {
            unfinished.insert(process, (at, begin.to_owned()));
        } else if let Some(end) = event.strip_prefix("<... ") {
            let (_, rest) = end.split_once(" resumed>").expect("a call is resumed");
            let (begun, begin) = unfinished.remove(process).expect("it was begun");
            calls.extend(parse_call(&format!("{begin}{rest}"), begun, at));
        } else if !event.starts_with("+++") && !event.starts_with("---") {
            calls.extend(parse_call(event, at, at));
        }
    }
    calls
}

/// `name(fd<path>, "data", 12) = 12`; none if it never returned.
fn parse_call(text: &str, begun: usize, ended: usize) -> Option<Call> {
    let (call, result) = text.rsplit_once(" = ")?;
    let result = result.split(' ').next()?.parse().ok()?;
    let (name, arguments) = call.split_once('(').expect("a call has arguments");
    let (_, file) = arguments.split_once('<').expect("a call names its file");
    let (path, rest) = file.split_once('>').expect("the name of the file ends");
    let path = String::from_utf8(unescape(path)).expect("the path is text");
    // Every second piece stands between quotes: -xx leaves none inside.
    let mut data: Vec<u8> = rest.split('"').skip(1).step_by(2).flat_map(unescape).collect();
    assert!(!rest.contains("\"..."), "the trace cuts data short: raise -s");
    data.truncate(usize::try_from(result).unwrap_or(0));
    Some(Call { name: name.to_owned(), path, data, begun, ended, result })
}

/// `\x41\x42` and characters that stand for themselves.
fn unescape(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (hex, plain) = piece.split_at(2);
        bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
        bytes.extend(plain.bytes());
    }
    bytes
}

#[derive(Debug, Default)]
pub struct Report {
    pub acknowledged: usize,
    pub fsyncs: usize,
    /// Marks of records that were acknowledged without an fsync between.
    pub unsynced: Vec<String>,
}

/// Every acknowledgement on a pipe needs an fsync of a journal that began after the record was written
/// there whole, and succeeded before the acknowledgement began.
pub fn unsynced_acknowledgements(calls: &[Call]) -> Report {
    let written = records_written(calls);
    let fsyncs: Vec<_> = calls
        .iter()
        .filter(|call| matches!(call.name.as_str(), "fsync" | "fdatasync") && is_journal(call))
        .filter(|call| call.result == 0)
        .collect();
    let mut report = Report { fsyncs: fsyncs.len(), ..Report::default() };
    for (mark, acknowledged) in acknowledgements(calls) {
        report.acknowledged += 1;
        let synced = written.get(&mark).is_some_and(|(path, written)| {
            fsyncs.iter().any(|fsync| {
                fsync.path == *path && *written < fsync.begun && fsync.ended < acknowledged
            })
        });
        if !synced {
            report.unsynced.push(mark);
        }
    }
    report
}

fn is_journal(call: &Call) -> bool {
    call.path.ends_with(".jnl")
}

/// For each mark the journal that has it, and when the write ended that completed it there.
fn records_written(calls: &[Call]) -> HashMap<String, (String, usize)> {
    // The bytes of each journal, and after how many of them which write ended.
    type Written = (Vec<u8>, Vec<(usize, usize)>);
    let mut journals: HashMap<&str, Written> = HashMap::new();
    for call in calls.iter().filter(|call| is_journal(call)) {
        let (bytes, ends) = journals.entry(&call.path).or_default();
        bytes.extend(&call.data);
        ends.push((bytes.len(), call.ended));
    }
    let mut written = HashMap::new();
    for (path, (bytes, ends)) in journals {
        for (end, mark) in marks(&bytes) {
            let completed = ends.iter().find(|(upto, _)| *upto >= end).expect("it was written");
            written.insert(mark, (path.to_owned(), completed.1));
        }
    }
    written
}

/// For each mark when its acknowledgement began to leave.
fn acknowledgements(calls: &[Call]) -> Vec<(String, usize)> {
    let lines = calls
        .iter()
        .filter(|call| call.path.starts_with("pipe:") && call.data.starts_with(b"\nacknowledged "));
    lines
        .flat_map(|call| marks(&call.data).into_iter().map(|(_, mark)| (mark, call.begun)))
        .collect()
}

/// The marks in a text, each with where it ends.
fn marks(bytes: &[u8]) -> Vec<(usize, String)> {
    let find = |needle: &[u8], from: usize| {
        bytes[from..].windows(needle.len()).position(|window| window == needle).map(|at| from + at)
    };
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = find(b"mark-", from) {
        let Some(end) = find(b"-end", start).map(|at| at + 4) else { break };
        found.push((end, String::from_utf8_lossy(&bytes[start..end]).into_owned()));
        from = end;
    }
    found
}

/// Traces as short as they get.
mod tests {
    use super::*;

    const WRITE: &str = "7 write(5</d/0.jnl>, \"mark-1-end\", 10) = 10\n";
    const FSYNC: &str = "7 fsync(5</d/0.jnl>) = 0\n";
    const SAY: &str = "8 write(1<pipe:[3]>, \"\\x0aacknowledged mark-1-end\", 24) = 24\n";

    fn unsynced(lines: &[&str]) -> usize {
        let report = unsynced_acknowledgements(&parse(&lines.concat()));
        assert_eq!(report.acknowledged, 1);
        report.unsynced.len()
    }

    #[test]
    fn written_then_synced_then_acknowledged_is_right() {
        assert_eq!(unsynced(&[WRITE, FSYNC, SAY]), 0);
        assert_eq!(unsynced(&[FSYNC, WRITE, "9 +++ exited with 0 +++\n", FSYNC, SAY]), 0);
    }

    #[test]
    fn any_other_order_is_wrong() {
        assert_eq!(unsynced(&[WRITE, SAY, FSYNC]), 1);
        assert_eq!(unsynced(&[FSYNC, WRITE, SAY]), 1);
        assert_eq!(unsynced(&[FSYNC, SAY]), 1);
        assert_eq!(
            unsynced(&[WRITE, "7 fsync(5</d/0.jnl>) = -1 EIO (Input/output error)\n", SAY]),
            1
        );
        assert_eq!(unsynced(&[WRITE, "7 fsync(5</d/1.jnl>) = 0\n", SAY]), 1);
    }

    #[test]
    fn an_fsync_must_begin_after_the_write_and_end_before_the_acknowledgement() {
        let begun = "7 fsync(5</d/0.jnl> <unfinished ...>\n";
        let ended = "7 <... fsync resumed>) = 0\n";
        let other = WRITE.replace("7 ", "9 ");
        assert_eq!(unsynced(&[&other, begun, ended, SAY]), 0);
        assert_eq!(unsynced(&[begun, &other, ended, SAY]), 1);
        assert_eq!(unsynced(&[&other, begun, SAY, ended]), 1);
    }

    #[test]
    fn a_record_counts_as_written_with_its_last_byte() {
        let first = "7 write(5</d/0.jnl>, \"ma\\x72k-1\", 99) = 6\n";
        let second = "7 write(5</d/0.jnl>, \"-end\", 4) = 4\n";
        assert_eq!(unsynced(&[first, second, FSYNC, SAY]), 0);
        assert_eq!(unsynced(&[first, FSYNC, second, SAY]), 1);
    }
}
