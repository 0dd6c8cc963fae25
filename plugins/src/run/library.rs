//! The processors of a session: those built in, and the plug-ins that scans have found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use wavemill_core::dsp::{built_in, built_in_names};
use wavemill_core::job::CancelToken;
use wavemill_core::process::{PluginChoice, PluginRequest, ProcessorFactory, ProcessorLibrary};
use wavemill_core::session::{Insert, PluginSlot};
use wavemill_media::folder::SessionFolder;

use super::factory::HostedFactory;
use super::failures::{Failures, OnFailure};
use super::hosted::Source;
use super::identity::{Ingredients, with_latency};
use super::message::MAX_STATE_BYTES;
use super::raised_latency::{RaisedLatency, Seen};
use super::setup::{Late, PluginSetup, Probe, Recipe};
use super::sharing::{Isolation, Sharing};
use super::used::{UsedPlugin, Using};
use super::verdict::Verdicts;
use crate::catalogue::{BundleReport, Catalogue};
use crate::format::format_title;
use crate::stamp::BundleStamp;
use crate::worker::WorkerProgram;

/// What is done where a plug-in is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingPlugins {
    /// The session is not rendered.
    #[default]
    Refuse,
    /// Its input passes by.
    Bypass,
    /// It is silent.
    Silence,
}

/// How plug-ins are hosted.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// How long a plug-in may take for a batch of some 4,096 frames, or for anything else it is
    /// asked, before its process is ended.
    pub time_limit: Duration,
    /// What is done where one is missing.
    pub missing: MissingPlugins,
    /// Which of them share a process.
    pub isolation: Isolation,
    /// True where what is rendered may be kept: then it is found out whether plug-ins repeat.
    pub finds_verdicts: bool,
    /// What is done where one fails while it runs, or is to be made ready.
    pub on_failure: OnFailure,
    /// Asks to wait for no plug-in any more.
    pub cancel: CancelToken,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(30),
            missing: MissingPlugins::Refuse,
            isolation: Isolation::Instance,
            finds_verdicts: false,
            on_failure: OnFailure::Stop,
            cancel: CancelToken::default(),
        }
    }
}

/// The processors of one session.
pub struct PluginLibrary {
    catalogue: Catalogue,
    /// The session's, with the states of its plug-ins.
    folder: SessionFolder,
    options: HostOptions,
    sharing: Sharing,
    failures: Arc<Failures>,
    /// Latencies that rose.
    risen: Seen,
    /// What took part, by node.
    used: Mutex<BTreeMap<String, Using>>,
    /// What scans have found, read when the first plug-in is asked for.
    reports: OnceLock<Vec<BundleReport>>,
}

impl PluginLibrary {
    /// The processors of the session in `folder`.
    pub fn new(catalogue: Catalogue, folder: SessionFolder, options: HostOptions) -> Self {
        let sharing = Sharing::new(options.isolation);
        let failures = Arc::new(Failures::new(options.on_failure));
        let (risen, used, reports) = (Seen::default(), Mutex::default(), OnceLock::new());
        Self { catalogue, folder, options, sharing, failures, risen, used, reports }
    }

    /// The plug-ins that took part so far, in the order of their nodes' ids.
    pub fn used(&self) -> Vec<UsedPlugin> {
        self.lock_used().values().map(Using::now).collect()
    }

    fn lock_used(&self) -> MutexGuard<'_, BTreeMap<String, Using>> {
        // Whole after every step.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bundle with the plug-in, the first by path.
    fn bundle(&self, slot: &PluginSlot) -> Result<&BundleReport, String> {
        let read = || self.catalogue.reports().unwrap_or_default();
        let reports = self.reports.get_or_init(read);
        let has = |report: &&BundleReport| {
            report.format == slot.format && report.plugins.iter().any(|plugin| plugin.id == slot.id)
        };
        let name = if slot.name.is_empty() { String::new() } else { format!(" ({})", slot.name) };
        reports.iter().find(has).ok_or_else(|| {
            format!(
                "the {} plug-in '{}'{name} is not known here: install it and run 'wavemill plugins \
                 scan'",
                format_title(slot.format),
                slot.id
            )
        })
    }

    /// The file with the state of the plug-in, whose content is what the session says it is.
    fn state(&self, slot: &PluginSlot) -> Result<Option<PathBuf>, String> {
        let Some(sha256) = &slot.state_sha256 else { return Ok(None) };
        let path = self.folder.state_folder().join(sha256);
        let bytes = path.metadata().map_or(0, |about| about.len());
        if bytes > MAX_STATE_BYTES {
            return Err(format!(
                "its state, '{}', has {bytes} bytes, and {} MiB are the most: save a smaller one",
                path.display(),
                MAX_STATE_BYTES >> 20
            ));
        }
        self.folder.get_state(sha256).map_err(|error| error.to_string())?;
        Ok(Some(std::path::absolute(&path).unwrap_or(path)))
    }

