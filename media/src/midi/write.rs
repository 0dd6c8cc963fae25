//! A session becomes a MIDI file of format 1.

use wavemill_core::midi::{
    ChannelMessage, FlatTrack, MidiMessage, MpeZone, TimedMessage, content_messages,
    expression_to_mpe, flatten,
};
use wavemill_core::session::{ExpressionKind, MidiContent, Session, TimeValue, Track, TrackKind};
use wavemill_core::time::{TICKS_PER_QUARTER, TempoMap, Ticks};

use super::chunks::{EventBytes, put_chunk};
use super::{WriteMidiError, tempo, text};

const TRACK_NAME: u8 = 0x03;
const TEMPO: u8 = 0x51;
const TIME_SIGNATURE: u8 = 0x58;

/// Member channels of the zone that a track with expression is written to: all there are.
const MPE_MEMBERS: u8 = 15;
/// The widest bend that MPE knows, in semitones.
const MPE_WIDEST_BEND: u8 = 96;
/// The bend that members have unless told another, in semitones.
const MPE_USUAL_BEND: f64 = 48.0;

/// A session as a MIDI file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenMidi {
    /// The file.
    pub bytes: Vec<u8>,
    /// Tracks with notes or controllers; the first one, of tempo and markers, is not counted.
    pub tracks: usize,
    /// Notes in them.
    pub notes: usize,
    /// What is not in the file, in sentences.
    pub warnings: Vec<String>,
}

/// Writes what the clips of the instrument tracks of `session` play: what is muted in them is left
/// out, loops are written as often as they sound. Mute and solo of tracks are mixing, and change
/// nothing.
///
/// The division is that of sessions, 15,360 ticks a quarter note, which fits the 15 bits that a file
/// has for it: every tick stays. Sound that is no MIDI (audio tracks, effects, automation) is not in
/// the file.
pub fn write_midi(session: &Session) -> Result<WrittenMidi, WriteMidiError> {
    let map = session.tempo_map()?;
    let mut out = Out::default();
    let conductor = conductor(session, &map)?;
    out.track(&conductor, "the list of tempo and markers")?;
    for track in session.tracks.iter().filter(|track| track.kind == TrackKind::Instrument) {
        out.instrument(track, &map)?;
    }
    out.warn(session);
    out.finish()
}

/// The events of the first track: the name, signatures, tempo and markers.
fn conductor(session: &Session, map: &TempoMap) -> Result<Vec<u8>, WriteMidiError> {
    let signatures = session.signature_map()?;
    let mut metas: Vec<(Ticks, u8, Vec<u8>)> = Vec::new();
    if !session.name.is_empty() {
        metas.push((Ticks::ZERO, TRACK_NAME, session.name.as_bytes().to_vec()));
    }
    for point in &session.signatures {
        let at = signatures.bar_start(point.bar.into());
        let numerator = u8::try_from(point.numerator).unwrap_or(u8::MAX);
        let power = u8::try_from(point.denominator.trailing_zeros()).unwrap_or(u8::MAX);
        // A click a beat, counted in 24ths of a quarter note, of eight 32nds each.
        let click = u8::try_from(96 / point.denominator.max(1)).unwrap_or(u8::MAX).max(1);
        metas.push((at, TIME_SIGNATURE, vec![numerator, power, click, 8]));
    }
    for (at, microseconds) in tempo::changes(session, map)? {
        let [_, bytes @ ..] = microseconds.to_be_bytes();
        metas.push((at, TEMPO, bytes.to_vec()));
    }
    for marker in &session.markers {
        let at = match marker.at {
            TimeValue::Ticks(ticks) => ticks,
            TimeValue::Samples(samples) => map.ticks_at(samples),
        };
        let (kind, bytes) = text::meta_of(&marker.name);
        metas.push((at, kind, bytes));
    }
    metas.sort_by_key(|(at, ..)| *at);
    let mut events = EventBytes::default();
    for (at, kind, bytes) in metas {
        events.meta(at, kind, &bytes);
    }
    Ok(events.finish(Ticks::ZERO))
}

/// The chunks of tracks as they come together.
#[derive(Default)]
struct Out {
    chunks: Vec<u8>,
    /// Chunks so far.
    count: usize,
    notes: usize,
    warnings: Vec<String>,
}

impl Out {
    fn track(&mut self, data: &[u8], name: &str) -> Result<(), WriteMidiError> {
        if !put_chunk(&mut self.chunks, b"MTrk", data) {
            return Err(WriteMidiError::TooLarge { what: format!("{name} is too large") });
        }
        self.count += 1;
        Ok(())
    }

