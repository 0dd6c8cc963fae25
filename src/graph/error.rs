//! Why a session cannot be compiled.

use crate::audio::AudioLibraryError;
use crate::process::{ParameterError, PrepareError};

/// Why a session cannot be compiled into a plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// The document breaks its own rules.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<crate::session::Problem>),
    /// Signals run in a circle.
    #[error(
        "{}: signals run in a circle; remove one of these sends, outputs or sidechains", .0.join(" -> ")
    )]
    Cycle(Vec<String>),
    /// A tap of a track that is not there.
    #[error("there is no track '{track}' to take a signal from: name one that the session has")]
    UnknownTrack {
        /// What was named.
        track: String,
    },
    /// More signals meet than can be summed exactly.
    #[error("{join}: {count} signals meet here and at most {limit} can: put groups in between")]
    TooManyInputs {
        /// The join's id.
        join: String,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Loops and ramps of a clip make too many events.
    #[error(
        "{path}: the track has more than {limit} events and repeats up to here: shorten the clip, or lengthen its loop"
    )]
    TooManyEvents {
        /// The clip.
        path: String,
        /// How many there may be.
        limit: usize,
    },
    /// More state than memory should have to hold.
    #[error(
        "{path}: delays, lookaheads and latency compensation of the session need {total_mib} MiB and at most {limit_mib} MiB are allowed; this track needs the most, {strip_mib} MiB: shorten its delays, raise the slowest tempo they follow, or lower the sample rate"
    )]
    TooMuchMemory {
        /// The strip that needs the most.
        path: String,
        /// What it needs, in MiB.
        strip_mib: u64,
        /// What all need, in MiB.
        total_mib: u64,
        /// What there may be, in MiB.
        limit_mib: u64,
    },
    /// An audio file is missing or broken.
    #[error("{path}: {source}")]
    Audio {
        /// The clip, or the insert.
        path: String,
        /// What is wrong.
        source: AudioLibraryError,
    },
    /// A file has more channels than a track carries.
    #[error("{path}: '{file}' has {channels} channels and a track carries two: split the file")]
    Channels {
        /// The clip.
        path: String,
        /// The file.
        file: String,
        /// Its channels.
        channels: usize,
    },
    /// No processor of that name.
    #[error("{path}: there is no processor '{name}': there are {choices}")]
    UnknownProcessor {
        /// The insert.
        path: String,
        /// What was asked for.
        name: String,
        /// What there is.
        choices: String,
    },
    /// A plug-in that cannot be had.
    #[error("{path}: {what}")]
    Plugin {
        /// The insert.
        path: String,
        /// Why, and what to do.
        what: String,
    },
    /// A parameter's value is not possible.
    #[error("{path}/parameters: {source}")]
    Parameter {
        /// The insert.
        path: String,
        /// What is wrong.
        source: ParameterError,
    },
    /// A lane drives something that cannot be automated.
    #[error("{path}: {what}")]
    Automation {
        /// The lane.
        path: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// Something the session asks for and this version does not render.
    #[error("{path}: {what}")]
    Unsupported {
        /// Where.
        path: String,
        /// What, and what to do instead.
        what: String,
    },
    /// A processor could not be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The compiler's own check of its result failed.
    #[error("the compiled plan is wrong, which is a fault of Wavemill; please report it: {0}")]
    Verify(String),
}
