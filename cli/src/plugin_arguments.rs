//! How plug-ins are hosted: the options of the commands that render one session.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use wavemill_core::job::CancelToken;
use wavemill_core::process::ProcessorLibrary;
use wavemill_media::folder::SessionFolder;
use wavemill_plugins::run::{HostOptions, Isolation, MissingPlugins, OnFailure, PluginLibrary};
use wavemill_render::{Processors, attempts};

use crate::failure::Failure;
use crate::output;
use crate::store_arguments::user_catalogue;

/// Options of hosting.
#[derive(Debug, Args)]
#[command(next_help_heading = "Plug-ins")]
pub struct PluginArguments {
    /// What to do where a plug-in is not known here.
    #[arg(long, value_name = "WHAT", default_value = "refuse")]
    missing_plugins: Missing,
    /// What to do where a plug-in crashes, hangs or refuses: stop, render again from the start (up
    /// to twice), or render again without it.
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    plugin_failure: Failing,
    /// Which plug-ins may share a process: none, those of a chain, or those of a vendor.
    #[arg(long, value_name = "WHO", default_value = "instance")]
    plugin_isolation: Share,
    /// Seconds that a plug-in may take for some 4,096 frames, or to load, before its process is
    /// ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    plugin_time_limit: u16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Missing {
    /// Do not render.
    Refuse,
    /// Let its input pass.
    Bypass,
    /// Put silence in its place.
    Silence,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Failing {
    /// Stop.
    Stop,
    /// Render again from the start, up to twice.
    Retry,
    /// Render again without it.
    Skip,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Share {
    /// Every instance has a process of its own.
    Instance,
    /// Those of one chain share one.
    Chain,
    /// Those of one vendor share one.
    Vendor,
}

impl PluginArguments {
    /// How plug-ins are hosted where what is rendered is kept, or not; none is waited for any more once
    /// `cancel` asks to stop.
    pub fn options(&self, keeps: bool, cancel: &CancelToken) -> HostOptions {
        HostOptions {
            time_limit: Duration::from_secs(self.plugin_time_limit.into()),
            missing: match self.missing_plugins {
                Missing::Refuse => MissingPlugins::Refuse,
                Missing::Bypass => MissingPlugins::Bypass,
                Missing::Silence => MissingPlugins::Silence,
            },
            isolation: match self.plugin_isolation {
                Share::Instance => Isolation::Instance,
                Share::Chain => Isolation::Chain,
                Share::Vendor => Isolation::Vendor,
            },
            on_failure: match self.plugin_failure {
                Failing::Stop => OnFailure::Stop,
                Failing::Retry => OnFailure::Retry,
                Failing::Skip => OnFailure::Skip,
            },
            finds_verdicts: keeps,
            cancel: cancel.clone(),
        }
    }
}

/// Does `attempt`, again where a plug-in failed and `processors` think it worth it; also what people
/// should know of that.
pub fn trying<T>(
    processors: &dyn ProcessorLibrary,
    quiet: bool,
    attempt: &mut dyn FnMut() -> Result<T, Failure>,
) -> Result<(T, Vec<String>), Failure> {
    let mut failures = Vec::new();
    let mut told = |what: String| {
        if !quiet {
            output::note(&format!("warning: {what}"));
        }
        failures.push(what);
    };
    let done = attempts(processors, &mut told, attempt)?;
    Ok((done, failures))
}

/// The processors of the session in `folder`.
pub fn processors(folder: &SessionFolder, options: HostOptions) -> Processors {
    Arc::new(PluginLibrary::new(user_catalogue(), folder.clone(), options))
}
