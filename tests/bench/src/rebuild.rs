//! What an operator waits for: rows and index anew from the log, and a start.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::server::Server;

/// `binary` lies beside `replay`.
pub fn figures(binary: &Path, data: tempfile::TempDir) -> Result<()> {
    let replay = binary.with_file_name("replay");
    let output = Command::new(&replay)
        .arg("rebuild")
        .env("NOTTERMOST_DATA__DIR", data.path())
        .env("NOTTERMOST_TELEMETRY__LOG_FILTER", "warn")
        .output()
        .with_context(|| format!("failed to start {}", replay.display()))?;
    if !output.status.success() {
        bail!("replay rebuild: {}", String::from_utf8_lossy(&output.stderr));
    }
    print!("replay rebuild: {}", String::from_utf8_lossy(&output.stdout));
    let began = Instant::now();
    let server = Server::start_on(binary, data)?;
    println!("start on that log, until ready: {:.2} s", began.elapsed().as_secs_f64());
    server.stop().map(drop)
}
