//! Random sessions for property tests: small, of every feature, and free of problems.
//!
//! Strategies are boxed, or their types would take minutes to compile.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{
    AudioContent, AutomationLane, AutomationMode, AutomationPoint, AutomationShape,
    AutomationTarget, ChannelLayout, Click, Clip, ClipContent, ClipId, ControllerLane,
    ControllerPoint, ControllerShape, ControllerTarget, ExpressionKind, ExpressionPoint, Fade,
    FadeCurve, Frozen, Group, GroupId, GroupKind, Insert, InsertId, LaneId, Marker, MarkerId,
    Master, MidiContent, Note, NoteOverlap, OutputTarget, PLUGIN_PROCESSOR, PanLaw, ParameterValue,
    PluginFormat, PluginSlot, Section, SectionId, Send, SendId, Session, Sidechain, SignaturePoint,
    SystemExclusive, TakeLane, TakeLaneId, Tap, TempoPoint, TempoShape, TimeValue, Track, TrackId,
    TrackKind, Vca, VcaId,
};
use crate::time::{SampleRate, Samples, Ticks};

/// Positions stay below this, in ticks or samples.
const FURTHEST: i64 = 10_000_000;

/// A session that [`Session::check`] finds nothing wrong with.
pub(crate) fn session() -> BoxedStrategy<Session> {
    let head = (text(), 8_000..=384_000_u32, 16..=8_192_u32, pan_law(), any::<u64>());
    let time = (tempo(), signatures(), markers(), sections(), click());
    let mixer = (vec(track(), 0..6), master(), vec(vca(), 0..3), vec(group(), 0..3));
    (head, time, mixer, any::<bool>())
        .prop_map(|(head, time, mixer, upwards)| {
            let (name, hz, plugin_block, pan_law, seed) = head;
            let mut session = Session::new(name, SampleRate::new(hz).unwrap());
            (session.plugin_block, session.pan_law, session.seed) = (plugin_block, pan_law, seed);
            (session.tempo, session.signatures, session.markers, session.sections, session.click) =
                time;
            let (drafts, master, vcas, groups) = mixer;
            (session.master, session.vcas, session.groups) = (master, vcas, groups);
            link(&mut session, drafts, upwards);
            session
        })
        .boxed()
}

/// A track whose references are still numbers.
#[derive(Clone, Debug)]
struct Draft {
    track: Track,
    output: Index,
    sends: Vec<(Send, Index)>,
    lanes: Vec<(AutomationLane, Index)>,
    sidechain: Option<(Index, Tap)>,
    /// Of the last insert: further sidechains and outputs, by port.
    ports: BTreeMap<String, (Index, Tap)>,
    takes: Vec<Index>,
}

