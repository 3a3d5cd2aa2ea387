//! Whether this process can serve: the parts say it themselves, `ping` asks.

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use parking_lot::RwLock;

use crate::http::ApiError;

/// The parts of this process and what keeps each from serving, if anything does. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Health {
    parts: Arc<RwLock<Vec<Arc<Part>>>>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    obstacle: RwLock<Option<Cow<'static, str>>>,
}

/// One part's own entry: it alone changes it.
#[derive(Debug, Clone)]
pub struct PartHealth(Arc<Part>);

impl Health {
    /// Adds a part, which is not ready until it says so.
    pub fn register(&self, name: &'static str) -> PartHealth {
        let part = Arc::new(Part { name, obstacle: RwLock::new(Some("starting".into())) });
        self.parts.write().push(Arc::clone(&part));
        PartHealth(part)
    }

    /// What keeps this process from serving, part by part; empty if it can serve.
    pub fn obstacles(&self) -> Vec<(&'static str, String)> {
        let parts = self.parts.read();
        let obstacle =
            |part: &Arc<Part>| Some((part.name, part.obstacle.read().clone()?.into_owned()));
        parts.iter().filter_map(obstacle).collect()
    }

    /// Refuses with a 503 that names the parts that are not ready.
    pub fn check(&self) -> Result<(), ApiError> {
        let obstacles = self.obstacles();
        if obstacles.is_empty() {
            return Ok(());
        }
        let parts: Vec<_> = obstacles.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "api.nottermost.not_ready.app_error",
            format!("Not ready: {}.", parts.join(", ")),
        ))
    }
}

impl PartHealth {
    pub fn ready(&self) {
        *self.0.obstacle.write() = None;
    }

    /// Says why this part cannot serve. Shown to anyone who asks: no addresses, no causes.
    pub fn not_ready(&self, why: impl Into<Cow<'static, str>>) {
        *self.0.obstacle.write() = Some(why.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_once_all_its_parts_are() {
        let health = Health::default();
        assert!(health.check().is_ok(), "nothing that could be unready");
        let (log, projector) = (health.register("log"), health.register("projector"));
        log.ready();
        let error = health.check().unwrap_err();
        assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(error.message(), "Not ready: projector (starting).");
        projector.ready();
        assert!(health.check().is_ok());
        log.not_ready("failed");
        assert_eq!(health.obstacles(), [("log", "failed".to_owned())]);
    }
}
