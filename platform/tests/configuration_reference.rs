//! The committed reference page is what the settings say.

use std::path::Path;

use platform::config::{Config, reference_page};

#[test]
fn the_reference_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONFIGURATION.md");
    let page = reference_page(Config::SECTIONS);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("docs/ is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/CONFIGURATION.md is stale: run UPDATE_DOCS=1 cargo test -p platform --test configuration_reference",
    );
}
