#!/usr/bin/env python3
"""Makes a workload folder for `ci/bench-peers`: music-like audio and MIDI from fixed seeds.

    python3 generate.py WORK                          # the full set, about 1.3 GB
    python3 generate.py WORK --tracks 4 --seconds 10  # a small one, for trying things out

What is written below WORK:

    session.json       the parameters of mix32, for every runner
    w1/track_NN.wav    mix32: stereo tracks, 48 kHz, 24-bit, 120 s unless --seconds says otherwise
    w3/in.wav          effect chain: stereo, 48 kHz, 24-bit, 2.5 times as long
    w4/song.mid        MIDI: type 1, 16 channels, 1.5 times as long
    w5/in.wav          resampling: stereo, 44.1 kHz, 16-bit, 5 times as long

The same arguments give the same bytes with the same numpy. Nothing made here is kept in the
repository.
"""

import argparse
import json
import pathlib
import struct
import sys

import numpy as np

RATE_HZ = 48_000
NOTE_SECONDS = 1.5
NOTES_IN_BANK = 12
PARTIALS = 6
ATTACK_SECONDS = 0.003
NOISE_RMS = 0.002
PEAK = 0.7
# Recursive filters meet denormal numbers in the silence at the end; a renderer that does not
# handle them shows it in its time.
SILENT_TAIL_SECONDS = 2.0
LATE_ENTRY_SECONDS = 30.0
TICKS_PER_SECOND = 960
TICKS_PER_QUARTER = 480


def note_bank(rng, rate_hz):
    """Struck notes to pick from: decaying partials, each channel with phases of its own."""
    length = int(NOTE_SECONDS * rate_hz)
    t = np.arange(length, dtype=np.float64) / rate_hz
    attack = np.minimum(1.0, t / ATTACK_SECONDS)[:, None]
    bank = []
    for _ in range(NOTES_IN_BANK):
        pitch_hz = 55.0 * 2 ** (rng.integers(0, 48) / 12.0)
        note = np.zeros((length, 2))
        for partial in range(1, PARTIALS + 1):
            if pitch_hz * partial > 0.45 * rate_hz:
                break
            phases = rng.random(2) * 2 * np.pi
            decay = np.exp(-t * (2.0 + partial * rng.random() * 3))
            for channel, phase in enumerate(phases):
                wave = np.sin(2 * np.pi * pitch_hz * partial * t + phase)
                note[:, channel] += decay * wave / partial
        note *= attack
        bank.append((0.5 * note / np.abs(note).max()).astype(np.float32))
    return bank


def performance(seed, seconds, rate_hz, entry_seconds=0.0):
    """One stereo track, (frames, 2) float32 with its peak at 0.7: notes over faint noise."""
    rng = np.random.Generator(np.random.PCG64(seed))
    frames = int(seconds * rate_hz)
    entry = int(entry_seconds * rate_hz)
    audio = np.zeros((frames, 2), np.float32)
    bank = note_bank(rng, rate_hz)
    at = entry
    while at < frames - 1:
        note = bank[int(rng.integers(0, NOTES_IN_BANK))]
        velocity = np.float32(0.3 + 0.7 * rng.random())
        fits = min(len(note), frames - at)
        audio[at : at + fits] += velocity * note[:fits]
        at += int(rate_hz * (0.1 + 0.4 * rng.random()))
    noise = rng.standard_normal((frames - entry, 2), dtype=np.float32)
    audio[entry:] += noise * np.float32(NOISE_RMS)
    tail = frames - int(SILENT_TAIL_SECONDS * rate_hz)
    if tail > entry:
        audio[tail:] = 0
    peak = float(np.abs(audio).max()) or 1.0
    return audio * np.float32(PEAK / peak)


def pack_samples(audio, bits):
    """Little-endian integer samples, rounded to nearest, without dither."""
    full_scale = float(1 << (bits - 1))
    whole = np.clip(np.rint(audio * full_scale), -full_scale, full_scale - 1).astype("<i4")
    if bits == 16:
        return whole.astype("<i2").tobytes()
    return np.ascontiguousarray(whole.reshape(-1).view(np.uint8).reshape(-1, 4)[:, :3]).tobytes()


def write_wav(path, audio, rate_hz, bits=24):
    """A WAV file with the plain 44-byte header."""
    channels = audio.shape[1]
    data = pack_samples(audio, bits)
    frame_bytes = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * frame_bytes, frame_bytes, bits)
    with open(path, "wb") as out:
        out.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE")
        out.write(b"fmt " + struct.pack("<I", len(form)) + form)
        out.write(b"data" + struct.pack("<I", len(data)) + data)


