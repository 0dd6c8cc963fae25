//! `wavemill bounce-in-place`: a new track plays what was rendered of another, which is muted.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use wavemill_core::session::TrackId;
use wavemill_render::in_place::{InPlaceTap, bounce_in_place};

use crate::failure::Failure;
use crate::in_place::{self, InPlace};
use crate::output;
use crate::render_arguments::RenderArguments;
use crate::store_arguments::StoreArguments;

const EXAMPLES: &str = "\
Examples:
  wavemill bounce-in-place song keys
  wavemill bounce-in-place song keys --tap post-fader --name \"Keys, printed\"
  wavemill bounce-in-place song keys --from '9|1|0' --to '17|1|0'

The track is rendered into the session's audio folder, as 32-bit floats. A new track right behind
it plays the file, and the old one is muted; one undo takes all of it back, and leaves the file.
Taken before the fader, the new track gets volume, pan, sends and their automation, and the mix is
the same, bit for bit; taken behind it, they are in the file.";

/// Arguments of `bounce-in-place`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BounceInPlace {
    /// The session.
    session: PathBuf,
    /// The track's id.
    track: String,
    /// Where its signal is taken.
    #[arg(long, value_enum, default_value_t = Tap::PreFader)]
    tap: Tap,
    /// Name of the new track; that of the old one and 'bounced' where left out.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    render: RenderArguments,
    #[command(flatten)]
    store: StoreArguments,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where a track's signal is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tap {
    /// Behind the effects, before the fader.
    PreFader,
    /// Behind the fader.
    PostFader,
}

#[derive(Serialize)]
struct Report<'a> {
    revision: u64,
    track: &'a str,
    file: &'a str,
    frames: u64,
    warnings: &'a [String],
}

impl BounceInPlace {
    /// Bounces.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let track = TrackId::new(self.track.as_str()).map_err(Failure::usage)?;
        let tap = match self.tap {
            Tap::PreFader => InPlaceTap::PreFader,
            Tap::PostFader => InPlaceTap::PostFader,
        };
        let what = InPlace { session: &self.session, label: "bouncing", json: self.json, quiet };
        let (mut bounced, failures) =
            what.run(&self.render, &self.store, &mut |editor, request| {
                Ok(bounce_in_place(editor, &track, (tap, self.name.as_deref()), request)?)
            })?;
        if !quiet {
            output::warnings(&bounced.warnings);
        }
        // Those were told when they happened.
        bounced.warnings.extend(failures);
        let new = bounced.track.as_str();
        if self.json {
            return output::json(&Report {
                revision: bounced.revision,
                track: new,
                file: &bounced.file,
                frames: bounced.frames,
                warnings: &bounced.warnings,
            });
        }
        in_place::say(quiet, &format!("{new} plays {} instead of {}\n", bounced.file, self.track))
    }
}
