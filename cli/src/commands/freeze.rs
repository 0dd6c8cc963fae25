//! `wavemill freeze` and `unfreeze`: a track plays a file of itself, or lives again.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_core::command::UnfreezeTrack;
use wavemill_core::session::TrackId;
use wavemill_media::folder::SessionFolder;
use wavemill_render::in_place::freeze;

use crate::failure::Failure;
use crate::in_place::{self, InPlace};
use crate::output;
use crate::render_arguments::RenderArguments;
use crate::store_arguments::StoreArguments;

const FREEZE_EXAMPLES: &str = "\
Examples:
  wavemill freeze song keys
  wavemill freeze song keys --tail 120      for renders that go on for long after the last clip

The track's signal before its fader is rendered into the session's audio folder, as 32-bit floats,
and is played from then on: renders have the same bits and the track's effects are not run. Volume,
pan, mute, sends and their automation work on. Its clips, takes and effects, and the session's
tempo, rate and seed, cannot be edited until it is unfrozen; what its effects hear of other tracks
is as it was. The file is never shorter than a bounce: --to and --tail can only lengthen it.";

/// Arguments of `freeze`.
#[derive(Debug, Args)]
#[command(after_help = FREEZE_EXAMPLES)]
pub struct Freeze {
    /// The session.
    session: PathBuf,
    /// The track's id; no group or return.
    track: String,
    #[command(flatten)]
    render: RenderArguments,
    #[command(flatten)]
    store: StoreArguments,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Arguments of `unfreeze`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  wavemill unfreeze song keys\n\nThe file it played stays, so that this can be undone."
)]
pub struct Unfreeze {
    /// The session.
    session: PathBuf,
    /// The track's id.
    track: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct FreezeReport<'a> {
    revision: u64,
    track: &'a str,
    file: &'a str,
    frames: u64,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct UnfreezeReport<'a> {
    revision: u64,
    track: &'a str,
}

impl Freeze {
    /// Freezes.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let track = TrackId::new(self.track.as_str()).map_err(Failure::usage)?;
        let what = InPlace { session: &self.session, label: "freezing", json: self.json, quiet };
        let (mut frozen, failures) =
            what.run(&self.render, &self.store, &mut |editor, request| {
                if request.from.0 != 0 {
                    return Err(Failure::usage(
                        "--from: a frozen track plays from the session's start: leave it out",
                    ));
                }
                Ok(freeze(editor, &track, request)?)
            })?;
        if !quiet {
            output::warnings(&frozen.warnings);
        }
        // Those were told when they happened.
        frozen.warnings.extend(failures);
        if self.json {
            return output::json(&FreezeReport {
                revision: frozen.revision,
                track: &self.track,
                file: &frozen.file,
                frames: frozen.frames,
                warnings: &frozen.warnings,
            });
        }
        in_place::say(quiet, &format!("{} is frozen: {}\n", self.track, frozen.file))
    }
}

impl Unfreeze {
    /// Unfreezes.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let track = TrackId::new(self.track.as_str()).map_err(Failure::usage)?;
        let mut editor = SessionFolder::open(&self.session)?.edit()?;
        output::warnings(editor.warnings().iter().filter(|_| !quiet));
        let revision = editor.execute(&UnfreezeTrack { track }.into(), None)?.revision;
        if self.json {
            return output::json(&UnfreezeReport { revision, track: &self.track });
        }
        in_place::say(quiet, &format!("{} is not frozen any more\n", self.track))
    }
}
