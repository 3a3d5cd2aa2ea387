//! What this server calls itself.

use domain::Kept;
use domain::commands::post::MESSAGE_CHARS_MAX;
use events::Id;
use platform::config::Config;
use platform::secrets::Secrets;
use wire::{ClientConfig, PASSWORD_LEN_MIN};

/// The version of the contract that we speak: clients compare it with their own.
const CONTRACT_VERSION: &str = "11.9.0";

/// The cell's name, as the source of its events: the same at every start, and no personal data.
pub fn cell(secrets: &Secrets) -> String {
    format!("nottermost/{}", installation(secrets))
}

fn installation(secrets: &Secrets) -> Id {
    Id::derived("installation", &[secrets.fingerprint().as_bytes()])
}

/// How long this installation keeps what no policy speaks of.
pub fn kept(config: &Config) -> Kept {
    let days = |days: u64| u32::try_from(days).unwrap_or(u32::MAX);
    Kept {
        message_days: days(config.retention.message_days.get()),
        file_days: days(config.retention.file_days.get()),
    }
}

/// Whether people read threads apart from their channels.
pub fn collapsed_threads(config: &Config) -> wire::CollapsedThreads {
    use platform::config::CollapsedThreads as Setting;
    match config.service.collapsed_threads {
        Setting::Disabled => wire::CollapsedThreads::Disabled,
        Setting::DefaultOff => wire::CollapsedThreads::DefaultOff,
        Setting::DefaultOn => wire::CollapsedThreads::DefaultOn,
        Setting::AlwaysOn => wire::CollapsedThreads::AlwaysOn,
    }
}

/// Where people reach the server; empty if that is not set.
pub fn site_url(config: &Config) -> String {
    config.http.site_url.as_ref().map(|url| url.as_str().to_owned()).unwrap_or_default()
}

/// What clients are told.
pub fn client_config(config: &Config, secrets: &Secrets) -> ClientConfig {
    ClientConfig {
        version: CONTRACT_VERSION.to_owned(),
        build_number: env!("CARGO_PKG_VERSION").to_owned(),
        build_hash: "none".to_owned(),
        site_url: site_url(config),
        site_name: config.service.site_name.clone(),
        enable_link_previews: config.links.enable_previews,
        has_image_proxy: config.links.enable_image_proxy,
        enable_public_link: config.service.enable_public_link,
        enable_guest_accounts: config.service.enable_guest_accounts,
        max_file_size_bytes: config.limits.file_bytes_max.get(),
        max_post_size_runes: MESSAGE_CHARS_MAX as u64,
        password_length_min: PASSWORD_LEN_MIN as u64,
        diagnostic_id: installation(secrets).to_string(),
        collapsed_threads: collapsed_threads(config),
    }
}

/// `X-Version-Id`: version, build, a hash of what clients are told, and whether there is a licence. A
/// client that sees another value than before offers to reload.
pub fn version_id(client: &ClientConfig) -> String {
    let told = format!("{:?}", wire::client_config(client));
    let hash = Id::derived("client.config", &[told.as_bytes()]);
    format!("{}.{}.{hash}.false", client.version, client.build_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_id_begins_with_a_version_that_clients_read_and_follows_the_configuration() {
        let secrets = Secrets::from_keys([1; 32], [2; 32]);
        let mut client = client_config(&Config::defaults(), &secrets);
        let before = version_id(&client);
        assert!(before.starts_with("11.9.0.") && before.ends_with(".false"), "{before}");
        assert_eq!(before, version_id(&client));
        client.site_name = "another".to_owned();
        assert_ne!(before, version_id(&client));
    }

    #[test]
    fn the_cell_is_named_by_its_secrets() {
        let (ours, others) =
            (Secrets::from_keys([1; 32], [2; 32]), Secrets::from_keys([1; 32], [3; 32]));
        assert_eq!(cell(&ours), cell(&ours));
        assert_ne!(cell(&ours), cell(&others));
    }
}
