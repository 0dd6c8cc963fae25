//! State survives a change of plan: what both plans have goes on as if nothing had happened.

use crate::execute::{Executor, SegmentConfig};
use crate::midi::Chase;
use crate::rig::{Rig, delay, insert, send};
use crate::session::{ChannelLayout, Clip, ClipContent, Note, Tap, TimeValue, TrackKind};
use crate::simd::SimdLevel;
use crate::time::Ticks;

const CONFIG: SegmentConfig =
    SegmentConfig { max_frames: 128, level: SimdLevel::SCALAR, chains: false };

fn session() -> Rig {
    let mut rig = Rig::new();
    let sweep: Vec<f32> = (0..2_000_u16).map(|n| f32::from(n % 97) / 200.0).collect();
    rig.plays("a", &sweep).inserts.push(delay(150.0));
    rig.get("a").inserts.push(insert("dc", "dc-block", &[]));
    rig.plays("b", &sweep).sends.push(send("verb", Tap::PreFader));
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo).inserts.push(delay(70.0));
    rig
}

/// Swapping in an equal plan in the middle changes nothing, delay lines and filters included.
#[test]
fn an_equal_plan_goes_on_where_the_last_one_stood() {
    let rig = session();
    let plan = rig.plan();
    let mut whole = vec![0.0; 2 * 1_000];
    let mut executor = Executor::new(plan, CONFIG).expect("runs");
    executor.run_block(&mut whole).expect("runs");

    let mut swapped = vec![0.0; 2 * 1_000];
    let (before, after) = swapped.split_at_mut(2 * 333);
    let mut first = Executor::new(rig.plan(), CONFIG).expect("runs");
    first.run_block(before).expect("runs");
    let mut second = Executor::new(rig.plan(), CONFIG).expect("runs");
    second.take_over(&first);
    second.run_block(after).expect("runs");
    assert_eq!(swapped, whole);
}

/// A processor whose state cannot be saved starts anew, whatever it did before; what is around it
/// goes on.
#[test]
fn what_cannot_be_saved_starts_anew() {
    let ramp: Vec<f32> = (1..=2_000_u16).map(|n| f32::from(n) / 4_096.0).collect();
    let mut rig = Rig::new();
    let inserts = &mut rig.plays("a", &ramp).inserts;
    inserts.push(insert("opaque", "test-opaque", &[("frames", 100.0)]));
    inserts.push(delay(50.0));
    let mut first = Executor::new(rig.plan(), CONFIG).expect("runs");
    first.run_block(&mut [0.0; 2 * 333]).expect("runs");
    let mut second = Executor::new(rig.plan(), CONFIG).expect("runs");
    second.run_block(&mut [0.0; 2 * 700]).expect("runs");
    second.take_over(&first);
    let mut out = [0.0; 2 * 600];
    second.run_block(&mut out).expect("runs");
    for (frame, out) in out.chunks_exact(2).enumerate() {
        let expected = match frame {
            // In the delay line behind it.
            0..50 => ramp[333 + frame - 150],
            // What it had in it is lost.
            50..150 => 0.0,
            _ => ramp[333 + frame - 150],
        };
        assert_eq!(out, [expected; 2], "frame {frame}");
    }
}

/// Another grouping of the same tracks keeps their state: it belongs to nodes, not to lanes.
#[test]
fn state_follows_the_track_into_another_segment() {
    let rig = session();
    let mut more = session();
    // Silent, and of the same shape as `a`, so that both run side by side in the new plan.
    let silent = more.plays("c", &[0.0; 10]);
    silent.inserts.push(delay(150.0));
    silent.inserts.push(insert("dc", "dc-block", &[]));
    more.session.tracks.rotate_right(1);
    let mut whole = vec![0.0; 2 * 1_000];
    Executor::new(rig.plan(), CONFIG).expect("runs").run_block(&mut whole).expect("runs");

    let mut swapped = vec![0.0; 2 * 1_000];
    let (before, after) = swapped.split_at_mut(2 * 500);
    let mut first = Executor::new(rig.plan(), CONFIG).expect("runs");
    first.run_block(before).expect("runs");
    let mut second = Executor::new(more.plan(), CONFIG).expect("runs");
    second.take_over(&first);
    second.run_block(after).expect("runs");
    assert_eq!(swapped, whole);
}

#[test]
fn locate_starts_from_silence() {
    let plan = session().plan();
    let mut first = vec![0.0; 600];
    let mut executor = Executor::new(plan, CONFIG).expect("runs");
    executor.run_block(&mut first).expect("runs");
    executor.locate(0, Chase::Controllers);
    let mut again = vec![0.0; 600];
    executor.run_block(&mut again).expect("runs");
    assert_eq!(again, first);
}

/// A note from sample 0 to 4,800, played by a tone whose envelope stays at its peak.
fn held() -> Rig {
    let mut rig = Rig::new();
    let track = rig.track("keys", TrackKind::Instrument, ChannelLayout::Stereo);
    let steady = [("attack_ms", 0.0), ("decay_ms", 0.0), ("sustain", 1.0), ("release_ms", 0.0)];
    track.inserts.push(insert("tone", "tone", &steady));
    let notes = vec![Note::new(Ticks(0), Ticks(3_072), 69, 127)];
    track.clips.push(Clip {
        content: ClipContent::Midi(notes.into()),
        length: TimeValue::Ticks(Ticks(10_000)),
        ..crate::rig::clip("keys", 0, 1)
    });
    rig
}

#[test]
fn a_locate_into_a_note_plays_it_where_it_is_chased() {
    let rig = held();
    let render = |chase, swap: bool| {
        let mut executor = Executor::new(rig.plan(), CONFIG).expect("runs");
        executor.locate(1_000, chase);
        if swap {
            let mut other = Executor::new(rig.plan(), CONFIG).expect("runs");
            other.take_over(&executor);
            executor = other;
        }
        let mut out = vec![0.0; 2 * 6_000];
        executor.run_block(&mut out).expect("runs");
        out
    };
    let mut whole = vec![0.0; 2 * 6_000];
    Executor::new(rig.plan(), CONFIG).expect("runs").run_block(&mut whole).expect("runs");
    let chased = render(Chase::ControllersAndNotes, false);
    // The note starts anew at the place, and ends where it ended: 3,800 samples later.
    assert_eq!(chased[..2 * 3_800], whole[..2 * 3_800]);
    assert!(chased[2 * 3_800..].iter().all(|sample| *sample == 0.0));
    assert!(render(Chase::Controllers, false).iter().all(|sample| *sample == 0.0));
    // Also where another plan takes over before anything was heard.
    assert_eq!(render(Chase::ControllersAndNotes, true), chased);
}
