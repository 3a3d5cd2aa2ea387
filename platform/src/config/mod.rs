//! Configuration: documented defaults compiled in, then a TOML file, then the environment.
//!
//! A section is declared with [`settings_section!`](crate::settings_section) beside the code that
//! it configures; [`Config`] only lists them. The loader is pure: it is handed the file's text and
//! the environment, so what a process would do with both is an ordinary test. To add a setting, add
//! a field with its doc comment and default, and regenerate `docs/CONFIGURATION.md` (its test says
//! how).

mod error;
mod networks;
mod reference;
mod section;
mod sections;
mod sources;
mod store_url;
mod values;

use std::path::PathBuf;

pub use error::{ConfigError, Origin};
pub use networks::Networks;
pub use reference::reference_page;
pub use section::{FieldDoc, Section, SectionDoc, Setting};
pub use sections::{
    ArchiveSettings, CollapsedThreads, KafkaSettings, LimitSettings, LinkSettings, LogSettings,
    ObjectSettings, RetentionSettings, S3Settings, ServiceSettings, StreamSettings, WriteSettings,
};
pub use sources::{CONFIG_FILE_VARIABLE, Sources};
pub use store_url::{StorePlace, StoreUrl};
pub use values::{Bounded, ClientSettings, DatabaseUrl, HttpUrl, LogFilter, LogUrl, OneOf, Secret};

use crate::{data_dir, http, master_keys, postgres, secrets, telemetry};

/// Everything a process can be told. Each service is handed the sections that it uses, never this.
#[derive(Debug, Clone)]
pub struct Config {
    pub http: http::HttpSettings,
    pub data: data_dir::DataSettings,
    pub log: LogSettings,
    pub kafka: KafkaSettings,
    pub objects: ObjectSettings,
    pub keys: master_keys::KeySettings,
    pub archive: ArchiveSettings,
    pub s3: S3Settings,
    pub secrets: secrets::SecretSettings,
    pub database: postgres::DatabaseSettings,
    pub telemetry: telemetry::TelemetrySettings,
    pub write: WriteSettings,
    pub retention: RetentionSettings,
    pub limits: LimitSettings,
    pub stream: StreamSettings,
    pub links: LinkSettings,
    pub service: ServiceSettings,
}

