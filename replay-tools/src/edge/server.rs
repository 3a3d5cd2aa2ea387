//! The fixed part of the configuration: processes, headers, time-outs, what is tried again, and the
//! edge's own answers in the contract's words.

use platform::http::ApiError;
use platform::http::urls::Service;
use serde_json::json;

use super::routes::Way;
use super::{Address, Listen};

/// Connections to each service that a worker keeps open while nobody needs them.
const IDLE_MAX: u32 = 64;

/// The processes of a service.
pub(super) fn upstream(service: Service, addresses: &[Address]) -> String {
    let name = service.name();
    let line = |address| format!("    server {address} {};\n", health(service));
    let servers: String = addresses.iter().map(line).collect();
    format!(
        "upstream {name} {{\n    zone {name} 64k;\n{servers}    keepalive {IDLE_MAX};\n    \
         # Shorter than the service's own 75 s: it must not hang up on a request.\n    \
         keepalive_timeout 60s;\n}}\n"
    )
}

/// When a process is left out for a while. A 503 of query-api may be about one request (rows that it
/// must wait for), and anyone can cause those: it is asked elsewhere, and nobody is left out for it.
fn health(service: Service) -> &'static str {
    match service {
        Service::Query => "max_fails=0",
        _ => "max_fails=1 fail_timeout=2s",
    }
}

const COMMON: &str = r#"
    server_tokens off;
    merge_slashes off;
    large_client_header_buffers 4 32k;

    # The services have the limits, and refuse in the contract's words. Bodies go on as they come.
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;

    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $nottermost_upgrade;
    proxy_set_header Connection $nottermost_connection;
    # What a client says about its own address is worth nothing.
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;

    proxy_connect_timeout 1s;
    proxy_send_timeout 75s;
    # Longer than a write may wait: write.deadline_ms and write.visible_wait_ms at their most.
    proxy_read_timeout 190s;
    proxy_next_upstream_tries 3;
    proxy_next_upstream_timeout 10s;

    # What nginx itself refuses. A head that cannot be read leads to no named location.
    error_page 404 405 = @nothing;
    error_page 400 414 494 501 = /malformed;
    error_page 500 502 504 = @unavailable;

    # Every request goes on at the location of its route. Whoever asks for one of those by its name
    # learns that there is nothing at this address.
    location / {
        rewrite ^ $nottermost_route last;
    }
"#;

/// The server, listening there.
pub(super) fn server(listen: &[Listen]) -> String {
    let listen: String = listen.iter().map(|at| format!("    listen {at};\n")).collect();
    let locations = [
        passed(Way::Read, Service::Query, READ),
        passed(Way::Post, Service::Command, &format!("{POST}{WRITE_ERRORS}")),
        passed(Way::Once, Service::Command, &format!("{ONCE}{WRITE_ERRORS}")),
        passed(Way::Socket, Service::Realtime, SOCKET),
        internal_answer(Way::Refused.location(), &ApiError::unknown_route()),
        internal_answer("/malformed", &ApiError::invalid_url("the request's head")),
        answer("@nothing", "", &ApiError::unknown_route()),
        answer("@unavailable", "", &ApiError::unavailable("no process answers")),
        answer("@unknown_outcome", "", &ApiError::unknown_outcome()),
    ];
    format!("server {{\n{listen}{COMMON}\n{}}}\n", locations.join("\n"))
}

/// A location that has an error page of its own inherits none.
const WRITE_ERRORS: &str = "\
        error_page 404 = @nothing;
        error_page 400 = /malformed;
        error_page 500 502 504 = @unknown_outcome;
";

const READ: &str = "
        # Nothing is changed, by POST neither: another process may answer just as well. The stream of events
        # says by X-Accel-Buffering that it is not to be buffered, and is never silent for longer than
        # stream.heartbeat_ms, a minute at most.
        proxy_next_upstream error timeout http_503 non_idempotent;
";

const POST: &str = "
        # Another process is asked only if nothing was sent: the first may have written.
        proxy_next_upstream error timeout;
";

const ONCE: &str = "
        # nginx would repeat PUT and DELETE after they were sent, and the second answer may say that
        # the first failed.
        proxy_next_upstream off;
";

const SOCKET: &str = "
        # The service sends pings, and closes what does not answer them.
        proxy_read_timeout 1h;
        proxy_send_timeout 1h;
";

fn passed(way: Way, service: Service, settings: &str) -> String {
    format!(
        "    location = {} {{\n        internal;\n        proxy_pass http://{}$request_uri;{settings}    }}\n",
        way.location(),
        service.name(),
    )
}

fn internal_answer(path: &str, error: &ApiError) -> String {
    answer(&format!("= {path}"), "        internal;\n", error)
}

/// An answer of the edge itself, as a service would word it.
fn answer(location: &str, settings: &str, error: &ApiError) -> String {
    let status = error.status().as_u16();
    let body = json!({
        "id": error.id(),
        "message": error.message(),
        "detailed_error": "",
        "request_id": "$request_id",
        "status_code": status,
    });
    let body = body.to_string().replace('\'', "\\'");
    format!(
        "    location {location} {{\n{settings}        default_type application/json;\n        \
         add_header X-Request-Id $request_id always;\n        return {status} '{body}';\n    }}\n"
    )
}
