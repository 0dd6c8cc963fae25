//! The record of a bounce (`--manifest`): all that went into its bits, and digests of what came out.
//!
//! It names no time, thread, block size, instruction set or folder: two bounces of the same session
//! give the same bytes, and where two differ, the first line that does says why.

mod inputs;
mod outcome;
mod plan;
mod settings;

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};
use wavemill_core::audio::AudioLibraryError;
use wavemill_core::graph::Plan;
use wavemill_core::job::CancelToken;
use wavemill_core::session::{CanonicalJsonError, Session};
use wavemill_media::audio::{AudioFiles, WriteError, write_whole};

use crate::hash::hex;
use crate::request::{BounceError, BounceRequest, Bounced};

/// Raised whenever a field changes its meaning or goes.
const VERSION: u32 = 1;

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// An audio file cannot be read any more.
    #[error(transparent)]
    Audio(#[from] AudioLibraryError),
    /// The session cannot be written as a document.
    #[error(transparent)]
    Session(#[from] CanonicalJsonError),
    /// There is nothing to bounce, or it was cancelled.
    #[error(transparent)]
    Bounce(#[from] BounceError),
    /// The record cannot be written as JSON.
    #[error("the manifest cannot be written as JSON ({0})")]
    Json(#[from] serde_json::Error),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What goes into a bounce.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BounceRecord {
    format: &'static str,
    version: u32,
    /// The version of Wavemill.
    wavemill: &'static str,
    session: SessionRecord,
    versions: settings::Versions,
    inputs: Vec<inputs::InputRecord>,
    #[serde(flatten)]
    plan: plan::PlanRecord,
    range: settings::RangeRecord,
    export: settings::ExportRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<outcome::Outcome>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct SessionRecord {
    name: String,
    /// SHA-256 of its canonical JSON, hexadecimal.
    sha256: String,
    sample_rate: u32,
    seed: u64,
}

impl BounceRecord {
    /// What goes into the bounce of `plan`, which is of `session`, that `request` asks for.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn new(
        (session, audio): (&Session, &AudioFiles),
        plan: &Plan,
        request: &BounceRequest,
        cancel: &CancelToken,
    ) -> Result<Self, RecordError> {
        let document = session.to_canonical_json()?;
        Ok(Self {
            format: "wavemill-bounce-record",
            version: VERSION,
            wavemill: env!("CARGO_PKG_VERSION"),
            session: SessionRecord {
                name: session.name.clone(),
                sha256: hex(&Sha256::digest(&document)),
                sample_rate: plan.rate.hz(),
                seed: plan.seed,
            },
            versions: settings::Versions::NOW,
            inputs: inputs::of(session, audio)?,
            plan: plan::PlanRecord::new(plan, request, cancel)?,
            range: settings::RangeRecord::new(plan, request)?,
            export: settings::ExportRecord::new(&request.export, plan.rate),
            outcome: None,
        })
    }

    /// Adds what came of it.
    #[must_use]
    pub fn with_outcome(mut self, bounced: &Bounced) -> Self {
        self.outcome = Some(outcome::Outcome::new(bounced));
        self
    }

    /// Writes it to `path`, whole or not at all; an existing file is refused unless `overwrite`.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn write(&self, path: &Path, overwrite: bool) -> Result<Option<PathBuf>, RecordError> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(write_whole(path, overwrite, |write| write(&json).map(|()| true))?)
    }
}
