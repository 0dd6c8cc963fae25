//! What checks want to know of a plug-in beside its output. Each question is answered by a worker
//! that does nothing else.

mod activation;
mod arrangements;
mod audio_thread;
mod examined;
mod leaks;
mod rig;
mod text;
mod threads;
mod usage;

use std::path::PathBuf;

use wavemill_core::session::PluginFormat;
use wavemill_plugins::check::message::{Answer, Question};

pub use examined::{Arrangement, Examined, readable};

use crate::replies::Replies;

/// The plug-in that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its format.
    pub format: PluginFormat,
    /// Its bundle.
    pub path: PathBuf,
    /// Its id.
    pub id: String,
}

/// Finds out about `question`. Fails where the plug-in does not let it, which is told.
pub fn answer(question: Question, place: &Place, replies: &mut Replies) {
    let found = match question {
        Question::End => leaks::end(place),
        Question::Leaks => leaks::leaks(place, replies),
        Question::Threads => threads::threads(place, replies),
        Question::Text => text::text(place),
        Question::Arrangements => arrangements::arrangements(place, replies),
        Question::Activation => activation::activation(place),
    };
    replies.say(&found.unwrap_or_else(|what| Answer::Refused { what }));
}

/// As it should be.
fn passed(what: impl Into<String>) -> Answer {
    Answer::Passed { what: what.into() }
}

/// Not so.
fn failed(expected: impl Into<String>, came: impl Into<String>) -> Answer {
    Answer::Failed { expected: expected.into(), came: came.into() }
}

/// Nothing is shown.
fn skipped(what: impl Into<String>) -> Answer {
    Answer::Skipped { what: what.into() }
}
