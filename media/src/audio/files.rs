//! The audio files of one session: found, opened once, identified and converted to its rate.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wavemill_core::audio::{AudioLibrary, AudioLibraryError, FrameSource};
use wavemill_core::job::CancelToken;
use wavemill_core::sampler::SampledInstrument;
use wavemill_core::soundfont::SoundFont;
use wavemill_core::time::SampleRate;

use super::codec::CodecRegistry;
use super::error::OpenError;
use super::index::{AudioIndex, AudioRecord};
use super::indexed::IndexedSource;
use super::input_file::FileStamp;
use super::pending_file::WriteError;
use super::resample::{Kernel, Resampled};
use super::sampled_instruments::{SampledInstruments, samples_named_by};
use super::sound_fonts::SoundFonts;

/// The audio files of the session in one folder.
///
/// A file is named by its path relative to the folder, which may not lead out of it, or by an
/// absolute path. Opening one reads its headers only; its identity is computed when first asked
/// for, which reads all of it (and so finds any damage), and comes from the index thereafter.
pub struct AudioFiles {
    root: PathBuf,
    codecs: CodecRegistry,
    index: Arc<Mutex<AudioIndex>>,
    open: Mutex<BTreeMap<String, Arc<IndexedSource>>>,
    kernels: Mutex<BTreeMap<(SampleRate, SampleRate), Arc<Kernel>>>,
    sound_fonts: SoundFonts,
    sampled_instruments: SampledInstruments,
    cancel: Option<CancelToken>,
}

/// What is known of an audio file of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFileInfo {
    /// Length, rate, channels, identity.
    pub record: AudioRecord,
    /// BWF time stamp: where on the timeline its first frame belongs, in frames at its own rate.
    pub time_reference: Option<u64>,
    /// What was not quite right with the file and ignored, in sentences.
    pub warnings: Vec<String>,
}

impl AudioFiles {
    /// The files of the session in the folder `root`, with an index that is kept by the caller's
    /// choice in a file ([`AudioIndex::load`]) or not ([`AudioIndex::in_memory`]).
    pub fn new(root: &Path, index: AudioIndex) -> Self {
        Self::with_codecs(root, index, CodecRegistry::builtin())
    }

    /// As [`Self::new`], with other codecs than the built-in ones.
    pub fn with_codecs(root: &Path, index: AudioIndex, codecs: CodecRegistry) -> Self {
        Self {
            root: root.to_owned(),
            codecs,
            index: Arc::new(Mutex::new(index)),
            open: Mutex::default(),
            kernels: Mutex::default(),
            sound_fonts: SoundFonts::default(),
            sampled_instruments: SampledInstruments::default(),
            cancel: None,
        }
    }

