//! The v4 error body and the errors that clients know by id.
//!
//! Each endpoint maps its own rejections to one of these; there is no error type that knows all of
//! them. What failed inside (a database, the log) is logged here once and never reaches the body.

use std::borrow::Cow;
use std::fmt::Display;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use super::{context::RequestContext, respond};

/// A refusal or failure, as the client will read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    id: Cow<'static, str>,
    message: Cow<'static, str>,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    message: &'a str,
    detailed_error: &'static str,
    request_id: &'a str,
    status_code: u16,
}

impl ApiError {
    /// An error with an id that only one endpoint uses.
    pub fn new(
        status: StatusCode,
        id: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, id: id.into(), message: message.into() }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// Something in the body is missing, of the wrong type or out of range.
    pub fn invalid_body(what: impl Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "api.context.invalid_body_param.app_error",
            format!("The request body has a missing or invalid value: {what}."),
        )
    }

    /// Something in the path is not what the route expects there.
    pub fn invalid_url(what: impl Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "api.context.invalid_url_param.app_error",
            format!("The address has a missing or invalid value: {what}."),
        )
    }

    /// Something in the query is not what the route expects there.
    pub fn invalid_param(what: impl Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "api.context.invalid_param.app_error",
            format!("The request has a missing or invalid parameter: {what}."),
        )
    }

    /// The service failed. The cause goes to the log with the request's id, and nowhere else.
    pub fn internal(cause: impl Display) -> Self {
        log_failure("request failed", &cause);
        Self::internal_without_cause()
    }

    pub(super) fn internal_without_cause() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "api.nottermost.internal.app_error",
            "The server failed to handle this request.",
        )
    }

    /// Something that the request needs cannot be reached now; nothing was written.
    pub fn unavailable(cause: impl Display) -> Self {
        log_failure("request refused, a dependency is unavailable", &cause);
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "api.nottermost.unavailable.app_error",
            "The server cannot handle this request right now. Try again shortly.",
        )
    }

    /// The command may or may not have been taken: repeating it with the same id is safe.
    pub fn unknown_outcome() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "api.nottermost.unknown_outcome.app_error",
            "The outcome is unknown. Retry with the same id.",
        )
    }

    /// An `Idempotency-Key` came back with another body.
    pub fn idempotency_key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "api.nottermost.idempotency_key_reused.app_error",
            "This Idempotency-Key was used before, with another request.",
        )
    }
}

