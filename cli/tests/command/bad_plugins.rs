//! Files that are no plug-ins, plug-ins that are too much, and systems that refuse what workers want:
//! all of it is told, and none of it harms the host.

use std::process::Command;

use serde_json::{Value, json};

use crate::bundles::{Bundles, library};
use crate::hosting::{Studio, insert, ramp_track, samples};
use crate::support::{done_by, refused_by, run};

/// The head of an ELF file of 64 or 32 bits (2 or 1) for a machine by its number.
fn elf(class: u8, machine: u16) -> Vec<u8> {
    let mut head = b"\x7fELF".to_vec();
    // Least significant byte first, version 1, and a shared library.
    head.extend([class, 1, 1]);
    head.resize(16, 0);
    head.extend([3, 0]);
    head.extend(machine.to_le_bytes());
    head.resize(64, 0);
    head
}

/// The library of the test plug-ins, with one of those that it needs gone.
fn without_what_it_needs() -> Vec<u8> {
    const NEEDED: &[u8] = b"libgcc_s.so.1\0";
    let mut bytes = std::fs::read(library()).unwrap();
    let places: Vec<usize> =
        (0..bytes.len() - NEEDED.len()).filter(|at| bytes[*at..].starts_with(NEEDED)).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + 13].copy_from_slice(b"libgone_.so.1");
    }
    bytes
}

fn told(bundles: &Bundles, name: &str) -> (String, String) {
    let blocked = bundles.blocked();
    let found = blocked.iter().find(|(found, ..)| found == name);
    let (_, kind, what) = found.unwrap_or_else(|| panic!("no '{name}' in {blocked:?}"));
    (kind.clone(), what.clone())
}

#[test]
fn files_that_are_no_plug_ins_say_why() {
    let bundles = Bundles::new(&["gain"]);
    let put = |name: &str, bytes: &[u8]| std::fs::write(bundles.at(name), bytes).unwrap();
    let (bits, machine) = match std::env::consts::ARCH {
        "x86_64" => (62, 183),
        _ => (183, 62),
    };
    put("empty.clap", b"");
    put("text.clap", b"this is not what it should be, and it is long enough to be a head");
    put("old.clap", &elf(1, 3));
    put("other.clap", &elf(2, machine));
    put("head.clap", &elf(2, bits));
    let whole = std::fs::read(library()).unwrap();
    // The first part of it is its code.
    put("torn.clap", &whole[..100_000]);
    put("lacking.clap", &without_what_it_needs());
    std::fs::create_dir(bundles.at("folder.clap")).unwrap();
    std::fs::create_dir(bundles.at("empty.vst3")).unwrap();
    // Without a manifest a folder is no bundle at all.
    std::fs::create_dir(bundles.at("empty.lv2")).unwrap();
    let inside = bundles.at("old.vst3/Contents").join(format!("{}-linux", std::env::consts::ARCH));
    std::fs::create_dir_all(&inside).unwrap();
    std::fs::write(inside.join("old.so"), elf(1, 3)).unwrap();
    let summary = bundles.scan(&["--time-limit", "20"]);
    assert_eq!((&summary["bundles"], &summary["failed"]), (&json!(11), &json!(10)), "{summary}");
    assert_eq!(bundles.listed(), ["gain"]);
    for (name, words) in [
        ("empty.clap", "it is empty"),
        ("text.clap", "it is no library"),
        ("old.clap", "32 bits and x86"),
        ("other.clap", if machine == 183 { "AArch64" } else { "x86-64" }),
        ("lacking.clap", "libgone_.so.1"),
        ("folder.clap", "it is a folder"),
        ("empty.vst3", "another system"),
        ("old.vst3", "32 bits and x86"),
    ] {
        let (kind, what) = told(&bundles, name);
        assert!(kind == "refused" && what.contains(words), "{name}: {kind}, {what}");
    }
    // The system's loader may crash over what is torn.
    for name in ["head.clap", "torn.clap"] {
        let (kind, what) = told(&bundles, name);
        assert!(
            ["refused", "crash"].contains(&kind.as_str()) && !what.is_empty(),
            "{name}: {what}"
        );
    }
}

