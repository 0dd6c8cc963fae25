//! Transpose: moves notes by semitones and octaves.

use std::sync::LazyLock;

use super::mapped::{NoteMap, StartingNote};
use super::stage::{moved_key, note_effect};
use crate::dsp::describe::number;
use crate::process::{ControlSet, InstanceSetup, ProcessorSpec, Unit};
use crate::time::nearest;

const SEMITONES: usize = 0;
const OCTAVES: usize = 1;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    note_effect(
        "transpose",
        "moves notes by semitones and octaves",
        vec![
            number("semitones", "Semitones", Unit::Semitones, (-48.0, 48.0), 0.0),
            number("octaves", "Octaves", Unit::Ratio, (-8.0, 8.0), 0.0),
        ],
    )
});

/// A note of key `k` is played as `k + semitones + 12 octaves`, each rounded to the nearest whole
/// number (halves up) at the sample on which the note starts. What would leave the keys 0 to 127
/// is not played. Ends and expression follow their note.
pub(in crate::dsp) struct Transpose(ControlSet);

impl NoteMap for Transpose {
    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    fn new(setup: &InstanceSetup) -> Self {
        Self(setup.controls.clone())
    }

    fn map(&self, note: StartingNote) -> Option<(u8, f64)> {
        let whole = |parameter| nearest(self.0.value_at(parameter, note.at));
        let key = moved_key(note.key, whole(SEMITONES) + 12 * whole(OCTAVES))?;
        Some((key, note.velocity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::test_notes::{off, on, pressure, put_out, rig, stepped};
    use crate::dsp::note_effects::{Mapped, factory};

    #[test]
    fn notes_move_by_semitones_and_octaves() {
        let events = vec![on(3, 1, 60, 0.5), pressure(10, 1, 60, 0.3), off(50, 1, 60)];
        let values = [("semitones", -5.0), ("octaves", 2.0)];
        let rig = rig(factory::<Mapped<Transpose>>(), 100, &values, events);
        let wanted = [on(3, 1, 79, 0.5), pressure(10, 1, 79, 0.3), off(50, 1, 79)];
        assert_eq!(put_out(&rig, &[100]), wanted);
    }

    #[test]
    fn what_leaves_the_keyboard_is_not_played() {
        let events = vec![on(3, 1, 120, 0.5), on(4, 2, 20, 0.5), off(50, 1, 120), off(51, 2, 20)];
        let rig = rig(factory::<Mapped<Transpose>>(), 100, &[("semitones", 8.0)], events);
        assert_eq!(put_out(&rig, &[100]), [on(4, 2, 28, 0.5), off(51, 2, 28)]);
    }

    /// The end of a note goes to the key it was played with.
    #[test]
    fn ends_follow_their_notes_when_the_parameter_moves() {
        let events = vec![on(10, 1, 60, 0.5), off(90, 1, 60), on(90, 2, 60, 0.5), off(95, 2, 60)];
        let mut rig = rig(factory::<Mapped<Transpose>>(), 100, &[], events);
        rig.instances[0].controls = stepped(&rig, "semitones", &[(0, 1.0), (50, 7.0)]);
        let wanted = [on(10, 1, 61, 0.5), off(90, 1, 61), on(90, 2, 67, 0.5), off(95, 2, 67)];
        assert_eq!(put_out(&rig, &[100]), wanted);
        assert_eq!(put_out(&rig, &[1; 100]), wanted);
    }
}
