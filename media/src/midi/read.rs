//! A MIDI file becomes a song: header, tracks, and what they say about the whole.

use std::collections::BTreeSet;
use std::path::Path;

use wavemill_core::midi::{Unmatched, mpe_to_expression, mpe_zones};
use wavemill_core::session::MidiContent;
use wavemill_core::time::Ticks;

use super::chunks::{Chunk, next_chunk};
use super::clock::Clock;
use super::song::{MidiSong, MidiTrack};
use super::text::MAX_MIDI_MARKERS;
use super::track_reader::{Lost, ReadTrack, Timeline, TrackReader};
use super::{ReadMidiError, signatures, tempo};

/// Longest MIDI file that is read, in bytes: 64 MiB.
pub const MAX_MIDI_FILE_BYTES: usize = 64 << 20;
/// Most events that are read.
pub const MAX_MIDI_EVENTS: u64 = 10_000_000;
/// Most tracks that are made of a file.
pub const MAX_MIDI_TRACKS: usize = 1_024;

/// True where `path` is named like a MIDI file, or begins like one.
pub fn is_midi(path: &Path) -> bool {
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    if matches!(extension.as_deref(), Some("mid" | "midi" | "kar" | "smf" | "rmi")) {
        return true;
    }
    let mut head = [0; 12];
    let read = std::fs::File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    read.is_ok() && (head.starts_with(b"MThd") || is_riff(&head))
}

fn is_riff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"RMID")
}

/// Reads a standard MIDI file of format 0, 1 or 2, also one inside of RIFF (RMID).
///
/// Formats 0 and 1 play their tracks together, format 2 one after the other. Time in parts of
/// seconds (SMPTE) becomes that of 120 bpm. A tempo of 0 is left out, others are brought into the
/// session's range. A zone of MPE becomes one track whose notes have expression.
pub fn read_midi(bytes: &[u8]) -> Result<MidiSong, ReadMidiError> {
    if bytes.len() > MAX_MIDI_FILE_BYTES {
        return Err(ReadMidiError::TooLarge);
    }
    let mut rest = unwrapped(bytes)?;
    let header = Header::read(&mut rest)?;
    let mut reader = Reader::new(&header);
    while let Some(chunk) = next_chunk(&mut rest) {
        if chunk.id == *b"MTrk" {
            reader.track(&chunk)?;
        }
    }
    reader.timeline.lost.bytes_behind += rest.len();
    reader.finish(header.tracks)
}

/// The MIDI file in `bytes`, which may be inside of RIFF.
fn unwrapped(bytes: &[u8]) -> Result<&[u8], ReadMidiError> {
    if bytes.starts_with(b"MThd") {
        return Ok(bytes);
    }
    let head = bytes.windows(4).position(|four| four == b"MThd").filter(|_| is_riff(bytes));
    let head = head.ok_or(ReadMidiError::NotMidi)?;
    let (before, file) = bytes.split_at(head);
    let length = before.last_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length));
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(file.len());
    Ok(&file[..length])
}

/// What a header says.
struct Header {
    format: u16,
    tracks: u16,
    clock: Clock,
}

impl Header {
    fn read(rest: &mut &[u8]) -> Result<Self, ReadMidiError> {
        let broken = |what: &str| ReadMidiError::Header { what: what.to_owned() };
        let chunk = next_chunk(rest).ok_or_else(|| broken("it is cut short"))?;
        let [f0, f1, t0, t1, division @ ..] = *chunk
            .data
            .first_chunk::<6>()
            .filter(|_| chunk.id == *b"MThd")
            .ok_or_else(|| broken("it is cut short"))?;
        let format = u16::from_be_bytes([f0, f1]);
        if format > 2 {
            return Err(broken(&format!("its format {format} is none of 0, 1 and 2")));
        }
        let clock = Clock::of(division).map_err(|what| ReadMidiError::Header { what })?;
        Ok(Self { format, tracks: u16::from_be_bytes([t0, t1]), clock })
    }
}

/// A file being read.
struct Reader {
    format: u16,
    clock: Clock,
    timeline: Timeline,
    name: Option<String>,
    tracks: Vec<MidiTrack>,
    /// Chunks of tracks so far.
    chunks: usize,
    /// Where the next track starts, in the file's ticks.
    start: u64,
}

impl Reader {
    fn new(header: &Header) -> Self {
        Self {
            format: header.format,
            clock: header.clock,
            timeline: Timeline::default(),
            name: None,
            tracks: Vec::new(),
            chunks: 0,
            start: 0,
        }
    }

    fn track(&mut self, chunk: &Chunk<'_>) -> Result<(), ReadMidiError> {
        self.chunks += 1;
        let number = self.chunks;
        if chunk.missing > 0 {
            return Err(ReadMidiError::Truncated { track: number, missing: chunk.missing });
        }
        let reader = TrackReader::new(number, self.start, self.clock, &mut self.timeline);
        let track = reader.read(chunk.data)?;
        if self.format == 2 {
            self.start = track.end;
        }
        if number == 1 {
            self.name.clone_from(&track.name);
        }
        self.add(number, track)
    }

