//! This repository's goldens: every built-in processor on its own, and all of the engine at once.

use std::path::Path;

use wavemill_core::simd::SimdLevel;
use wavemill_render::RenderConfig;

use crate::case::{Case, CaseError};
use crate::lock::{LockedVersion, VersionLock};
use crate::matrix_session::matrix_case;
use crate::processor_cases::{CaseDefinitionError, processor_cases};
use crate::snapshot::{Snapshot, SnapshotError, Snapshots};

/// Raised whenever the bits change on purpose of what is no processor: clips, faders, joins,
/// decoders, the rate converter.
const ENGINE_VERSION: u32 = 1;

/// A case that was rendered, with the version that made it.
pub struct Golden {
    /// The case.
    pub case: Case,
    /// Its samples, interleaved stereo.
    pub samples: Vec<f32>,
    /// Version of what it is the golden of.
    pub version: u32,
}

/// Why goldens could not be checked or blessed.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A case is defined wrongly.
    #[error(transparent)]
    Definition(#[from] CaseDefinitionError),
    /// A case could not be rendered.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A snapshot could not be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The lock file could not be read or written.
    #[error("version lock '{path}': {reason}")]
    Lock {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// Continuous integration must never update goldens.
    #[error("goldens are not blessed where CI is set: look at the difference and bless by hand")]
    InContinuousIntegration,
}

/// Renders all goldens, with `scratch` for their session folders.
///
/// # Errors
/// Where one cannot be rendered.
pub fn goldens(scratch: &Path) -> Result<Vec<Golden>, RepositoryError> {
    let mut cases = Vec::new();
    for case in processor_cases()? {
        let version = wavemill_core::dsp::spec_of(&case.name).map_or(0, |spec| spec.version);
        cases.push((case, version));
    }
    cases.push((matrix_case(false)?, ENGINE_VERSION));
    let config = RenderConfig { jobs: 2, block: 256, level: SimdLevel::detect() };
    let rendered = cases.into_iter().map(|(case, version)| {
        let samples = case.render(&scratch.join(&case.name), config)?;
        Ok(Golden { case, samples, version })
    });
    rendered.collect()
}

/// Makes what is rendered now the goldens in `folder`, and locks their versions.
///
/// # Errors
/// Where something cannot be rendered or written, or where `CI` is set.
pub fn bless(folder: &Path, scratch: &Path, ci: bool) -> Result<usize, RepositoryError> {
    if ci {
        return Err(RepositoryError::InContinuousIntegration);
    }
    let snapshots = Snapshots::new(folder, scratch.join("mismatches"));
    let mut lock = VersionLock::default();
    let goldens = goldens(scratch)?;
    for golden in &goldens {
        let rate = golden.case.session.sample_rate;
        snapshots.bless(&golden.case.name, &golden.samples, rate)?;
        lock.0.insert(golden.case.name.clone(), golden.locked());
    }
    write_lock(&folder.join("versions.lock.json"), &lock)?;
    Ok(goldens.len())
}

impl Golden {
    /// Its entry in the version lock.
    pub fn locked(&self) -> LockedVersion {
        let snapshot = Snapshot::of(&self.samples, self.case.session.sample_rate);
        LockedVersion { version: self.version, digest: snapshot.mix_sha256 }
    }
}

/// Reads the lock file at `path`.
///
/// # Errors
/// Where it is missing or no lock file.
pub fn read_lock(path: &Path) -> Result<VersionLock, RepositoryError> {
    let error = |reason: String| RepositoryError::Lock { path: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|reason| error(reason.to_string()))?;
    serde_json::from_str(&text).map_err(|reason| error(reason.to_string()))
}

fn write_lock(path: &Path, lock: &VersionLock) -> Result<(), RepositoryError> {
    let error = |reason: String| RepositoryError::Lock { path: path.display().to_string(), reason };
    let text = serde_json::to_string_pretty(lock).map_err(|reason| error(reason.to_string()))?;
    std::fs::write(path, text + "\n").map_err(|reason| error(reason.to_string()))
}
