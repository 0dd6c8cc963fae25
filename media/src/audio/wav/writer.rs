//! Writes WAV files as a stream; the file appears whole or not at all.
//!
//! A file that grows past 4 GiB becomes RF64 (EBU Tech 3306): space for its `ds64` chunk is kept
//! in every file as a `JUNK` chunk. There are no times and no names in the file: the same
//! samples give the same bytes.

use std::path::Path;

use sha2::{Digest, Sha256};
use wavemill_core::time::SampleRate;

use super::super::pending_file::{PendingFile, WriteError};
use super::super::quantise::Quantiser;
use super::super::written::{CompleteAudio, WriteOptions, WrittenAudio};
use super::header::MAX_CHANNELS;

/// How samples are stored in a file to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavEncoding {
    /// 16-bit signed integer.
    Signed16,
    /// 24-bit signed integer in 3 bytes.
    Signed24,
    /// 32-bit signed integer.
    Signed32,
    /// 32-bit float: the samples as they are.
    Float32,
}

impl WavEncoding {
    /// Bits a sample takes.
    pub const fn bits(self) -> u16 {
        match self {
            Self::Signed16 => 16,
            Self::Signed24 => 24,
            Self::Signed32 | Self::Float32 => 32,
        }
    }
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavSpec {
    /// Channels, 1 to 64.
    pub channels: u16,
    /// The rate of the frames.
    pub sample_rate: SampleRate,
    /// How samples are stored.
    pub encoding: WavEncoding,
}

/// Bytes gathered before they go to the system.
const BUFFER_BYTES: usize = 256 * 1024;

/// A WAV file being written. Dropped without [`WavWriter::finish`], it leaves nothing behind.
pub struct WavWriter {
    file: PendingFile,
    spec: WavSpec,
    quantiser: Quantiser,
    digest: Option<Sha256>,
    buffer: Vec<u8>,
    frames: u64,
    /// The largest RIFF size before the file becomes RF64.
    riff_limit: u64,
}

impl WavWriter {
    /// Starts the file at `path`: a temporary file beside it, until it is finished.
    pub fn create(path: &Path, spec: WavSpec, options: WriteOptions) -> Result<Self, WriteError> {
        if spec.channels == 0 || spec.channels > MAX_CHANNELS {
            return Err(WriteError::Unsupported {
                path: path.to_owned(),
                what: format!("{} channels; a WAV file has 1 to {MAX_CHANNELS}", spec.channels),
            });
        }
        let mut writer = Self {
            file: PendingFile::create(path, options.overwrite)?,
            spec,
            quantiser: Quantiser::new(
                u32::from(spec.encoding.bits()),
                options.dither,
                spec.sample_rate,
            ),
            digest: options.hash.then(Sha256::new),
            buffer: Vec::with_capacity(BUFFER_BYTES + 8),
            frames: 0,
            riff_limit: u64::from(u32::MAX),
        };
        let header = writer.header();
        writer.file.write(&header)?;
        Ok(writer)
    }

    /// Appends interleaved frames; the length of `samples` is a multiple of the channel count
    /// (samples after the last whole frame are ignored).
    pub fn write(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        let channels = usize::from(self.spec.channels);
        let buffer_frames = BUFFER_BYTES / (channels * usize::from(self.spec.encoding.bits() / 8));
        for samples in samples.chunks(buffer_frames.max(1) * channels) {
            self.encode(samples);
            if let Some(digest) = &mut self.digest {
                digest.update(&self.buffer);
            }
            self.file.write(&self.buffer)?;
        }
        Ok(())
    }

    /// Completes the headers, makes the file durable and gives it its name.
    pub fn finish(self) -> Result<WrittenAudio, WriteError> {
        self.complete(&mut |_| {})?.commit()
    }

    /// Completes the headers and shows the file from its start before anyone else can see it; only
    /// its name is missing.
    pub fn complete(
        mut self,
        show: &mut dyn FnMut(&mut dyn std::io::Read),
    ) -> Result<CompleteAudio, WriteError> {
        if self.data_bytes() % 2 == 1 {
            self.file.write(&[0])?;
        }
        let header = self.header();
        self.file.rewrite(0, &header)?;
        self.file.show(show)?;
        CompleteAudio::new(self.file, |path| WrittenAudio {
            path,
            frames: self.frames,
            pcm_sha256: self.digest.map(|digest| digest.finalize().into()),
            clipped_samples: self.quantiser.clipped(),
            non_finite_samples: self.quantiser.non_finite(),
        })
    }

    /// Makes the file RF64 from another size on, so that tests need not write 4 GiB.
    #[cfg(test)]
    pub(super) fn set_riff_limit(&mut self, bytes: u64) {
        self.riff_limit = bytes;
    }

    /// Bytes of samples written so far.
    pub fn data_bytes(&self) -> u64 {
        self.frames * u64::from(self.spec.channels) * u64::from(self.spec.encoding.bits() / 8)
    }

