//! The shape of the workspace, as its tests look at it: which crate may know which, how long a file
//! may be, where the environment is read.
//!
//! It knows no crate from inside: a rule that needs to look into code belongs to a lint.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// The workspace as cargo sees it.
pub struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Asks cargo, with the locked versions.
    ///
    /// # Panics
    /// If cargo does not answer: the tests have nothing to look at then.
    pub fn load() -> Self {
        let metadata = MetadataCommand::new()
            .manifest_path(root().join("Cargo.toml"))
            .other_options(vec!["--locked".to_owned()])
            .exec()
            .expect("cargo describes the workspace");
        Self { metadata }
    }

    /// The names of our crates.
    pub fn members(&self) -> BTreeSet<String> {
        self.metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect()
    }

    /// The folders of our crates.
    pub fn folders(&self) -> BTreeMap<String, PathBuf> {
        let folder = |manifest: &Path| manifest.parent().map(Path::to_owned).unwrap_or_default();
        let packages = self.metadata.workspace_packages();
        packages
            .iter()
            .map(|p| (p.name.to_string(), folder(p.manifest_path.as_std_path())))
            .collect()
    }

    /// What our crate names as its dependencies, those of its tests apart.
    pub fn direct(&self, member: &str) -> BTreeSet<String> {
        let package = self.package(member);
        let package = &self.metadata[package];
        let dependencies = package.dependencies.iter();
        dependencies
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| dependency.name.clone())
            .collect()
    }

    /// Everything that our crate is built with, directly or not, its tests apart.
    pub fn closure(&self, member: &str) -> BTreeSet<String> {
        let resolve = self.metadata.resolve.as_ref().expect("cargo resolves the workspace");
        let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
        let mut seen = BTreeSet::new();
        let mut open = vec![self.package(member)];
        while let Some(id) = open.pop() {
            for dependency in &nodes[id].deps {
                let normal =
                    |kind: &cargo_metadata::DepKindInfo| kind.kind == DependencyKind::Normal;
                if dependency.dep_kinds.iter().any(normal) && seen.insert(&dependency.pkg) {
                    open.push(&dependency.pkg);
                }
            }
        }
        seen.into_iter().map(|id| self.metadata[id].name.to_string()).collect()
    }

    fn package(&self, member: &str) -> &PackageId {
        let packages = self.metadata.workspace_packages();
        let package = packages.iter().find(|package| package.name == member);
        &package.unwrap_or_else(|| panic!("{member} is not in the workspace")).id
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Our Rust files, relative to the root.
///
/// # Panics
/// If a folder of ours cannot be read.
pub fn rust_files() -> Vec<PathBuf> {
    let root = root();
    let mut files = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("our folders are readable") {
            let path = entry.expect("our folders are readable").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let foreign = name.starts_with('.') || name == "target" || name == "node_modules";
            if path.is_dir() && !foreign {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path.strip_prefix(&root).expect("below the root").to_owned());
            }
        }
    }
    files.sort();
    files
}
