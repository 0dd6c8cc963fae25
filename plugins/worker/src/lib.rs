//! The worker: loads one plug-in bundle, does what it is asked, and says so line by line.
//!
//! Foreign code runs in this program and in no other. It may write to standard output, crash, hang
//! or eat memory: what is said goes over a descriptor of its own, a signal that ends the process is
//! told before it does, and what the process may do is limited before anything is loaded.
#![allow(unsafe_code)]

mod arguments;
mod bounded_state;
mod clap;
mod conduct;
mod crash;
#[cfg(feature = "bench")]
pub mod in_process;
mod library;
#[cfg(feature = "lv2")]
mod lv2;
mod numbers;
mod probe;
mod profile;
mod replies;
mod run;
#[cfg(test)]
#[cfg(feature = "lv2")]
mod tests;
mod text;
mod vst3;

use std::path::Path;
use std::process::ExitCode;

use arguments::Request;
use replies::{Replies, SharedReplies};
use wavemill_core::session::PluginFormat;
use wavemill_plugins::check::message::Answer;
use wavemill_plugins::message::Describing;
use wavemill_plugins::run::message::Reply;

/// Runs the worker.
pub fn main() -> ExitCode {
    let request = match Request::parse(std::env::args_os().skip(1)) {
        Ok(request) => request,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    // A render is taken up by one thread after the other, and its workers see the end of their
    // commands when the host is gone.
    let profile = profile::enter(request != Request::Run);
    let Ok(mut replies) = Replies::take_standard_output() else {
        eprintln!("standard output cannot be kept from plug-ins");
        return ExitCode::from(4);
    };
    crash::watch(&replies, profile.memory_limit_bytes);
    match request {
        Request::Describe { format, from, path } => {
            replies.say(&Describing::Profile(profile));
            describe(format, from, &path, &mut replies);
        }
        Request::Probe { question, place } => {
            replies.say(&Answer::Profile(profile));
            probe::answer(question, &place, &mut replies);
        }
        Request::Run => {
            replies.say(&Reply::Profile(profile));
            run::serve(SharedReplies::new(replies));
        }
    }
    // Without a word to what was loaded: plug-ins crash in what runs at an orderly end.
    // SAFETY: nothing of this process is used any more.
    unsafe { libc::_exit(0) }
}

fn describe(format: PluginFormat, from: u32, path: &Path, replies: &mut Replies) {
    let described = match format {
        PluginFormat::Clap => clap::describe(from, path, replies),
        PluginFormat::Vst3 => vst3::describe(from, path, replies),
        #[cfg(feature = "lv2")]
        PluginFormat::Lv2 => lv2::describe(from, path, replies),
        #[cfg(not(feature = "lv2"))]
        PluginFormat::Lv2 => {
            let what = "the worker was built without LV2".to_owned();
            return replies.say(&Describing::Unable { what });
        }
    };
    if let Err(what) = described {
        replies.say(&Describing::NotLoaded { what });
    }
}
