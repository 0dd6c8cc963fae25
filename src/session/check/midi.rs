//! Checks of what MIDI clips hold: notes, expression, controllers, system messages.

use super::report::{Place, Report};
use crate::session::limits::{
    MAX_CONTROLLER_LANES, MAX_EXPRESSION_POINTS, MAX_NOTES, MAX_POINTS, MAX_SYSTEM_EXCLUSIVE_BYTES,
    MAX_SYSTEM_EXCLUSIVES,
};
use crate::session::{ControllerLane, ControllerPoint, ExpressionPoint, MidiContent, Note};
use crate::time::{MAX_POSITION, Ticks};

/// The highest key and velocity of MIDI.
const MAX_SEVEN_BITS: u8 = 127;

/// The last channel.
const MAX_CHANNEL: u8 = 15;

const FURTHEST: Ticks = Ticks(MAX_POSITION.0);

pub(super) fn midi(content: &MidiContent, place: &Place<'_>, report: &mut Report) {
    position(content.offset, &place.at("offset"), report);
    if let Some(length) = content.loop_length {
        self::length(length, &place.at("loop_length"), report);
    }
    notes(&content.notes, &place.at("notes"), report);
    let controllers = place.at("controllers");
    if report.count(&controllers, content.controllers.len(), MAX_CONTROLLER_LANES) {
        for (index, lane) in content.controllers.iter().enumerate() {
            let same = |other: &ControllerLane| {
                (other.channel, other.target) == (lane.channel, lane.target)
            };
            if content.controllers[..index].iter().any(same) {
                let what = format!(
                    "there are two lanes of {} on channel {}: put all points into one",
                    lane.target, lane.channel
                );
                report.add(&controllers.nth(index), what);
            }
            controller(lane, &controllers.nth(index), report);
        }
    }
    system_exclusive(content, &place.at("system_exclusive"), report);
}

fn position(at: Ticks, place: &Place<'_>, report: &mut Report) {
    if at < Ticks::ZERO || at > FURTHEST {
        report.add(place, format!("{} is out of range: use 0 to 2^40 ticks", at.0));
    }
}

fn length(length: Ticks, place: &Place<'_>, report: &mut Report) {
    if length <= Ticks::ZERO || length > FURTHEST {
        report.add(place, format!("{} is out of range: use 1 to 2^40 ticks", length.0));
    }
}

fn channel(channel: u8, place: &Place<'_>, report: &mut Report) {
    if channel > MAX_CHANNEL {
        report.add(&place.at("channel"), format!("{channel} is no channel: use 0 to 15"));
    }
}

fn notes(notes: &[Note], place: &Place<'_>, report: &mut Report) {
    if !report.count(place, notes.len(), MAX_NOTES) {
        return;
    }
    let mut before = None;
    for (index, note) in notes.iter().enumerate() {
        let place = &place.nth(index);
        position(note.at, &place.at("at"), report);
        length(note.length, &place.at("length"), report);
        channel(note.channel, place, report);
        if note.key > MAX_SEVEN_BITS {
            report.add(&place.at("key"), format!("{} is no key: use 0 to 127", note.key));
        }
        if note.velocity < 1 || note.velocity > MAX_SEVEN_BITS {
            let what = format!("{} is no velocity: use 1 to 127", note.velocity);
            report.add(&place.at("velocity"), what);
        }
        if note.release_velocity > MAX_SEVEN_BITS {
            let what = format!("{} is no release velocity: use 0 to 127", note.release_velocity);
            report.add(&place.at("release_velocity"), what);
        }
        expression(&note.expression, &place.at("expression"), report);
        let order = (note.at, note.key);
        if before.is_some_and(|before| before > order) {
            report.add(place, "comes before the note ahead of it: order notes by at, then by key");
        }
        before = Some(order);
    }
}

fn expression(points: &[ExpressionPoint], place: &Place<'_>, report: &mut Report) {
    if !report.count(place, points.len(), MAX_EXPRESSION_POINTS) {
        return;
    }
    for (index, point) in points.iter().enumerate() {
        let place = place.nth(index);
        position(point.at, &place.at("at"), report);
        let (min, max) = point.kind.range();
        report.range(&place.at("value"), point.value, min..=max, "");
    }
    in_order(points.iter().map(|point| point.at), place, report);
}

fn controller(lane: &ControllerLane, place: &Place<'_>, report: &mut Report) {
    channel(lane.channel, place, report);
    let points = place.at("points");
    if !report.count(&points, lane.points.len(), MAX_POINTS) {
        return;
    }
    let (min, max) = lane.target.range();
    for (index, point) in lane.points.iter().enumerate() {
        let place = points.nth(index);
        position(point.at, &place.at("at"), report);
        report.range(&place.at("value"), point.value, min..=max, "");
        selection(lane, point, &place, report);
    }
    in_order(lane.points.iter().map(|point| point.at), &points, report);
}

/// Nothing lies between two programs.
fn selection(
    lane: &ControllerLane,
    point: &ControllerPoint,
    place: &Place<'_>,
    report: &mut Report,
) {
    if !lane.target.is_selection() {
        return;
    }
    if point.value.fract() != 0.0 {
        let what = format!("{} is no {}: use a whole number", point.value, lane.target);
        report.add(&place.at("value"), what);
    }
    if !point.shape.is_hold() {
        report.add(&place.at("shape"), "nothing lies between two programs or banks: use hold");
    }
}

fn system_exclusive(content: &MidiContent, place: &Place<'_>, report: &mut Report) {
    let messages = &content.system_exclusive;
    if !report.count(place, messages.len(), MAX_SYSTEM_EXCLUSIVES) {
        return;
    }
    for (index, message) in messages.iter().enumerate() {
        let place = place.nth(index);
        position(message.at, &place.at("at"), report);
        let bytes = place.at("bytes");
        if report.count(&bytes, message.bytes.len(), MAX_SYSTEM_EXCLUSIVE_BYTES)
            && message.bytes.iter().any(|byte| *byte > MAX_SEVEN_BITS)
        {
            report.add(&bytes, "a byte is above 127: leave out the F0 before and the F7 behind");
        }
    }
    in_order(messages.iter().map(|message| message.at), place, report);
}

fn in_order(places: impl Iterator<Item = Ticks>, place: &Place<'_>, report: &mut Report) {
    let mut before = None;
    for (index, at) in places.enumerate() {
        if before.is_some_and(|before| before > at) {
            report.add(&place.nth(index), "comes before the one ahead of it: order them by at");
        }
        before = Some(at);
    }
}
