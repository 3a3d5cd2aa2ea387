//! `/api/nottermost/v1/rules`: which rules judge the log, which each process knows, and newer ones.

use axum::extract::State;
use axum::response::Response;
use domain::RULES_KNOWN;
use fold::KnownProcess;
use http::StatusCode;
use platform::http::{ApiError, Query, json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    /// The newest that are known if it is not said.
    rules: Option<u32>,
    /// Although processes run that do not know them: those end.
    #[serde(default)]
    force: bool,
}

pub(crate) async fn activate(
    State(api): State<CommandApi>,
    caller: Caller,
    query: Query,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    if !caller.account.system_admin {
        return Err(ApiError::forbidden());
    }
    let rules = body.rules.unwrap_or(RULES_KNOWN);
    if !(1..=RULES_KNOWN).contains(&rules) {
        return Err(ApiError::invalid_param("rules"));
    }
    let processes = api.processes().await?;
    if !query.flag("dry_run") {
        let older: Vec<_> = processes.iter().filter(|process| process.rules < rules).collect();
        if !older.is_empty() && !body.force {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "api.nottermost.rules.unknown_to_some.app_error",
                format!(
                    "These processes do not know rules {rules} and would end: {}",
                    names(&older)
                ),
            ));
        }
        api.activate_rules(rules).await?;
    }
    Ok(json(StatusCode::OK, &report(&api, &processes)))
}

fn names(processes: &[&KnownProcess]) -> String {
    let name = |process: &&KnownProcess| format!("{} {}", process.service, process.version);
    processes.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn report(api: &CommandApi, processes: &[KnownProcess]) -> Value {
    let process = |process: &KnownProcess| {
        json!({
            "id": process.process_id,
            "service": process.service,
            "version": process.version,
            "rules_known": process.rules,
        })
    };
    json!({
        "rules_known": RULES_KNOWN,
        "rules_in_force": api.rules_in_force(),
        "processes": processes.iter().map(process).collect::<Vec<_>>(),
    })
}
