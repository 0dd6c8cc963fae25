//! The buses of a plug-in in one direction.

use std::ops::Range;

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    BusDirection, BusDirections_, BusInfo, BusTypes_, IAudioProcessor, IAudioProcessorTrait,
    IComponent, IComponentTrait, MediaType, MediaTypes_, SpeakerArrangement,
};
use vst3::Steinberg::kResultOk;
use wavemill_plugins::AudioBus;

use super::module::wide;

/// Most buses that are listed; what has more says nonsense.
const MAX_BUSES: i32 = 1_024;

/// Into the plug-in, and out of it.
pub const INPUT: BusDirection = BusDirections_::kInput.cast_signed();
pub const OUTPUT: BusDirection = BusDirections_::kOutput.cast_signed();
const AUDIO: MediaType = MediaTypes_::kAudio.cast_signed();
const EVENT: MediaType = MediaTypes_::kEvent.cast_signed();

/// The buses of one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Buses {
    direction: BusDirection,
    /// How many audio buses there are.
    audio: i32,
    /// How many event buses there are.
    events: i32,
    /// The audio buses that say what they are, the main one first, with their places in the
    /// plug-in's own order.
    listed: Vec<(i32, AudioBus)>,
    /// The audio bus that is not used, by its place in the plug-in's own order.
    off: Option<i32>,
}

impl Buses {
    /// What a component that was initialised has.
    pub fn of(component: &ComPtr<IComponent>, direction: BusDirection) -> Self {
        // SAFETY: the component is alive.
        let count = |media| unsafe { component.getBusCount(media, direction).clamp(0, MAX_BUSES) };
        let (audio, events) = (count(AUDIO), count(EVENT));
        let bus = |index| Some((index, audio_bus(component, direction, index)?));
        let mut listed: Vec<_> = (0..audio).filter_map(bus).collect();
        listed.sort_by_key(|(_, bus)| !bus.main);
        Self { direction, audio, events, listed, off: None }
    }

    /// What a component has now in this direction, with the same bus not used.
    pub fn again(&self, component: &ComPtr<IComponent>) -> Self {
        Self { off: self.off, ..Self::of(component, self.direction) }
    }

    /// Has the audio bus at place `index` of the list not be used.
    pub fn leave_out(&mut self, index: usize) {
        self.off = self.listed.get(index).map(|(own, _)| *own);
    }

    /// The place of each audio bus of the list in the plug-in's own order.
    pub fn own_order(&self) -> impl Iterator<Item = usize> + '_ {
        self.listed.iter().filter_map(|(own, _)| usize::try_from(*own).ok())
    }

    /// The audio buses, as they are described.
    pub fn list(&self) -> Vec<AudioBus> {
        self.listed.iter().map(|(_, bus)| bus.clone()).collect()
    }

    /// How many event buses there are.
    pub fn events(&self) -> u32 {
        self.events.cast_unsigned()
    }

    /// Where the channels of each audio bus lie among those of all that are described, in the
    /// plug-in's own order.
    pub fn channels(&self) -> Vec<Range<usize>> {
        let mut ranges = vec![0..0; usize::try_from(self.audio).unwrap_or(0)];
        let mut first = 0;
        for (index, bus) in &self.listed {
            let end = first + bus.channels as usize;
            let place = usize::try_from(*index).ok().and_then(|index| ranges.get_mut(index));
            if let Some(range) = place {
                *range = first..end;
            }
            first = end;
        }
        ranges
    }

    /// Which speakers each audio bus has; `None` where one does not say.
    pub fn arrangements(
        &self,
        processor: &ComPtr<IAudioProcessor>,
    ) -> Option<Vec<SpeakerArrangement>> {
        let arrangement = |index| {
            let mut speakers = 0;
            // SAFETY: the processor is alive and fills the set of speakers.
            let result =
                unsafe { processor.getBusArrangement(self.direction, index, &raw mut speakers) };
            (result == kResultOk).then_some(speakers)
        };
        (0..self.audio).map(arrangement).collect()
    }

    /// Has them be used: the audio buses that are described, and those of events.
    pub fn activate(&self, component: &ComPtr<IComponent>) {
        let audio = self.listed.iter().map(|(index, _)| (AUDIO, *index));
        for (media, index) in audio.chain((0..self.events).map(|index| (EVENT, index))) {
            let is_used = media != AUDIO || self.off != Some(index);
            // What cannot be switched is on anyway, and says so.
            // SAFETY: the component is alive, and has such a bus.
            unsafe { component.activateBus(media, self.direction, index, u8::from(is_used)) };
        }
    }
}

fn audio_bus(
    component: &ComPtr<IComponent>,
    direction: BusDirection,
    index: i32,
) -> Option<AudioBus> {
    // SAFETY: all zeros are a value of this structure, which the component, alive, fills.
    unsafe {
        let mut info: BusInfo = std::mem::zeroed();
        let result = component.getBusInfo(AUDIO, direction, index, &raw mut info);
        (result == kResultOk).then(|| AudioBus {
            name: wide(&info.name),
            channels: u32::try_from(info.channelCount).unwrap_or(0),
            main: info.busType == BusTypes_::kMain.cast_signed(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_found_whatever_the_order_of_buses() {
        let bus = |channels, main| AudioBus { name: String::new(), channels, main };
        let listed = vec![(2, bus(2, true)), (0, bus(1, false))];
        let buses = Buses { direction: INPUT, audio: 3, events: 0, listed, off: None };
        assert_eq!(buses.channels(), [2..3, 0..0, 0..2]);
    }
}
