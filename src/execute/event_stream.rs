//! Events on their way down a chain: from where they come, to the processors that hear them.

use std::sync::Arc;

use crate::midi::{Chase, EventList};
use crate::process::{Event, StateError, StateReader, StateWriter};
use crate::time::Samples;

/// Most events of one instance that wait for processors further down the chain.
pub(super) const MAX_EVENTS_WAITING: usize = 65_536;

/// The events that all instances of a segment hear from one place of the chain on.
///
/// Their times are those of the timeline, which every processor's node time is: one that hears them
/// later because of latency in between comes to the same numbers later.
#[derive(Clone, Debug)]
pub(super) struct EventStream {
    /// By instance, in order of time. Of fixed events, what a start in the middle left of them.
    lists: Vec<Vec<Event>>,
    flow: Flow,
}

#[derive(Clone, Debug)]
enum Flow {
    /// The events of the strips: they stay. `located` where the lists are heard in their place.
    Fixed { own: Vec<Arc<EventList>>, located: bool },
    /// What a processor puts out, kept until the listener of the greatest latency has heard it.
    Passing { latest: Option<i64> },
}

impl EventStream {
    /// The events of the strips themselves.
    pub(super) fn fixed(own: Vec<Arc<EventList>>) -> Self {
        // Memory that is reserved and not written to is not taken.
        let lists = own.iter().map(|events| Vec::with_capacity(events.len())).collect();
        Self { lists, flow: Flow::Fixed { own, located: false } }
    }

    /// What a processor puts out; `latest` is the greatest input latency of those who hear it.
    pub(super) fn passing(instances: usize, latest: Option<i64>) -> Self {
        let list = || Vec::with_capacity(MAX_EVENTS_WAITING);
        let lists = std::iter::repeat_with(list).take(instances).collect();
        Self { lists, flow: Flow::Passing { latest } }
    }

    /// The events of `instance` in `time .. end`.
    pub(super) fn inside(&self, instance: usize, time: i64, end: i64) -> &[Event] {
        let events = match &self.flow {
            Flow::Fixed { own, located: false } => own.get(instance).map(|events| &***events),
            _ => self.lists.get(instance).map(Vec::as_slice),
        };
        let events = events.unwrap_or_default();
        let from = events.partition_point(|event| event.at.0 < time);
        let to = events.partition_point(|event| event.at.0 < end);
        &events[from..to]
    }

    /// Appends what `instance` put out, `latency` samples after it is due; false where not all of
    /// it can wait.
    pub(super) fn append(&mut self, instance: usize, events: &[Event], latency: i64) -> bool {
        let Some(list) = self.lists.get_mut(instance) else { return false };
        if events.len() > MAX_EVENTS_WAITING - list.len() {
            return false;
        }
        let due = |event: &Event| Event { at: Samples(event.at.0 - latency), ..*event };
        list.extend(events.iter().map(due));
        true
    }

    /// Forgets what all listeners have heard when the block that ends at stream position `end` has
    /// run.
    pub(super) fn forget(&mut self, end: i64) {
        let Flow::Passing { latest } = self.flow else { return };
        let heard = latest.map_or(i64::MAX, |latency| end - latency);
        for list in &mut self.lists {
            let count = list.partition_point(|event| event.at.0 < heard);
            list.drain(..count);
        }
    }

    pub(super) fn reset(&mut self) {
        match &mut self.flow {
            Flow::Passing { .. } => self.lists.iter_mut().for_each(Vec::clear),
            Flow::Fixed { located, .. } => *located = false,
        }
    }

    /// Lets the strips' own events begin at timeline position `at`, with what `chase` says.
    pub(super) fn locate(&mut self, at: i64, chase: Chase) {
        let Flow::Fixed { own, located } = &mut self.flow else { return };
        for (events, list) in own.iter().zip(&mut self.lists) {
            events.from_position(at, chase, list);
        }
        *located = true;
    }

    /// Writes what waits for `instance`.
    pub(super) fn save(&self, instance: usize, state: &mut StateWriter) {
        self.lists.get(instance).into_iter().flatten().for_each(|event| event.save(state));
    }

    /// Restores what [`Self::save`] wrote; on failure nothing waits.
    pub(super) fn restore(
        &mut self,
        instance: usize,
        state: &mut StateReader<'_>,
    ) -> Result<(), StateError> {
        let Some(list) = self.lists.get_mut(instance) else { return Err(StateError) };
        list.clear();
        let restored = restore(list, state);
        if restored.is_err() {
            list.clear();
        }
        restored
    }
}

fn restore(list: &mut Vec<Event>, state: &mut StateReader<'_>) -> Result<(), StateError> {
    while !state.is_empty() {
        if list.len() == MAX_EVENTS_WAITING {
            return Err(StateError);
        }
        list.push(Event::restore(state)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::EventKind;

    fn on(at: i64) -> Event {
        let kind = EventKind::NoteOn { note: 7, channel: 0, key: 60, velocity: 0.3 };
        Event { at: Samples(at), kind }
    }

    fn off(at: i64) -> Event {
        let kind = EventKind::NoteOff { note: 7, channel: 0, key: 60, velocity: 0.5 };
        Event { at: Samples(at), kind }
    }

    #[test]
    fn events_wait_for_the_latest_listener() {
        let mut stream = EventStream::passing(1, Some(30));
        assert!(stream.append(0, &[on(12), off(15)], 10));
        assert_eq!(stream.inside(0, 0, 5), [on(2)]);
        stream.forget(32);
        assert_eq!(stream.inside(0, 0, 10), [on(2), off(5)]);
        stream.forget(33);
        assert_eq!(stream.inside(0, 0, 10), [off(5)]);
        let mut unheard = EventStream::passing(1, None);
        assert!(unheard.append(0, &[on(12)], 0));
        unheard.forget(0);
        assert_eq!(unheard.inside(0, 0, 100), []);
    }

    #[test]
    fn a_strips_own_events_stay() {
        let mut stream = EventStream::fixed(vec![Arc::new(EventList::new(vec![on(1)]))]);
        stream.forget(1_000);
        stream.reset();
        assert_eq!(stream.inside(0, 0, 10), [on(1)]);
        stream.locate(5, Chase::ControllersAndNotes);
        assert_eq!(stream.inside(0, 0, 10), [on(5)]);
        stream.reset();
        assert_eq!(stream.inside(0, 0, 10), [on(1)]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut stream = EventStream::passing(1, Some(1_000));
        let capacity = stream.lists[0].capacity();
        assert!(stream.append(0, &vec![on(1); MAX_EVENTS_WAITING], 0));
        assert!(!stream.append(0, &[on(2)], 0));
        assert_eq!(stream.lists[0].capacity(), capacity);
    }

    #[test]
    fn what_waits_is_saved_and_restored() {
        let mut stream = EventStream::passing(2, Some(1_000));
        assert!(stream.append(1, &[on(-3), off(500)], 0));
        let mut state = StateWriter::default();
        stream.save(1, &mut state);
        let mut other = EventStream::passing(1, Some(1_000));
        other.restore(0, &mut state.reader()).unwrap();
        assert_eq!(other.inside(0, -10, 1_000), [on(-3), off(500)]);
        state.word(0);
        assert!(other.restore(0, &mut state.reader()).is_err());
        assert_eq!(other.inside(0, -10, 1_000), []);
    }
}
