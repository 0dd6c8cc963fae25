//! The transport: what rolls, where, and what happens at a loop's end; pure data.

use super::Samples;

/// A span of the timeline: from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRange {
    start: Samples,
    end: Samples,
}

/// A range that ends where it starts, or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the range from sample {start} to {end} is empty: its end must lie after its start",
    start = .start.0,
    end = .end.0
)]
pub struct SampleRangeError {
    /// The start asked for.
    pub start: Samples,
    /// The end asked for.
    pub end: Samples,
}

impl SampleRange {
    /// From `start` up to, not including, `end`, which must lie after it.
    pub fn new(start: Samples, end: Samples) -> Result<Self, SampleRangeError> {
        if end <= start { Err(SampleRangeError { start, end }) } else { Ok(Self { start, end }) }
    }

    /// Its first sample.
    pub const fn start(self) -> Samples {
        self.start
    }

    /// The sample after its last.
    pub const fn end(self) -> Samples {
        self.end
    }

    /// What it shares with `other`.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end)).ok()
    }

    const fn frames(self) -> u64 {
        self.end.0.abs_diff(self.start.0)
    }
}

/// Whether time passes on the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportState {
    /// The position stays.
    #[default]
    Stopped,
    /// The position moves with the stream.
    Rolling,
}

/// Something that happened to the transport, at a frame of the output stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportEvent {
    /// The frame of the stream, counted from the transport's creation, whose timeline position is
    /// the first it holds for.
    pub stream: u64,
    /// What happened.
    pub kind: TransportEventKind,
}

/// What happened to the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportEventKind {
    /// It began to roll from here.
    Start(Samples),
    /// It stopped here.
    Stop(Samples),
    /// It jumped here.
    Locate(Samples),
    /// It came to the loop's end and went on from its start, here.
    LoopWrap(Samples),
}

impl TransportEvent {
    /// Whether processors reset their state and controllers are chased: at a start and a locate.
    /// A loop wrap lets delays and reverbs ring on.
    pub const fn resets(&self) -> bool {
        matches!(self.kind, TransportEventKind::Start(_) | TransportEventKind::Locate(_))
    }
}

/// Frames in a row, both in the stream and on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportSegment {
    /// First frame, counted from the start of the advance that gave it.
    pub offset: u64,
    /// How many; at least 1.
    pub frames: u64,
    /// Position of the first on the timeline; where the transport is stopped, of all.
    pub start: Samples,
    /// Whether the transport rolls.
    pub rolling: bool,
    /// A loop wrap at its first frame.
    pub event: Option<TransportEvent>,
}

/// State, position, loop and punch of a running or stopped timeline.
///
/// It is advanced by the driver that counts the stream, once a block; everything else changes it
/// between two blocks. Nothing here allocates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    state: TransportState,
    position: Samples,
    stream: u64,
    wrapped: bool,
    /// The loop's range, kept while looping is switched off.
    pub loop_range: Option<SampleRange>,
    /// Whether the loop plays.
    pub loop_enabled: bool,
    /// Where recording goes in and out; none records everywhere.
    pub punch_range: Option<SampleRange>,
    /// Whether the punch range counts.
    pub punch_enabled: bool,
}

impl Transport {
    /// A stopped transport at `position`, without loop or punch, at frame 0 of the stream.
    pub fn new(position: Samples) -> Self {
        Self { position, ..Self::default() }
    }

    /// Whether it rolls.
    pub const fn state(&self) -> TransportState {
        self.state
    }

    /// Position of the next frame on the timeline.
    pub const fn position(&self) -> Samples {
        self.position
    }

    /// Frames of the stream that have passed.
    pub const fn stream(&self) -> u64 {
        self.stream
    }

    /// Lets it roll; nothing where it rolls already.
    pub fn start(&mut self) -> Option<TransportEvent> {
        if self.state == TransportState::Rolling {
            return None;
        }
        self.state = TransportState::Rolling;
        self.wrapped = false;
        Some(self.event(TransportEventKind::Start(self.position)))
    }

    /// Stops it where it is; nothing where it is stopped already.
    pub fn stop(&mut self) -> Option<TransportEvent> {
        if self.state == TransportState::Stopped {
            return None;
        }
        self.state = TransportState::Stopped;
        self.wrapped = false;
        Some(self.event(TransportEventKind::Stop(self.position)))
    }

    /// Moves it to `position`, rolling on where it rolls.
    pub fn locate(&mut self, position: Samples) -> TransportEvent {
        self.position = position;
        self.wrapped = false;
        self.event(TransportEventKind::Locate(position))
    }

