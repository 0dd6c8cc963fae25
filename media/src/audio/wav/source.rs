//! A WAV file as a source of frames: decoded on demand from a window of the file mapped into memory.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use memmap2::Mmap;
use wavemill_core::audio::{FrameError, FrameReader, FrameSource};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::super::OpenError;
use super::super::identity::identity_of;
use super::super::input_file::{FileStamp, InputFile, WINDOW_BYTES};
use super::super::overlap::Overlap;
use super::WavHeader;
use super::decode::decode;
use super::header::is_wav;

/// An open WAV file.
#[derive(Debug)]
pub struct WavSource {
    inner: Arc<Inner>,
    identity: OnceLock<[u8; 32]>,
}

#[derive(Debug)]
struct Inner {
    file: InputFile,
    header: WavHeader,
}

impl WavSource {
    /// Opens the WAV file at `path` and reads its headers.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = InputFile::open(path)?;
        let header = WavHeader::parse(path, &file.map_whole()?)?;
        Ok(Self { inner: Arc::new(Inner { file, header }), identity: OnceLock::new() })
    }

    /// What the headers say.
    pub fn header(&self) -> &WavHeader {
        &self.inner.header
    }

    /// The file's stamp when it was opened.
    pub fn stamp(&self) -> FileStamp {
        self.inner.file.stamp()
    }

    /// Whether a file that starts with `head` is a WAV file; 12 bytes are enough.
    pub fn probe(head: &[u8]) -> bool {
        is_wav(head)
    }
}

impl FrameSource for WavSource {
    fn channels(&self) -> usize {
        usize::from(self.inner.header.channels)
    }

    fn frames(&self) -> u64 {
        self.inner.header.frames
    }

    fn sample_rate(&self) -> SampleRate {
        self.inner.header.sample_rate
    }

    fn identity(&self) -> Result<[u8; 32], FrameError> {
        if let Some(identity) = self.identity.get() {
            return Ok(*identity);
        }
        let identity = identity_of(self)?;
        Ok(*self.identity.get_or_init(|| identity))
    }

    fn is_finite(&self) -> bool {
        self.inner.header.format.is_integer()
    }

    fn reader(&self, level: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        self.inner.file.check_unchanged()?;
        Ok(Box::new(WavReader { inner: Arc::clone(&self.inner), level, window: None }))
    }
}

/// Frames `first..end` of the file, mapped.
struct Window {
    first: u64,
    end: u64,
    map: Mmap,
}

struct WavReader {
    inner: Arc<Inner>,
    level: SimdLevel,
    window: Option<Window>,
}

impl WavReader {
    /// The window that holds `frame`, which lies in the file.
    fn window(&mut self, frame: u64) -> Result<&Window, FrameError> {
        let held = self.window.take().filter(|held| (held.first..held.end).contains(&frame));
        let window = match held {
            Some(held) => held,
            None => self.inner.window(frame)?,
        };
        Ok(self.window.insert(window))
    }
}

impl Inner {
    /// Maps the window that holds `frame`. Windows lie on a fixed grid of whole frames, so no
    /// frame straddles two.
    fn window(&self, frame: u64) -> Result<Window, FrameError> {
        let frame_bytes = self.header.frame_bytes() as u64;
        let frames = (WINDOW_BYTES / frame_bytes).max(1);
        let first = frame - frame % frames;
        let end = (first + frames).min(self.header.frames);
        let length = usize::try_from((end - first) * frame_bytes)
            .map_err(|error| self.file.frame_error(&error.to_string()))?;
        let start = self.header.data_offset + first * frame_bytes;
        Ok(Window { first, end, map: self.file.map_window(start, length)? })
    }
}

impl FrameReader for WavReader {
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError> {
        let (format, level) = (self.inner.header.format, self.level);
        let channels = usize::from(self.inner.header.channels);
        let frame_bytes = self.inner.header.frame_bytes();
        let part = Overlap::of(position, out.len() / channels, self.inner.header.frames);
        out[..part.before * channels].fill(0.0);
        out[(part.before + part.inside) * channels..].fill(0.0);
        let mut out = &mut out[part.before * channels..(part.before + part.inside) * channels];
        let mut frame = part.first;
        while !out.is_empty() {
            let window = self.window(frame)?;
            // Both differences are at most a window's frames.
            let skip = usize::try_from(frame - window.first).unwrap_or(usize::MAX);
            let left = usize::try_from(window.end - frame).unwrap_or(usize::MAX);
            let frames = left.min(out.len() / channels);
            let (now, later) = out.split_at_mut(frames * channels);
            let bytes = &window.map[skip * frame_bytes..(skip + frames) * frame_bytes];
            decode(level, format, bytes, now);
            out = later;
            frame += frames as u64;
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        self.inner.file.check_unchanged()
    }
}
