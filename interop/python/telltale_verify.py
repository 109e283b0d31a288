"""An independent verifier of Telltale certificates, written from docs/formats.md alone. See README.md."""
import argparse, decimal, fractions, json, re, sys
from telltale_forms import (CERTIFICATE, ENTRIES, GENESIS, PIN, Refused, address, anything, cbor, check_call, check_range, check_signature, cover, decode, h,
                            need, open_sealed, read_readings, refusing, rises, shape, text, transaction)
def genesis_set(raw, network):
    genesis = shape(GENESIS, decode(raw))
    unsigned, authorities = h(cbor(genesis[:7] + [[a[:2] for a in genesis[7]]])), [[who, 0, key] for who, key, _ in genesis[7]]
    need(len(authorities) in range(1, 129) and rises(authorities), "malformed-genesis")
    for who, key, signature in genesis[7]:
        with refusing(Refused, "malformed-genesis"): need(address(who) == h(cbor({k: v for k, v in key.items() if k != 3}))[:20])
        payload = cbor([1, bytes(32) + unsigned, who, "authority", 0, None])
        check_signature(key, signature, cbor({1: key[3], 4: b"\0", 16: "application/x.tt-key"}), payload, "malformed-genesis")
    need(h(raw) == network, "other-network")
    return authorities