def variable_length(number):
    """A number as a standard MIDI file writes it: 7 bits a byte, most significant first."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return bytes(reversed(groups))


def midi_channel(rng, channel, end):
    """(tick, order, message) of one channel: chords of one to three notes and some pitch bends."""
    events = [
        (0, 0, bytes([0xC0 | channel, int(rng.integers(0, 100))])),
        (0, 0, bytes([0xB0 | channel, 10, 8 * channel])),
        (0, 0, bytes([0xB0 | channel, 7, 90])),
    ]
    low, high = (35, 82) if channel == 9 else (36, 96)
    at, notes = 0, 0
    while at < end - TICKS_PER_SECOND:
        for _ in range(int(rng.integers(1, 4))):
            key = int(rng.integers(low, high))
            ticks = int(rng.integers(60, 900))
            velocity = int(rng.integers(40, 120))
            events.append((at, 2, bytes([0x90 | channel, key, velocity])))
            events.append((min(at + ticks, end), 1, bytes([0x80 | channel, key, 64])))
            notes += 1
        if rng.random() < 0.1:
            events.append((at, 0, bytes([0xE0 | channel, 0, int(rng.integers(54, 75))])))
            events.append((at + 60, 0, bytes([0xE0 | channel, 0, 64])))
        at += int(rng.integers(60, 300))
    return sorted(events, key=lambda event: event[:2]), notes


def write_midi(path, seconds, seed=4):
    """A type 1 file: one tempo track, then a track for each of the 16 channels."""
    rng = np.random.Generator(np.random.PCG64(seed))
    end = int(seconds * TICKS_PER_SECOND)
    end_of_track = b"\xff\x2f\x00"
    chunks = [b"\x00\xff\x51\x03" + (500_000).to_bytes(3, "big") + b"\x00" + end_of_track]
    total = 0
    for channel in range(16):
        events, notes = midi_channel(rng, channel, end)
        total += notes
        body, last = bytearray(), 0
        for tick, _, message in events:
            body += variable_length(tick - last) + message
            last = tick
        chunks.append(bytes(body) + variable_length(max(0, end - last)) + end_of_track)
    with open(path, "wb") as out:
        out.write(b"MThd" + struct.pack(">IHHH", 6, 1, len(chunks), TICKS_PER_QUARTER))
        for chunk in chunks:
            out.write(b"MTrk" + struct.pack(">I", len(chunk)) + chunk)
    return total


def session(tracks, seconds):
    """The parameters of mix32: one chain for all tracks, a level and a position for each."""
    bands = [(100.0, 3.0), (500.0, -2.0), (2000.0, 1.5), (8000.0, -1.0)]
    return {
        "rate": RATE_HZ,
        "seconds": seconds,
        "eq": [{"freq": freq, "db": db, "q": 1.0} for freq, db in bands],
        "comp": {"threshold_db": -18.0, "ratio": 4.0, "attack_ms": 10.0, "release_ms": 100.0},
        "ceiling_db": -1.0,
        "tracks": [
            {
                "file": f"w1/track_{i:02d}.wav",
                "gain_db": -9.0 + i % 4,
                "pan": round(-0.9 + 1.8 * i / max(1, tracks - 1), 4),
            }
            for i in range(tracks)
        ],
    }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=pathlib.Path, help="folder to write into")
    parser.add_argument("--tracks", type=int, default=32, help="tracks of mix32 (1 to 99)")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of mix32")
    chosen = parser.parse_args()
    if not 1 <= chosen.tracks <= 99:
        parser.error("--tracks must be 1 to 99")
    if not 1.0 <= chosen.seconds <= 3600.0:
        parser.error("--seconds must be 1 to 3600")
    return chosen


def main():
    chosen = arguments()
    work, seconds = chosen.work, chosen.seconds
    for folder in ("w1", "w3", "w4", "w5"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    for i in range(chosen.tracks):
        # Every fourth track enters late: silence first, where a renderer may save work.
        late = i % 4 == 3 and seconds > 2 * LATE_ENTRY_SECONDS
        audio = performance(1000 + i, seconds, RATE_HZ, LATE_ENTRY_SECONDS if late else 0.0)
        write_wav(work / "w1" / f"track_{i:02d}.wav", audio, RATE_HZ)
    write_wav(work / "w3" / "in.wav", performance(3000, 2.5 * seconds, RATE_HZ), RATE_HZ)
    notes = write_midi(work / "w4" / "song.mid", 1.5 * seconds)
    write_wav(work / "w5" / "in.wav", performance(5000, 5 * seconds, 44_100), 44_100, bits=16)
    # Last, so that a folder with a session.json is a complete one.
    document = json.dumps(session(chosen.tracks, seconds), indent=1)
    (work / "session.json").write_text(document + "\n", encoding="utf-8")
    print(f"{work}: {chosen.tracks} tracks of {seconds:g} s, {notes} MIDI notes")


if __name__ == "__main__":
    sys.exit(main())
