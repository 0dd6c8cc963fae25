//! The command that repeats a section: copies what lies in it behind it and moves what is later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Items;
use super::clip_ids::ClipIds;
use super::clips::path;
use super::clock::Clock;
use super::timeline::section_index;
use super::{CommandError, Draft, Op, cut, names, order, repeat_course, repeat_tempo};
use crate::session::{Clip, Marker, Section, SectionId, TimeValue, TrackId};
use crate::time::{Samples, Ticks};

/// Most repeats one command makes.
const MAX_TIMES: u32 = 100;

/// Repeats a section right behind itself.
///
/// Clips (cut at the section's borders), automation, markers, sections, tempo and signature
/// changes in it are copied; what lies later moves by the section's length a repeat. Where the
/// tempo or an automated value differs between the section's ends, points at its borders keep
/// every repeat as it was. Signature changes in or after a section need it to start and end on
/// bar lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatSection {
    /// The section.
    pub section: SectionId,
    /// How many more times it is heard, 1 to 100.
    #[serde(default = "once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

/// Where a position lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Before the section.
    Before,
    /// In the section.
    Inside,
    /// At the section's end or after it.
    After,
}

/// The section and how it is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub start: Ticks,
    pub length: Ticks,
    pub times: i64,
}

impl Repeat {
    pub(super) fn end(self) -> Ticks {
        self.start + self.length
    }

    pub(super) fn part(self, at: Ticks) -> Part {
        if at < self.start {
            Part::Before
        } else if at < self.end() {
            Part::Inside
        } else {
            Part::After
        }
    }

    /// How far what is repeated for the `k`th time lies behind the original.
    pub(super) fn shift(self, k: i64) -> Ticks {
        Ticks(self.length.0 * k)
    }
}

/// A repeat with the clocks before and after it.
pub(super) struct Move {
    pub repeat: Repeat,
    pub old: Clock,
    pub new: Clock,
}

impl Move {
    pub(super) fn part(&self, at: TimeValue) -> Part {
        match at {
            TimeValue::Ticks(ticks) => self.repeat.part(ticks),
            TimeValue::Samples(samples) if samples < self.border(self.repeat.start) => Part::Before,
            TimeValue::Samples(samples) if samples < self.border(self.repeat.end()) => Part::Inside,
            TimeValue::Samples(_) => Part::After,
        }
    }

    fn border(&self, at: Ticks) -> Samples {
        self.old.map().samples_at(at)
    }

    /// A position in the section, in its `k`th repeat.
    pub(super) fn copied(&self, at: TimeValue, k: i64) -> TimeValue {
        self.moved(at, self.repeat.start, k)
    }

    /// A position after the section, after the last repeat.
    pub(super) fn later(&self, at: TimeValue) -> TimeValue {
        self.moved(at, self.repeat.end(), self.repeat.times)
    }

    /// Moves with the border at `anchor`, which lies `k` repeats later afterwards.
    fn moved(&self, at: TimeValue, anchor: Ticks, k: i64) -> TimeValue {
        let shift = self.repeat.shift(k);
        match at {
            TimeValue::Ticks(ticks) => TimeValue::Ticks(ticks + shift),
            TimeValue::Samples(samples) => {
                let to = self.new.map().samples_at(anchor + shift);
                TimeValue::Samples(samples + (to - self.border(anchor)))
            }
        }
    }

    /// Each thing at its place afterwards, and its copies: `None` is the thing itself.
    pub(super) fn places(&self, at: TimeValue) -> Vec<(Option<i64>, TimeValue)> {
        match self.part(at) {
            Part::Before => vec![(None, at)],
            Part::After => vec![(None, self.later(at))],
            Part::Inside => {
                let copies = (1..=self.repeat.times).map(|k| (Some(k), self.copied(at, k)));
                std::iter::once((None, at)).chain(copies).collect()
            }
        }
    }
}

impl Op for RepeatSection {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let section = draft.session().sections[section_index(draft, &self.section)?].clone();
        if self.times == 0 || self.times > MAX_TIMES {
            let what = format!("{} repeats", self.times);
            let fix = "repeat it 1 to 100 times";
            return Err(CommandError::refused(format!("sections/{}", section.id), what, fix));
        }
        let (start, length) = (section.start, section.length);
        let repeat = Repeat { start, length, times: i64::from(self.times) };
        let old = Clock::of(draft)?;
        repeat_tempo::repeat_signatures(draft, repeat, &section)?;
        repeat_tempo::repeat_tempo(draft, repeat, &old)?;
        let places = Move { repeat, new: Clock::of(draft)?, old };
        repeat_clips(draft, &places)?;
        repeat_course::repeat_lanes(draft, &places)?;
        repeat_markers(draft, &places)?;
        repeat_sections(draft, repeat, &section)?;
        order::restore(draft)
    }
}

