//! This repository's goldens: every processor, decoder, core stage and step of an export on its own,
//! and all of the engine at once.

use std::path::Path;

use wavemill_core::simd::SimdLevel;
use wavemill_media::audio::OpenError;
use wavemill_render::RenderConfig;
use wavemill_render::export::ExportError;

use crate::case::{Case, CaseError};
use crate::decoder_cases::{decoder_cases, decoder_version, rate_conversion_cases};
use crate::export_cases::export_goldens;
use crate::lock::{LockError, LockedVersion, VersionLock};
use crate::matrix_session::matrix_case;
use crate::processor_cases::{CaseDefinitionError, option_cases};
use crate::snapshot::{Snapshot, SnapshotError, Snapshots};
use crate::stage_cases::stage_cases;

/// The version of the matrix session, raised whenever its bits change on purpose: with the version
/// of what it uses, or because it is made of other things.
const MATRIX_VERSION: u32 = 6;

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
    /// No decoder opens the file of a case.
    #[error(transparent)]
    Decoder(#[from] OpenError),
    /// A file could not be exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What was exported could not be kept or read again.
    #[error("the scratch folder: {reason}")]
    Scratch {
        /// The system's words.
        reason: String,
    },
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
    /// Bits changed and the version of what makes them did not; nothing was blessed.
    #[error("nothing was blessed: {}", listed(.0))]
    VersionNotRaised(Vec<LockError>),
    /// Continuous integration must never update goldens.
    #[error("goldens are not blessed where CI is set: look at the difference and bless by hand")]
    InContinuousIntegration,
}

fn listed(errors: &[LockError]) -> String {
    errors.iter().map(LockError::to_string).collect::<Vec<_>>().join("\n")
}

/// Renders all goldens, with `scratch` for their session folders.
///
/// # Errors
/// Where one cannot be rendered.
pub fn goldens(scratch: &Path) -> Result<Vec<Golden>, RepositoryError> {
    let config = RenderConfig { jobs: 2, block: 256, level: SimdLevel::detect() };
    let mut cases: Vec<(Case, u32)> = Vec::new();
    cases.extend(option_cases()?.into_iter().map(|option| (option.case, option.version)));
    cases.extend(rate_conversion_cases()?);
    cases.extend(stage_cases()?);
    cases.push((matrix_case(false)?, MATRIX_VERSION));
    let mut goldens = Vec::new();
    for (case, version) in cases {
        let samples = case.render(&scratch.join(&case.name), config)?;
        goldens.push(Golden { case, samples, version });
    }
    for case in decoder_cases()? {
        let folder = scratch.join(&case.name);
        let samples = case.render(&folder, config)?;
        let version = decoder_version(&case, &folder)?;
        goldens.push(Golden { case, samples, version });
    }
    goldens.extend(export_goldens(&scratch.join("exports"))?);
    Ok(goldens)
}

/// Makes what is rendered now the goldens in `folder`, and locks their versions.
///
/// # Errors
/// Where something cannot be rendered or written, where bits changed and their version did not, or
/// where `CI` is set.
pub fn bless(folder: &Path, scratch: &Path, ci: bool) -> Result<usize, RepositoryError> {
    if ci {
        return Err(RepositoryError::InContinuousIntegration);
    }
    let goldens = goldens(scratch)?;
    let snapshots = Snapshots::new(folder, scratch.join("mismatches"));
    bless_rendered(folder, &snapshots, &goldens)?;
    Ok(goldens.len())
}

fn bless_rendered(
    folder: &Path,
    snapshots: &Snapshots,
    goldens: &[Golden],
) -> Result<(), RepositoryError> {
    let lock_path = folder.join("versions.lock.json");
    let before = if lock_path.exists() { read_lock(&lock_path)? } else { VersionLock::default() };
    // All of them are looked at before the first is written.
    let unraised: Vec<LockError> = goldens
        .iter()
        .filter_map(|golden| before.check(&golden.case.name, &golden.locked()).err())
        .filter(|error| matches!(error, LockError::SameVersion { .. }))
        .collect();
    if !unraised.is_empty() {
        return Err(RepositoryError::VersionNotRaised(unraised));
    }
    let mut lock = VersionLock::default();
    for golden in goldens {
        let rate = golden.case.session.sample_rate;
        snapshots.bless(&golden.case.name, &golden.samples, rate)?;
        lock.0.insert(golden.case.name.clone(), golden.locked());
    }
    write_lock(&lock_path, &lock)
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

#[cfg(test)]
mod tests {
    use wavemill_core::session::Session;
    use wavemill_core::time::SampleRate;

    use super::*;

    fn golden(name: &str, sample: f32, version: u32) -> Golden {
        let session = Session::new(name, SampleRate::new(48_000).unwrap());
        let case = Case { name: name.to_owned(), session, files: Vec::new(), frames: 2 };
        Golden { case, samples: vec![sample; 4], version }
    }

    #[test]
    fn other_bits_are_blessed_under_another_version_only() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::new(folder.path(), folder.path().join("mismatches"));
        let bless = |goldens: &[Golden]| bless_rendered(folder.path(), &snapshots, goldens);
        let kept = || {
            let mut files: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|path| (path.clone(), std::fs::read(path).unwrap()))
                .collect();
            files.sort();
            files
        };
        bless(&[golden("a", 0.5, 1), golden("b", 0.5, 1), golden("c", 0.5, 1)]).unwrap();
        let before = kept();
        let error = bless(&[golden("a", 0.25, 2), golden("b", 0.25, 1), golden("c", 0.1, 1)]);
        let text = error.unwrap_err().to_string();
        for words in ["nothing was blessed", "'b' changed under version 1", "'c'", "raise"] {
            assert!(text.contains(words), "{text}");
        }
        assert!(!text.contains("'a'"), "{text}");
        assert_eq!(kept(), before);
        // The same bits again, other bits with another version, a new one, and one that is gone.
        bless(&[golden("a", 0.25, 2), golden("b", 0.5, 1), golden("d", 0.1, 1)]).unwrap();
        let lock = read_lock(&folder.path().join("versions.lock.json")).unwrap();
        let versions = lock.0.iter().map(|(name, locked)| (name.as_str(), locked.version));
        assert_eq!(versions.collect::<Vec<_>>(), [("a", 2), ("b", 1), ("d", 1)]);
    }

    #[test]
    fn a_damaged_lock_is_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("versions.lock.json"), "{").unwrap();
        let snapshots = Snapshots::new(folder.path(), folder.path().join("mismatches"));
        let refused = bless_rendered(folder.path(), &snapshots, &[golden("a", 0.5, 1)]);
        assert!(matches!(refused, Err(RepositoryError::Lock { .. })));
    }
}
