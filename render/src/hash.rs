//! Digests of mixes, before anything an export does to them, and how digests are written.

use sha2::{Digest, Sha256};
use wavemill_core::graph::STORE_CHUNK_FRAMES;

/// A digest as people and reports have it: lower-case hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Samples that are hashed at a time: their bytes stay in the nearest cache.
const HASHED_SAMPLES: usize = 1_024;

/// SHA-256 of interleaved little-endian f32 samples.
#[derive(Clone, Default)]
pub struct MixHasher {
    digest: Sha256,
}

impl MixHasher {
    /// Adds interleaved samples.
    pub fn update(&mut self, samples: &[f32]) {
        let mut bytes = [[0; 4]; HASHED_SAMPLES];
        for samples in samples.chunks(HASHED_SAMPLES) {
            for (bytes, sample) in bytes.iter_mut().zip(samples) {
                *bytes = sample.to_le_bytes();
            }
            self.digest.update(bytes[..samples.len()].as_flattened());
        }
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}

/// The digest of every [`STORE_CHUNK_FRAMES`] frames of a stereo mix; only the last may be of fewer.
#[derive(Default)]
pub(crate) struct ChunkHasher {
    done: Vec<[u8; 32]>,
    current: MixHasher,
    /// Samples in the current chunk.
    samples: usize,
}

impl ChunkHasher {
    const CHUNK_SAMPLES: usize = 2 * STORE_CHUNK_FRAMES as usize;

    /// Adds interleaved samples.
    pub(crate) fn update(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let taken = samples.len().min(Self::CHUNK_SAMPLES - self.samples);
            let (now, later) = samples.split_at(taken);
            self.current.update(now);
            self.samples += taken;
            samples = later;
            if self.samples == Self::CHUNK_SAMPLES {
                self.end_chunk();
            }
        }
    }

    /// The digests.
    pub(crate) fn finish(mut self) -> Vec<[u8; 32]> {
        if self.samples > 0 {
            self.end_chunk();
        }
        self.done
    }

    fn end_chunk(&mut self) {
        self.done.push(std::mem::take(&mut self.current).finish());
        self.samples = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{ChunkHasher, MixHasher};

    /// Each is the digest of its part alone, however the samples come.
    #[test]
    fn chunks_are_digested_apart() {
        let samples: Vec<f32> = (0..300_000_u32).map(|n| n as f32).collect();
        let plain = samples.chunks(131_072).map(|chunk| {
            let mut hasher = MixHasher::default();
            hasher.update(chunk);
            hasher.finish()
        });
        let plain: Vec<_> = plain.collect();
        for step in [2, 1_000, 131_072, 300_000] {
            let mut hasher = ChunkHasher::default();
            samples.chunks(step).for_each(|part| hasher.update(part));
            assert_eq!(hasher.finish(), plain, "in steps of {step}");
        }
        assert_eq!(ChunkHasher::default().finish(), Vec::<[u8; 32]>::new());
    }
}