fn repeat_clips(draft: &mut Draft<'_>, places: &Move) -> Result<(), CommandError> {
    let mut ids = ClipIds::of(draft);
    let tracks: Vec<TrackId> = draft.session().tracks.iter().map(|t| t.id.clone()).collect();
    for track in tracks {
        let clips = draft.track(&track)?.clips.clone();
        let mut items = Vec::with_capacity(clips.len());
        for clip in &clips {
            repeat_clip(draft, places, &mut ids, &track, clip, &mut items)?;
        }
        items.sort_by_key(|clip| places.new.samples(clip.start));
        if items != clips {
            draft.splice(0, clips.len(), Items::Clips { track, items })?;
        }
    }
    Ok(())
}

/// Adds what becomes of one clip to `items`.
fn repeat_clip(
    draft: &mut Draft<'_>,
    places: &Move,
    ids: &mut ClipIds,
    track: &TrackId,
    clip: &Clip,
    items: &mut Vec<Clip>,
) -> Result<(), CommandError> {
    let repeat = places.repeat;
    let (start, end) = (TimeValue::Ticks(repeat.start), TimeValue::Ticks(repeat.end()));
    let clip_path = path(track, &clip.id);
    let clock = &places.old;
    let crosses = |clip: &Clip, border: TimeValue| {
        let (first, after) = clock.span(clip.start, clip.length);
        let border = clock.samples(clock.like(clip.start, border));
        first < border && border < after
    };
    // The part behind the section's end becomes clips of its own; the clip is cut there.
    let (kept, behind) = if places.part(clip.start) != Part::After && crosses(clip, end) {
        let kept = cut::before(clock, &clip_path, clip, end)?;
        (kept, cut::from(clock, &clip_path, clip, end)?)
    } else {
        (clip.clone(), Vec::new())
    };
    let inside = match places.part(kept.start) {
        Part::Before if crosses(&kept, start) => cut::from(clock, &clip_path, &kept, start)?,
        Part::Inside => vec![kept.clone()],
        _ => Vec::new(),
    };
    let mut kept = kept;
    if places.part(kept.start) == Part::After {
        kept.start = places.later(kept.start);
    }
    let base = clip.id.as_str();
    items.push(kept);
    for mut part in behind {
        part.id = ids.next(base)?;
        part.start = places.later(part.start);
        draft.note_created(path(track, &part.id));
        items.push(part);
    }
    for k in 1..=repeat.times {
        for part in &inside {
            let mut copy = part.clone();
            copy.id = ids.next(base)?;
            copy.start = places.copied(part.start, k);
            draft.note_created(path(track, &copy.id));
            items.push(copy);
        }
    }
    Ok(())
}

fn repeat_markers(draft: &mut Draft<'_>, places: &Move) -> Result<(), CommandError> {
    let old = draft.session().markers.clone();
    let mut items: Vec<Marker> = Vec::with_capacity(old.len());
    let mut copies = Vec::new();
    for marker in &old {
        for (copy, at) in places.places(marker.at) {
            let marker = Marker { at, ..marker.clone() };
            if copy.is_some() { copies.push(marker) } else { items.push(marker) }
        }
    }
    for mut copy in copies {
        let taken = |id: &str| items.iter().any(|marker| marker.id.as_str() == id);
        copy.id = names::fresh("markers", "marker", copy.id.as_str(), taken)?;
        draft.note_created(format!("markers/{}", copy.id));
        items.push(copy);
    }
    if items == old { Ok(()) } else { draft.splice(0, old.len(), Items::Markers(items)) }
}

/// Sections in the repeated one are copied with it, those behind it move, and those around it
/// grow.
fn repeat_sections(
    draft: &mut Draft<'_>,
    repeat: Repeat,
    section: &Section,
) -> Result<(), CommandError> {
    let old = draft.session().sections.clone();
    let mut items = old.clone();
    let end = repeat.end();
    for item in items.iter_mut().filter(|item| item.id != section.id) {
        if item.start >= end {
            item.start += repeat.shift(repeat.times);
        } else if item.start + item.length > end
            || (item.start < repeat.start && item.start + item.length == end)
        {
            item.length += repeat.shift(repeat.times);
        }
    }
    let within = |item: &&Section| item.start >= repeat.start && item.start + item.length <= end;
    for k in 1..=repeat.times {
        for original in old.iter().filter(within) {
            let mut copy = original.clone();
            let taken = |id: &str| items.iter().any(|item| item.id.as_str() == id);
            copy.id = names::fresh("sections", "section", copy.id.as_str(), taken)?;
            copy.start += repeat.shift(k);
            draft.note_created(format!("sections/{}", copy.id));
            items.push(copy);
        }
    }
    draft.splice(0, old.len(), Items::Sections(items))
}
