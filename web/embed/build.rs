//! The page's files change without a change of Rust: cargo is told to look at their folder.

fn main() {
    println!("cargo:rerun-if-changed=../dist");
}
