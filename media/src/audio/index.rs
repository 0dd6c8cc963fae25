//! The index of a session's audio: identities kept with the stamps of their files.
//!
//! Hashing decodes every sample; a file whose stamp is the recorded one is not hashed again. A
//! file written moments before it was hashed could be written once more within the clock's
//! step and keep its stamp: such a record is not settled, and is taken anew the next time.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use wavemill_core::audio::FrameError;

use super::codec::OpenedAudio;
use super::input_file::FileStamp;
use super::pending_file::{PendingFile, WriteError};
use crate::files;

/// The version of the index file's layout.
const INDEX_VERSION: u32 = 2;

/// An index larger than this, in bytes, is not read.
const MAX_INDEX_BYTES: u64 = 64 << 20;

/// A file changed less than this before it was hashed may change again unnoticed.
const SETTLING_NS: i128 = 2_000_000_000;

/// What is known of one audio file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioRecord {
    /// Stamp of the file when it was hashed.
    #[serde(flatten)]
    pub stamp: FileStamp,
    /// Name and version of the codec that decoded it.
    pub codec: String,
    /// Its identity (see [`super::identity_of`]), in hexadecimal.
    #[serde(with = "hex")]
    pub sha256: [u8; 32],
    /// Length in frames.
    pub frames: u64,
    /// Channels.
    pub channels: usize,
    /// The rate of the frames, in hertz.
    pub sample_rate: u32,
    /// Whether the file was old enough when hashed for its stamp to be trusted.
    pub settled: bool,
}

#[derive(Serialize, Deserialize)]
struct IndexFile {
    version: u32,
    files: BTreeMap<String, AudioRecord>,
}

/// Identities of audio files by name. A cache: it can be deleted, and is made again.
#[derive(Debug, Default)]
pub struct AudioIndex {
    path: Option<PathBuf>,
    files: BTreeMap<String, AudioRecord>,
    changed: bool,
    warning: Option<String>,
}

impl AudioIndex {
    /// An empty index that is never saved.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The index in the file at `path`; empty where there is none. A file that cannot be used is
    /// replaced at the next save, with a [`Self::warning`].
    pub fn load(path: &Path) -> Self {
        let (files, warning) = match read(path) {
            Ok(files) => (files, None),
            Err(what) => {
                let path = path.display();
                let warning = format!("the index '{path}' {what}; audio files are hashed again");
                (BTreeMap::new(), Some(warning))
            }
        };
        Self { path: Some(path.to_owned()), files, changed: false, warning }
    }

    /// What was wrong with the index file, if anything.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The record of the file called `name`, as it was last seen.
    pub fn get(&self, name: &str) -> Option<&AudioRecord> {
        self.files.get(name)
    }

    /// The record of the file called `name`, which is open, if its stamp and codec are still those
    /// recorded and the record is settled.
    pub fn known(&self, name: &str, opened: &OpenedAudio) -> Option<&AudioRecord> {
        self.files.get(name).filter(|record| {
            record.settled && record.stamp == opened.stamp && record.codec == opened.codec
        })
    }

    /// Records the `identity` of the file called `name`, which is open.
    pub fn insert(&mut self, name: &str, opened: &OpenedAudio, identity: [u8; 32]) -> &AudioRecord {
        let record = AudioRecord {
            stamp: opened.stamp,
            codec: opened.codec.to_owned(),
            sha256: identity,
            frames: opened.source.frames(),
            channels: opened.source.channels(),
            sample_rate: opened.source.sample_rate().hz(),
            settled: is_settled(opened.stamp),
        };
        self.changed |= self.files.get(name) != Some(&record);
        let place = self.files.entry(name.to_owned());
        place.insert_entry(record).into_mut()
    }

    /// The record of the file called `name`, which is open: as recorded where it is
    /// [known](Self::known), else by decoding all of it.
    pub fn identify(
        &mut self,
        name: &str,
        opened: &OpenedAudio,
    ) -> Result<AudioRecord, FrameError> {
        if let Some(record) = self.known(name, opened) {
            return Ok(record.clone());
        }
        Ok(self.insert(name, opened, opened.source.identity()?).clone())
    }

    /// Trusts the record of `name` though its file is recent: for a file that the caller wrote
    /// itself and that nobody else writes, such as a copy made by an import.
    pub fn settle(&mut self, name: &str) {
        if let Some(record) = self.files.get_mut(name) {
            self.changed |= !record.settled;
            record.settled = true;
        }
    }

    /// Drops the records of files not in `names`.
    pub fn retain(&mut self, names: &dyn Fn(&str) -> bool) {
        let before = self.files.len();
        self.files.retain(|name, _| names(name));
        self.changed |= self.files.len() != before;
    }

    /// Writes the index to its file, if it changed since it was loaded or saved; the folder it is
    /// in is made where it is missing.
    pub fn save(&mut self) -> Result<(), WriteError> {
        let Some(path) = self.path.as_ref().filter(|_| self.changed) else { return Ok(()) };
        let index = IndexFile { version: INDEX_VERSION, files: self.files.clone() };
        let mut json = serde_json::to_vec_pretty(&index)
            .map_err(|error| WriteError::Io { path: path.clone(), reason: error.to_string() })?;
        json.push(b'\n');
        let made = path.parent().map_or_else(|| Ok(Vec::new()), files::create_folders);
        let made = made.map_err(|error| WriteError::from_io(path, &error))?;
        let written = PendingFile::create(path, true)
            .and_then(|mut file| file.write(&json).and_then(|()| file.commit()));
        if let Err(error) = written {
            files::remove_folders(&made);
            return Err(error);
        }
        self.changed = false;
        Ok(())
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, AudioRecord>, String> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("cannot be read ({error})")),
    };
    let mut json = Vec::new();
    file.take(MAX_INDEX_BYTES + 1)
        .read_to_end(&mut json)
        .map_err(|error| format!("cannot be read ({error})"))?;
    if json.len() as u64 > MAX_INDEX_BYTES {
        return Err(format!("is larger than {MAX_INDEX_BYTES} bytes"));
    }
    let index: IndexFile =
        serde_json::from_slice(&json).map_err(|error| format!("is damaged ({error})"))?;
    if index.version != INDEX_VERSION {
        return Err(format!("is of version {}, not {INDEX_VERSION}", index.version));
    }
    Ok(index.files)
}

