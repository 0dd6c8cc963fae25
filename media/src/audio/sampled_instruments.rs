//! The sampled instruments of one session: each read once, and again where its file or one of its
//! samples changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wavemill_core::audio::{AudioLibraryError, FrameSource};
use wavemill_core::sampler::{Instrument, MAX_TEXT_BYTES, SampledInstrument};

use super::indexed::IndexedSource;
use super::input_file::FileStamp;

/// Sampled instruments by their name in the session.
#[derive(Default)]
pub(super) struct SampledInstruments {
    open: Mutex<BTreeMap<String, Read>>,
}

/// An instrument, and the files it was read from with the stamps they had.
struct Read {
    stamps: Vec<(PathBuf, FileStamp)>,
    /// What is not quite right with its samples, a sentence each.
    sample_warnings: Vec<String>,
    instrument: Arc<SampledInstrument>,
}

impl Read {
    fn is_current(&self) -> bool {
        let now = |path| std::fs::metadata(path).map(|metadata| FileStamp::of(&metadata)).ok();
        self.stamps.iter().all(|(path, stamp)| now(path) == Some(*stamp))
    }
}

impl SampledInstruments {
    /// The instrument in the SFZ file called `file` in the session, which is at `path`. Samples are
    /// opened by their name in the session: where they are, and their frames at their own rate.
    pub(super) fn open(
        &self,
        file: &str,
        path: &Path,
        sample: impl Fn(&str) -> Result<(PathBuf, IndexedSource), AudioLibraryError>,
    ) -> Result<Arc<SampledInstrument>, AudioLibraryError> {
        // Held while reading: whoever else wants this file waits for it instead of reading it too.
        let mut open = self.lock();
        if let Some(read) = open.get(file).filter(|read| read.is_current()) {
            return Ok(Arc::clone(&read.instrument));
        }
        let (stamp, text) = read_text(file, path)?;
        let mut stamps = vec![(path.to_owned(), stamp)];
        let mut sample_warnings = Vec::new();
        let instrument = SampledInstrument::load(file, &text, |name| {
            let (path, source) = sample(name)?;
            stamps.push((path, source.opened().stamp));
            let opened = source.opened();
            let warnings = opened.warnings.iter().chain(&opened.mark_warnings);
            sample_warnings
                .extend(warnings.map(|warning| format!("audio file '{name}': {warning}")));
            // Not kept open: an instrument may have more samples than a process may have files.
            let source: Arc<dyn FrameSource> = Arc::new(source);
            Ok(source)
        })?;
        let instrument = Arc::new(instrument);
        let read = Read { stamps, sample_warnings, instrument: Arc::clone(&instrument) };
        open.insert(file.to_owned(), read);
        Ok(instrument)
    }