    /// Lets `frames` of the stream pass, and gives the segments they fall into: one, or more where
    /// a loop's end lies among them.
    ///
    /// The transport is past them at once; the segments need not be read. A loop plays while the
    /// position lies before its end: from beyond it, the timeline is played on.
    pub fn advance(&mut self, frames: u64) -> TransportSegments {
        let rolling = self.state == TransportState::Rolling;
        let looped = self
            .loop_range
            .filter(|range| rolling && self.loop_enabled && self.position < range.end);
        let segments = TransportSegments {
            left: frames,
            offset: 0,
            stream: self.stream,
            position: self.position,
            rolling,
            looped,
            wrapped: self.wrapped,
        };
        self.stream += frames;
        if frames > 0 {
            self.wrapped = false;
        }
        if rolling {
            self.pass(frames, looped);
        }
        segments
    }

    /// The frames of `segment`, counted from its first, that are recorded: those inside the punch
    /// range, all where there is none, none where the transport is stopped.
    pub fn punched(&self, segment: &TransportSegment) -> Option<std::ops::Range<u64>> {
        if !segment.rolling {
            return None;
        }
        let Some(punch) = self.punch_range.filter(|_| self.punch_enabled) else {
            return Some(0..segment.frames);
        };
        let played =
            SampleRange { start: segment.start, end: later(segment.start, segment.frames) };
        let shared = played.intersection(punch)?;
        Some(shared.start.0.abs_diff(played.start.0)..shared.end.0.abs_diff(played.start.0))
    }

    fn pass(&mut self, frames: u64, looped: Option<SampleRange>) {
        let until_end = looped.map(|range| (range, self.position.0.abs_diff(range.end.0)));
        match until_end {
            // The wrap belongs to the frame after the loop's last, also where that is the next
            // block's first.
            Some((range, until_end)) if frames >= until_end => {
                let beyond = (frames - until_end) % range.frames();
                self.position = later(range.start, beyond);
                self.wrapped = beyond == 0;
            }
            _ => self.position = later(self.position, frames),
        }
    }

    const fn event(&self, kind: TransportEventKind) -> TransportEvent {
        TransportEvent { stream: self.stream, kind }
    }
}

fn later(position: Samples, frames: u64) -> Samples {
    Samples(position.0.saturating_add_unsigned(frames))
}

/// The segments of one advance, in order.
#[derive(Clone, Debug)]
pub struct TransportSegments {
    left: u64,
    offset: u64,
    stream: u64,
    position: Samples,
    rolling: bool,
    looped: Option<SampleRange>,
    wrapped: bool,
}

impl Iterator for TransportSegments {
    type Item = TransportSegment;

