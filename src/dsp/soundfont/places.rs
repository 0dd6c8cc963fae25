//! The places in which voices sound: eight to a group, so that a register holds a lane of each.

use super::lanes::Group;
use super::reader::LANES;
use super::voice::Voice;

/// Eight places.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaceGroup {
    pub(super) lanes: Group,
    /// What was last started in each.
    pub(super) voices: [Voice; LANES],
    /// A bit for each in which a voice sounds.
    sounding: u8,
}

impl PlaceGroup {
    /// True where nothing sounds.
    pub(super) fn is_silent(&self) -> bool {
        self.sounding == 0
    }

    /// Shows each voice that sounds, with its lane, to `keep`, and silences those it does not keep.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Voice, (&mut Group, usize)) -> bool) {
        for lane in 0..LANES {
            if self.sounds(lane) && !keep(&mut self.voices[lane], (&mut self.lanes, lane)) {
                self.sounding &= !(1 << lane);
                self.lanes.clear(lane);
            }
        }
    }

    /// True where a voice sounds in a lane.
    pub(super) fn sounds(&self, lane: usize) -> bool {
        self.sounding >> lane & 1 == 1
    }
}

/// All places of an instance. Place `p` is lane `p % 8` of group `p / 8`.
pub(super) struct Places {
    groups: Vec<PlaceGroup>,
}

impl Places {
    /// So many places in which nothing sounds; a multiple of eight.
    pub(super) fn new(count: usize) -> Self {
        Self { groups: vec![PlaceGroup::default(); count / LANES] }
    }

    /// Silences all of them.
    pub(super) fn reset(&mut self) {
        self.groups.fill(PlaceGroup::default());
    }

    /// The groups in which something sounds.
    pub(super) fn groups(&mut self) -> impl Iterator<Item = &mut PlaceGroup> {
        self.groups.iter_mut().filter(|group| !group.is_silent())
    }

    /// The voices that sound, by place.
    pub(super) fn voices(&self) -> impl Iterator<Item = (usize, &Voice)> {
        let groups = self.groups.iter().enumerate().filter(|(_, group)| !group.is_silent());
        groups.flat_map(|(number, group)| {
            let lanes = group.voices.iter().enumerate().filter(|(lane, _)| group.sounds(*lane));
            lanes.map(move |(lane, voice)| (number * LANES + lane, voice))
        })
    }

    /// The voices that sound.
    pub(super) fn voices_mut(&mut self) -> impl Iterator<Item = &mut Voice> {
        self.groups().flat_map(|group| {
            let sounding = group.sounding;
            let lanes = group.voices.iter_mut().enumerate();
            lanes.filter(move |(lane, _)| sounding >> lane & 1 == 1).map(|(_, voice)| voice)
        })
    }

    /// The voice and the lane of a place, in which a voice sounds from now on; `None` where there is
    /// no such place.
    pub(super) fn take(&mut self, place: usize) -> Option<(&mut Voice, (&mut Group, usize))> {
        let (group, lane) = (self.groups.get_mut(place / LANES)?, place % LANES);
        group.sounding |= 1 << lane;
        Some((&mut group.voices[lane], (&mut group.lanes, lane)))
    }

    /// The first place in which nothing sounds.
    pub(super) fn free(&self) -> Option<usize> {
        let (number, group) =
            self.groups.iter().enumerate().find(|(_, group)| group.sounding != u8::MAX)?;
        Some(number * LANES + group.sounding.trailing_ones() as usize)
    }

    /// The lane of a place.
    pub(super) fn lane(&self, place: usize) -> Option<(&Group, usize)> {
        self.groups.get(place / LANES).map(|group| (&group.lanes, place % LANES))
    }
}
