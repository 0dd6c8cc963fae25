//! Built-in processors, one idea a file, and the registry that finds them by name.

pub mod pan_law;

mod compressor;
mod controllers;
mod dc_block;
mod delay;
mod describe;
mod drums;
mod equaliser;
mod gain;
mod generator;
mod hard_clip;
mod lane_gain;
mod lane_lines;
mod level;
mod limiter;
mod meter;
mod note_effects;
mod pan;
mod phase;
mod polarity;
mod runs;
mod sampler;
mod silence;
mod soundfont;
mod stereo_out;
mod synthesiser;
mod tone;

#[cfg(test)]
mod matrix_tests;
#[cfg(test)]
mod onset_tests;
#[cfg(test)]
pub(crate) mod testing;

pub use compressor::CompressorFactory;
pub use dc_block::DcBlockFactory;
pub use delay::DelayFactory;
pub use drums::DrumsFactory;
pub use equaliser::EqualiserFactory;
pub use gain::GainFactory;
pub use generator::GeneratorFactory;
pub use hard_clip::HardClipFactory;
pub use level::{SILENCE_DB, level_to_gain};
pub use limiter::LimiterFactory;
pub use meter::MeterFactory;
pub use pan::PanFactory;
pub use polarity::PolarityFactory;
pub use sampler::SamplerFactory;
pub(crate) use silence::SilenceFactory;
pub use soundfont::SoundFontFactory;
pub use synthesiser::SynthesiserFactory;
pub use tone::ToneFactory;

use std::sync::{Arc, LazyLock};

use crate::process::{ProcessorFactory, ProcessorLibrary, ProcessorSpec};
use crate::session::Insert;

/// All built-in processors, in the order in which they are listed everywhere.
static BUILT_INS: LazyLock<Vec<Arc<dyn ProcessorFactory>>> = LazyLock::new(|| {
    vec![
        Arc::new(GainFactory),
        Arc::new(PanFactory),
        Arc::new(PolarityFactory),
        Arc::new(DcBlockFactory),
        Arc::new(EqualiserFactory),
        Arc::new(CompressorFactory),
        Arc::new(LimiterFactory),
        Arc::new(HardClipFactory),
        Arc::new(DelayFactory),
        Arc::new(MeterFactory),
        Arc::new(GeneratorFactory),
        Arc::new(ToneFactory),
        Arc::new(SoundFontFactory::default()),
        Arc::new(SynthesiserFactory),
        Arc::new(DrumsFactory),
        Arc::new(SamplerFactory::default()),
        note_effects::factory::<note_effects::Arpeggiator>(),
        note_effects::factory::<note_effects::Mapped<note_effects::Transpose>>(),
        note_effects::factory::<note_effects::Mapped<note_effects::Scale>>(),
        note_effects::factory::<note_effects::Mapped<note_effects::Velocity>>(),
        note_effects::factory::<note_effects::NoteRepeat>(),
        note_effects::factory::<note_effects::Mapped<note_effects::NoteFilter>>(),
        note_effects::factory::<note_effects::Chord>(),
    ]
});

/// The built-in processor called `name`, such as `gain`.
pub fn built_in(name: &str) -> Option<Arc<dyn ProcessorFactory>> {
    BUILT_INS.iter().find(|factory| factory.spec().name == name).cloned()
}

/// The names of all built-in processors, in a fixed order.
pub fn built_in_names() -> Vec<&'static str> {
    BUILT_INS.iter().map(|factory| factory.spec().name.as_ref()).collect()
}

/// What the built-in processor called `name` is.
pub fn spec_of(name: &str) -> Option<&'static ProcessorSpec> {
    BUILT_INS.iter().map(|factory| factory.spec()).find(|spec| spec.name == name)
}

/// The library of built-in processors; it has no plug-ins.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIns;

impl ProcessorLibrary for BuiltIns {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        built_in(&insert.processor)
    }

    fn names(&self) -> Vec<String> {
        built_in_names().into_iter().map(str::to_owned).collect()
    }
}
