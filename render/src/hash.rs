//! `mix_sha256`: the identity of a mix, before anything an export does to it.

use sha2::{Digest, Sha256};

/// SHA-256 of interleaved little-endian f32 samples.
#[derive(Clone, Default)]
pub struct MixHasher {
    digest: Sha256,
    bytes: Vec<u8>,
}

impl MixHasher {
    /// Adds interleaved samples.
    pub fn update(&mut self, samples: &[f32]) {
        self.bytes.clear();
        self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.digest.update(&self.bytes);
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}