def vouch(trusted, signers): return 3 * sum(member in signers for member in trusted) > 2 * len(trusted)
def follow(network, trusted, link):                   # returns the checkpoint, its set, those who signed, and the time
    (_, of, height, size, log_root, state_root, set_hash), carried, signatures, leavers = link
    members = trusted if carried is None else carried
    need(of == network, "other-network", h(cbor(members)) == set_hash, "set-mismatch", carried is None or h(cbor(trusted)) != set_hash, "surplus")
    need(all(s[0] < len(members) for s in signatures) and all(s[0] < len(trusted) for s in leavers), "unknown-authority")
    need(not any(trusted[s[0]] in members for s in leavers), "surplus")
    signers = [members[s[0]] for s in signatures] + [trusted[s[0]] for s in leavers]
    need(3 * len(signatures) > 2 * len(members) and vouch(trusted, signers), "no-quorum")
    for (who, number, key), (_, seconds, signature) in zip(signers, signatures + leavers):
        claims = {1: who, 2: f"tt:{network.hex()}", 6: seconds}
        header = {1: key[3], 4: bytes([number]), 15: claims, 395: 1, -65537: [1, height, size, state_root, set_hash]}
        check_signature(key, signature, cbor(header), log_root, "invalid-cosignature")
    return link[0], members, signers, sorted(s[1] for s in signatures)[(len(members) - 1) // 3]
def in_force(intervals, height): return [v for v, start, end in intervals if start <= height and (end is None or height < end)]
def check_author(identity, t, role=None):
    keys = [key for number, key in in_force(identity[0], t.height) if number == t.number and key[3] == t.algorithm]
    roles = [r[:2] for r in in_force(identity[1], t.height) if r[2] is None or t.ms < r[2]]
    need(keys, "key-not-in-force", role in roles if role else roles, "role-not-in-force")
    check_signature(keys[0], *t.signed)
def check_fork(ever_held, forked, stream, network):
    keys = [[key for (number, key), _, _ in ever_held if (number, key[3]) == (t.number, t.algorithm)] for t in forked]
    for t, found in zip(forked, keys):
        need([t.iss, t.sub] == stream, "not-a-fork", t.network == network, "wrong-network", t.call in (16, 17), "not-a-fork", found, "unknown-key")
    need(forked[0].sequence == forked[1].sequence and forked[0].id < forked[1].id, "not-a-fork")
    for t, found in zip(forked, keys): check_signature(found[0], *t.signed)
MILLIMETRES = {"m": 1000, "km": 1000000, "mi": 1609344}
def figure(value, unit):                              # the value and its step in millimetres, halves away from zero
    exact = fractions.Fraction(value), fractions.Fraction(1, 10 ** -decimal.Decimal(value).as_tuple().exponent)
    return [int(x * MILLIMETRES[unit] + fractions.Fraction(1 if x > 0 else -1, 2)) for x in exact]
def agree(a, b): return a[0] == b[0] or abs(a[0] - b[0]) < max(a[1], b[1])
def shown(value, raw): return raw if raw and raw[1] in MILLIMETRES and agree(figure(*raw), figure(value, "m")) else [value, "m"]
def read_claim(claim):
    m = re.fullmatch(r" *((?:[0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,9})(?:\.[0-9]{1,3})?) *(mi|km|m) *", claim)
    need(m and not re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", m[1]), "malformed-reading")
    value = decimal.Decimal(m[1].replace(",", ""))
    return figure(value.normalize() if value % 1 else value.to_integral_value(), m[2])

EXITS = {"refuted": 1, "unknown": 3, "attention": 0, "holds": 0}        # each summary stands before those that it overrules
ORDER = ("network", "certified", "network", "car", "complete", "noted", "genuine", "noted", "reading")
def is_odometer(stream): return stream[42:] == "odometer"
def stages(certificate, answer, network_asked, pin, claim, vin):
    """The checks in the order of the page. Each yield ends a stage with the state of its lamp in ORDER, None where that is still open."""
    _, _, network, (kind, first, *rest), links, head, state, records, notes, disclosed, identity, attachments = certificate
    trusted, path = rest[0] if kind else genesis_set(first, network), []
    need(not kind or first[1] == network, "other-network", not kind or h(cbor(trusted)) == first[6], "set-mismatch")
    steps = [first[2:4] if kind else [0, 0]] + [link[0][2:4] for link in links + [head]]
    need(all(a[0] < b[0] and a[1] < b[1] for a, b in zip(steps, steps[1:])) or not links and head[0] == first, "links-out-of-order",
         all(link[0][1] == network for link in links), "other-network", all(link[1] is not None for link in links), "surplus")
    for link in links: path.append(follow(network, path[-1][1] if path else trusted, link))
    yield None
    path.append(follow(network, path[-1][1] if path else trusted, head))
    (_, _, height, _, _, state_root, _), trusted, _, answer["head"]["timeSeconds"] = path[-1]
    worlds, identities, assets, streams = entries = {}, {}, {}, {}
    need(rises(state), "unsorted")
    for key, value, siblings in state:
        place, node = h(network, key), h(b"\2", h(network, key), h(value))
        for depth, sibling in reversed([*enumerate(siblings[:256])]):
            node = h(b"\3", sibling, node) if place[depth // 8] >> 7 - depth % 8 & 1 else h(b"\3", node, sibling)
        need(len(siblings) <= 256 and node == state_root, "invalid-state-proof")
        n, *ids = shape([anything], decode(key)) or [None]
        need(type(n) is int and (n, len(ids)) in ((0, 0), (1, 1), (2, 1), (3, 2)) and not (n == 2 and assets), "surplus")
        entry = entries[n]["/".join(shape((address, text(64)) if n == 3 else [text(64)], ids))] = shape(ENTRIES[n], decode(value))
        need(n != 1 or max(map(len, entry[:2])) <= 1024, "too-many-intervals")
    need(worlds and assets and in_force(worlds[""][0], height), "missing-entry")
    world, ((asset, asset_entry),) = worlds[""], assets.items()
    need(trusted in in_force(world[1], height), "set-not-in-force")
    answer["network"]["name"], answer["asset"] = in_force(world[0], height)[0]["name"], asset
    answer["entered"] = {"by": asset_entry[3], "height": asset_entry[0][0][1]}
    yield "holds"
    need(network_asked in (None, network), "other-network")
    is_trusted = network_asked and not kind
    if pin:
        (pinned, vouching), is_trusted, known = pin[2:], pin[2][2] <= height, [first] * kind + [step[0] for step in path]
        need(pinned[1] == network, "other-network", all(c == pinned or (c[2] - pinned[2]) * (c[3] - pinned[3]) > 0 for c in known), "other-history")
        for _, members, signers, _ in [step for step in path if step[0][2] > pinned[2]]:
            is_trusted, vouching = is_trusted and vouch(vouching, signers), members
    yield "unknown" if not is_trusted else "attention" if world[2] else "holds"
    need(not identity or h(cbor(["tt-asset-1", *identity[::-1]])) == asset_entry[1], "other-identity")
    its_vin = identity[0].get("vin") if identity else None
    need(None in (vin, its_vin) or type(its_vin) is str and re.fullmatch(re.escape(vin.strip(" ")), its_vin, re.IGNORECASE | re.ASCII), "other-vin")
    yield ("holds" if identity else "not-asked") if vin is None else "unknown" if its_vin is None else "holds"
    paths, carried, said = {stream for stream, _, _ in asset_entry[2]}, {}, []
    need(paths <= set(streams), "missing-stream", paths >= set(streams), "surplus", rises(records), "unsorted")
    for stream, start, rows, _ in records:
        need(stream in streams, "other-stream")
        carried[stream] = [transaction(raw, height=height, ms=ms, place=place) for place, (height, ms, raw) in enumerate(rows, start)]
        for t in carried[stream]: check_call(t, (16, 17), "not-a-record")
    answer.update(device=records[0][0][:41] if records else None, streams=[
        {"stream": s, "count": streams[s][1], "from": ts[0].place, "to": ts[-1].place, "disclosed": 0, "resumes": streams[s][7]} for s, ts in carried.items()])
    for stream, start, _, proof in records:
        check_range([[t.height, t.ms, t.id] for t in carried[stream]], start, streams[stream][1], proof, streams[stream][3], "records-missing")
    is_whole = carried and all(len(ts) == streams[s][1] and not streams[s][7] and all(t.call == 16 for t in ts) for s, ts in carried.items())
    is_more = any(e[1] and s not in carried and any(s[41:] == c[41:] for c in carried) for s, e in streams.items())
    yield "holds" if is_whole and not is_more else "attention"
    need([stream for stream, _, _ in notes] == sorted(streams), "missing-notes")
    for stream, leaves, raws in notes:
        check_range(leaves, 0, len(leaves), [], streams[stream][9], "missing-notes")
        ts = carried.get(stream)
        due = [x for x in leaves if None in x[2:4] or ts and x[2] <= ts[-1].place and x[3] >= ts[0].place]
        need(len(due) == len(raws), "missing-notes")
        for (height, ms, begin, end, identifier), t in zip(due, map(transaction, raws)):
            need(t.id == identifier, "missing-notes", t.sub == stream, "other-stream")
            check_call(t, (24, 26), "not-a-note")
            t.height, t.ms, t.span, t.forked = height, ms, [begin, end], [transaction(raw) for raw in t.args] if t.call == 26 else []
            need(t.span == ([t.forked[0].sequence] * 2 if t.forked else t.args[:2]), "wrong-span")
            said.append(t)
    answer["notes"] = [{"stream": t.sub, "kind": "fork" if t.forked else "correction", "author": t.iss, **dict(zip(("first", "last"), t.span))} for t in said]
    yield None
    who = {stream[:41] for stream in carried} | {t.iss for t in said} | {t.sub[:41] for t in said if t.forked}
    need(who <= set(identities), "missing-identity", who >= set(identities), "surplus", all(streams[s][0] == asset for s in carried), "other-asset")
    for stream, ts in carried.items():
        for before, t in zip([None] + ts, ts):
            need([t.iss, t.sub] == [stream[:41], stream[42:]], "other-stream", t.network == network[:16], "other-network", t.sequence == t.place,
                 "wrong-sequence", t.args[0] == (before.id if before else t.args[0] if t.place else bytes(32)), "previous-mismatch")
            check_author(identities[t.iss], t, ["device", asset])
    before, bodies, left, opened, newest, distances, total = ("", -1), {}, attachments[::-1], {}, {}, [], 0
    for stream, epoch, begin, end, nodes in disclosed:
        need((stream, begin) > before, "unsorted")
        before, ts = (stream, end), [t for t in carried.get(stream, []) if begin <= t.place <= end]
        need(begin <= end and len(ts) == end - begin + 1, "surplus")
        covered, context = [] if epoch is None else [*cover(begin, end)], ["tt-seal-1", network, stream[:41], stream[42:], epoch]
        need(all(t.call == 16 for t in (ts if covered else (ts[0], ts[-1]))) and (covered or not nodes), "surplus",
             len(covered) == len(nodes), "cover-mismatch")
        for t in [t for t in ts if t.call == 16]:
            previous, boot, when, (digest, length), _ = t.args
            need(digest in bodies or left, "missing-attachment")
            body = bodies[digest] if digest in bodies else bodies.setdefault(digest, left.pop())
            need(h(body) == digest and len(body) == length, "attachment-mismatch", epoch == (when if type(when) is int else None), "wrong-epoch")
            content = open_sealed(body, nodes, covered, t.place, context, previous, boot) if covered else when + [decode(body)]
            need((total := total + content[3]) <= 8388608, "too-many-readings")
            readings = [r for r in read_readings(content[4], *content[2:4]) if r[0] == "Vehicle.TraveledDistance" and r[3] == "m"]
            opened[stream, t.place] = content[0], content[1], content[1] + content[2]
            distances += [(r[2], r[4]) for r in readings]
            if readings and is_odometer(stream): newest[stream] = t.height, stream, t.place, content[1], *sorted(readings, key=lambda r: r[1])[-1]
    for row in answer["streams"]: row["disclosed"] = sum(stream == row["stream"] for stream, _ in opened)
    clocks, starts, ends = map(set, zip(*opened.values())) if opened else ({}, {}, {})
    if len(clocks) == 1: answer["period"] = {"clock": clocks.pop(), "firstMs": min(starts), "lastMs": max(ends)}
    if newest:
        _, stream, place, since, _, ms, odometer, _, raw = max(newest.values(), key=lambda o: (o[0], o[6]))
        (value, unit), (millimetres, _) = shown(odometer, raw), figure(odometer, "m")
        answer["odometer"] = {"value": f"{decimal.Decimal(value):f}", "unit": unit, "timeMs": since + ms, "stream": stream, "sequence": place,
                              "metres": millimetres / 1000 if millimetres % 1000 else millimetres // 1000}
    need(not left, "surplus")
    yield "holds"
    for t in said:
        need(t.network == network[:16], "other-network")
        check_author(identities[t.iss], t, None if t.forked else ["operator", "service"])
        if t.forked: check_fork(identities[t.sub[:41]][0], t.forked, [t.sub[:41], t.sub[42:]], network[:16])
    yield "attention" if any(leaves for _, leaves, _ in notes) else "holds"
    if not newest: return (yield "not-asked" if claim is None else "unknown")
    told = figure(value, unit)
    is_back = any(metres > odometer and not agree(figure(*shown(metres, raw)), told) for metres, raw in distances)
    is_hidden = any(is_odometer(s) and e[1] > sum(t.call == 17 or (s, t.place) in opened for t in carried.get(s, [])) for s, e in streams.items())
    differs = claim is not None and not agree(claim, told)
    yield "refuted" if differs and claim[0] < told[0] else "attention" if is_back or is_hidden or differs else "not-asked" if claim is None else "holds"

def judge(data, *asked):
    need(len(data) <= 268435456, "file-too-large", re.match(rb"[\x80-\x97]\x68telltale", data), "not-a-certificate")
    certificate, lamps = shape(CERTIFICATE, decode(data)), {lamp: {"state": "unknown", "ground": "not reached"} for lamp in sorted(set(ORDER))}
    answer = {"lamps": lamps, "network": {"id": certificate[2].hex(), "name": None}, "entered": None, "asset": None, "device": None, "streams": [],
              "period": None, "head": dict(zip(("height", "size"), certificate[5][0][2:4]), timeSeconds=None), "odometer": None, "notes": []}
    need(len({cbor(key) for members in certificate[3][2:] + [link[1] or [] for link in certificate[4] + [certificate[5]]] for _, _, key in members}) <= 2048)
    checks = stages(certificate, answer, *asked)
    try:
        for lamp in ORDER: lamps[lamp] = {"state": next(checks) or "unknown", "ground": f"all checks of {lamp}"}
    except Refused as refusal:
        lamps[lamp], answer["refusal"] = {"state": "refuted", "ground": str(refusal)}, {"code": str(refusal), "message": f"{lamp}: {refusal}"}
    summary = next(s for s in EXITS if s == "holds" or s in [lamp["state"] for lamp in lamps.values()])
    return {"summary": summary, "sentence": ", ".join(f"{name} {lamp['state']}" for name, lamp in lamps.items()), **answer}, EXITS[summary]
def main():
    parser, pin = argparse.ArgumentParser(description=__doc__, allow_abbrev=False), None
    parser.error = lambda message: need(False, "usage")
    kinds = {"--reading": {"type": read_claim}, "--json": {"action": "store_true"}}
    for name in ("file", "--network", "--checkpoint", "--reading", "--vin", "--json"): parser.add_argument(name, **kinds.get(name, {}))
    try:
        asked = parser.parse_args()
        need(asked.network is None or re.fullmatch("[0-9a-fA-F]{64}", asked.network), "usage")
        with refusing(Refused, "malformed-checkpoint"):
            if asked.checkpoint is not None: pin = shape(PIN, decode(open(asked.checkpoint, "rb").read()))
            need(pin is None or h(cbor(pin[3])) == pin[2][6])
        answer, status = judge(open(asked.file, "rb").read(), asked.network and bytes.fromhex(asked.network), pin, asked.reading, asked.vin)
    except (Refused, OSError) as problem:
        answer, status = {"error": {"code": str(problem) if isinstance(problem, Refused) else "file-not-found", "message": str(problem)}}, 2
    print(json.dumps(answer, indent=2) if "--json" in sys.argv else answer["error"]["code"] if status == 2 else answer["summary"] + ": " + answer["sentence"])
    return status
if __name__ == "__main__": sys.exit(main())
