//! Audio held in memory: for previews of generated material and for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{AudioLibrary, AudioLibraryError, FrameError, FrameReader, FrameSource, SampleMarks};
use crate::sampler::SampledInstrument;
use crate::simd::SimdLevel;
use crate::soundfont::SoundFont;
use crate::time::{SampleRate, frame_count};

/// Interleaved frames in memory.
#[derive(Clone)]
pub struct MemorySource {
    samples: Arc<[f32]>,
    channels: usize,
    rate: SampleRate,
    identity: [u8; 32],
    marks: SampleMarks,
}

impl MemorySource {
    /// Wraps interleaved `samples`; frames that are not whole are left out. `channels` of 0 counts
    /// as 1.
    pub fn new(samples: &[f32], channels: usize, rate: SampleRate) -> Self {
        let channels = channels.max(1);
        let whole = &samples[..samples.len() / channels * channels];
        let mut hasher = Sha256::new();
        hasher.update(b"wavemill memory audio");
        hasher.update((channels as u64).to_le_bytes());
        hasher.update(rate.hz().to_le_bytes());
        for sample in whole {
            hasher.update(sample.to_le_bytes());
        }
        let identity = hasher.finalize().into();
        Self { samples: whole.into(), channels, rate, identity, marks: SampleMarks::default() }
    }

    /// The same frames with `marks`.
    #[must_use]
    pub fn with_marks(self, marks: SampleMarks) -> Self {
        Self { marks, ..self }
    }
}

impl FrameSource for MemorySource {
    fn channels(&self) -> usize {
        self.channels
    }

    fn frames(&self) -> u64 {
        (self.samples.len() / self.channels) as u64
    }

    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn identity(&self) -> Result<[u8; 32], FrameError> {
        Ok(self.identity)
    }

    fn is_finite(&self) -> bool {
        false
    }

    fn marks(&self) -> SampleMarks {
        self.marks
    }

    fn reader(&self, _: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        Ok(Box::new(self.clone()))
    }
}

impl FrameReader for MemorySource {
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError> {
        for (frame, out) in out.chunks_exact_mut(self.channels).enumerate() {
            let start = usize::try_from(position + frame_count(frame)).ok();
            let frame = start.and_then(|start| {
                self.samples.get(start * self.channels..(start + 1) * self.channels)
            });
            match frame {
                Some(frame) => out.copy_from_slice(frame),
                None => out.fill(0.0),
            }
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        Ok(())
    }
}

/// Named audio in memory. It does not convert rates: it opens a file only at its own.
#[derive(Clone, Default)]
pub struct MemoryLibrary {
    files: BTreeMap<String, MemorySource>,
    sound_fonts: BTreeMap<String, Arc<SoundFont>>,
    /// Texts of SFZ files.
    instruments: BTreeMap<String, String>,
}

impl MemoryLibrary {
    /// Adds `source` under `name`.
    pub fn insert(&mut self, name: impl Into<String>, source: MemorySource) {
        self.files.insert(name.into(), source);
    }

    /// Adds `font` under `name`.
    pub fn insert_sound_font(&mut self, name: impl Into<String>, font: Arc<SoundFont>) {
        self.sound_fonts.insert(name.into(), font);
    }

    /// Adds the text of an SFZ file under `name`; its samples are those of the library.
    pub fn insert_sfz(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.instruments.insert(name.into(), text.into());
    }
}

impl AudioLibrary for MemoryLibrary {
    fn open(
        &self,
        file: &str,
        rate: SampleRate,
    ) -> Result<Arc<dyn FrameSource>, AudioLibraryError> {
        let missing = || AudioLibraryError::Missing { file: file.to_owned() };
        let source = self.files.get(file).ok_or_else(missing)?;
        if source.rate != rate {
            return Err(AudioLibraryError::Unreadable {
                file: file.to_owned(),
                reason: format!(
                    "it is at {} Hz and audio in memory is not converted to {} Hz",
                    source.rate.hz(),
                    rate.hz()
                ),
            });
        }
        Ok(Arc::new(source.clone()))
    }

    fn sound_font(&self, file: &str) -> Result<Arc<SoundFont>, AudioLibraryError> {
        let missing = || AudioLibraryError::Missing { file: file.to_owned() };
        self.sound_fonts.get(file).cloned().ok_or_else(missing)
    }

    fn sampled_instrument(&self, file: &str) -> Result<Arc<SampledInstrument>, AudioLibraryError> {
        let missing = |file: &str| AudioLibraryError::Missing { file: file.to_owned() };
        let text = self.instruments.get(file).ok_or_else(|| missing(file))?;
        let open = |name: &str| -> Result<Arc<dyn FrameSource>, AudioLibraryError> {
            let source = self.files.get(name).cloned().ok_or_else(|| missing(name))?;
            Ok(Arc::new(source))
        };
        SampledInstrument::load(file, text.as_bytes(), open).map(Arc::new)
    }
}
