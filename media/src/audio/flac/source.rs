//! A FLAC file as a source of frames: decoded forward, started again where a jump goes.
//!
//! The container's own seeking is not used (it guesses positions from bytes that look like a
//! frame header). Offsets of frames are noted while packets go by, checksums verified, and a
//! jump starts at the last noted frame before its goal: exact, and only the first jump forward
//! reads (without decoding) what it jumps over.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use symphonia::core::packet::Packet;
use wavemill_core::audio::{FrameError, FrameReader, FrameSource, SampleMarks};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::super::OpenError;
use super::super::identity::identity_of;
use super::super::input_file::{FileStamp, InputFile};
use super::super::overlap::Overlap;
use super::super::smpl::{self, Smpl};
use super::decoder::PacketDecoder;
use super::stream::{SplicedStream, StreamHead, is_flac};

/// Offsets are noted at least this many frames apart: memory stays small, a jump skips little.
const NOTE_FRAMES: u64 = 1 << 16;

/// A jump forward of less than this is decoded through.
const NEAR_FRAMES: u64 = 1 << 16;

/// An open FLAC file.
#[derive(Debug)]
pub struct FlacSource {
    inner: Arc<Inner>,
    identity: OnceLock<[u8; 32]>,
}

#[derive(Debug)]
struct Inner {
    file: InputFile,
    head: StreamHead,
    frames: u64,
    smpl: Smpl,
    /// Places where decoding can start, in order; the first is the first frame.
    starts: Mutex<Vec<Start>>,
}

/// A frame header's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Start {
    frame: u64,
    offset: u64,
}

impl FlacSource {
    /// Opens the FLAC file at `path` and reads its metadata. A file that does not say how long
    /// it is (a recording of a stream) is read through once to count.
    ///
    /// Damage in the audio itself, a missing end included, is found when it is read:
    /// [`FrameSource::identity`] reads everything.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = InputFile::open(path)?;
        let head = StreamHead::parse(path, &file.map_whole()?)?;
        let starts = Mutex::new(vec![Start { frame: 0, offset: head.audio_offset }]);
        let frames = head.frames.unwrap_or(u64::MAX);
        let mut inner = Inner { file, head, frames, smpl: Smpl::default(), starts };
        if inner.head.frames.is_none() {
            inner.frames = inner.count().map_err(|error| {
                OpenError::corrupt(path, format!("its end is not found: {error}"))
            })?;
        }
        if let Some(chunk) = &inner.head.smpl {
            inner.smpl = smpl::parse(chunk, inner.frames);
        }
        Ok(Self { inner: Arc::new(inner), identity: OnceLock::new() })
    }

    /// The file's stamp when it was opened.
    pub fn stamp(&self) -> FileStamp {
        self.inner.file.stamp()
    }

    /// What of its [marks](FrameSource::marks) an instrument does not play, in sentences.
    pub fn mark_warnings(&self) -> &[String] {
        &self.inner.smpl.warnings
    }

    /// Whether a file that starts with `head` is a FLAC file; 4 bytes are enough.
    pub fn probe(head: &[u8]) -> bool {
        is_flac(head)
    }
}

impl FrameSource for FlacSource {
    fn channels(&self) -> usize {
        self.inner.head.channels
    }

    fn frames(&self) -> u64 {
        self.inner.frames
    }

    fn sample_rate(&self) -> SampleRate {
        self.inner.head.sample_rate
    }

    fn identity(&self) -> Result<[u8; 32], FrameError> {
        if let Some(identity) = self.identity.get() {
            return Ok(*identity);
        }
        let identity = identity_of(self)?;
        Ok(*self.identity.get_or_init(|| identity))
    }

    fn is_finite(&self) -> bool {
        true
    }

    fn marks(&self) -> SampleMarks {
        self.inner.smpl.marks
    }

    fn reader(&self, _: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        self.inner.file.check_unchanged()?;
        Ok(Box::new(FlacReader {
            inner: Arc::clone(&self.inner),
            run: None,
            decoded: Vec::new(),
            decoded_first: 0,
        }))
    }
}

impl Inner {
    fn corrupt(&self, frame: u64, what: &str) -> FrameError {
        let of = self.head.frames.map(|frames| format!(" of {frames}")).unwrap_or_default();
        self.file.frame_error(&format!(
            "its audio is damaged or cut short near frame {frame}{of} ({what}); get the file again"
        ))
    }

    /// Frames in a file that does not say.
    fn count(&self) -> Result<u64, FrameError> {
        if self.head.audio_offset == self.file.stamp().size {
            return Ok(0);
        }
        let mut run = Run::start(self, 0)?;
        while run.next(self)?.is_some() {}
        Ok(run.next_frame)
    }

