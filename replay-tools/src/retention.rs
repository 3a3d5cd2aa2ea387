//! `replay retention`: has a running server let go of what is past its time, or say what that is.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::Outcome;
use crate::server::{Server, number};

/// By whose word, and whether it is done.
#[derive(Debug, Clone)]
pub struct RetentionRun {
    /// The server's address, as in `http://127.0.0.1:8065`.
    pub server: String,
    /// A session of an administrator.
    pub token: String,
    /// Whether it was confirmed.
    pub confirmed: bool,
    /// Print the server's report as it is.
    pub json: bool,
}

impl RetentionRun {
    /// Runs it; says what there is to say on standard output. [`Outcome::Different`] where something is past
    /// its time and nothing was done.
    ///
    /// # Errors
    /// The server refuses or does not answer: what was done is done, and the next run goes on.
    pub async fn run(&self) -> Result<Outcome> {
        let server = Server::new(&self.server, &self.token);
        let dry_run = !self.confirmed;
        let request =
            server.post(&format!("/api/nottermost/v1/retention/run?dry_run={dry_run}"))?;
        let report = server.answer(request).await?.context("this server knows no retention")?;
        if self.json {
            println!("{report}");
        } else {
            tell(&report, dry_run);
        }
        let due = dry_run && number(&report, "channels") > 0;
        Ok(if due { Outcome::Different } else { Outcome::Good })
    }
}

fn tell(report: &Value, dry_run: bool) {
    let of = |field| number(report, field);
    for channel in report["named"].as_array().into_iter().flatten() {
        println!(
            "channel {}: {} posts and {} files",
            channel["channel_id"].as_str().unwrap_or_default(),
            number(channel, "posts"),
            number(channel, "files"),
        );
    }
    let (channels, posts, files) = (of("channels"), of("posts"), of("files"));
    let held = of("channels_held");
    if dry_run {
        println!(
            "{posts} posts and {files} files in {channels} channels are past their time; {held} channels \
             are held: `replay retention --yes` lets go of them"
        );
        return;
    }
    println!(
        "{posts} posts and {files} files in {channels} channels are gone, {} objects removed, {} channels' \
         keys of the past destroyed; {held} channels are held, {} could not be done",
        of("objects_removed"),
        of("keys_advanced"),
        of("channels_failed"),
    );
}