    /// Replaces the buffer's content with `samples` as they go to the file.
    fn encode(&mut self, samples: &[f32]) {
        let channels = usize::from(self.spec.channels);
        let whole = samples.len() - samples.len() % channels;
        let samples = &samples[..whole];
        self.buffer.resize(whole * usize::from(self.spec.encoding.bits() / 8), 0);
        let (first, quantiser) = (self.frames, &mut self.quantiser);
        match self.spec.encoding {
            WavEncoding::Signed16 => {
                let out = self.buffer.as_chunks_mut::<2>().0;
                quantiser.quantise_frames(samples, channels, first, out, |[b0, b1, ..]| [b0, b1]);
            }
            WavEncoding::Signed24 => {
                let out = self.buffer.as_chunks_mut::<3>().0;
                let bytes = |[b0, b1, b2, _]: [u8; 4]| [b0, b1, b2];
                quantiser.quantise_frames(samples, channels, first, out, bytes);
            }
            WavEncoding::Signed32 => {
                let out = self.buffer.as_chunks_mut::<4>().0;
                quantiser.quantise_frames(samples, channels, first, out, |bytes| bytes);
            }
            WavEncoding::Float32 => {
                for (out, sample) in self.buffer.as_chunks_mut::<4>().0.iter_mut().zip(samples) {
                    *out = sample.to_le_bytes();
                }
            }
        }
        self.frames += (whole / channels) as u64;
    }

    /// The bytes before the data, for the frames written so far; always of one length.
    fn header(&self) -> Vec<u8> {
        let format = self.format_chunks();
        let data_bytes = self.data_bytes();
        // "WAVE", the reserved chunk, the format, the data with header and pad.
        let riff_bytes = 4 + 36 + format.len() as u64 + 8 + data_bytes + data_bytes % 2;
        let long = riff_bytes > self.riff_limit;
        // u32::MAX is what RF64 puts where the long size is in the ds64 chunk.
        let short = |size: u64| {
            if long { u32::MAX } else { u32::try_from(size).unwrap_or(u32::MAX) }.to_le_bytes()
        };
        let mut header = Vec::with_capacity(128);
        header.extend_from_slice(if long { b"RF64" } else { b"RIFF" });
        header.extend_from_slice(&short(riff_bytes));
        header.extend_from_slice(b"WAVE");
        header.extend_from_slice(if long { b"ds64" } else { b"JUNK" });
        header.extend_from_slice(&28_u32.to_le_bytes());
        let mut long_sizes = [0; 28];
        if long {
            let sizes = [riff_bytes, data_bytes, self.frames].map(u64::to_le_bytes);
            long_sizes[..24].copy_from_slice(sizes.as_flattened());
        }
        header.extend_from_slice(&long_sizes);
        header.extend_from_slice(&format);
        header.extend_from_slice(b"data");
        header.extend_from_slice(&short(data_bytes));
        header
    }

    /// The `fmt ` chunk, and for floats the `fact` chunk they need.
    fn format_chunks(&self) -> Vec<u8> {
        let WavSpec { channels, sample_rate, encoding } = self.spec;
        let bits = encoding.bits();
        let float = encoding == WavEncoding::Float32;
        let code: u16 = if float { 3 } else { 1 };
        // More than two channels need to say that no speakers are meant by them.
        let extensible = channels > 2;
        let frame_bytes = channels * (bits / 8);
        let size: u32 = match (extensible, float) {
            (true, _) => 40,
            (false, true) => 18,
            (false, false) => 16,
        };
        let mut chunks = Vec::with_capacity(64);
        chunks.extend_from_slice(b"fmt ");
        chunks.extend_from_slice(&size.to_le_bytes());
        chunks.extend_from_slice(&if extensible { 0xFFFE } else { code }.to_le_bytes());
        chunks.extend_from_slice(&channels.to_le_bytes());
        chunks.extend_from_slice(&sample_rate.hz().to_le_bytes());
        let rate_bytes = sample_rate.hz() * u32::from(frame_bytes);
        chunks.extend_from_slice(&rate_bytes.to_le_bytes());
        chunks.extend_from_slice(&frame_bytes.to_le_bytes());
        chunks.extend_from_slice(&bits.to_le_bytes());
        if extensible {
            chunks.extend_from_slice(&22_u16.to_le_bytes());
            chunks.extend_from_slice(&bits.to_le_bytes());
            chunks.extend_from_slice(&0_u32.to_le_bytes());
            chunks.extend_from_slice(&code.to_le_bytes());
            chunks.extend_from_slice(&super::header::GUID_TAIL);
        } else if float {
            chunks.extend_from_slice(&0_u16.to_le_bytes());
        }
        if float {
            chunks.extend_from_slice(b"fact");
            chunks.extend_from_slice(&4_u32.to_le_bytes());
            let frames = u32::try_from(self.frames).unwrap_or(u32::MAX);
            chunks.extend_from_slice(&frames.to_le_bytes());
        }
        chunks
    }
}
