//! The identity of a piece of audio: a digest of its decoded samples.
//!
//! The digest is of samples, never of files: the same audio as WAV and as FLAC has one identity,
//! and a changed tag changes nothing.

use sha2::{Digest, Sha256};
use wavemill_core::audio::{FrameError, FrameSource};
use wavemill_core::simd::SimdLevel;

/// Separates these digests from all others, and their versions from each other.
const DOMAIN: &[u8] = b"wavemill audio samples 2\0";

/// Frames of a chunk, each with a digest of its own.
const CHUNK_FRAMES: u64 = 65_536;

/// Frames decoded at a time: so many that they stay in the first level of the cache until they are
/// hashed. Divides a chunk.
const PIECE_FRAMES: usize = 2048;

/// SHA-256 of the domain prefix, channels (u32), rate in hertz (u32), frames (u64) and the BLAKE3
/// digests of the chunks' interleaved samples (f32), all little-endian. Decodes the whole source.
///
/// BLAKE3 for the samples because a file is hashed a gigabyte at a time: it takes a third of the
/// time that SHA-256 does on CPUs with instructions for it, and far less on those without.
pub fn identity_of(source: &dyn FrameSource) -> Result<[u8; 32], FrameError> {
    let channels = source.channels();
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    // Sources have at most 64 channels.
    digest.update(u32::try_from(channels).unwrap_or(u32::MAX).to_le_bytes());
    digest.update(source.sample_rate().hz().to_le_bytes());
    digest.update(source.frames().to_le_bytes());
    let mut reader = source.reader(SimdLevel::detect())?;
    let mut samples = vec![0.0_f32; PIECE_FRAMES * channels];
    let mut bytes = vec![[0_u8; 4]; samples.len()];
    let mut chunk = blake3::Hasher::new();
    let mut position = 0_u64;
    while position < source.frames() {
        let left = usize::try_from(source.frames() - position).unwrap_or(usize::MAX);
        let now = &mut samples[..left.min(PIECE_FRAMES) * channels];
        let at = i64::try_from(position).map_err(|_| FrameError {
            what: "the audio is longer than 2^63 frames: cut it".to_owned(),
        })?;
        reader.read(at, now)?;
        let bytes = &mut bytes[..now.len()];
        for (bytes, sample) in bytes.iter_mut().zip(&*now) {
            *bytes = sample.to_le_bytes();
        }
        chunk.update(bytes.as_flattened());
        position += (now.len() / channels) as u64;
        if position.is_multiple_of(CHUNK_FRAMES) || position == source.frames() {
            digest.update(chunk.finalize().as_bytes());
            chunk.reset();
        }
    }
    Ok(digest.finalize().into())
}
