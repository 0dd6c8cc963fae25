//! A failure: an exit status and the one message that people get.

use std::fmt::Display;
use std::path::Path;

use wavemill_core::command::{BatchError, EditError};
use wavemill_core::execute::RunError;
use wavemill_core::graph::CompileError;
use wavemill_media::audio::SoundFontFileError;
use wavemill_media::audio::{OpenError, WriteError};
use wavemill_media::folder::{ApplyError, BeginError, CreateError, FolderError, StateError};
use wavemill_media::import::{ImportError, ImportMidiError};
use wavemill_media::midi::{ExportMidiError, SoundFontRefusal};
use wavemill_plugins::preset::PresetError;
use wavemill_plugins::{CatalogueError, WorkerError, WorkerFailure};
use wavemill_render::batch::{
    BatchError as RunBatchError, ManifestError, ResultsError, TargetError,
};
use wavemill_render::in_place::InPlaceError;
use wavemill_render::record::RecordError;
use wavemill_render::stems::{ChoiceError, NameError, StemsError};
use wavemill_render::watch::{Unrendered, WatchError};
use wavemill_render::{BounceError, InputError, OfPlugin, RenderError};

use crate::exit::ExitStatus;
use crate::interrupt;

/// Why the command could not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub status: ExitStatus,
    /// What was wrong, where, and what to do.
    pub message: String,
    /// The node whose plug-in failed, where one did.
    pub plugin: Option<String>,
}

impl Failure {
    /// One that ends with `status`.
    pub fn new(status: ExitStatus, message: impl Display) -> Self {
        Self { status, message: message.to_string(), plugin: None }
    }

    /// The plug-in at `node` failed, or cannot be had; or nobody waits for it any more.
    fn of_plugin(node: &str, message: impl Display) -> Self {
        if interrupt::was_asked() {
            return Self::interrupted();
        }
        Self { plugin: Some(node.to_owned()), ..Self::new(ExitStatus::PluginFailed, message) }
    }

    /// The plug-in called `name` failed, in no session.
    pub fn of_worker(name: &str, failure: &WorkerFailure) -> Self {
        Self::new(ExitStatus::PluginFailed, format!("{name}: {}", failure.told()))
    }

    /// The command line makes no sense.
    pub fn usage(message: impl Display) -> Self {
        Self::new(ExitStatus::Usage, message)
    }

    /// The session or an input is not valid.
    pub fn invalid(message: impl Display) -> Self {
        Self::new(ExitStatus::Invalid, message)
    }

    /// The system refused.
    pub fn file_system(message: impl Display) -> Self {
        Self::new(ExitStatus::FileSystem, message)
    }

    /// A file is there already that may not be replaced; `instead` says what to do.
    pub fn exists(path: &Path, instead: &str) -> Self {
        Self::file_system(format!("'{}' exists already: {instead}", path.display()))
    }

    /// A bounce failed; `instead` says what to do where a file is there already.
    pub fn of_bounce(error: BounceError, instead: &str) -> Self {
        match error {
            BounceError::Write(WriteError::Exists { path }) => Self::exists(&path, instead),
            other => other.into(),
        }
    }

    /// A MIDI export failed; `instead` says what to do where a file is there already.
    pub fn of_export(error: ExportMidiError, instead: &str) -> Self {
        match error {
            ExportMidiError::Write(WriteError::Exists { path }) => Self::exists(&path, instead),
            ExportMidiError::Write(error) => error.into(),
            ExportMidiError::Midi(error) => Self::invalid(error),
        }
    }

    /// A fault of Wavemill.
    pub fn internal(message: impl Display) -> Self {
        Self::new(ExitStatus::Internal, message)
    }

    /// Stopped by Ctrl-C, SIGTERM or SIGHUP.
    pub fn interrupted() -> Self {
        Self::new(ExitStatus::Interrupted, "stopped; nothing was written")
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Document { .. } | FolderError::Unwritable { .. } => Self::invalid(error),
            _ => Self::file_system(error),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Unsupported { .. } => Self::invalid(error),
            _ => Self::file_system(error),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Missing { .. } | OpenError::NotAFile { .. } | OpenError::Io { .. } => {
                Self::file_system(error)
            }
            _ => Self::invalid(error),
        }
    }
}

impl From<CreateError> for Failure {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Json(_) => Self::invalid(error),
            CreateError::Begin(error) => error.into(),
            CreateError::Write(error) => error.into(),
            _ => Self::file_system(error),
        }
    }
}

