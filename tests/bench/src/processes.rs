//! What the operating system says of the processes that this one started.

use std::fmt;

use anyhow::{Context, Result};

/// Clock ticks per second of `/proc/<pid>/stat`; 100 on every Linux that we run on.
const TICKS_PER_S: f64 = 100.0;

/// Whose CPU is told apart, with the names of their processes.
const PARTS: [(&str, &[&str]); 4] = [
    ("server", &["nottermost", "command-api", "projector", "query-api", "realtime", "bench"]),
    ("Postgres", &["postgres"]),
    ("Kafka", &["java"]),
    ("nginx", &["nginx"]),
];

/// CPU seconds used so far, by part; `None` for a part that does not run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu([Option<f64>; PARTS.len()]);

impl Cpu {
    /// Of all processes below this one, their ended children included.
    pub fn read() -> Result<Self> {
        let mut used = Self::default();
        for pid in descendants(std::process::id())? {
            // One that has ended since has no name any more.
            let Ok(name) = std::fs::read_to_string(format!("/proc/{pid}/comm")) else { continue };
            let part = PARTS.iter().position(|(_, names)| names.contains(&name.trim()));
            if let Some(part) = part {
                *used.0[part].get_or_insert_default() += cpu_s(pid).unwrap_or(0.0);
            }
        }
        Ok(used)
    }

    /// What was used since then.
    pub fn since(mut self, earlier: Self) -> Self {
        for (now, before) in self.0.iter_mut().zip(earlier.0) {
            *now = now.map(|now| now - before.unwrap_or(0.0));
        }
        self
    }

    /// What each of `count` used.
    pub fn per(mut self, count: f64) -> Self {
        self.0.iter_mut().flatten().for_each(|used| *used /= count);
        self
    }

    /// The same without anyone but this part.
    pub fn only(mut self, part: &str) -> Self {
        for (used, (name, _)) in self.0.iter_mut().zip(PARTS) {
            *used = used.filter(|_| name == part);
        }
        self
    }
}

impl std::ops::AddAssign for Cpu {
    fn add_assign(&mut self, more: Self) {
        for (sum, more) in self.0.iter_mut().zip(more.0) {
            if let Some(more) = more {
                *sum.get_or_insert_default() += more;
            }
        }
    }
}

impl fmt::Display for Cpu {
    /// Microseconds: `127.3 µs server + 43.0 µs Postgres`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.0.iter().zip(PARTS);
        let parts: Vec<_> = used
            .filter_map(|(used, (name, _))| used.map(|s| format!("{:.1} µs {name}", s * 1e6)))
            .collect();
        f.write_str(&parts.join(" + "))
    }
}

/// Resident memory of a process, bytes.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("VmRSS is there")?;
    let kib: u64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
    Ok(kib * 1024)
}

fn stat_fields(pid: u32) -> Result<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').context("a stat line has a name")?.1;
    Ok(after.split_whitespace().map(str::to_owned).collect())
}

/// User and system time of a process and of its ended children.
fn cpu_s(pid: u32) -> Result<f64> {
    let fields = stat_fields(pid)?;
    let ticks: f64 = fields[11..15].iter().filter_map(|f| f.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_S)
}

/// All processes below `root`.
fn descendants(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        if let Ok(fields) = stat_fields(pid)
            && let Ok(parent) = fields[1].parse::<u32>()
        {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let children =
            parents.iter().filter(|(_, parent)| *parent == found[at]).map(|(pid, _)| *pid);
        found.extend(children.collect::<Vec<_>>());
        at += 1;
    }
    Ok(found.split_off(1))
}
