//! `wavemill completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  wavemill completions bash > ~/.local/share/bash-completion/completions/wavemill
  wavemill completions zsh > ~/.zfunc/_wavemill
  wavemill completions fish > ~/.config/fish/completions/wavemill.fish";

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints them.
    pub fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "wavemill", &mut script);
        output::text(&String::from_utf8_lossy(&script))
    }
}
