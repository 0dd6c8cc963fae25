//! Parts of a MIDI clip's content: cut at the front, cut at the end, put together again.

use super::CommandError;
use crate::session::{ControllerLane, ControllerPoint, ControllerShape, MidiContent, Note};
use crate::time::Ticks;

/// Lets `content` begin `moved` later (or earlier, where it is negative), for a clip whose start
/// moves while what it plays stays. Notes that would start before it are left out; controllers
/// keep the values they have there.
pub(super) fn begin_later(
    path: &str,
    content: &mut MidiContent,
    moved: Ticks,
) -> Result<(), CommandError> {
    if moved == Ticks::ZERO {
        return Ok(());
    }
    if let Some(repeat) = content.loop_length {
        return match moved.0.rem_euclid(repeat.0.max(1)) {
            0 => Ok(()),
            _ => Err(CommandError::refused(
                path,
                "a looped clip would start inside a repeat",
                "move its start by whole repeats, or take the loop off",
            )),
        };
    }
    let from = content.offset + moved;
    content.offset = Ticks::ZERO;
    content.notes = shifted(&content.notes, -from);
    for lane in &mut content.controllers {
        lane.points = points_from(&lane.points, from);
    }
    content.controllers.retain(|lane| !lane.points.is_empty());
    content.system_exclusive.retain(|message| message.at >= from);
    content.system_exclusive.iter_mut().for_each(|message| message.at -= from);
    Ok(())
}

/// Leaves out what starts `length` or more after the clip's start.
pub(super) fn end(content: &mut MidiContent, length: Ticks) {
    if content.loop_length.is_some() {
        return;
    }
    let after = content.offset + length;
    content.notes.retain(|note| note.at < after);
    for lane in &mut content.controllers {
        let count = lane.points.partition_point(|point| point.at < after);
        // On the way to the next point it matters where that is.
        let on_the_way = count > 0 && lane.points[count - 1].shape == ControllerShape::Linear;
        lane.points.truncate(count + usize::from(on_the_way));
    }
    content.controllers.retain(|lane| !lane.points.is_empty());
    content.system_exclusive.retain(|message| message.at < after);
}

/// Puts `more` behind `content`, from `border` after the clip's start on. Neither is looped.
pub(super) fn append(content: &mut MidiContent, more: &MidiContent, border: Ticks) {
    let border = content.offset + border;
    let by = border - more.offset;
    content.notes.retain(|note| note.at < border);
    let heard = more.notes.partition_point(|note| note.at < more.offset);
    content.notes.extend(shifted(&more.notes[heard..], by));
    for lane in &mut content.controllers {
        end_at(lane, border);
    }
    for lane in &more.controllers {
        let points = points_from(&lane.points, more.offset);
        let later =
            points.into_iter().map(|point| ControllerPoint { at: point.at + border, ..point });
        let same = |other: &&mut ControllerLane| {
            (other.channel, other.target) == (lane.channel, lane.target)
        };
        match content.controllers.iter_mut().find(same) {
            Some(lane) => {
                let points: Vec<ControllerPoint> = later.collect();
                // What the first part ends with makes way where the second one begins at once.
                if points.first().is_some_and(|point| point.at == border) {
                    lane.points.retain(|point| point.at < border);
                }
                lane.points.extend(points);
            }
            None => {
                content
                    .controllers
                    .push(ControllerLane { points: later.collect(), ..lane.clone() });
            }
        }
    }
    content.system_exclusive.retain(|message| message.at < border);
    for message in more.system_exclusive.iter().filter(|message| message.at >= more.offset) {
        let mut message = message.clone();
        message.at += by;
        content.system_exclusive.push(message);
    }
}

/// Lets a lane end at `border`; where it is on its way to another value, it stays at the one that it
/// has there.
fn end_at(lane: &mut ControllerLane, border: Ticks) {
    let count = lane.points.partition_point(|point| point.at < border);
    let next = lane.points.get(count).copied();
    lane.points.truncate(count);
    let Some(last) = lane.points.last_mut().filter(|last| last.shape == ControllerShape::Linear)
    else {
        return;
    };
    match next {
        None => last.shape = ControllerShape::Hold,
        Some(_) => {
            let value = value_between(*last, next, border);
            lane.points.push(ControllerPoint { at: border, value, shape: ControllerShape::Hold });
        }
    }
}

