//! Finished bounces in the store: a session that has not changed is served, not rendered.

use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wavemill_core::graph::{Plan, SignalKey};
use wavemill_core::job::CancelToken;
use wavemill_media::audio::write_files;

use crate::export::{ExportFacts, ExportSpec, Exported, ExportedFile};
use crate::request::{BounceError, Bounced, Range};
use crate::scheduler::RenderError;
use crate::store::{Kind, Store};

/// Names what a bounce does before its export; raised where that gives other bytes.
const BOUNCE: &[u8] = b"wavemill bounce 2\0";

/// What is kept beside the files.
#[derive(Serialize, Deserialize)]
struct Report {
    pcm_sha256: Vec<[u8; 32]>,
    facts: ExportFacts,
    mix_sha256: [u8; 32],
    mix_frames: u64,
}

/// The name of a finished bounce or stem: the signal that is put out and all that is done to it.
pub(crate) fn key(plan: &Plan, output: SignalKey, export: &ExportSpec, range: &Range) -> SignalKey {
    let mut digest = Sha256::new();
    digest.update(BOUNCE);
    digest.update(output.0);
    for number in [range.stream, range.skip, range.keep] {
        digest.update(number.to_le_bytes());
    }
    export.add_to_key(&mut digest, plan.rate, plan.seed);
    SignalKey(digest.finalize().into())
}

/// True where the store has the bounce; what it has may still turn out to be damaged.
pub(crate) fn is_kept(store: &Store, key: &SignalKey, files: usize) -> bool {
    let has = |number| store.has(Kind::File, &file_key(key, number));
    store.has(Kind::Report, key) && (0..files).all(has)
}

/// A copy that was broken off.
struct Broken;

/// The name of one file of a finished bounce; the first has the bounce's own.
fn file_key(key: &SignalKey, number: usize) -> SignalKey {
    if number == 0 {
        return *key;
    }
    let mut digest = Sha256::new();
    digest.update(key.0);
    digest.update((number as u64).to_le_bytes());
    SignalKey(digest.finalize().into())
}

/// Writes the files from the store, where the bounce is there.
pub(crate) fn serve(
    store: &Store,
    key: &SignalKey,
    export: &ExportSpec,
    cancel: &CancelToken,
) -> Result<Option<Bounced>, BounceError> {
    let report = store.get(Kind::Report, key);
    let report = report.and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
    let Some(report) = report else { return Ok(None) };
    let paths = export.paths();
    if paths.len() != report.pcm_sha256.len() {
        return Ok(None);
    }
    let written = write_files(&paths, export.overwrite, &mut |number, write| {
        let mut failed = Ok(());
        let copied = store.copy(Kind::File, &file_key(key, number), &mut |piece| {
            failed = write(piece);
            if failed.is_err() || cancel.is_cancelled() { Err(Broken) } else { Ok(()) }
        });
        failed.map(|()| copied.unwrap_or(false))
    })?;
    if cancel.is_cancelled() && written.is_none() {
        return Err(RenderError::Cancelled.into());
    }
    let Some(written) = written else { return Ok(None) };
    let files = written.into_iter().zip(report.pcm_sha256);
    let files = files.map(|(path, pcm_sha256)| ExportedFile { path, pcm_sha256 });
    Ok(Some(Bounced {
        exported: Exported { files: files.collect(), facts: report.facts },
        mix_sha256: report.mix_sha256,
        taps_sha256: Vec::new(),
        mix_frames: report.mix_frames,
        warnings: Vec::new(),
        cpu_seconds: 0.0,
        served: true,
    }))
}

/// Keeps a complete file of a bounce that has nothing to warn of, as it was written: what may by
/// then stand in its place is none of the store's. A file that would fill a quarter of the store
/// is not kept.
pub(crate) fn keep_file(
    store: &Store,
    key: &SignalKey,
    number: usize,
    bytes: u64,
    file: &mut dyn Read,
) {
    if bytes <= store.quota_bytes() / 4 {
        store.put_from(Kind::File, &file_key(key, number), file);
    }
}

/// Keeps what a bounce reported, by which its file is found.
pub(crate) fn keep_report(store: &Store, key: &SignalKey, bounced: &Bounced) {
    let files = &bounced.exported.files;
    let kept = |number| store.has(Kind::File, &file_key(key, number));
    if !bounced.warnings.is_empty() || !(0..files.len()).all(kept) {
        return;
    }
    let report = Report {
        pcm_sha256: files.iter().map(|file| file.pcm_sha256).collect(),
        facts: bounced.exported.facts,
        mix_sha256: bounced.mix_sha256,
        mix_frames: bounced.mix_frames,
    };
    if let Ok(report) = serde_json::to_vec(&report) {
        store.put(Kind::Report, key, &report);
    }
}
