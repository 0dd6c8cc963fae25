//! The record of a bounce (`--manifest`): all that went into its bits, and digests of what came out.
//!
//! It names no time, thread, block size, instruction set or folder: two bounces of the same session
//! give the same bytes, and where two differ, [`compare()`] says why.

mod compare;
mod inputs;
mod origins;
mod outcome;
mod plan;
mod plugins;
mod read;
mod settings;
mod signals;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wavemill_core::audio::AudioLibraryError;
use wavemill_core::graph::Plan;
use wavemill_core::job::CancelToken;
use wavemill_core::session::{CanonicalJsonError, Session};
use wavemill_media::audio::{AudioFiles, WriteError, write_whole};

pub use compare::{FactDifference, RecordDifference, compare};
pub use origins::{Cause, FirstDifference, SignalDifference};
pub use plugins::PluginRecord;
pub use read::{MAX_RECORD_BYTES, ReadRecordError};
pub use signals::signals_to_digest;

use crate::hash::hex;
use crate::request::{BounceError, BounceRequest, Bounced};

/// What a record calls itself.
const FORMAT: &str = "wavemill-bounce-record";

/// Raised whenever a field comes, goes or changes its meaning.
const VERSION: u32 = 3;

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
    #[error(
        "the manifest cannot be written as JSON ({0}): bounce without --manifest, and report it"
    )]
    Json(#[from] serde_json::Error),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What went into a bounce, and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BounceRecord {
    format: String,
    version: u32,
    /// The version of Wavemill.
    wavemill: String,
    session: SessionRecord,
    versions: settings::Versions,
    inputs: Vec<inputs::InputRecord>,
    range: settings::RangeRecord,
    export: settings::ExportRecord,
    keys: plan::PlanRecord,
    /// In the order of their nodes' ids.
    plugins: Vec<PluginRecord>,
    /// The signals inside of chains are among the signals.
    trace: bool,
    /// Each after all it follows from.
    signals: Vec<signals::SignalRecord>,
    outcome: outcome::Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionRecord {
    name: String,
    /// SHA-256 of its canonical JSON, hexadecimal.
    sha256: String,
    sample_rate: u32,
    seed: u64,
}

/// What goes into a bounce that is not made yet.
#[derive(Clone, Debug)]
pub struct Ingredients {
    session: SessionRecord,
    inputs: Vec<inputs::InputRecord>,
    range: settings::RangeRecord,
    export: settings::ExportRecord,
    keys: plan::PlanRecord,
    trace: bool,
    signals: Vec<signals::SignalKeys>,
}

impl Ingredients {
    /// What goes into the bounce of `plan`, which is of `session`, that `request` asks for. The
    /// plan's taps are those of [`signals_to_digest`].
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn new(
        (session, audio): (&Session, &AudioFiles),
        plan: &Plan,
        request: &BounceRequest,
        trace: bool,
        cancel: &CancelToken,
    ) -> Result<Self, RecordError> {
        let document = session.to_canonical_json()?;
        let walked = plan::walk(plan, request, cancel)?;
        Ok(Self {
            session: SessionRecord {
                name: session.name.clone(),
                sha256: hex(&Sha256::digest(&document)),
                sample_rate: plan.rate.hz(),
                seed: plan.seed,
            },
            inputs: inputs::of(session, audio)?,
            range: settings::RangeRecord::new(plan, request)?,
            export: settings::ExportRecord::new(&request.export, plan.rate),
            keys: plan::PlanRecord::new(plan, request, &walked)?,
            trace,
            signals: signals::SignalKeys::of(plan, &walked),
        })
    }

    /// Adds what came of it, and the plug-ins that took part.
    #[must_use]
    pub fn with_outcome(self, bounced: &Bounced, plugins: Vec<PluginRecord>) -> BounceRecord {
        let signals = self.signals.into_iter().zip(&bounced.taps_sha256);
        BounceRecord {
            format: FORMAT.to_owned(),
            version: VERSION,
            wavemill: env!("CARGO_PKG_VERSION").to_owned(),
            session: self.session,
            versions: settings::Versions::NOW,
            inputs: self.inputs,
            range: self.range,
            export: self.export,
            keys: self.keys,
            plugins,
            trace: self.trace,
            signals: signals.map(|(signal, digests)| signal.with_digests(digests)).collect(),
            outcome: outcome::Outcome::new(bounced),
        }
    }
}

impl BounceRecord {
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
