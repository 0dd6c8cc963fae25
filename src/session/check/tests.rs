//! Tests of the checks: each slip of a good session, and the one problem it makes.

use serde_json::{Value, json};

use crate::session::Session;

/// A session with a bit of everything, and nothing wrong with it.
fn good() -> Value {
    json!({
        "format": "wavemill-session", "version": 1, "name": "x", "sample_rate": 48000,
        "tempo": [{"at": 0, "bpm": 120.0}, {"at": 61440, "bpm": 60.0, "shape": "ramp"}],
        "signatures": [{"bar": 1, "numerator": 4, "denominator": 4}],
        "tracks": [
            {
                "id": "kick", "name": "Kick", "kind": "audio", "output": "drums",
                "inserts": [
                    {"id": "eq", "processor": "equaliser", "parameters": {"gain_db": 3}},
                    {"id": "amp", "processor": "plugin", "plugin": {"format": "clap", "id": "org.amp"}},
                    {"id": "squash", "processor": "compressor", "sidechain": {"from": "keys"},
                     "sidechains": {"far": {"from": "keys"}}, "outputs": {"low": "drums", "high": "hall"}}
                ],
                "sends": [{"id": "hall", "to": "hall"}, {"id": "room", "to": "room"}],
                "take_lanes": [{"id": "one", "name": "One"}, {"id": "two", "name": "Two"}],
                "active_take_lane": "one",
                "clips": [
                    {"id": "a", "content": {"audio": {"file": "audio/a.wav"}}, "start": {"ticks": 0},
                     "length": {"ticks": 15360}, "fade_in": {"length": 24000}, "take_lane": "two"},
                    {"id": "b", "content": {"audio": {"file": "audio/b.wav"}},
                     "start": {"samples": 5}, "length": {"samples": 100}}
                ],
                "lanes": [
                    {"id": "level", "target": "volume", "points": [
                        {"at": {"ticks": 0}, "value": 0}, {"at": {"samples": 24000}, "value": -6},
                        {"at": {"ticks": 15361}, "value": 0}]},
                    {"id": "tone", "target": "inserts/eq/gain_db"},
                    {"id": "wet", "target": "sends/hall/level"}
                ]
            },
            {
                "id": "keys", "name": "Keys", "kind": "instrument",
                "clips": [{"id": "c", "start": {"ticks": 0}, "length": {"ticks": 61440}, "content":
                    {"notes": [{"at": 0, "length": 10, "key": 60}, {"at": 0, "length": 10, "key": 64},
                               {"at": 9, "length": 10, "key": 0, "velocity": 1}]}}]
            },
            {"id": "drums", "name": "Drums", "kind": "group"},
            {"id": "hall", "name": "Hall", "kind": "return"},
            {"id": "room", "name": "Room", "kind": "return"}
        ],
        "master": {"inserts": [{"id": "limit", "processor": "limiter"}],
                   "lanes": [{"id": "fade", "target": "volume"}]},
        "vcas": [{"id": "all", "name": "All", "members": ["kick", "keys"],
                  "lanes": [{"id": "fade", "target": "volume"}]}],
        "groups": [{"id": "band", "name": "Band", "kind": "mix", "members": ["kick", "keys"]}],
        "markers": [{"id": "top", "name": "Top", "at": {"ticks": 0}}],
        "sections": [{"id": "verse", "name": "Verse", "start": 0, "length": 61440}]
    })
}

/// The good session with `value` at `pointer`, which ends in `-` to append to an array.
fn changed(pointer: &str, value: Value) -> Session {
    let mut document = good();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        parent => parent[last] = value,
    }
    Session::from_json(document.to_string().as_bytes()).unwrap()
}

/// The one problem of the changed session, as text.
fn problem(pointer: &str, value: Value) -> String {
    let problems = changed(pointer, value).check();
    assert_eq!(problems.len(), 1, "{pointer}: {problems:?}");
    problems[0].to_string()
}

