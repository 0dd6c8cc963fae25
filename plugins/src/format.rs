//! The names of plug-in formats.

use wavemill_core::session::PluginFormat;

/// Its name in a command line and in the name of a processor.
pub const fn format_word(format: PluginFormat) -> &'static str {
    match format {
        PluginFormat::Clap => "clap",
        PluginFormat::Vst3 => "vst3",
        PluginFormat::Lv2 => "lv2",
    }
}

/// Its name for people.
pub const fn format_title(format: PluginFormat) -> &'static str {
    match format {
        PluginFormat::Clap => "CLAP",
        PluginFormat::Vst3 => "VST3",
        PluginFormat::Lv2 => "LV2",
    }
}
