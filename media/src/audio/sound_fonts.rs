//! The SoundFonts of one session: each read once, and again where its file changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use wavemill_core::audio::AudioLibraryError;
use wavemill_core::soundfont::SoundFont;

use super::input_file::FileStamp;

/// SoundFonts by their name in the session, with the stamp their file had when it was read.
#[derive(Default)]
pub(super) struct SoundFonts {
    open: Mutex<BTreeMap<String, (FileStamp, Arc<SoundFont>)>>,
}

impl SoundFonts {
    /// The SoundFont called `file` in the session, which is at `path`.
    pub(super) fn open(
        &self,
        file: &str,
        path: &Path,
    ) -> Result<Arc<SoundFont>, AudioLibraryError> {
        let unreadable =
            |reason: String| AudioLibraryError::Unreadable { file: file.to_owned(), reason };
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => AudioLibraryError::Missing { file: file.to_owned() },
            _ => unreadable(error.to_string()),
        };
        // Taken before the file is read, so that no later change is missed.
        let stamp = FileStamp::of(&std::fs::metadata(path).map_err(failed)?);
        // Held while reading: whoever else wants this file waits for it instead of reading it too.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, font)) = open.get(file)
            && *read == stamp
        {
            return Ok(Arc::clone(font));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        let font = SoundFont::parse(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let font = Arc::new(font);
        open.insert(file.to_owned(), (stamp, Arc::clone(&font)));
        Ok(font)
    }
}