fn is_settled(stamp: FileStamp) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let changed = stamp.mtime_ns.max(stamp.ctime_ns);
    i128::try_from(now).unwrap_or(i128::MAX) - i128::from(changed) > SETTLING_NS
}

mod hex {
    //! A digest as 64 lower-case hexadecimal digits.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom("a SHA-256 digest is 64 hexadecimal digits");
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let digits = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use wavemill_core::audio::{FrameReader, FrameSource};
    use wavemill_core::simd::SimdLevel;
    use wavemill_core::time::SampleRate;

    use super::*;

    #[derive(Default)]
    struct Counting {
        hashed: AtomicUsize,
    }

    impl FrameSource for Counting {
        fn channels(&self) -> usize {
            2
        }
        fn frames(&self) -> u64 {
            5
        }
        fn sample_rate(&self) -> SampleRate {
            SampleRate::new(48_000).unwrap()
        }
        fn identity(&self) -> Result<[u8; 32], FrameError> {
            self.hashed.fetch_add(1, Ordering::Relaxed);
            Ok([0xA5; 32])
        }
        fn is_finite(&self) -> bool {
            false
        }

        fn reader(&self, _: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
            Err(FrameError { what: "not needed here".to_owned() })
        }
    }

    fn opened(source: &Arc<Counting>, stamp: FileStamp) -> OpenedAudio {
        let source: Arc<dyn FrameSource> = Arc::<Counting>::clone(source);
        OpenedAudio {
            source,
            codec: "test/1",
            stamp,
            time_reference: None,
            warnings: Vec::new(),
            mark_warnings: Vec::new(),
        }
    }

    const OLD: FileStamp = FileStamp { size: 10, mtime_ns: 1, ctime_ns: 1, inode: 7 };

    #[test]
    fn a_known_stamp_is_not_hashed_again_and_a_changed_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        let source = Arc::new(Counting::default());
        let mut index = AudioIndex::load(&path);
        for _ in 0..3 {
            assert_eq!(index.identify("a", &opened(&source, OLD)).unwrap().sha256, [0xA5; 32]);
        }
        assert_eq!(source.hashed.load(Ordering::Relaxed), 1);
        index.save().unwrap();
        let mut index = AudioIndex::load(&path);
        assert_eq!(index.warning(), None);
        index.identify("a", &opened(&source, OLD)).unwrap();
        assert_eq!(source.hashed.load(Ordering::Relaxed), 1);
        for (hashed, stamp) in [
            (2, FileStamp { size: 11, ..OLD }),
            (3, FileStamp { mtime_ns: 2, ..OLD }),
            (4, FileStamp { ctime_ns: 2, ..OLD }),
            (5, FileStamp { inode: 8, ..OLD }),
        ] {
            index.identify("a", &opened(&source, stamp)).unwrap();
            assert_eq!(source.hashed.load(Ordering::Relaxed), hashed);
        }
    }

    #[test]
    fn a_recent_file_is_hashed_each_time_until_it_is_settled() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let stamp = FileStamp { mtime_ns: i64::try_from(now).unwrap(), ..OLD };
        let source = Arc::new(Counting::default());
        let mut index = AudioIndex::in_memory();
        index.identify("a", &opened(&source, stamp)).unwrap();
        index.identify("a", &opened(&source, stamp)).unwrap();
        assert_eq!(source.hashed.load(Ordering::Relaxed), 2);
        index.settle("a");
        index.identify("a", &opened(&source, stamp)).unwrap();
        assert_eq!(source.hashed.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn the_file_is_canonical_and_saved_only_when_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        let source = Arc::new(Counting::default());
        let mut index = AudioIndex::load(&path);
        index.save().unwrap();
        assert!(!path.exists());
        for name in ["b", "a"] {
            index.identify(name, &opened(&source, OLD)).unwrap();
        }
        index.save().unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert!(first.find("\"a\"").unwrap() < first.find("\"b\"").unwrap());
        assert!(first.contains(&"a5".repeat(32)) && first.ends_with("}\n"));
        let mut again = AudioIndex::load(&path);
        again.retain(&|name| name == "a");
        again.save().unwrap();
        assert!(AudioIndex::load(&path).get("b").is_none());
        assert!(AudioIndex::load(&path).get("a").is_some());
    }

    #[test]
    fn a_damaged_or_newer_index_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        for (json, words) in [
            ("{", "is damaged"),
            ("{\"version\": 2, \"files\": {\"a\": {\"sha256\": \"00\"}}}", "is damaged"),
            ("{\"version\": 3, \"files\": {}}", "version 3"),
        ] {
            std::fs::write(&path, json).unwrap();
            let index = AudioIndex::load(&path);
            assert!(index.warning().unwrap().contains(words), "{:?}", index.warning());
        }
    }
}
