//! The SoundFonts of one session: each read once, and again where its file changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use wavemill_core::audio::AudioLibraryError;
use wavemill_core::soundfont::{SoundFont, SoundFontError};

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
        let font = read_sound_font(path).map_err(|error| match error {
            SoundFontFileError::Read(error) => failed(error),
            error => unreadable(error.to_string()),
        })?;
        let font = Arc::new(font);
        open.insert(file.to_owned(), (stamp, Arc::clone(&font)));
        Ok(font)
    }
}

/// Longest SoundFont that is read, in bytes; its samples take up to twice as much memory. Where they
/// are compressed they take up to 1 GiB, and three times that while they are read.
pub const MAX_SOUND_FONT_BYTES: u64 = 1 << 30;

/// Why a file cannot be played as a SoundFont.
#[derive(Debug, thiserror::Error)]
pub enum SoundFontFileError {
    /// The system does not read it.
    #[error("it cannot be read: {0}; check its name and that it may be read")]
    Read(#[from] std::io::Error),
    /// A folder, a pipe, a device.
    #[error("it is no regular file: name an SF2 or SF3 file")]
    NotAFile,
    /// More than memory should have to hold.
    #[error("it has more than {MAX_SOUND_FONT_BYTES} bytes: choose a smaller one")]
    TooLarge,
    /// No SoundFont, or a damaged one.
    #[error(transparent)]
    Font(#[from] SoundFontError),
}

/// Reads the SoundFont at `path`.
///
/// # Errors
/// Where it cannot be read, or not be played.
pub fn read_sound_font(path: &Path) -> Result<SoundFont, SoundFontFileError> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(SoundFontFileError::NotAFile);
    }
    if metadata.len() > MAX_SOUND_FONT_BYTES {
        return Err(SoundFontFileError::TooLarge);
    }
    Ok(SoundFont::parse(&std::fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use wavemill_core::audio::AudioLibrary;
    use wavemill_core::soundfont::{FontSource, PresetSource, SampleSource, ZoneSource};

    use super::super::{AudioFiles, AudioIndex, HeardFiles};
    use super::*;

    fn font(frames: usize) -> Vec<u8> {
        let zone = || ZoneSource { target: Some(0), ..ZoneSource::default() };
        let sample = SampleSource { frames: vec![1 << 24; frames], ..SampleSource::default() };
        let preset = PresetSource { zones: vec![zone()], ..PresetSource::default() };
        FontSource { samples: vec![sample], instruments: vec![vec![zone()]], presets: vec![preset] }
            .to_bytes(false)
    }

    #[test]
    fn a_file_is_read_once_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sf2");
        std::fs::write(&path, font(10)).unwrap();
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let first = files.sound_font("a.sf2").unwrap();
        let heard = HeardFiles::new(&files).sound_font("a.sf2").unwrap();
        assert!(Arc::ptr_eq(&first, &heard));
        std::fs::write(&path, font(20)).unwrap();
        let second = files.sound_font("a.sf2").unwrap();
        assert_ne!(first.identity(), second.identity());
    }

    #[test]
    fn files_that_are_none_are_named_as_in_the_session() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bad.sf2"), b"RIFF").unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        for (file, words) in [
            ("none.sf2", "is missing"),
            ("bad.sf2", "no SoundFont 2"),
            ("../x", "leads out"),
            ("sub", "no regular file"),
        ] {
            let message = files.sound_font(file).unwrap_err().to_string();
            assert!(message.contains(file) && message.contains(words), "{message}");
        }
    }
}
