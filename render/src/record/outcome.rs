//! The digests and measurements of a record.

use serde::{Deserialize, Serialize};

use crate::export::Normalised;
use crate::hash::hex;
use crate::measure::Loudness;
use crate::request::Bounced;

/// What came of a bounce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    /// SHA-256 of the mix as interleaved little-endian f32, before every export step.
    mix_sha256: String,
    mix_frames: u64,
    /// SHA-256 of each file's samples, in the order of the files.
    pcm_sha256: Vec<String>,
    file_frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    loudness: Option<Loudness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalised: Option<Normalised>,
    clipped_samples: u64,
    /// What the listener should know of.
    warnings: Vec<String>,
}

impl Outcome {
    pub(super) fn new(bounced: &Bounced) -> Self {
        let facts = &bounced.exported.facts;
        let files = bounced.exported.files.iter();
        Self {
            mix_sha256: hex(&bounced.mix_sha256),
            mix_frames: bounced.mix_frames,
            pcm_sha256: files.map(|file| hex(&file.pcm_sha256)).collect(),
            file_frames: facts.frames,
            loudness: facts.loudness,
            normalised: facts.normalised,
            clipped_samples: facts.clipped_samples,
            warnings: bounced.sentences(),
        }
    }
}
