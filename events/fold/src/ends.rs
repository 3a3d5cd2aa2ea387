//! End look-ups, coalesced: whoever asks while one is under way shares the next.

use std::collections::BTreeSet;
use std::sync::Arc;

use event_log::{LogReader, ReadError};
use events::Partition;
use tokio::sync::{mpsc, oneshot};

struct Asked {
    partitions: Vec<Partition>,
    answer: oneshot::Sender<Result<Vec<u64>, Arc<ReadError>>>,
}

/// Asks the log for ends on behalf of many.
#[derive(Debug, Clone)]
pub(crate) struct EndLookup(mpsc::UnboundedSender<Asked>);

impl EndLookup {
    pub(crate) fn start(log: Arc<dyn LogReader>) -> (Self, tokio::task::AbortHandle) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(answer(log, receiver));
        (Self(sender), task.abort_handle())
    }

    /// The ends, read after this call began.
    pub(crate) async fn read(&self, partitions: &[Partition]) -> Result<Vec<u64>, ReadError> {
        let unavailable = || ReadError::Unavailable("the look-up of ends has stopped".to_owned());
        let (answer, answered) = oneshot::channel();
        let asked = Asked { partitions: partitions.to_vec(), answer };
        self.0.send(asked).map_err(|_| unavailable())?;
        answered
            .await
            .map_err(|_| unavailable())?
            .map_err(|error| ReadError::Unavailable(error.to_string()))
    }
}

async fn answer(log: Arc<dyn LogReader>, mut receiver: mpsc::UnboundedReceiver<Asked>) {
    while let Some(first) = receiver.recv().await {
        let mut waiting = vec![first];
        while let Ok(more) = receiver.try_recv() {
            waiting.push(more);
        }
        let all: BTreeSet<Partition> =
            waiting.iter().flat_map(|asked| asked.partitions.iter().copied()).collect();
        let all: Vec<Partition> = all.into_iter().collect();
        let ends = log.ends(&all).await.map_err(Arc::new);
        for asked in waiting {
            let own = ends.as_ref().map_err(Arc::clone).map(|ends| {
                let end = |p: &Partition| all.binary_search(p).map_or(0, |at| ends[at]);
                asked.partitions.iter().map(end).collect()
            });
            // Who no longer waits needs no answer.
            let _ = asked.answer.send(own);
        }
    }
}
