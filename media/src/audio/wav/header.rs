//! The chunks before and around the audio of a WAV file, read from bytes nobody vouches for.
//!
//! Formats: RIFF WAVE as in Microsoft's "Multiple Channel Audio Data and WAVE Files"; RF64 by
//! EBU Tech 3306, BW64 by ITU-R BS.2088; the `bext` chunk by EBU Tech 3285.
//!
//! Rules for files that are not quite right:
//! - A data chunk that promises more bytes than the file holds is [`OpenError::Truncated`].
//! - A data size of 0xFFFFFFFF without a `ds64`, or of 0 in a file whose RIFF size was never
//!   filled in either, is what a streaming or killed recorder leaves: the data run to the end.
//! - Bytes after the last whole frame are ignored, with a warning.
//! - A broken chunk after the data is ignored, with a warning; before the data it is an error.

use std::path::Path;

use wavemill_core::audio::SampleMarks;
use wavemill_core::time::SampleRate;

use super::super::OpenError;
use super::super::smpl;

/// The most channels a file may have.
pub(crate) const MAX_CHANNELS: u16 = 64;

/// The most chunks a file may have; more is not audio but an attack on patience.
const MAX_CHUNKS: usize = 10_000;

const FORMAT_PCM: u16 = 1;
const FORMAT_FLOAT: u16 = 3;
const FORMAT_EXTENSIBLE: u16 = 0xFFFE;

/// Bytes 2 to 15 of every sub-format GUID that stands for a plain format code.
pub(crate) const GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavSampleFormat {
    /// 8-bit unsigned integer, 128 is zero.
    Unsigned8,
    /// 16-bit signed integer.
    Signed16,
    /// 24-bit signed integer in 3 bytes.
    Signed24,
    /// 32-bit signed integer.
    Signed32,
    /// 32-bit float.
    Float32,
    /// 64-bit float.
    Float64,
}

impl WavSampleFormat {
    /// False for floats, which may be NaN or infinite.
    pub const fn is_integer(self) -> bool {
        !matches!(self, Self::Float32 | Self::Float64)
    }

    /// Bytes a sample takes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }
}

/// What the headers of a WAV file say, checked against the size of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WavHeader {
    /// How a sample is stored.
    pub format: WavSampleFormat,
    /// Channels, 1 to 64.
    pub channels: u16,
    /// The rate the frames are at.
    pub sample_rate: SampleRate,
    /// Length in frames.
    pub frames: u64,
    /// Where the first frame starts, in bytes from the start of the file.
    pub data_offset: u64,
    /// BWF time stamp: frames since midnight at the start of the file, if there is a `bext` chunk.
    pub time_reference: Option<u64>,
    /// What its `smpl` chunk says of how an instrument plays it.
    pub marks: SampleMarks,
    /// What was not quite right and ignored, in sentences.
    pub warnings: Vec<String>,
    /// What of the `smpl` chunk an instrument does not play, in sentences.
    pub mark_warnings: Vec<String>,
}

struct Format {
    sample: WavSampleFormat,
    channels: u16,
    sample_rate: SampleRate,
}

#[derive(Clone, Copy)]
struct Data {
    offset: u64,
    bytes: u64,
}

/// Sizes of a `ds64` chunk.
struct LongSizes {
    data: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// Whether a file that starts with `head` (12 bytes are enough) calls itself a WAV file.
pub(crate) fn is_wav(head: &[u8]) -> bool {
    matches!(head.get(..4), Some(b"RIFF" | b"RF64" | b"BW64")) && head.get(8..12) == Some(b"WAVE")
}

impl WavHeader {
    /// Reads the headers of the file at `path` (named in errors only) from all its `bytes`.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, OpenError> {
        Parser { path, bytes, warnings: Vec::new() }.parse()
    }

    /// Bytes a frame takes.
    pub fn frame_bytes(&self) -> usize {
        usize::from(self.channels) * self.format.bytes()
    }
}

struct Parser<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    warnings: Vec<String>,
}

