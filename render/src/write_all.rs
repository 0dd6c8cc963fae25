//! Several files, all of them or none.

use std::path::PathBuf;

use wavemill_media::audio::{WriteError, write_whole};

/// Takes pieces of a file.
pub(crate) type Write<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), WriteError>;

/// Writes the files at `targets`, each with what `fill` gives for its number; where it gives false
/// for one, none is written. Each gets its name only once those after it are complete.
pub(crate) fn write_all(
    targets: &[PathBuf],
    overwrite: bool,
    fill: &mut dyn FnMut(usize, Write<'_>) -> Result<bool, WriteError>,
) -> Result<Option<Vec<PathBuf>>, WriteError> {
    let mut written = Vec::with_capacity(targets.len());
    if !write_from(0, targets, overwrite, fill, &mut written)? {
        return Ok(None);
    }
    // The last was written first.
    written.reverse();
    Ok(Some(written))
}

fn write_from(
    number: usize,
    targets: &[PathBuf],
    overwrite: bool,
    fill: &mut dyn FnMut(usize, Write<'_>) -> Result<bool, WriteError>,
    written: &mut Vec<PathBuf>,
) -> Result<bool, WriteError> {
    let Some(target) = targets.get(number) else { return Ok(true) };
    let path = write_whole(target, overwrite, |write| {
        Ok(fill(number, write)? && write_from(number + 1, targets, overwrite, fill, written)?)
    })?;
    let whole = path.is_some();
    written.extend(path);
    Ok(whole)
}
