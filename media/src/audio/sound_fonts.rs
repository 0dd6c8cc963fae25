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
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        for (file, words) in
            [("none.sf2", "is missing"), ("bad.sf2", "no SoundFont 2"), ("../x", "leads out")]
        {
            let message = files.sound_font(file).unwrap_err().to_string();
            assert!(message.contains(file) && message.contains(words), "{message}");
        }
    }
}
