//! Events to and from the form VST3 has for them: notes and their expression are events, all else
//! are points of parameters.

use vst3::Steinberg::Vst::Event_::EventTypes_::{
    kDataEvent, kNoteExpressionValueEvent, kNoteOffEvent, kNoteOnEvent, kPolyPressureEvent,
};
use vst3::Steinberg::Vst::{
    DataEvent,
    DataEvent_::DataTypes_::kMidiSysEx,
    Event, Event__type0, NoteExpressionTypeID,
    NoteExpressionTypeIDs_::{kBrightnessTypeID, kPanTypeID, kTuningTypeID, kVolumeTypeID},
    NoteExpressionValueEvent, NoteOffEvent, NoteOnEvent, PolyPressureEvent,
};
use wavemill_core::process::EventKind;
use wavemill_core::session::ExpressionKind;
use wavemill_plugins::run::{Record, RecordKind};

use super::event_list::EventList;
use super::midi_mapping::MidiMapping;
use super::parameters::{Changes, ParameterWriter};
use crate::run::exclusive::Exclusives;
use crate::run::note_number;
use crate::run::said::{Said, level};

/// Writes events in a plug-in's own form.
pub struct EventWriter {
    /// Its parameters.
    pub parameters: ParameterWriter,
    /// Which of them it wants controllers as.
    pub mapping: MidiMapping,
    /// Whether it takes notes.
    pub takes_notes: bool,
    /// The messages of the block.
    pub exclusives: Exclusives,
}

impl EventWriter {
    /// Puts `records`, in order, into `changes` and `events`, in place of what was there.
    pub fn write(&mut self, records: &[Record], changes: &Changes, events: &EventList) {
        self.parameters.start(changes);
        let mut events = events.events();
        events.clear();
        self.exclusives.clear();
        for record in records {
            // Blocks are shorter than that by far.
            let frame = i32::try_from(record.frame).unwrap_or(i32::MAX);
            match record.kind {
                RecordKind::Parameter { index, value } => {
                    self.parameters.put(index as usize, frame, value, changes);
                }
                RecordKind::Event(kind @ EventKind::Controller { .. }) => {
                    self.mapping.points(&kind, |parameter, value| {
                        self.parameters.put(parameter, frame, value, changes);
                    });
                }
                RecordKind::Event(_) if !self.takes_notes => {}
                // A batch has no more records than there is room for.
                RecordKind::Event(EventKind::Exclusive(part)) => {
                    let message = self.exclusives.take(&part);
                    events.extend(message.map(|message| message_event(message, frame)));
                }
                RecordKind::Event(kind) => events.extend(note_event(&kind, frame)),
            }
        }
    }
}

/// The event of a note; `None` for what is none of a note.
#[allow(clippy::cast_possible_truncation)] // Values of the format have 32 bits.
fn note_event(kind: &EventKind, frame: i32) -> Option<Event> {
    let of_channel = |channel: u8, key: u8| (i16::from(channel), i16::from(key));
    let (what, data) = match *kind {
        EventKind::NoteOn { note, channel, key, velocity } => {
            let ((channel, pitch), note_id) = (of_channel(channel, key), note_number::signed(note));
            let velocity = velocity as f32;
            let (tuning, length) = (0.0, 0);
            let note_on = NoteOnEvent { channel, pitch, tuning, velocity, length, noteId: note_id };
            (kNoteOnEvent, Event__type0 { noteOn: note_on })
        }
        EventKind::NoteOff { note, channel, key, velocity } => {
            let ((channel, pitch), note_id) = (of_channel(channel, key), note_number::signed(note));
            let velocity = velocity as f32;
            let note_off = NoteOffEvent { channel, pitch, velocity, noteId: note_id, tuning: 0.0 };
            (kNoteOffEvent, Event__type0 { noteOff: note_off })
        }
        EventKind::Expression { note, channel, key, kind, value } => {
            let ((channel, pitch), note_id) = (of_channel(channel, key), note_number::signed(note));
            match expression(kind, value) {
                Some((type_id, value)) => {
                    let changed =
                        NoteExpressionValueEvent { typeId: type_id, noteId: note_id, value };
                    let data = Event__type0 { noteExpressionValue: changed };
                    (kNoteExpressionValueEvent, data)
                }
                None => {
                    let pressure = value as f32;
                    let pressed = PolyPressureEvent { channel, pitch, pressure, noteId: note_id };
                    (kPolyPressureEvent, Event__type0 { polyPressure: pressed })
                }
            }
        }
        EventKind::Controller { .. } | EventKind::Exclusive(_) => return None,
    };
    Some(event(what, frame, data))
}

