//! Plug-ins of the system's packages in renders: they repeat, their latency is compensated, and the
//! same plug-in gives the same in every format it comes in.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::hosting::{notes_track, onsets, samples};
use crate::support::{Outcome, Place, command, done_by, run, skip, wav};

/// Frames of the test signal: a second.
const FRAMES: u16 = 48_000;

/// Sessions with packaged plug-ins; `None`, which is told, where they are not installed.
pub struct Packaged(Place);

impl Packaged {
    pub fn new(bundles: &[&str]) -> Option<Self> {
        if let Some(missing) = bundles.iter().find(|bundle| !Path::new(bundle).exists()) {
            skip(&format!("'{missing}' is not installed; ci/setup installs it"));
            return None;
        }
        let packaged = Self(Place::new());
        let mut scan = packaged.command();
        scan.args(["plugins", "scan", "--quiet"]);
        bundles.iter().for_each(|bundle| {
            scan.args(["--path", bundle]);
        });
        done_by(&mut scan);
        Some(packaged)
    }

    pub fn text(&self, name: &str) -> String {
        self.0.text(name)
    }

    pub fn command(&self) -> Command {
        let mut command = command();
        command.env("WAVEMILL_PLUGINS", self.0.text("catalogue"));
        command
    }

    /// A session of `tracks`, which may play a second of noise and one impulse.
    fn session(&self, name: &str, tracks: &Value) -> String {
        let session = self.0.session(name, &format!("\"tracks\": {tracks}"));
        let folder = self.0.path(name);
        std::fs::write(folder.join("noise.wav"), wav(&noise())).unwrap();
        let mut impulse = vec![0.0; usize::from(FRAMES)];
        impulse[10_000] = 0.25;
        std::fs::write(folder.join("impulse.wav"), wav(&impulse)).unwrap();
        session
    }

    fn bounce(&self, session: &str, arguments: &[&str]) -> (Outcome, Vec<[f32; 2]>) {
        let output = self.0.text("out.wav");
        let mut command = self.command();
        command.args(["bounce", session, "-o", &output, "--bit-depth", "32f", "--force"]);
        let outcome = run(command.args(["--json", "--quiet", "--tail", "none"]).args(arguments));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        (outcome, samples(Path::new(&output)))
    }

    fn info(&self, id: &str, format: &str) -> Value {
        let mut command = self.command();
        command.args(["plugins", "info", id, "--format", format, "--json"]);
        done_by(&mut command).json()
    }
}

/// Loud noise from a fixed seed.
fn noise() -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(state >> 16).unwrap()) / 65_536.0 - 0.5
    };
    (0..FRAMES).map(|_| next()).collect()
}

fn track(id: &str, file: &str, inserts: &Value) -> Value {
    json!({
        "id": id, "name": id, "kind": "audio", "inserts": inserts,
        "clips": [{
            "id": format!("{id}-clip"), "content": {"audio": {"file": file}},
            "start": {"samples": 0}, "length": {"samples": FRAMES},
        }],
    })
}

fn insert(format: &str, id: &str, parameters: &Value) -> Value {
    json!({
        "id": "plugin", "processor": "plugin", "parameters": parameters,
        "plugin": {"format": format, "id": id},
    })
}

/// Values by the names of parameters, in the units of `info`, which a format may have from 0 to 1.
fn parameters(info: &Value, values: &[(&str, f64, f64, f64)]) -> Value {
    let mut set = serde_json::Map::new();
    for (name, min, max, value) in values {
        let all = info["parameters"].as_array().unwrap();
        let found = all.iter().find(|parameter| parameter["name"] == *name).unwrap();
        let is_normalised = found["min"] == 0.0 && found["max"] == 1.0;
        let value = if is_normalised { (value - min) / (max - min) } else { *value };
        set.insert(found["id"].as_str().unwrap().to_owned(), json!(value));
    }
    Value::Object(set)
}

const CLAP: &str = "/usr/lib/clap/ZamComp.clap";
const VST3: &str = "/usr/lib/vst3/ZamComp.vst3";
const LV2: &str = "/usr/lib/lv2/ZamComp.lv2";

