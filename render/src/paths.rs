//! Which file a path means, however it is written.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// True where two paths mean one file, there or not: links on the way are followed, and names that
/// differ in case count as one.
pub fn same_file(one: &Path, other: &Path) -> bool {
    folded(&real(one)) == folded(&real(other))
}

/// Some file systems hold names that differ in case for one.
pub(crate) fn folded(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}

/// The file that `path` means: links on the way to it are followed as far as it exists.
pub(crate) fn real(path: &Path) -> PathBuf {
    real_cached(path, &mut BTreeMap::new())
}

/// Like [`real`]; `parents` holds the folders found before.
pub(crate) fn real_cached(path: &Path, parents: &mut BTreeMap<PathBuf, PathBuf>) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return lexical(&path);
    };
    if let Some(parent) = parents.get(parent) {
        return parent.join(name);
    }
    let found = parent
        .ancestors()
        .find_map(|folder| Some((folder.canonicalize().ok()?, parent.strip_prefix(folder).ok()?)));
    let real = match found {
        Some((folder, rest)) => lexical(&folder.join(rest)),
        None => lexical(parent),
    };
    parents.insert(parent.to_owned(), real.clone());
    real.join(name)
}

/// `path` without `.` and `..`.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
