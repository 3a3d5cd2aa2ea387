//! What a process serves: its routes, those for whoever runs it, and the edge around both.

use axum::Router;
use platform::config::Config;
use platform::health::Health;
use platform::http::{self, EdgeSettings, RequestLimits, WebPage};
use platform::secrets::Secrets;
use platform::telemetry::Metrics;

use crate::{client_config, version_id};

/// Wraps the routes of this process' services.
pub fn edge(
    routes: Router,
    (config, secrets): (&Config, &Secrets),
    metrics: &Metrics,
    health: &Health,
    page: Option<WebPage>,
) -> Router {
    let settings = EdgeSettings {
        version_id: version_id(&client_config(config, secrets)),
        json_body_bytes_max: config.limits.json_body_bytes_max.size(),
        limits: RequestLimits::of(&config.limits, &config.http.trusted_proxies),
        page,
    };
    http::edge(routes.merge(http::operations(metrics, health.clone())), settings)
}
