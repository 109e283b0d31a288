"""An independent verifier of Telltale certificates, written from docs/formats.md alone. See README.md."""
import argparse, hashlib, hmac, json, re, sys
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


# ---- Bytes ----------------------------------------------------------------------------------------------------------

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
                need(type(value) is list and [type(x) for x in value] == [int, int], "not-canonical")
                need(-18 <= value[0] <= -1 and value[1] % 10 != 0, "not-canonical")
            return CBORTag(n, value), at
        if major == 4:
            values = []
            for _ in range(n):
                value, at = item(at, depth + 1)
                values.append(value)
            return values, at
        entries, before = {}, b""
        for _ in range(n):
            start = at
            key, at = item(at, depth + 1)
            need(type(key) in (int, str), "malformed-cbor")
            need(data[start:at] > before, "not-canonical")
            before = data[start:at]
            entries[key], at = item(at, depth + 1)
        return entries, at

    return item(0, 1)


def decode(data):
    value, end = read_item(data)
    need(end == len(data), "malformed-cbor")
    return value


# ---- Shapes: a tuple is an array of exactly these, a dict a map of exactly these, a function judges, else a constant --

def shape(pattern, value):
    if isinstance(pattern, tuple):
        need(type(value) is list and len(value) == len(pattern))
        for p, v in zip(pattern, value):
            shape(p, v)
    elif isinstance(pattern, dict):
        need(type(value) is dict and set(value) == set(pattern))
        for k in pattern:
            shape(pattern[k], value[k])
    elif callable(pattern):
        pattern(value)
    else:
        need(type(value) is type(pattern) and value == pattern)
    return value


def anything(v): pass


def whole(low=0, high=2**53 - 1):
    return lambda v: need(type(v) is int and low <= v <= high)


def octets(low=0, high=2**28):
    return lambda v: need(type(v) is bytes and low <= len(v) <= high)