/// Gives everything its id, and references something to refer to. Signals flow towards higher
/// indices, or lower ones where `upwards` is false, so that they never run in a circle.
fn link(session: &mut Session, drafts: Vec<Draft>, upwards: bool) {
    let id = |index: usize| TrackId::new(format!("track-{index}")).unwrap();
    let kinds: Vec<TrackKind> = drafts.iter().map(|draft| draft.track.kind).collect();
    let feeds = |from: usize, to: usize| if upwards { from < to } else { from > to };
    let fed_by = |from: usize, kind| -> Vec<TrackId> {
        let found = kinds.iter().enumerate();
        let found = found.filter(|(to, found)| **found == kind && feeds(from, *to));
        found.map(|(index, _)| id(index)).collect()
    };
    let all: Vec<TrackId> = (0..drafts.len()).map(id).collect();
    for (index, draft) in drafts.into_iter().enumerate() {
        let Draft { mut track, output, sends, lanes, sidechain, ports, takes } = draft;
        track.id = id(index);
        let mut outputs = vec![OutputTarget::Master, OutputTarget::None];
        outputs.extend(fed_by(index, TrackKind::Group).into_iter().map(OutputTarget::Group));
        track.output = output.get(&outputs).clone();
        let returns = fed_by(index, TrackKind::Return);
        if !returns.is_empty() {
            let sends = sends.into_iter().enumerate();
            track.sends = sends
                .map(|(number, (mut send, to))| {
                    send.id = SendId::new(format!("send-{number}")).unwrap();
                    send.to = to.get(&returns).clone();
                    send
                })
                .collect();
        }
        let heard: Vec<TrackId> =
            (0..kinds.len()).filter(|from| feeds(*from, index)).map(id).collect();
        if let (Some(insert), Some((from, tap)), false) =
            (track.inserts.last_mut(), sidechain, heard.is_empty())
        {
            insert.sidechain = Some(Sidechain { from: from.get(&heard).clone(), tap });
        }
        if let Some(insert) = track.inserts.last_mut() {
            let groups = fed_by(index, TrackKind::Group);
            let buses: Vec<&TrackId> = groups.iter().chain(&returns).collect();
            for (port, (index, tap)) in ports {
                if !buses.is_empty() {
                    insert.outputs.insert(port.clone(), (*index.get(&buses)).clone());
                }
                if !heard.is_empty() {
                    let from = index.get(&heard).clone();
                    insert.sidechains.insert(port, Sidechain { from, tap });
                }
            }
        }
        for (number, (clip, take)) in track.clips.iter_mut().zip(takes).enumerate() {
            clip.id = ClipId::new(format!("clip-{index}-{number}")).unwrap();
            clip.take_lane = match track.take_lanes.len() {
                0 => None,
                lanes => {
                    take.index(lanes + 1).checked_sub(1).map(|n| track.take_lanes[n].id.clone())
                }
            };
        }
        for (number, (mut lane, target)) in lanes.into_iter().enumerate() {
            lane.id = LaneId::new(format!("lane-{number}")).unwrap();
            lane.target = target.get(&targets(&track)).clone();
            if track.lanes.iter().all(|other| other.target != lane.target) {
                track.lanes.push(lane);
            }
        }
        if matches!(track.kind, TrackKind::Group | TrackKind::Return)
            || track.inserts.iter().any(|insert| !insert.outputs.is_empty())
        {
            track.frozen = None;
        }
        session.tracks.push(track);
    }
    let members = |members: &mut Vec<TrackId>| members.retain(|id| all.contains(id));
    for (number, vca) in session.vcas.iter_mut().enumerate() {
        vca.id = VcaId::new(format!("vca-{number}")).unwrap();
        members(&mut vca.members);
    }
    for (number, group) in session.groups.iter_mut().enumerate() {
        group.id = GroupId::new(format!("group-{number}")).unwrap();
        members(&mut group.members);
    }
}

/// What a lane of `track` can drive; the points' values suit all of them.
fn targets(track: &Track) -> Vec<AutomationTarget> {
    let mut targets = vec![AutomationTarget::Volume, AutomationTarget::Pan, AutomationTarget::Mute];
    for insert in &track.inserts {
        let (insert, parameter) = (insert.id.clone(), "amount".to_owned());
        targets.push(AutomationTarget::Insert { insert, parameter });
    }
    for send in &track.sends {
        targets.push(AutomationTarget::SendLevel(send.id.clone()));
        targets.push(AutomationTarget::SendPan(send.id.clone()));
        targets.push(AutomationTarget::SendMute(send.id.clone()));
    }
    targets
}

/// Names with everything JSON has to escape.
fn text() -> BoxedStrategy<String> {
    prop_oneof!["[a-zA-Z ]{0,12}", "[\\PC\"\\\\\n\t{}\\[\\],:]{0,12}"].boxed()
}

fn db() -> BoxedStrategy<f64> {
    prop_oneof![Just(0.0), -144.0..=36.0, (-24_i8..=12).prop_map(f64::from)].boxed()
}

fn pan() -> BoxedStrategy<f64> {
    prop_oneof![Just(0.0), Just(-0.0), -1.0..=1.0].boxed()
}

