//! `wavemill new`: an empty session, or the demo.

use std::path::PathBuf;

use clap::Args;
use wavemill_core::session::Session;
use wavemill_core::time::SampleRate;
use wavemill_media::folder::SessionFolder;

use crate::demo;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  wavemill new song
  wavemill new song --name 'First song' --rate 44100
  wavemill new song --demo && wavemill bounce song -o song.wav";

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct New {
    /// The session's folder; it is made where it does not exist.
    path: PathBuf,
    /// A small session that sounds like music, with the audio it needs, in place of an empty one.
    #[arg(long)]
    demo: bool,
    /// The session's name; the folder's where left out.
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// The rate it runs at, in hertz.
    #[arg(long, value_name = "R", default_value_t = 48_000, conflicts_with = "demo")]
    rate: u32,
}

impl New {
    /// Makes it.
    pub fn run(self, quiet: bool) -> Result<(), Failure> {
        let folder = if self.demo {
            let mut session = demo::session()?;
            if let Some(name) = self.name {
                session.name = name;
            }
            let there = self.path.exists();
            let folder = create(&self.path, &session)?;
            if let Err(failure) = demo::write_audio(&folder.audio_folder()) {
                // A session without its audio is of no use to anyone, and was not there before.
                let _ = std::fs::remove_file(folder.document_path());
                if !there {
                    let _ = std::fs::remove_dir(folder.root());
                }
                return Err(failure);
            }
            folder
        } else {
            let rate = SampleRate::new(self.rate).map_err(Failure::usage)?;
            let name = self.name.unwrap_or_else(|| name_of(&self.path));
            create(&self.path, &Session::new(name, rate))?
        };
        if quiet {
            return Ok(());
        }
        output::text(&format!("made {}\n", folder.document_path().display()))
    }
}

fn create(path: &std::path::Path, session: &Session) -> Result<SessionFolder, Failure> {
    let problems = session.check();
    match problems.first() {
        Some(problem) => Err(Failure::usage(problem)),
        None => Ok(SessionFolder::create(path, session, false)?),
    }
}

/// What a session in `path` is called where nobody says.
fn name_of(path: &std::path::Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "session".to_owned())
}