    /// What is not played of the instruments whose names `is_meant` says, and what is not quite
    /// right with their samples, a sentence each.
    pub(super) fn warnings(&self, is_meant: &dyn Fn(&str) -> bool) -> Vec<String> {
        let open = self.lock();
        let mut all = Vec::new();
        for (file, read) in open.iter().filter(|(file, _)| is_meant(file)) {
            all.extend(not_played(file, &read.instrument));
            all.extend(read.sample_warnings.iter().take(MOST_NAMED).cloned());
            let more = read.sample_warnings.len().saturating_sub(MOST_NAMED);
            if more > 0 {
                all.push(format!("instrument '{file}': {more} more warnings of its samples"));
            }
        }
        all
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Read>> {
        // Whole after every step.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Most opcodes that a warning names, and most warnings of an instrument's samples.
const MOST_NAMED: usize = 12;

fn not_played(file: &str, sampled: &SampledInstrument) -> Option<String> {
    let unknown = sampled.instrument().unknown();
    let named = unknown.iter().take(MOST_NAMED);
    let mut names: Vec<String> = named.map(|(name, count)| format!("{name} ({count})")).collect();
    if unknown.len() > MOST_NAMED {
        names.push(format!("and {} others", unknown.len() - MOST_NAMED));
    }
    let list = names.join(", ");
    (!unknown.is_empty())
        .then(|| format!("instrument '{file}': the sampler does not play these opcodes: {list}"))
}

/// The samples that the SFZ file called `file`, which is at `path`, names, as the session would call
/// them: from its text alone, whether or not they are there.
pub(super) fn samples_named_by(file: &str, path: &Path) -> Result<Vec<String>, AudioLibraryError> {
    let (_, text) = read_text(file, path)?;
    let instrument = Instrument::parse(&text).map_err(|error| AudioLibraryError::Unreadable {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(instrument.files_beside(file))
}

/// The text of the SFZ file at `path`, and the stamp it had before it was read.
fn read_text(file: &str, path: &Path) -> Result<(FileStamp, Vec<u8>), AudioLibraryError> {
    let unreadable = |reason: &str| AudioLibraryError::Unreadable {
        file: file.to_owned(),
        reason: reason.into(),
    };
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => AudioLibraryError::Missing { file: file.to_owned() },
        _ => unreadable(&format!("{error}; check its name and that it may be read")),
    };
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unreadable("it is no regular file: name an SFZ file"));
    }
    if metadata.len() > MAX_TEXT_BYTES as u64 {
        let reason = format!("it has more than {MAX_TEXT_BYTES} bytes: name an SFZ file");
        return Err(unreadable(&reason));
    }
    Ok((FileStamp::of(&metadata), std::fs::read(path).map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use wavemill_core::audio::AudioLibrary;
    use wavemill_core::time::SampleRate;

    use super::super::wav::{WavEncoding, WavSpec, WavWriter, WriteOptions};
    use super::super::{AudioFiles, AudioIndex, HeardFiles};
    use super::*;

    fn write(path: &Path, level: f32, hz: u32) {
        let sample_rate = SampleRate::new(hz).unwrap();
        let spec = WavSpec { channels: 1, sample_rate, encoding: WavEncoding::Float32 };
        let options = WriteOptions { overwrite: true, ..WriteOptions::default() };
        let mut writer = WavWriter::create(path, spec, options).unwrap();
        writer.write(&[level; 10]).unwrap();
        writer.finish().unwrap();
    }

    /// A session folder with `kits/a.sfz`, whose sample is `samples/a.wav`.
    fn folder(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["kits", "samples"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        write(&folder.path().join("samples/a.wav"), 0.5, 44_100);
        std::fs::write(folder.path().join("kits/a.sfz"), text).unwrap();
        folder
    }

    #[test]
    fn a_file_is_read_once_until_it_or_a_sample_changes() {
        let folder = folder("<region> sample=../samples/a.wav");
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let first = files.sampled_instrument("kits/a.sfz").unwrap();
        assert_eq!(first.files(), ["kits/../samples/a.wav"]);
        assert_eq!(first.samples()[0].rate().hz(), 44_100);
        let heard = HeardFiles::new(&files).sampled_instrument("kits/a.sfz").unwrap();
        assert!(Arc::ptr_eq(&first, &heard));
        write(&folder.path().join("samples/a.wav"), 0.25, 44_100);
        let second = files.sampled_instrument("kits/a.sfz").unwrap();
        assert_ne!(first.identity(), second.identity());
        write(&folder.path().join("samples/a.wav"), 0.25, 48_000);
        let third = files.sampled_instrument("kits/a.sfz").unwrap();
        assert_ne!(second.identity(), third.identity());
        let text = "<region> sample=../samples/a.wav key=3";
        std::fs::write(folder.path().join("kits/a.sfz"), text).unwrap();
        let fourth = files.sampled_instrument("kits/a.sfz").unwrap();
        assert_ne!(third.identity(), fourth.identity());
    }

    #[test]
    fn what_is_not_played_is_a_warning_of_whoever_plays_the_file() {
        let folder =
            folder("<region> sample=../samples/a.wav cutoff=300 lfo1_freq=3 fil_type=lpf_4p");
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        let (heard, other) = (HeardFiles::new(&files), HeardFiles::new(&files));
        heard.sampled_instrument("kits/a.sfz").unwrap();
        let told = "instrument 'kits/a.sfz': the sampler does not play these opcodes: fil_type (1), \
            lfo1_freq (1)";
        assert_eq!(heard.warnings(), [told]);
        assert!(other.warnings().is_empty());
    }

    /// Of one sample as of a hundred, and those of marks as well.
    #[test]
    fn warnings_of_samples_are_told_up_to_a_dozen() {
        let text: String =
            (0..20).map(|n| format!("<region> sample=../samples/{n}.wav ")).collect();
        let folder = folder(&text);
        for number in 0..20 {
            let path = folder.path().join(format!("samples/{number}.wav"));
            write(&path, 0.5, 48_000);
            let mut bytes = std::fs::read(&path).unwrap();
            let chunk = super::super::smpl::chunk(60, 0, &[[0, 3, 10, 0]]);
            bytes.extend(b"smpl\x3c\0\0\0");
            bytes.extend(chunk);
            std::fs::write(&path, bytes).unwrap();
        }
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        files.sampled_instrument("kits/a.sfz").unwrap();
        let warnings = files.warnings();
        assert_eq!(warnings.len(), MOST_NAMED + 1, "{warnings:?}");
        let first = "audio file 'kits/../samples/0.wav': the loop of its 'smpl' chunk from frame 3";
        assert!(warnings[0].starts_with(first), "{warnings:?}");
        let last = "instrument 'kits/a.sfz': 8 more warnings of its samples";
        assert_eq!(warnings[MOST_NAMED], last);
    }

    #[test]
    fn files_that_are_none_are_named_as_in_the_session() {
        let folder = folder("<region> sample=../../a.wav");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("bad.sfz"), b"RIFF\0").unwrap();
        std::fs::write(at("none.sfz"), "\n<region> sample=none.wav").unwrap();
        std::fs::write(at("text.sfz"), "<region> sample=text.sfz").unwrap();
        std::fs::File::create(at("long.sfz")).unwrap().set_len(1 << 25).unwrap();
        let files = AudioFiles::new(folder.path(), AudioIndex::in_memory());
        for (file, words) in [
            (
                "kits/a.sfz",
                "line 1: its sample 'kits/../../a.wav' cannot be read: its path leads out",
            ),
            ("missing.sfz", "is missing"),
            ("bad.sfz", "line 1: it is no text"),
            ("none.sfz", "line 2: its sample 'none.wav' is missing"),
            ("text.sfz", "line 1: its sample 'text.sfz' cannot be read"),
            ("long.sfz", "more than 16777216 bytes"),
            ("../x", "leads out"),
            ("kits", "no regular file"),
        ] {
            let message = files.sampled_instrument(file).unwrap_err().to_string();
            assert!(message.contains(file) && message.contains(words), "{message}");
        }
    }
}
