//! Events to and from the form CLAP has for them.

use clack_extensions::note_ports::{NoteDialect, NoteDialects};
use clack_host::events::UnknownEvent;
use clack_host::events::event_types::{
    MidiEvent, MidiSysExEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent,
    ParamValueEvent,
};
use clack_host::events::io::{EventBuffer, OutputEventBuffer, TryPushError};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{Match, Pckn};
use clack_host::utils::ClapId;
use wavemill_core::midi::event_messages;
use wavemill_core::process::EventKind;
use wavemill_core::session::ExpressionKind;
use wavemill_plugins::run::{MAX_EVENTS, Record, RecordKind};

use crate::run::exclusive::Exclusives;
use crate::run::note_number;
use crate::run::said::Said;

/// Events that a block has room for before memory is asked for: those of a whole batch, though one that
/// is several MIDI messages takes more.
pub const MAX_EVENTS_A_BLOCK: usize = MAX_EVENTS as usize;

/// In which forms a note port takes notes.
#[derive(Clone, Copy, Debug)]
pub struct Dialects {
    /// CLAP's own, with numbers and expression of each note.
    pub notes: bool,
    /// MIDI messages.
    pub midi: bool,
    /// MIDI messages of single notes, each on a channel of its own, where it does not rather have
    /// plain ones.
    pub mpe: bool,
}

impl Dialects {
    /// Those of a port that says that it supports these, and which of them it prefers.
    pub fn of(supported: NoteDialects, preferred: Option<NoteDialect>) -> Self {
        let [notes, plain, mpe] = [NoteDialect::Clap, NoteDialect::Midi, NoteDialect::MidiMpe]
            .map(|dialect| supported.supports(dialect));
        let prefers_mpe = preferred == Some(NoteDialect::MidiMpe);
        Self { notes, midi: plain || mpe, mpe: mpe && (!plain || prefers_mpe) }
    }
}

/// Writes events in a plug-in's own form.
pub struct EventWriter {
    /// The ids of its parameters, in its order.
    parameters: Vec<ClapId>,
    /// How it takes notes, where it does.
    dialects: Option<Dialects>,
    /// The messages of the block.
    exclusives: Exclusives,
}

impl EventWriter {
    /// For a plug-in with these parameters, in its order, which takes notes so.
    pub fn new(parameters: Vec<ClapId>, dialects: Option<Dialects>) -> Self {
        Self { parameters, dialects, exclusives: Exclusives::new() }
    }

    /// Puts `records`, in order, into `buffer`, in place of what was there.
    pub fn write(&mut self, records: &[Record], buffer: &mut EventBuffer) {
        buffer.clear();
        self.exclusives.clear();
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

    fn event(&mut self, frame: u32, kind: &EventKind, buffer: &mut EventBuffer) {
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
            EventKind::Exclusive(part) if dialects.midi => {
                if let Some(message) = self.exclusives.take(&part) {
                    // SAFETY: the messages of a block stay until the next one is written.
                    buffer.push(&unsafe { MidiSysExEvent::new(frame, 0, message) });
                }
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

/// Takes what a plug-in puts out: notes and messages. What it says of its parameters is read when it
/// is asked for.
impl OutputEventBuffer for Said<'_> {
    fn try_push(&mut self, event: &UnknownEvent) -> Result<(), TryPushError> {
        let frame = event.header().time();
        let fits = match event.as_core_event() {
            Some(CoreEventSpace::NoteOn(on)) => note(on.pckn()).map(|(note, channel, key)| {
                let velocity = on.velocity();
                self.event(frame, EventKind::NoteOn { note, channel, key, velocity })
            }),
            Some(CoreEventSpace::NoteOff(off)) => note(off.pckn()).map(|(note, channel, key)| {
                let velocity = off.velocity();
                self.event(frame, EventKind::NoteOff { note, channel, key, velocity })
            }),
            Some(CoreEventSpace::Midi(midi)) => Some(self.message(frame, &midi.data())),
            Some(CoreEventSpace::MidiSysEx(message)) => {
                // SAFETY: it is read before the plug-in goes on.
                Some(self.message(frame, unsafe { message.data() }))
            }
            _ => None,
        };
        if fits.unwrap_or(true) { Ok(()) } else { Err(TryPushError::new()) }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_notes_are_mpe_where_that_is_what_a_port_wants() {
        let both = NoteDialects::MIDI | NoteDialects::MIDI_MPE;
        for (supported, preferred, mpe) in [
            (NoteDialects::MIDI_MPE, None, true),
            (both, None, false),
            (both, Some(NoteDialect::Midi), false),
            (both, Some(NoteDialect::MidiMpe), true),
            (NoteDialects::MIDI, Some(NoteDialect::MidiMpe), false),
        ] {
            let dialects = Dialects::of(supported, preferred);
            assert!(dialects.midi && !dialects.notes, "{supported:?}");
            assert_eq!(dialects.mpe, mpe, "{supported:?} {preferred:?}");
        }
    }
}
