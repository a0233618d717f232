"""Check a dataset without Mukulen: python verify.py DATASET[.zip] [--expect DATASET_SHA256]

This file needs Python 3.9 or later and nothing else, so that a reader of a paper can read all of it before they run it.
It checks, in this order:
 1. every file is as listed in hashes.json, no other is there, and the two hashes of the lists are right;
 2. the event log is one chain: each event has its number, the hash of the one before, and its own;
 3. the study plan is the one frozen when the study was created and opened; each amendment names the version before it;
 4. the order: created, opened, then every rating, and none after the unblinding;
 5. after unblinding: the session plans match the commitment in the study plan, and each rating the planned clip.
The last line it prints is the dataset's hash. Compare it with a published one: somebody who can rewrite all files can
also rewrite their hashes, but not a hash that stands elsewhere.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
import zlib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

AMENDED = "plan amended"
MS = timedelta(milliseconds=1)  # times in tables are cut to whole ones
CUT = "left out until the seal is opened"
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError)


class Broken(Exception):
    """The dataset is not as it was exported; the text says where."""


def canonical(value: Any) -> str:
    """A JSON value as RFC 8785 writes it: keys sorted by UTF-16, no blanks, numbers as ECMAScript prints them."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(part)}" for key, part in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def number(value: float) -> str:
    """A float as ECMAScript prints it (ECMA-262, Number::toString)."""
    shortest = Decimal(repr(value)).normalize()
    return "0" if value == 0 else f"{shortest:f}" if 1e-6 <= abs(value) < 1e21 else f"{shortest:e}"


def sha256(data: Any) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else canonical(data).encode()).hexdigest()


def check(holds: object, fault: str) -> None:
    if not holds:
        raise Broken(fault)


def files_of(path: Path) -> dict[str, bytes]:
    """The bytes of each file of a folder or ZIP archive, by name."""
    if path.is_dir():
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            check(len(set(names)) == len(names), "the archive has a name twice")
            found = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Broken(f"it is no readable archive ({error})") from error
    root = {name.split("/")[0] for name in found}
    if "hashes.json" not in found and len(root) == 1:  # packed with its folder
        return {name.partition("/")[2]: data for name, data in found.items()}
    return found


def check_hashes(files: dict[str, bytes]) -> str:
    """Every file against hashes.json; returns the dataset's hash."""
    check("hashes.json" in files, "there is no hashes.json: this is no dataset")
    listing = json.loads(files["hashes.json"])
    written = (json.dumps(listing, ensure_ascii=False, indent=1) + "\n").encode()
    check(files["hashes.json"] == written, "hashes.json was written by something else")
    check(set(listing) == {"files", "dataset_sha256", "tables_sha256"}, "hashes.json has other parts than an export's")
    missing, foreign = set(listing["files"]) - set(files), set(files) - set(listing["files"]) - {"hashes.json"}
    check(not missing and not foreign, f"missing: {sorted(missing) or 'none'}; not listed: {sorted(foreign) or 'none'}")
    for name, digest in listing["files"].items():
        check(sha256(files[name]) == digest, f"{name} was changed: its SHA-256 differs")
    check(listing["dataset_sha256"] == sha256(listing["files"]), "dataset_sha256 is not that of the files")
    tables = [part["path"] for part in json.loads(files["datapackage.json"])["resources"]]
    listed = {name: listing["files"][name] for name in tables}
    check(listing["tables_sha256"] == sha256(listed), "tables_sha256 is not that of the tables")
    return str(listing["dataset_sha256"])


def check_log(data: bytes) -> list[Any]:
    """The chain of events; returns them."""
    events, before = list[Any](), ""
    for line, text in enumerate(io.StringIO(data.decode()), 1):  # splitlines() would also cut at U+2028
        event = json.loads(text)
        check(text == canonical(event) + "\n", f"events.jsonl, line {line}: written by something else")
        content = {key: part for key, part in event.items() if key != "hash"}
        chained = event["number"] == line and event["previous_hash"] == before and event["hash"] == sha256(content)
        check(chained, f"events.jsonl, line {line}: event changed, or the one before it is missing")
        events.append(event)
        before = event["hash"]
    check(events and events[0]["kind"] == "created", "events.jsonl does not begin with the study's creation")
    return events