/// Each change makes one problem, which starts as given.
fn each(cases: &[(&str, Value, &str)]) {
    for (pointer, value, start) in cases {
        let problem = problem(pointer, value.clone());
        assert!(problem.starts_with(start), "{pointer} = {value}\n{problem}\n{start}");
    }
}

#[test]
fn a_good_session_has_no_problems() {
    assert_eq!(Session::from_json(good().to_string().as_bytes()).unwrap().check(), []);
}

#[test]
fn duplicate_ids_are_found_in_each_scope() {
    let both = |from: &str, to: &str, start: &str| {
        let document = good();
        let twin = document.pointer(from).unwrap().clone();
        let problem = problem(to, twin);
        assert!(problem.starts_with(start), "{problem}");
        assert!(problem.ends_with("give each its own"), "{problem}");
    };
    both(
        "/tracks/4",
        "/tracks/-",
        "tracks/room: elements 4 and 5 (counted from 0) both have the id 'room'",
    );
    both("/tracks/0/inserts/0", "/tracks/0/inserts/-", "tracks/kick/inserts/eq: elements 0 and 3");
    both("/tracks/0/sends/0", "/tracks/0/sends/-", "tracks/kick/sends/hall: ");
    both("/tracks/0/take_lanes/1", "/tracks/0/take_lanes/-", "tracks/kick/take_lanes/two: ");
    both("/tracks/0/clips/1", "/tracks/0/clips/-", "clips/b: ");
    both("/vcas/0", "/vcas/-", "vcas/all: ");
    both("/groups/0", "/groups/-", "groups/band: ");
    both("/markers/0", "/markers/-", "markers/top: ");
    both("/sections/0", "/sections/-", "sections/verse: ");
    // Clips are unique in the session, whatever their tracks.
    each(&[
        ("/tracks/1/clips/0/id", json!("a"), "clips/a: elements 0 and 2"),
        ("/tracks/0/lanes/1/id", json!("wet"), "tracks/kick/lanes/wet: elements 1 and 2"),
        ("/vcas/0/members/1", json!("kick"), "vcas/all/members/kick: elements 0 and 1"),
    ]);
}

#[test]
fn reserved_ids_are_refused() {
    for id in ["master", "none"] {
        let track = json!({"id": id, "name": "", "kind": "audio"});
        let expected = format!("tracks/{id}: the id '{id}' is reserved: choose another");
        assert_eq!(problem("/tracks/-", track), expected);
    }
}

#[test]
fn absurd_values_are_refused_with_their_range() {
    let tempo = "tempo/1: tempo point 1 says 10000 bpm: use 5 to 999";
    each(&[
        ("/tempo/1/bpm", json!(10_000), tempo),
        ("/tempo/0/at", json!(1), "tempo/0: the first tempo point is at tick 1"),
        ("/tempo/1/at", json!(0), "tempo/1: tempo point 1 at tick 0 does not come after"),
        ("/signatures/0/bar", json!(2), "signatures/0: the first signature is at bar 2"),
        ("/signatures/0/denominator", json!(3), "signatures/0: signature 0 says 4/3"),
        (
            "/tracks/0/volume_db",
            json!(400),
            "tracks/kick/volume_db: 400 is out of range: use -144 to 36 dB",
        ),
        ("/tracks/0/pan", json!(-1.01), "tracks/kick/pan: -1.01 is out of range: use -1 to 1"),
        ("/tracks/0/sends/0/level_db", json!(-145), "tracks/kick/sends/hall/level_db: -145"),
        ("/tracks/0/sends/0/pan", json!(2), "tracks/kick/sends/hall/pan: 2"),
        ("/master/volume_db", json!(37), "master/volume_db: 37"),
        ("/master/pan", json!(37), "master/pan: 37"),
        ("/vcas/0/volume_db", json!(37), "vcas/all/volume_db: 37"),
        ("/plugin_block", json!(15), "plugin_block: 15 is out of range: use 16 to 8192 frames"),
        ("/click", json!({"count_in_bars": 65}), "click/count_in_bars: 65"),
        ("/click", json!({"level_db": 65}), "click/level_db: 65"),
        (
            "/name",
            json!("x".repeat(1_025)),
            "name: the text is 1025 bytes long: shorten it to 1024",
        ),
        ("/sections/0/length", json!(0), "sections/verse/length: the length is 0: it must be more"),
        ("/markers/0/at", json!({"ticks": -1}), "markers/top/at: -1 lies before the timeline"),
        ("/markers/0/at", json!({"samples": (1_i64 << 40) + 1}), "markers/top/at: reaches beyond"),
        ("/markers/0/at", json!({"ticks": i64::MAX}), "markers/top/at: reaches beyond"),
    ]);
}

