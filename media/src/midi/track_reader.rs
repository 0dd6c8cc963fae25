//! One track of a file: its events become a clip's content, tempo, signatures and markers.

use midly::{EventIter, MetaMessage, TrackEventKind};
use wavemill_core::midi::{
    ChannelMessage, ContentLimitError, ContentReader, MessageParser, MidiMessage, Unmatched,
};
use wavemill_core::session::MidiContent;
use wavemill_core::session::limits::MAX_TEXT_BYTES;
use wavemill_core::time::Ticks;

use super::ReadMidiError;
use super::clock::Clock;
use super::read::MAX_MIDI_EVENTS;
use super::signatures::Change;
use super::text;

/// Room for what is added to the name of a track.
pub(super) const SUFFIX_BYTES: usize = 24;

/// What is found in tracks and is of the whole song.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) tempo: Vec<(Ticks, u32)>,
    pub(super) signatures: Vec<Change>,
    pub(super) markers: Vec<(Ticks, String)>,
    /// What found no place.
    pub(super) lost: Lost,
    /// Events read so far.
    pub(super) events: u64,
}

/// What found no place, counted.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) unmatched: Unmatched,
    /// Meta events that a session does not hold.
    pub(super) metas: u64,
    /// System messages that are none of system exclusive ones.
    pub(super) system: u64,
    /// System exclusive messages without an end, or too long.
    pub(super) exclusives: u64,
    /// Bytes behind the ends of tracks.
    pub(super) bytes_behind: usize,
    /// Tracks without an end.
    pub(super) endless_tracks: usize,
}

/// A track of a file as it was read.
#[derive(Debug)]
pub(super) struct ReadTrack {
    pub(super) name: Option<String>,
    pub(super) content: MidiContent,
    /// Where it ends, in the file's ticks and the session's.
    pub(super) end: u64,
    pub(super) end_ticks: Ticks,
}

/// A track being read.
pub(super) struct TrackReader<'t> {
    /// Its number, from 1.
    number: usize,
    clock: Clock,
    timeline: &'t mut Timeline,
    name: Option<String>,
    content: ContentReader,
    /// System exclusive messages may come in pieces.
    pieces: MessageParser,
    at: u64,
    at_ticks: Ticks,
}

impl<'t> TrackReader<'t> {
    /// A reader of track `number`, which starts at `start` of the file's ticks.
    pub(super) fn new(number: usize, start: u64, clock: Clock, timeline: &'t mut Timeline) -> Self {
        Self {
            number,
            clock,
            timeline,
            name: None,
            content: ContentReader::new(),
            pieces: MessageParser::new(),
            at: start,
            at_ticks: Ticks::ZERO,
        }
    }

