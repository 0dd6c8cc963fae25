//! Codecs behind one trait, and the registry that finds the one for a file by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use wavemill_core::audio::FrameSource;

use super::OpenError;
use super::flac::FlacSource;
use super::input_file::{FileStamp, InputFile};
use super::wav::WavSource;

/// Bytes of a file shown to [`Codec::probe`]; fewer where the file is shorter.
pub const PROBE_BYTES: usize = 64;

/// An audio file, open.
#[derive(Clone)]
pub struct OpenedAudio {
    /// Its frames.
    pub source: Arc<dyn FrameSource>,
    /// [`Codec::version`] of the codec that decodes it.
    pub codec: &'static str,
    /// The file's stamp when it was opened.
    pub stamp: FileStamp,
    /// BWF time stamp: where on the timeline its first frame belongs, in frames at its own rate.
    pub time_reference: Option<u64>,
    /// What was not quite right with the file and ignored, in sentences.
    pub warnings: Vec<String>,
    /// What of its [marks](FrameSource::marks) an instrument does not play, in sentences.
    pub mark_warnings: Vec<String>,
}

/// One kind of audio file.
pub trait Codec: Send + Sync {
    /// Name and version of the decoder, such as `wav/1`; raised where the samples it gives change.
    fn version(&self) -> &'static str;

    /// Whether a file that starts with `head` is of this kind.
    fn probe(&self, head: &[u8]) -> bool;

    /// Opens a file of this kind.
    fn open(&self, path: &Path) -> Result<OpenedAudio, OpenError>;
}

/// The codecs there are, asked in order.
pub struct CodecRegistry {
    codecs: Vec<Box<dyn Codec>>,
}

impl CodecRegistry {
    /// A registry of the built-in codecs: WAV and FLAC.
    pub fn builtin() -> Self {
        Self { codecs: vec![Box::new(WavCodec), Box::new(FlacCodec)] }
    }

    /// Adds a codec, asked after all others.
    pub fn register(&mut self, codec: Box<dyn Codec>) {
        self.codecs.push(codec);
    }

    /// Opens `path` with the first codec that knows it.
    pub fn open(&self, path: &Path) -> Result<OpenedAudio, OpenError> {
        // Refuses folders, devices and empty files with their own messages.
        InputFile::open(path)?;
        let mut head = Vec::with_capacity(PROBE_BYTES);
        File::open(path)
            .and_then(|file| file.take(PROBE_BYTES as u64).read_to_end(&mut head))
            .map_err(|error| OpenError::from_io(path, &error))?;
        match self.codecs.iter().find(|codec| codec.probe(&head)) {
            Some(codec) => codec.open(path),
            None => Err(OpenError::UnknownFormat { path: path.to_owned(), known: self.known() }),
        }
    }

    fn known(&self) -> String {
        let versions = self.codecs.iter().map(|codec| codec.version());
        let names = versions.map(|version| version.split('/').next().unwrap_or(version));
        names.map(str::to_uppercase).collect::<Vec<_>>().join(", ")
    }
}

struct WavCodec;

impl Codec for WavCodec {
    fn version(&self) -> &'static str {
        "wav/1"
    }

    fn probe(&self, head: &[u8]) -> bool {
        WavSource::probe(head)
    }

    fn open(&self, path: &Path) -> Result<OpenedAudio, OpenError> {
        let source = WavSource::open(path)?;
        Ok(OpenedAudio {
            codec: self.version(),
            stamp: source.stamp(),
            time_reference: source.header().time_reference,
            warnings: source.header().warnings.clone(),
            mark_warnings: source.header().mark_warnings.clone(),
            source: Arc::new(source),
        })
    }
}

struct FlacCodec;

impl Codec for FlacCodec {
    fn version(&self) -> &'static str {
        "flac/1"
    }

    fn probe(&self, head: &[u8]) -> bool {
        FlacSource::probe(head)
    }

    fn open(&self, path: &Path) -> Result<OpenedAudio, OpenError> {
        let source = FlacSource::open(path)?;
        Ok(OpenedAudio {
            codec: self.version(),
            stamp: source.stamp(),
            time_reference: None,
            warnings: Vec::new(),
            mark_warnings: source.mark_warnings().to_vec(),
            source: Arc::new(source),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::flac::test_files::{Subframe, encode};
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes_not_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("misnamed.wav");
        std::fs::write(&path, encode(&[1, 2, 3], 1, 48_000, 16, 64, Subframe::Verbatim, true))
            .unwrap();
        let opened = CodecRegistry::builtin().open(&path).unwrap();
        assert_eq!((opened.codec, opened.source.frames()), ("flac/1", 3));
    }

    #[test]
    fn an_unknown_format_names_the_known_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wav");
        std::fs::write(&path, b"OggS").unwrap();
        let message = CodecRegistry::builtin().open(&path).err().unwrap().to_string();
        assert!(message.contains("WAV, FLAC"), "{message}");
    }

    #[test]
    fn empty_missing_and_folders_have_their_own_errors() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| CodecRegistry::builtin().open(&folder.path().join(name)).err();
        std::fs::write(folder.path().join("empty.wav"), b"").unwrap();
        assert!(matches!(open("empty.wav"), Some(OpenError::Empty { .. })));
        assert!(matches!(open("none.wav"), Some(OpenError::Missing { .. })));
        assert!(matches!(open("."), Some(OpenError::NotAFile { .. })));
    }

    struct Text;

    impl Codec for Text {
        fn version(&self) -> &'static str {
            "text/3"
        }
        fn probe(&self, head: &[u8]) -> bool {
            head.starts_with(b"text")
        }
        fn open(&self, path: &Path) -> Result<OpenedAudio, OpenError> {
            Err(OpenError::unsupported(path, "text is not audio"))
        }
    }

    #[test]
    fn a_codec_can_join() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, b"text").unwrap();
        let mut registry = CodecRegistry::builtin();
        registry.register(Box::new(Text));
        assert!(matches!(registry.open(&path).err(), Some(OpenError::Unsupported { .. })));
        assert_eq!(registry.known(), "WAV, FLAC, TEXT");
    }
}