    /// The same files; identifying one ends with an error once `cancel` asks for it.
    #[must_use]
    pub fn stopped_by(mut self, cancel: &CancelToken) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Where the file called `file` in the session is.
    pub fn path_of(&self, file: &str) -> Result<PathBuf, AudioLibraryError> {
        let refuse = |reason: &str| unreadable(file, reason.to_owned());
        if file.is_empty() {
            return Err(refuse("its name is empty: give a path relative to the session's folder"));
        }
        let path = Path::new(file);
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let mut depth = 0_usize;
        for component in path.components() {
            match component {
                Component::Normal(_) => depth += 1,
                Component::ParentDir if depth > 0 => depth -= 1,
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(refuse(
                        "its path leads out of the session's folder: give an absolute path, or \
                         copy the file into the session",
                    ));
                }
            }
        }
        Ok(self.root.join(path))
    }

    /// The files of the samples that the SFZ file called `file` names, as the session would call
    /// them: from its text alone, whether or not they are there.
    pub fn samples_named_by(&self, file: &str) -> Result<Vec<String>, AudioLibraryError> {
        samples_named_by(file, &self.path_of(file)?)
    }

    /// What is known of the file called `file` in the session: opens and identifies it.
    pub fn info(&self, file: &str) -> Result<AudioFileInfo, AudioLibraryError> {
        let source = self.opened(file)?;
        let record = source.record().map_err(|error| unreadable(file, error.to_string()))?;
        Ok(AudioFileInfo {
            record: record.clone(),
            time_reference: source.opened().time_reference,
            warnings: source.opened().warnings.clone(),
        })
    }

    /// The file called `file` in the session at its own rate.
    pub fn open_native(&self, file: &str) -> Result<Arc<dyn FrameSource>, AudioLibraryError> {
        let source: Arc<dyn FrameSource> = self.opened(file)?;
        Ok(source)
    }

    /// What was not quite right with the index and the files opened so far, in sentences that
    /// name the file. Where several versions of a session are opened, [`HeardFiles`] knows those of
    /// one.
    ///
    /// [`HeardFiles`]: super::HeardFiles
    pub fn warnings(&self) -> Vec<String> {
        self.warnings_where(&|_| true)
    }

    /// Those of the index, and of the open files whose names `is_meant` says.
    pub(super) fn warnings_where(&self, is_meant: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut all: Vec<String> =
            lock(&self.index).warning().map(str::to_owned).into_iter().collect();
        for (file, source) in lock(&self.open).iter().filter(|(file, _)| is_meant(file)) {
            let warnings = source.opened().warnings.iter();
            all.extend(warnings.map(|warning| format!("audio file '{file}': {warning}")));
        }
        // A sample may be a clip's file too.
        for warning in self.sampled_instruments.warnings(is_meant) {
            if !all.contains(&warning) {
                all.push(warning);
            }
        }
        all
    }

    /// The index, to look into it or to change it.
    pub fn index(&self) -> MutexGuard<'_, AudioIndex> {
        lock(&self.index)
    }

    /// Saves the index, if it has a file and changed.
    pub fn save_index(&self) -> Result<(), WriteError> {
        lock(&self.index).save()
    }

    /// The open file called `file`, opened again if it changed on disk.
    fn opened(&self, file: &str) -> Result<Arc<IndexedSource>, AudioLibraryError> {
        let path = self.path_of(file)?;
        let stamp = std::fs::metadata(&path).map(|metadata| FileStamp::of(&metadata)).ok();
        let mut open = lock(&self.open);
        if let Some(source) = open.get(file)
            && Some(source.opened().stamp) == stamp
        {
            return Ok(Arc::clone(source));
        }
        open.remove(file);
        let source = Arc::new(self.opened_anew(file, path)?);
        open.insert(file.to_owned(), Arc::clone(&source));
        Ok(source)
    }

    /// The file called `file`, which is at `path`, opened for whoever asks.
    fn opened_anew(&self, file: &str, path: PathBuf) -> Result<IndexedSource, AudioLibraryError> {
        let opened = self.codecs.open(&path).map_err(|error| match error {
            OpenError::Missing { .. } => AudioLibraryError::Missing { file: file.to_owned() },
            other => unreadable(file, other.to_string()),
        })?;
        Ok(IndexedSource::new(file, path, opened, Arc::clone(&self.index), self.cancel.clone()))
    }
}

