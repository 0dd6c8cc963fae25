//! Which parameters a plug-in wants MIDI controllers as: the format has no other way for them.

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    ControllerNumbers_::{kAfterTouch, kCountCtrlNumber, kPitchBend},
    IEditController, IMidiMapping, IMidiMappingTrait, ParamID,
};
use vst3::Steinberg::kResultTrue;
use wavemill_core::midi::{ChannelMessage, event_messages};
use wavemill_core::process::EventKind;
use wavemill_core::session::ControllerTarget;

/// Channels, and controllers of each: those of MIDI, channel pressure and pitch bend.
const CHANNELS: usize = 16;
const CONTROLLERS: usize = kCountCtrlNumber as usize;

/// Places of parameters in the description, by channel and controller; empty where a plug-in takes
/// no controllers.
pub struct MidiMapping(Vec<Option<usize>>);

impl MidiMapping {
    /// What `controller` says of its first event bus; `parameters` are the ids in the order of the
    /// description.
    pub fn of(controller: Option<&ComPtr<IEditController>>, parameters: &[ParamID]) -> Self {
        let mapping = controller.and_then(ComPtr::cast::<IMidiMapping>);
        let Some(mapping) = mapping else { return Self(Vec::new()) };
        let mut by_id: Vec<(ParamID, usize)> = parameters.iter().copied().zip(0..).collect();
        by_id.sort_unstable();
        let parameter = |place: usize| {
            let channel = i16::try_from(place / CONTROLLERS).ok()?;
            let number = i16::try_from(place % CONTROLLERS).ok()?;
            let mut id = 0;
            // SAFETY: the controller is alive and fills the id.
            let result =
                unsafe { mapping.getMidiControllerAssignment(0, channel, number, &raw mut id) };
            let found = by_id.binary_search_by_key(&id, |(id, _)| *id).ok()?;
            (result == kResultTrue).then_some(by_id[found].1)
        };
        Self((0..CHANNELS * CONTROLLERS).map(parameter).collect())
    }

    /// Hands `with` the parameters that `event` moves, and to where.
    pub fn points(&self, event: &EventKind, mut with: impl FnMut(usize, f64)) {
        if self.0.is_empty() {
            return;
        }
        let channel = event.channel();
        controllers(event, |number, value| {
            let place = usize::from(channel) * CONTROLLERS + number as usize;
            if let Some(Some(parameter)) = self.0.get(place) {
                with(*parameter, value.clamp(0.0, 1.0));
            }
        });
    }

    /// For tests: controllers of channel 0 alone.
    #[cfg(test)]
    pub fn of_first_channel(known: &[(usize, usize)]) -> Self {
        let mut places = vec![None; CHANNELS * CONTROLLERS];
        for (number, parameter) in known {
            places[*number] = Some(*parameter);
        }
        Self(places)
    }
}

/// Hands `with` the controllers that `event` moves and their values from 0 to 1: with all that
/// their values hold where one parameter takes all of it, in the steps of MIDI where it takes
/// several. Programs are none.
fn controllers(event: &EventKind, mut with: impl FnMut(u32, f64)) {
    if let EventKind::Controller { target, value, .. } = *event {
        match target {
            ControllerTarget::Controller(number) => with(u32::from(number), value / 127.0),
            ControllerTarget::Pressure => with(kAfterTouch, value / 127.0),
            ControllerTarget::PitchBend => with(kPitchBend, (value + 1.0) / 2.0),
            _ => event_messages(event, |message| {
                if let ChannelMessage::Controller { controller, value } = message {
                    with(u32::from(controller), f64::from(value) / 127.0);
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_go_to_the_parameters_they_are_mapped_to() {
        let mapping = MidiMapping::of_first_channel(&[(1, 5), (128, 6), (129, 7), (0, 8), (32, 9)]);
        let points = |channel, target, value| {
            let mut points = Vec::new();
            let event = EventKind::Controller { channel, target, value };
            mapping.points(&event, |parameter, value| points.push((parameter, value)));
            points
        };
        let controller = ControllerTarget::Controller;
        assert_eq!(points(0, controller(1), 63.5), [(5, 0.5)]);
        assert_eq!(points(0, controller(1), 127.0), [(5, 1.0)]);
        assert_eq!(points(1, controller(1), 127.0), []);
        assert_eq!(points(0, controller(2), 127.0), []);
        assert_eq!(points(0, ControllerTarget::Pressure, 127.0), [(6, 1.0)]);
        assert_eq!(points(0, ControllerTarget::PitchBend, 0.0), [(7, 0.5)]);
        assert_eq!(points(0, ControllerTarget::PitchBend, -1.0), [(7, 0.0)]);
        let bank = [(8, 1.0 / 127.0), (9, 2.0 / 127.0)];
        assert_eq!(points(0, ControllerTarget::Bank, 130.0), bank);
        assert_eq!(points(0, ControllerTarget::Program, 1.0), []);
    }
}
