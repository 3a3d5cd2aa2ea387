//! What concerns the installation.

pub(crate) mod client_config;
pub(crate) mod client_reports;
pub(crate) mod facts;
pub(crate) mod openapi;
pub(crate) mod ping;
pub(crate) mod root;
