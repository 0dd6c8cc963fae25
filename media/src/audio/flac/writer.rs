//! Writes FLAC files as a stream; the file appears whole or not at all.
//!
//! Memory holds one block. The stream information at the start is completed at the end. There are
//! no times, names or tags in the file: the same samples give the same bytes.

use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};
use wavemill_core::time::SampleRate;

use super::super::pending_file::{PendingFile, WriteError};
use super::super::quantise::Quantiser;
use super::super::written::{CompleteAudio, WriteOptions, WrittenAudio};
use super::encode::{BLOCK_FRAMES, FrameEncoder};

/// Raised whenever the encoder makes other bytes of the same samples.
pub const ENCODER_VERSION: u32 = 1;

/// The most channels.
const MAX_CHANNELS: u16 = 8;
/// The most frames whose number fits; a longer file does not say how long it is.
const MAX_SAID_FRAMES: u64 = (1 << 36) - 1;
/// The most blocks that can be numbered.
const MAX_BLOCKS: u32 = (1 << 31) - 1;
/// "fLaC", a block header, the stream information.
const HEAD_BYTES: usize = 42;

/// How samples are stored in a FLAC file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlacEncoding {
    /// 16-bit signed integer.
    Signed16,
    /// 24-bit signed integer.
    Signed24,
}

impl FlacEncoding {
    /// Bits of a sample before compression.
    pub const fn bits(self) -> u16 {
        match self {
            Self::Signed16 => 16,
            Self::Signed24 => 24,
        }
    }
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlacSpec {
    /// Channels, 1 to 8.
    pub channels: u16,
    /// The rate of the frames.
    pub sample_rate: SampleRate,
    /// How samples are stored.
    pub encoding: FlacEncoding,
}

/// A FLAC file being written. Dropped without [`FlacWriter::finish`], it leaves nothing behind.
pub struct FlacWriter {
    file: PendingFile,
    spec: FlacSpec,
    quantiser: Quantiser,
    encoder: FrameEncoder,
    sha256: Option<Sha256>,
    md5: Md5,
    /// Interleaved samples that do not fill a block yet.
    block: Vec<i32>,
    /// The bytes of samples that the digests get.
    pcm: Vec<u8>,
    frames: u64,
    blocks: u32,
    /// Sizes of the smallest and the largest frame in bytes.
    frame_bytes: Option<(usize, usize)>,
    bytes: u64,
}

impl FlacWriter {
    /// Starts the file at `path`: a temporary file beside it, until it is finished.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing that was there before is harmed.
    pub fn create(path: &Path, spec: FlacSpec, options: WriteOptions) -> Result<Self, WriteError> {
        if spec.channels == 0 || spec.channels > MAX_CHANNELS {
            return Err(WriteError::Unsupported {
                path: path.to_owned(),
                what: format!("{} channels; a FLAC file has 1 to {MAX_CHANNELS}", spec.channels),
            });
        }
        let (bits, channels) = (u32::from(spec.encoding.bits()), usize::from(spec.channels));
        let mut file = PendingFile::create(path, options.overwrite)?;
        file.write(&[0; HEAD_BYTES])?;
        Ok(Self {
            file,
            spec,
            quantiser: Quantiser::new(bits, options.dither, spec.sample_rate),
            encoder: FrameEncoder::new(channels, bits, spec.sample_rate.hz()),
            sha256: options.hash.then(Sha256::new),
            md5: Md5::new(),
            block: Vec::with_capacity(BLOCK_FRAMES * channels),
            pcm: Vec::new(),
            frames: 0,
            blocks: 0,
            frame_bytes: None,
            bytes: HEAD_BYTES as u64,
        })
    }

    /// Appends interleaved frames; the length of `samples` is a multiple of the channel count
    /// (samples after the last whole frame are ignored).
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        let channels = usize::from(self.spec.channels);
        let mut rest = &samples[..samples.len() - samples.len() % channels];
        while !rest.is_empty() {
            let room = BLOCK_FRAMES * channels - self.block.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.quantiser.quantise_into(now, channels, self.frames, &mut self.block);
            self.frames += (now.len() / channels) as u64;
            rest = later;
            if self.block.len() == BLOCK_FRAMES * channels {
                self.write_block()?;
            }
        }
        Ok(())
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Completes the stream information, makes the file durable and gives it its name.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is left behind and nothing that was there before is harmed.
    pub fn finish(self) -> Result<WrittenAudio, WriteError> {
        self.complete(&mut |_| {})?.commit()
    }

    /// Completes the stream information and shows the file from its start before anyone else can
    /// see it; only its name is missing.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn complete(
        mut self,
        show: &mut dyn FnMut(&mut dyn std::io::Read),
    ) -> Result<CompleteAudio, WriteError> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        let head = self.head();
        self.file.rewrite(0, &head)?;
        self.file.show(show)?;
        CompleteAudio::new(self.file, |path| WrittenAudio {
            path,
            frames: self.frames,
            pcm_sha256: self.sha256.map(|digest| digest.finalize().into()),
            clipped_samples: self.quantiser.clipped(),
            non_finite_samples: self.quantiser.non_finite(),
        })
    }

    /// Writes the block that has been gathered.
    fn write_block(&mut self) -> Result<(), WriteError> {
        self.pcm.clear();
        let bytes = usize::from(self.spec.encoding.bits() / 8);
        for sample in &self.block {
            self.pcm.extend_from_slice(&sample.to_le_bytes()[..bytes]);
        }
        self.md5.update(&self.pcm);
        if let Some(digest) = &mut self.sha256 {
            digest.update(&self.pcm);
        }
        if self.blocks == MAX_BLOCKS {
            return Err(self.file.unsupported(format!(
                "it is longer than the {MAX_BLOCKS} blocks of {BLOCK_FRAMES} frames that a FLAC \
                 file can have; give it a name in .wav, or write it in parts"
            )));
        }
        let frame = self.encoder.encode(&self.block, self.blocks);
        let (least, most) = self.frame_bytes.unwrap_or((frame.len(), frame.len()));
        self.frame_bytes = Some((least.min(frame.len()), most.max(frame.len())));
        self.bytes += frame.len() as u64;
        self.file.write(frame)?;
        self.blocks += 1;
        self.block.clear();
        Ok(())
    }

    /// The start of the file, for what has been written.
    fn head(&self) -> Vec<u8> {
        let mut head = b"fLaC\x80\x00\x00\x22".to_vec();
        // The smallest and the largest block, of which the last one is not counted.
        let block_frames = (BLOCK_FRAMES as u64).to_be_bytes();
        for _ in 0..2 {
            head.extend_from_slice(&block_frames[6..]);
        }
        let (least, most) = self.frame_bytes.unwrap_or((0, 0));
        for bytes in [least, most] {
            head.extend_from_slice(&(bytes as u64).to_be_bytes()[5..]);
        }
        let said = if self.frames > MAX_SAID_FRAMES { 0 } else { self.frames };
        let packed = u64::from(self.spec.sample_rate.hz()) << 44
            | u64::from(self.spec.channels - 1) << 41
            | u64::from(self.spec.encoding.bits() - 1) << 36
            | said;
        head.extend(packed.to_be_bytes());
        head.extend_from_slice(&self.md5.clone().finalize());
        head
    }
}
