//! What a batch came to: one object, the same for people and for `--json`.

use serde::Serialize;

use super::job_record::{JobRecord, JobStatus};

/// Most failed jobs that are listed; the results have all of them.
const MAX_LISTED: usize = 100;

/// What a batch came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BatchSummary {
    /// Jobs of the manifest.
    pub jobs: usize,
    /// Rendered, wholly or from what the store had of them.
    pub rendered: usize,
    /// Served by the store as a whole.
    pub served: usize,
    /// Copied from another job of the batch.
    pub copied: usize,
    /// Done by an earlier run.
    pub skipped: usize,
    /// Failed.
    pub failed: usize,
    /// Not begun, or not brought to an end, because the batch was stopped.
    pub not_run: usize,
    /// Seconds of audio of all files that were made, copies too.
    pub audio_seconds: f64,
    /// Seconds it took.
    pub wall_seconds: f64,
    /// Processor seconds it took, all threads together.
    pub cpu_seconds: f64,
    /// Seconds of audio over the seconds it took.
    pub times_realtime: f64,
    /// What went wrong with the store, in sentences.
    pub warnings: Vec<String>,
    /// The first failed jobs.
    pub failures: Vec<FailedJob>,
}

/// A job that gave no file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedJob {
    /// Its number in the batch, from 1.
    pub job: usize,
    /// Its file's name.
    pub name: String,
    /// Why.
    pub error: String,
}

impl BatchSummary {
    /// Jobs that came to an end.
    pub const fn ended(&self) -> usize {
        self.rendered + self.served + self.copied + self.skipped + self.failed
    }

    pub(super) fn add(&mut self, record: &JobRecord) {
        match record.status {
            JobStatus::Rendered => self.rendered += 1,
            JobStatus::Served => self.served += 1,
            JobStatus::Copied => self.copied += 1,
            JobStatus::Failed => self.failed += 1,
        }
        if let Some(made) = &record.made {
            self.audio_seconds += made.seconds;
        }
        if let Some(error) = record.error.as_ref().filter(|_| self.failures.len() < MAX_LISTED) {
            let (job, name) = (record.job, record.name.clone());
            self.failures.push(FailedJob { job, name, error: error.clone() });
        }
    }
}
