//! The committed description of the socket is what the events' table says.

use std::path::Path;

#[test]
fn the_description_of_the_socket_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/asyncapi-websocket.json");
    let document = format!("{:#}\n", realtime::asyncapi_document());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).expect("docs/ is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "docs/asyncapi-websocket.json is stale: run UPDATE_DOCS=1 cargo test --workspace --test asyncapi"
    );
}
