//! The exit codes of the command, and how a failure tells its own.

/// How the command ends. The numbers are documented in `--help` and stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything asked for was done.
    Done,
    /// `diff` or `manifest diff` found a difference.
    Different,
    /// `doctor` found that something required is missing.
    Lacking,
    /// Some jobs of a `batch` failed, or plug-ins that `plugins scan` was given.
    SomeFailed,
    /// `cache verify` found damaged objects.
    Damaged,
    /// The command line makes no sense.
    Usage,
    /// The session or an input is not valid.
    Invalid,
    /// The system refused to read or write a file, or to give a resource.
    FileSystem,
    /// A plug-in failed, or cannot be had.
    PluginFailed,
    /// A fault of Wavemill.
    Internal,
    /// Stopped by Ctrl-C, SIGTERM or SIGHUP.
    Interrupted,
}

impl ExitStatus {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Different | Self::Lacking | Self::SomeFailed | Self::Damaged => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::FileSystem => 4,
            Self::PluginFailed => 5,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// What `--json` calls it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Different => "different",
            Self::Lacking => "lacking",
            Self::SomeFailed => "some-failed",
            Self::Damaged => "damaged",
            Self::Usage => "usage",
            Self::Invalid => "invalid",
            Self::FileSystem => "file-system",
            Self::PluginFailed => "plug-in-failed",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What `--help` says of them.
pub const EXIT_CODES_HELP: &str = "\
Exit codes:
  0    done (diff, manifest diff: no difference; doctor: nothing required is missing)
  1    diff, manifest diff: a difference was found; doctor: something required is missing; batch:
       some jobs failed; cache verify: a damaged object was found and removed; plugins scan
       --path: something there failed; plugins check: a check failed
  2    the command line makes no sense
  3    the session or an input is not valid; also an audio file that a session plays and
       that is missing
  4    the system refused: a file named on the command line that is missing, exists already,
       cannot be read or written, a full disk
  5    a plug-in failed, or is not known here
  70   a fault of Wavemill
  130  stopped by Ctrl-C, SIGTERM or SIGHUP; nothing is left behind (batch: what was done stays
       done; watch: its only end)

Errors are one message on standard error, 'error: ...'. With --json they are also one object on
standard output: {\"error\": {\"kind\": KIND, \"message\": TEXT}}, where KIND is usage, invalid,
file-system, plug-in-failed, internal or interrupted.";
