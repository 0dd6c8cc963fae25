//! The plug-in that a word of a command line means: an id or a name that a scan has found, or a path.

use std::path::{Path, PathBuf};
use std::time::Duration;

use wavemill_core::job::CancelToken;
use wavemill_plugins::{
    BundleReport, Catalogue, PluginDescription, ScanOptions, WorkerProgram, bundles_below, scan,
};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::scan_progress::ScanBar;

/// Finds plug-ins.
pub struct PluginChooser {
    known: Vec<BundleReport>,
    /// Where what is found by path is kept meanwhile.
    place: PathBuf,
}

impl PluginChooser {
    /// Knows what `catalogue` does; `place` is a folder to work in.
    pub fn new(catalogue: &Catalogue, place: &Path) -> Self {
        // Where there is none, nothing is known.
        let known = catalogue.reports().unwrap_or_default();
        Self { known, place: place.join("found") }
    }

    /// The plug-in that `word` means, and its bundle.
    pub fn choose(&self, word: &str) -> Result<(BundleReport, PluginDescription), Failure> {
        let (path, id) = match word.split_once('#') {
            Some((path, id)) if Path::new(path).exists() => (path, Some(id)),
            _ => (word, None),
        };
        if Path::new(path).exists() {
            return self.of_path(Path::new(path), id);
        }
        let all = || self.known.iter().flat_map(|r| r.plugins.iter().map(move |p| (r, p)));
        let by_id = all().find(|(_, plugin)| plugin.id == word);
        let by_name = || all().find(|(_, plugin)| plugin.name == word);
        let found = by_id.or_else(by_name).ok_or_else(|| {
            Failure::invalid(format!(
                "no plug-in is called '{word}', and it is no path: 'wavemill plugins list' shows \
                 those there are, 'wavemill plugins scan' looks for new ones"
            ))
        })?;
        Ok((found.0.clone(), found.1.clone()))
    }

    fn of_path(
        &self,
        path: &Path,
        id: Option<&str>,
    ) -> Result<(BundleReport, PluginDescription), Failure> {
        let shown = path.display();
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let bundles = bundles_below(&path);
        let catalogue = Catalogue::open(&self.place)?;
        let options = ScanOptions { jobs: 1, rescan: false, time_limit: Duration::from_secs(30) };
        let (program, cancel) = (WorkerProgram::find()?, CancelToken::default());
        let bar = ScanBar::new(bundles.len(), true);
        scan(&bundles, &catalogue, &program, &options, &bar, &cancel)?;
        let reports: Vec<BundleReport> =
            bundles.iter().filter_map(|bundle| catalogue.report(&bundle.path)).collect();
        let all: Vec<(&BundleReport, &PluginDescription)> =
            reports.iter().flat_map(|r| r.plugins.iter().map(move |p| (r, p))).collect();
        let wanted: Vec<_> =
            all.iter().filter(|(_, plugin)| id.is_none_or(|id| id == plugin.id)).collect();
        match wanted.as_slice() {
            [(report, plugin)] => Ok(((*report).clone(), (*plugin).clone())),
            [] => {
                let failures = reports.iter().flat_map(|report| {
                    let refused = report.refused.iter().map(|refusal| &refusal.failure);
                    refused.chain(&report.failure)
                });
                let failures: Vec<String> = failures.map(|f| f.told()).collect();
                let said = format!("'{shown}' has no plug-in that can be used");
                Err(match failures.is_empty() {
                    true => Failure::invalid(format!("{said}: it has no such plug-in")),
                    false => {
                        let what = format!("{said}: {}", failures.join("; "));
                        Failure::new(ExitStatus::PluginFailed, what)
                    }
                })
            }
            several => {
                let ids: Vec<&str> =
                    several.iter().take(8).map(|(_, plugin)| plugin.id.as_str()).collect();
                Err(Failure::usage(format!(
                    "'{shown}' has {} plug-ins: name one, as {shown}#ID, such as {}",
                    several.len(),
                    ids.join(", ")
                )))
            }
        }
    }
}
