//! Events become channel messages, for what knows nothing finer.

use super::content_writer::{controller_messages, seven};
use super::message::ChannelMessage;
use crate::process::EventKind;
use crate::session::{ControllerTarget, ExpressionKind};

/// Hands `with` the messages of the event's channel that say what `event` does, in order; none
/// where no message does: expression other than pressure. A system exclusive message is none of a
/// channel. Of values between two steps the nearest
/// is taken, of controllers 0 to 31 that of fourteen bits where seven do not hold the value.
pub fn event_messages(event: &EventKind, mut with: impl FnMut(ChannelMessage)) {
    match *event {
        // With velocity 0 a key would be let go.
        EventKind::NoteOn { key, velocity, .. } => {
            with(ChannelMessage::NoteOn { key, velocity: seven(velocity * 127.0).max(1) });
        }
        EventKind::NoteOff { key, velocity, .. } => {
            with(ChannelMessage::NoteOff { key, velocity: seven(velocity * 127.0) });
        }
        EventKind::Expression { key, kind: ExpressionKind::Pressure, value, .. } => {
            with(ChannelMessage::KeyPressure { key, pressure: seven(value * 127.0) });
        }
        EventKind::Expression { .. } | EventKind::Exclusive(_) => {}
        EventKind::Controller { target, value, .. } => {
            let is_controller = matches!(target, ControllerTarget::Controller(_));
            controller_messages(target, value, is_controller && value.fract() != 0.0, &mut with);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(kind: EventKind) -> Vec<ChannelMessage> {
        let mut messages = Vec::new();
        event_messages(&kind, |message| messages.push(message));
        messages
    }

    #[test]
    fn events_are_said_as_messages() {
        let (note, channel, key) = (5, 2, 60);
        let on = |velocity| messages(EventKind::NoteOn { note, channel, key, velocity });
        assert_eq!(on(1.0), [ChannelMessage::NoteOn { key, velocity: 127 }]);
        assert_eq!(on(0.001), [ChannelMessage::NoteOn { key, velocity: 1 }]);
        let off = EventKind::NoteOff { note, channel, key, velocity: 0.0 };
        assert_eq!(messages(off), [ChannelMessage::NoteOff { key, velocity: 0 }]);
        let expression =
            |kind| messages(EventKind::Expression { note, channel, key, kind, value: 0.5 });
        let pressed = ChannelMessage::KeyPressure { key, pressure: 64 };
        assert_eq!(expression(ExpressionKind::Pressure), [pressed]);
        assert_eq!(expression(ExpressionKind::Tuning), []);
        let controller = |target, value| messages(EventKind::Controller { channel, target, value });
        let moved = |controller, value| ChannelMessage::Controller { controller, value };
        assert_eq!(controller(ControllerTarget::Controller(7), 100.0), [moved(7, 100)]);
        let fine = [moved(7, 100), moved(39, 64)];
        assert_eq!(controller(ControllerTarget::Controller(7), 100.5), fine);
        assert_eq!(controller(ControllerTarget::PitchBend, 0.0), [ChannelMessage::Bend(8_192)]);
        assert_eq!(controller(ControllerTarget::Bank, 129.0), [moved(0, 1), moved(32, 1)]);
    }
}
