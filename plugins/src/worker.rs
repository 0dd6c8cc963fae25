//! A worker process: started with nothing of the user's environment, read line by line against a
//! deadline, and ended whatever it does.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use wavemill_core::job::CancelToken;

use crate::failure::{FailureKind, WorkerFailure, signal_name};
use crate::message::MAX_LINE_BYTES;

/// The name of the program.
const PROGRAM: &str = "wavemill-plugin-worker";

/// The environment variable that names it where it is not beside the program that asks.
const PROGRAM_VARIABLE: &str = "WAVEMILL_PLUGIN_WORKER";

/// All that a worker's environment has, so that nothing depends on the user's.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("HOME", "/nonexistent"),
    ("LANG", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    // Toolkits that open a display even without a window do without one.
    ("QT_QPA_PLATFORM", "offscreen"),
    ("SHELL", "/bin/sh"),
    ("TZ", "UTC"),
    ("USER", "nobody"),
];

/// How long the host looks away from its cancel token.
const GLANCE: Duration = Duration::from_millis(50);

/// How much of what a plug-in prints is kept, in bytes from the end.
const KEPT_OUTPUT_BYTES: usize = 4_096;

/// The program that workers run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerProgram(PathBuf);

/// A worker cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The program is not there.
    #[error(
        "plug-ins need the program {PROGRAM}, which is not in '{looked}': install it beside \
         wavemill, or name it in {PROGRAM_VARIABLE}"
    )]
    Missing {
        /// Where it was looked for.
        looked: String,
    },
}

impl WorkerProgram {
    /// The program beside the one that runs, or where `WAVEMILL_PLUGIN_WORKER` says.
    ///
    /// # Errors
    /// [`WorkerError::Missing`].
    pub fn find() -> Result<Self, WorkerError> {
        let named = std::env::var_os(PROGRAM_VARIABLE).filter(|value| !value.is_empty());
        let beside = || std::env::current_exe().ok().map(|program| program.with_file_name(PROGRAM));
        let program = named.map(PathBuf::from).or_else(beside).unwrap_or_default();
        // Workers run in another folder.
        let program = std::path::absolute(&program).unwrap_or(program);
        if program.is_file() {
            return Ok(Self(program));
        }
        let looked = program.parent().unwrap_or(Path::new("")).display().to_string();
        Err(WorkerError::Missing { looked })
    }
}

/// A running worker; ended with all it has started when dropped.
pub(crate) struct Worker {
    child: Child,
    /// Where it hears commands; `None` once it is gone.
    commands: Option<ChildStdin>,
    lines: Receiver<String>,
    printed: Arc<Mutex<Vec<u8>>>,
    printing: JoinHandle<()>,
    has_ended: bool,
}

/// What came of waiting for a line.
pub(crate) enum Heard {
    /// A line.
    Line(String),
    /// The worker has closed its output: it ended, or is about to.
    End,
    /// Nothing, for too long.
    TooLate,
    /// Whoever waits was asked to stop.
    Cancelled,
}

impl Worker {
    /// Starts `program` with `arguments`.
    pub(crate) fn start<'a>(
        program: &WorkerProgram,
        arguments: impl IntoIterator<Item = &'a std::ffi::OsStr>,
    ) -> Result<Self, WorkerFailure> {
        let mut command = Command::new(&program.0);
        command.args(arguments).env_clear().envs(ENVIRONMENT).current_dir("/");
        // A group of its own: Ctrl-C is for the host, and what it starts ends with it.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |what: String| {
            let what = format!("the worker '{}' cannot be started: {what}", program.0.display());
            WorkerFailure::new(FailureKind::Worker, what)
        };
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed("it has no output".to_owned()));
        };
        let commands = child.stdin.take();
        let (say, lines) = sync_channel(64);
        std::thread::spawn(move || read_lines(output, &say));
        let printed = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&printed);
        let printing = std::thread::spawn(move || keep_last(errors, &kept));
        Ok(Self { child, commands, lines, printed, printing, has_ended: false })
    }

    /// Says a line to it. Where it is gone, that is heard when the answer is waited for.
    pub(crate) fn say(&mut self, line: &[u8]) {
        let said = self.commands.as_mut().map(|commands| commands.write_all(line));
        if said.is_none_or(|said| said.is_err()) {
            self.commands = None;
        }
    }

    /// Its number among the processes of the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// True where it is there no more.
    pub(crate) fn is_gone(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for a line until `deadline`.
    pub(crate) fn line(&self, deadline: Instant, cancel: &CancelToken) -> Heard {
        loop {
            if cancel.is_cancelled() {
                return Heard::Cancelled;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left.min(GLANCE)) {
                Ok(line) => return Heard::Line(line),
                Err(RecvTimeoutError::Disconnected) => return Heard::End,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Heard::TooLate,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Ends it, and says how it ended by itself where it did, with the last line it printed.
    pub(crate) fn end(&mut self) -> WorkerFailure {
        // What has closed its output is ending; what has not is ended.
        let status = self.wait_briefly();
        self.kill();
        // What it started may hold its output open for ever, so nobody waits for the end of it long.
        for _ in 0..20 {
            if self.printing.is_finished() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let printed = String::from_utf8_lossy(&printed);
        let says_something = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
        let last = printed.lines().rev().find(says_something);
        let how = match status.map(|status| (status.signal(), status.code())) {
            Some((Some(signal), _)) => format!("ended by {}", signal_name(signal)),
            Some((_, Some(code))) => format!("ended with exit code {code}"),
            _ => "closed its output and did not end".to_owned(),
        };
        let what = match last {
            Some(last) => format!("{how}; its last words were: {}", shortened(last)),
            None => how,
        };
        WorkerFailure::new(FailureKind::Crash, what)
    }

    fn wait_briefly(&mut self) -> Option<ExitStatus> {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Kills it and what it has started.
    pub(crate) fn kill(&mut self) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Where there is none any more, nothing is left to kill.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_lines(output: impl Read, say: &SyncSender<String>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = String::new();
        match output.by_ref().take(MAX_LINE_BYTES).read_line(&mut line) {
            Ok(count) if count > 0 && line.ends_with('\n') => {}
            // The end, a line that is too long or torn, or no text: nothing sensible follows.
            _ => return,
        }
        if say.send(line).is_err() {
            return;
        }
    }
}

/// Keeps the end of what comes.
fn keep_last(mut errors: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = errors.read(&mut buffer) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..count]);
        let excess = kept.len().saturating_sub(KEPT_OUTPUT_BYTES);
        kept.drain(..excess);
    }
}

fn shortened(line: &str) -> String {
    let line: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
    line.trim().to_owned()
}
