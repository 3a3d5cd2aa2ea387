//! What an S3 store is told, and the SDK's configuration that follows from it.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_s3::Config;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::key::KeyPrefix;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(30);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(240);
const ATTEMPTS_MAX: u32 = 4;
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// Where the objects are and who asks for them.
#[derive(Debug, Clone)]
pub struct S3Options {
    pub bucket: String,
    /// The folder in the bucket that all names begin with; all of it if empty.
    pub prefix: KeyPrefix,
    pub region: String,
    /// The URL of a store that is not AWS's own.
    pub endpoint: Option<String>,
    /// The bucket in the path of a URL instead of in its host: most stores that are not AWS's want it.
    pub force_path_style: bool,
    /// Without them: the usual chain of AWS.
    pub credentials: Option<S3Credentials>,
}

/// A key pair.
#[derive(Clone)]
pub struct S3Credentials {
    pub access_key: String,
    pub secret_key: String,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

pub(super) async fn config(options: &S3Options) -> Config {
    let sdk =
        sdk_config(&options.region, options.endpoint.as_deref(), options.credentials.as_ref())
            .await;
    Builder::from(&sdk).force_path_style(options.force_path_style).build()
}

/// How any service of AWS is asked: with bounds on every request, and by whom. Without credentials the
/// usual chain of AWS says by whom; without an endpoint it is AWS's own.
pub async fn sdk_config(
    region: &str,
    endpoint: Option<&str>,
    credentials: Option<&S3Credentials>,
) -> SdkConfig {
    let http = http_client();
    let region = Region::new(region.to_owned());
    let credentials = match credentials {
        Some(pair) => SharedCredentialsProvider::new(key_pair(pair)),
        None => SharedCredentialsProvider::new(usual_chain(&http, &region).await),
    };
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        .credentials_provider(credentials)
        .timeout_config(timeouts())
        .retry_config(retries());
    config.set_endpoint_url(endpoint.map(str::to_owned));
    config.build()
}

fn http_client() -> SharedHttpClient {
    let tls = Provider::Rustls(CryptoMode::Ring);
    aws_smithy_http_client::Builder::new().tls_provider(tls).build_https()
}

fn key_pair(pair: &S3Credentials) -> Credentials {
    Credentials::new(&pair.access_key, &pair.secret_key, None, None, "configuration")
}

async fn usual_chain(http: &SharedHttpClient, region: &Region) -> DefaultCredentialsChain {
    let provider = ProviderConfig::without_region()
        .with_http_client(http.clone())
        .with_region(Some(region.clone()));
    DefaultCredentialsChain::builder().configure(provider).region(region.clone()).build().await
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(FIRST_BYTE_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS_MAX)
        .with_initial_backoff(BACKOFF_MIN)
        .with_max_backoff(BACKOFF_MAX)
}
