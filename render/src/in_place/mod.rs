//! In place: a track becomes a file of its own session, which plays instead of it.
//!
//! `audio` renders the file, `freeze` lets the track play it, `bounce` gives it to a new track,
//! which `replacement` describes. The file is whole before the session names it, and is removed
//! where the session does not come to name it.

mod audio;
mod bounce;
mod error;
mod freeze;
mod replacement;

pub use bounce::{BouncedInPlace, InPlaceTap, bounce_in_place};
pub use error::InPlaceError;
pub use freeze::{FrozenTrack, freeze};

use wavemill_core::job::{CancelToken, Progress};
use wavemill_core::time::Samples;

use crate::request::Tail;
use crate::scheduler::RenderConfig;
use crate::stems::Compile;
use crate::store::Store;

/// What is rendered, and how.
pub struct InPlaceRequest<'a> {
    /// Compiles the session as it is in the editor.
    pub compile: Compile<'a>,
    /// First sample of the timeline.
    pub from: Samples,
    /// One past the last sample; `None` for the end of the content and the tail.
    pub to: Option<Samples>,
    /// The tail, where `to` is `None`.
    pub tail: Tail,
    /// How to render.
    pub render: RenderConfig,
    /// What was rendered before.
    pub store: Option<&'a Store>,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Ends it.
    pub cancel: &'a CancelToken,
}
