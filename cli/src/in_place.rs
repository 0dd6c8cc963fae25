//! What freezing and bouncing in place have in common: the session is open for editing while a
//! track of it is rendered.

use std::path::Path;

use wavemill_core::job::CancelToken;
use wavemill_media::audio::wav::WavEncoding;
use wavemill_media::folder::{SessionEditor, SessionFolder};
use wavemill_render::BounceRequest;
use wavemill_render::export::{ExportSpec, FileFormat};
use wavemill_render::in_place::InPlaceRequest;
use wavemill_render::store::Store;

use crate::failure::Failure;
use crate::plugin_arguments::trying;
use crate::render_arguments::RenderArguments;
use crate::sessions::Opened;
use crate::store_arguments::StoreArguments;
use crate::{interrupt, output, progress};

/// A session, and how to tell of what is done to it.
pub struct InPlace<'a> {
    /// Where it is.
    pub session: &'a Path,
    /// What the progress says.
    pub label: &'static str,
    /// One JSON object is printed.
    pub json: bool,
    /// Nothing is told.
    pub quiet: bool,
}

/// Renders and edits.
pub type Work<'w, T> =
    &'w mut dyn FnMut(&mut SessionEditor, &InPlaceRequest<'_>) -> Result<T, Failure>;

impl InPlace<'_> {
    /// Opens the session for editing and does `work`; also what plug-ins failed, and what was done
    /// instead.
    pub fn run<T>(
        &self,
        render: &RenderArguments,
        store: &StoreArguments,
        work: Work<'_, T>,
    ) -> Result<(T, Vec<String>), Failure> {
        interrupt::ends(self.json);
        let mut editor = SessionFolder::open(self.session)?.edit()?;
        output::warnings(editor.warnings().iter().filter(|_| !self.quiet));
        let folder = editor.folder().clone();
        let cancel = CancelToken::default();
        let hosting = render.plugins().options(store.keeps(), &cancel);
        let opened = Opened::new(folder, editor.session().clone(), hosting);
        // Its export is not used: the file is made where there is room for it.
        let unused = ExportSpec::plain(self.session, FileFormat::Wav(WavEncoding::Float32));
        let BounceRequest { from, to, tail, render, .. } =
            render.request(&opened.session, unused)?;
        interrupt::cancels(&cancel);
        let store = store.open(self.quiet)?;
        let rate = Some(opened.session.sample_rate);
        let bar = progress::Bar::new(self.label, self.quiet || self.json, rate);
        let compile = |outputs: &_| opened.compile_keeping(outputs);
        let (compile, progress, cancel) = (&compile, &bar, &cancel);
        let store_used = store.as_ref();
        let request =
            InPlaceRequest { compile, from, to, tail, render, store: store_used, progress, cancel };
        let done = trying(&opened.processors, self.quiet || self.json, &mut || {
            work(&mut editor, &request)
        });
        bar.finish();
        if !self.quiet {
            output::warnings(&opened.audio.warnings());
            let complaints: Vec<String> = store.iter().flat_map(Store::take_complaints).collect();
            output::warnings(&complaints);
        }
        done
    }
}

/// Tells a person, unless they want to hear nothing.
pub fn say(quiet: bool, text: &str) -> Result<(), Failure> {
    if quiet { Ok(()) } else { output::text(text) }
}
