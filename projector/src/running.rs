//! A task that follows the log until it is told to stop, or has to.

use std::fmt::Display;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Why a task stopped for good: this program cannot judge what the log holds, or what is made of it is of
/// another log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the {name} has to stop: {reason}")]
pub struct Stopped {
    name: &'static str,
    reason: Arc<str>,
}

/// A task with what watches how far it is behind.
#[derive(Debug)]
pub(crate) struct Running {
    name: &'static str,
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<Option<Stopped>>,
    task: JoinHandle<()>,
    lag: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.lag.abort();
        self.stop.send_replace(true);
    }
}

impl Running {
    /// Starts `work`, which ends soon after the receiver that it is handed says so.
    pub(crate) fn start<W, E>(
        name: &'static str,
        lag: impl Future<Output = ()> + Send + 'static,
        work: impl FnOnce(watch::Receiver<bool>) -> W,
    ) -> Self
    where
        W: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send,
    {
        let (stop, stopping) = watch::channel(false);
        let (stopped, has_stopped) = watch::channel(None);
        let work = work(stopping);
        let task = tokio::spawn(async move {
            if let Err(fatal) = work.await {
                tracing::error!(error = %fatal, "the {name} stops");
                stopped.send_replace(Some(Stopped { name, reason: fatal.to_string().into() }));
            }
        });
        Self { name, stop, stopped: has_stopped, task, lag: tokio::spawn(lag) }
    }

    /// Why it had to stop, if it had to.
    pub(crate) fn has_stopped(&self) -> Option<Stopped> {
        self.stopped.borrow().clone()
    }

    /// Resolves when it had to stop: the process must end.
    pub(crate) async fn stopped(&self) -> Stopped {
        let mut stopped = self.stopped.clone();
        match stopped.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().expect("the wait was for a reason"),
            Err(_) => std::future::pending().await,
        }
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(error = %error, "the {} did not end in order", self.name);
        }
    }
}
