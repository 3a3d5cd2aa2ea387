//! HTTP as every service speaks it: v4 error bodies, extractors that refuse with them, response
//! helpers, the URL table and how its addresses are mounted, and the edge that wraps a router (request
//! ids, headers, metrics, access log, panics).
//!
//! A handler takes these extractors instead of axum's own, because axum's refuse in plain text:
//!
//! ```text
//! async fn patch(
//!     Path((team, user)): Path<(UrlId<TeamId>, UserRef)>,
//!     page: Page,
//!     query: Query,
//!     Json(body): Json<PatchMember>,
//! ) -> Result<Response, ApiError> { … }
//! ```

mod context;
mod description;
mod edge;
mod error;
mod ids;
mod json;
mod limiting;
mod mount;
mod objects;
mod operations;
mod path;
mod peer;
mod query;
mod respond;
mod serve;
mod settings;
mod token;
mod unread;
pub mod urls;

pub use context::{note_channel, note_position, request_id, traceparent};
pub use description::{Described, Inputs, Operation, PAGE, Param, openapi};
pub(crate) use edge::describe_metrics;
pub use edge::{EdgeSettings, WebPage, edge};
pub use error::ApiError;
pub use ids::{IdKind, UrlId, UserRef, parse_id};
pub use json::{AnyBody, Json, JsonBytes, nullable, read_body};
pub use limiting::{Rate, RequestLimits, admit_user};
pub use mount::Mount;
pub use operations::{HEALTH, operations, operations_described};
pub use path::Path;
pub use peer::client_address;
pub use query::{PER_PAGE_DEFAULT, PER_PAGE_MAX, Page, Query};
pub use respond::{
    CONTENT_TYPE_JSON, MIN_POSITION_HEADER, POSITION_HEADER, if_none_match, json, json_with_etag,
    not_modified, ok_status, raw_json, with_position,
};
pub use serve::{BindError, bind, serve};
pub use settings::HttpSettings;
pub use token::{
    CSRF_COOKIE, ShownToken, TOKEN_COOKIE, USER_COOKIE, cookie, csrf_token, is_genuine, is_script,
    shown_token,
};