fn position() -> BoxedStrategy<TimeValue> {
    (0..FURTHEST, any::<bool>()).prop_map(|(at, ticks)| time_value(at, ticks)).boxed()
}

fn length() -> BoxedStrategy<TimeValue> {
    (1..FURTHEST, any::<bool>()).prop_map(|(at, ticks)| time_value(at, ticks)).boxed()
}

fn time_value(value: i64, ticks: bool) -> TimeValue {
    if ticks { TimeValue::Ticks(Ticks(value)) } else { TimeValue::Samples(Samples(value)) }
}

fn tap() -> BoxedStrategy<Tap> {
    prop_oneof![Just(Tap::PreFader), Just(Tap::PostFader)].boxed()
}

fn pan_law() -> BoxedStrategy<PanLaw> {
    use PanLaw::{Minus3, Minus4Point5, Minus6, Zero};
    prop_oneof![Just(Zero), Just(Minus3), Just(Minus4Point5), Just(Minus6)].boxed()
}

fn tempo() -> BoxedStrategy<Vec<TempoPoint>> {
    let shape = prop_oneof![Just(TempoShape::Step), Just(TempoShape::Ramp)];
    vec((1..1_000_000_i64, 5.0..=999.0, shape), 0..5)
        .prop_map(|changes| {
            let mut next = 0;
            let points = changes.into_iter().map(|(ticks, bpm, shape)| {
                let at = Ticks(next);
                next += ticks;
                TempoPoint { at, bpm, shape }
            });
            points.collect()
        })
        .boxed()
}

fn signatures() -> BoxedStrategy<Vec<SignaturePoint>> {
    vec((1..50_u32, 1..=64_u32, 0..=6_u32), 0..4)
        .prop_map(|changes| {
            let mut next = 1;
            let points = changes.into_iter().map(|(bars, numerator, power)| {
                let bar = next;
                next += bars;
                SignaturePoint { bar, numerator, denominator: 1 << power }
            });
            points.collect()
        })
        .boxed()
}

fn markers() -> BoxedStrategy<Vec<Marker>> {
    vec((text(), position()), 0..4)
        .prop_map(|markers| {
            let numbered = markers.into_iter().enumerate();
            let marker = |(number, (name, at))| Marker {
                id: MarkerId::new(format!("marker-{number}")).unwrap(),
                name,
                at,
            };
            numbered.map(marker).collect()
        })
        .boxed()
}

fn sections() -> BoxedStrategy<Vec<Section>> {
    vec((text(), 0..FURTHEST, 1..FURTHEST), 0..4)
        .prop_map(|sections| {
            let numbered = sections.into_iter().enumerate();
            let section = |(number, (name, start, length))| Section {
                id: SectionId::new(format!("section-{number}")).unwrap(),
                name,
                start: Ticks(start),
                length: Ticks(length),
            };
            numbered.map(section).collect()
        })
        .boxed()
}

fn click() -> BoxedStrategy<Click> {
    (any::<bool>(), db(), any::<bool>(), 0..=64_u32)
        .prop_map(|(enabled, level_db, accent, count_in_bars)| Click {
            enabled,
            level_db,
            accent,
            count_in_bars,
        })
        .boxed()
}

fn members() -> BoxedStrategy<Vec<TrackId>> {
    proptest::sample::subsequence((0..6).collect::<Vec<_>>(), 0..=4)
        .prop_map(|numbers| {
            numbers.into_iter().map(|n: i32| TrackId::new(format!("track-{n}")).unwrap()).collect()
        })
        .boxed()
}

fn vca() -> BoxedStrategy<Vca> {
    (text(), db(), any::<bool>(), members(), option::of(lane()))
        .prop_map(|(name, volume_db, mute, members, lane)| Vca {
            id: VcaId::new("v").unwrap(),
            name,
            volume_db,
            mute,
            members,
            lanes: lane.into_iter().collect(),
        })
        .boxed()
}

