//! Golden audio: comparison of renders, what is kept of them, and this repository's own goldens.

mod case;
mod difference;
mod lock;
mod matrix_session;
mod processor_cases;
mod repository;
mod snapshot;

pub use case::{Case, CaseError, CaseFile, render_plan};
pub use difference::{Difference, DifferenceError, FirstDifference, Residual, Shape, difference};
pub use lock::{LockError, LockedVersion, VersionLock};
pub use matrix_session::matrix_case;
pub use processor_cases::{CaseDefinitionError, processor_cases};
pub use repository::{Golden, RepositoryError, bless, goldens, read_lock};
pub use snapshot::{Snapshot, SnapshotError, Snapshots};
