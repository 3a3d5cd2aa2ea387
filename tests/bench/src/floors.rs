//! What the machine gives in the same run: plain fsynced appends.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;

const MEASURED: Duration = Duration::from_secs(2);

/// Appends of 1 KB, one fsync each, and 32 per fsync.
pub fn fsynced_appends() -> Result<()> {
    for group in [1, 32] {
        let mut file = tempfile::tempfile()?;
        let per_s = appended(&mut file, group)?;
        println!("plain file, {group} appends of 1 KB per fsync: {per_s:.0} appends/s");
    }
    Ok(())
}

fn appended(file: &mut File, group: usize) -> Result<f64> {
    let record = [0x5a_u8; 1024];
    let began = Instant::now();
    let mut count = 0_usize;
    while began.elapsed() < MEASURED {
        for _ in 0..group {
            file.write_all(&record)?;
        }
        file.sync_data()?;
        count += group;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