fn group() -> BoxedStrategy<Group> {
    let kind = prop_oneof![Just(GroupKind::Edit), Just(GroupKind::Mix)];
    (text(), kind, any::<bool>(), members())
        .prop_map(|(name, kind, active, members)| Group {
            id: GroupId::new("g").unwrap(),
            name,
            kind,
            active,
            members,
        })
        .boxed()
}

fn master() -> BoxedStrategy<Master> {
    (inserts(), db(), pan(), option::of(lane()))
        .prop_map(|(inserts, volume_db, pan, lane)| Master {
            inserts,
            volume_db,
            pan,
            lanes: lane.into_iter().collect(),
        })
        .boxed()
}

/// A lane on the volume, whose values suit every target.
fn lane() -> BoxedStrategy<AutomationLane> {
    use AutomationMode::{Latch, Off, Read, Touch, Write};
    let mode = prop_oneof![Just(Off), Just(Read), Just(Write), Just(Touch), Just(Latch)];
    let ticks = any::<bool>();
    (mode, ticks, vec((1..100_000_i64, point()), 0..6))
        .prop_map(|(mode, ticks, points)| {
            let mut next = 0;
            let points = points.into_iter().map(|(gap, mut point)| {
                point.at = time_value(next, ticks);
                next += gap;
                point
            });
            AutomationLane {
                id: LaneId::new("lane").unwrap(),
                target: AutomationTarget::Volume,
                mode,
                points: points.collect(),
            }
        })
        .boxed()
}

fn point() -> BoxedStrategy<AutomationPoint> {
    use AutomationShape::{Curved, Hold, Linear};
    let shape = prop_oneof![Just(Hold), Just(Linear), Just(Curved)];
    (any::<bool>(), shape, pan())
        .prop_map(|(high, shape, curvature)| AutomationPoint {
            at: TimeValue::default(),
            value: f64::from(u8::from(high)),
            shape,
            curvature,
        })
        .boxed()
}

fn inserts() -> BoxedStrategy<Vec<Insert>> {
    vec(insert(), 0..4)
        .prop_map(|mut inserts| {
            for (number, insert) in inserts.iter_mut().enumerate() {
                insert.id = InsertId::new(format!("insert-{number}")).unwrap();
            }
            inserts
        })
        .boxed()
}

fn insert() -> BoxedStrategy<Insert> {
    let finite = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let value = prop_oneof![
        finite.prop_map(ParameterValue::Number),
        (-1_000..1_000_i32).prop_map(|number| ParameterValue::Number(number.into())),
        "[a-z]{1,8}".prop_map(ParameterValue::Choice),
    ];
    let parameters = btree_map("[a-z_]{1,12}", value, 0..5);
    let preset = option::of("[a-z ]{1,12}");
    let file = option::weighted(0.2, "[a-z]{1,8}\\.sf2");
    ("[a-oq-z]{1,10}", option::of(plugin()), file, any::<bool>(), preset, parameters)
        .prop_map(|(processor, plugin, file, bypass, preset, parameters)| Insert {
            id: InsertId::new("insert").unwrap(),
            processor: if plugin.is_some() { PLUGIN_PROCESSOR.to_owned() } else { processor },
            preset: preset.filter(|_| plugin.is_none()),
            plugin,
            file,
            bypass,
            parameters,
            sidechain: None,
            sidechains: BTreeMap::new(),
            outputs: BTreeMap::new(),
        })
        .boxed()
}

fn plugin() -> BoxedStrategy<PluginSlot> {
    use PluginFormat::{Clap, Lv2, Vst3};
    let format = prop_oneof![Just(Clap), Just(Vst3), Just(Lv2)];
    let id = "[a-z.:/]{1,30}";
    (format, id, text(), text(), text(), option::of("[0-9a-f]{64}"), any::<bool>())
        .prop_map(|(format, id, name, vendor, version, state_sha256, mpe)| PluginSlot {
            format,
            id,
            name,
            vendor,
            version,
            state_sha256,
            mpe,
        })
        .boxed()
}

