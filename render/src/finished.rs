//! Finished bounces in the store: a session that has not changed is served, not rendered.

use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wavemill_core::graph::{Plan, SignalKey};
use wavemill_media::audio::wav::WrittenWav;
use wavemill_media::audio::{resample, write_whole};

use crate::measure::Loudness;
use crate::request::{BounceError, BounceRequest, Bounced, Range};
use crate::store::{Kind, Store};

/// Names the steps from the master's output to the file; raised where they give other bytes.
const EXPORT: &[u8] = b"wavemill bounce 1\0";

/// What is kept beside the file.
#[derive(Serialize, Deserialize)]
struct Report {
    frames: u64,
    pcm_sha256: Option<[u8; 32]>,
    clipped_samples: u64,
    non_finite_samples: u64,
    mix_sha256: [u8; 32],
    mix_frames: u64,
    loudness: Option<Loudness>,
}

/// The name of a finished bounce: the master's output and all that is done to it.
pub(crate) fn key(
    plan: &Plan,
    output: SignalKey,
    request: &BounceRequest,
    range: &Range,
) -> SignalKey {
    let mut digest = Sha256::new();
    digest.update(EXPORT);
    digest.update(output.0);
    for number in [range.stream, range.skip, range.keep, plan.seed] {
        digest.update(number.to_le_bytes());
    }
    if let Some(rate) = request.rate.filter(|rate| *rate != plan.rate) {
        digest.update(resample::VERSION.to_le_bytes());
        digest.update(rate.hz().to_le_bytes());
    }
    digest.update(plan.rate.hz().to_le_bytes());
    digest.update(format!("{:?}", request.encoding));
    digest.update([u8::from(request.measure)]);
    SignalKey(digest.finalize().into())
}

/// True where the store has the bounce; what it has may still turn out to be damaged.
pub(crate) fn is_kept(store: &Store, key: &SignalKey) -> bool {
    store.has(Kind::Report, key) && store.has(Kind::File, key)
}

/// Writes the file from the store, where the bounce is there.
pub(crate) fn serve(
    store: &Store,
    key: &SignalKey,
    request: &BounceRequest,
) -> Result<Option<Bounced>, BounceError> {
    let report = store.get(Kind::Report, key);
    let report = report.and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
    let Some(report) = report else { return Ok(None) };
    let copied = write_whole(&request.output, request.overwrite, |write| {
        store.copy(Kind::File, key, write)
    })?;
    let Some(path) = copied else { return Ok(None) };
    Ok(Some(Bounced {
        file: WrittenWav {
            path,
            frames: report.frames,
            pcm_sha256: report.pcm_sha256,
            clipped_samples: report.clipped_samples,
            non_finite_samples: report.non_finite_samples,
        },
        mix_sha256: report.mix_sha256,
        mix_frames: report.mix_frames,
        loudness: report.loudness,
        warnings: Vec::new(),
        served: true,
    }))
}

/// Keeps the complete file of a bounce that has nothing to warn of, as it was written: what may by
/// then stand in its place is none of the store's. A file that would fill a quarter of the store
/// is not kept.
pub(crate) fn keep_file(store: &Store, key: &SignalKey, file: &mut dyn Read, bytes: u64) {
    if bytes <= store.quota_bytes() / 4 {
        store.put_from(Kind::File, key, file);
    }
}

/// Keeps what a bounce reported, by which its file is found.
pub(crate) fn keep_report(store: &Store, key: &SignalKey, bounced: &Bounced) {
    if !bounced.warnings.is_empty() || !store.has(Kind::File, key) {
        return;
    }
    let report = Report {
        frames: bounced.file.frames,
        pcm_sha256: bounced.file.pcm_sha256,
        clipped_samples: bounced.file.clipped_samples,
        non_finite_samples: bounced.file.non_finite_samples,
        mix_sha256: bounced.mix_sha256,
        mix_frames: bounced.mix_frames,
        loudness: bounced.loudness,
    };
    if let Ok(report) = serde_json::to_vec(&report) {
        store.put(Kind::Report, key, &report);
    }
}
