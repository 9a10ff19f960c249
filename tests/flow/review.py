#!/usr/bin/env python3
"""Reads what `remark export` wrote as other tools would, and compares it with its JSON: review.py FOLDER CLIP. Shares no code with
clipvault; what it asks of an .eaf is what EAFv3.0.xsd says of the elements that are in it, and what ELAN asks beyond that."""
import csv
import json
import re
import sys
import xml.etree.ElementTree as xml
from fractions import Fraction

folder, clip = sys.argv[1:]
with open(f"{folder}/out.json", encoding="utf-8") as f:
    said = json.load(f)
remarks = said["remarks"]
assert said["clip"] == clip and len(remarks) == 3, said
rate = Fraction(said["frame_rate"])


def shown(ms):
    """Which frame is on screen at that time."""
    return int(Fraction(ms, 1000) * rate)


places = [(r["from"]["frame"], r["to"]["frame"]) for r in remarks]
for r in remarks:
    assert Fraction(r["from"]["seconds"]) * rate == r["from"]["frame"] and Fraction(r["to"]["seconds"]) * rate == r["to"]["frame"]

# ---- ELAN
root = xml.parse(f"{folder}/out.eaf").getroot()
assert root.tag == "ANNOTATION_DOCUMENT" and root.get("FORMAT") == "3.0" and root.get("VERSION") == "3.0"
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", root.get("DATE")) and root.get("AUTHOR") is not None
order = [child.tag for child in root]
assert order == sorted(order, key=["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"].index), order
assert root.find("HEADER").get("TIME_UNITS") == "milliseconds"
slots = {s.get("TIME_SLOT_ID"): int(s.get("TIME_VALUE")) for s in root.find("TIME_ORDER")}
assert list(slots.values()) == sorted(slots.values()) and len(slots) == 2 * len(remarks)
types = {t.get("LINGUISTIC_TYPE_ID") for t in root.findall("LINGUISTIC_TYPE") if t.get("TIME_ALIGNABLE") == "true"}
tiers = root.findall("TIER")
assert len({t.get("TIER_ID") for t in tiers}) == len(tiers) and all(t.get("LINGUISTIC_TYPE_REF") in types for t in tiers)
ids, found, used = set(), [], []
for tier in tiers:
    end = -1
    for annotation in tier:
        (a,) = annotation
        assert annotation.tag == "ANNOTATION" and a.tag == "ALIGNABLE_ANNOTATION" and [c.tag for c in a] == ["ANNOTATION_VALUE"]
        start, stop = slots[a.get("TIME_SLOT_REF1")], slots[a.get("TIME_SLOT_REF2")]
        assert end <= start < stop, "annotations of one tier overlap"
        end = stop
        ids.add(a.get("ANNOTATION_ID"))
        used += [a.get("TIME_SLOT_REF1"), a.get("TIME_SLOT_REF2")]
        found.append((shown(start), shown(stop), a[0].text, tier.get("ANNOTATOR"), tier.get("TIER_ID")))
assert len(ids) == len(remarks) and sorted(used) == sorted(slots)
wanted = [(*p, ": ".join(filter(None, (r["label"], r["text"]))), r["author"]) for p, r in zip(places, remarks)]
assert sorted(f[:4] for f in found) == sorted(wanted), (found, wanted)
assert {f[4].split(" (")[0] for f in found} == {"Ida: Encouraging initiatives", "Sue"}

# ---- WebVTT
with open(f"{folder}/out.vtt", encoding="utf-8") as f:
    head, note, *cues = f.read().rstrip("\n").split("\n\n")
assert head == "WEBVTT" and note.startswith("NOTE ") and len(cues) == len(remarks)


def milliseconds(text):
    hours, minutes, seconds, ms = map(int, re.fullmatch(r"(\d\d+):(\d\d):(\d\d)\.(\d\d\d)", text).groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


for cue, place, r in zip(cues, places, remarks):
    name, times, payload = cue.split("\n")
    start, arrow, stop = times.split(" ")
    assert name == r["remark"] and arrow == "-->" and "-->" not in payload
    assert (shown(milliseconds(start)), shown(milliseconds(stop))) == place
    assert json.loads(payload) == r, payload

# ---- CSV, and BORIS' aggregated events
with open(f"{folder}/out.csv", encoding="utf-8", newline="") as f:
    rows = list(csv.DictReader(f, strict=True))
assert len(rows) == len(remarks)
for row, place, r in zip(rows, places, remarks):
    assert (int(row["from_frame"]), int(row["to_frame"])) == place and row["clip"] == clip and row["author"] == r["author"]
    assert row["text"] == ("'" if r["text"].startswith("=") else "") + r["text"] and row["seen"] == "shared"
    assert None not in row and row["tag"] == (r["tag"] or "")
with open(f"{folder}/out.boris", encoding="utf-8", newline="") as f:
    rows = list(csv.DictReader(f, strict=True))
columns = """Observation id|Observation date|Description|Observation type|Source|Time offset (s)|Coding duration|Media duration (s)|
FPS (frame/s)|Subject|Observation duration by subject by observation|Behavior|Behavioral category|Behavior type|Start (s)|Stop (s)|
Duration (s)|Media file name|Image index start|Image index stop|Image file path start|Image file path stop|Comment start|Comment stop"""
assert list(rows[0]) == columns.replace("\n", "").split("|") and len(rows) == len(remarks)
for row, place, r in zip(rows, places, remarks):
    assert row["Behavior"] == (r["tag"] or "comment") and row["Behavioral category"] == (r["layer"] or "") and row["Behavior type"] == "STATE"
    assert (shown(int(Fraction(row["Start (s)"]) * 1000)), shown(int(Fraction(row["Stop (s)"]) * 1000))) == place
    assert Fraction(row["Stop (s)"]) - Fraction(row["Start (s)"]) == Fraction(row["Duration (s)"])
    assert row["Observation id"] == f"{clip} {r['author']}" and row["FPS (frame/s)"] == "25.000"