fn send() -> BoxedStrategy<(Send, Index)> {
    (tap(), db(), pan(), any::<bool>(), any::<Index>())
        .prop_map(|(tap, level_db, pan, mute, index)| {
            let (id, to) = (SendId::new("send").unwrap(), TrackId::new("return").unwrap());
            (Send { id, to, tap, level_db, pan, mute }, index)
        })
        .boxed()
}

fn track() -> BoxedStrategy<Draft> {
    use TrackKind::{Audio, Group, Instrument, Return};
    let kind = prop_oneof![Just(Audio), Just(Instrument), Just(Group), Just(Return)];
    let layout = prop_oneof![Just(ChannelLayout::Mono), Just(ChannelLayout::Stereo)];
    use NoteOverlap::{Keep, Legato, Retrigger};
    let overlap = prop_oneof![Just(Keep), Just(Retrigger), Just(Legato)];
    let head = (text(), kind, layout, db(), pan(), (any::<[bool; 4]>(), overlap));
    let parts = (
        inserts(),
        vec(send(), 0..3),
        vec((lane(), any::<Index>()), 0..3),
        vec((clip(), midi()), 0..4),
        vec(text(), 0..3),
    );
    let heard = || (any::<Index>(), tap());
    let ports = btree_map("[a-z]{1,4}", heard(), 0..3);
    let links = (any::<Index>(), option::of(heard()), ports, vec(any::<Index>(), 4));
    // Most tracks live, or most edits would be refused.
    let frozen = proptest::option::weighted(0.1, ("[a-z/]{1,20}\\.wav", 0..FURTHEST));
    let parts = (parts, frozen);
    (head, parts, links)
        .prop_map(|(head, parts, (output, sidechain, ports, takes))| {
            let (name, kind, layout, volume_db, pan, (switches, overlap)) = head;
            let [mute, solo, solo_safe, active] = switches;
            let ((inserts, sends, lanes, clips, take_names), frozen) = parts;
            let mut track = Track::new(TrackId::new("track").unwrap(), name, kind);
            (track.layout, track.volume_db, track.pan) = (layout, volume_db, pan);
            (track.mute, track.solo, track.solo_safe) = (mute, solo, solo_safe);
            track.note_overlap = overlap;
            track.inserts = inserts;
            track.frozen = frozen.map(|(file, tail)| Frozen { file, tail: Samples(tail) });
            if matches!(kind, Audio | Instrument) {
                track.clips = clips
                    .into_iter()
                    .map(|(mut clip, notes)| {
                        if kind == Instrument {
                            clip.content = ClipContent::Midi(notes);
                        }
                        clip
                    })
                    .collect();
            }
            let numbered = take_names.into_iter().enumerate();
            track.take_lanes = numbered
                .map(|(n, name)| TakeLane {
                    id: TakeLaneId::new(format!("take-{n}")).unwrap(),
                    name,
                })
                .collect();
            track.active_take_lane =
                track.take_lanes.last().filter(|_| active).map(|lane| lane.id.clone());
            Draft { track, output, sends, lanes, sidechain, ports, takes }
        })
        .boxed()
}

fn clip() -> BoxedStrategy<Clip> {
    let content = (
        "[a-z/]{1,20}\\.wav",
        0..FURTHEST,
        option::of(1..FURTHEST),
        any::<bool>(),
        0.1..=10.0_f64,
        -48.0..=48.0_f64,
    );
    let head = (text(), position(), length(), db(), any::<bool>(), (fade(), fade()));
    (head, content)
        .prop_map(|(head, content)| {
            let (name, start, length, gain_db, mute, (fade_in, fade_out)) = head;
            let (file, offset, loop_length, reverse, stretch, pitch_semitones) = content;
            // At 5 bpm a tick is never shorter than at 999, at 8 kHz never than a 64th of a sample.
            let shortest = match length {
                TimeValue::Samples(samples) => samples,
                TimeValue::Ticks(ticks) => Samples(ticks.0 / 64),
            };
            let fit = |mut fade: Fade| {
                fade.length = fade.length.min(shortest);
                fade
            };
            Clip {
                id: ClipId::new("clip").unwrap(),
                name,
                content: ClipContent::Audio(AudioContent {
                    file,
                    offset: Samples(offset),
                    loop_length: loop_length.map(Samples),
                    reverse,
                    stretch,
                    pitch_semitones,
                }),
                start,
                length,
                gain_db,
                fade_in: fit(fade_in),
                fade_out: fit(fade_out),
                mute,
                take_lane: None,
            }
        })
        .boxed()
}

