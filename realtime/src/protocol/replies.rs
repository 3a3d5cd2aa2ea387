//! Answers to what clients ask. They carry `seq_reply` and never take an event's number.

use std::collections::BTreeMap;

use bytes::Bytes;
use events::UserId;
use events::user::StatusKind;
use schemars::JsonSchema;
use serde::Serialize;
use wire::frame::Reply;

pub fn ok(seq: i64) -> Bytes {
    Reply::ok(seq).to_json()
}

#[derive(Serialize, JsonSchema)]
pub struct Pong<'a> {
    text: &'static str,
    version: &'a str,
    server_time: i64,
    node_id: &'static str,
}

pub fn pong(seq: i64, version: &str, server_time: i64) -> Bytes {
    Reply::with_data(seq, Pong { text: "pong", version, server_time, node_id: "" }).to_json()
}

/// Of whom is present, or was asked for.
pub type Statuses = BTreeMap<UserId, StatusKind>;

pub fn statuses(seq: i64, statuses: Statuses) -> Bytes {
    Reply::with_data(seq, statuses).to_json()
}

pub fn not_authenticated(seq: i64) -> Bytes {
    let id = "api.web_socket_router.not_authenticated.app_error";
    Reply::fail(seq, id, "This connection is not authenticated.", 401).to_json()
}

pub fn bad_seq(seq: i64) -> Bytes {
    let id = "api.web_socket_router.bad_seq.app_error";
    Reply::fail(seq, id, "A request needs a seq above 0.", 400).to_json()
}

pub fn no_action(seq: i64) -> Bytes {
    let id = "api.web_socket_router.no_action.app_error";
    Reply::fail(seq, id, "A request needs an action.", 400).to_json()
}

pub fn bad_action(seq: i64) -> Bytes {
    let id = "api.web_socket_router.bad_action.app_error";
    Reply::fail(seq, id, "There is no such action.", 500).to_json()
}

pub fn invalid_param(seq: i64) -> Bytes {
    let id = "api.websocket_handler.invalid_param.app_error";
    Reply::fail(seq, id, "The request has a missing or invalid parameter.", 400).to_json()
}

pub fn forbidden(seq: i64) -> Bytes {
    let id = "api.context.permissions.app_error";
    Reply::fail(seq, id, "You do not have the appropriate permissions.", 403).to_json()
}
