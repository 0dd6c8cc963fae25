//! The bytes of a FLAC file as its decoder gets them: the stream information, then frames from
//! any of them on.
//!
//! Pictures, tags and seek tables never reach the decoder: what it does not see cannot hurt it,
//! and it can be started at any frame whose offset is known.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::io::MediaSource;
use wavemill_core::time::SampleRate;

use super::super::OpenError;

/// "fLaC", a block header, the stream information.
const HEAD_BYTES: usize = 4 + 4 + INFO_BYTES;
const INFO_BYTES: usize = 34;

/// The most metadata blocks a file may have.
const MAX_BLOCKS: usize = 10_000;

/// The kind of a metadata block that belongs to a program.
const APPLICATION: u8 = 2;

/// The `smpl` chunk in an application's metadata block, if that keeps one of a WAV file, as
/// `flac --keep-foreign-metadata` writes it: "riff", then the chunk with its head.
fn smpl_of(block: &[u8]) -> Option<&[u8]> {
    let (size, chunk) = block.strip_prefix(b"riffsmpl")?.split_first_chunk()?;
    chunk.get(..usize::try_from(u32::from_le_bytes(*size)).ok()?)
}

/// What the head of a FLAC file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamHead {
    /// The head again, with the stream information as the only metadata block.
    bytes: [u8; HEAD_BYTES],
    pub(super) channels: usize,
    pub(super) sample_rate: SampleRate,
    /// Frames, where the file says so.
    pub(super) frames: Option<u64>,
    /// Where the first audio frame starts, in bytes.
    pub(super) audio_offset: u64,
    /// The `smpl` chunk of the WAV file that it was made of, where that was kept.
    pub(super) smpl: Option<Vec<u8>>,
}

/// Whether a file that starts with `head` (4 bytes are enough) is a FLAC file.
pub(super) fn is_flac(head: &[u8]) -> bool {
    head.starts_with(b"fLaC")
}

impl StreamHead {
    /// Reads the metadata blocks of the file at `path` (named in errors only) from its `bytes`.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, OpenError> {
        if !is_flac(bytes) {
            return Err(OpenError::corrupt(path, "it does not start with a FLAC header"));
        }
        let cut = || OpenError::corrupt(path, "it ends within its metadata");
        let mut at = 4_usize;
        let mut info: Option<&[u8]> = None;
        let mut smpl = None;
        for block in 0.. {
            if block == MAX_BLOCKS {
                let what = format!("it has more than {MAX_BLOCKS} metadata blocks");
                return Err(OpenError::corrupt(path, what));
            }
            let &[kind, l2, l1, l0] = bytes.get(at..at + 4).ok_or_else(cut)? else {
                return Err(cut());
            };
            let length = usize::try_from(u32::from_be_bytes([0, l2, l1, l0])).map_err(|_| cut())?;
            let body = bytes.get(at + 4..at + 4 + length).ok_or_else(cut)?;
            if block == 0 {
                if kind & 0x7F != 0 || length != INFO_BYTES {
                    let what = "its first metadata block is not the stream information";
                    return Err(OpenError::corrupt(path, what));
                }
                info = Some(body);
            }
            if kind & 0x7F == APPLICATION && smpl.is_none() {
                smpl = smpl_of(body);
            }
            at += 4 + length;
            if kind & 0x80 != 0 {
                break;
            }
        }
        let mut head = [0; HEAD_BYTES];
        head[..8].copy_from_slice(b"fLaC\x80\x00\x00\x22");
        head[8..].copy_from_slice(info.ok_or_else(cut)?);
        let head = Self::from_info(path, head, at as u64)?;
        Ok(Self { smpl: smpl.map(<[u8]>::to_vec), ..head })
    }

    fn from_info(
        path: &Path,
        bytes: [u8; HEAD_BYTES],
        audio_offset: u64,
    ) -> Result<Self, OpenError> {
        // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of length.
        let mut packed = [0; 8];
        packed.copy_from_slice(&bytes[18..26]);
        let packed = u64::from_be_bytes(packed);
        // Each is masked to fewer bits than its type has.
        let rate_hz = u32::try_from(packed >> 44).unwrap_or(0);
        let channels = usize::try_from((packed >> 41) & 7).unwrap_or(0) + 1;
        let frames = packed & 0xF_FFFF_FFFF;
        let sample_rate = SampleRate::new(rate_hz)
            .map_err(|error| OpenError::unsupported(path, error.to_string()))?;
        let frames = (frames != 0).then_some(frames);
        Ok(Self { bytes, channels, sample_rate, frames, audio_offset, smpl: None })
    }
}

/// A FLAC stream that starts at one of a file's frames.
pub(super) struct SplicedStream {
    head: [u8; HEAD_BYTES],
    /// How much of the head was read.
    head_read: usize,
    file: File,
}

impl SplicedStream {
    /// The stream of `head` whose first audio frame is at `offset` bytes in `file`.
    pub(super) fn new(head: &StreamHead, mut file: File, offset: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { head: head.bytes, head_read: 0, file })
    }
}

impl Read for SplicedStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head = &self.head[self.head_read..];
        if head.is_empty() {
            return self.file.read(out);
        }
        let now = head.len().min(out.len());
        out[..now].copy_from_slice(&head[..now]);
        self.head_read += now;
        Ok(now)
    }
}

impl Seek for SplicedStream {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl MediaSource for SplicedStream {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}
