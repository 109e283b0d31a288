"""An independent verifier of Telltale certificates, written from docs/formats.md alone. See README.md."""
import argparse, json, re, sys
from fractions import Fraction
from types import SimpleNamespace
from telltale_forms import (CERTIFICATE, GENESIS, ENTRIES, PIN, CBORTag, Refused, address, anything, cbor, check_signature, cose_key, cover,
                            decode, fraction, h, is_call, many, need, open_sealed, read_readings, root_from_range, shape, text, transaction)

LAMPS = ("network", "car", "genuine", "complete", "certified", "reading", "noted")

def read_certificate(data):
    need(len(data) <= 268435456, "file-too-large")
    need(data[:10] == b"\x8c\x68telltale", "not-a-certificate")
    items = decode(data)
    need(type(items[1]) is int and items[1] == 1, "unknown-version")
    shape(CERTIFICATE, items)
    sets = [s for s in [items[3][2] if items[3][0] else None, items[5][1], *(link[1] for link in items[4])] if s]
    need(len({cbor(member[2]) for members in sets for member in members}) <= 2048)
    return items

def address_or_none(v):
    try:
        return address(v)
    except Refused:
        return None

def genesis_set(raw, network):
    genesis = shape(GENESIS, decode(raw))
    unsigned = h(cbor(genesis[:7] + [[a[:2] for a in genesis[7]]]))
    need(1 <= len(genesis[7]) <= 128 and all(a[0] < b[0] for a, b in zip(genesis[7], genesis[7][1:])), "malformed-genesis")
    for who, key, signature in genesis[7]:
        thumbprint = h(cbor({k: v for k, v in key.items() if k != 3}))
        need(address_or_none(who) == thumbprint[:20], "malformed-genesis")
        header = cbor({1: key[3], 4: b"\0", 16: "application/x.tt-key"})
        check_signature(key, signature, header, cbor([1, bytes(32) + unsigned, who, "authority", 0, None]), "malformed-genesis")
    need(h(raw) == network, "other-network")
    return [[who, 0, key] for who, key, _ in genesis[7]]