/// The event of a system exclusive message, which has to stay until the block is over.
fn message_event(message: &[u8], frame: i32) -> Event {
    let size = u32::try_from(message.len()).unwrap_or(0);
    let data = DataEvent { size, r#type: kMidiSysEx, bytes: message.as_ptr() };
    event(kDataEvent, frame, Event__type0 { data })
}

#[allow(clippy::cast_possible_truncation)] // Types are small numbers.
fn event(what: u32, frame: i32, data: Event__type0) -> Event {
    Event {
        busIndex: 0,
        sampleOffset: frame,
        ppqPosition: 0.0,
        flags: 0,
        r#type: what as u16,
        __field0: data,
    }
}

/// The expression that is the same in VST3, with its value from 0 to 1; none is pressure.
fn expression(kind: ExpressionKind, value: f64) -> Option<(NoteExpressionTypeID, f64)> {
    let (kind, value) = match kind {
        ExpressionKind::Tuning => (kTuningTypeID, 0.5 + value / 240.0),
        ExpressionKind::Volume => (kVolumeTypeID, value / 4.0),
        ExpressionKind::Pan => (kPanTypeID, (value + 1.0) / 2.0),
        ExpressionKind::Timbre => (kBrightnessTypeID, value),
        ExpressionKind::Pressure => return None,
    };
    Some((kind, value.clamp(0.0, 1.0)))
}

/// Hands `said` the notes and messages that a plug-in put out.
///
/// # Safety
///
/// It did so in the block that just ended: the format keeps messages until then.
pub unsafe fn read_events(list: &EventList, said: &mut Said<'_>) {
    if list.take_lost() {
        said.lose();
    }
    for event in list.events().iter() {
        let frame = u32::try_from(event.sampleOffset).unwrap_or(u32::MAX);
        if let Some(kind) = note_of(event) {
            said.event(frame, kind);
        }
        // SAFETY: told by the caller.
        if let Some(message) = unsafe { message_of(event) } {
            said.message(frame, message);
        }
    }
}

/// The system exclusive message that `event` is, from F0 to F7; `None` where it is none.
///
/// # Safety
///
/// What it leads to is still there.
unsafe fn message_of(event: &Event) -> Option<&[u8]> {
    if u32::from(event.r#type) != kDataEvent {
        return None;
    }
    // SAFETY: events of this type hold this, and lead to so many bytes, told by the caller.
    unsafe {
        let data = event.__field0.data;
        let is_message = data.r#type == kMidiSysEx && !data.bytes.is_null();
        is_message.then(|| std::slice::from_raw_parts(data.bytes, data.size as usize))
    }
}

/// The note that `event` starts or ends; `None` where it does neither, or names no key.
fn note_of(event: &Event) -> Option<EventKind> {
    let place =
        |channel: i16, pitch: i16| Some((u8::try_from(channel).ok()?, u8::try_from(pitch).ok()?));
    let number = |id: i32, channel, key| {
        u64::try_from(id).unwrap_or_else(|_| note_number::of_key(channel, key))
    };
    match u32::from(event.r#type) {
        kind if kind == kNoteOnEvent => {
            // SAFETY: events of this type hold this, and any bits are numbers.
            let on = unsafe { event.__field0.noteOn };
            let (channel, key) = place(on.channel, on.pitch)?;
            let (note, velocity) = (number(on.noteId, channel, key), level(f64::from(on.velocity)));
            // As in MIDI, without velocity nothing is struck.
            Some(if velocity > 0.0 {
                EventKind::NoteOn { note, channel, key, velocity }
            } else {
                EventKind::NoteOff { note, channel, key, velocity }
            })
        }
        kind if kind == kNoteOffEvent => {
            // SAFETY: as above.
            let off = unsafe { event.__field0.noteOff };
            let (channel, key) = place(off.channel, off.pitch)?;
            let (note, velocity) = (number(off.noteId, channel, key), f64::from(off.velocity));
            Some(EventKind::NoteOff { note, channel, key, velocity })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vst3::Steinberg::Vst::IEventListTrait;
    use vst3::Steinberg::{kOutOfMemory, kResultOk};
    use wavemill_core::session::ControllerTarget;
    use wavemill_plugins::run::MAX_EVENTS;

    fn writer(takes_notes: bool) -> EventWriter {
        let parameters = ParameterWriter::new(vec![70, 71]);
        let mapping = MidiMapping::of_first_channel(&[(1, 1)]);
        EventWriter { parameters, mapping, takes_notes, exclusives: Exclusives::new() }
    }

    fn event(frame: u32, kind: EventKind) -> Record {
        Record { frame, kind: RecordKind::Event(kind) }
    }

    fn read(list: &EventList) -> Vec<Record> {
        let mut records = Vec::with_capacity(8);
        let mut said = Said::new(&mut records, 8);
        // SAFETY: what is in the list is still there.
        unsafe { read_events(list, &mut said) };
        said.finish().unwrap();
        records
    }

    #[test]
    fn parameters_and_mapped_controllers_are_points() {
        let (changes, events) = (Changes::new(), EventList::new());
        let mut writer = writer(true);
        let set =
            |frame, index, value| Record { frame, kind: RecordKind::Parameter { index, value } };
        let moved = |frame, number, value| {
            let target = ControllerTarget::Controller(number);
            event(frame, EventKind::Controller { channel: 0, target, value })
        };
        let records =
            [set(0, 1, 0.25), set(2, 0, 0.5), set(2, 9, 1.0), moved(3, 1, 127.0), moved(3, 7, 1.0)];
        for _ in 0..2 {
            writer.write(&records, &changes, &events);
            assert_eq!(changes.list(), [(71, 0, 0.25), (71, 3, 1.0), (70, 2, 0.5)]);
            assert_eq!(events.events().len(), 0);
        }
        writer.write(&[], &changes, &events);
        assert_eq!(changes.list(), []);
    }

    #[test]
    fn notes_come_back_and_their_numbers_have_31_bits() {
        let (changes, events) = (Changes::new(), EventList::new());
        let (note, channel, key) = (1 << 40 | 5, 3, 61);
        let records = [
            event(1, EventKind::NoteOn { note, channel, key, velocity: 0.5 }),
            event(7, EventKind::NoteOff { note, channel, key, velocity: 0.25 }),
            event(9, EventKind::NoteOff { note, channel, key, velocity: 0.25 }),
        ];
        writer(true).write(&records, &changes, &events);
        let back = read(&events);
        let expected = [
            event(1, EventKind::NoteOn { note: 5, channel, key, velocity: 0.5 }),
            event(7, EventKind::NoteOff { note: 5, channel, key, velocity: 0.25 }),
        ];
        assert_eq!(back, expected);
        writer(false).write(&records, &changes, &events);
        assert_eq!(events.events().len(), 0);
    }

    #[test]
    fn notes_without_numbers_get_that_of_their_key_and_nonsense_is_dropped() {
        let list = EventList::new();
        let on = |channel, pitch, frame| {
            let kind = EventKind::NoteOn { note: 0, channel: 0, key: 0, velocity: 1.0 };
            let mut event = note_event(&kind, frame).unwrap();
            let velocity = f32::NAN;
            let note_on =
                NoteOnEvent { channel, pitch, tuning: 0.0, velocity, length: 0, noteId: -1 };
            event.__field0 = Event__type0 { noteOn: note_on };
            event
        };
        let events = [on(2, 60, 5), on(16, 60, 0), on(0, 128, 0), on(-1, 60, 0), on(0, 1, -1)];
        list.events().extend(events.into_iter().chain([on(2, 60, 1)]));
        let records = read(&list);
        let note = note_number::of_key(2, 60);
        let expected = EventKind::NoteOff { note, channel: 2, key: 60, velocity: 0.0 };
        assert_eq!(records, [event(1, expected), event(5, expected)]);
    }

    #[test]
    fn what_a_list_has_no_room_for_is_told_even_where_nothing_of_it_is_heard() {
        let list = EventList::new();
        // SAFETY: all zeros are an event.
        let mut nothing: Event = unsafe { std::mem::zeroed() };
        nothing.r#type = u16::MAX;
        let add = |event: &mut Event| {
            // SAFETY: the event is alive.
            unsafe { list.addEvent(event) }
        };
        for _ in 0..MAX_EVENTS {
            assert_eq!(add(&mut nothing), kResultOk);
        }
        assert_eq!(read(&list), []);
        assert_eq!(add(&mut nothing), kOutOfMemory);
        let mut records = Vec::with_capacity(8);
        let mut said = Said::new(&mut records, 8);
        // SAFETY: nothing in the list leads anywhere.
        unsafe { read_events(&list, &mut said) };
        assert!(said.finish().is_err());
        assert!(!list.take_lost(), "it is told once");
    }

    #[test]
    fn expression_is_normalised_as_the_format_wants_it() {
        let value = |kind, value| {
            let event = EventKind::Expression { note: 1, channel: 0, key: 60, kind, value };
            let event = note_event(&event, 0).unwrap();
            if u32::from(event.r#type) == kPolyPressureEvent {
                // SAFETY: events of this type hold this.
                return (None, f64::from(unsafe { event.__field0.polyPressure.pressure }));
            }
            assert_eq!(u32::from(event.r#type), kNoteExpressionValueEvent);
            // SAFETY: as above.
            let changed = unsafe { event.__field0.noteExpressionValue };
            (Some(changed.typeId), changed.value)
        };
        assert_eq!(value(ExpressionKind::Tuning, 0.0), (Some(kTuningTypeID), 0.5));
        assert_eq!(value(ExpressionKind::Tuning, 60.0), (Some(kTuningTypeID), 0.75));
        assert_eq!(value(ExpressionKind::Volume, 1.0), (Some(kVolumeTypeID), 0.25));
        assert_eq!(value(ExpressionKind::Pan, 0.0), (Some(kPanTypeID), 0.5));
        assert_eq!(value(ExpressionKind::Pan, 1.0), (Some(kPanTypeID), 1.0));
        assert_eq!(value(ExpressionKind::Timbre, 0.75), (Some(kBrightnessTypeID), 0.75));
        assert_eq!(value(ExpressionKind::Pressure, 0.5), (None, 0.5));
    }
}