    /// The last place noted at or before `frame`.
    fn start_before(&self, frame: u64) -> Start {
        // A poisoned lock guards a list that is whole after every step.
        let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        let after = starts.partition_point(|start| start.frame <= frame);
        starts
            .get(after.saturating_sub(1))
            .copied()
            .unwrap_or(Start { frame: 0, offset: self.head.audio_offset })
    }

    fn note(&self, start: Start) {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        if starts.last().is_none_or(|last| start.frame >= last.frame + NOTE_FRAMES) {
            starts.push(start);
        }
    }
}

/// Packets in order from some place on.
struct Run {
    decoder: PacketDecoder,
    next_frame: u64,
    next_offset: u64,
}

impl Run {
    /// Starts at the last known place at or before `frame`.
    fn start(inner: &Inner, frame: u64) -> Result<Self, FrameError> {
        let start = inner.start_before(frame);
        let stream = inner.file.reopen().and_then(|file| {
            SplicedStream::new(&inner.head, file, start.offset)
                .map_err(|error| inner.file.frame_error(&error.to_string()))
        })?;
        let decoder =
            PacketDecoder::start(stream).map_err(|error| inner.corrupt(start.frame, &error))?;
        Ok(Self { decoder, next_frame: start.frame, next_offset: start.offset })
    }

    /// The next packet, which continues the last one without a gap.
    fn next(&mut self, inner: &Inner) -> Result<Option<Packet>, FrameError> {
        inner.note(Start { frame: self.next_frame, offset: self.next_offset });
        let packet = self.decoder.next().map_err(|error| inner.corrupt(self.next_frame, &error))?;
        let Some(packet) = packet else { return Ok(None) };
        if u64::try_from(packet.pts.get()) != Ok(self.next_frame) || packet.dur.is_zero() {
            return Err(inner.corrupt(self.next_frame, "frames are missing"));
        }
        self.next_frame = self.next_frame.saturating_add(packet.dur.get());
        self.next_offset = self.next_offset.saturating_add(packet.data.len() as u64);
        Ok(Some(packet))
    }
}

struct FlacReader {
    inner: Arc<Inner>,
    run: Option<Run>,
    /// Interleaved samples of the last packet decoded.
    decoded: Vec<f32>,
    decoded_first: u64,
}

impl FlacReader {
    /// Decodes the packet that holds `frame`, which lies in the file.
    fn decode(&mut self, frame: u64) -> Result<(), FrameError> {
        let inner = &*self.inner;
        let near = |run: &Run| {
            run.next_frame <= frame
                && (frame - run.next_frame < NEAR_FRAMES
                    || inner.start_before(frame).frame <= run.next_frame)
        };
        // Taken out, so that a run that fails is not used again.
        let mut run = match self.run.take().filter(near) {
            Some(run) => run,
            None => Run::start(inner, frame)?,
        };
        loop {
            let first = run.next_frame;
            let packet =
                run.next(inner)?.ok_or_else(|| inner.corrupt(first, "the file ends here"))?;
            if run.next_frame <= frame {
                continue;
            }
            let channels = inner.head.channels;
            run.decoder
                .decode(&packet, channels, &mut self.decoded)
                .map_err(|error| inner.corrupt(first, &error))?;
            if (self.decoded.len() / channels) as u64 != packet.dur.get() {
                return Err(inner.corrupt(first, "a block has another length than it says"));
            }
            self.decoded_first = first;
            self.run = Some(run);
            return Ok(());
        }
    }
}

impl FrameReader for FlacReader {
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError> {
        let channels = self.inner.head.channels;
        let part = Overlap::of(position, out.len() / channels, self.inner.frames);
        out[..part.before * channels].fill(0.0);
        out[(part.before + part.inside) * channels..].fill(0.0);
        let mut out = &mut out[part.before * channels..(part.before + part.inside) * channels];
        let mut frame = part.first;
        while !out.is_empty() {
            let held = (self.decoded.len() / channels) as u64;
            if !(self.decoded_first..self.decoded_first + held).contains(&frame) {
                self.decoded.clear();
                self.decode(frame)?;
            }
            // Less than a packet's frames.
            let skip = usize::try_from(frame - self.decoded_first).unwrap_or(usize::MAX);
            let ready = &self.decoded[skip * channels..];
            let samples = ready.len().min(out.len());
            let (now, later) = out.split_at_mut(samples);
            now.copy_from_slice(&ready[..samples]);
            out = later;
            frame += (samples / channels) as u64;
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        self.inner.file.check_unchanged()
    }
}
