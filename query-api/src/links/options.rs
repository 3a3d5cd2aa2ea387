//! What is fetched, and how much of it.

use std::time::Duration;

use platform::config::{LinkSettings, Networks};

/// How a process fetches what posts link to.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    pub previews: bool,
    pub image_proxy: bool,
    /// Networks that are asked although they are not public, at whatever port.
    pub allowed: Networks,
    pub any_port: bool,
    pub deadline: Duration,
    pub page_bytes_max: usize,
    pub image_bytes_max: u64,
    pub fetches_max: usize,
    pub kept_bytes_max: u64,
}

impl LinkOptions {
    pub fn new(settings: &LinkSettings) -> Self {
        Self {
            previews: settings.enable_previews,
            image_proxy: settings.enable_image_proxy,
            allowed: settings.allowed_networks.clone(),
            any_port: settings.any_port,
            deadline: settings.fetch_deadline_ms.millis(),
            page_bytes_max: settings.page_bytes_max.size(),
            image_bytes_max: settings.image_bytes_max.get(),
            fetches_max: settings.fetches_max.size(),
            kept_bytes_max: settings.kept_bytes_max.get(),
        }
    }
}