#[test]
fn one_compressor_gives_the_same_bits_in_every_format() {
    let Some(packaged) = Packaged::new(&[CLAP, VST3, LV2]) else { return };
    let ids = |format: &str| {
        let mut command = packaged.command();
        let list = done_by(command.args(["plugins", "list", "--format", format, "--json"])).json();
        list[0]["id"].as_str().unwrap().to_owned()
    };
    // The range of the CLAP, which is that of the LV2 as well.
    let values = [("Threshold", -80.0, 0.0, -30.0), ("Ratio", 1.0, 20.0, 20.0)];
    let mut hashes = Vec::new();
    for format in ["clap", "vst3", "lv2"] {
        let id = ids(format);
        let info = packaged.info(&id, format);
        let insert = insert(format, &id, &parameters(&info, &values));
        let song = packaged.session(format, &json!([track("a", "noise.wav", &json!([insert]))]));
        let (outcome, heard) = packaged.bounce(&song, &["--no-cache"]);
        let loudest = |frames: &[[f32; 2]]| frames.iter().map(|f| f[0].abs()).fold(0.0, f32::max);
        // It compresses.
        assert!((0.01..0.4).contains(&loudest(&heard[24_000..])), "{}", loudest(&heard[24_000..]));
        hashes.push((format, outcome.json()["mix_sha256"].clone()));
        for arguments in
            [&["--jobs", "1", "--block", "17"][..], &["--jobs", "2", "--block", "4096"]]
        {
            let (again, _) = packaged.bounce(&song, &[&["--no-cache"], arguments].concat());
            assert_eq!(again.json()["mix_sha256"], hashes.last().unwrap().1, "{format}");
        }
    }
    assert!(hashes.iter().all(|(_, hash)| *hash == hashes[0].1), "{hashes:?}");
}

/// What every plug-in that tells of a latency does with an impulse: it comes out where it went in.
#[test]
fn latency_that_is_told_is_the_latency_there_is() {
    let limiter = "/usr/lib/clap/ZaMaximX2.clap";
    let dpl = "/usr/lib/lv2/dpl.lv2";
    let swh = "/usr/lib/lv2/lookahead_limiter-swh.lv2";
    let Some(packaged) = Packaged::new(&[limiter, dpl, swh]) else { return };
    let limiters = [
        ("clap", "com.zamaudio.ZaMaximX2", json!({})),
        ("lv2", "http://gareus.org/oss/lv2/dpl#stereo", json!({})),
        // A second late by itself, and as late as it is told to look ahead.
        ("lv2", "http://plugin.org.uk/swh-plugins/lookaheadLimiter", json!({"delay_s": 0.01})),
    ];
    for (format, id, parameters) in limiters {
        let chain = json!([insert(format, id, &parameters)]);
        let song = packaged.session("song", &json!([track("a", "impulse.wav", &chain)]));
        let (_, heard) = packaged.bounce(&song, &["--no-cache"]);
        let loudest =
            (0..heard.len()).max_by(|a, b| heard[*a][0].abs().total_cmp(&heard[*b][0].abs()));
        assert_eq!(loudest, Some(10_000), "{id}");
    }
}

#[test]
fn an_instrument_sounds_from_its_notes_on() {
    let Some(packaged) = Packaged::new(&["/usr/lib/lv2/mda.lv2"]) else { return };
    let piano = "http://drobilla.net/plugins/mda/EPiano";
    let chain = json!([insert("lv2", piano, &json!({}))]);
    let song = packaged.session("song", &json!([notes_track("a", &[(4_100, 60)], &chain)]));
    let mut hashes = Vec::new();
    for arguments in [&["--block", "64"][..], &["--block", "1000"]] {
        let (outcome, heard) = packaged.bounce(&song, &[&["--no-cache"], arguments].concat());
        let first = onsets(&heard)[0];
        assert!((4_100..4_110).contains(&first), "{first}");
        hashes.push(outcome.json()["mix_sha256"].clone());
    }
    assert_eq!(hashes[0], hashes[1]);
}
