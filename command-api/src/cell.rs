//! The first event of an installation, and whether this process belongs to it.

use domain::commands::Decision;
use events::directory::CellOpened;
use events::{Actor, DirectoryEvent, Event, EventId, Id, PARTITIONS, Partition};
use platform::http::ApiError;

use crate::executor::{CommandApi, Order, undelayed};

/// This process must not serve this log.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    #[error(
        "the secrets are not those of this installation: their fingerprint is {ours}, \
         the log was opened with {logs}"
    )]
    ForeignSecrets { ours: String, logs: String },
    #[error("the log was opened with {logs} partitions per topic; this program has {ours}")]
    OtherPartitions { ours: u16, logs: u16 },
    #[error("the installation could not be opened: {0}")]
    Unavailable(String),
}

impl CommandApi {
    /// Makes sure that the log is this installation's: the first process to come opens it.
    ///
    /// # Errors
    /// [`CellError`]: the process must not start.
    pub async fn open_cell(&self) -> Result<(), CellError> {
        let ours = (PARTITIONS, self.secrets.fingerprint());
        let caught_up = self.fold.catch_up(&[Partition::DIRECTORY], self.deadline()).await;
        caught_up.map_err(|error| CellError::Unavailable(error.to_string()))?;
        if self.cell().is_none() {
            self.append_cell_opened(&ours)
                .await
                .map_err(|error| CellError::Unavailable(error.message().to_owned()))?;
        }
        match self.cell() {
            Some(held) if held == ours => Ok(()),
            Some((partitions, fingerprint)) if partitions == ours.0 => {
                Err(CellError::ForeignSecrets { ours: ours.1, logs: fingerprint })
            }
            Some((partitions, _)) => {
                Err(CellError::OtherPartitions { ours: ours.0, logs: partitions })
            }
            None => Err(CellError::Unavailable("its first event had no effect".to_owned())),
        }
    }

    fn cell(&self) -> Option<(u16, String)> {
        let directory = self.fold.directory();
        directory.state().cell().map(|(partitions, print)| (partitions, print.to_owned()))
    }

    async fn append_cell_opened(&self, ours: &(u16, String)) -> Result<(), ApiError> {
        let order = Order {
            id: EventId(Id::derived("cell.opened", &[])).into(),
            partition: Partition::DIRECTORY,
            rests_on: &[Partition::DIRECTORY],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let opened = self.submit(order, || {
            let decision = if self.cell().is_some() {
                Decision::AlreadySo
            } else {
                let c = CellOpened { partitions: ours.0, fingerprint: ours.1.clone() };
                Decision::Append(Event::Directory(DirectoryEvent::CellOpened(c.into())))
            };
            undelayed(Ok::<_, ()>(decision))
        });
        opened.await.map(drop)
    }
}
