//! `ci/matrix` itself: with a command that answers what a test wants, it turns red where it has to.

use std::path::Path;
use std::process::{Command, Output};

/// Answers as `wavemill bounce --json` does. What is odd about it comes from the environment: the
/// SIMD level that gives another hash, another file or another signal, the one that fails, the one that
/// the CPU lacks, the peak, what stands for the manifest.
const STUB: &str = r#"#!/bin/sh
hash=aaaaaaaaaaaaaaaaaaaaaaaa
for argument in "$@"; do
  [ "$before" = --simd ] && level=$argument
  [ "$before" = -o ] && out=$argument
  [ "$before" = --manifest ] && manifest=$argument
  case "$argument" in *reordered) [ -n "$ODD_REORDERED" ] && hash=bbbbbbbbbbbbbbbbbbbbbbbb ;; esac
  before=$argument
done
if [ -n "$level" ]; then
  [ "$level" = "$ODD_LEVEL" ] && hash=bbbbbbbbbbbbbbbbbbbbbbbb
  [ "$level" = "$FAILING_LEVEL" ] && { echo "error: no" >&2; exit 3; }
  [ "$level" = "$LACKING_LEVEL" ] && { echo "error: '$level' is not available on this CPU" >&2; exit 2; }
fi
file=$hash
[ -n "$level" ] && [ "$level" = "$ODD_FILE_LEVEL" ] && file=cccc
echo "$file" > "$out"
bass=1111
[ -n "$level" ] && [ "$level" = "$ODD_SIGNAL_LEVEL" ] && bass=2222
if [ -n "$manifest" ]; then
  echo "{\"signals\": [{\"id\": \"kick\", \"chunks\": [{\"sha256\": \"0000\"}]}," \
    "{\"id\": \"bass\", \"chunks\": [{\"sha256\": \"$bass\"}]}]}" > "$manifest"
  [ -n "$MANIFEST" ] && echo "$MANIFEST" > "$manifest"
fi
echo "{\"mix_sha256\": \"$hash\", \"frames\": 48000, \"true_peak_dbtp\": ${PEAK:--3.0}}"
"#;

/// Runs `ci/matrix` over the rows of `axis` with the stub and `environment`.
fn matrix(axis: &str, environment: &[(&str, &str)]) -> Output {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["session", "reordered"] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
        std::fs::write(folder.path().join(name).join("session.json"), "{}").expect("written");
    }
    let stub = folder.path().join("stub");
    std::fs::write(&stub, STUB).expect("written");
    std::fs::set_permissions(&stub, std::fs::Permissions::from_mode(0o755)).expect("permitted");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/matrix");
    // Itself, not what finds it on a path that a test takes away.
    let tell = ["-c", "import sys; print(sys.executable)"];
    let python = Command::new("python3").args(tell).output();
    let python = python.expect("python3 is there: ci/setup installs it").stdout;
    let python = String::from_utf8(python).expect("a path");
    let mut command = Command::new(python.trim());
    command.arg(script).arg(folder.path().join("session"));
    command.arg("--reordered").arg(folder.path().join("reordered"));
    command.arg("--program").arg(&stub).args(["--axis", axis]);
    command.env("CARGO_TARGET_DIR", folder.path().join("target"));
    command.env_remove("WAVEMILL_TEST_SKIPS");
    command.envs(environment.iter().copied());
    command.output().expect("python3 runs")
}

/// Whether it is green, and what it says.
fn verdict(axis: &str, environment: &[(&str, &str)]) -> (bool, String) {
    let output = matrix(axis, environment);
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
    let text = text.concat();
    match output.status.code() {
        Some(0) => (true, text),
        Some(1) => (false, text),
        other => panic!("{other:?}: {text}"),
    }
}

#[track_caller]
fn is(green: bool, words: &str, axis: &str, environment: &[(&str, &str)]) {
    let (found, text) = verdict(axis, environment);
    assert_eq!(found, green, "{text}");
    assert!(text.contains(words), "no '{words}' in {text}");
}

#[test]
fn the_matrix_is_green_where_all_rows_agree() {
    is(true, "5 of 5 rows the same, 0 bad, 0 not run", "SIMD", &[]);
    is(true, "2 of 2 rows the same", "edits", &[]);
}

#[test]
fn another_hash_in_one_row_turns_the_matrix_red() {
    is(false, "matrix: SIMD, avx2: DIFFERENT\n", "SIMD", &[("ODD_LEVEL", "avx2")]);
    is(false, "matrix: SIMD, avx2: DIFFERENT FILE\n", "SIMD", &[("ODD_FILE_LEVEL", "avx2")]);
    is(false, "matrix: edits, in another order: DIFFERENT", "edits", &[("ODD_REORDERED", "1")]);
}

#[test]
fn another_signal_turns_the_matrix_red_and_is_named() {
    let odd = ("ODD_SIGNAL_LEVEL", "avx2");
    is(false, "matrix: SIMD, avx2: DIFFERENT from bass on\n", "SIMD", &[odd]);
    is(false, "wrote no manifest with signals", "SIMD", &[("MANIFEST", "{}")]);
}

#[test]
fn a_row_that_fails_and_a_silent_session_turn_the_matrix_red() {
    is(false, "SIMD, sse2: FAILED: exit 3: error: no", "SIMD", &[("FAILING_LEVEL", "sse2")]);
    is(false, "the session is silent", "SIMD", &[("PEAK", "-90.0")]);
    is(false, "the session is silent", "SIMD", &[("PEAK", "null")]);
}

#[test]
fn what_the_cpu_lacks_is_reported_and_what_could_be_had_is_refused() {
    let refuse = ("WAVEMILL_TEST_SKIPS", "refuse");
    let lacking = ("LACKING_LEVEL", "avx512");
    is(true, "4 of 5 rows the same, 0 bad, 1 not run", "SIMD", &[lacking, refuse]);
    if cfg!(target_arch = "x86_64") {
        // No emulator is found there.
        let nowhere = ("PATH", "/none");
        is(true, "1 of 2 rows the same, 0 bad, 1 not run", "CPU", &[nowhere]);
        is(false, "CPU, emulated Nehalem: FAILED: not run", "CPU", &[nowhere, refuse]);
    }
}
