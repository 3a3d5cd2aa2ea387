//! Logging in and out.

use std::time::Instant;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use domain::Account;
use domain::commands::user::{CreateSession, RevokeSession};
use events::user::{SessionOrigin, TokenHash};
use events::{Actor, EventId, Id, Partition, SessionId, Topic, UserId};
use http::header::{SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use platform::clock;
use platform::http::{
    ApiError, CSRF_COOKIE, Described, Inputs, Json, TOKEN_COOKIE, USER_COOKIE, client_address,
    csrf_token, is_script, json, nullable, ok_status, parse_id,
};
use read_model::queries::Credentials;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::{MaybeCaller, Wishes};
use crate::executor::CommandApi;
use crate::facts::unreadable;

const TOKEN: HeaderName = HeaderName::from_static("token");
const SESSION_MS: i64 = 30 * 24 * 3600 * 1000;
/// How often a password is checked anew because the account changed meanwhile.
const CHECKS_MAX: usize = 3;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Login {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    login_id: String,
    #[serde(default, deserialize_with = "nullable")]
    password: String,
    #[serde(default, alias = "deviceId", deserialize_with = "nullable")]
    device_id: String,
}

/// Where a request comes from, as far as that is known.
pub(crate) struct Origin {
    headers: HeaderMap,
    address: String,
}

impl Described for Origin {
    fn describe(_: &mut Inputs) {}
}

impl FromRequestParts<CommandApi> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &CommandApi) -> Result<Self, ApiError> {
        let address =
            client_address(&parts.extensions, &parts.headers, &api.settings.trusted_proxies);
        let address = address.map_or(String::new(), |address| address.to_string());
        Ok(Self { headers: parts.headers.clone(), address })
    }
}