#[test]
fn numbers_that_are_none_are_refused() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut session = Session::from_json(good().to_string().as_bytes()).unwrap();
        session.tracks[0].volume_db = value;
        let point = session.tracks[0].lanes[0].points[0].clone();
        session.tracks[0].lanes[1].points.push(point);
        session.tracks[0].lanes[1].points[0].value = value;
        let number = crate::session::ParameterValue::Number(value);
        session.tracks[0].inserts[0].parameters.insert("q".to_owned(), number);
        session.tempo[1].bpm = value;
        let paths: Vec<String> = session.check().into_iter().map(|problem| problem.path).collect();
        let lane = "tracks/kick/lanes/tone/points/0/value";
        assert_eq!(
            paths,
            ["tempo/1", "tracks/kick/volume_db", "tracks/kick/inserts/eq/parameters/q", lane]
        );
    }
}

#[test]
fn references_to_nothing_list_the_valid_choices() {
    each(&[
        (
            "/tracks/0/sends/0/to",
            json!("cave"),
            "tracks/kick/sends/hall/to: there is no track 'cave': send to a return; the returns are hall, room",
        ),
        (
            "/tracks/0/sends/0/to",
            json!("keys"),
            "tracks/kick/sends/hall/to: 'keys' is an instrument track",
        ),
        (
            "/tracks/0/output",
            json!("hall"),
            "tracks/kick/output: 'hall' is a return: use master, none or a group; the groups are drums",
        ),
        ("/tracks/0/output", json!("nowhere"), "tracks/kick/output: there is no track 'nowhere'"),
        (
            "/tracks/0/inserts/2/sidechain/from",
            json!("bas"),
            "tracks/kick/inserts/squash/sidechain/from: there is no track 'bas' to hear: the tracks are drums, hall, keys, kick, room",
        ),
        (
            "/tracks/0/inserts/2/sidechains/far/from",
            json!("bas"),
            "tracks/kick/inserts/squash/sidechains/far/from: there is no track 'bas' to hear: the tracks are drums, hall, keys, kick, room",
        ),
        (
            "/tracks/0/inserts/2/outputs/low",
            json!("keys"),
            "tracks/kick/inserts/squash/outputs/low: 'keys' is an instrument track: route the output to a group or a return; the groups and returns are drums, hall, room",
        ),
        (
            "/tracks/0/inserts/2/outputs/high",
            json!("cave"),
            "tracks/kick/inserts/squash/outputs/high: there is no track 'cave': route",
        ),
        (
            "/master/inserts/0/outputs",
            json!({"low": "drums"}),
            "master/inserts/limit/outputs: are routed, but the master's signal goes nowhere else: leave them out",
        ),
        ("/vcas/0/members/0", json!("bas"), "vcas/all/members/bas: there is no track 'bas'"),
        ("/groups/0/members/0", json!("bas"), "groups/band/members/bas: there is no track 'bas'"),
        (
            "/tracks/0/active_take_lane",
            json!("three"),
            "tracks/kick/active_take_lane: there is no take lane 'three': the take lanes are one, two",
        ),
        (
            "/tracks/0/clips/0/take_lane",
            json!("six"),
            "tracks/kick/clips/a/take_lane: there is no take",
        ),
        (
            "/tracks/1/clips/0/take_lane",
            json!("six"),
            "tracks/keys/clips/c/take_lane: there is no take lane 'six': there are no take lanes",
        ),
        (
            "/tracks/0/lanes/1/target",
            json!("inserts/equ/gain"),
            "tracks/kick/lanes/tone/target: there is no insert 'equ' here: the inserts are eq, amp, squash",
        ),
        (
            "/tracks/0/lanes/2/target",
            json!("sends/attic/mute"),
            "tracks/kick/lanes/wet/target: there is no send 'attic' here: the sends are hall, room",
        ),
        (
            "/tracks/0/lanes/2/target",
            json!("volume"),
            "tracks/kick/lanes/wet/target: another lane drives volume",
        ),
        (
            "/master/lanes/0/target",
            json!("mute"),
            "master/lanes/fade/target: the master has no mute",
        ),
        (
            "/master/lanes/0/target",
            json!("sends/hall/pan"),
            "master/lanes/fade/target: there is no send 'hall' here: there are no sends",
        ),
        ("/vcas/0/lanes/0/target", json!("pan"), "vcas/all/lanes/fade/target: a VCA has no pan"),
    ]);
}

