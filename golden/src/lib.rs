//! Golden audio: comparison of renders, what is kept of them, and this repository's own goldens.

mod case;
mod decoder_cases;
mod difference;
mod edits;
mod export_cases;
mod lock;
mod matrix_session;
mod processor_cases;
mod repository;
mod sampled_instrument;
mod snapshot;
mod sound_font;
mod stage_cases;

pub use case::{Case, CaseAudio, CaseContent, CaseError, CaseFile, render_plan};
pub use decoder_cases::{decoder_cases, decoder_version, rate_conversion_cases};
pub use difference::{Difference, DifferenceError, FirstDifference, Residual, Shape, difference};
pub use edits::{EditOrder, made_by_commands};
pub use export_cases::export_goldens;
pub use lock::{LockError, LockedVersion, VersionLock};
pub use matrix_session::matrix_case;
pub use processor_cases::{CaseDefinitionError, ProcessorCase, option_cases, processor_cases};
pub use repository::{Golden, RepositoryError, bless, goldens, read_lock};
pub use snapshot::{Snapshot, SnapshotError, Snapshots};
pub use stage_cases::stage_cases;