/// Notes moved by `by`, without those that would start before the content.
fn shifted(notes: &[Note], by: Ticks) -> Vec<Note> {
    let moved = notes.iter().map(|note| Note { at: note.at + by, ..note.clone() });
    moved.filter(|note| note.at >= Ticks::ZERO).collect()
}

/// The course of `points` from `from` on, which becomes 0.
fn points_from(points: &[ControllerPoint], from: Ticks) -> Vec<ControllerPoint> {
    let first = points.partition_point(|point| point.at <= from);
    let later = points[first..].iter().copied();
    let later = later.map(|point| ControllerPoint { at: point.at - from, ..point });
    let start = first.checked_sub(1).map(|index| {
        let value = value_between(points[index], points.get(first).copied(), from);
        ControllerPoint { at: Ticks::ZERO, value, ..points[index] }
    });
    start.into_iter().chain(later).collect()
}

fn value_between(point: ControllerPoint, next: Option<ControllerPoint>, at: Ticks) -> f64 {
    match next {
        Some(next) if point.shape == ControllerShape::Linear && at > point.at => {
            let along = (at.0 - point.at.0) as f64 / (next.at.0 - point.at.0) as f64;
            point.value + (next.value - point.value) * along
        }
        _ => point.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::ControllerTarget;

    fn ramp() -> MidiContent {
        let point =
            |at, value| ControllerPoint { at: Ticks(at), value, shape: ControllerShape::Linear };
        let lane = ControllerLane {
            channel: 2,
            target: ControllerTarget::Controller(1),
            points: vec![point(0, 0.0), point(100, 100.0), point(200, 0.0)],
        };
        let note = |at, key| Note::new(Ticks(at), Ticks(10), key, 90);
        MidiContent {
            notes: vec![note(0, 60), note(40, 61), note(150, 62)],
            controllers: vec![lane],
            ..MidiContent::default()
        }
    }

    fn points(content: &MidiContent) -> Vec<(i64, f64)> {
        content.controllers[0].points.iter().map(|point| (point.at.0, point.value)).collect()
    }

    #[test]
    fn a_controller_keeps_its_course_behind_a_cut() {
        let mut content = ramp();
        begin_later("clip", &mut content, Ticks(25)).unwrap();
        assert_eq!(points(&content), [(0, 25.0), (75, 100.0), (175, 0.0)]);
        assert_eq!(content.notes.iter().map(|n| n.at.0).collect::<Vec<_>>(), [15, 125]);
    }

    #[test]
    fn what_was_cut_in_two_has_the_same_course_when_it_is_joined() {
        let (mut left, mut right) = (ramp(), ramp());
        end(&mut left, Ticks(140));
        begin_later("clip", &mut right, Ticks(140)).unwrap();
        assert_eq!(points(&left), [(0, 0.0), (100, 100.0), (200, 0.0)]);
        append(&mut left, &right, Ticks(140));
        assert_eq!(points(&left), [(0, 0.0), (100, 100.0), (140, 60.0), (200, 0.0)]);
        assert_eq!(left.notes, ramp().notes);
    }

    #[test]
    fn what_is_joined_keeps_the_course_it_had_on_both_sides() {
        let mut left = ramp();
        end(&mut left, Ticks(140));
        // The second part does not move that controller: the first one's course ends at the border.
        let mut plain = left.clone();
        append(&mut plain, &MidiContent::default(), Ticks(140));
        assert_eq!(points(&plain), [(0, 0.0), (100, 100.0), (140, 60.0)]);
        // It does, later and from elsewhere.
        let mut other = ramp();
        other.controllers[0].points.iter_mut().for_each(|point| point.at += Ticks(50));
        append(&mut left, &other, Ticks(140));
        let wanted = [(0, 0.0), (100, 100.0), (140, 60.0), (190, 0.0), (290, 100.0), (390, 0.0)];
        assert_eq!(points(&left), wanted);
        assert_eq!(left.controllers[0].points[2].shape, ControllerShape::Hold);
    }

    #[test]
    fn a_loop_is_moved_by_whole_repeats_only() {
        let mut content = MidiContent { loop_length: Some(Ticks(50)), ..ramp() };
        let before = content.clone();
        begin_later("clip", &mut content, Ticks(100)).unwrap();
        assert_eq!(content, before);
        let error = begin_later("clip", &mut content, Ticks(30)).unwrap_err();
        assert!(error.to_string().contains("inside a repeat"), "{error}");
    }
}