#[test]
fn many_choices_are_cut_short() {
    let mut document = good();
    let tracks = document["tracks"].as_array_mut().unwrap();
    for index in 0..20 {
        tracks.push(json!({"id": format!("z{index:02}"), "name": "", "kind": "return"}));
    }
    document["tracks"][0]["sends"][0]["to"] = json!("cave");
    let session = Session::from_json(document.to_string().as_bytes()).unwrap();
    let what = session.check()[0].what.clone();
    assert!(what.ends_with("the returns are hall, room, z00, z01, z02, z03, z04, z05, z06, z07, z08, z09 and 10 more"), "{what}");
}

#[test]
fn clips_are_checked() {
    let notes = json!({"notes": []});
    let audio = json!({"audio": {"file": "a.wav"}});
    let of = |field: &str, value: Value| {
        let mut audio = json!({"file": "a.wav"});
        audio[field] = value;
        json!({"audio": audio})
    };
    let content = "/tracks/0/clips/1/content";
    each(&[
        (
            "/tracks/0/clips/1/length",
            json!({"samples": -5}),
            "tracks/kick/clips/b/length: the length is -5: it must be more than 0",
        ),
        (
            "/tracks/0/clips/1/length",
            json!({"ticks": 0}),
            "tracks/kick/clips/b/length: the length is 0",
        ),
        (
            "/tracks/0/clips/1/length",
            json!({"ticks": i64::MAX}),
            "tracks/kick/clips/b/length: reaches beyond",
        ),
        (
            "/tracks/0/clips/1/start",
            json!({"samples": -5}),
            "tracks/kick/clips/b/start: -5 lies before",
        ),
        (
            "/tracks/0/clips/1/start",
            json!({"samples": 1_i64 << 41}),
            "tracks/kick/clips/b/start: reaches beyond",
        ),
        ("/tracks/0/clips/1/gain_db", json!(400), "tracks/kick/clips/b/gain_db: 400"),
        (
            "/tracks/0/clips/0/fade_in/length",
            json!(24_001),
            "tracks/kick/clips/a/fade_in/length: a fade of 24001 samples does not fit the clip: use 0 to 24000",
        ),
        (
            "/tracks/0/clips/1/fade_out",
            json!({"length": -1}),
            "tracks/kick/clips/b/fade_out/length: a fade of -1",
        ),
        (content, notes, "tracks/kick/clips/b/content: MIDI on an audio track"),
        (
            "/tracks/1/clips/0/content",
            audio.clone(),
            "tracks/keys/clips/c/content: audio on an instrument",
        ),
        (
            "/tracks/2/clips",
            json!([{"id": "d", "content": audio, "start": {"ticks": 0}, "length": {"ticks": 1}}]),
            "tracks/drums/clips/d/content: groups and returns play no clips",
        ),
        (content, of("file", json!("")), "tracks/kick/clips/b/content/audio/file: is empty"),
        (
            content,
            of("file", json!("x".repeat(5_000))),
            "tracks/kick/clips/b/content/audio/file: the text is 5000",
        ),
        (content, of("offset", json!(-1)), "tracks/kick/clips/b/content/audio/offset: -1"),
        (content, of("loop_length", json!(0)), "tracks/kick/clips/b/content/audio/loop_length: 0"),
        (
            content,
            of("stretch", json!(0)),
            "tracks/kick/clips/b/content/audio/stretch: 0 is out of range: use 0.1 to 10",
        ),
        (
            content,
            of("pitch_semitones", json!(49)),
            "tracks/kick/clips/b/content/audio/pitch_semitones: 49",
        ),
    ]);
}

