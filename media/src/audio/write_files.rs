//! Several files, all of them or none.

use std::path::PathBuf;

use super::pending_file::{PendingFile, WriteError};

/// Takes pieces of a file.
pub type WritePiece<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), WriteError>;

/// Writes the files at `targets`, each with what `fill` gives for its number; where it gives false
/// for one, none is written. They get their names once all are complete and no target is taken. An
/// existing file is refused unless `overwrite`.
///
/// # Errors
/// See [`WriteError`]; nothing that was there before is harmed.
pub fn write_files(
    targets: &[PathBuf],
    overwrite: bool,
    fill: &mut dyn FnMut(usize, WritePiece<'_>) -> Result<bool, WriteError>,
) -> Result<Option<Vec<PathBuf>>, WriteError> {
    let mut complete = Vec::with_capacity(targets.len());
    for (number, target) in targets.iter().enumerate() {
        let mut file = PendingFile::create(target, overwrite)?;
        if !fill(number, &mut |bytes| file.write(bytes))? {
            return Ok(None);
        }
        complete.push(file);
    }
    for file in &mut complete {
        file.make_durable()?;
    }
    for file in &complete {
        file.check()?;
    }
    complete.into_iter().map(PendingFile::commit).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_there_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let targets = ["a", "b"].map(|name| folder.path().join(name));
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        // One is not to be.
        let mut fill = |number: usize, write: WritePiece<'_>| {
            write(b"part")?;
            Ok(number == 0)
        };
        assert_eq!(write_files(&targets, false, &mut fill), Ok(None));
        assert_eq!(names(), 0);
        // The first one's place is taken while the second one is written.
        let mut fill = |number: usize, write: WritePiece<'_>| {
            if number == 1 {
                std::fs::write(&targets[0], "theirs").unwrap();
            }
            write(b"ours").map(|()| true)
        };
        let taken = Err(WriteError::Exists { path: targets[0].clone() });
        assert_eq!(write_files(&targets, false, &mut fill), taken);
        assert_eq!((names(), std::fs::read(&targets[0]).unwrap()), (1, b"theirs".to_vec()));
        let mut fill = |_: usize, write: WritePiece<'_>| write(b"ours").map(|()| true);
        assert_eq!(write_files(&targets, true, &mut fill), Ok(Some(targets.to_vec())));
        assert_eq!(targets.each_ref().map(|path| std::fs::read(path).unwrap()), [b"ours", b"ours"]);
    }
}
