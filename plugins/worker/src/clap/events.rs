//! Events to and from the form CLAP has for them.

use clack_host::events::event_types::{
    MidiEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent, ParamValueEvent,
};
use clack_host::events::io::EventBuffer;
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{Match, Pckn};
use clack_host::utils::ClapId;
use wavemill_core::midi::event_messages;
use wavemill_core::process::EventKind;
use wavemill_core::session::ExpressionKind;
use wavemill_plugins::run::{Record, RecordKind};

use crate::run::midi::event_of_message;
use crate::run::note_number;

/// Events that a block has room for before memory is asked for.
pub const MAX_EVENTS_A_BLOCK: usize = 4_096;

/// In which forms a note port takes notes.
#[derive(Clone, Copy, Debug)]
pub struct Dialects {
    /// CLAP's own, with numbers and expression of each note.
    pub notes: bool,
    /// MIDI messages.
    pub midi: bool,
}

/// Writes events in a plug-in's own form.
pub struct EventWriter {
    /// The ids of its parameters, in its order.
    pub parameters: Vec<ClapId>,
    /// How it takes notes, where it does.
    pub dialects: Option<Dialects>,
}

impl EventWriter {
    /// Puts `records`, in order, into `buffer`, in place of what was there.
    pub fn write(&self, records: &[Record], buffer: &mut EventBuffer) {
        buffer.clear();
        for record in records {
            match record.kind {
                RecordKind::Parameter { index, value } => {
                    if let Some(id) = self.parameters.get(index as usize) {
                        let all = Pckn::match_all();
                        buffer.push(&ParamValueEvent::new(record.frame, *id, all, value));
                    }
                }
                RecordKind::Event(kind) => self.event(record.frame, &kind, buffer),
            }
        }
    }

    fn event(&self, frame: u32, kind: &EventKind, buffer: &mut EventBuffer) {
        let Some(dialects) = self.dialects else { return };
        match *kind {
            EventKind::NoteOn { note, channel, key, velocity } if dialects.notes => {
                buffer.push(&NoteOnEvent::new(frame, place(note, channel, key), velocity));
            }
            EventKind::NoteOff { note, channel, key, velocity } if dialects.notes => {
                buffer.push(&NoteOffEvent::new(frame, place(note, channel, key), velocity));
            }
            EventKind::Expression { note, channel, key, kind, value } if dialects.notes => {
                let (kind, value) = expression(kind, value);
                let place = place(note, channel, key);
                buffer.push(&NoteExpressionEvent::new(frame, place, kind, value));
            }
            _ if dialects.midi => {
                event_messages(kind, |message| {
                    let (bytes, _) = message.bytes(kind.channel());
                    buffer.push(&MidiEvent::new(frame, 0, bytes));
                });
            }
            _ => {}
        }
    }
}

fn place(note: u64, channel: u8, key: u8) -> Pckn {
    Pckn::new(0_u16, u16::from(channel), u16::from(key), note_number::unsigned(note))
}

/// CLAP has brightness where MPE has timbre, and pans from 0 to 1.
fn expression(kind: ExpressionKind, value: f64) -> (NoteExpressionType, f64) {
    match kind {
        ExpressionKind::Tuning => (NoteExpressionType::Tuning, value),
        ExpressionKind::Pressure => (NoteExpressionType::Pressure, value),
        ExpressionKind::Timbre => (NoteExpressionType::Brightness, value),
        ExpressionKind::Volume => (NoteExpressionType::Volume, value),
        ExpressionKind::Pan => (NoteExpressionType::Pan, (value + 1.0) / 2.0),
    }
}

/// Reads what a plug-in put out in a block of `frames` frames: notes and controllers. What it says
/// of its parameters is read when it is asked for.
pub fn read_events(buffer: &EventBuffer, frames: usize, records: &mut Vec<Record>) {
    for event in buffer.iter() {
        let frame = event.header().time();
        let kind = match event.as_core_event() {
            Some(CoreEventSpace::NoteOn(on)) => note(on.pckn()).map(|(note, channel, key)| {
                EventKind::NoteOn { note, channel, key, velocity: on.velocity() }
            }),
            Some(CoreEventSpace::NoteOff(off)) => note(off.pckn()).map(|(note, channel, key)| {
                EventKind::NoteOff { note, channel, key, velocity: off.velocity() }
            }),
            Some(CoreEventSpace::Midi(midi)) => event_of_message(midi.data()),
            _ => None,
        };
        let fits = (frame as usize) < frames && records.len() < records.capacity();
        if let Some(kind) = kind.filter(|_| fits) {
            records.push(Record { frame, kind: RecordKind::Event(kind) });
        }
    }
    // The format asks for order; what comes out of it is in order whatever the plug-in does.
    records.sort_by_key(|record| record.frame);
}

/// The note, the channel and the key; `None` where the last two are not said.
fn note(place: Pckn) -> Option<(u64, u8, u8)> {
    let exact = |place: Match<u16>| match place {
        Match::Specific(number) => u8::try_from(number).ok(),
        Match::All => None,
    };
    let (channel, key) = (exact(place.channel)?, exact(place.key)?);
    let note = match place.note_id {
        Match::Specific(note) => u64::from(note),
        Match::All => note_number::of_key(channel, key),
    };
    Some((note, channel, key))
}
