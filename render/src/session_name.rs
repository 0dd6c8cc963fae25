//! What file names call a session.

use std::path::Path;

/// The name of the session at `path`: that of its folder, where `path` is the document in it, too.
pub fn session_name(path: &Path) -> String {
    let is_document = path.file_name().is_some_and(|name| name == "session.json");
    let folder = if is_document { path.parent().unwrap_or(path) } else { path };
    let real = || folder.canonicalize().ok();
    let name = match folder.file_name() {
        Some(name) => Some(name.to_owned()),
        None => real().and_then(|folder| folder.file_name().map(ToOwned::to_owned)),
    };
    name.map_or_else(|| "session".to_owned(), |name| name.to_string_lossy().into_owned())
}