    fn instrument(&mut self, track: &Track, map: &TempoMap) -> Result<(), WriteMidiError> {
        let FlatTrack { content, end } = flatten(track, map)?;
        let silent = content.notes.is_empty() && content.system_exclusive.is_empty();
        if silent && content.controllers.is_empty() {
            return Ok(());
        }
        self.notes += content.notes.len();
        let content = self.expressed(track, content);
        let mut events = EventBytes::default();
        events.meta(Ticks::ZERO, TRACK_NAME, track.name.as_bytes());
        for TimedMessage { at, message } in content_messages(&content) {
            match message {
                MidiMessage::Channel { channel, message } => {
                    events.message(at, |out| ChannelMessage::write(message, channel, out));
                }
                MidiMessage::SystemExclusive(bytes) => events.system_exclusive(at, &bytes),
                // A clip holds no others.
                _ => {}
            }
        }
        self.track(&events.finish(end), &format!("track '{}'", track.id))
    }

    /// The content with its expression as MPE, where it has any and its notes are on the channel of
    /// a zone.
    fn expressed(&mut self, track: &Track, content: MidiContent) -> MidiContent {
        let points = || content.notes.iter().flat_map(|note| &note.expression);
        let is_mpe = |kind| matches!(kind, ExpressionKind::Tuning | ExpressionKind::Timbre);
        let mut unsaid = points().filter(|point| point.kind != ExpressionKind::Pressure).count();
        let wants = points().any(|point| is_mpe(point.kind));
        let channels = |channel: u8| content.notes.iter().all(|note| note.channel == channel);
        let zone = match (channels(0), channels(15)) {
            (true, _) => Some(MpeZone::lower(MPE_MEMBERS)),
            (_, true) => Some(MpeZone::upper(MPE_MEMBERS)),
            _ => None,
        };
        let id = &track.id;
        let written = zone.filter(|_| wants).map(|zone| {
            let tunings = points().filter(|point| point.kind == ExpressionKind::Tuning);
            let is_wide = tunings.into_iter().any(|point| point.value.abs() > MPE_USUAL_BEND);
            let zone = if is_wide { zone.with_bend_range(MPE_WIDEST_BEND) } else { zone };
            let mpe = expression_to_mpe(&content, zone);
            unsaid = mpe.content.notes.iter().map(|note| note.expression.len()).sum();
            if mpe.shared > 0 {
                self.warnings.push(format!(
                    "track '{id}': {} notes share a channel of MPE with others, since more than 15 \
                     sound at once; expression of one changes the others",
                    mpe.shared
                ));
            }
            if mpe.clipped > 0 {
                self.warnings.push(format!(
                    "track '{id}': {} tunings are beyond the bend of MPE, and are at its end",
                    mpe.clipped
                ));
            }
            mpe.content
        });
        if unsaid > 0 {
            self.warnings.push(format!(
                "track '{id}': {unsaid} changes of expression are not in the file, since no message \
                 says them (volume, pan), or not on the channels of the notes (tuning, timbre: put \
                 them all on channel 0)"
            ));
        }
        written.unwrap_or(content)
    }

    /// Tells what of the session is not in the file.
    fn warn(&mut self, session: &Session) {
        let audio = session.tracks.iter().filter(|track| track.kind == TrackKind::Audio).count();
        let mut warn = |count: usize, what: &str| {
            if count > 0 {
                self.warnings.push(format!("{count} {what}"));
            }
        };
        warn(audio, "audio tracks are not in the file");
        warn(session.sections.len(), "sections are not in the file");
    }

    fn finish(self) -> Result<WrittenMidi, WriteMidiError> {
        if self.count < 2 {
            return Err(WriteMidiError::Empty);
        }
        let count = u16::try_from(self.count).map_err(|_| WriteMidiError::TooLarge {
            what: format!("{} tracks are too many", self.count),
        })?;
        // 15,360 fits 15 bits.
        let division = u16::try_from(TICKS_PER_QUARTER).unwrap_or(u16::MAX >> 1);
        let mut header = Vec::with_capacity(6);
        for number in [1, count, division] {
            header.extend(number.to_be_bytes());
        }
        let mut bytes = Vec::with_capacity(self.chunks.len() + 14);
        put_chunk(&mut bytes, b"MThd", &header);
        bytes.extend(self.chunks);
        let (tracks, notes, warnings) = (self.count - 1, self.notes, self.warnings);
        Ok(WrittenMidi { bytes, tracks, notes, warnings })
    }
}
