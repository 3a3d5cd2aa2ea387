//! The signal to stop: SIGTERM or SIGINT, once; a second one ends the process at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code of a process that was told twice to stop: as a shell shows a process ended by SIGINT.
const IMPATIENT_EXIT: i32 = 130;

/// Watches for SIGTERM and SIGINT. The token is cancelled by the first; whoever serves finishes
/// what is under way and the process exits with 0. A second signal does not wait for that.
#[expect(clippy::disallowed_methods, reason = "whoever asks twice does not want to wait")]
pub fn listen() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let name = next(&mut terminate, &mut interrupt).await;
        tracing::info!(signal = name, "stopping: finishing what is under way");
        cancelled.cancel();
        let name = next(&mut terminate, &mut interrupt).await;
        tracing::warn!(signal = name, "told again: leaving at once");
        std::process::exit(IMPATIENT_EXIT);
    });
    Ok(token)
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    #[tokio::test]
    async fn a_signal_cancels_the_token() {
        let token = super::listen().unwrap();
        assert!(!token.is_cancelled());
        kill_process(getpid(), Signal::TERM).unwrap();
        token.cancelled().await;
    }
}
