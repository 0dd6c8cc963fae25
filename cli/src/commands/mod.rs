//! The subcommands, one file each: arguments, a call into the crates below, output.

pub mod batch;
pub mod bounce;
pub mod bounce_in_place;
pub mod cache;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod edit;
pub mod export;
pub mod freeze;
pub mod history;
pub mod import;
pub mod info;
pub mod manifest;
pub mod new;
pub mod notes;
pub mod plan;
pub mod plugins;
pub mod plugins_check;
pub mod plugins_preset;
pub mod process;
pub mod schema;
pub mod stems;
pub mod watch;

use crate::arguments::{Arguments, Command};
use crate::exit::ExitStatus;
use crate::failure::Failure;

/// Runs what the command line asks for.
pub fn run(arguments: Arguments) -> Result<ExitStatus, Failure> {
    let quiet = arguments.quiet;
    match arguments.command {
        Command::Batch(batch) => return batch.run(quiet),
        Command::Watch(watch) => return watch.run(quiet),
        Command::Cache(cache) => return cache.run(),
        Command::Diff(diff) => return diff.run(),
        Command::Manifest(manifest) => return manifest.run(),
        Command::Info(info) => return info.run(),
        Command::Notes(notes) => return notes.run(),
        Command::Doctor(doctor) => return doctor.run(),
        Command::Plugins(plugins) => return plugins.run(quiet),
        Command::New(new) => new.run(quiet),
        Command::Import(import) => import.run(quiet),
        Command::Export(export) => export.run(quiet),
        Command::Plan(plan) => plan.run(),
        Command::Edit(edit) => edit.run(quiet),
        Command::Undo(undo) => undo.run(quiet),
        Command::Redo(redo) => redo.run(quiet),
        Command::History(history) => history.run(quiet),
        Command::Bounce(bounce) => bounce.run(quiet),
        Command::Process(process) => process.run(quiet),
        Command::Stems(stems) => stems.run(quiet),
        Command::Freeze(freeze) => freeze.run(quiet),
        Command::Unfreeze(unfreeze) => unfreeze.run(quiet),
        Command::BounceInPlace(bounce) => bounce.run(quiet),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(),
    }?;
    Ok(ExitStatus::Done)
}
