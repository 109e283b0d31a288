"""Bytes, shapes, keys, proofs, sealing and readings of docs/formats.md, for telltale_verify.py."""
import hashlib, hmac, re
from fractions import Fraction
from functools import lru_cache
from types import SimpleNamespace
from cbor2 import CBORTag, dumps as cbor          # only to write: maps keep the order in which they were read
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

class Refused(Exception):
    """A check that failed; its text is the code."""

def need(condition, code="wrong-shape"):
    if not condition:
        raise Refused(code)

def h(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

# ---- Bytes

def read_item(data):
    """The first CBOR item of data, and where it ends."""
    count = 0
    def item(at, depth):
        nonlocal count
        count += 1
        need(depth <= 16, "too-deep")
        need(count <= 4194304, "too-many-items")
        need(at < len(data), "malformed-cbor")
        major, n, at = data[at] >> 5, data[at] & 31, at + 1
        need(n in (20, 21, 22) if major == 7 else n < 28, "malformed-cbor")
        if major == 7:
            return (False, True, None)[n - 20], at
        if n >= 24:
            size, least = 1 << n - 24, (24, 1 << 8, 1 << 16, 1 << 32)[n - 24]
            need(at + size <= len(data), "malformed-cbor")
            n, at = int.from_bytes(data[at:at + size], "big"), at + size
            need(n >= least, "not-canonical")
        need(n <= 2**53 - 1 - (major == 1), "number-out-of-range")
        if major < 2:
            return (-1 - n if major else n), at
        if major < 4:
            need(at + n <= len(data), "malformed-cbor")
            try:
                return data[at:at + n] if major == 2 else data[at:at + n].decode(), at + n
            except UnicodeDecodeError:
                raise Refused("malformed-text")
        if major == 6:
            need(n in (4, 18), "malformed-cbor")
            value, at = item(at, depth + 1)
            if n == 4:
                need(type(value) is list and [type(x) for x in value] == [int, int], "malformed-cbor")
                need(-18 <= value[0] <= -1 and value[1] % 10 != 0, "not-canonical")
            return CBORTag(n, value), at
        values, entries, before = [], {}, b""
        for _ in range(n):
            start = at
            value, at = item(at, depth + 1)
            if major == 4:
                values.append(value)
                continue
            need(type(value) in (int, str), "malformed-cbor")
            need(data[start:at] > before, "not-canonical")
            before = data[start:at]
            entries[value], at = item(at, depth + 1)
        return (values if major == 4 else entries), at
    return item(0, 1)

def decode(data):
    value, end = read_item(data)
    need(end == len(data), "malformed-cbor")
    return value

# ---- Shapes: a tuple is an array of exactly these, a dict a map of exactly these, a function judges, else a constant

def shape(pattern, value):
    if isinstance(pattern, tuple):
        need(type(value) is list and len(value) == len(pattern))
        [shape(p, v) for p, v in zip(pattern, value)]
    elif isinstance(pattern, dict):
        need(type(value) is dict and set(value) == set(pattern))
        [shape(p, value[k]) for k, p in pattern.items()]
    elif callable(pattern):
        pattern(value)
    else:
        need(type(value) is type(pattern) and value == pattern)
    return value

def anything(v): pass
def whole(low=0, high=2**53 - 1): return lambda v: need(type(v) is int and low <= v <= high)
def octets(low=0, high=2**28): return lambda v: need(type(v) is bytes and low <= len(v) <= high)
def text(low=0, high=2**28): return lambda v: need(type(v) is str and low <= len(v.encode()) <= high)
def many(p, low=0, high=2**28): return lambda v: need(type(v) is list and low <= len(v) <= high) or [shape(p, x) for x in v]
def nil_or(pattern): return lambda v: v is None or shape(pattern, v)
def interval(pattern): return lambda v: need(shape((pattern, UINT, nil_or(UINT)), v)[2] is None or v[1] < v[2])
def exact(v): need(type(v) is int or type(v) is CBORTag and v.tag == 4)

def text_map(pattern, low=0, high=2**28):
    return lambda v: need(type(v) is dict and low <= len(v) <= high and all(type(k) is str for k in v)) or [
        shape(pattern, x) for x in v.values()]

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

def address(v):
    """Returns the 20 bytes."""
    need(type(v) is str)
    need(re.fullmatch(f"tt1[{ALPHABET}]{{38}}", v), "malformed-address")
    values, c = [ALPHABET.index(x) for x in v[3:]], 1
    for x in [3, 3, 0, 20, 20] + values:                                     # the prefix "tt", expanded
        top, c = c >> 25, (c & 0x1ffffff) << 5 ^ x
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
            c ^= g if top >> i & 1 else 0
    need(c == 0x2bc830a3, "malformed-address")
    return int("".join(f"{x:05b}" for x in values[:32]), 2).to_bytes(20, "big")

# ---- Keys and signatures

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SMALL_ORDER = {x.to_bytes(32, "little") for x in (0, 1, P - 1)} | {
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}
CURVES = {-7: (ec.SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1,
               0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),
          -47: (ec.SECP256K1(), 2**256 - 2**32 - 977, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141)}
COSE = {-8: {1: 1, 3: -8, -1: 6, -2: octets(32, 32)}, -257: {1: 3, 3: -257, -1: octets(256, 512), -2: octets(3, 3)},
        -7: {1: 2, 3: -7, -1: 1, -2: octets(32, 32), -3: octets(32, 32)},
        -47: {1: 2, 3: -47, -1: 8, -2: octets(32, 32), -3: octets(32, 32)}}

def edwards_add(p, q):
    (x1, y1, z1), (x2, y2, z2) = p, q
    a, c, d = z1 * z2, x1 * x2, y1 * y2
    e = D * c * d
    f, g = (a * a - e) % P, (a * a + e) % P
    return a * f * ((x1 + y1) * (x2 + y2) - c - d) % P, a * g * (d + c) % P, f * g % P

def y_of(point):
    return point[:31] + bytes([point[31] & 127])

@lru_cache(4096)
def is_sound_ed25519(key):
    y = int.from_bytes(y_of(key), "little")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    total = (0, 1, 1)                                                        # L times the point, whatever the sign of x
    for bit in f"{L:b}":
        total = edwards_add(total, total)
        total = edwards_add(total, (x, y, 1)) if bit == "1" else total
    is_on_curve = (v * x * x - u) % P == 0
    return y < P and y_of(key) not in SMALL_ORDER and is_on_curve and total[0] == 0 and total[1] == total[2]

def ec_key(key):
    x, y = (int.from_bytes(key[k], "big") for k in (-2, -3))
    curve, p, _ = CURVES[key[3]]
    need(x < p and y < p, "weak-key")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()       # refuses what is not on the curve
    except ValueError:
        raise Refused("weak-key")

def algorithm(v):
    need(type(v) is int)
    need(v in COSE, "unknown-algorithm")

def cose_form(key):
    need(type(key) is dict and 3 in key)
    algorithm(key[3])
    shape(COSE[key[3]], key)

def cose_key(key):
    cose_form(key)
    if key[3] == -8:
        need(is_sound_ed25519(key[-2]), "weak-key")
    elif key[3] == -257:
        n = int.from_bytes(key[-1], "big")
        need(n.bit_length() >= 2048 and key[-1][0] and n & 1 and key[-2] == b"\1\0\1", "weak-key")
    else:
        ec_key(key)

def check_signature(key, signature, protected, payload, code="invalid-signature"):
    message, (r, s), alg = cbor(["Signature1", protected, b"", payload]), (signature[:32], signature[32:]), key[3]
    if alg == -257:
        n, size, number = int.from_bytes(key[-1], "big"), len(key[-1]), int.from_bytes(signature, "big")
        tail = b"\0" + bytes.fromhex("3031300d060960864801650304020105000420") + h(message)
        need(len(signature) == size and number < n, code)
        return need(pow(number, 65537, n).to_bytes(size, "big") == b"\0\1".ljust(size - len(tail), b"\xff") + tail, code)
    need(len(signature) == 64, code)
    try:
        if alg == -8:
            need(int.from_bytes(s, "little") < L and int.from_bytes(y_of(r), "little") < P and y_of(r) not in SMALL_ORDER, code)
            return ed25519.Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)       # no cofactor
        (r, s), order = (int.from_bytes(x, "big") for x in (r, s)), CURVES[alg][2]
        need(1 <= r < order and 1 <= s <= order // 2, code)
        ec_key(key).verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Refused(code)

# ---- The grammar

UINT, HASH, KEY_NUMBER, NUMBER32 = whole(), octets(32, 32), whole(0, 255), whole(0, 2**32 - 1)

def ascends(rows, code):
    need(all(a[0] < b[0] for a, b in zip(rows, rows[1:])), code)

def authorities(code, key=cose_key):
    return lambda v: many((address, KEY_NUMBER, key), 1, 128)(v) and ascends(v, code)

def cosignatures(v):
    many((whole(0, 127), whole(0, 253402300799), octets()))(v)
    ascends(v, "unsorted")

def algorithms(v):
    many(algorithm, 1, 4)(v)
    need(len(set(v)) == len(v))

SET, STATE_SET, CHECKPOINT = authorities("unsorted"), authorities("wrong-shape", cose_form), (1, HASH, UINT, UINT, HASH, HASH, HASH)
LINK = (CHECKPOINT, nil_or(SET), cosignatures, cosignatures)
PIN = ("tt-checkpoint", 1, CHECKPOINT, SET)
CERTIFICATE = (
    "telltale", 1, HASH, lambda v: shape((1, CHECKPOINT, SET) if type(v) is list and v[:1] == [1] else (0, octets()), v),
    many(LINK), LINK, many((octets(), octets(), many(HASH))),
    many((text(), UINT, many((UINT, UINT, octets()), 1), many(HASH))),
    many((text(), many((UINT, UINT, nil_or(UINT), nil_or(UINT), HASH)), many(octets()))),
    many((text(), nil_or(NUMBER32), NUMBER32, NUMBER32, many(HASH))), nil_or((text_map(anything), HASH)), many(octets()))
PARAMETERS = {"name": text(0, 64), "sealers": "authorities", "work": 0, "block-ms": whole(0, 3600000),
              "block-transactions": whole(1, 100000), "block-bytes": whole(65536, 268435456), "notes": whole(1, 65536),
              "quota-bytes": whole(65536), "quota-ms": whole(1, 1099511627776), "late-ms": whole(0, 1099511627776),
              "algorithms": algorithms}
GENESIS = ("tt-genesis", 1, 0, None, "chain", UINT, PARAMETERS, many((text(), cose_key, octets())))
ROLES = ("authority", "member", "gateway", "custodian", "operator", "owner", "device")
ROLE = (lambda v: need(v in ROLES), nil_or(text(0, 64)), nil_or(UINT))
ENTRIES = (
    (many(interval(PARAMETERS), 1), many(interval(STATE_SET), 1), many((nil_or(UINT), UINT, UINT)), many((STATE_SET, UINT))),
    (many(interval((KEY_NUMBER, cose_form))), many(interval(ROLE)), many(interval((KEY_NUMBER, HASH))), nil_or(text())),
    (many(interval(text())), HASH, many(interval(text())), text(), UINT, HASH),
    (text(), UINT, HASH, HASH, UINT, UINT, NUMBER32, UINT, UINT, HASH))
TRANSACTION_HEADER = {1: algorithm, 4: octets(1, 1), 15: {1: text(0, 64), 2: text(0, 128)}, 16: "application/x.tt-tx"}
CLEAR = (whole(0, 2), whole(0, 281474976710656), whole(0, 281474976710656), whole(0, 16384))
ARGS = {16: (HASH, octets(6, 6), lambda v: shape(NUMBER32 if type(v) is int else CLEAR, v), (HASH, whole(0, 8388608)), nil_or(HASH)),
        17: (HASH, octets(6, 6), text(0, 1024)), 26: (octets(), octets()),
        24: (nil_or(UINT), nil_or(UINT), text(),
             lambda v: type(v) is str or text_map(lambda x: type(x) is str or exact(x), 1, 32)(v))}
FIELDS = {0: text(0, 200), 1: text(1, 32), 2: exact, 3: text(0, 4096), 4: lambda v: need(type(v) is bool), 6: exact,
          -2: text(0, 200), -4: text(1, 32)}

def transaction(raw):
    need(len(raw) <= 16384, "transaction-too-large")
    tagged = decode(raw)
    need(type(tagged) is CBORTag and tagged.tag == 18)
    protected, _, payload, signature = shape((octets(), {}, octets(), octets()), tagged.value)
    header = shape(TRANSACTION_HEADER, decode(protected))
    content = decode(payload)
    need(type(content) is list and (content[:1] == [1] and content[0] is not True), "unknown-version" if type(content) is list else "wrong-shape")
    _, network, call, sequence, args = shape((1, octets(16, 16), whole(0, 65535), UINT, many(anything)), decode(payload))
    (iss, sub) = header[15].values()
    return SimpleNamespace(id=h(cbor(["Signature1", protected, b"", payload])), network=network, call=call, args=args, iss=iss,
                           sub=sub, path=f"{iss}/{sub}", sequence=sequence, number=header[4][0], algorithm=header[1],
                           signed=(signature, protected, payload))

def is_call(t, calls, code):
    need(t.call in calls, code)
    shape(ARGS[t.call], t.args)

# ---- Proofs, sealing, readings

def root_from_range(leaves, start, size, proof, code):
    to, proof = start + len(leaves), list(proof)
    def walk(a, b):
        if b <= start or a >= to:
            need(proof, code)
            return proof.pop(0)
        if b - a == 1:
            return h(b"\0", cbor(leaves[a - start]))
        middle = a + (1 << (b - a - 1).bit_length() - 1)
        left = walk(a, middle)
        return h(b"\1", left, walk(middle, b))
    need(to <= size, code)
    root = walk(0, size) if size else h()
    need(not proof, code)
    return root

def cover(first, last):
    while first <= last:
        size = 1
        while size < 2**32 and first % (2 * size) == 0 and first + 2 * size - 1 <= last:
            size *= 2
        yield first, size
        first += size

def expand(key, info):
    return hmac.digest(key, info + b"\1", "sha256")

def open_sealed(body, node, size, sequence, context, previous, boot):
    try:
        siv, box = shape((HASH, octets()), decode(body))
        need(len(box) > 16 and len(box) % 128 == 16)
        for bit in range(size.bit_length() - 2, -1, -1):
            node = expand(node, b"tt-key" + bytes([sequence >> bit & 1]))
        padded = AESGCM(expand(node, b"enc" + siv)).decrypt(bytes(12), box, None)
        aad = cbor([context, sequence, previous, boot])
        is_genuine = siv == hmac.digest(expand(node, b"siv"), cbor([aad, padded]), "sha256")
        content, end = read_item(padded) if is_genuine else (None, 0)
        if is_genuine:
            need(len(padded) - end < 128 and not any(padded[end:]))
            return shape((*CLEAR, anything), content)
    except InvalidTag:
        raise Refused("cannot-open")
    except Refused:
        raise Refused("malformed-body")
    raise Refused("siv-mismatch")

def fraction(v):
    return Fraction(v) if type(v) is int else Fraction(v.value[1]) * Fraction(10) ** v.value[0]

def read_readings(body, duration, count):
    """[(path, ms, value, unit, raw)]"""
    need(type(body) is list)
    need(body, "no-readings")
    need(len(body) <= 16384, "too-many-readings")
    need(len(body) == count, "count-mismatch")
    base, base_unit, flat, out, i = "", None, [], [], 0
    for r in body:
        need(type(r) is dict)
        need(set(r) <= set(FIELDS) and sum(k in r for k in (2, 3, 4)) == 1 and (1 not in r or 2 in r), "malformed-senml")
        need(r.get(1) != "" and r.get(-4) != "", "malformed-senml")
        [shape(FIELDS[k], r[k]) for k in r]
        base, base_unit = r.get(-2, base), r.get(-4, base_unit)
        name, ms = base + r.get(0, ""), fraction(r.get(6, 0)) * 1000
        need(re.fullmatch("[A-Za-z0-9][A-Za-z0-9:./_-]{0,199}", name), "malformed-name")
        need(ms.denominator == 1)
        need(0 <= ms < 2**28 * 1000, "reading-time-out-of-range")
        flat.append((name, int(ms), r.get(2, r.get(3, r.get(4))), r.get(1, base_unit) if 2 in r else None))
    need(min(x[1] for x in flat) == 0 and max(x[1] for x in flat) == duration, "reading-time-out-of-range")
    while i < len(flat):
        name, ms, value, unit = flat[i]
        following = flat[i + 1] if i + 1 < len(flat) else (None,) * 4
        if name.endswith("/source"):
            path = name[:-7]
            need(not path.endswith(("/source", "/raw")), "malformed-name")
            need(type(value) is str and following[:2] == (path, ms), "malformed-reading")
        else:
            has_raw = following[0] == name + "/raw"
            need(not name.endswith("/raw"), "malformed-reading")
            need(not has_raw or following[3] is not None and following[1] == ms, "malformed-reading")
            out.append((name, ms, value, unit, following[2:] if has_raw else None))
            i += has_raw
        i += 1
    return out
