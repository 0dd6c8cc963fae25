//! Opening and compiling the session that a command line names.

use std::path::Path;

use wavemill_core::graph::{
    CompileConfig, CompileError, Plan, PlanOutputs, compile, compile_outputs,
};
use wavemill_core::session::Session;
use wavemill_media::audio::AudioFiles;
use wavemill_media::folder::SessionFolder;
use wavemill_plugins::Catalogue;
use wavemill_plugins::run::{HostOptions, PluginLibrary};

use crate::failure::Failure;
use crate::store_arguments::user_catalogue;

/// A session, read.
pub struct Opened {
    /// Where it is.
    pub folder: SessionFolder,
    /// The document.
    pub session: Session,
    /// Its audio files; none is opened yet.
    pub audio: AudioFiles,
    /// What its inserts name.
    pub processors: PluginLibrary,
}

impl Opened {
    /// Reads the session at `path`: its folder, or the `session.json` in it.
    pub fn open(path: &Path, hosting: HostOptions) -> Result<Self, Failure> {
        let folder = SessionFolder::open(path)?;
        let session = folder.load()?;
        Ok(Self::new(folder, session, hosting))
    }

    /// The session in `folder`, which was read.
    pub fn new(folder: SessionFolder, session: Session, hosting: HostOptions) -> Self {
        Self::with_plugins(folder, session, hosting, user_catalogue())
    }

    /// The session in `folder`, with the plug-ins that `catalogue` knows.
    pub fn with_plugins(
        folder: SessionFolder,
        session: Session,
        hosting: HostOptions,
        catalogue: Catalogue,
    ) -> Self {
        let audio = folder.audio_files();
        let processors = PluginLibrary::new(catalogue, folder.clone(), hosting);
        Self { folder, session, audio, processors }
    }

    /// Compiles it.
    pub fn compile(&self) -> Result<Plan, Failure> {
        Ok(self.compile_outputs(&PlanOutputs::MIX)?)
    }

    /// Compiles another version of it.
    pub fn compile_other(&self, session: &Session) -> Result<Plan, CompileError> {
        let config = CompileConfig { audio: &self.audio, processors: &self.processors };
        compile(session, &config)
    }

    /// Compiles it for what is to be put out.
    pub fn compile_outputs(&self, outputs: &PlanOutputs) -> Result<Plan, CompileError> {
        let config = CompileConfig { audio: &self.audio, processors: &self.processors };
        compile_outputs(&self.session, &config, outputs)
    }

    /// Compiles it for what is to be put out, and keeps what was found out of its audio files.
    pub fn compile_keeping(&self, outputs: &PlanOutputs) -> Result<Plan, CompileError> {
        let plan = self.compile_outputs(outputs);
        self.keep_identities();
        plan
    }

    /// Keeps the identities of audio files that compiling found out, for the next time.
    ///
    /// They are a cache: a session's folder that may not be written is read all the same.
    pub fn keep_identities(&self) {
        let _ = self.audio.save_index();
    }
}