macro_rules! known_errors {
    ($($(#[$doc:meta])* $name:ident => $status:ident, $id:literal, $message:literal;)*) => {
        /// Errors with fixed ids that clients compare.
        impl ApiError {
            $($(#[$doc])*
            pub fn $name() -> Self {
                Self::new(StatusCode::$status, $id, $message)
            })*
        }

        #[cfg(test)]
        const KNOWN: &[(fn() -> ApiError, StatusCode, &str)] =
            &[$((ApiError::$name, StatusCode::$status, $id)),*];
    };
}

known_errors! {
    /// No token, or one that is not valid (any more); a failed CSRF check.
    session_expired => UNAUTHORIZED, "api.context.session_expired.app_error",
        "There is no valid session. Log in again.";
    /// Any login failure that must not say which half was wrong.
    invalid_credentials => UNAUTHORIZED, "api.user.login.invalid_credentials_email_username",
        "The login or the password is not correct.";
    login_inactive => UNAUTHORIZED, "api.user.login.inactive.app_error",
        "This account is deactivated.";
    login_not_verified => UNAUTHORIZED, "api.user.login.not_verified.app_error",
        "The e-mail address of this account is not verified yet.";
    login_blank_password => BAD_REQUEST, "api.user.login.blank_pwd.app_error",
        "A password is needed to log in.";
    login_bot_forbidden => UNAUTHORIZED, "api.user.login.bot_login_forbidden.app_error",
        "Bots do not log in; they use a token.";
    login_too_many_attempts => UNAUTHORIZED, "api.user.check_user_login_attempts.too_many.app_error",
        "Too many failed attempts: this account is locked for now.";
    mfa_failed => UNAUTHORIZED, "mfa.validate_token.authenticate.app_error",
        "The one-time code is not correct.";
    /// Every failed permission check.
    forbidden => FORBIDDEN, "api.context.permissions.app_error",
        "You do not have the appropriate permissions.";
    unknown_route => NOT_FOUND, "api.context.404.app_error",
        "There is nothing at this address.";
    user_not_found => NOT_FOUND, "app.user.missing_account.const",
        "There is no such account.";
    team_not_found => NOT_FOUND, "app.team.get.find.app_error",
        "There is no such team.";
    team_member_not_found => NOT_FOUND, "app.team.get_member.missing.app_error",
        "This account is not a member of the team.";
    channel_not_found => NOT_FOUND, "app.channel.get.existing.app_error",
        "There is no such channel.";
    channel_name_not_found => NOT_FOUND, "app.channel.get_by_name.missing.app_error",
        "There is no channel of this name.";
    channel_member_not_found => NOT_FOUND, "app.channel.get_member.missing.app_error",
        "This account is not a member of the channel.";
    post_not_found => NOT_FOUND, "app.post.get.app_error",
        "There is no such post.";
    file_not_found => NOT_FOUND, "app.file_info.get.app_error",
        "There is no such file.";
    email_exists => BAD_REQUEST, "app.user.save.email_exists.app_error",
        "An account with this e-mail address already exists.";
    username_exists => BAD_REQUEST, "app.user.save.username_exists.app_error",
        "An account with this username already exists.";
    channel_exists => BAD_REQUEST, "store.sql_channel.save_channel.exists.app_error",
        "A channel of this name already exists in the team.";
    post_root_invalid => BAD_REQUEST, "api.post.create_post.root_id.app_error",
        "The post to reply to does not exist.";
    post_to_deleted_channel => BAD_REQUEST, "api.post.create_post.can_not_post_to_deleted.error",
        "This channel is archived.";
    /// The first request with this `pending_post_id` is still being decided.
    post_pending => INTERNAL_SERVER_ERROR, "api.post.deduplicate_create_post.pending",
        "A post with this pending_post_id is being handled.";
    leave_default_channel => BAD_REQUEST, "api.channel.leave.default.app_error",
        "Nobody leaves the team's default channel.";
    remove_from_default_channel => BAD_REQUEST, "api.channel.remove.default.app_error",
        "Nobody is removed from the team's default channel.";
    emoji_duplicate => BAD_REQUEST, "api.emoji.create.duplicate.app_error",
        "An emoji of this name already exists.";
    body_too_large => PAYLOAD_TOO_LARGE, "api.context.request_body_too_large.app_error",
        "The request body is too large.";
    body_timeout => REQUEST_TIMEOUT, "api.nottermost.body_timeout.app_error",
        "The request body did not arrive.";
    file_too_large => PAYLOAD_TOO_LARGE, "api.file.upload_file.too_large_detailed.app_error",
        "The file is larger than this server accepts.";
    too_many_requests => TOO_MANY_REQUESTS, "api.nottermost.too_many_requests.app_error",
        "There are too many requests. Try again when the header Retry-After says.";
    command_not_found => NOT_FOUND, "api.command.execute_command.not_found.app_error",
        "There is no such slash command.";
    /// A feature that this server does not have; clients read 501 as "off".
    not_implemented => NOT_IMPLEMENTED, "api.nottermost.not_implemented.app_error",
        "This feature is not available on this server.";
}

fn log_failure(message: &'static str, cause: &dyn Display) {
    let request = RequestContext::with(|context| context.request_id.to_string());
    tracing::error!(request.id = request, error = %cause, "{message}");
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let request_id = RequestContext::with(|context| context.request_id.to_string());
        respond::json(
            self.status,
            &Body {
                id: &self.id,
                message: &self.message,
                detailed_error: "",
                request_id: request_id.as_deref().unwrap_or(""),
                status_code: self.status.as_u16(),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_known_errors_share_an_id_and_each_message_is_a_sentence() {
        let mut ids = HashSet::new();
        for (make, status, id) in KNOWN {
            let error = make();
            assert_eq!((error.status(), error.id()), (*status, *id));
            assert!(ids.insert(*id), "{id} twice");
            assert!(error.message().ends_with('.'), "{id}");
        }
    }

    #[test]
    fn messages_that_clients_search_for_keep_their_words() {
        assert!(ApiError::email_exists().message().contains("already exists."));
        assert!(ApiError::username_exists().message().contains("already exists."));
        assert!(ApiError::invalid_credentials().id().contains("invalid_credentials"));
        let forbidden = ApiError::forbidden();
        assert_eq!(forbidden.message(), "You do not have the appropriate permissions.");
    }
}
