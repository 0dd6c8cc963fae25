//! How plug-ins are hosted: the options of the commands that render one session.

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use wavemill_core::job::CancelToken;
use wavemill_media::folder::SessionFolder;
use wavemill_plugins::run::{HostOptions, Isolation, MissingPlugins, PluginLibrary};
use wavemill_render::Processors;

use crate::failure::Failure;
use crate::output;
use crate::sessions::Opened;
use crate::store_arguments::user_catalogue;

/// Times a render is tried again after a plug-in has failed.
const RETRIES: usize = 2;

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
    plugin_failure: OnFailure,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnFailure {
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
            finds_verdicts: keeps,
            cancel: cancel.clone(),
            ..HostOptions::default()
        }
    }

    /// Refuses what `command` cannot do: trying again.
    pub fn refuse_trying(&self, command: &str) -> Result<(), Failure> {
        match self.plugin_failure {
            OnFailure::Stop => Ok(()),
            _ => Err(Failure::usage(format!(
                "--plugin-failure: {command} stops where a plug-in fails; leave it out"
            ))),
        }
    }

    /// Does `attempt` on `opened` until it is done, or a plug-in fails and nothing more is to be
    /// tried; also what people should know of it.
    pub fn trying<T>(
        &self,
        opened: &mut Opened,
        quiet: bool,
        attempt: &dyn Fn(&Opened) -> Result<T, Failure>,
    ) -> Result<(T, Vec<String>), Failure> {
        let mut told = Vec::new();
        loop {
            let failure = match attempt(opened) {
                Ok(done) => return Ok((done, told)),
                Err(failure) => failure,
            };
            let Some(node) = failure.plugin.clone() else { return Err(failure) };
            let instead = match self.plugin_failure {
                OnFailure::Stop => return Err(failure),
                OnFailure::Retry if told.len() < RETRIES => "rendered again from the start",
                OnFailure::Retry => return Err(failure),
                OnFailure::Skip if opened.skip(&node) => "rendered again without it",
                OnFailure::Skip => return Err(failure),
            };
            let what = format!("{}; {instead}", failure.message);
            if !quiet {
                output::note(&format!("warning: {what}"));
            }
            told.push(what);
        }
    }
}

/// The processors of the session in `folder`.
pub fn processors(folder: &SessionFolder, options: HostOptions) -> Processors {
    Arc::new(PluginLibrary::new(user_catalogue(), folder.clone(), options))
}

/// Those of a session of a batch.
pub fn batch_processors(folder: &SessionFolder) -> Processors {
    processors(folder, HostOptions { finds_verdicts: true, ..HostOptions::default() })
}
