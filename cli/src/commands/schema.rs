//! `wavemill schema`: the JSON Schemas of what the command reads.

use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::output;

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill schema session > session.schema.json\n  \
                        wavemill schema ops > ops.schema.json")]
pub struct Schema {
    /// Of what.
    of: Of,
}

/// What there are schemas of.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// A session.json.
    Session,
    /// What `wavemill edit` reads.
    Ops,
}

impl Schema {
    /// Prints it.
    pub fn run(&self) -> Result<(), Failure> {
        match self.of {
            Of::Session => output::json(&wavemill_core::session::session_schema()),
            Of::Ops => output::json(&wavemill_core::command::ops_schema()),
        }
    }
}
