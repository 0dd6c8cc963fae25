//! The clock of a draft: positions and lengths turned from one timebase into the other.

use super::{CommandError, Draft};
use crate::session::{Session, TimeValue};
use crate::time::{Samples, TempoMap, Ticks};

/// Turns positions of one session from ticks to samples and back.
pub(super) struct Clock(TempoMap);

impl Clock {
    pub(super) fn new(session: &Session) -> Result<Self, CommandError> {
        TempoMap::new(&session.tempo, session.sample_rate).map(Self).map_err(|error| {
            CommandError::Invalid { path: "tempo".to_owned(), what: error.to_string() }
        })
    }

    pub(super) fn of(draft: &Draft<'_>) -> Result<Self, CommandError> {
        Self::new(draft.session())
    }

    pub(super) fn map(&self) -> &TempoMap {
        &self.0
    }

    /// The sample `at` falls on.
    pub(super) fn samples(&self, at: TimeValue) -> Samples {
        self.0.resolve(at)
    }

    /// What positions are sorted by: the sample, and of ticks on one sample the tick.
    pub(super) fn key(&self, at: TimeValue) -> (Samples, Ticks) {
        (self.samples(at), self.ticks(at))
    }

    /// `at` in ticks, exact where it is given in them.
    pub(super) fn ticks(&self, at: TimeValue) -> Ticks {
        match at {
            TimeValue::Ticks(ticks) => ticks,
            TimeValue::Samples(samples) => self.0.ticks_at(samples),
        }
    }

    /// `at` in the timebase of `like`.
    pub(super) fn like(&self, like: TimeValue, at: TimeValue) -> TimeValue {
        match like {
            TimeValue::Ticks(_) => TimeValue::Ticks(self.ticks(at)),
            TimeValue::Samples(_) => TimeValue::Samples(self.samples(at)),
        }
    }

    /// The length from `from` to `to`, in the timebase of `like`.
    pub(super) fn between(&self, like: TimeValue, from: TimeValue, to: TimeValue) -> TimeValue {
        match like {
            TimeValue::Ticks(_) => TimeValue::Ticks(self.ticks(to) - self.ticks(from)),
            TimeValue::Samples(_) => TimeValue::Samples(self.samples(to) - self.samples(from)),
        }
    }

    /// The first sample of a clip or section, and the sample after its last.
    pub(super) fn span(&self, start: TimeValue, length: TimeValue) -> (Samples, Samples) {
        self.0.length(start, length)
    }

    /// The position `length` after `start`: in ticks where both are, else in samples.
    pub(super) fn end(&self, start: TimeValue, length: TimeValue) -> TimeValue {
        match (start, length) {
            (TimeValue::Ticks(start), TimeValue::Ticks(length)) => {
                TimeValue::Ticks(Ticks(start.0.saturating_add(length.0)))
            }
            _ => TimeValue::Samples(self.span(start, length).1),
        }
    }
}
