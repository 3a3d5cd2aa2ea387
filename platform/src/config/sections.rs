//! The sections whose subject lives in a crate that must not know about configuration (the log, the
//! stores, the rules) or in several.

use super::networks::Networks;
use super::store_url::StoreUrl;
use super::values::{Bounded, ClientSettings, HttpUrl, LogUrl, OneOf, Secret};

crate::settings_section! {
    /// The event log: the one thing that must never be lost.
    "log" => pub struct LogSettings {
        /// Which log. `embedded:` keeps it in `log` below the data directory; `kafka://` is for
        /// services that run as processes of their own.
        url: LogUrl = "embedded:",
    }
}

crate::settings_section! {
    /// A log on Kafka.
    "kafka" => pub struct KafkaSettings {
        /// Whether topics that are missing are created at a start; otherwise `replay topics` does.
        create_topics: bool = "false",
        /// Copies of each partition in a topic that is created.
        replication: Bounded<1, 15> = "3",
        /// Copies that must be in step for an append to be acknowledged.
        in_sync_min: Bounded<1, 15> = "2",
        /// Further settings of the client that concern the connection: `security.*`, `sasl.*`,
        /// `ssl.*`, `client.*`, `broker.address.*`.
        client: ClientSettings = "",
    }
}

crate::settings_section! {
    /// The object store: snapshots of the fold, uploaded files.
    "objects" => pub struct ObjectSettings {
        /// Which store. `file:` keeps the objects in `objects` below the data directory; `s3://` is
        /// for a bucket of the section `s3`.
        url: StoreUrl = "file:",
    }
}

crate::settings_section! {
    /// The archive of the log: every record with its verdict, in segments that are never changed.
    "archive" => pub struct ArchiveSettings {
        /// Which store. `file:` keeps the archive in `archive` below the data directory, which is of use
        /// once that is another disk. Objects are only added, so a bucket may have versions and an
        /// object lock. It must be another place than `objects.url` and `keys.url`.
        url: StoreUrl = "file:",
    }
}

crate::settings_section! {
    /// The S3 in which the buckets of `s3://` stores are.
    "s3" => pub struct S3Settings {
        /// The region of the buckets.
        region: String = "us-east-1",
        /// The address of a store that speaks the protocol of S3 and is not Amazon's.
        endpoint: Option<HttpUrl>,
        /// Whether the bucket stands in the path of an address instead of in its host: most stores
        /// that are not Amazon's want it.
        force_path_style: bool = "false",
        /// Who asks. Not set: whoever the environment, the profile, the container or the machine says,
        /// as for Amazon's own tools.
        access_key: Option<String>,
        /// What belongs to the access key.
        secret_key: Option<Secret>,
    }
}

crate::settings_section! {
    /// How long a write waits.
    "write" => pub struct WriteSettings {
        /// How long a write waits until Postgres shows it. When the time is over it answers anyway:
        /// the event is on the log and the reads follow. 0 never waits.
        visible_wait_ms: Bounded<0, 60_000> = "2000",
        /// How long a write waits for its verdict. When the time is over the answer is a 503 that
        /// asks to retry with the same id.
        deadline_ms: Bounded<100, 120_000> = "10000",
    }
}

crate::settings_section! {
    /// How long things are kept, where no policy says otherwise. What is older disappears once a day; a
    /// legal hold stops that.
    "retention" => pub struct RetentionSettings {
        /// Days that messages are kept, with their files. 0 for ever.
        message_days: Bounded<0, 36_500> = "0",
        /// Days that files are kept, if that is shorter. 0 as long as their messages.
        file_days: Bounded<0, 36_500> = "0",
        /// The hour of the day, in UTC, at which it is looked what is older.
        run_hour: Bounded<0, 23> = "2",
    }
}

