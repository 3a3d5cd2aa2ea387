//! Sending spans to a collector.

use std::pin::Pin;
use std::time::Duration;

use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;

use super::{TelemetryError, TelemetrySettings};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The provider of the configured export; `None` if none is configured.
pub(super) fn provider(
    settings: &TelemetrySettings,
    service: &'static str,
) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
    let failed =
        |reason: String| TelemetryError::Otlp { endpoint: endpoint.as_str().to_owned(), reason };
    if endpoint.is_tls() {
        return Err(failed("a collector is reached over plain http:// only".to_owned()));
    }
    let client = HyperClient::with_default_connector(TIMEOUT, None);
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(OnRuntime { client, runtime: Handle::current() })
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.as_str()))
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let ratio = settings.otlp_sample_percent.get() as f64 / 100.0;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
        .with_batch_exporter(exporter)
        .build();
    Ok(Some(provider))
}

/// The exporter works on a thread of its own; its client needs our runtime.
#[derive(Debug)]
struct OnRuntime {
    client: HyperClient,
    runtime: Handle,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for OnRuntime {
    fn send_bytes<'a, 't>(&'a self, request: Request<Bytes>) -> Sending<'t>
    where
        'a: 't,
        Self: 't,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move { client.send_bytes(request).await });
        Box::pin(async move { sending.await? })
    }
}
