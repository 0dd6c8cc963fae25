//! The command line: global options and the list of subcommands.

use clap::{Parser, Subcommand};

use crate::commands::{
    batch, bounce, bounce_in_place, cache, completions, diff, doctor, edit, export, freeze,
    history, import, info, manifest, new, notes, plan, plugins, process, schema, stems, watch,
};
use crate::exit::EXIT_CODES_HELP;

const EXAMPLES: &str = "\
Examples:
  wavemill new song --demo                      a small session that sounds like music
  wavemill bounce song -o song.wav              render it to a 24-bit WAV file
  wavemill import loops/ -o beat --tempo 95     a session from audio files, a track each
  wavemill info beat                            what is in it
  wavemill edit beat ops.json                   change it; 'wavemill schema ops' says how
  wavemill diff song.wav other.wav              are two files the same?

A SESSION is a session's folder, or the session.json in it.";

/// A DAW backend that renders first: sessions in, finished audio out, the same bits every time.
#[derive(Debug, Parser)]
#[command(
    name = "wavemill",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = format!("{EXAMPLES}\n\n{EXIT_CODES_HELP}")
)]
pub struct Arguments {
    /// No progress and no notes on standard error, only errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a session.
    New(new::New),
    /// Make a session from audio files, a track each, or from MIDI files.
    Import(import::Import),
    /// Write a session's notes and controllers to a MIDI file.
    Export(export::Export),
    /// Show what is in a session.
    Info(info::Info),
    /// Show what the notes of a session say: statistics, keys and chords.
    Notes(notes::Notes),
    /// Print how a session will be rendered.
    Plan(plan::Plan),
    /// Apply a batch of commands to a session: all of them or none.
    Edit(edit::Edit),
    /// Take back the last edits.
    Undo(history::Undo),
    /// Do again what was taken back.
    Redo(history::Redo),
    /// List the edits that can be undone and redone.
    History(history::History),
    /// Render a session to a WAV file.
    Bounce(bounce::Bounce),
    /// Render tracks to files of their own, in one pass.
    Stems(stems::Stems),
    /// Let a track play a file of itself, so that its effects need not run.
    Freeze(freeze::Freeze),
    /// Let a frozen track live again.
    Unfreeze(freeze::Unfreeze),
    /// Render a track into a new track of its session, and mute it.
    BounceInPlace(bounce_in_place::BounceInPlace),
    /// Render many sessions and variants of them, as a manifest says.
    Batch(batch::Batch),
    /// Render a session again whenever it is saved.
    Watch(watch::Watch),
    /// Look after the store of rendered signals.
    Cache(cache::Cache),
    /// Run a chain of plug-ins over one file.
    Process(process::Process),
    /// Find plug-ins, and see what they say of themselves.
    Plugins(plugins::Plugins),
    /// Show what works on this machine, what is missing and how to get it.
    Doctor(doctor::Doctor),
    /// Print the JSON Schema of sessions or of edits.
    Schema(schema::Schema),
    /// Compare two audio files sample by sample (null test).
    Diff(diff::Diff),
    /// Compare the manifests of two bounces: why do they differ?
    Manifest(manifest::Manifest),
    /// Print completions for a shell.
    Completions(completions::Completions),
}
