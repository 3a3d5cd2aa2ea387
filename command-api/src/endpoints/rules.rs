//! `/api/nottermost/v1/rules`: which rules judge the log, which each process knows, and newer ones.

use axum::extract::State;
use axum::response::Response;
use domain::RULES_KNOWN;
use events::Id;
use fold::KnownProcess;
use http::StatusCode;
use platform::http::{ApiError, Query, json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    /// The newest that are known if it is not said.
    rules: Option<u32>,
    /// Although processes run that do not know them: those end.
    #[serde(default)]
    force: bool,
}

/// Which rules are known, and to whom.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RulesReport {
    rules_known: u32,
    rules_in_force: u32,
    processes: Vec<RulesOfProcess>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RulesOfProcess {
    id: Id,
    service: String,
    version: String,
    rules_known: u32,
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

fn report(api: &CommandApi, processes: &[KnownProcess]) -> RulesReport {
    let process = |process: &KnownProcess| RulesOfProcess {
        id: process.process_id,
        service: process.service.clone(),
        version: process.version.clone(),
        rules_known: process.rules,
    };
    RulesReport {
        rules_known: RULES_KNOWN,
        rules_in_force: api.rules_in_force(),
        processes: processes.iter().map(process).collect(),
    }
}
