//! How long things are kept, and what was done about it.

pub(crate) mod legal_holds;
pub(crate) mod members;
pub(crate) mod policies;
pub(crate) mod runs;

use platform::http::ApiError;

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;

/// Administrators alone see who keeps what; the fold is brought to the log's end for them.
async fn for_administrators(app: &App, caller: &Caller) -> Result<(), ApiError> {
    if !caller.is_system_admin {
        return Err(ApiError::forbidden());
    }
    app.catch_up(DIRECTORY).await
}
