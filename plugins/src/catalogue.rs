//! What scans have found: one file a bundle, written at once, so that a scan never starts over.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wavemill_core::session::PluginFormat;
use wavemill_media::audio::{WriteError, write_whole};

use crate::bundle::Bundle;
use crate::description::PluginDescription;
use crate::digest::short_hex;
use crate::failure::WorkerFailure;
use crate::message::AchievedProfile;

/// The layout of the files; those of another one count as missing.
const LAYOUT: u32 = 2;

/// A folder with what is known of bundles.
#[derive(Clone, Debug)]
pub struct Catalogue {
    folder: PathBuf,
}

/// What is known of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleReport {
    layout: u32,
    /// Where it is.
    pub path: String,
    /// Its format.
    pub format: PluginFormat,
    /// Sizes and times of its files as one digest; empty where they could not be read.
    pub stamp: String,
    /// SHA-256 of the names and contents of its files; empty where they could not be read.
    pub content_sha256: String,
    /// Under what conditions its worker ran.
    pub profile: Option<AchievedProfile>,
    /// Its plug-ins that could be described.
    pub plugins: Vec<PluginDescription>,
    /// Its plug-ins that could not.
    pub refused: Vec<Refusal>,
    /// What happened before its first plug-in or between two, where something did.
    pub failure: Option<WorkerFailure>,
}

/// A plug-in that could not be described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Its place in the bundle.
    pub index: u32,
    /// Its id.
    pub id: String,
    /// What happened.
    pub failure: WorkerFailure,
}

/// A catalogue that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Its folder cannot be made or read.
    #[error(
        "the catalogue of plug-ins in '{folder}' cannot be used: {reason}; name a folder that can be written"
    )]
    Folder {
        /// The folder.
        folder: String,
        /// What the system says.
        reason: String,
    },
    /// A report cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl BundleReport {
    /// A report of which only the bundle is known.
    pub fn new(bundle: &Bundle) -> Self {
        Self {
            layout: LAYOUT,
            path: bundle.path.to_string_lossy().into_owned(),
            format: bundle.format,
            stamp: String::new(),
            content_sha256: String::new(),
            profile: None,
            plugins: Vec::new(),
            refused: Vec::new(),
            failure: None,
        }
    }
}

impl Catalogue {
    /// The catalogue in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// [`CatalogueError::Folder`].
    pub fn open(folder: &Path) -> Result<Self, CatalogueError> {
        std::fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The catalogue in `folder`; where that is missing, nothing is known.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What is known of the bundle at `path`. What cannot be read counts as unknown: the next scan
    /// looks at the bundle again.
    pub fn report(&self, path: &Path) -> Option<BundleReport> {
        let report = read(&self.file_of(path))?;
        (Path::new(&report.path) == path).then_some(report)
    }

    /// What is known of all bundles that are still there, by path.
    ///
    /// # Errors
    /// [`CatalogueError::Folder`].
    pub fn reports(&self) -> Result<Vec<BundleReport>, CatalogueError> {
        let entries = std::fs::read_dir(&self.folder).map_err(|e| unusable(&self.folder, &e))?;
        let files = entries.flatten().map(|entry| entry.path());
        let reports = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let mut reports: Vec<BundleReport> = reports.filter_map(|path| read(&path)).collect();
        // A link to nothing is there, and so may be a path that text does not hold.
        let is_there =
            |path: &str| path.contains('\u{fffd}') || Path::new(path).symlink_metadata().is_ok();
        reports.retain(|report| is_there(&report.path));
        reports.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(reports)
    }

    /// The folder of latencies that plug-ins rose to.
    pub(crate) fn latencies(&self) -> PathBuf {
        self.folder.join("latencies")
    }

    /// The folder of what is known of whether plug-ins repeat.
    pub fn verdicts(&self) -> PathBuf {
        self.folder.join("verdicts")
    }

    /// Keeps `report` in the place of what was known of its bundle.
    ///
    /// # Errors
    /// [`CatalogueError::Write`].
    pub fn keep(&self, report: &BundleReport) -> Result<(), CatalogueError> {
        let mut json = serde_json::to_vec(report).unwrap_or_default();
        json.push(b'\n');
        let file = self.file_of(Path::new(&report.path));
        write_whole(&file, true, |write| write(&json).map(|()| true))?;
        Ok(())
    }

    fn file_of(&self, path: &Path) -> PathBuf {
        let digest = Sha256::digest(path.as_os_str().as_bytes());
        let name = short_hex(&digest);
        self.folder.join(name).with_extension("json")
    }
}

fn read(file: &Path) -> Option<BundleReport> {
    let report: BundleReport = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    (report.layout == LAYOUT).then_some(report)
}

fn unusable(folder: &Path, error: &std::io::Error) -> CatalogueError {
    let (folder, reason) = (folder.display().to_string(), error.to_string());
    CatalogueError::Folder { folder, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    #[test]
    fn reports_are_kept_by_path_and_damaged_ones_are_unknown() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x.clap");
        std::fs::write(&path, "").unwrap();
        let catalogue = Catalogue::open(&root.path().join("catalogue")).unwrap();
        assert_eq!(catalogue.report(&path), None);

        let bundle = Bundle { path: path.clone(), format: PluginFormat::Clap };
        let mut report = BundleReport::new(&bundle);
        report.failure = Some(WorkerFailure::new(FailureKind::Hang, "no answer"));
        catalogue.keep(&report).unwrap();
        assert_eq!(catalogue.report(&path), Some(report.clone()));
        report.failure = None;
        catalogue.keep(&report).unwrap();
        assert_eq!(catalogue.reports().unwrap(), [report.clone()]);

        // A layout of the future, and a file torn in the middle.
        let file = catalogue.file_of(&path);
        let json = std::fs::read_to_string(&file).unwrap();
        let future = format!("\"layout\":{}", LAYOUT + 1);
        std::fs::write(&file, json.replace(&format!("\"layout\":{LAYOUT}"), &future)).unwrap();
        assert_eq!(catalogue.report(&path), None);
        std::fs::write(&file, &json[..json.len() / 2]).unwrap();
        assert_eq!(catalogue.reports().unwrap(), []);

        // A bundle that is gone is not listed.
        catalogue.keep(&report).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(catalogue.reports().unwrap(), []);
    }
}
