#!/usr/bin/env python3
"""Null test of two stereo 24-bit WAV files, printed as one line of JSON.

    python3 compare.py A.wav B.wav

Levels are in dBFS; -200 stands for silence. Frames that only one of the two has are left out of
the levels and seen in the counts.
"""

import json
import math
import sys

import numpy as np

import measure

PIECE_FRAMES = 1 << 18


def decibels(amplitude):
    return max(-200.0, 20 * math.log10(amplitude)) if amplitude > 0 else -200.0


def samples(data):
    """24-bit little-endian bytes as floats in [-1, 1)."""
    words = np.zeros((len(data) // 3, 4), np.uint8)
    words[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return words.view("<i4")[:, 0] / 2.0**31


def compare(first, second):
    with open(first, "rb") as a, open(second, "rb") as b:
        counts = []
        for path, wav in ((first, a), (second, b)):
            frame, sample, size = measure.find_data(wav)
            if (frame, sample) != (6, 3):
                raise ValueError(f"{path} is not stereo with 24 bits")
            counts.append(size // frame)
        peak, powers = 0.0, np.zeros(3)
        left = common = min(counts)
        while left:
            count = min(left, PIECE_FRAMES)
            x, y = samples(a.read(6 * count)), samples(b.read(6 * count))
            peak = max(peak, float(np.abs(x - y).max()))
            powers += [np.square(v).sum() for v in (x, y, x - y)]
            left -= count
    rms = [decibels(math.sqrt(p / max(1, 2 * common))) for p in powers]
    return {
        "frames": counts,
        "rms_db": rms[:2],
        "residual_peak_db": decibels(peak),
        "residual_rms_db": rms[2],
    }


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        print(json.dumps(compare(sys.argv[1], sys.argv[2])))
    except (OSError, ValueError) as error:
        sys.exit(f"compare: {error}")


if __name__ == "__main__":
    main()
