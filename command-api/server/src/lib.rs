//! command-api as a process of its own: composition only.
//!
//! Owns which parts the process is made of, and the order in which they start and stop. It must never
//! decide anything about chat.

use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use command_api::CommandApi;
use events::Topic;
use fold::{Fold, Presence, StatusBoard};
use platform::config::Config;
use platform::health::Health;
use platform::secrets::Secrets;
use process::{Running, ServiceParts};
use read_model::PolledRows;
use tokio::task::JoinSet;

const NAME: &str = "command-api";

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting or made it stop.
pub async fn run(config: Config) -> Result<()> {
    process::run_service(config, NAME, Service::start).await
}

/// What differs between installations.
pub fn settings(config: &Config, secrets: &Secrets) -> command_api::Settings {
    command_api::Settings {
        cell: process::cell(secrets),
        visible_wait: config.write.visible_wait_ms.millis(),
        deadline: config.write.deadline_ms.millis(),
        open_server: config.service.enable_open_server,
        enable_guest_accounts: config.service.enable_guest_accounts,
        file_bytes_max: config.limits.file_bytes_max.get(),
        wrong_passwords_max: u32::try_from(config.limits.wrong_passwords_max.get())
            .unwrap_or(u32::MAX),
        retention: command_api::RetentionSettings::new(
            process::kept(config),
            u8::try_from(config.retention.run_hour.get()).unwrap_or(0),
        ),
        collapsed_threads: process::collapsed_threads(config),
        site_url: process::site_url(config),
        trusted_proxies: config.http.trusted_proxies.clone(),
        secure_cookies: config.http.site_url.as_ref().is_some_and(|url| url.is_tls()),
    }
}

struct Service {
    fold: Fold,
    router: Router,
    health: Health,
    tasks: JoinSet<()>,
}

impl Service {
    async fn start(parts: ServiceParts) -> Result<Self> {
        let health = Health::default();
        let fold = process::folded(&parts.storage, &Topic::DURABLE, None, parts.rules).await?;
        let reader = parts.readable().await;
        let statuses = Arc::new(StatusBoard::new());
        let presence = Presence::follow(parts.storage.reader(), Arc::clone(&statuses)).await?;
        let commands = CommandApi::new(command_api::Parts {
            log: Arc::clone(&parts.storage.log),
            keys: parts.storage.keys.clone(),
            fold: fold.clone(),
            secrets: Arc::clone(&parts.secrets),
            reader: reader.clone(),
            projection: Arc::new(PolledRows::new(reader.clone())),
            objects: Arc::clone(&parts.storage.objects),
            access: vec![Arc::new(presence.clone())],
            statuses,
            presence: presence.clone(),
            settings: settings(&parts.config, &parts.secrets),
        });
        commands.open_cell().await.context("failed to join the installation")?;
        let mut tasks = JoinSet::new();
        let managed = commands.clone();
        tasks.spawn(async move { managed.run_process_manager().await });
        let scheduling = commands.clone();
        tasks.spawn(async move { scheduling.run_scheduler().await });
        let retaining = commands.clone();
        tasks.spawn(async move { retaining.run_retention_daily().await });
        let (sealing, archive) = (commands.clone(), parts.archive.clone());
        let signer = process::archive_signer(&parts.secrets).public_key();
        tasks.spawn(async move { sealing.seal_once_replaced(archive, signer).await });
        let (taking, heard) = (commands.clone(), presence.clone());
        tasks.spawn(async move { taking.take_in_statuses(&heard).await });
        let noting = commands.clone();
        tasks.spawn(async move { noting.take_in_uses(&presence).await });
        let (source, said) = (process::cell(&parts.secrets), parts.storage.presence());
        tasks.spawn(process::say_uses(fold.clone(), source, said));
        process::watch_service(&mut tasks, &parts, &fold, &reader, &health);
        let router = parts.edge(command_api::routes(commands), &health);
        Ok(Self { fold, router, health, tasks })
    }
}

impl Running for Service {
    fn router(&self) -> Router {
        self.router.clone()
    }

    fn health(&self) -> &Health {
        &self.health
    }

    async fn failed(&self) -> anyhow::Error {
        self.fold.stopped().await.into()
    }

    async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}