    /// Adds a track for each channel of `track`.
    fn add(&mut self, number: usize, track: ReadTrack) -> Result<(), ReadMidiError> {
        let name = track.name.unwrap_or_else(|| format!("Track {number}"));
        let mut content = track.content;
        for zone in mpe_zones(&content) {
            content = mpe_to_expression(&content, zone)
                .map_err(|error| ReadMidiError::Expression { track: number, error })?;
        }
        let parts = by_channel(content);
        let several = parts.len() > 1;
        for (channel, content) in parts {
            if self.tracks.len() >= MAX_MIDI_TRACKS {
                return Err(ReadMidiError::TooManyTracks);
            }
            let shown = channel.filter(|_| several).map(|channel| channel + 1);
            let name = match shown {
                Some(channel) => format!("{name} (channel {channel})"),
                None => name.clone(),
            };
            let length = track.end_ticks.max(end_of(&content));
            self.tracks.push(MidiTrack { name, content, length });
        }
        Ok(())
    }

    fn finish(self, promised: u16) -> Result<MidiSong, ReadMidiError> {
        let Timeline { tempo: tempos, signatures, mut markers, lost, .. } = self.timeline;
        if self.chunks == 0 {
            return Err(ReadMidiError::NoTracks);
        }
        let mut warnings = Vec::new();
        if self.chunks != usize::from(promised) {
            let there = self.chunks;
            warnings.push(format!("the header promises {promised} tracks, and {there} are there"));
        }
        let tempo = if self.clock.is_fixed && !tempos.is_empty() {
            warnings.push(
                "tempo changes were left out: the file counts time in parts of seconds".to_owned(),
            );
            Vec::new()
        } else {
            tempo::points(tempos, &mut warnings)
        };
        let signatures = signatures::points(signatures, &mut warnings);
        markers.sort_by_key(|(at, _)| *at);
        if markers.len() > MAX_MIDI_MARKERS {
            let more = markers.len() - MAX_MIDI_MARKERS;
            markers.truncate(MAX_MIDI_MARKERS);
            warnings.push(format!(
                "{more} markers, texts and lyrics after the first {MAX_MIDI_MARKERS} were left out"
            ));
        }
        lost.warn(&mut warnings);
        let (name, tracks) = (self.name, self.tracks);
        Ok(MidiSong { name, tempo, signatures, markers, tracks, warnings })
    }
}

impl Lost {
    fn warn(&self, warnings: &mut Vec<String>) {
        let Unmatched { note_offs, key_pressures, endless_notes } = self.unmatched;
        let behind = u64::try_from(self.bytes_behind).unwrap_or(u64::MAX);
        let endless_tracks = u64::try_from(self.endless_tracks).unwrap_or(u64::MAX);
        for (count, what) in [
            (endless_notes, "notes have no end, and end with their track"),
            (note_offs, "ends of notes that do not sound were left out"),
            (key_pressures, "changes of pressure on keys that are not down were left out"),
            (self.exclusives, "system exclusive messages that are not whole were left out"),
            (self.system, "system messages were left out: a session holds system exclusive ones"),
            (
                self.metas,
                "meta events that a session does not hold (ports, SMPTE offsets, of sequencers) \
                 were left out",
            ),
            (endless_tracks, "tracks do not say where they end, and end with their last event"),
            (behind, "bytes behind the ends of tracks were left out"),
        ] {
            if count > 0 {
                warnings.push(format!("{count} {what}"));
            }
        }
    }
}

/// The content of each channel that has any; of none at all where there are system exclusive
/// messages alone, which belong to the first one otherwise.
fn by_channel(content: MidiContent) -> Vec<(Option<u8>, MidiContent)> {
    let notes = content.notes.iter().map(|note| note.channel);
    let lanes = content.controllers.iter().map(|lane| lane.channel);
    let channels: BTreeSet<u8> = notes.chain(lanes).collect();
    let mut parts: Vec<(Option<u8>, MidiContent)> =
        channels.into_iter().map(|channel| (Some(channel), MidiContent::default())).collect();
    if parts.is_empty() && !content.system_exclusive.is_empty() {
        parts.push((None, MidiContent::default()));
    }
    let of = |parts: &[(Option<u8>, MidiContent)], channel| {
        parts.iter().position(|(of, _)| *of == Some(channel)).unwrap_or(0)
    };
    for note in content.notes {
        let index = of(&parts, note.channel);
        parts[index].1.notes.push(note);
    }
    for lane in content.controllers {
        let index = of(&parts, lane.channel);
        parts[index].1.controllers.push(lane);
    }
    if let Some((_, first)) = parts.first_mut() {
        first.system_exclusive = content.system_exclusive;
    }
    parts
}

/// The first tick behind all that `content` holds, at least 1.
fn end_of(content: &MidiContent) -> Ticks {
    let notes = content.notes.iter().map(|note| note.at + note.length);
    let points = content.controllers.iter().flat_map(|lane| &lane.points);
    let points = points.map(|point| point.at + Ticks(1));
    let messages = content.system_exclusive.iter().map(|message| message.at + Ticks(1));
    notes.chain(points).chain(messages).max().unwrap_or(Ticks(1))
}
