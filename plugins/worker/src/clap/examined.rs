//! What checks ask of a CLAP plug-in.

use std::ffi::CString;

use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::configurable_audio_ports::{
    AudioPortRequest, AudioPortRequestDetails, PluginConfigurableAudioPorts,
};
use clack_extensions::params::PluginParams;
use clack_host::prelude::*;

use super::describe::buses;
use super::instance::Plugin;
use crate::probe::{Arrangement, Examined, readable};
use crate::text::clean;

impl Examined for Plugin {
    fn text_of(&mut self, index: usize, value: f64) -> Option<Result<String, String>> {
        let id = *self.parameters.get(index)?;
        let plugin = self.instance.plugin_handle();
        let params = plugin.get_extension::<PluginParams>()?;
        let mut text = [0; 256];
        let text = params.value_to_text(&plugin, id, value, &mut text).ok()?;
        match std::str::from_utf8(text) {
            Ok(text) => Some(readable(text)),
            Err(_) => Some(Err("is no UTF-8".to_owned())),
        }
    }

    fn value_of(&mut self, index: usize, text: &str) -> Option<f64> {
        let id = *self.parameters.get(index)?;
        let plugin = self.instance.plugin_handle();
        let params = plugin.get_extension::<PluginParams>()?;
        params.text_to_value(&plugin, id, &CString::new(text).ok()?)
    }

    fn arrangements(&mut self) -> Vec<Arrangement> {
        let mut all = self.offered();
        let plugin = self.instance.plugin_handle();
        if plugin.get_extension::<PluginConfigurableAudioPorts>().is_some() {
            let all_of = |channels| self.ports.clone().map(|p| vec![Some(channels); p.len()]);
            for (name, channels) in [("mono everywhere", 1), ("stereo everywhere", 2)] {
                let (name, channels) = (name.to_owned(), all_of(channels));
                all.push(Arrangement { name, number: None, channels });
            }
        }
        all
    }

    fn arrange(&mut self, arrangement: &Arrangement) -> bool {
        let is_taken = match arrangement.number {
            Some(number) => self.select(number),
            None => self.request(arrangement),
        };
        let mut plugin = self.instance.plugin_handle();
        self.ports = [true, false].map(|input| {
            let buses = buses(&mut plugin, input);
            buses.iter().map(|bus| bus.channels as usize).collect()
        });
        is_taken
    }

    fn channels(&mut self) -> [Vec<u32>; 2] {
        let count = |count: &usize| u32::try_from(*count).unwrap_or(u32::MAX);
        self.ports.each_ref().map(|ports| ports.iter().map(count).collect())
    }
}

impl Plugin {
    /// Those that it lists.
    fn offered(&mut self) -> Vec<Arrangement> {
        let plugin = self.instance.plugin_handle();
        let Some(list) = plugin.get_extension::<PluginAudioPortsConfig>() else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for index in 0..list.count(&plugin).min(1_024) {
            let mut buffer = AudioPortsConfigBuffer::new();
            let Some(offered) = list.get(&plugin, index, &mut buffer) else { continue };
            // Of the other ports it says only how many they are.
            let ports = |count: u32, main: Option<u32>| {
                let others = count.saturating_sub(u32::from(main.is_some())) as usize;
                let main = main.map(Some).into_iter();
                main.chain(std::iter::repeat_n(None, others)).collect::<Vec<_>>()
            };
            let channels = [
                ports(offered.input_port_count, offered.main_input.map(|p| p.channel_count)),
                ports(offered.output_port_count, offered.main_output.map(|p| p.channel_count)),
            ];
            let (name, number) = (clean(offered.name), Some(offered.id.get()));
            all.push(Arrangement { name, number, channels });
        }
        all
    }

    fn select(&mut self, number: u32) -> bool {
        let plugin = self.instance.plugin_handle();
        let list = plugin.get_extension::<PluginAudioPortsConfig>();
        let id = ClapId::from_raw(number);
        list.zip(id).is_some_and(|(list, id)| list.select(&plugin, id).is_ok())
    }

    fn request(&mut self, arrangement: &Arrangement) -> bool {
        let Some(mut plugin) = self.instance.inactive_plugin_handle() else { return false };
        let Some(ports) = plugin.get_extension::<PluginConfigurableAudioPorts>() else {
            return false;
        };
        let mut requests = Vec::new();
        for (input, channels) in [true, false].into_iter().zip(&arrangement.channels) {
            for (port, channels) in (0_u32..).zip(channels) {
                let details = match channels {
                    Some(1) => AudioPortRequestDetails::mono(),
                    _ => AudioPortRequestDetails::stereo(),
                };
                requests.push(AudioPortRequest::new(input, port, details));
            }
        }
        ports.can_apply_configuration(&mut plugin, &requests)
            && ports.apply_configuration(&mut plugin, &requests)
    }
}