crate::settings_section! {
    /// How much is accepted. Over a limit is a clear refusal.
    "limits" => pub struct LimitSettings {
        /// Bytes of a JSON body.
        json_body_bytes_max: Bounded<1_024, 10_000_000> = "300000",
        /// Bytes of an uploaded file.
        file_bytes_max: Bounded<1, 1_073_741_824> = "104857600",
        /// WebSockets of one account.
        sockets_per_account_max: Bounded<1, 100_000> = "100",
        /// Wrong passwords that a process takes for one login from one address in ten minutes, and 25
        /// times as many from everywhere; then it refuses every one until they are over.
        wrong_passwords_max: Bounded<1, 1_000_000> = "20",
        /// Requests of one account that a process takes in a second, in the long run. More are answered
        /// with a 429 that says when to come again. 0 takes all.
        account_requests_per_second: Bounded<0, 1_000_000> = "200",
        /// Requests of one account that a process takes at once.
        account_requests_burst: Bounded<1, 1_000_000> = "2000",
        /// Requests from one address that a process takes in a second, in the long run, whoever makes
        /// them; an IPv6 network of 64 bits counts as one. Behind proxies that `http.trusted_proxies`
        /// does not name everybody has the proxy's address. 0 takes all.
        address_requests_per_second: Bounded<0, 1_000_000> = "2000",
        /// Requests from one address that a process takes at once.
        address_requests_burst: Bounded<1, 1_000_000> = "20000",
        /// Counters of requests, for accounts and for addresses, of 8 bytes each. Who by chance meets
        /// another in a counter shares a rate with them; more counters make that rarer.
        request_buckets: Bounded<1_024, 16_777_216> = "65536",
    }
}

crate::settings_section! {
    /// The stream of events for integrators, `GET /api/nottermost/v1/events`.
    "stream" => pub struct StreamSettings {
        /// Events that a process keeps in memory for those who follow it. Who comes from further back reads
        /// the log.
        ring_records_max: Bounded<1, 10_000_000> = "65536",
        /// Bytes that these events may take.
        ring_bytes_max: Bounded<65_536, 17_179_869_184> = "67108864",
        /// Streams that read the log at a time; others wait.
        catch_ups_max: Bounded<1, 1_000> = "4",
        /// Open streams of one account.
        per_account_max: Bounded<1, 100_000> = "10",
        /// How long a stream is silent before it sends a comment. Proxies cut off what is silent for longer
        /// than they wait.
        heartbeat_ms: Bounded<100, 60_000> = "15000",
    }
}

crate::settings_section! {
    /// What posts link to: it is fetched from elsewhere, without cookies, from public addresses alone.
    "links" => pub struct LinkSettings {
        /// Whether posts show what they link to.
        enable_previews: bool = "true",
        /// Whether people have pictures that lie elsewhere through this server, so that nobody else learns
        /// their addresses.
        enable_image_proxy: bool = "true",
        /// Networks that are fetched from although they are not public, at whatever port.
        allowed_networks: Networks = "",
        /// Whether other ports than 80 and 443 are asked.
        any_port: bool = "false",
        /// How long a page may take to come, and a picture to begin.
        fetch_deadline_ms: Bounded<100, 60_000> = "5000",
        /// Bytes of a page that are read.
        page_bytes_max: Bounded<1_024, 16_777_216> = "1048576",
        /// Bytes of a picture.
        image_bytes_max: Bounded<1_024, 268_435_456> = "20971520",
        /// Fetches at a time.
        fetches_max: Bounded<1, 10_000> = "32",
        /// Bytes of memory for what links lead to.
        kept_bytes_max: Bounded<65_536, 17_179_869_184> = "33554432",
    }
}

crate::settings_section! {
    /// What people see of the installation.
    "service" => pub struct ServiceSettings {
        /// The name on the login page.
        site_name: String = "nottermost",
        /// Whether anyone who reaches the server may sign up. The first account always may.
        enable_open_server: bool = "true",
        /// Whether people read threads apart from their channels. With one of the defaults it is
        /// each one's own choice.
        collapsed_threads: CollapsedThreads = "default_on",
        /// Whether members may make links by which anybody, without an account, can have a file that a post
        /// shows. Switched off, links that were made no longer work.
        enable_public_link: bool = "false",
        /// Whether administrators may make accounts those of guests, who see only the channels that they are
        /// brought into, and whom they meet there. Switched off, guests stay guests until they are promoted.
        enable_guest_accounts: bool = "true",
    }
}

/// Whether people read threads apart from their channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollapsedThreads {
    Disabled,
    DefaultOff,
    DefaultOn,
    AlwaysOn,
}

impl OneOf for CollapsedThreads {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("disabled", Self::Disabled),
        ("default_off", Self::DefaultOff),
        ("default_on", Self::DefaultOn),
        ("always_on", Self::AlwaysOn),
    ];
}