impl From<BeginError> for Failure {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Folder(error) => error.into(),
            BeginError::Write(error) => error.into(),
            _ => Self::file_system(error),
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Edit(error) => error.into(),
            ApplyError::Write(error) => error.into(),
            _ => Self::invalid(error),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl OfPlugin for Failure {
    fn plugin(&self) -> Option<&str> {
        self.plugin.as_deref()
    }
}

impl From<PresetError> for Failure {
    fn from(error: PresetError) -> Self {
        match error {
            PresetError::Write(error) => error.into(),
            PresetError::Read { .. } => Self::file_system(error),
            _ => Self::invalid(error),
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Write(error) => error.into(),
            _ => Self::invalid(error),
        }
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        Self::invalid(error)
    }
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        Self::invalid(error)
    }
}

impl From<CompileError> for Failure {
    fn from(error: CompileError) -> Self {
        if let Some(node) = error.plugin() {
            return Self::of_plugin(node, &error);
        }
        match error {
            CompileError::Verify(_) => Self::internal(error),
            _ => Self::invalid(error),
        }
    }
}

impl From<BounceError> for Failure {
    fn from(error: BounceError) -> Self {
        if let Some(node) = error.plugin() {
            return Self::of_plugin(node, &error);
        }
        match error {
            BounceError::Empty { .. } => Self::invalid(error),
            BounceError::Write(error) => error.into(),
            BounceError::Render(RenderError::Sink(error)) => error.into(),
            BounceError::Render(RenderError::Cancelled) => Self::interrupted(),
            BounceError::Render(RenderError::Threads { .. } | RenderError::Stale) => {
                Self::file_system(error)
            }
            BounceError::Render(RenderError::Run(error)) => match error {
                RunError::Audio { .. } | RunError::Prepare(_) => Self::invalid(error),
                RunError::Fault(_) => Self::internal(error),
            },
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Audio(_) => Self::invalid(error),
            RecordError::Session(_) | RecordError::Json(_) => Self::internal(error),
            RecordError::Bounce(error) => error.into(),
            RecordError::Write(error) => error.into(),
        }
    }
}

impl From<StemsError> for Failure {
    fn from(error: StemsError) -> Self {
        match error {
            StemsError::Compile(error) => error.into(),
            StemsError::Bounce(error) => error.into(),
        }
    }
}

impl From<InPlaceError> for Failure {
    fn from(error: InPlaceError) -> Self {
        match error {
            InPlaceError::Stems(error) => error.into(),
            InPlaceError::Write(error) => error.into(),
            InPlaceError::Apply(error) => error.into(),
            InPlaceError::Refused(_) | InPlaceError::Silent { .. } | InPlaceError::Part { .. } => {
                Self::invalid(error)
            }
        }
    }
}

impl From<ChoiceError> for Failure {
    fn from(error: ChoiceError) -> Self {
        Self::usage(format!("--of: {error}"))
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        Self::usage(format!("--pattern: {error}"))
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::file_system(error)
    }
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        Self::invalid(error)
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Collision { .. } => Self::invalid(error),
            _ => Self::file_system(error),
        }
    }
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Self {
        Self::file_system(error)
    }
}

impl From<RunBatchError> for Failure {
    fn from(error: RunBatchError) -> Self {
        match error {
            RunBatchError::Results(error) => error.into(),
        }
    }
}

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Self {
        Self::file_system(error)
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        Self::file_system(error)
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Session(error) => error.into(),
        }
    }
}

impl From<Unrendered<Failure>> for Failure {
    fn from(error: Unrendered<Failure>) -> Self {
        match error {
            Unrendered::Session(error) => error.into(),
            Unrendered::Request(failure) => failure,
            Unrendered::Input(error) => error.into(),
            Unrendered::Compile(error) => error.into(),
            Unrendered::Bounce(error) => error.into(),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::NothingGiven => Self::usage(error),
            ImportError::Folder { .. } | ImportError::Read { .. } => Self::file_system(error),
            ImportError::Open(error) => error.into(),
            ImportError::Session(error) => error.into(),
            ImportError::Create(error) => error.into(),
            ImportError::Begin(error) => error.into(),
            ImportError::Apply(error) => error.into(),
            ImportError::Write(error) => error.into(),
            ImportError::Cancelled => Self::interrupted(),
            _ => Self::invalid(error),
        }
    }
}

impl From<ImportMidiError> for Failure {
    fn from(error: ImportMidiError) -> Self {
        match error {
            ImportMidiError::Read { .. }
            | ImportMidiError::SoundFont {
                error: SoundFontRefusal::File(SoundFontFileError::Read(_)),
                ..
            } => Self::file_system(error),
            ImportMidiError::Session(error) => error.into(),
            ImportMidiError::Create(error) => error.into(),
            ImportMidiError::Begin(error) => error.into(),
            ImportMidiError::Apply(error) => error.into(),
            ImportMidiError::Write(error) => error.into(),
            _ => Self::invalid(error),
        }
    }
}