impl Config {
    /// The sections in the order of the reference page.
    pub const SECTIONS: &'static [SectionDoc] = &[
        http::HttpSettings::DOC,
        data_dir::DataSettings::DOC,
        LogSettings::DOC,
        KafkaSettings::DOC,
        ObjectSettings::DOC,
        master_keys::KeySettings::DOC,
        ArchiveSettings::DOC,
        S3Settings::DOC,
        secrets::SecretSettings::DOC,
        postgres::DatabaseSettings::DOC,
        telemetry::TelemetrySettings::DOC,
        WriteSettings::DOC,
        RetentionSettings::DOC,
        LimitSettings::DOC,
        StreamSettings::DOC,
        LinkSettings::DOC,
        ServiceSettings::DOC,
    ];

    /// The configuration that `sources` make, or the first thing in them that is wrong.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        sources.refuse_unknown(Self::SECTIONS)?;
        Ok(Self {
            http: sources.section()?,
            data: sources.section()?,
            log: sources.section()?,
            kafka: sources.section()?,
            objects: sources.section()?,
            keys: sources.section()?,
            archive: sources.section()?,
            s3: sources.section()?,
            secrets: sources.section()?,
            database: sources.section()?,
            telemetry: sources.section()?,
            write: sources.section()?,
            retention: sources.section()?,
            limits: sources.section()?,
            stream: sources.section()?,
            links: sources.section()?,
            service: sources.section()?,
        })
    }

    /// The configuration of this process: `file` or else the file that `NOTTERMOST_CONFIG` names,
    /// and the environment.
    pub fn from_process(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        Self::load(&Sources::of_process(file)?)
    }

    /// The compiled-in defaults.
    ///
    /// # Panics
    /// Never: a test loads every default.
    pub fn defaults() -> Self {
        Self::load(&Sources::default()).expect("every compiled-in default is valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = (!file.is_empty()).then(|| (PathBuf::from("chat.toml"), file.to_owned()));
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(&Sources::new(file, env)?)
    }

    fn refusal(file: &str, env: &[(&str, &str)]) -> String {
        load(file, env).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_those_that_the_product_promises() {
        let config = Config::defaults();
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8065");
        assert_eq!(config.data.dir, PathBuf::from("./data"));
        assert_eq!(config.log.url, LogUrl::Embedded("log".into()));
        assert_eq!(
            config.objects.url.place(&config.data.dir, "objects"),
            StorePlace::Directory("./data/objects".into())
        );
        assert_eq!(config.secrets.path(&config.data.dir), PathBuf::from("./data/secrets.toml"));
        assert!(config.database.url.is_none());
        assert_eq!(config.limits.json_body_bytes_max.get(), 300_000);
    }

    #[test]
    fn the_file_overrides_the_default_and_the_environment_overrides_the_file() {
        let file = "[http]\nlisten = \"0.0.0.0:80\"\ndrain_ms = 1_000\n";
        let config = load(file, &[("NOTTERMOST_HTTP__LISTEN", "127.0.0.1:0")]).unwrap();
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:0");
        assert_eq!(config.http.drain_ms.get(), 1_000);
    }

    #[test]
    fn a_bad_value_names_key_value_origin_and_what_is_accepted() {
        let message = refusal("", &[("NOTTERMOST_HTTP__LISTEN", "localhost")]);
        for part in ["http.listen", "\"localhost\"", "NOTTERMOST_HTTP__LISTEN", "127.0.0.1:8065"] {
            assert!(message.contains(part), "{message} lacks {part}");
        }
        let message = refusal("\n[http]\nlisten = 8065\n", &[]);
        for part in ["http.listen", "\"8065\"", "chat.toml:3", "an address and a port"] {
            assert!(message.contains(part), "{message} lacks {part}");
        }
        let message = refusal("[http]\ndrain_ms = 60_001\n", &[]);
        assert!(message.contains("a whole number from 0 to 60000"), "{message}");
    }

    #[test]
    fn unknown_keys_are_refused_wherever_they_come_from() {
        let message = refusal("[http]\nlisten = \"127.0.0.1:1\"\nlisten_on = 1\n", &[]);
        assert!(message.contains("http.listen_on") && message.contains("chat.toml:3"), "{message}");
        assert!(message.contains("listen, "), "names what is known: {message}");
        let message = refusal("[htpp]\nlisten = 1\n", &[]);
        assert!(message.contains("htpp.listen") && message.contains("chat.toml:2"), "{message}");
        let message = refusal("listen = 1\n", &[]);
        assert!(message.contains("listen") && message.contains("chat.toml:1"), "{message}");
        let message = refusal("", &[("NOTTERMOST_HTTP__LISTENN", "x")]);
        assert!(message.contains("NOTTERMOST_HTTP__LISTENN"), "{message}");
        let message = refusal("", &[("NOTTERMOST_LISTEN", "x")]);
        assert!(message.contains("NOTTERMOST_LISTEN"), "{message}");
    }

    #[test]
    fn other_programs_variables_are_left_alone() {
        load("", &[("PATH", "/bin"), ("NOTTERMOSTX", "1"), ("nottermost_http__x", "1")]).unwrap();
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_with_its_place() {
        let message = refusal("[http]\nlisten = = 1\n", &[]);
        assert!(message.contains("chat.toml:2"), "{message}");
        let message = refusal("[http]\nlisten = [1]\n", &[]);
        assert!(message.contains("http.listen") && message.contains("a single value"), "{message}");
    }

    #[test]
    fn a_store_that_is_no_bucket_is_refused_in_one_line() {
        let value = "s3://Bucket/prefix";
        let message = refusal("", &[("NOTTERMOST_OBJECTS__URL", value)]);
        assert!(message.contains("a bucket has"), "{message}");
        assert!(message.contains(value) && !message.contains('\n'), "{message}");
    }

    #[test]
    fn the_secret_key_of_s3_is_shown_neither_in_an_error_nor_in_debug_output() {
        let config = load("", &[("NOTTERMOST_S3__SECRET_KEY", "hush")]).unwrap();
        assert_eq!(config.s3.secret_key.as_ref().unwrap().reveal(), "hush");
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn the_plain_database_url_counts_unless_ours_is_set() {
        let plain = ("DATABASE_URL", "postgres://u:hush@h/plain");
        let config = load("[database]\nurl = \"postgres://h/file\"\n", &[plain]).unwrap();
        assert!(config.database.url.as_ref().unwrap().reveal().ends_with("/plain"));
        let ours = ("NOTTERMOST_DATABASE__URL", "postgresql://h/ours");
        let config = load("", &[ours, plain]).unwrap();
        assert!(config.database.url.as_ref().unwrap().reveal().ends_with("/ours"));
        assert!(load("", &[("DATABASE_URL", "")]).unwrap().database.url.is_none());
    }

    #[test]
    fn a_password_is_shown_neither_in_an_error_nor_in_debug_output() {
        let message = refusal("", &[("DATABASE_URL", "mysql://u:hush@h/x")]);
        assert!(message.contains("DATABASE_URL") && !message.contains("hush"), "{message}");
        let config = load("", &[("DATABASE_URL", "postgres://u:hush@h/x")]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn a_bad_log_filter_is_refused() {
        let message = refusal("", &[("NOTTERMOST_TELEMETRY__LOG_FILTER", "info,a=loud")]);
        assert!(message.contains("telemetry.log_filter"), "{message}");
    }
}
