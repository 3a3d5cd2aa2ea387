//! `replay rules`: which rules judge the log, which each process knows, and newer ones put in force.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::Outcome;
use crate::server::{Server, number};

/// By whose word, and whether it is done.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The server's address, as in `http://127.0.0.1:8065`.
    pub server: String,
    /// A session of an administrator.
    pub token: String,
    /// Whether it was confirmed.
    pub confirmed: bool,
    /// Although processes run that do not know them.
    pub force: bool,
    /// Print the server's report as it is.
    pub json: bool,
}

impl Rules {
    /// Says what there is to say on standard output; puts the newest rules in force if it was confirmed.
    /// [`Outcome::Different`] where there are newer ones and nothing was done.
    ///
    /// # Errors
    /// The server refuses, because processes do not know them for one, or does not answer.
    pub async fn run(&self) -> Result<Outcome> {
        let server = Server::new(&self.server, &self.token);
        let dry_run = !self.confirmed;
        let request = server.post(&format!("/api/nottermost/v1/rules?dry_run={dry_run}"))?;
        let report = server.answer(request.json(&json!({"force": self.force}))).await?;
        let report = report.context("this server knows no versions of rules")?;
        if self.json {
            println!("{report}");
        } else {
            tell(&report);
        }
        let newer = number(&report, "rules_known") > number(&report, "rules_in_force");
        Ok(if newer { Outcome::Different } else { Outcome::Good })
    }
}

fn tell(report: &Value) {
    for process in report["processes"].as_array().into_iter().flatten() {
        let of = |field: &str| process[field].as_str().unwrap_or_default();
        let (service, version) = (of("service"), of("version"));
        println!("{service} {version} knows rules {}", number(process, "rules_known"));
    }
    let (known, in_force) = (number(report, "rules_known"), number(report, "rules_in_force"));
    if known > in_force {
        println!("rules {in_force} are in force; `replay rules --yes` puts rules {known} in force");
    } else {
        println!("rules {in_force} are in force");
    }
}