def text(low=0, high=2**28):
    return lambda v: need(type(v) is str and low <= len(v.encode("utf-16-le")) // 2 <= high)


def many(pattern, low=0, high=2**28):
    return lambda v: need(type(v) is list and low <= len(v) <= high) or [shape(pattern, x) for x in v]


def nil_or(pattern):
    return lambda v: v is None or shape(pattern, v)


def one_of(*values):
    return lambda v: need(type(v) in map(type, values) and v in values)


def exact(v):
    need(type(v) is int or type(v) is CBORTag and v.tag == 4)


def exact_or_text(v):
    need(type(v) is str or exact(v) is None)


def text_map(pattern, low=0, high=2**28):
    return lambda v: (need(type(v) is dict and low <= len(v) <= high and all(type(k) is str for k in v)),
                      [shape(pattern, x) for x in v.values()])


ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m(v, prefix):
    """The 20 bytes of an address or id."""
    need(type(v) is str)
    need(re.fullmatch(f"{prefix}1[{ALPHABET}]{{38}}", v), "malformed-address")
    values, c = [ALPHABET.index(x) for x in v[3:]], 1
    for x in [ord(x) >> 5 for x in prefix] + [0] + [ord(x) & 31 for x in prefix] + values:
        top, c = c >> 25, (c & 0x1ffffff) << 5 ^ x
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
            c ^= g if top >> i & 1 else 0
    need(c == 0x2bc830a3, "malformed-address")
    return int("".join(f"{x:05b}" for x in values[:32]), 2).to_bytes(20, "big")


def address(v): bech32m(v, "tt")


def asset_id(v): bech32m(v, "ta")


def stream_path(v):
    need(type(v) is str)
    need(re.fullmatch("[a-z][a-z0-9-]{0,31}", v[42:]) and v[41:42] == "/")
    address(v[:41])


# ---- Keys and signatures ----------------------------------------------------------------------------------------------

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SMALL_ORDER = {x.to_bytes(32, "little") for x in (0, 1, P - 1)} | {
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}
CURVES = {-7: (ec.SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1,
               0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),
          -47: (ec.SECP256K1(), 2**256 - 2**32 - 977, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141)}
COSE = {-8: {1: 1, 3: -8, -1: 6, -2: octets(32, 32)},
        -7: {1: 2, 3: -7, -1: 1, -2: octets(32, 32), -3: octets(32, 32)},
        -47: {1: 2, 3: -47, -1: 8, -2: octets(32, 32), -3: octets(32, 32)},
        -257: {1: 3, 3: -257, -1: octets(256, 512), -2: octets(3, 3)}}


def edwards_add(p, q):
    (x1, y1, z1), (x2, y2, z2) = p, q
    a, c, d = z1 * z2, x1 * x2, y1 * y2
    e = D * c * d
    f, g = (a * a - e) % P, (a * a + e) % P
    return a * f * ((x1 + y1) * (x2 + y2) - c - d) % P, a * g * (d + c) % P, f * g % P


def without_sign(point):
    return point[:31] + bytes([point[31] & 127])


@lru_cache(4096)
def is_sound_ed25519(key):
    y = int.from_bytes(without_sign(key), "little")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    total = (0, 1, 1)                          # L times the point; the sign of x makes no difference
    for bit in f"{L:b}":
        total = edwards_add(total, total)
        total = edwards_add(total, (x, y, 1)) if bit == "1" else total
    return (y < P and without_sign(key) not in SMALL_ORDER and (v * x * x - u) % P == 0
            and total[0] == 0 and total[1] == total[2])


def ec_key(key):
    x, y = (int.from_bytes(key[k], "big") for k in (-2, -3))
    curve, p, _ = CURVES[key[3]]
    need(x < p and y < p, "weak-key")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()      # refuses what is not on the curve
    except ValueError:
        raise Refused("weak-key")


def algorithm(v):
    need(type(v) is int)
    need(v in COSE, "unknown-algorithm")


def cose_key(key):
    need(type(key) is dict and 3 in key)
    algorithm(key[3])
    shape(COSE[key[3]], key)
    if key[3] == -8:
        need(is_sound_ed25519(key[-2]), "weak-key")
    elif key[3] == -257:
        need(int.from_bytes(key[-1], "big").bit_length() >= 2048 and key[-1][0] and key[-1][-1] & 1, "weak-key")
        need(key[-2] == b"\1\0\1", "weak-key")
    else:
        ec_key(key)


def check_signature(key, signature, protected, payload, code="invalid-signature"):
    message, alg = cbor(["Signature1", protected, b"", payload]), key[3]
    r, s = signature[:32], signature[32:]
    try:
        if alg == -257:
            n, size, digest_info = int.from_bytes(key[-1], "big"), len(key[-1]), "3031300d060960864801650304020105000420"
            tail = b"\0" + bytes.fromhex(digest_info) + h(message)
            number = int.from_bytes(signature, "big")
            need(len(signature) == size and number < n, code)
            need(pow(number, 65537, n).to_bytes(size, "big") == b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail, code)
        elif alg == -8:
            need(len(signature) == 64 and int.from_bytes(s, "little") < L, code)
            need(int.from_bytes(without_sign(r), "little") < P and without_sign(r) not in SMALL_ORDER, code)
            ed25519.Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)   # no cofactor
        else:
            (r, s), order = (int.from_bytes(x, "big") for x in (r, s)), CURVES[alg][2]
            need(len(signature) == 64 and 1 <= r < order and 1 <= s <= order // 2, code)
            ec_key(key).verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Refused(code)


# ---- The grammar ------------------------------------------------------------------------------------------------------

UINT, HASH = whole(), octets(32, 32)
KEY_NUMBER, NUMBER32, TIME48 = whole(0, 255), whole(0, 2**32 - 1), whole(0, 281474976710656)
AUTHORITY = (address, KEY_NUMBER, cose_key)


def authority_set(v):
    many(AUTHORITY, 1, 128)(v)
    need(all(a[0] < b[0] for a, b in zip(v, v[1:])), "unsorted")


def link_signatures(v):
    many((whole(0, 127), whole(0, 253402300799), octets()))(v)
    need(all(a[0] < b[0] for a, b in zip(v, v[1:])), "unsorted")


def interval(pattern):
    return lambda v: need(shape((pattern, UINT, nil_or(UINT)), v)[2] is None or v[1] < v[2])


def algorithms(v):
    many(algorithm, 1, 4)(v)
    need(len(set(v)) == len(v))


CHECKPOINT = (1, HASH, UINT, UINT, HASH, HASH, HASH)
LINK = (CHECKPOINT, nil_or(authority_set), link_signatures, link_signatures)
NOTE_LEAF = (UINT, UINT, nil_or(UINT), nil_or(UINT), HASH)
CERTIFICATE = (
    "telltale", 1, HASH, lambda v: shape((0, octets()) if v and v[0] == 0 else (1, CHECKPOINT, authority_set), v),
    many(LINK), LINK, many((octets(), octets(), many(HASH))),
    many((stream_path, UINT, many((UINT, UINT, octets()), 1), many(HASH))),
    many((stream_path, many(NOTE_LEAF), many(octets()))),
    many((stream_path, nil_or(NUMBER32), NUMBER32, NUMBER32, many(HASH))),
    nil_or((text_map(anything), HASH)), many(octets()))
PIN = ("tt-checkpoint", 1, CHECKPOINT, authority_set)
PARAMETERS = {"name": text(0, 64), "sealers": "authorities", "work": 0, "block-ms": whole(0, 3600000),
              "block-transactions": whole(1, 100000), "block-bytes": whole(65536, 268435456), "notes": whole(1, 65536),
              "quota-bytes": whole(65536), "quota-ms": whole(1, 1099511627776), "late-ms": whole(0, 1099511627776),
              "algorithms": algorithms}
GENESIS = ("tt-genesis", 1, 0, None, "chain", UINT, PARAMETERS, many((address, cose_key, octets())))
ROLE = (one_of("authority", "member", "gateway", "custodian", "operator", "owner", "device"), nil_or(text()), nil_or(UINT))
VALUES = (
    (many(interval(PARAMETERS), 1), many(interval(authority_set), 1), many((nil_or(UINT), UINT, UINT)),
     many((authority_set, UINT))),
    (many(interval((KEY_NUMBER, cose_key)), 1), many(interval(ROLE)), many(interval((KEY_NUMBER, HASH))), nil_or(address)),
    (many(interval(address), 1), HASH, many(interval(stream_path)), address, UINT, HASH),
    (asset_id, UINT, HASH, HASH, UINT, UINT, UINT, UINT, UINT, HASH))
TRANSACTION_HEADER = {1: algorithm, 4: octets(1, 1), 15: {1: text(0, 64), 2: text(0, 128)}, 16: "application/x.tt-tx"}
CLEAR = (whole(0, 2), TIME48, TIME48, whole(0, 16384))
ATTACHMENT = (HASH, whole(0, 8388608))
ARGS = {16: (HASH, octets(6, 6), lambda v: shape(NUMBER32 if type(v) is int else CLEAR, v), ATTACHMENT, nil_or(HASH)),
        17: (HASH, octets(6, 6), text(0, 1024)),
        24: (nil_or(UINT), nil_or(UINT), text(), lambda v: type(v) is str or text_map(exact_or_text, 1, 32)(v)),
        26: (octets(), octets())}


def transaction(raw):
    need(len(raw) <= 16384, "transaction-too-large")
    tagged = decode(raw)
    need(type(tagged) is CBORTag and tagged.tag == 18)
    protected, _, payload, signature = shape((octets(), {}, octets(), octets()), tagged.value)
    header = shape(TRANSACTION_HEADER, decode(protected))
    _, network, call, sequence, args = shape((1, octets(16, 16), whole(0, 65535), UINT, many(anything)), decode(payload))
    return SimpleNamespace(id=h(cbor(["Signature1", protected, b"", payload])), network=network, call=call, args=args,
                           sequence=sequence, iss=header[15][1], sub=header[15][2], path=f"{header[15][1]}/{header[15][2]}",
                           algorithm=header[1], number=header[4][0], signed=(signature, protected, payload))
