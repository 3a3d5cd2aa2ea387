//! The committed description of the API is what the handlers say.

use std::collections::BTreeSet;
use std::path::Path;

use platform::http::urls::{URLS, Url};
use platform::http::{Operation, openapi, operations_described};
use serde_json::Value;

fn operations() -> Vec<Operation> {
    let services = [command_api::operations(), query_api::operations(), realtime::operations()];
    services.into_iter().flatten().chain(operations_described()).collect()
}

fn document() -> Value {
    openapi(env!("CARGO_PKG_VERSION"), &operations())
}

#[test]
fn the_description_of_the_api_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let document = format!("{:#}\n", document());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).expect("docs/ is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "docs/openapi.json is stale: run UPDATE_DOCS=1 cargo test --workspace --test openapi"
    );
}

#[test]
fn every_address_is_described_once() {
    let document = document();
    let described = |url: &&Url| {
        let verb = url.verb.name().to_ascii_lowercase();
        document["paths"][url.path][verb].is_object()
    };
    let missing: Vec<_> = URLS.iter().filter(|url| !described(url)).map(Url::to_string).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let methods = document["paths"].as_object().expect("paths").values();
    let count = methods.map(|methods| methods.as_object().map_or(0, serde_json::Map::len));
    assert_eq!(count.sum::<usize>(), URLS.len());
}

#[test]
fn no_two_operations_have_one_name() {
    let document = document();
    let mut seen = BTreeSet::new();
    let of_path = document["paths"].as_object().expect("paths").values();
    for operation in of_path.filter_map(Value::as_object).flat_map(|methods| methods.values()) {
        let id = operation["operationId"].as_str().expect("an id");
        assert!(seen.insert(id.to_owned()), "{id}");
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{id}");
    }
}
