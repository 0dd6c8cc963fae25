//! Batches: many sessions times many variants, rendered once each, within limits, resumable.
//!
//! `manifest` (the text) gives a list of `jobs`; `targets` refuses
//! names that clash before anything is rendered. `sessions` opens what jobs share, `prepare` makes
//! a job's plan, `standing` says whose files lie at its outputs, `decide` what becomes of it.
//! `queue` and `memory` say what may run now, `run` runs it, `results` is the file by which a killed
//! batch goes on, with the `claims` beside it.

mod claims;
mod copy;
mod decide;
mod job_error;
mod job_record;
mod jobs;
mod manifest;
mod memory;
mod prepare;
mod preview;
mod queue;
mod results;
mod run;
mod sessions;
mod settings;
mod standing;
mod summary;
mod targets;

pub use job_error::JobError;
pub use job_record::{JobRecord, JobStatus, Made, MadeFile};
pub use jobs::{Job, Places, jobs};
pub use manifest::{MAX_MANIFEST_BYTES, Manifest, ManifestError, Variant};
pub use preview::{Forecast, Preview, preview};
pub use results::{Results, ResultsError};
pub use run::{BatchConfig, BatchError, BatchProgress, JobEnd, run};
pub use settings::{JobSettings, RangeSettings, TailSetting, TailWord};
pub use summary::{BatchSummary, FailedJob};
pub use targets::{TargetError, check_targets};
