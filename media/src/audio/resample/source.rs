//! A source of frames at another rate than its own.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wavemill_core::audio::{FrameError, FrameReader, FrameSource};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::super::overlap::Overlap;
use super::engine::Engine;
use super::kernel::Kernel;

/// The version of the conversion, raised where its bits change: part of what names a converted
/// signal.
pub const VERSION: u32 = 1;

/// Output frames made at a time: bounds the memory a reader holds.
const CHUNK_FRAMES: u64 = 512;

/// A source converted to another rate.
pub struct Resampled {
    source: Arc<dyn FrameSource>,
    kernel: Arc<Kernel>,
}

impl Resampled {
    /// `source` at the rate `to`.
    pub fn new(source: Arc<dyn FrameSource>, to: SampleRate) -> Self {
        let kernel = Arc::new(Kernel::new(source.sample_rate(), to));
        Self { source, kernel }
    }

    /// `source` converted by a shared kernel, made for the source's rate.
    pub fn with_kernel(source: Arc<dyn FrameSource>, kernel: Arc<Kernel>) -> Self {
        Self { source, kernel }
    }
}

impl FrameSource for Resampled {
    fn channels(&self) -> usize {
        self.source.channels()
    }

    fn frames(&self) -> u64 {
        self.kernel.output_frames(self.source.frames())
    }

    fn sample_rate(&self) -> SampleRate {
        self.kernel.to_rate()
    }

    /// Derived from the identity of the source and the two rates: nothing is converted for it.
    fn identity(&self) -> Result<[u8; 32], FrameError> {
        let mut digest = Sha256::new();
        digest.update(format!("wavemill rate conversion {VERSION}\0"));
        digest.update(self.source.identity()?);
        digest.update(self.kernel.from_rate().hz().to_le_bytes());
        digest.update(self.kernel.to_rate().hz().to_le_bytes());
        Ok(digest.finalize().into())
    }

    fn is_finite(&self) -> bool {
        self.source.is_finite()
    }

    fn reader(&self, level: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        Ok(Box::new(ResampledReader {
            reader: self.source.reader(level)?,
            engine: Engine::new(Arc::clone(&self.kernel), self.source.channels()),
            frames: self.frames(),
            input: Vec::new(),
        }))
    }
}

struct ResampledReader {
    reader: Box<dyn FrameReader>,
    engine: Engine,
    frames: u64,
    input: Vec<f32>,
}

impl FrameReader for ResampledReader {
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError> {
        let channels = self.engine.channels();
        let part = Overlap::of(position, out.len() / channels, self.frames);
        out[..part.before * channels].fill(0.0);
        out[(part.before + part.inside) * channels..].fill(0.0);
        let mut out = &mut out[part.before * channels..(part.before + part.inside) * channels];
        let mut frame = part.first;
        while !out.is_empty() {
            let frames = ((out.len() / channels) as u64).min(CHUNK_FRAMES);
            let (low, high) = self.engine.reach(frame, frames);
            self.engine.forget_before(low);
            // At most a chunk's frames at the input's rate and the kernel's reach.
            let missing = usize::try_from(high - self.engine.end()).unwrap_or(0);
            self.input.resize(missing * channels, 0.0);
            self.reader.read(self.engine.end(), &mut self.input)?;
            self.engine.extend(&self.input);
            let samples = usize::try_from(frames).unwrap_or(usize::MAX) * channels;
            let (now, later) = out.split_at_mut(samples);
            self.engine.produce(frame, now);
            out = later;
            frame += frames;
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        self.reader.check_unchanged()
    }
}
