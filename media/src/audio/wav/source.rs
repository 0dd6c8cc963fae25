//! A WAV file as a source of frames: decoded on demand from a window of the file mapped into memory.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use memmap2::Mmap;
use wavemill_core::audio::{FrameError, FrameReader, FrameSource, SampleMarks};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::super::OpenError;
use super::super::identity::identity_of;
use super::super::input_file::{FileStamp, InputFile, WINDOW_BYTES};
use super::super::overlap::Overlap;
use super::decode::{decode, decode_24_pairs};
use super::header::is_wav;
use super::{WavHeader, WavSampleFormat};

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

    fn marks(&self) -> SampleMarks {
        self.inner.header.marks
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

impl Window {
    /// The bytes of at most `frames` frames from `frame` on, which lies inside: up to the end.
    fn frames_from(&self, frame: u64, frames: usize, frame_bytes: usize) -> &[u8] {
        // Both differences are at most a window's frames.
        let skip = usize::try_from(frame - self.first).unwrap_or(usize::MAX);
        let left = usize::try_from(self.end - frame).unwrap_or(usize::MAX);
        &self.map[skip * frame_bytes..(skip + left.min(frames)) * frame_bytes]
    }
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
            let bytes = window.frames_from(frame, out.len() / channels, frame_bytes);
            let frames = bytes.len() / frame_bytes;
            let (now, later) = out.split_at_mut(frames * channels);
            decode(level, format, bytes, now);
            out = later;
            frame += frames as u64;
        }
        Ok(())
    }

    fn read_pairs(
        &mut self,
        position: i64,
        block: &mut [f32],
        lanes: usize,
        first: usize,
    ) -> Result<bool, FrameError> {
        let header = &self.inner.header;
        if header.channels != 2 || header.format != WavSampleFormat::Signed24 {
            return Ok(false);
        }
        let (level, frame_bytes) = (self.level, header.frame_bytes());
        let part = Overlap::of(position, block.len() / lanes, header.frames);
        let (before, rest) = block.split_at_mut(part.before * lanes);
        let (mut rows, after) = rest.split_at_mut(part.inside * lanes);
        for row in before.chunks_exact_mut(lanes).chain(after.chunks_exact_mut(lanes)) {
            row[first..first + 2].fill(0.0);
        }
        let mut frame = part.first;
        while !rows.is_empty() {
            let window = self.window(frame)?;
            let bytes = window.frames_from(frame, rows.len() / lanes, frame_bytes);
            let frames = bytes.len() / frame_bytes;
            let (now, later) = rows.split_at_mut(frames * lanes);
            decode_24_pairs(level, bytes, now, lanes, first);
            rows = later;
            frame += frames as u64;
        }
        Ok(true)
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        self.inner.file.check_unchanged()
    }
}
