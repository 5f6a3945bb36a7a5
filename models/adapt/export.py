"""Writes what a run gives away: adapter.safetensors (fp16) and record.json, its training record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from adapter import Adapter, write_json


def export(folder: Path, adapter: Adapter | None, *, tokens: dict, data: dict, settings: dict, measures: list[dict]) -> dict:
    """Without an adapter the exported one stays, and only the record's curve grows. Returns the record.

    measures: the held-out measures in order; the first is the start's, by the same code. The record's
    "exported" is the measure of the weights in the file.
    """
    path, record_path = folder / "adapter.safetensors", folder / "record.json"
    record = json.loads(record_path.read_text()) if record_path.exists() else {}
    if adapter is not None:
        seen = tokens["start"] + tokens["this_run"]
        adapter.save(path, {"base": settings["base"], "rank": str(adapter.rank), "tokens_seen": str(seen)})
        record["exported"] = measures[-1]
        record["tokens_seen"] = seen
        record["rank"] = adapter.rank
        record["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        record["bytes"] = path.stat().st_size
    record |= {"tokens": tokens, "data": data, "settings": settings, "start": measures[0], "curve": measures}
    write_json(record_path, record)
    return record
