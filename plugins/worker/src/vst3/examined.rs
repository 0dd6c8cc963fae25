//! What checks ask of a VST3 plug-in.

use vst3::Steinberg::Vst::{
    IAudioProcessorTrait, IEditControllerTrait, SpeakerArr, SpeakerArrangement, String128,
};
use vst3::Steinberg::kResultOk;

use super::describe::buses;
use super::instance::Plugin;
use crate::probe::{Arrangement, Examined, readable};

/// Pairs of channels of the main input and output that are asked for, and whether all other buses
/// are asked for the first of them too.
const WISHES: [(&str, u32, u32, bool); 5] = [
    ("mono", 1, 1, false),
    ("stereo", 2, 2, false),
    ("mono in, stereo out", 1, 2, false),
    ("mono everywhere", 1, 1, true),
    ("stereo everywhere", 2, 2, true),
];

impl Examined for Plugin {
    fn text_of(&mut self, index: usize, value: f64) -> Option<Result<String, String>> {
        let id = *self.parameters.get(index)?;
        let controller = self.instance.controller.as_ref()?;
        let mut text: String128 = [0; 128];
        // SAFETY: the controller is alive, and fills 128 units.
        let result = unsafe { controller.getParamStringByValue(id, value, &raw mut text) };
        let end = text.iter().position(|unit| *unit == 0).unwrap_or(text.len());
        (result == kResultOk && end > 0).then(|| match String::from_utf16(&text[..end]) {
            Ok(text) => readable(&text),
            Err(_) => Err("is no UTF-16".to_owned()),
        })
    }

    fn value_of(&mut self, index: usize, text: &str) -> Option<f64> {
        let id = *self.parameters.get(index)?;
        let controller = self.instance.controller.as_ref()?;
        let mut units: Vec<u16> = text.encode_utf16().chain([0]).collect();
        // Some read 128 units, however long the text is.
        units.resize(units.len().max(128), 0);
        let mut value = 0.0;
        // SAFETY: the controller is alive; the text ends with a zero.
        let result =
            unsafe { controller.getParamValueByString(id, units.as_mut_ptr(), &raw mut value) };
        (result == kResultOk).then_some(value)
    }

    fn arrangements(&mut self) -> Vec<Arrangement> {
        let [inputs, outputs] = self.channels();
        if inputs.is_empty() && outputs.is_empty() {
            return Vec::new();
        }
        let wish = |(name, input, output, all): &(&str, u32, u32, bool)| {
            let asked = |own: &[u32], main: u32| {
                let channels = own.iter().enumerate().map(|(index, own)| match *own {
                    // A bus without channels stays one.
                    0 => Some(0),
                    _ if index == 0 || *all => Some(main),
                    own => Some(own),
                });
                channels.collect::<Vec<_>>()
            };
            let channels = [asked(&inputs, *input), asked(&outputs, *output)];
            Arrangement { name: (*name).to_owned(), number: None, channels }
        };
        WISHES.iter().map(wish).collect()
    }

    fn arrange(&mut self, arrangement: &Arrangement) -> bool {
        let now = self.channels();
        let processor = &self.instance.processor;
        let mut speakers: Vec<Vec<SpeakerArrangement>> = Vec::new();
        for ((buses, wanted), now) in self.buses.iter().zip(&arrangement.channels).zip(&now) {
            let Some(mut own) = buses.arrangements(processor) else { return false };
            for ((place, wanted), now) in buses.own_order().zip(wanted).zip(now) {
                if let (Some(own), Some(wanted)) = (own.get_mut(place), wanted)
                    && wanted != now
                {
                    *own = if *wanted == 1 { SpeakerArr::kMono } else { SpeakerArr::kStereo };
                }
            }
            speakers.push(own);
        }
        let [inputs, outputs] = speakers.as_mut_slice() else { return false };
        let count = |speakers: &[u64]| i32::try_from(speakers.len()).unwrap_or(0);
        let counts = (count(inputs), count(outputs));
        // SAFETY: the processor is alive, not active, and reads so many sets of speakers.
        let result = unsafe {
            let (ins, outs) = (inputs.as_mut_ptr(), outputs.as_mut_ptr());
            processor.setBusArrangements(ins, counts.0, outs, counts.1)
        };
        // One that refuses may still have come nearer to what was asked for.
        self.buses = buses(&self.instance);
        result == kResultOk
    }

    fn channels(&mut self) -> [Vec<u32>; 2] {
        self.buses.each_ref().map(|buses| buses.list().iter().map(|bus| bus.channels).collect())
    }

    fn leave_out(&mut self, index: usize) -> bool {
        self.buses[0].leave_out(index);
        true
    }
}
