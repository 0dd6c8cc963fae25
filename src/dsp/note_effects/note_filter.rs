//! Note filter: lets notes of some channels, keys and velocities pass.

use std::sync::LazyLock;

use super::mapped::{NoteMap, StartingNote};
use super::stage::note_effect;
use crate::dsp::describe::{choice, number, setting};
use crate::process::{ControlSet, InstanceSetup, ProcessorSpec, Unit};
use crate::time::nearest;

const MATCHING: usize = 0;
const CHANNEL: usize = 1;
const LOWEST_KEY: usize = 2;
const HIGHEST_KEY: usize = 3;
const LOWEST_VELOCITY: usize = 4;
const HIGHEST_VELOCITY: usize = 5;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let key = |id, name, default| number(id, name, Unit::Ratio, (0.0, 127.0), default);
    let velocity = |id, name, default| number(id, name, Unit::Ratio, (0.0, 1.0), default);
    note_effect(
        "note-filter",
        "keeps or drops notes of a channel, a range of keys and a range of velocities",
        vec![
            choice("matching", "Matching notes", &["keep", "drop"], 0),
            setting("channel", "Channel (0 is every one)", Unit::Ratio, (0.0, 16.0), 0.0),
            key("lowest_key", "Lowest key", 0.0),
            key("highest_key", "Highest key", 127.0),
            velocity("lowest_velocity", "Lowest velocity", 0.0),
            velocity("highest_velocity", "Highest velocity", 1.0),
        ],
    )
});

/// A note matches where its channel (1 to 16; 0 is every one), its key and its velocity lie in
/// their ranges, ends included; keys are rounded to whole ones. What matches is kept and the rest
/// dropped, or the other way round. It is decided as a note starts; ends and expression go with
/// their note.
pub(in crate::dsp) struct NoteFilter(ControlSet);

impl NoteMap for NoteFilter {
    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    fn new(setup: &InstanceSetup) -> Self {
        Self(setup.controls.clone())
    }

    fn map(&self, note: StartingNote) -> Option<(u8, f64)> {
        let value = |parameter| self.0.value_at(parameter, note.at);
        let channel = nearest(value(CHANNEL));
        let keys = nearest(value(LOWEST_KEY))..=nearest(value(HIGHEST_KEY));
        let velocities = value(LOWEST_VELOCITY)..=value(HIGHEST_VELOCITY);
        let matches = (channel == 0 || channel == i64::from(note.channel) + 1)
            && keys.contains(&i64::from(note.key))
            && velocities.contains(&note.velocity);
        let keep = value(MATCHING) < 0.5;
        (matches == keep).then_some((note.key, note.velocity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::test_notes::{off, on, put_out, rig};
    use crate::dsp::note_effects::{Mapped, factory};
    use crate::process::Event;

    /// Keys and velocities of the notes played.
    fn passed(values: &[(&str, f64)]) -> Vec<Event> {
        let later = |event: Event| Event { kind: event.kind.on_channel(3), ..event };
        let events = vec![
            on(1, 1, 40, 0.2),
            later(on(2, 2, 60, 0.5)),
            on(3, 3, 80, 0.9),
            off(4, 1, 40),
            later(off(5, 2, 60)),
            off(6, 3, 80),
        ];
        put_out(&rig(factory::<Mapped<NoteFilter>>(), 9, values, events), &[9])
    }

    fn notes(events: &[Event]) -> Vec<i64> {
        events.iter().map(|event| event.at.0).collect()
    }

    #[test]
    fn ranges_include_their_ends_and_drop_turns_them_round() {
        assert_eq!(notes(&passed(&[])), [1, 2, 3, 4, 5, 6]);
        let keys = [("lowest_key", 60.0), ("highest_key", 80.0)];
        assert_eq!(notes(&passed(&keys)), [2, 3, 5, 6]);
        let dropped = [("lowest_key", 60.0), ("highest_key", 80.0), ("matching", 1.0)];
        assert_eq!(notes(&passed(&dropped)), [1, 4]);
        let velocities = [("lowest_velocity", 0.2), ("highest_velocity", 0.5)];
        assert_eq!(notes(&passed(&velocities)), [1, 2, 4, 5]);
    }

    #[test]
    fn channels_count_from_one() {
        assert_eq!(notes(&passed(&[("channel", 4.0)])), [2, 5]);
        assert_eq!(notes(&passed(&[("channel", 1.0)])), [1, 3, 4, 6]);
    }
}
