//! The `wavemill` command: terminal only; every rule of the domain lives below it.

mod arguments;
mod batch_progress;
mod commands;
mod demo;
mod ending;
mod exit;
mod export_arguments;
mod failure;
mod in_place;
mod interrupt;
mod output;
mod plugin_arguments;
mod plugin_choice;
mod plugin_settings;
mod progress;
mod render_arguments;
mod scan_progress;
mod sessions;
mod store_arguments;
mod text_input;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use clap::error::ErrorKind;

use arguments::Arguments;
use exit::ExitStatus;
use failure::Failure;

/// Where and why a thread failed, for the one message that is printed at the end.
static FAULT: Mutex<Option<String>> = Mutex::new(None);

fn main() -> ExitCode {
    // Arguments that cannot be parsed are told in JSON too, where that was asked for.
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    std::panic::set_hook(Box::new(|fault| {
        let mut first = FAULT.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| fault.to_string().replace('\n', " "));
    }));
    let status = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(status)) => status,
        Ok(Err(failure)) => {
            output::failure(&failure, wants_json);
            failure.status
        }
        Err(_) => {
            let fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner).take();
            let failure = Failure::internal(format!(
                "a fault of Wavemill, please report it with what you did: {}",
                fault.as_deref().unwrap_or("unknown")
            ));
            output::failure(&failure, wants_json);
            failure.status
        }
    };
    ExitCode::from(status.code())
}

fn run() -> Result<ExitStatus, Failure> {
    match Arguments::try_parse() {
        Ok(arguments) => commands::run(arguments),
        Err(asked)
            if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            output::text(&asked.to_string())?;
            Ok(ExitStatus::Done)
        }
        Err(error) => {
            let text = error.to_string();
            Err(Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end()))
        }
    }
}