#[test]
fn notes_are_checked() {
    let note = "/tracks/1/clips/0/content/notes/2";
    let path = "tracks/keys/clips/c/content/midi/notes/2";
    let each_note = |cases: &[(&str, i64, &str)]| {
        for (field, value, what) in cases {
            let expected = format!("{path}{what}");
            each(&[(&format!("{note}/{field}"), json!(value), &expected)]);
        }
    };
    each_note(&[
        ("length", 0, "/length: 0 is out of range"),
        ("length", -9, "/length: -9 is out of range"),
        ("key", 128, "/key: 128 is no key: use 0 to 127"),
        ("velocity", 0, "/velocity: 0 is no velocity: use 1 to 127"),
        ("velocity", 128, "/velocity: 128"),
        ("at", i64::MAX, "/at: 9223372036854775807 is out of range"),
        ("at", 0, ": comes before the note ahead of it"),
    ]);
}

#[test]
fn automation_points_are_in_order_and_in_range() {
    let points = "/tracks/0/lanes/0/points";
    let path = "tracks/kick/lanes/level/points";
    // Tick 15360 falls on sample 24000, where the point before is, and tick 15359 ahead of it.
    each(&[(
        &format!("{points}/2/at"),
        json!({"ticks": 15_359}),
        &format!("{path}/2/at: lies before"),
    )]);
    assert_eq!(changed(&format!("{points}/2/at"), json!({"ticks": 15_360})).check(), []);
    each(&[
        (&format!("{points}/1/value"), json!(37), &format!("{path}/1/value: 37 is out of range")),
        (&format!("{points}/1/curvature"), json!(1.5), &format!("{path}/1/curvature: 1.5")),
        (&format!("{points}/0/at"), json!({"ticks": -1}), &format!("{path}/0/at: -1 lies before")),
    ]);
    let lane = |target: &str, value: f64| json!({"id": "new", "target": target, "points": [{"at": {"ticks": 0}, "value": value}]});
    let value = "tracks/kick/lanes/new/points/0/value: ";
    each(&[
        ("/tracks/0/lanes/-", lane("mute", 0.5), &format!("{value}0.5 is neither 0")),
        (
            "/tracks/0/lanes/-",
            lane("pan", 1.5),
            &format!("{value}1.5 is out of range: use -1 to 1"),
        ),
        (
            "/tracks/0/lanes/-",
            lane("sends/room/level", 99.0),
            &format!("{value}99 is out of range"),
        ),
    ]);
}

#[test]
fn a_plugin_slot_is_there_exactly_where_it_is_needed() {
    let slot = json!({"format": "clap", "id": "org.amp"});
    let with = |field: &str, value: Value| {
        let mut slot = slot.clone();
        slot[field] = value;
        slot
    };
    let place = "/tracks/0/inserts/1/plugin";
    each(&[
        (place, Value::Null, "tracks/kick/inserts/amp/plugin: is missing"),
        (
            "/tracks/0/inserts/0/plugin",
            slot.clone(),
            "tracks/kick/inserts/eq/plugin: is given, but the processor is 'equaliser'",
        ),
        (place, with("id", json!("")), "tracks/kick/inserts/amp/plugin/id: is empty"),
        (
            place,
            with("vendor", json!("x".repeat(1_025))),
            "tracks/kick/inserts/amp/plugin/vendor: the text",
        ),
        (
            place,
            with("state_sha256", json!("AB")),
            "tracks/kick/inserts/amp/plugin/state_sha256: is no SHA-256",
        ),
    ]);
    let digest = "0123456789abcdef".repeat(4);
    assert_eq!(changed(place, with("state_sha256", json!(digest))).check(), []);
}

