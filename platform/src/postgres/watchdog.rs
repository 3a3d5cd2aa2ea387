//! Ends the private Postgres if this process dies without stopping it.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::account::Account;
use super::initdb::clean_environment;

/// Waits for the end of its input, which comes when our process is gone, however it went, and then
/// asks the postmaster to stop.
const SCRIPT: &str = "read line; kill -INT \"$1\"";

/// A shell that outlives us for a moment. Dropping it ends it without a signal to Postgres.
pub(super) struct Watchdog {
    _shell: Child,
}

impl Watchdog {
    /// Watches over the postmaster with this process id.
    pub fn start(postmaster: u32, account: Option<Account>) -> std::io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "watchdog", &postmaster.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C in our terminal is ours to handle.
            .process_group(0)
            .kill_on_drop(true);
        clean_environment(&mut command);
        Account::run(account, &mut command);
        Ok(Self { _shell: command.spawn()? })
    }
}