    fn next(&mut self) -> Option<TransportSegment> {
        if self.left == 0 {
            return None;
        }
        let until_end = self.looped.map_or(u64::MAX, |range| self.position.0.abs_diff(range.end.0));
        let frames = self.left.min(until_end);
        let stream = self.stream + self.offset;
        let wrap = TransportEvent { stream, kind: TransportEventKind::LoopWrap(self.position) };
        let segment = TransportSegment {
            offset: self.offset,
            frames,
            start: self.position,
            rolling: self.rolling,
            event: self.wrapped.then_some(wrap),
        };
        self.offset += frames;
        self.left -= frames;
        self.wrapped = false;
        if self.rolling {
            self.position = later(self.position, frames);
        }
        if let Some(range) = self.looped.filter(|_| frames == until_end) {
            self.position = range.start;
            self.wrapped = true;
        }
        Some(segment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(start: i64, end: i64) -> SampleRange {
        SampleRange::new(Samples(start), Samples(end)).unwrap()
    }

    fn looping(position: i64, start: i64, end: i64) -> Transport {
        let mut transport = Transport::new(Samples(position));
        transport.loop_range = Some(range(start, end));
        transport.loop_enabled = true;
        transport.start();
        transport
    }

    fn spans(transport: &mut Transport, frames: u64) -> Vec<(u64, u64, i64, bool)> {
        let segments = transport.advance(frames);
        segments.map(|s| (s.offset, s.frames, s.start.0, s.event.is_some())).collect()
    }

    #[test]
    fn a_stopped_transport_stays_while_the_stream_passes() {
        let mut transport = Transport::new(Samples(7));
        let segments: Vec<_> = transport.advance(64).collect();
        let stays = TransportSegment {
            offset: 0,
            frames: 64,
            start: Samples(7),
            rolling: false,
            event: None,
        };
        assert_eq!(segments, [stays]);
        assert_eq!((transport.position(), transport.stream()), (Samples(7), 64));
        assert_eq!(transport.advance(0).next(), None);
    }

    #[test]
    fn blocks_split_at_the_loops_end() {
        let mut transport = looping(90, 50, 100);
        assert_eq!(
            spans(&mut transport, 128),
            [(0, 10, 90, false), (10, 50, 50, true), (60, 50, 50, true), (110, 18, 50, true)]
        );
        assert_eq!(transport.position(), Samples(68));
    }

    #[test]
    fn a_wrap_on_a_block_boundary_belongs_to_the_next_block() {
        let mut transport = looping(90, 50, 100);
        assert_eq!(spans(&mut transport, 10), [(0, 10, 90, false)]);
        assert_eq!(transport.position(), Samples(50));
        let next = transport.advance(5).next().unwrap();
        let kind = TransportEventKind::LoopWrap(Samples(50));
        assert_eq!(next.event, Some(TransportEvent { stream: 10, kind }));
        assert!(!next.event.unwrap().resets());
        assert_eq!(spans(&mut transport, 5), [(0, 5, 55, false)]);
    }

    #[test]
    fn beyond_its_end_or_switched_off_a_loop_does_not_play() {
        assert_eq!(spans(&mut looping(100, 50, 100), 64), [(0, 64, 100, false)]);
        let mut transport = looping(90, 50, 100);
        transport.loop_enabled = false;
        assert_eq!(spans(&mut transport, 64), [(0, 64, 90, false)]);
    }

    #[test]
    fn start_and_locate_reset_and_say_where_and_when() {
        let mut transport = Transport::new(Samples(0));
        transport.advance(100);
        let start = transport.start().unwrap();
        assert_eq!(start.kind, TransportEventKind::Start(Samples(0)));
        assert!(start.resets() && start.stream == 100);
        assert_eq!(transport.start(), None);
        transport.advance(28);
        let locate = transport.locate(Samples(-5));
        assert_eq!((locate.stream, locate.resets()), (128, true));
        assert_eq!(transport.position(), Samples(-5));
        let stop = transport.stop().unwrap();
        assert!(!stop.resets());
        assert_eq!(stop.kind, TransportEventKind::Stop(Samples(-5)));
        assert_eq!(transport.stop(), None);
    }

    #[test]
    fn recording_is_punched_in_and_out() {
        let mut transport = Transport::new(Samples(0));
        transport.punch_range = Some(range(10, 20));
        transport.punch_enabled = true;
        let punched = |transport: &mut Transport, frames| {
            let segment = transport.advance(frames).next().unwrap();
            transport.punched(&segment)
        };
        assert_eq!(punched(&mut transport, 8), None);
        transport.start();
        assert_eq!(punched(&mut transport, 8), None);
        assert_eq!(punched(&mut transport, 8), Some(2..8));
        assert_eq!(punched(&mut transport, 8), Some(0..4));
        assert_eq!(punched(&mut transport, 8), None);
        transport.punch_enabled = false;
        assert_eq!(punched(&mut transport, 8), Some(0..8));
    }

    #[test]
    fn an_empty_range_is_refused() {
        let error = SampleRange::new(Samples(5), Samples(5)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the range from sample 5 to 5 is empty: its end must lie after its start"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn how_blocks_are_cut_changes_nothing(
            blocks in prop::collection::vec(0_u64..200, 1..20),
            start in -100_i64..100,
            length in 1_i64..100,
            position in -200_i64..250,
        ) {
            // Frame by frame: (position, whether a wrap led to it).
            let frames = |transport: &mut Transport, block| -> Vec<(i64, Option<u64>)> {
                let segments = transport.advance(block).collect::<Vec<_>>();
                let mut all = Vec::new();
                for segment in segments {
                    for frame in 0..segment.frames {
                        let event = segment.event.filter(|_| frame == 0).map(|event| event.stream);
                        all.push((segment.start.0 + i64::try_from(frame).unwrap(), event));
                    }
                }
                all
            };
            let mut cut = looping(position, start, start + length);
            let mut whole = cut.clone();
            let pieces: Vec<_> = blocks.iter().flat_map(|&block| frames(&mut cut, block)).collect();
            prop_assert_eq!(pieces, frames(&mut whole, blocks.iter().sum()));
            prop_assert_eq!(cut, whole);
        }
    }
}