/// `POST /users/login`
pub(crate) async fn login(
    State(api): State<CommandApi>,
    origin: Origin,
    Json(body): Json<Login>,
) -> Result<Response, ApiError> {
    if body.password.is_empty() {
        return Err(ApiError::login_blank_password());
    }
    let device_id = body.device_id.chars().take(512).collect();
    let credentials = checked(&api, &body, &origin.address).await?;
    let user = credentials.user.id;
    let token = fold::auth::new_token(user, Id::random().0);
    let command = CreateSession {
        user_id: user,
        session_id: SessionId::random(),
        token_hash: TokenHash::of(&token),
        expires_at: clock::now_ms() + SESSION_MS,
        auth_generation: credentials.auth_generation,
        origin: SessionOrigin {
            device_id,
            user_agent: header(&origin.headers, &USER_AGENT),
            address: origin.address,
        },
    };
    let actor = Actor::User(user);
    let id = EventId::random();
    let decide =
        |directory: &domain::Directory, users: &domain::Users| command.decide(directory, users);
    let written = api.in_users(actor, id, user, decide).await?;
    let partition = Partition::of(Topic::Users, user.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    let mut response = json(StatusCode::OK, &credentials.user.to_wire());
    if let Ok(value) = HeaderValue::try_from(token.as_str()) {
        response.headers_mut().insert(TOKEN, value);
    }
    // Only browsers are given cookies: whoever gets some unasked sends them back and fails the guard.
    if is_script(&origin.headers) {
        let csrf = csrf_token(&api.secrets, command.session_id);
        set_cookies(
            &api,
            response.headers_mut(),
            &token,
            &user.to_string(),
            &csrf,
            SESSION_MS / 1000,
        );
    }
    let wishes = Wishes { respond_async: true, ..Wishes::default() };
    Ok(api.shown(&wishes, &positions, response).await)
}

fn header(headers: &HeaderMap, name: &HeaderName) -> String {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(512).collect()
}

/// The account whose name and password these are, with the generation that the password belongs to.
/// Every other answer is the same, takes as long, and is given only from the end of the directory.
async fn checked(api: &CommandApi, body: &Login, address: &str) -> Result<Credentials, ApiError> {
    // Where there is no account, its name is counted all the same: that it is refused tells nothing.
    let attempt = api.attempts.log_in(&asked_for(body), address)?;
    for _ in 0..CHECKS_MAX {
        let account = account(api, body).await?;
        let credentials = match &account {
            Some((user, account)) => Some(credentials(api, *user, account.auth_generation).await?),
            None => None,
        };
        let hash = credentials.as_ref().map(|credentials| credentials.password_hash.clone());
        let right = api.passwords.is_right(body.password.clone(), hash).await?;
        if let (true, Some(credentials), Some((_, account))) = (right, &credentials, &account) {
            attempt.right();
            if account.is_bot {
                return Err(ApiError::login_bot_forbidden());
            }
            if !account.active {
                return Err(ApiError::login_inactive());
            }
            return Ok(credentials.clone());
        }
        // Wrong, unless the password was changed since it was read.
        api.fold
            .catch_up(&[Partition::DIRECTORY], api.deadline())
            .await
            .map_err(ApiError::unavailable)?;
        if known(api, body) == account {
            attempt.wrong();
            return Err(ApiError::invalid_credentials());
        }
    }
    Err(ApiError::unavailable("the account keeps changing while its password is checked"))
}

fn asked_for(body: &Login) -> String {
    let asked = if body.id.is_empty() { body.login_id.trim() } else { &body.id };
    asked.chars().take(128).collect::<String>().to_lowercase()
}

type Known = Option<(UserId, Account)>;

fn known(api: &CommandApi, body: &Login) -> Known {
    let directory = api.fold.directory();
    let directory = directory.state();
    let user = if body.id.is_empty() {
        let login = body.login_id.trim();
        directory
            .by_username(api.secrets.username_hash(login))
            .or_else(|| directory.by_email(api.secrets.email_hash(login)))?
    } else {
        parse_id(&body.id)?
    };
    Some((user, directory.account(user)?.clone()))
}

async fn account(api: &CommandApi, body: &Login) -> Result<Known, ApiError> {
    if let Some(found) = known(api, body) {
        return Ok(Some(found));
    }
    let caught_up = api.fold.catch_up(&[Partition::DIRECTORY], api.deadline()).await;
    caught_up.map_err(ApiError::unavailable)?;
    Ok(known(api, body))
}

/// The password's hash as of `generation` or later: an older one might be one that was changed.
///
/// # Errors
/// A 503 if the rows do not get there.
pub(super) async fn credentials(
    api: &CommandApi,
    user: UserId,
    generation: u64,
) -> Result<Credentials, ApiError> {
    let deadline = api.deadline();
    loop {
        if let Some(held) = api.reader.credentials_of(user).await.map_err(unreadable)?
            && held.auth_generation >= generation
        {
            return Ok(held);
        }
        if Instant::now() >= deadline {
            return Err(ApiError::unavailable("an account has no row as new as its fold"));
        }
        api.rows_at_ends(&[Partition::DIRECTORY]).await?;
    }
}

fn set_cookies(
    api: &CommandApi,
    headers: &mut HeaderMap,
    token: &str,
    user: &str,
    csrf: &str,
    age_seconds: i64,
) {
    let secure = if api.settings.secure_cookies { "; Secure" } else { "" };
    let cookies =
        [(TOKEN_COOKIE, token, "; HttpOnly"), (USER_COOKIE, user, ""), (CSRF_COOKIE, csrf, "")];
    for (name, value, hidden) in cookies {
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={age_seconds}; SameSite=Lax{hidden}{secure}");
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

/// `POST /users/logout`. Who is not logged in is as they wish to be.
pub(crate) async fn logout(
    State(api): State<CommandApi>,
    origin: Origin,
    MaybeCaller(caller, _): MaybeCaller,
) -> Result<Response, ApiError> {
    let mut response = ok_status();
    if is_script(&origin.headers) {
        set_cookies(&api, response.headers_mut(), "", "", "", 0);
    }
    let Some(caller) = caller else { return Ok(response) };
    let (user_id, session_id) = (caller.user, caller.session.session_id);
    let command = RevokeSession { actor: user_id, user_id, session_id };
    let id = EventId::random();
    let decide =
        |directory: &domain::Directory, users: &domain::Users| command.decide(directory, users);
    let written = api.in_users(caller.actor(), id, user_id, decide).await?;
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    api.ended(&positions, response).await
}