#[test]
fn counts_beyond_the_limits_are_refused() {
    use crate::session::limits::{MAX_INSERTS, MAX_LANES, MAX_PORTS, MAX_SENDS};
    let many = |count: usize, of: &dyn Fn(usize) -> Value| (0..count).map(of).collect::<Value>();
    let insert = |index: usize| json!({"id": format!("i{index}"), "processor": "gain"});
    let send = |index: usize| json!({"id": format!("s{index}"), "to": "hall"});
    let ports = |count: usize, to: &Value| -> Value {
        (0..count).map(|index| (format!("p{index}"), to.clone())).collect()
    };
    let lane = |index: usize| json!({"id": format!("l{index}"), "target": format!("inserts/limit/p{index}")});
    each(&[
        (
            "/tracks/1/inserts",
            many(MAX_INSERTS + 1, &insert),
            "tracks/keys/inserts: there are 257 of them",
        ),
        ("/tracks/1/sends", many(MAX_SENDS + 1, &send), "tracks/keys/sends: there are 257 of them"),
        ("/master/lanes", many(MAX_LANES + 1, &lane), "master/lanes: there are 4097 of them"),
        (
            "/tracks/0/inserts/2/outputs",
            ports(MAX_PORTS + 1, &json!("hall")),
            "tracks/kick/inserts/squash/outputs: there are 65 of them",
        ),
        (
            "/tracks/0/inserts/2/sidechains",
            ports(MAX_PORTS + 1, &json!({"from": "keys"})),
            "tracks/kick/inserts/squash/sidechains: there are 65 of them",
        ),
    ]);
    let outputs = ports(MAX_PORTS, &json!("hall"));
    assert_eq!(changed("/tracks/0/inserts/2/outputs", outputs).check(), []);
    assert_eq!(changed("/master/lanes", many(MAX_LANES, &lane)).check(), []);
    assert_eq!(changed("/tracks/1/inserts", many(MAX_INSERTS, &insert)).check(), []);
}

#[test]
fn a_flood_of_problems_is_counted_not_listed() {
    let notes: Value =
        (0..1_000).map(|_| json!({"at": 0, "length": 1, "key": 200, "velocity": 200})).collect();
    let problems = changed("/tracks/1/clips/0/content/notes", notes).check();
    assert_eq!(problems.len(), 101);
    assert_eq!(
        problems[100].to_string(),
        "session: and 1900 more problems: correct those above first"
    );
}

#[test]
fn circles_are_named_whatever_closes_them() {
    let own = json!([{"id": "again", "to": "room"}]);
    assert_eq!(
        problem("/tracks/4/sends", own),
        "tracks/room: signals run in a circle, tracks/room -> tracks/room: remove one of these \
         outputs, sends or sidechains"
    );
    let own = json!({"id": "duck", "processor": "compressor", "sidechain": {"from": "kick"}});
    let said = problem("/tracks/0/inserts/-", own);
    assert!(said.contains("in a circle, tracks/kick -> tracks/kick: "), "{said}");
    // kick plays into drums, which kick's compressor then hears.
    let said = problem("/tracks/0/inserts/2/sidechain", json!({"from": "drums"}));
    assert!(said.contains("in a circle, tracks/kick -> tracks/drums -> tracks/kick: "), "{said}");
    let said = problem("/tracks/2/output", json!("drums"));
    assert!(said.contains("in a circle, tracks/drums -> tracks/drums: "), "{said}");
}

/// As for the compiler, a bypassed insert hears nothing.
#[test]
fn the_sidechain_of_a_bypassed_insert_closes_no_circle() {
    let own = json!({"id": "duck", "processor": "compressor", "bypass": true,
        "sidechain": {"from": "kick"}});
    assert_eq!(changed("/tracks/0/inserts/-", own).check(), []);
}
