//! One run of decoding: packets of a FLAC stream in order, each as samples or skipped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::audio::{Audio, GenericAudioBufferRef};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::packet::Packet;
use symphonia::default::codecs::FlacDecoder;
use symphonia::default::formats::FlacReader;

use super::stream::SplicedStream;

/// 2^-31: the decoder gives samples of any width as the upper bits of an i32.
const SCALE: f32 = 1.0 / 2_147_483_648.0;

pub(super) struct PacketDecoder {
    reader: FlacReader<'static>,
    decoder: FlacDecoder,
}

impl PacketDecoder {
    pub(super) fn start(stream: SplicedStream) -> Result<Self, String> {
        guarded(|| {
            let options = MediaSourceStreamOptions::default();
            let stream = MediaSourceStream::new(Box::new(stream), options);
            let reader = FlacReader::try_new(stream, FormatOptions::default())?;
            let Some(CodecParameters::Audio(parameters)) =
                reader.tracks().first().and_then(|track| track.codec_params.as_ref())
            else {
                return Err(Error::DecodeError("no stream information"));
            };
            let decoder = FlacDecoder::try_new(parameters, &AudioDecoderOptions::default())?;
            Ok(Self { reader, decoder })
        })
    }

    /// The next packet, `None` at the end; its checksum holds.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, String> {
        guarded(|| self.reader.next_packet())
    }

    /// Replaces `out` with the interleaved samples of `packet`.
    pub(super) fn decode(
        &mut self,
        packet: &Packet,
        channels: usize,
        out: &mut Vec<f32>,
    ) -> Result<(), String> {
        out.clear();
        guarded(|| {
            let GenericAudioBufferRef::S32(buffer) = self.decoder.decode(packet)? else {
                return Err(Error::DecodeError("unexpected sample format"));
            };
            if buffer.num_planes() != channels {
                return Err(Error::DecodeError("the number of channels changes"));
            }
            out.resize(buffer.frames() * channels, 0.0);
            for channel in 0..channels {
                let plane = buffer.plane(channel).unwrap_or_default();
                let places = out.iter_mut().skip(channel).step_by(channels);
                for (out, &sample) in places.zip(plane) {
                    *out = sample as f32 * SCALE;
                }
            }
            Ok(())
        })
    }
}

/// Runs the foreign decoder; should it panic over a file made to hurt it, that is an error of
/// the file. The decoder is not used again after any error.
fn guarded<T>(act: impl FnOnce() -> Result<T, Error>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("its data make no sense to the decoder".to_owned()),
    }
}
