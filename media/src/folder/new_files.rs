//! New files of a session: under a free name in its audio folder, and taken back where the session
//! does not come to name them.

use std::path::{Path, PathBuf};

use super::layout::SessionFolder;
use crate::audio::WriteError;
use crate::files;

/// Names tried for a file.
const NAMES_TRIED: u32 = 100_000;

/// Files and folders that were made; dropped, it removes them, unless [`NewFiles::keep`] was
/// called.
#[derive(Debug, Default)]
pub struct NewFiles {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl NewFiles {
    /// Makes a file in the audio folder of `folder`, which need not be there, under the first free
    /// one of `stem.extension`, `stem-2.extension` and so on (`extension` with its dot); what the
    /// session calls it, and what `make` gave. `is_taken` tells that another process was faster.
    ///
    /// # Errors
    /// The first other one of `make`, or where no name is free.
    pub fn make_audio<T, E: From<WriteError>>(
        &mut self,
        folder: &SessionFolder,
        (stem, extension): (&str, &str),
        make: &mut dyn FnMut(&Path) -> Result<T, E>,
        is_taken: &dyn Fn(&E) -> bool,
    ) -> Result<(String, T), E> {
        let audio = folder.audio_folder();
        let made =
            files::create_folders(&audio).map_err(|error| WriteError::from_io(&audio, &error))?;
        self.folders(made);
        for number in 1..=NAMES_TRIED {
            let name = numbered(stem, extension, number);
            let path = audio.join(&name);
            if path.symlink_metadata().is_ok() {
                continue;
            }
            match make(&path) {
                Err(error) if is_taken(&error) => {}
                Err(error) => return Err(error),
                Ok(given) => {
                    self.file(path);
                    return Ok((format!("audio/{name}"), given));
                }
            }
        }
        let reason = format!("{NAMES_TRIED} files of that name are there; remove some");
        Err(WriteError::Io { path: audio.join(format!("{stem}{extension}")), reason }.into())
    }

    /// A file that was made.
    pub(crate) fn file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    /// Folders that were made, outermost first, behind those noted before.
    pub(crate) fn folders(&mut self, folders: Vec<PathBuf>) {
        self.folders.extend(folders);
    }

    /// The session names them now.
    pub fn keep(&mut self) {
        self.files.clear();
        self.folders.clear();
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        for file in self.files.iter().rev() {
            // The error that led here is the one to tell of; an unused file does no harm.
            let _ = files::remove_file(file);
        }
        files::remove_folders(&self.folders);
    }
}

/// The `number`th name made of a stem and an extension: `kick.wav`, `kick-2.wav`, ...
pub(crate) fn numbered(stem: &str, extension: &str, number: u32) -> String {
    if number < 2 { format!("{stem}{extension}") } else { format!("{stem}-{number}{extension}") }
}