fn unreadable(file: &str, reason: String) -> AudioLibraryError {
    AudioLibraryError::Unreadable { file: file.to_owned(), reason }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole after every step, so a poisoned one does no harm.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AudioLibrary for AudioFiles {
    fn open(
        &self,
        file: &str,
        rate: SampleRate,
    ) -> Result<Arc<dyn FrameSource>, AudioLibraryError> {
        let source = self.open_native(file)?;
        let from = source.sample_rate();
        if from == rate {
            return Ok(source);
        }
        let mut kernels = lock(&self.kernels);
        let kernel =
            kernels.entry((from, rate)).or_insert_with(|| Arc::new(Kernel::new(from, rate)));
        Ok(Arc::new(Resampled::with_kernel(source, Arc::clone(kernel))))
    }

    fn sound_font(&self, file: &str) -> Result<Arc<SoundFont>, AudioLibraryError> {
        self.sound_fonts.open(file, &self.path_of(file)?)
    }

    fn sampled_instrument(&self, file: &str) -> Result<Arc<SampledInstrument>, AudioLibraryError> {
        self.sampled_instruments.open(file, &self.path_of(file)?, |name| {
            let path = self.path_of(name)?;
            Ok((path.clone(), self.opened_anew(name, path)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::wav::{WavEncoding, WavSpec, WavWriter, WriteOptions};
    use super::*;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    fn write(path: &Path, samples: &[f32]) {
        let spec =
            WavSpec { channels: 1, sample_rate: rate(44_100), encoding: WavEncoding::Float32 };
        let options = WriteOptions { overwrite: true, ..WriteOptions::default() };
        let mut writer = WavWriter::create(path, spec, options).unwrap();
        writer.write(samples).unwrap();
        writer.finish().unwrap();
    }

    #[test]
    fn files_come_at_the_rate_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.wav"), &[0.5; 441]);
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let same = files.open("a.wav", rate(44_100)).unwrap();
        assert_eq!((same.frames(), same.sample_rate()), (441, rate(44_100)));
        let other = files.open("a.wav", rate(48_000)).unwrap();
        assert_eq!((other.frames(), other.sample_rate()), (480, rate(48_000)));
        assert_ne!(same.identity().unwrap(), other.identity().unwrap());
        assert_eq!(files.info("a.wav").unwrap().record.frames, 441);
    }

    #[test]
    fn paths_may_be_absolute_but_not_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.wav"), &[0.5; 4]);
        std::fs::create_dir(folder.path().join("session")).unwrap();
        let files = AudioFiles::new(&folder.path().join("session"), AudioIndex::in_memory());
        let absolute = folder.path().join("a.wav");
        assert!(files.open_native(absolute.to_str().unwrap()).is_ok());
        for file in ["../a.wav", "x/../../a.wav", "./../a.wav"] {
            let message = files.open_native(file).err().unwrap().to_string();
            assert!(message.contains("leads out of the session's folder"), "{message}");
        }
        let missing = files.open_native("x/../a.wav").err().unwrap();
        assert_eq!(missing, AudioLibraryError::Missing { file: "x/../a.wav".to_owned() });
        assert!(files.open_native("").err().unwrap().to_string().contains("name is empty"));
    }

    #[test]
    fn a_file_that_changes_is_opened_and_identified_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        write(&path, &[0.5; 4]);
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let first = files.open_native("a.wav").unwrap().identity().unwrap();
        write(&path, &[0.25; 5]);
        let second = files.open_native("a.wav").unwrap();
        assert_eq!(second.frames(), 5);
        assert_ne!(second.identity().unwrap(), first);
    }

    #[test]
    fn identifying_a_file_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.wav"), &[0.5; 100]);
        let cancel = CancelToken::default();
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory()).stopped_by(&cancel);
        let first = files.open_native("a.wav").unwrap();
        cancel.cancel();
        assert!(first.identity().unwrap_err().to_string().contains("stopped"));
        let free = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let identity = free.open_native("a.wav").unwrap().identity().unwrap();
        let unasked = CancelToken::default();
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory()).stopped_by(&unasked);
        assert_eq!(files.open_native("a.wav").unwrap().identity().unwrap(), identity);
    }

    #[test]
    fn broken_files_are_named_as_in_the_session() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        write(&path, &[0.5; 100]);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 50]).unwrap();
        std::fs::write(folder.path().join("empty.wav"), b"").unwrap();
        std::fs::create_dir(folder.path().join("folder.wav")).unwrap();
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        for (file, words) in [
            ("a.wav", "cut short"),
            ("empty.wav", "0 bytes"),
            ("folder.wav", "not a file"),
            ("none.wav", "missing"),
        ] {
            let message = files.open(file, rate(48_000)).err().unwrap().to_string();
            assert!(message.starts_with(&format!("audio file '{file}'")), "{message}");
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn the_index_is_saved_and_warnings_name_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        write(&path, &[0.5; 100]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(b"junk\xFF\xFF\x00\x00");
        std::fs::write(&path, bytes).unwrap();
        let index = folder.path().join("index.json");
        let files = AudioFiles::new(folder.path(), AudioIndex::load(&index));
        let source = files.open_native("a.wav").unwrap();
        assert!(files.index().get("a.wav").is_none());
        let identity = source.identity().unwrap();
        files.save_index().unwrap();
        let record = AudioIndex::load(&index).get("a.wav").unwrap().clone();
        assert_eq!((record.frames, record.sha256), (100, identity));
        let warnings = files.warnings();
        assert!(warnings[0].contains("'a.wav'") && warnings[0].contains("'junk'"), "{warnings:?}");
    }
}
