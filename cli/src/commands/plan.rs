//! `wavemill plan`: how a session will be rendered, as text.

use std::path::PathBuf;

use clap::Args;
use wavemill_core::graph::print_plan;

use crate::failure::Failure;
use crate::output;
use crate::sessions::Opened;
use wavemill_plugins::run::HostOptions;

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill plan song\n  wavemill plan song --no-keys | less")]
pub struct Plan {
    /// The session.
    session: PathBuf,
    /// Leave out the signal keys, which change with the content of every input.
    #[arg(long)]
    no_keys: bool,
}

impl Plan {
    /// Compiles and prints.
    pub fn run(&self) -> Result<(), Failure> {
        let opened = Opened::open(&self.session, HostOptions::default())?;
        let plan = opened.compile()?;
        opened.keep_identities();
        output::text(&print_plan(&plan, !self.no_keys))
    }
}