/// An LV2 bundle of a gain whose binary is `binary`.
fn lv2(bundles: &Bundles, name: &str, binary: Option<&[u8]>) -> String {
    let folder = bundles.at(name);
    std::fs::create_dir(&folder).unwrap();
    let manifest = "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
        @prefix doap: <http://usefulinc.com/ns/doap#> .
        <urn:wavemill:test> a lv2:Plugin ; lv2:binary <it.so> ; doap:name \"It\" ;
        lv2:port [ a lv2:InputPort , lv2:AudioPort ; lv2:index 0 ; lv2:symbol \"in\" ; lv2:name \"In\" ] ,
        [ a lv2:OutputPort , lv2:AudioPort ; lv2:index 1 ; lv2:symbol \"out\" ; lv2:name \"Out\" ] .";
    std::fs::write(folder.join("manifest.ttl"), manifest).unwrap();
    if let Some(binary) = binary {
        std::fs::write(folder.join("it.so"), binary).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

#[test]
fn an_lv2_whose_library_is_none_names_it_and_what_it_lacks() {
    let bundles = Bundles::new(&[]);
    let whole = std::fs::read(library()).unwrap();
    let lacking = without_what_it_needs();
    for (name, binary, words) in [
        ("other.lv2", Some(&whole[..]), "'lv2_descriptor' knows no 'urn:wavemill:test'"),
        ("needs.lv2", Some(&lacking[..]), "libgone_.so.1"),
        ("old.lv2", Some(&elf(1, 3)[..]), "32 bits and x86"),
        ("gone.lv2", None, "No such file"),
    ] {
        let path = lv2(&bundles, name, binary);
        let check = bundles.command(&["check", &path, "--only", "opens"]);
        let outcome = run(&mut { check });
        assert_eq!(outcome.code, Some(1), "{name}: {outcome:?}");
        for word in [words, &format!("{name}/it.so")] {
            assert!(outcome.stdout.contains(word), "no '{word}' in {outcome:?}");
        }
    }
}

#[test]
fn ten_thousand_parameters_are_ten_thousand_parameters() {
    let studio = Studio::new(&["many-parameters"]);
    let id = "org.wavemill.test.many-parameters";
    let mut info = studio.command();
    let info = run(info.args(["plugins", "info", id, "--json"])).json();
    assert_eq!(info["parameters"].as_array().unwrap().len(), 10_000);
    assert_eq!(info["parameters"][9_999]["name"], "Gain 9999");
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let mut track = ramp_track("a", &json!([insert("many-parameters", &json!({"1": 0.0}))]));
    track["lanes"] = json!([{
        "id": "lane", "target": "inserts/many-parameters/9999",
        "points": [
            {"at": {"samples": 0}, "value": 1.0, "shape": "hold"},
            {"at": {"samples": 10_000}, "value": 0.25, "shape": "hold"},
        ],
    }]);
    let song = studio.session("song", &json!([track]));
    let (_, wet) = studio.bounce(&song, &["--no-cache"]);
    for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
        let level = if frame < 10_000 { 1.0 } else { 0.25 };
        assert_eq!(*wet, dry.map(|sample| sample * level), "{frame}");
    }
    let process = |value: &str| {
        let mut process = studio.command();
        process.args(["process", id, "-i", &format!("{song}/ramp.wav"), "--param", value]);
        process.args(["-o", &studio.text("out.wav"), "--bit-depth", "32f", "--tail", "none"]);
        done_by(process.arg("--force"));
        samples(&studio.path("out.wav"))
    };
    let (whole, half) = (process("9999=1"), process("9999=0.5"));
    let halved: Vec<[f32; 2]> = whole.iter().map(|frame| frame.map(|s| s * 0.5)).collect();
    assert!(whole.iter().flatten().any(|sample| sample.abs() > 0.2) && half == halved);
}

#[test]
fn a_state_beyond_all_bounds_is_refused_on_both_ways() {
    let studio = Studio::new(&["huge-state", "gain"]);
    let mut check = studio.command();
    let id = "org.wavemill.test.huge-state";
    let outcome = run(check.args(["plugins", "check", id, "--level", "3", "--json"]));
    let results = outcome.json()["results"].clone();
    let saves = results.as_array().unwrap().iter().find(|r| r["name"] == "state-saves").unwrap();
    assert_eq!(saves["verdict"], "failed", "{saves}");
    assert!(saves["what"].to_string().contains("more than 256 MiB"), "{saves}");
    // A session's own, which takes no room on the disk.
    let name = "0".repeat(64);
    let mut large = insert("gain", &json!({}));
    large["plugin"]["state_sha256"] = json!(name);
    let song = studio.session("song", &json!([ramp_track("a", &json!([large]))]));
    let states = studio.path("song").join("state");
    std::fs::create_dir_all(&states).unwrap();
    std::fs::File::create(states.join(&name)).unwrap().set_len(1 << 30).unwrap();
    let mut bounce = studio.bounce_command(&song, &["--no-cache"]);
    refused_by(&mut bounce, 5, &["tracks/a/inserts/gain", "1073741824 bytes", "256 MiB"]);
}

/// `command` under a filter that refuses what containers do: fixed addresses, filters of its own,
/// and namespaces.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn in_a_container(command: &mut Command) -> &mut Command {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use std::os::unix::process::CommandExt;
    const CALLS: [i64; 3] = [libc::SYS_personality, libc::SYS_seccomp, libc::SYS_unshare];
    let denied = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let rules = CALLS.map(|call| (call, Vec::new())).into_iter().collect();
    let machine = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, machine).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    // SAFETY: between the start of the process and its program nothing is done but two calls of the
    // system.
    unsafe {
        command.pre_exec(move || {
            seccompiler::apply_filter(&program).map_err(|_| std::io::ErrorKind::Other.into())
        })
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_container_that_refuses_much_is_told_and_is_in_the_key() {
    let studio = Studio::new(&["gain"]);
    let inserts = json!([insert("gain", &json!({"7": 0.5}))]);
    let song = studio.session("song", &json!([ramp_track("a", &inserts)]));
    let run = |mut command: Command, is_inside: bool| {
        done_by(if is_inside { in_a_container(&mut command) } else { &mut command })
    };
    let (bundles, id) = (studio.text("bundles"), "org.wavemill.test.gain");
    let profile = |is_inside: bool| {
        let mut scan = studio.command();
        scan.args(["plugins", "scan", "--rescan", "--quiet", "--path", &bundles]);
        run(scan, is_inside);
        let mut info = studio.command();
        info.args(["plugins", "info", id, "--json"]);
        run(info, false).json()["profile"].clone()
    };
    let render = |is_inside: bool| -> (Value, Value) {
        let manifest = studio.text("manifest.json");
        let arguments = ["--no-cache", "--manifest", &manifest];
        let outcome = run(studio.bounce_command(&song, &arguments), is_inside);
        let text = std::fs::read_to_string(&manifest).unwrap();
        let manifest: Value = serde_json::from_str(&text).unwrap();
        (outcome.json()["mix_sha256"].clone(), manifest["keys"]["bounce_key"].clone())
    };
    let (free, (free_mix, free_key)) = (profile(false), render(false));
    let (bound, (bound_mix, bound_key)) = (profile(true), render(true));
    assert_eq!(bound["fixed_addresses"], false, "{bound}");
    assert_eq!(bound["no_network"], false, "{bound}");
    // What needs no leave is had all the same.
    assert_eq!(bound["memory_limit_bytes"], free["memory_limit_bytes"], "{bound}");
    // It sounds the same, and nothing of the one is taken for the other.
    assert_eq!(free_mix, bound_mix);
    assert!(free_key.is_string(), "{free_key}");
    assert_eq!(free == bound, free_key == bound_key, "{free_key} {bound_key}");
}