def follow(trusted, link):
    checkpoint, members, signatures, leavers = link
    need(h(cbor(trusted if members is None else members)) == checkpoint[6], "set-mismatch")
    need(members is None or h(cbor(trusted)) != checkpoint[6], "surplus")
    members = trusted if members is None else members
    need(all(s[0] < len(members) for s in signatures), "unknown-authority")
    need(all(s[0] < len(trusted) for s in leavers), "unknown-authority")
    need(all(trusted[s[0]] not in members for s in leavers), "surplus")
    signers = [members[s[0]] for s in signatures] + [trusted[s[0]] for s in leavers]
    need(3 * len(signatures) > 2 * len(members), "no-quorum")
    need(3 * sum(s in trusted for s in signers) > 2 * len(trusted), "no-quorum")
    _, network, height, size, log_root, state_root, set_hash = checkpoint
    for (who, number, key), (_, seconds, signature) in zip(signers, signatures + leavers):
        header = {1: key[3], 4: bytes([number]), 15: {1: who, 2: "tt:" + network.hex(), 6: seconds}, 395: 1,
                  -65537: [1, height, size, state_root, set_hash]}
        check_signature(key, signature, cbor(header), log_root, "invalid-cosignature")
    return members, signers, sorted(s[1] for s in signatures)[(len(members) - 1) // 3]

def in_force(intervals, height):
    return [v for v, start, end in intervals if start <= height and (end is None or height < end)]

MM = {"m": 1000, "km": 1000000, "mi": 1609344}

def figure(value, unit):
    """Millimetres, halves away from zero, and the step."""
    f = fraction(value) * MM[unit]
    mm = int(abs(f) + Fraction(1, 2)) * (1 if f >= 0 else -1)
    return mm, MM[unit] * (Fraction(1) if type(value) is int else Fraction(10) ** value.value[0])

def agree(a, b):
    return a[0] == b[0] or abs(a[0] - b[0]) < max(a[1], b[1])

def as_shown(reading):
    """What the source said if it agrees with the value, else the value in metres; and its figure."""
    value, raw = (reading[2], "m"), reading[4]
    is_raw = raw and raw[1] in MM and agree(figure(*raw), figure(*value))
    return (raw, figure(*raw)) if is_raw else (value, figure(*value))

def read_claim(claim):
    m = re.fullmatch(r"\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?\s*(mi|km|m)\s*", claim)
    need(m and not (len(m[1]) <= 3 and len(m[2] or "") == 3), "malformed-reading")
    decimals = (m[2] or "").rstrip("0")
    mantissa = int(m[1].replace(",", "") + decimals)
    need(mantissa < 2**53 and len(decimals) <= 18, "number-out-of-range")
    return figure(CBORTag(4, [-len(decimals), mantissa]) if decimals else mantissa, m[3])

class Verification:
    def __init__(self, data, network=None, pin=None, claim=None, vin=None):
        self.c = read_certificate(data)
        (_, _, self.network, self.anchor, self.links, self.head, self.state, self.records, self.notes, self.disclosed,
         self.identity, self.attachments) = self.c
        self.asked = SimpleNamespace(network=network, pin=pin, claim=claim, vin=vin)
        self.lamps = {name: {"state": "unknown", "ground": "not reached"} for name in LAMPS}
        self.answer = {"network": {"id": self.network.hex(), "name": None}, "asset": None, "device": None, "streams": [],
                       "period": None, "odometer": None, "notes": [],
                       "head": {"height": self.head[0][2], "size": self.head[0][3], "timeSeconds": None}}

    def light(self, lamp, state, ground):
        self.lamps[lamp] = {"state": state, "ground": ground}

    def run(self):
        stages = (("network", self.trust_path), ("certified", self.head_and_state), ("network", self.whom_you_trust),
                  ("car", self.car), ("complete", self.all_records), ("noted", self.all_notes),
                  ("genuine", self.genuine), ("noted", self.genuine_notes), ("reading", self.reading))
        for lamp, stage in stages:
            try:
                stage()
            except Refused as refusal:
                self.light(lamp, "refuted", str(refusal))
                self.answer["refusal"] = {"code": str(refusal), "message": f"{lamp}: {refusal}"}
                break
        states = [lamp["state"] for lamp in self.lamps.values()]
        summary = next((s for s in ("refuted", "unknown", "attention") if s in states), "holds")
        return {"summary": summary, "sentence": summary, "lamps": self.lamps, **self.answer}

    def trust_path(self):
        kind, first, *rest = self.anchor
        if kind == 0:
            members, before = genesis_set(first, self.network), (0, 0)
        else:
            members, before = rest[0], (first[2], first[3])
            need(first[1] == self.network, "other-network")
            need(h(cbor(members)) == first[6], "set-mismatch")
        for checkpoint, *_ in self.links + [self.head]:
            height, size = checkpoint[2:4]
            need(height > before[0] and size > before[1] or not self.links and checkpoint == first, "links-out-of-order")
            before = height, size
        self.path = []                                          # (checkpoint, set, those who signed)
        for link in self.links:
            need(link[0][1] == self.network, "other-network")
            need(link[1] is not None, "surplus")
            members, signers, _ = follow(members, link)
            self.path.append((link[0], members, signers))
        self.trusted = members

    def head_and_state(self):
        checkpoint = self.head[0]
        need(checkpoint[1] == self.network, "other-network")
        members, signers, self.time = follow(self.trusted, self.head)
        self.answer["head"]["timeSeconds"] = self.time
        self.path.append((checkpoint, members, signers))
        before, self.entries = None, ({}, {}, {}, {})
        for key, value, siblings in self.state:
            need(before is None or key > before, "unsorted")
            before, path = key, h(self.network, key)
            node, bits = h(b"\2", path, h(value)), int.from_bytes(path, "big")
            need(len(siblings) <= 256, "invalid-state-proof")
            for depth in range(len(siblings) - 1, -1, -1):
                sides = (siblings[depth], node) if bits >> 255 - depth & 1 else (node, siblings[depth])
                node = h(b"\3", *sides)
            need(node == checkpoint[5], "invalid-state-proof")
            kind, *rest = shape(many(anything), decode(key)) or [None]
            need((kind, len(rest)) in ((0, 0), (1, 1), (2, 1), (3, 2)) and not (kind == 2 and self.entries[2]), "surplus")
            shape((address, text())[:len(rest)] if kind == 3 else (text(),) * len(rest), rest)
            entry = shape(ENTRIES[kind], decode(value))
            need(kind != 1 or len(entry[0]) <= 1024 and len(entry[1]) <= 1024, "too-many-intervals")
            self.entries[kind]["/".join(rest)] = entry
        need(self.entries[0] and self.entries[2], "missing-entry")
        (self.world,), ((self.asset, self.asset_entry),) = self.entries[0].values(), self.entries[2].items()
        self.height = checkpoint[2]
        parameters = in_force(self.world[0], self.height)
        need(parameters, "missing-entry")
        need(members in in_force(self.world[1], self.height), "set-not-in-force")
        self.streams, self.identities = self.entries[3], self.entries[1]
        self.answer["network"]["name"], self.answer["asset"] = parameters[0]["name"], self.asset
        self.light("certified", "holds", f"{len(self.head[2])} of {len(members)} authorities, {self.time}")

    def whom_you_trust(self):
        state, ground = "unknown", "no network was named"
        if self.asked.network is not None:
            need(self.asked.network == self.network, "other-network")
            state, ground = ("holds", "as asked") if self.anchor[0] == 0 else ("unknown", "the file begins later")
        if self.asked.pin is not None:
            pin, trusted = self.asked.pin[2:]
            need(pin[1] == self.network, "other-network")
            anchored = [self.anchor[1]] if self.anchor[0] == 1 else []
            for c in anchored + [step[0] for step in self.path]:
                newer = c[2] > pin[2] and c[3] > pin[3] or c[2] < pin[2] and c[3] < pin[3]
                need(c == pin or newer, "other-history")
            linked = pin[2] <= self.height
            for checkpoint, members, signers in self.path:
                if checkpoint[2] > pin[2]:
                    linked = linked and 3 * sum(m in signers for m in trusted) > 2 * len(trusted)
                    trusted = members
            state, ground = ("holds", "linked to your checkpoint") if linked else ("unknown", "not linked to your checkpoint")
        if state == "holds" and self.world[2]:
            state, ground = "attention", "its authority lost what it had signed"
        self.light("network", state, ground)

    def car(self):
        vin = None
        if self.identity is not None:
            attributes, salt = self.identity
            need(h(cbor(["tt-asset-1", salt, attributes])) == self.asset_entry[1], "other-identity")
            vin = attributes.get("vin")
        if self.asked.vin is None:
            self.light("car", "not-asked" if self.identity is None else "holds", str(vin))
        elif type(vin) is not str:
            self.light("car", "unknown", "no VIN is disclosed")
        else:
            need(vin.encode().upper() == self.asked.vin.strip().encode().upper(), "other-vin")
            self.light("car", "holds", vin)

    def all_records(self):
        paths = {path for path, _, _ in self.asset_entry[2]}
        need(paths <= set(self.streams), "missing-stream")
        need(paths >= set(self.streams), "surplus")
        before, self.carried = "", {}
        for path, start, records, _ in self.records:
            need(path > before, "unsorted")
            need(path in self.streams, "other-stream")
            before, transactions = path, []
            for height, ms, raw in records:
                t = transaction(raw)
                is_call(t, (16, 17), "not-a-record")
                t.height, t.ms, t.place = height, ms, start + len(transactions)
                transactions.append(t)
            self.carried[path], entry = transactions, self.streams[path]
            self.answer["streams"].append({"stream": path, "count": entry[1], "from": start, "to": start + len(records) - 1,
                                           "disclosed": 0, "resumes": entry[7]})
            self.answer["device"] = self.records[0][0][:41]
        for path, start, records, proof in self.records:
            leaves = [[t.height, t.ms, t.id] for t in self.carried[path]]
            root = root_from_range(leaves, start, self.streams[path][1], proof, "records-missing")
            need(root == self.streams[path][3], "records-missing")
        names = {path[42:] for path in self.carried}
        whole_streams = all(len(ts) == self.streams[p][1] and not self.streams[p][7] and all(t.call == 16 for t in ts)
                            for p, ts in self.carried.items())
        hidden = any(s[1] and p not in self.carried and p[42:] in names for p, s in self.streams.items())
        self.light("complete", "holds" if self.carried and whole_streams and not hidden else "attention",
                   ", ".join(f"{len(ts)} of {self.streams[p][1]} of {p[42:]}" for p, ts in self.carried.items()))

    def all_notes(self):
        need([path for path, _, _ in self.notes] == sorted(self.streams), "missing-notes")
        self.said = []
        for path, leaves, transactions in self.notes:
            entry, ts = self.streams[path], self.carried.get(path, [])
            need(root_from_range(leaves, 0, len(leaves), [], "missing-notes") == entry[9], "missing-notes")
            due = [leaf for leaf in leaves if leaf[2] is None or leaf[3] is None
                   or ts and leaf[2] <= ts[-1].place and leaf[3] >= ts[0].place]
            need(len(due) == len(transactions), "missing-notes")
            for leaf, raw in zip(due, transactions):
                t = transaction(raw)
                need(t.id == leaf[4], "missing-notes")
                need(t.sub == path, "other-stream")
                is_call(t, (24, 26), "not-a-note")
                t.height, t.ms, span = leaf[0], leaf[1], t.args[:2]
                if t.call == 26:
                    t.fork = [transaction(raw) for raw in t.args]
                    span = [t.fork[0].sequence] * 2
                need(span == leaf[2:4], "wrong-span")
                t.span = span
                self.said.append(t)
        self.answer["notes"] = [{"stream": t.sub, "kind": "fork" if t.call == 26 else "correction", "author": t.iss,
                                 "first": t.span[0], "last": t.span[1]} for t in self.said]

    def check_author(self, t, role, scope):
        entry = self.identities[t.iss]
        keys = [key for number, key in in_force(entry[0], t.height) if number == t.number and key[3] == t.algorithm]
        need(keys, "key-not-in-force")
        roles = in_force(entry[1], t.height)
        need(role is None or any(r[:2] == [role, scope] and (r[2] is None or t.ms < r[2]) for r in roles), "role-not-in-force")
        cose_key(keys[0])
        check_signature(keys[0], *t.signed)

    def genuine(self):
        who = {path[:41] for path in self.carried} | {t.iss for t in self.said}
        who |= {t.sub[:41] for t in self.said if t.call == 26}
        need(who <= set(self.identities), "missing-identity")
        need(who >= set(self.identities), "surplus")
        for path, ts in self.carried.items():
            need(self.streams[path][0] == self.asset, "other-asset")
            for i, t in enumerate(ts):
                need(t.path == path, "other-stream")
                need(t.network == self.network[:16], "other-network")
                need(t.sequence == t.place, "wrong-sequence")
                need(t.args[0] == (ts[i - 1].id if i else t.args[0] if t.place else bytes(32)), "previous-mismatch")
                self.check_author(t, "device", self.asset)
        self.opened, bodies, left, before = {}, {}, list(self.attachments), ("", -1)
        times = []
        for path, epoch, first, last, nodes in self.disclosed:
            need((path, first) > before, "unsorted")
            before = path, last
            ts = self.carried.get(path, [])
            start = ts[0].place if ts else 0
            need(start <= first <= last < start + len(ts), "surplus")
            ts = ts[first - start:last + 1 - start]
            need(ts[0].call == ts[-1].call == 16 and (epoch is None or all(t.call == 16 for t in ts)), "surplus")
            parts = [] if epoch is None else list(cover(first, last))
            need(epoch is not None or not nodes, "surplus")
            need(len(parts) == len(nodes), "cover-mismatch")
            context = cbor(["tt-seal-1", self.network, path[:41], path[42:], epoch])
            for t in ts:
                if t.call == 17:
                    continue
                previous, boot, inner, (digest, length), _ = t.args
                if digest not in bodies:
                    need(left, "missing-attachment")
                    bodies[digest] = left.pop(0)
                body = bodies[digest]
                need(h(body) == digest and len(body) == length, "attachment-mismatch")
                need(inner == epoch if type(inner) is int else epoch is None, "wrong-epoch")
                if epoch is None:
                    content = inner + [decode(body)]
                else:
                    node, size = next((n, p[1]) for n, p in zip(nodes, parts) if p[0] <= t.place < sum(p))
                    content = open_sealed(body, node, size, t.place, context, previous, boot)
                clock, begin, duration, count, body = content
                self.opened[path, t.place] = (t, read_readings(body, duration, count), begin)
                times.append((clock, begin, begin + duration))
        need(not left, "surplus")
        for stream in self.answer["streams"]:
            stream["disclosed"] = sum(path == stream["stream"] for path, _ in self.opened)
        if len({clock for clock, _, _ in times}) == 1:
            self.answer["period"] = {"clock": times[0][0], "firstMs": min(b for _, b, _ in times),
                                     "lastMs": max(e for _, _, e in times)}
        self.find_odometer()
        self.light("genuine", "holds", f"{sum(map(len, self.carried.values()))} records")

    def genuine_notes(self):
        for t in self.said:
            need(t.network == self.network[:16], "other-network")
            self.check_author(t, *(("operator", "service") if t.call == 24 else (None, None)))
            if t.call == 26:
                a, b = t.fork
                held = [[k for (n, k), _, _ in self.identities[t.sub[:41]][0] if (n, k[3]) == (f.number, f.algorithm)] for f in t.fork]
                for f, keys in zip(t.fork, held):
                    need(f.path == t.sub, "not-a-fork")
                    need(f.network == self.network[:16], "wrong-network")
                    need(f.call in (16, 17), "not-a-fork")
                    need(keys, "unknown-key")
                need(a.sequence == b.sequence and a.id < b.id, "not-a-fork")
                for f, keys in zip(t.fork, held):
                    cose_key(keys[0])
                    check_signature(keys[0], *f.signed)
        leaves = sum(len(leaves) for _, leaves, _ in self.notes)
        self.light("noted", "attention" if leaves else "holds", f"{leaves} notes")

    def find_odometer(self):
        newest, every = {}, []
        for (path, place), (t, readings, begin) in self.opened.items():                 # ascending by stream and place
            found = [r for r in readings if r[0] == "Vehicle.TraveledDistance" and r[3] == "m"]
            every += found
            if found and path[42:] == "odometer":
                last = max(reversed(found), key=lambda r: r[1])                         # of equal times the last
                newest[path] = SimpleNamespace(path=path, place=place, height=t.height, reading=last, begin=begin)
        self.best = best = max(newest.values(), key=lambda s: (s.height, fraction(s.reading[2])), default=None)
        if best is None:
            return
        (value, unit), said = as_shown(best.reading)
        self.turned_back = any(figure(r[2], "m")[0] > said[0] and not agree(as_shown(r)[1], said) for r in every)
        shown = str(value)
        if type(value) is CBORTag:
            places, digits = -value.value[0], str(abs(value.value[1]))
            digits = digits.rjust(places + 1, "0")
            shown = ("-" if value.value[1] < 0 else "") + digits[:-places] + "." + digits[-places:]
        mm = figure(best.reading[2], "m")[0]
        self.answer["odometer"] = {"value": shown, "unit": unit, "metres": mm / 1000 if mm % 1000 else mm // 1000,
                                   "timeMs": best.begin + best.reading[1], "stream": best.path, "sequence": best.place}
        self.said_by_car, self.shown = said, f"{shown} {unit}"

    def reading(self):
        claim, best = self.asked.claim, self.best
        if best is None:
            return self.light("reading", "unknown" if claim else "not-asked", "no odometer is disclosed")
        hidden, said = False, self.said_by_car
        for path, entry in self.streams.items():
            if path[42:] == "odometer":
                resumes = sum(t.call == 17 for t in self.carried.get(path, []))
                hidden = hidden or entry[1] > resumes + sum(p == path for p, _ in self.opened)
        wrong = claim and not agree(claim, said)
        state = ("refuted" if wrong and claim[0] < said[0] else "attention" if hidden or self.turned_back else
                 "not-asked" if not claim else "attention" if wrong else "holds")
        self.light("reading", state, f"the odometer says {self.shown}")

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    for option in ("--network", "--checkpoint", "--reading", "--vin"):
        parser.add_argument(option)
    parser.add_argument("--json", action="store_true")
    asked, pin, claim = parser.parse_args(), None, None
    try:
        need(asked.network is None or re.fullmatch("[0-9a-fA-F]{64}", asked.network), "usage")
        if asked.checkpoint is not None:
            try:
                pin = shape(PIN, decode(open(asked.checkpoint, "rb").read()))
                need(h(cbor(pin[3])) == pin[2][6])
            except Refused:
                raise Refused("malformed-checkpoint")
        if asked.reading is not None:
            claim = read_claim(asked.reading)
        network = None if asked.network is None else bytes.fromhex(asked.network)
        answer = Verification(open(asked.file, "rb").read(), network, pin, claim, asked.vin).run()
    except (Refused, OSError) as problem:
        code = str(problem) if isinstance(problem, Refused) else "file-not-found"
        print(json.dumps({"error": {"code": code, "message": str(problem)}}, indent=2) if asked.json else f"error: {problem}")
        return 2
    if asked.json:
        print(json.dumps(answer, indent=2))
    else:
        for name, lamp in answer["lamps"].items():
            print(f"{name:10}{lamp['state']:10} {lamp['ground']}")
        print(answer["summary"])
    return {"refuted": 1, "unknown": 3}.get(answer["summary"], 0)

if __name__ == "__main__":
    sys.exit(main())