    /// Reads the data of its chunk.
    pub(super) fn read(mut self, data: &[u8]) -> Result<ReadTrack, ReadMidiError> {
        let mut events = EventIter::new(data);
        let mut running = None;
        let mut ended = false;
        while !ended && !events.unread().is_empty() {
            let byte = data.len() - events.unread().len();
            // A running status goes on behind meta events in many files, though it should not.
            *events.running_status_mut() = running;
            let event = match events.next() {
                Some(Ok(event)) => event,
                _ => {
                    let (track, tick) = (self.number, self.at);
                    return Err(ReadMidiError::Event { track, byte, tick });
                }
            };
            running = events.running_status().or(running);
            self.advance(event.delta.as_int().into())?;
            ended = event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack);
            self.event(event.kind).map_err(|limit| ReadMidiError::Content {
                track: self.number,
                tick: self.at,
                limit,
            })?;
        }
        let lost = &mut self.timeline.lost;
        lost.bytes_behind += events.unread().len();
        lost.endless_tracks += usize::from(!ended);
        Ok(self.finish())
    }

    fn advance(&mut self, delta: u64) -> Result<(), ReadMidiError> {
        let (track, tick) = (self.number, self.at);
        self.timeline.events += 1;
        if self.timeline.events > MAX_MIDI_EVENTS {
            return Err(ReadMidiError::TooManyEvents { track, tick });
        }
        let tick = tick.saturating_add(delta);
        self.at = tick;
        self.at_ticks = self.clock.ticks(tick).ok_or(ReadMidiError::TooLong { track, tick })?;
        Ok(())
    }

    fn finish(mut self) -> ReadTrack {
        self.pieces.abandon();
        let (content, unmatched) = self.content.finish(self.at_ticks);
        let lost = &mut self.timeline.lost;
        lost.exclusives += self.pieces.dropped();
        lost.unmatched.note_offs += unmatched.note_offs;
        lost.unmatched.key_pressures += unmatched.key_pressures;
        lost.unmatched.endless_notes += unmatched.endless_notes;
        ReadTrack { name: self.name, content, end: self.at, end_ticks: self.at_ticks }
    }

    fn event(&mut self, kind: TrackEventKind<'_>) -> Result<(), ContentLimitError> {
        match kind {
            TrackEventKind::Midi { channel, message } => {
                self.pieces.abandon();
                self.content.push(self.at_ticks, channel.as_int(), message_of(message))
            }
            TrackEventKind::SysEx(bytes) => {
                self.pieces.abandon();
                self.raw(0xF0)?;
                bytes.iter().try_for_each(|byte| self.raw(*byte))
            }
            TrackEventKind::Escape(bytes) => bytes.iter().try_for_each(|byte| self.raw(*byte)),
            TrackEventKind::Meta(meta) => {
                self.meta(meta);
                Ok(())
            }
        }
    }

    /// A byte of a message that comes as it does over a cable.
    fn raw(&mut self, byte: u8) -> Result<(), ContentLimitError> {
        match self.pieces.push(byte) {
            None => Ok(()),
            Some(MidiMessage::Channel { channel, message }) => {
                self.content.push(self.at_ticks, channel, message)
            }
            Some(MidiMessage::SystemExclusive(bytes)) => {
                self.content.push_system_exclusive(self.at_ticks, bytes)
            }
            Some(_) => {
                self.timeline.lost.system += 1;
                Ok(())
            }
        }
    }

    fn meta(&mut self, meta: MetaMessage<'_>) {
        let at = self.at_ticks;
        match meta {
            MetaMessage::EndOfTrack => {}
            MetaMessage::TrackName(bytes) if self.name.is_none() => {
                self.name = text::name(bytes, MAX_TEXT_BYTES - SUFFIX_BYTES);
            }
            MetaMessage::Tempo(microseconds) => {
                self.timeline.tempo.push((at, microseconds.as_int()));
            }
            MetaMessage::TimeSignature(numerator, denominator_power, ..) => {
                self.timeline.signatures.push(Change { at, numerator, denominator_power });
            }
            MetaMessage::Text(b"") => {}
            _ => match text::marker(&meta) {
                Some(name) => self.timeline.markers.push((at, name)),
                None => self.timeline.lost.metas += 1,
            },
        }
    }
}

fn message_of(message: midly::MidiMessage) -> ChannelMessage {
    use midly::MidiMessage as Read;
    match message {
        Read::NoteOff { key, vel } => {
            ChannelMessage::NoteOff { key: key.as_int(), velocity: vel.as_int() }
        }
        Read::NoteOn { key, vel } => {
            ChannelMessage::NoteOn { key: key.as_int(), velocity: vel.as_int() }
        }
        Read::Aftertouch { key, vel } => {
            ChannelMessage::KeyPressure { key: key.as_int(), pressure: vel.as_int() }
        }
        Read::Controller { controller, value } => {
            ChannelMessage::Controller { controller: controller.as_int(), value: value.as_int() }
        }
        Read::ProgramChange { program } => ChannelMessage::Program(program.as_int()),
        Read::ChannelAftertouch { vel } => ChannelMessage::Pressure(vel.as_int()),
        Read::PitchBend { bend } => ChannelMessage::Bend(bend.0.as_int()),
    }
}
