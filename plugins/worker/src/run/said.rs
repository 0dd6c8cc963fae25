//! What a plug-in puts out in a block, as records: as many as there is room for.

use wavemill_core::process::{EventKind, ExclusivePart};
use wavemill_plugins::run::{Record, RecordKind};

use super::exclusive::inside;
use super::midi::event_of_message;
use crate::numbers::finite_or;

/// Takes what a plug-in puts out.
pub struct Said<'a> {
    records: &'a mut Vec<Record>,
    /// Frames of the block.
    frames: u32,
    is_lost: bool,
}

impl<'a> Said<'a> {
    /// Puts what is said in a block of `frames` frames into `records`, up to their capacity.
    pub fn new(records: &'a mut Vec<Record>, frames: u32) -> Self {
        Self { records, frames, is_lost: false }
    }

    /// Takes an event, where it lies in the block and names what there is; false where there is no
    /// room for it.
    pub fn event(&mut self, frame: u32, kind: EventKind) -> bool {
        let Some(kind) = sound(kind).filter(|_| frame < self.frames) else { return true };
        let fits = self.records.len() < self.records.capacity();
        match fits {
            true => self.records.push(Record { frame, kind: RecordKind::Event(kind) }),
            false => self.is_lost = true,
        }
        fits
    }

    /// Takes a MIDI message, where it is one that anything follows; false where there is no room.
    pub fn message(&mut self, frame: u32, message: &[u8]) -> bool {
        if let Some(inside) = inside(message) {
            return ExclusivePart::parts(inside)
                .all(|part| self.event(frame, EventKind::Exclusive(part)));
        }
        let message = match *message {
            [status, first] => [status, first, 0],
            [status, first, second] => [status, first, second],
            _ => return true,
        };
        event_of_message(message).is_none_or(|kind| self.event(frame, kind))
    }

    /// Remembers that the plug-in had more to say.
    pub fn lose(&mut self) {
        self.is_lost = true;
    }

    /// Puts all of it in order; fails where it was more than there is room for.
    pub fn finish(self) -> Result<(), String> {
        // The formats ask for order; what comes out of it is in order whatever the plug-in does.
        if !self.records.is_sorted_by_key(|record| record.frame) {
            self.records.sort_by_key(|record| record.frame);
        }
        match self.is_lost {
            true => Err(too_many(self.records.capacity())),
            false => Ok(()),
        }
    }
}

/// `kind` with a velocity that is one; `None` where it is of no channel or key that there is.
fn sound(kind: EventKind) -> Option<EventKind> {
    let exists = |channel: u8, key: u8| channel < 16 && key < 128;
    match kind {
        EventKind::NoteOn { note, channel, key, velocity } => exists(channel, key)
            .then(|| EventKind::NoteOn { note, channel, key, velocity: level(velocity) }),
        EventKind::NoteOff { note, channel, key, velocity } => exists(channel, key)
            .then(|| EventKind::NoteOff { note, channel, key, velocity: level(velocity) }),
        other => Some(other),
    }
}

/// A velocity from 0 to 1; what is no number is 0.
pub fn level(velocity: f64) -> f64 {
    finite_or(velocity, 0.0).clamp(0.0, 1.0)
}

/// What is told of a plug-in that puts out more than `room` events in a batch.
pub fn too_many(room: usize) -> String {
    format!(
        "it puts out more than {room} notes, controllers and parts of system exclusive messages \
         at once: have it make fewer, or bypass it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::session::ControllerTarget;

    #[test]
    fn what_is_said_is_put_in_order_and_what_is_too_much_is_told() {
        let target = ControllerTarget::Controller(7);
        let moved = |value| EventKind::Controller { channel: 0, target, value };
        let mut records = Vec::with_capacity(4);
        let mut said = Said::new(&mut records, 10);
        assert!(said.event(5, moved(1.0)) && said.event(10, moved(9.0)), "that one is none of it");
        assert!(said.message(2, &[0xb0, 7, 2]) && said.message(3, &[0xf8]));
        assert!(said.message(2, &[&[0xf0][..], &[1; 20], &[0xf7]].concat()));
        said.finish().unwrap();
        let frames: Vec<u32> = records.iter().map(|record| record.frame).collect();
        assert_eq!(frames, [2, 2, 2, 5]);
        assert_eq!(records[0].kind, RecordKind::Event(moved(2.0)));
        let room = records.capacity();
        let mut said = Said::new(&mut records, 10);
        assert!(!said.event(1, moved(3.0)));
        let told = said.finish().unwrap_err();
        assert!(told.contains(&format!("more than {room}")), "{told}");
    }

    #[test]
    fn notes_that_are_none_are_dropped_and_velocities_are_from_0_to_1() {
        let on = |channel, key, velocity| EventKind::NoteOn { note: 1, channel, key, velocity };
        let off = |velocity| EventKind::NoteOff { note: 1, channel: 0, key: 0, velocity };
        let mut records = Vec::with_capacity(8);
        let mut said = Said::new(&mut records, 10);
        for kind in [on(15, 127, 7.0), on(16, 0, 1.0), on(0, 128, 1.0), off(f64::NAN), off(-1.0)] {
            assert!(said.event(0, kind));
        }
        // Neither is a MIDI message.
        assert!(said.message(0, &[0x90, 200, 100]) && said.message(0, &[0xb0, 7, 128]));
        said.finish().unwrap();
        let wanted = [on(15, 127, 1.0), off(0.0), off(0.0)];
        assert_eq!(records, wanted.map(|kind| Record { frame: 0, kind: RecordKind::Event(kind) }));
    }
}
