"""benches/history.jsonl: one line of JSON a measurement, so that releases can be compared."""

import datetime
import json
import platform
import tomllib

import report


def append(path, repo, rows, imports):
    """Adds today's line: version, CPU, and of each row the median CPU seconds and the ratio to
    limit_c within the same turns."""
    limit = report.find(rows, "limit_c")
    measured = {}
    for row in rows:
        measured[row.name] = {"cpu_seconds": round(report.median(row, "cpu_seconds"), 3)}
        if limit:
            measured[row.name]["x_limit_c"] = round(report.ratio(row, limit), 3)
    if imports:
        measured["wavemill_import"] = {"cpu_seconds": round(report.import_seconds(imports), 3)}
    with open(repo / "Cargo.toml", "rb") as file:
        version = tomllib.load(file)["workspace"]["package"]["version"]
    line = {
        "date": datetime.date.today().isoformat(),
        "version": version,
        "cpu": cpu_model(),
        "rows": measured,
    }
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