def check_plan(plan: Any, events: list[Any]) -> None:
    """The plan against the log, version by version."""
    frozen = before = events[0]["detail"]["plan_sha256"]
    is_sealed = all(event["kind"] != "unsealed" for event in events)
    is_cut = is_sealed and "commitment" not in plan and plan.get("sessions") == CUT  # an early version's
    check(sha256(plan) == frozen or is_cut, "plan.json is not the plan that was frozen: its SHA-256 differs")
    for event in events:
        detail = event["detail"]
        if event["kind"] in ("created", "opened"):
            check(detail["plan_sha256"] == before, f"event {event['number']} has another plan than the one before")
        if event["kind"] == AMENDED:
            content = {key: part for key, part in detail.items() if key != "sha256"}
            right = detail["amends"] == before and detail["sha256"] == sha256(content)
            check(right, f"event {event['number']} amends another version than the one before it")
            before = detail["sha256"]


def check_order(events: list[Any], rows: list[dict[str, str]]) -> None:
    """Created, opened, ratings, unblinding."""
    times: dict[str, datetime] = {}
    for event in events:
        times.setdefault(event["kind"], datetime.fromisoformat(event["at"]))
    check(rows == [] or "opened" in times, "there are ratings, but the study was never opened")
    for row in rows:
        at = datetime.fromisoformat(row["received_at"].replace("Z", "+00:00"))
        where = f"the rating of {row['expert_id']} in trial {row['trial']}"
        check(times["created"] <= times["opened"] <= at + MS, f"{where} came before the study was created and opened")
        check("unsealed" not in times or at <= times["unsealed"], f"{where} came after the unblinding")


def check_sequences(shown: Any, plan: Any, rows: list[dict[str, str]]) -> None:
    """Published session plans against the commitment and the clips that were rated."""
    if (content := shown.get("sealed")) is None:
        check(shown["sessions"] == plan["sessions"], "sequences.json has other session plans than plan.json")
        return
    check(sha256(content) == plan["commitment"], "sequences.json does not match the commitment in plan.json")
    trials = {slot["slot"]: slot["trials"] for slot in content["sessions"]["slots"]}
    slots = shown["slots"] | {"'" + code: slot for code, slot in shown["slots"].items()}  # guarded against formulas
    for row in (row for row in rows if row.keys() & {"clip_id", "clip_a"}):  # others are of a page of all systems
        planned = trials[slots[row["expert_id"]]][int(row["trial"]) - 1]
        places = planned.get("places", [planned])  # two clips of a comparison, one of each system, or one
        places = places[int(row["place"]) - 1 :][:1] if "place" in row else places
        clips = [(content["clips"][one["system"]][one["clip"]], content["systems"][one["system"]]) for one in places]
        columns = [("clip_id", "system")] if len(places) == 1 else [("clip_a", "system_a"), ("clip_b", "system_b")]
        heard = [(row[clip], row[system]) for clip, system in columns]
        is_planned = clips == heard and row.get("x") in (None, str(planned.get("x")))  # which clip an X was
        check(is_planned, f"{row['expert_id']}, trial {row['trial']}: another clip was rated than was planned")


def verify(files: dict[str, bytes], expected: str = "") -> tuple[str, int, int, int]:
    """Check the files of a dataset; returns its hash and how many files, events and ratings. Raises Broken."""
    try:
        digest = check_hashes(files)
        check(expected in ("", digest), f"the dataset's hash is {digest}, not {expected}")
        events, plan = check_log(files["events.jsonl"]), json.loads(files["plan.json"])
        check_plan(plan, events)
        tables = [name for name in files if name.startswith("data/") and "_description-wide_" not in name]
        check(tables, "there is no table of ratings")
        rows = [row for name in tables for row in csv.DictReader(io.StringIO(files[name].decode(), newline=""))]
        if not events[0]["detail"].get("simulated"):  # its times are made up, and every table says so
            check_order(events, rows)
        is_missing = "sequences.json" not in files and any(event["kind"] == "unsealed" for event in events)
        check(not is_missing, "it is unblinded, but sequences.json is missing")
        if "sequences.json" in files:
            check_sequences(json.loads(files["sequences.json"]), plan, rows)
    except UNREADABLE as error:
        raise Broken(f"it cannot be read as a dataset ({type(error).__name__}: {error})") from error
    return digest, len(files), len(events), len(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--expect", default="", metavar="DATASET_SHA256")
    options = parser.parse_args()
    try:
        found, n_files, n_events, n_rows = verify(content := files_of(options.dataset), options.expect)
    except Broken as fault:
        sys.exit(f"{options.dataset}: {fault}.")
    if json.loads(content["plan.json"]).get("sessions") == CUT:
        print("plan.json is of an early version; it can be compared with the frozen plan after the unblinding only.")
    print(f"{options.dataset}: {n_files} files, {n_events} events and {n_rows} ratings, each as exported.\n{found}")