impl Parser<'_> {
    fn corrupt(&self, what: impl Into<String>) -> OpenError {
        OpenError::corrupt(self.path, what)
    }

    fn parse(mut self) -> Result<WavHeader, OpenError> {
        if !is_wav(self.bytes) {
            return Err(self.corrupt("it does not start with a WAV header"));
        }
        let long = self.bytes.get(..4) != Some(b"RIFF");
        let mut long_sizes = None;
        let mut format = None;
        let mut data = None;
        let mut time_reference = None;
        let mut smpl = None;
        let mut at = 12_usize;
        let mut chunks = 0_usize;
        while let (Some(id), Some(size)) =
            (self.bytes.get(at..at.saturating_add(4)), u32_at(self.bytes, at.saturating_add(4)))
        {
            chunks += 1;
            if chunks > MAX_CHUNKS {
                return Err(self.corrupt(format!("it has more than {MAX_CHUNKS} chunks")));
            }
            let body = at + 8;
            let is_data = id == b"data" && data.is_none();
            let size = if is_data {
                self.data_size(long, long_sizes.as_ref(), size, body)?
            } else {
                u64::from(size)
            };
            let present = (self.bytes.len() - body) as u64;
            if size > present && !is_data {
                let id = id.escape_ascii();
                let what = format!("chunk '{id}' at byte {at} runs past the end of the file");
                if data.is_none() {
                    return Err(self.corrupt(what));
                }
                self.warnings.push(format!("{what}; ignored"));
                break;
            }
            if is_data {
                if size > present {
                    let path = self.path.to_owned();
                    return Err(OpenError::Truncated { path, promised: size, present });
                }
                data = Some(Data { offset: body as u64, bytes: size });
            }
            // `size` is at most `present`, a usize.
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let chunk = self.bytes.get(body..body.saturating_add(size)).unwrap_or_default();
            match id {
                b"ds64" if long && long_sizes.is_none() => {
                    long_sizes = Some(self.long_sizes(chunk)?);
                }
                b"fmt " if format.is_none() => format = Some(self.format(chunk)?),
                b"bext" if time_reference.is_none() => {
                    time_reference = time_reference_of(chunk);
                    if time_reference.is_none() {
                        self.warnings.push("the 'bext' chunk is too short; ignored".to_owned());
                    }
                }
                b"smpl" if smpl.is_none() => smpl = Some(chunk),
                _ => {}
            }
            // Chunks start at even offsets; the pad byte is not counted in the size.
            at = body.saturating_add(size).saturating_add(size & 1);
        }
        let format = format.ok_or_else(|| self.corrupt("it has no 'fmt ' chunk"))?;
        let data = data.ok_or_else(|| self.corrupt("it has no 'data' chunk"))?;
        let mut header = self.finish(format, data, time_reference);
        if let Some(chunk) = smpl {
            let smpl = smpl::parse(chunk, header.frames);
            (header.marks, header.mark_warnings) = (smpl.marks, smpl.warnings);
        }
        Ok(header)
    }

    fn finish(mut self, format: Format, data: Data, time_reference: Option<u64>) -> WavHeader {
        let frame_bytes = u64::from(format.channels) * format.sample.bytes() as u64;
        let rest = data.bytes % frame_bytes;
        if rest != 0 {
            self.warnings.push(format!(
                "{rest} bytes after the last whole frame of {frame_bytes} bytes; ignored"
            ));
        }
        WavHeader {
            format: format.sample,
            channels: format.channels,
            sample_rate: format.sample_rate,
            frames: data.bytes / frame_bytes,
            data_offset: data.offset,
            time_reference,
            marks: SampleMarks::default(),
            warnings: self.warnings,
            mark_warnings: Vec::new(),
        }
    }

    /// The size of the data chunk whose header says `size` and whose bytes start at `body`.
    fn data_size(
        &mut self,
        long: bool,
        long_sizes: Option<&LongSizes>,
        size: u32,
        body: usize,
    ) -> Result<u64, OpenError> {
        let present = (self.bytes.len() - body) as u64;
        if size == u32::MAX && long {
            let Some(sizes) = long_sizes else {
                return Err(self.corrupt("it has no 'ds64' chunk before its data"));
            };
            return Ok(sizes.data);
        }
        let riff_size = u64::from(u32_at(self.bytes, 4).unwrap_or(0));
        // A RIFF size that does not reach past the data header was never filled in.
        let unfinished = riff_size == u64::from(u32::MAX) || riff_size + 8 <= body as u64;
        if size == u32::MAX || (size == 0 && unfinished && present > 0) {
            self.warnings.push(
                "the header gives no length (the recording was not finished properly); read to \
                 the end of the file"
                    .to_owned(),
            );
            return Ok(present);
        }
        Ok(u64::from(size))
    }

    fn long_sizes(&self, chunk: &[u8]) -> Result<LongSizes, OpenError> {
        // RIFF size, data size, sample count, then a table of other long chunks, not needed here.
        u64_at(chunk, 8)
            .map(|data| LongSizes { data })
            .ok_or_else(|| self.corrupt("its 'ds64' chunk is too short"))
    }

    fn format(&self, chunk: &[u8]) -> Result<Format, OpenError> {
        let short = || self.corrupt(format!("its 'fmt ' chunk has only {} bytes", chunk.len()));
        let code = u16_at(chunk, 0).ok_or_else(short)?;
        let channels = u16_at(chunk, 2).ok_or_else(short)?;
        let rate_hz = u32_at(chunk, 4).ok_or_else(short)?;
        let frame_bytes = u16_at(chunk, 12).ok_or_else(short)?;
        let bits = u16_at(chunk, 14).ok_or_else(short)?;
        if channels == 0 {
            return Err(self.corrupt("it has 0 channels"));
        }
        if channels > MAX_CHANNELS {
            return Err(OpenError::unsupported(
                self.path,
                format!("it has {channels} channels, at most {MAX_CHANNELS} are supported"),
            ));
        }
        let code = if code == FORMAT_EXTENSIBLE {
            let guid = chunk.get(24..40).ok_or_else(short)?;
            match guid.split_at_checked(2) {
                Some((&[low, high], tail)) if tail == GUID_TAIL => u16::from_le_bytes([low, high]),
                _ => 0,
            }
        } else {
            code
        };
        let sample_rate = SampleRate::new(rate_hz)
            .map_err(|error| OpenError::unsupported(self.path, error.to_string()))?;
        let sample = match (code, bits) {
            (FORMAT_PCM, 1..=8) => WavSampleFormat::Unsigned8,
            (FORMAT_PCM, 9..=16) => WavSampleFormat::Signed16,
            (FORMAT_PCM, 17..=24) => WavSampleFormat::Signed24,
            (FORMAT_PCM, 25..=32) => WavSampleFormat::Signed32,
            (FORMAT_FLOAT, 32) => WavSampleFormat::Float32,
            (FORMAT_FLOAT, 64) => WavSampleFormat::Float64,
            _ => {
                return Err(OpenError::unsupported(
                    self.path,
                    format!(
                        "its samples are of format {code} with {bits} bits; supported are \
                         integers of 8 to 32 bits and floats of 32 and 64: convert it"
                    ),
                ));
            }
        };
        let expected = usize::from(channels) * sample.bytes();
        if usize::from(frame_bytes) != expected {
            return Err(self.corrupt(format!(
                "its frames should take {expected} bytes ({channels} channels of {bits} bits) \
                 and its header says {frame_bytes}"
            )));
        }
        Ok(Format { sample, channels, sample_rate })
    }
}

/// The time reference of a `bext` chunk: two 32-bit halves after the fixed texts.
fn time_reference_of(chunk: &[u8]) -> Option<u64> {
    // Description 256, originator 32, originator's reference 32, date 10, time 8.
    u64_at(chunk, 338)
}
