//! Whether a bundle is what it was: sizes and times of its files for a quick look, and the digest
//! of their content.

use std::fs::{DirEntry, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use crate::digest::hex;

/// Most files of a bundle.
const MAX_FILES: usize = 20_000;

/// A bundle's files by name, size and time of change, as one digest: equal where nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleStamp {
    files: Vec<(String, PathBuf)>,
    /// SHA-256, 64 hexadecimal digits.
    pub quick: String,
}

/// A bundle that cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// A file or folder of it cannot be read.
    #[error("'{path}' cannot be read: {reason}; check that it is there and may be read")]
    Read {
        /// The file or folder.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// It is neither a file nor a folder.
    #[error("'{path}' is neither a file nor a folder: take it out of the folders of plug-ins")]
    NotAFile {
        /// What it is called.
        path: String,
    },
    /// It has too many files.
    #[error("'{path}' has more than {MAX_FILES} files: name the bundle in it and not a folder")]
    TooMany {
        /// The bundle.
        path: String,
    },
}

impl BundleStamp {
    /// Looks at the file or folder at `path`.
    ///
    /// # Errors
    /// See [`StampError`].
    pub fn of(path: &Path) -> Result<Self, StampError> {
        let mut files = Vec::new();
        list(path, String::new(), &mut files)?;
        if files.len() > MAX_FILES {
            return Err(StampError::TooMany { path: path.display().to_string() });
        }
        files.sort();
        let mut digest = Sha256::new();
        for (name, path) in &files {
            let about = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
            digest.update((name.len() as u64).to_le_bytes());
            digest.update(name);
            digest.update(about.len().to_le_bytes());
            digest.update(changed_nanoseconds(&about).to_le_bytes());
        }
        Ok(Self { files, quick: hex(&digest.finalize()) })
    }

    /// SHA-256 of the names and contents of its files, 64 hexadecimal digits.
    ///
    /// # Errors
    /// See [`StampError`].
    pub fn content_sha256(&self) -> Result<String, StampError> {
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        for (name, path) in &self.files {
            let mut file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
            digest.update((name.len() as u64).to_le_bytes());
            digest.update(name);
            let mut content = Sha256::new();
            loop {
                match file.read(&mut buffer).map_err(|error| unreadable(path, &error))? {
                    0 => break,
                    count => content.update(&buffer[..count]),
                }
            }
            digest.update(content.finalize());
        }
        Ok(hex(&digest.finalize()))
    }
}

/// Adds the files at and below `path`, by their names relative to the bundle. What is neither file
/// nor folder, leads to no file or to another folder is no part of it; only at the top is it an
/// error that nothing is there.
fn list(path: &Path, name: String, files: &mut Vec<(String, PathBuf)>) -> Result<(), StampError> {
    let about = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if about.is_file() {
        files.push((name, path.to_owned()));
    } else if about.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        for entry in entries.flatten() {
            let (below, path) = (name_below(&name, &entry), entry.path());
            let is_link = path.symlink_metadata().is_ok_and(|about| about.is_symlink());
            let leads_to_file = path.metadata().is_ok_and(|about| about.is_file());
            if files.len() <= MAX_FILES && (!is_link || leads_to_file) {
                list(&path, below, files)?;
            }
        }
    } else if name.is_empty() {
        return Err(StampError::NotAFile { path: path.display().to_string() });
    }
    Ok(())
}

fn name_below(name: &str, entry: &DirEntry) -> String {
    format!("{name}/{}", entry.file_name().to_string_lossy())
}

fn unreadable(path: &Path, error: &std::io::Error) -> StampError {
    StampError::Read { path: path.display().to_string(), reason: error.to_string() }
}

/// Nanoseconds since 1970 at which the content last changed; 0 where the system does not tell.
fn changed_nanoseconds(about: &Metadata) -> u128 {
    let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    changed.map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_names_and_bytes_and_the_quick_look_sees_times() {
        let root = tempfile::tempdir().unwrap();
        let bundle = root.path().join("a.lv2");
        std::fs::create_dir_all(bundle.join("sub")).unwrap();
        std::fs::write(bundle.join("manifest.ttl"), "one").unwrap();
        std::fs::write(bundle.join("sub/b.so"), "two").unwrap();
        let first = BundleStamp::of(&bundle).unwrap();
        assert_eq!(first, BundleStamp::of(&bundle).unwrap());
        let content = first.content_sha256().unwrap();

        // Written again with the same bytes: another time, the same content.
        let file = std::fs::File::options().write(true).open(bundle.join("sub/b.so")).unwrap();
        file.set_modified(UNIX_EPOCH).unwrap();
        let touched = BundleStamp::of(&bundle).unwrap();
        assert_ne!(touched.quick, first.quick);
        assert_eq!(touched.content_sha256().unwrap(), content);

        // The same bytes under other names are another content.
        std::fs::rename(bundle.join("sub/b.so"), bundle.join("sub/c.so")).unwrap();
        assert_ne!(BundleStamp::of(&bundle).unwrap().content_sha256().unwrap(), content);
        assert!(matches!(BundleStamp::of(&root.path().join("no")), Err(StampError::Read { .. })));

        // Links in a circle, to nothing and to the outside are no part of it.
        let before = BundleStamp::of(&bundle).unwrap().content_sha256().unwrap();
        for (to, link) in [(".", "circle"), ("nothing", "dangling"), ("/", "root")] {
            std::os::unix::fs::symlink(to, bundle.join(link)).unwrap();
        }
        assert_eq!(BundleStamp::of(&bundle).unwrap().content_sha256().unwrap(), before);
        std::os::unix::fs::symlink("sub/c.so", bundle.join("same")).unwrap();
        assert_ne!(BundleStamp::of(&bundle).unwrap().content_sha256().unwrap(), before);
        let device = BundleStamp::of(Path::new("/dev/null"));
        assert!(matches!(device, Err(StampError::NotAFile { .. })));
    }
}
