//! What the machine gives in the same run: plain fsynced appends, plain COPY.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use platform::postgres::PrivateCluster;
use sqlx::{ConnectOptions, Executor};

const COPIED_ROWS: usize = 200_000;
const COPIED_AT_ONCE: usize = 1_000;
/// An odd number: its multiples are ids in no order.
const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// Appends of 1 KB, one fsync each, and 32 per fsync.
pub fn fsynced_appends(time: Duration) -> Result<()> {
    for group in [1, 32] {
        let mut file = tempfile::tempfile()?;
        let per_s = appended(&mut file, group, time)?;
        println!("plain file, {group} appends of 1 KB per fsync: {per_s:.0} appends/s");
    }
    Ok(())
}

fn appended(file: &mut File, group: usize, time: Duration) -> Result<f64> {
    let record = [0x5a_u8; 1024];
    let began = Instant::now();
    let mut count = 0_usize;
    while began.elapsed() < time {
        for _ in 0..group {
            file.write_all(&record)?;
        }
        file.sync_data()?;
        count += group;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

/// Rows of a post's shape with their key, copied into a cluster that is configured as the server's.
pub async fn plain_copy() -> Result<()> {
    let data = tempfile::tempdir()?;
    let cluster = PrivateCluster::start(&data.path().join("postgres")).await?;
    let mut connection = cluster.connect_options().connect().await?;
    connection
        .execute(
            "CREATE TABLE floor (id uuid PRIMARY KEY, channel_id uuid, user_id uuid, \
             create_at bigint, update_at bigint, message text, pending_post_id text, log_offset bigint)",
        )
        .await?;
    let began = Instant::now();
    let mut copy = connection.copy_in_raw("COPY floor FROM STDIN").await?;
    for first in (0..COPIED_ROWS).step_by(COPIED_AT_ONCE) {
        copy.send(rows(first).as_bytes()).await?;
    }
    copy.finish().await?;
    let per_s = COPIED_ROWS as f64 / began.elapsed().as_secs_f64();
    println!("plain COPY of rows of a post's shape: {per_s:.0} rows/s");
    cluster.stop().await;
    Ok(())
}

/// Rows in COPY's text form; ids in no order, as ours are.
fn rows(first: usize) -> String {
    let mut text = String::new();
    for n in first..first + COPIED_AT_ONCE {
        let id = (n as u128 + 1).wrapping_mul(SPREAD);
        writeln!(
            text,
            "{id:032x}\t{:032x}\t{:032x}\t{n}\t{n}\tmessage {n}: the quick brown fox jumps over the lazy dog\t\t{n}",
            n % 16,
            n % 100
        )
        .expect("a string takes what it is given");
    }
    text
}
