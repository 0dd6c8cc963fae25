//! Help, versions, schemas, completions, doctor and the command line's own errors.

use crate::support::{done, refused, wavemill};

const COMMANDS: [&str; 21] = [
    "new",
    "import",
    "export",
    "info",
    "notes",
    "plan",
    "edit",
    "undo",
    "redo",
    "history",
    "bounce",
    "freeze",
    "unfreeze",
    "bounce-in-place",
    "batch",
    "watch",
    "doctor",
    "schema",
    "diff",
    "manifest",
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
    // Who reads them has not the code.
    for of in ["session", "ops"] {
        let schema = done(["schema", of]).stdout;
        for code in ["[`", "::"] {
            assert!(!schema.contains(code), "{code} in the schema of {of}");
        }
    }
    let ops = done(["schema", "ops"]).json();
    let described = "Moves a fader; the faders of active mix groups follow by the same dB";
    assert!(ops.to_string().contains(described), "{ops}");
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
    // What only makes renders slower is told, and no failure.
    let missing = report["missing"].as_array().unwrap();
    assert!(missing.iter().all(|missing| missing["required"] == false), "{report}");
}

#[test]
fn doctor_names_what_is_missing() {
    let outcome = crate::support::command()
        .args(["doctor", "--json"])
        .env("TMPDIR", "/none/at/all")
        .output()
        .unwrap();
    assert_eq!(outcome.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let missing = &report["missing"][0];
    assert!(missing["what"].as_str().unwrap().contains("/none/at/all"), "{report}");
    assert!(missing["fix"].as_str().unwrap().contains("TMPDIR"), "{report}");
    assert_eq!(missing["required"], true);
}

/// The README's table of exit codes has the codes of `--help`, and says the same of those that
/// need a word.
#[test]
fn the_readme_lists_the_exit_codes_of_the_help() {
    let readme = include_str!("../../../README.md");
    let table = readme.split_once("## Exit codes").unwrap().1.split_once("\n## ").unwrap().0;
    let help = done(["--help"]).stdout;
    let help = help.split_once("Exit codes:").unwrap().1;
    let number = |text: &str| text.split_whitespace().next()?.parse::<u8>().ok();
    let listed: Vec<u8> =
        table.lines().filter_map(|line| number(line.strip_prefix("| ")?)).collect();
    let helped: Vec<u8> =
        help.lines().filter_map(|line| number(line.strip_prefix("  ")?)).collect();
    assert_eq!(listed, helped);
    assert_eq!(listed, [0, 1, 2, 3, 4, 5, 70, 130]);
    for words in ["something required is missing", "SIGTERM or SIGHUP", "named on the command line"]
    {
        let spaced = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(table.contains(words) && spaced.contains(words), "{words}");
    }
}
