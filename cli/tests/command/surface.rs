//! Help, versions, schemas, completions, doctor and the command line's own errors.

use crate::support::{done, refused, wavemill};

const COMMANDS: [&str; 13] = [
    "new",
    "import",
    "info",
    "plan",
    "edit",
    "undo",
    "redo",
    "history",
    "bounce",
    "doctor",
    "schema",
    "diff",
    "completions",
];

#[test]
fn help_lists_commands_examples_and_exit_codes() {
    let help = done(["--help"]).stdout;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        let own = done([command, "--help"]).stdout;
        assert!(own.contains(&format!("wavemill {command}")), "{own}");
        assert!(own.contains("Examples:\n"), "{own}");
    }
    for words in ["Examples:", "Exit codes:", "130  stopped by Ctrl-C", "\"kind\": KIND"] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = concat!("wavemill ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(done(["--version"]).stdout, version);
}

#[test]
fn a_command_line_that_makes_no_sense_is_a_usage_error() {
    refused(["bonce"], 2, &["'bonce'", "bounce"]);
    refused(["bounce"], 2, &["required", "--output"]);
    let outcome = refused(["bounce", "--json"], 2, &["required"]);
    assert_eq!(outcome.json()["error"]["kind"], "usage");
    let nothing = wavemill::<&str>([]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.stderr.contains("Usage"), "{nothing:?}");
}

#[test]
fn schemas_are_json() {
    assert_eq!(done(["schema", "session"]).json()["title"], "Wavemill session");
    assert!(done(["schema", "ops"]).stdout.contains("set_volume"));
    refused(["schema", "song"], 2, &["session", "ops"]);
}

#[test]
fn completions_are_for_the_shell_asked_for() {
    assert!(done(["completions", "bash"]).stdout.contains("complete -F _wavemill"));
    assert!(done(["completions", "zsh"]).stdout.starts_with("#compdef wavemill"));
    refused(["completions", "csh"], 2, &["bash", "fish", "zsh"]);
}

#[test]
fn doctor_tells_what_there_is() {
    let report = done(["doctor", "--json"]).json();
    assert_eq!(report["simd_levels"][0], "scalar");
    assert!(report["cores"].as_u64().unwrap() > 0);
    let processors = report["processors"].as_array().unwrap();
    assert!(processors.iter().any(|name| name == "equaliser"), "{report}");
    assert!(done(["doctor"]).stdout.contains("FLAC"));
}

#[test]
fn doctor_names_what_is_missing() {
    let outcome = crate::support::command()
        .args(["doctor", "--json"])
        .env("TMPDIR", "/none/at/all")
        .output()
        .unwrap();
    assert!(outcome.status.success());
    let report: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let missing = &report["missing"][0];
    assert!(missing["what"].as_str().unwrap().contains("/none/at/all"), "{report}");
    assert!(missing["fix"].as_str().unwrap().contains("TMPDIR"), "{report}");
}
