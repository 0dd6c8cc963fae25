//! Files that are there already: told by their BLAKE3 digests, and copied to where another job
//! wants them.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use wavemill_core::job::CancelToken;
use wavemill_media::audio::{WriteError, write_files};

use super::job_record::{Made, MadeFile};

/// Bytes handed on at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What a job made, and where it lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub(super) folder: PathBuf,
    pub(super) made: Made,
}

/// Copies the files of `source` to `targets`, all or none; false where one of them is not what it
/// was when it was made, or `cancel` asked to stop.
pub(super) fn copy(
    source: &Source,
    targets: &[PathBuf],
    overwrite: bool,
    cancel: &CancelToken,
) -> Result<bool, WriteError> {
    if targets.len() != source.made.files.len() {
        return Ok(false);
    }
    let copied = write_files(targets, overwrite, &mut |number, write| {
        let file = &source.made.files[number];
        copy_one(&source.folder.join(&file.file), file, cancel, write)
    })?;
    Ok(copied.is_some())
}

fn copy_one(
    from: &Path,
    file: &MadeFile,
    cancel: &CancelToken,
    write: &mut dyn FnMut(&[u8]) -> Result<(), WriteError>,
) -> Result<bool, WriteError> {
    let mut failed = Ok(());
    let digest = digest_handing_on(from, cancel, &mut |piece| {
        failed = write(piece);
        failed.is_ok()
    });
    failed?;
    Ok(digest.is_ok_and(|digest| digest.as_deref() == Some(&file.blake3)))
}

/// The BLAKE3 digest of the file at `path`; `None` where `cancel` asked to stop.
pub(super) fn blake3_of(path: &Path, cancel: &CancelToken) -> std::io::Result<Option<String>> {
    digest_handing_on(path, cancel, &mut |_| true)
}

fn digest_handing_on(
    path: &Path,
    cancel: &CancelToken,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> std::io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        match file.read(&mut piece) {
            Ok(0) => return Ok(Some(hasher.finalize().to_hex().to_string())),
            Ok(count) => {
                hasher.update(&piece[..count]);
                if !take(&piece[..count]) {
                    return Ok(None);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
