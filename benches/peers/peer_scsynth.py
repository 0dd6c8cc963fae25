"""scsynth, SuperCollider's server, rendering a score: no sclang is needed, the synth definitions
and the score are written here in their binary formats (SynthDef file format 2, OSC bundles)."""

import shutil
import struct

NAME = "scsynth"
WORKLOADS = ("mix32",)
NEAR = (
    "DiskIn, BPeakEQ (the same RBJ bands), Compander with the larger channel as its control, "
    "Limiter with 10 ms of look-ahead; float32"
)

SCALAR, AUDIO = 0, 2
CONSTANT = -1
ABS = 5  # unary operator
MULTIPLY, MAXIMUM = 2, 13  # binary operators
DISK_FRAMES = 32768
BLOCK = 64


def missing(context):
    if shutil.which("scsynth"):
        return None
    return (
        "scsynth is not on the path: apt-get install --no-install-recommends supercollider-server"
        " (macOS: install SuperCollider and put SuperCollider.app/Contents/Resources on the path)"
    )


def pascal_string(text):
    return bytes([len(text)]) + text.encode("ascii")


class SynthDef:
    """One synth definition; a signal is a (unit, output) pair, a number becomes a constant."""

    def __init__(self, name):
        self.name = name
        self.constants = []
        self.units = []

    def unit(self, kind, inputs, outputs=1, operator=0):
        wired = [x if isinstance(x, tuple) else self.constant(float(x)) for x in inputs]
        self.units.append((kind, wired, outputs, operator))
        return [(len(self.units) - 1, i) for i in range(outputs)]

    def constant(self, value):
        if value not in self.constants:
            self.constants.append(value)
        return (CONSTANT, self.constants.index(value))

    def encode(self):
        parts = [b"SCgf", struct.pack(">ih", 2, 1), pascal_string(self.name)]
        parts.append(struct.pack(f">i{len(self.constants)}f", len(self.constants), *self.constants))
        parts.append(struct.pack(">iii", 0, 0, len(self.units)))  # no parameters
        for kind, inputs, outputs, operator in self.units:
            parts.append(pascal_string(kind))
            parts.append(struct.pack(">biih", AUDIO, len(inputs), outputs, operator))
            parts += [struct.pack(">ii", *signal) for signal in inputs]
            parts.append(bytes([AUDIO]) * outputs)
        parts.append(struct.pack(">h", 0))  # no variants
        return b"".join(parts)


def osc_pad(data):
    return data + b"\0" * (-len(data) % 4)


def osc_message(address, *arguments):
    tags, body = b",", b""
    for value in arguments:
        if isinstance(value, int):
            tags, body = tags + b"i", body + struct.pack(">i", value)
        elif isinstance(value, float):
            tags, body = tags + b"f", body + struct.pack(">f", value)
        elif isinstance(value, bytes):
            tags, body = tags + b"b", body + struct.pack(">i", len(value)) + osc_pad(value)
        else:
            tags, body = tags + b"s", body + osc_pad(str(value).encode() + b"\0")
    return osc_pad(address.encode() + b"\0") + osc_pad(tags + b"\0") + body


def score_entry(seconds, message):
    """One line of a score: its length, then a bundle that is due at a time from the start."""
    due = struct.pack(">Q", round(seconds * 2**32))
    bundle = b"#bundle\0" + due + struct.pack(">i", len(message)) + message
    return struct.pack(">i", len(bundle)) + bundle


def track_definition(index, track, workload, bus):
    comp = workload.compressor
    synth = SynthDef(f"track{index}")
    signals = synth.unit("DiskIn", [index, 0], outputs=2)
    for band in workload.bands:
        shape = (band.freq_hz, 1 / band.q, band.gain_db)
        signals = [synth.unit("BPeakEQ", [x, *shape])[0] for x in signals]
    levels = [synth.unit("UnaryOpUGen", [x], operator=ABS)[0] for x in signals]
    control = synth.unit("BinaryOpUGen", levels, operator=MAXIMUM)[0]
    curve = (10 ** (comp.threshold_db / 20), 1.0, 1 / comp.ratio)
    times = (comp.attack_ms / 1000, comp.release_ms / 1000)
    signals = [synth.unit("Compander", [x, control, *curve, *times])[0] for x in signals]
    signals = [
        synth.unit("BinaryOpUGen", [x, gain], operator=MULTIPLY)[0]
        for x, gain in zip(signals, track.left_right())
    ]
    synth.unit("Out", [bus, *signals], outputs=0)
    return synth


def master_definition(workload, bus):
    synth = SynthDef("master")
    signals = synth.unit("In", [bus], outputs=2)
    signals = [synth.unit("Limiter", [x, workload.ceiling, 0.01])[0] for x in signals]
    synth.unit("Out", [0, *signals], outputs=0)
    return synth


def score(workload):
    bus = 2  # the first one behind the two outputs
    synths = [track_definition(i, t, workload, bus) for i, t in enumerate(workload.tracks)]
    synths.append(master_definition(workload, bus))
    messages = [osc_message("/d_recv", synth.encode()) for synth in synths]
    for i, track in enumerate(workload.tracks):
        messages.append(osc_message("/b_alloc", i, DISK_FRAMES, 2))
        messages.append(osc_message("/b_read", i, track.path, 0, DISK_FRAMES, 0, 1))
    # Added at the tail of the root group: the master comes last and sees every track.
    for i, synth in enumerate(synths):
        messages.append(osc_message("/s_new", synth.name, 1000 + i, 1, 0))
    entries = [score_entry(0, message) for message in messages]
    # A score ends with its last entry; this one does nothing else.
    entries.append(score_entry(workload.seconds, osc_message("/c_set", 0, 0.0)))
    return b"".join(entries)


def prepare(context, workload, variant):
    (context.scratch / "scsynth.osc").write_bytes(score(workload))


def command(context, workload, variant, out):
    mix = out / "mix.wav"
    argv = ["scsynth", "-N", context.scratch / "scsynth.osc", "_", mix]
    argv += [workload.rate_hz, "WAV", "int24", "-i", 0, "-o", 2, "-z", BLOCK]
    # Memory, nodes and buses enough for some hundred tracks; no definitions from the disk.
    argv += ["-m", 65536, "-n", 2048, "-b", 2048, "-a", 1024, "-D", 0]
    return argv, mix
