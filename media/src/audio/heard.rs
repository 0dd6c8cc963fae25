//! The audio files that one version of a session plays, out of all that were opened.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wavemill_core::audio::{AudioLibrary, AudioLibraryError, FrameSource};
use wavemill_core::sampler::SampledInstrument;
use wavemill_core::soundfont::SoundFont;
use wavemill_core::time::SampleRate;

use super::files::AudioFiles;

/// Opens files of a session as [`AudioFiles`] does, and remembers which: variants and older
/// versions of a session share its files, and what is not quite right with theirs is not news of
/// this one.
pub struct HeardFiles<'a> {
    files: &'a AudioFiles,
    names: Mutex<BTreeSet<String>>,
}

impl<'a> HeardFiles<'a> {
    /// None of `files` yet.
    pub fn new(files: &'a AudioFiles) -> Self {
        Self { files, names: Mutex::default() }
    }

    /// What was not quite right with the index and the files opened through this, in sentences that
    /// name the file.
    pub fn warnings(&self) -> Vec<String> {
        let names = self.names();
        self.files.warnings_where(&|file| names.contains(file))
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // Whole after every step.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AudioLibrary for HeardFiles<'_> {
    fn open(
        &self,
        file: &str,
        rate: SampleRate,
    ) -> Result<Arc<dyn FrameSource>, AudioLibraryError> {
        self.names().insert(file.to_owned());
        self.files.open(file, rate)
    }

    fn sound_font(&self, file: &str) -> Result<Arc<SoundFont>, AudioLibraryError> {
        self.files.sound_font(file)
    }

    fn sampled_instrument(&self, file: &str) -> Result<Arc<SampledInstrument>, AudioLibraryError> {
        self.names().insert(file.to_owned());
        self.files.sampled_instrument(file)
    }
}

#[cfg(test)]
mod tests {
    use super::super::AudioIndex;
    use super::super::wav::{WavEncoding, WavSpec, WavWriter, WriteOptions};
    use super::*;

    #[test]
    fn warnings_are_of_the_files_that_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let rate = SampleRate::new(44_100).unwrap();
        for name in ["a.wav", "b.wav"] {
            let path = folder.path().join(name);
            let spec = WavSpec { channels: 1, sample_rate: rate, encoding: WavEncoding::Float32 };
            let mut writer = WavWriter::create(&path, spec, WriteOptions::default()).unwrap();
            writer.write(&[0.5; 10]).unwrap();
            writer.finish().unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.extend(b"junk\xFF\xFF\x00\x00");
            std::fs::write(&path, bytes).unwrap();
        }
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let (first, second) = (HeardFiles::new(&files), HeardFiles::new(&files));
        first.open("a.wav", rate).unwrap();
        second.open("b.wav", rate).unwrap();
        assert_eq!(files.warnings().len(), 2);
        for (heard, name) in [(first, "'a.wav'"), (second, "'b.wav'")] {
            let warnings = heard.warnings();
            assert!(warnings.len() == 1 && warnings[0].contains(name), "{warnings:?}");
        }
    }
}