fn midi() -> BoxedStrategy<MidiContent> {
    let head = (0..FURTHEST, option::of(1_000..FURTHEST));
    (vec(note(), 0..6), vec(controller(), 0..3), vec(system_exclusive(), 0..2), head)
        .prop_map(|(notes, mut controllers, system_exclusive, (offset, loop_length))| {
            controllers.sort_by_key(|lane| (lane.channel, lane.target));
            controllers.dedup_by_key(|lane| (lane.channel, lane.target));
            let mut content = MidiContent {
                notes,
                controllers,
                system_exclusive,
                offset: Ticks(offset),
                loop_length: loop_length.map(Ticks),
            };
            content.sort();
            content
        })
        .boxed()
}

fn note() -> BoxedStrategy<Note> {
    let bytes = (0..=127_u8, 1..=127_u8, 0..=127_u8, 0..=15_u8, any::<bool>());
    (0..FURTHEST, 1..FURTHEST, bytes, vec(expression(), 0..3))
        .prop_map(|(at, length, bytes, expression)| {
            let (key, velocity, release_velocity, channel, mute) = bytes;
            Note {
                release_velocity,
                channel,
                mute,
                expression,
                ..Note::new(Ticks(at), Ticks(length), key, velocity)
            }
        })
        .boxed()
}

fn expression() -> BoxedStrategy<ExpressionPoint> {
    use ExpressionKind::{Pan, Pressure, Timbre, Tuning, Volume};
    let kind = prop_oneof![Just(Tuning), Just(Pressure), Just(Timbre), Just(Volume), Just(Pan)];
    (0..FURTHEST, kind, 0.0..=1.0_f64)
        .prop_map(|(at, kind, value)| ExpressionPoint { at: Ticks(at), kind, value })
        .boxed()
}

fn controller() -> BoxedStrategy<ControllerLane> {
    let target = prop_oneof![
        (0..=127_u8).prop_map(ControllerTarget::Controller),
        (0..=16_382_u16).prop_map(ControllerTarget::Registered),
        Just(ControllerTarget::PitchBend),
        Just(ControllerTarget::Program),
    ];
    let point = (0..FURTHEST, 0..=1_u8, any::<bool>());
    (0..=15_u8, target, vec(point, 1..4))
        .prop_map(|(channel, target, points)| {
            let points = points.into_iter().map(|(at, value, linear)| ControllerPoint {
                at: Ticks(at),
                value: f64::from(value),
                shape: match linear && !target.is_selection() {
                    true => ControllerShape::Linear,
                    false => ControllerShape::Hold,
                },
            });
            ControllerLane { channel, target, points: points.collect() }
        })
        .boxed()
}

fn system_exclusive() -> BoxedStrategy<SystemExclusive> {
    (0..FURTHEST, vec(0..=127_u8, 0..8))
        .prop_map(|(at, bytes)| SystemExclusive { at: Ticks(at), bytes })
        .boxed()
}

fn fade() -> BoxedStrategy<Fade> {
    use FadeCurve::{EqualPower, Fast, Linear, Slow, Smooth};
    let curve = prop_oneof![Just(Linear), Just(EqualPower), Just(Slow), Just(Fast), Just(Smooth)];
    (0..100_000_i64, curve)
        .prop_map(|(length, curve)| Fade { length: Samples(length), curve })
        .boxed()
}
