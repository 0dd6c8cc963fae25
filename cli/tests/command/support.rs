//! Running the command and making what it reads.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a run left.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The command, to be run.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wavemill"));
    command.stdin(Stdio::null());
    // Tests that want a store name it.
    command.env("WAVEMILL_CACHE", "off");
    command
}

/// Runs the command.
pub fn wavemill<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Outcome {
    run(command().args(arguments))
}

/// Runs `command`.
pub fn run(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    Outcome { code: output.status.code(), stdout, stderr }
}

/// Runs the command, which must succeed.
pub fn done<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Outcome {
    done_by(command().args(arguments))
}

/// Runs `command`, which must succeed.
pub fn done_by(command: &mut Command) -> Outcome {
    let outcome = run(command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome
}

/// Tells that a test does not run here, and why. Under `ci/test` on Linux that is a failure unless
/// it is allowed: what did not run proves nothing.
pub fn skip(why: &str) {
    let refused = std::env::var_os("WAVEMILL_TEST_SKIPS").is_some_and(|value| value == "refuse");
    assert!(!refused, "not run: {why}; WAVEMILL_TEST_SKIPS=allow goes on without it");
    println!("not run: {why}");
}

/// Runs the command, which must refuse with `code` and one message that has all of `words`.
pub fn refused<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    code: i32,
    words: &[&str],
) -> Outcome {
    refused_by(command().args(arguments), code, words)
}

/// Runs `command`, which must refuse with `code` and one message that has all of `words`.
pub fn refused_by(command: &mut Command, code: i32, words: &[&str]) -> Outcome {
    let outcome = run(command);
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "no '{word}' in {outcome:?}");
    }
    for word in ["panicked", "RUST_BACKTRACE", "fault of Wavemill"] {
        assert!(!outcome.stderr.contains(word), "{outcome:?}");
    }
    outcome
}

/// A folder for one test, and paths in it as text.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().unwrap()
    }

    /// A session called `name` with `members` added to the least there must be.
    pub fn session(&self, name: &str, members: &str) -> String {
        let comma = if members.is_empty() { "" } else { ", " };
        let json = format!(
            "{{\"format\": \"wavemill-session\", \"version\": 1, \"name\": \"{name}\", \
             \"sample_rate\": 48000{comma}{members}}}"
        );
        self.document(name, json.as_bytes())
    }

    /// A session whose document is `bytes`.
    pub fn document(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::create_dir_all(self.path(name)).unwrap();
        std::fs::write(self.path(name).join("session.json"), bytes).unwrap();
        self.text(name)
    }

    /// A session whose one track plays `file` for a tenth of a second.
    pub fn playing(&self, name: &str, file: &str) -> String {
        self.session(name, &format!("\"tracks\": [{}]", audio_track("tape", file, 4_800)))
    }

    /// Every file below, as paths from here.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let path = path.strip_prefix(self.0.path()).unwrap();
                    found.push(path.to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Nothing half-written is left, and `output` is not there.
    pub fn assert_clean(&self, output: &str) {
        let left: Vec<String> =
            self.files().into_iter().filter(|file| file.ends_with(".part")).collect();
        assert!(left.is_empty(), "{left:?}");
        assert!(!self.path(output).exists(), "{output} exists");
    }
}

/// An audio track with one clip of `file`.
pub fn audio_track(id: &str, file: &str, samples: u32) -> String {
    format!(
        "{{\"id\": \"{id}\", \"name\": \"{id}\", \"kind\": \"audio\", \"clips\": [{{\"id\": \
         \"{id}-clip\", \"content\": {{\"audio\": {{\"file\": \"{file}\"}}}}, \"start\": \
         {{\"samples\": 0}}, \"length\": {{\"samples\": {samples}}}}}]}}"
    )
}

/// A track that sounds for `seconds` without any file.
pub fn tone_track(id: &str, seconds: u32) -> String {
    // At 120 bpm a second is two quarter notes.
    let ticks = seconds * 2 * 15_360;
    format!(
        "{{\"id\": \"{id}\", \"name\": \"{id}\", \"kind\": \"instrument\", \"inserts\": \
         [{{\"id\": \"tone\", \"processor\": \"tone\"}}], \"clips\": [{{\"id\": \"{id}-clip\", \
         \"content\": {{\"notes\": [{{\"at\": 0, \"length\": {ticks}, \"key\": 69}}]}}, \
         \"start\": {{\"ticks\": 0}}, \"length\": {{\"ticks\": {ticks}}}}}]}}"
    )
}

/// A mono WAV file of 32-bit floats at 48 kHz.
pub fn wav(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = u32::try_from(data.len()).unwrap();
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    bytes.extend(48_000_u32.to_le_bytes());
    bytes.extend(192_000_u32.to_le_bytes());
    bytes.extend(b"\x04\0\x20\0data");
    bytes.extend(length.to_le_bytes());
    bytes.extend(data);
    bytes
}

/// Samples of a loud rising ramp.
pub fn ramp(count: u16) -> Vec<f32> {
    (0..count).map(|n| f32::from(n) / f32::from(count) - 0.5).collect()
}
