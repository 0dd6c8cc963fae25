"""The table, the rows as JSON, and how the figures stand to the targets."""

import json
import statistics
import sys

NULL_LIMIT_DB = -60.0
# Of the limit as this machine builds it.
TARGET_RATIO_TO_LIMIT = {"wavemill": 1.15, "wavemill_avx2": 1.4, "wavemill_sse2": 2.6}
TARGET_IMPORT_SECONDS = 1.2
TARGET_SHARE_OF_PEER = 0.5
TARGET_PEAK_MIB = 200.0

HEADINGS = (
    ("workload", "<8"),
    ("renderer", "<11"),
    ("CPU s", ">7"),
    ("(min-max)", "<15"),
    ("wall s", ">7"),
    ("peak MiB", ">9"),
    ("x limit_c", ">10"),
    ("same bits", ">10"),
    ("vs limit_c: peak / RMS dBFS", ">28"),
)


def note(text):
    print(f"note: {text}", flush=True)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def median(row, field):
    return statistics.median(getattr(run, field) for run in row.runs)


def find(rows, name):
    return next((row for row in rows if row.name == name), None)


def ratio(row, other):
    """Median of the ratios of neighbouring runs: drift of the machine cancels."""
    pairs = zip(row.runs, other.runs)
    return statistics.median(a.cpu_seconds / max(b.cpu_seconds, 1e-3) for a, b in pairs)


def table(workload_name, rows, workload):
    progress("")
    print(
        f"{len(workload.tracks)} tracks, {workload.seconds:g} s at {workload.rate_hz} Hz;"
        f" medians of {len(rows[0].runs) if rows else 0} interleaved runs"
    )
    print(" ".join(format(text, width) for text, width in HEADINGS).rstrip())
    limit = find(rows, "limit_c")
    for row in rows:
        cpu = [run.cpu_seconds for run in row.runs]
        same = "-" if len(cpu) < 2 else "yes" if len(set(row.hashes)) == 1 else "NO"
        null = "-"
        if row.check and row is not limit:
            null = f"{row.check['residual_peak_db']:.1f} / {row.check['residual_rms_db']:.1f}"
        cells = (
            workload_name,
            row.name,
            f"{statistics.median(cpu):.2f}",
            f"({min(cpu):.2f}-{max(cpu):.2f})",
            f"{median(row, 'wall_seconds'):.2f}",
            f"{median(row, 'peak_mib'):.0f}",
            f"{ratio(row, limit):.2f}" if limit else "-",
            same,
            null,
        )
        print(" ".join(format(c, width) for c, (_, width) in zip(cells, HEADINGS)).rstrip())


def import_seconds(runs):
    return statistics.median(run.cpu_seconds for run in runs)


def import_row(runs, gigabytes):
    """The import beside its target: no renderer of the mix, so no row of the table."""
    seconds = import_seconds(runs)
    print(
        f"import (hashing) of {gigabytes:.1f} GB: {seconds:.2f} CPU s,"
        f" target {TARGET_IMPORT_SECONDS:g}, ratio {seconds / TARGET_IMPORT_SECONDS:.2f}"
    )


def increment_row(figure):
    """One row of increments.py: ours, the other figure, the ratio."""
    note = f" ({figure.note})" if figure.note else ""
    verdict(
        figure.met,
        f"{figure.name}: {figure.ours:.3g} {figure.unit}, {figure.against}"
        f" {figure.other:.3g} {figure.unit}, ratio {figure.ratio:.3f}"
        f" (at most {figure.target:.3g}){note}",
    )
    sys.stdout.flush()


def write_json(path, workload_name, rows, imports, figures):
    """A list of rows; seconds and MiB are medians, `runs` has every run."""
    document = [
        {
            "workload": workload_name,
            "renderer": row.name,
            "cpu_seconds": median(row, "cpu_seconds"),
            "wall_seconds": median(row, "wall_seconds"),
            "peak_mib": median(row, "peak_mib"),
            "runs": [
                {
                    "cpu_seconds": run.cpu_seconds,
                    "wall_seconds": run.wall_seconds,
                    "peak_mib": run.peak_mib,
                    "pcm_sha256": digest,
                }
                for run, digest in zip(row.runs, row.hashes)
            ],
            "against_limit_c": row.check or None,
        }
        for row in rows
    ]
    if imports:
        document.append(
            {
                "workload": workload_name,
                "renderer": "wavemill_import",
                "cpu_seconds": import_seconds(imports),
                "target_cpu_seconds": TARGET_IMPORT_SECONDS,
                "wall_seconds": statistics.median(run.wall_seconds for run in imports),
                "peak_mib": statistics.median(run.peak_mib for run in imports),
            }
        )
    document += [
        {
            "workload": workload_name,
            "renderer": figure.name,
            "ours": figure.ours,
            "other": figure.other,
            "unit": figure.unit,
            "against": figure.against,
            "ratio": figure.ratio,
            "target": figure.target,
            "note": figure.note,
        }
        for figure in figures
    ]
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def verdict(met, text):
    print(f"  {'met    ' if met else 'NOT MET'} {text}")


def targets(rows):
    """Says which targets hold. Time is no gate: this changes no exit code."""
    ours, limit = find(rows, "wavemill"), find(rows, "limit_c")
    if ours is None:
        note("no wavemill row: targets were not looked at")
        return
    print("targets (wavemill with one job):")
    for name, most in TARGET_RATIO_TO_LIMIT.items() if limit else ():
        row = find(rows, name)
        if name == "wavemill" and "avx512f" not in ours.module.cpu_flags():
            continue  # The row of the widest level this CPU has says it.
        if row:
            times = ratio(row, limit)
            verdict(times <= most, f"{name}: {times:.2f}x the limit's CPU (at most {most:g}x)")
    for row in rows:
        if row.module.NAME not in ("wavemill", "limit_c"):
            share = ratio(ours, row)
            verdict(
                share < TARGET_SHARE_OF_PEER,
                f"{share:.2f} of {row.name}'s CPU (less than {TARGET_SHARE_OF_PEER:g})",
            )
    peak = max(run.peak_mib for row in rows if row.module is ours.module for run in row.runs)
    verdict(peak < TARGET_PEAK_MIB, f"{peak:.0f} MiB at the peak (under {TARGET_PEAK_MIB:g})")
    if ours.check:
        residual = ours.check["residual_peak_db"]
        verdict(
            residual < NULL_LIMIT_DB,
            f"nulls with the limit at {residual:.1f} dBFS peak (below {NULL_LIMIT_DB:g})",
        )