    fn open(&self, request: &PluginRequest<'_>) -> Result<Arc<dyn ProcessorFactory>, String> {
        let program = WorkerProgram::find().map_err(|error| error.to_string())?;
        let report = self.bundle(request.slot)?;
        let state = self.state(request.slot)?;
        let stamp = BundleStamp::of(Path::new(&report.path)).map_err(|error| error.to_string())?;
        let content_sha256 = match stamp.quick == report.stamp {
            true => report.content_sha256.clone(),
            false => stamp.content_sha256().map_err(|error| error.to_string())?,
        };
        let slot = request.slot;
        let recipe = Recipe {
            program,
            source: Source { format: slot.format, path: report.path.clone(), id: slot.id.clone() },
            state,
            sample_rate_hz: request.rate.hz(),
            block: request.block,
            mpe: slot.mpe,
            signatures: request.signatures.clone(),
            content_end: request.content_end,
            limit: self.options.time_limit,
            cancel: self.options.cancel.clone(),
        };
        let probe = recipe.open_alone(request.node, &[]).map_err(|failure| {
            let name = if slot.name.is_empty() { &slot.id } else { &slot.name };
            format!("{name} cannot be made ready: {}", failure.told())
        })?;
        let request = (request.node, slot);
        Ok(Arc::new(self.factory_of(request, (report, &content_sha256), recipe, probe)))
    }

    fn factory_of(
        &self,
        (node, slot): (&str, &PluginSlot),
        (report, content_sha256): (&BundleReport, &str),
        recipe: Recipe,
        probe: Probe,
    ) -> HostedFactory {
        let ingredients = |isolation| Ingredients {
            slot,
            content_sha256,
            bundle: Path::new(&report.path),
            sample_rate_hz: recipe.sample_rate_hz,
            block: recipe.block,
            signatures: &recipe.signatures,
            profile: probe.link.profile(),
            process: probe.link.process(),
            isolation,
        };
        let machine_sha256 = ingredients(self.options.isolation).machine();
        let identity = |isolation| ingredients(isolation).digest(&machine_sha256);
        let run_with = (recipe.sample_rate_hz, recipe.block);
        let place = |identity: &[u8; 32]| {
            Verdicts::new(self.catalogue.verdicts(), identity, slot, run_with)
        };
        let shared = identity(self.options.isolation);
        let (identity, sharing) = match place(&shared).does_not_repeat() {
            // What is not the same beside others has a process of its own.
            true if self.sharing.shares() => (identity(Isolation::Instance), Sharing::none()),
            _ => (shared, self.sharing.clone()),
        };
        let verdicts = place(&identity);
        let raised = RaisedLatency::new(&self.catalogue.latencies(), &identity, &self.risen);
        let raised_frames = raised.frames();
        let late = Late { raised_frames, raised, failures: Arc::clone(&self.failures) };
        let version = probe.description.version.clone();
        let plugin = UsedPlugin {
            node: node.to_owned(),
            slot: PluginSlot { version, ..slot.clone() },
            bundle_sha256: content_sha256.to_owned(),
            machine_sha256,
            latency_frames: probe.hosted.latency_frames.max(raised_frames),
            repeats: None,
        };
        let using = Using { plugin, verdicts: verdicts.clone() };
        self.lock_used().insert(node.to_owned(), using);
        let repeats = !verdicts.does_not_repeat();
        let tail = probe.hosted.tail;
        let finds_verdicts = self.options.finds_verdicts && repeats;
        let parts = (late, sharing);
        let setup = PluginSetup::new(recipe, probe, verdicts, finds_verdicts, parts);
        HostedFactory::new(setup, with_latency(identity, raised_frames), tail, repeats)
    }
}

impl ProcessorLibrary for PluginLibrary {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        built_in(&insert.processor)
    }

    fn names(&self) -> Vec<String> {
        built_in_names().into_iter().map(str::to_owned).collect()
    }

    fn plugin(&self, request: &PluginRequest<'_>) -> Result<PluginChoice, String> {
        self.lock_used().remove(request.node);
        if self.failures.skips(request.node) {
            return Ok(PluginChoice::Bypassed);
        }
        let is_missing = self.bundle(request.slot).is_err();
        match self.options.missing {
            MissingPlugins::Bypass if is_missing => Ok(PluginChoice::Bypassed),
            MissingPlugins::Silence if is_missing => Ok(PluginChoice::Silent),
            _ => self.open(request).map(PluginChoice::Runs),
        }
    }

    fn tries_again(&self, node: &str) -> Option<String> {
        self.failures.tries_again(node)
    }
}
