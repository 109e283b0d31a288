"""Bytes, shapes, keys, signatures, proofs, sealing and readings of docs/formats.md, for telltale_verify.py."""
import contextlib, decimal, fractions, functools, hashlib, hmac, io, itertools, re, types
from cbor2 import dumps as cbor                       # only to write: maps keep the order in which they were read
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
class Refused(Exception): """A check that failed; its text is the code."""
def need(*checks):                                    # conditions, each with the code of its refusal behind it
    for condition, code in zip(checks[::2], checks[1::2] or ["wrong-shape"]):
        if not condition: raise Refused(code)
@contextlib.contextmanager
def refusing(error, code):
    try: yield
    except error: raise Refused(code)
def h(*parts): return hashlib.sha256(b"".join(parts)).digest()
def number(octets): return int.from_bytes(octets, "big")
def decode(data, zeros=0):                            # behind the item so many zeros may stand; tag 4 becomes a Decimal, tag 18 the tuple (18, content)
    stream, items = io.BytesIO(data), itertools.count(1)
    def take(n):
        part = stream.read(n)
        need(len(part) == n, "malformed-cbor")
        return part
    def item(depth):
        need(depth <= 16, "too-deep", next(items) <= 4194304, "too-many-items")
        major, n = divmod(take(1)[0], 32)
        need(n in (20, 21, 22) if major == 7 else n < 28, "malformed-cbor")
        if major == 7: return (False, True, None)[n - 20]
        if n >= 24:
            least, n = (24, 1 << 8, 1 << 16, 1 << 32)[n - 24], number(take(1 << n - 24))
            need(n >= least, "not-canonical", n <= 2**53 - 1 - (major == 1), "number-out-of-range")
        if major < 3: return (n, -1 - n)[major] if major < 2 else take(n)
        if major == 3:
            with refusing(UnicodeDecodeError, "malformed-text"): return take(n).decode()
        if major == 4: return [item(depth + 1) for _ in range(n)]
        if major == 6:
            value = item(depth + 1)
            if n == 18: return 18, value
            need(n == 4 and type(value) is list and [type(x) for x in value] == [int, int], "malformed-cbor")
            need(value[0] in range(-18, 0) and value[1] % 10, "not-canonical")
            return decimal.Decimal(value[1]).scaleb(value[0])
        entries, before = {}, b""
        for _ in range(n):
            start, key = stream.tell(), item(depth + 1)
            need(type(key) in (int, str), "malformed-cbor", data[start:stream.tell()] > before, "not-canonical")
            before, entries[key] = data[start:stream.tell()], item(depth + 1)
        return entries
    value, rest = item(1), stream.read()
    need(len(rest) <= zeros and not any(rest), "malformed-cbor")
    return value
# Shapes: (kind, kind, …) is an array of exactly these, [kind, lengths] an array of one kind, {key: kind} a map of exactly these
# keys, a range judges an integer, a function anything, and whatever else stands for itself.
UINT, MANY, BYTE, NUMBER32 = range(2**53), range(1, 2**53), range(256), range(2**32)
def shape(pattern, v):
    kind, fits, parts = type(pattern), True, []
    need(callable(pattern) or type(v) is {tuple: list, range: int}.get(kind, kind))
    if kind is tuple:
        [version(x) for p, x in zip(pattern, v + [None]) if p is version]         # before the number of items is judged
        fits, parts = len(v) == len(pattern), zip(pattern, v)
    elif kind is list: fits, parts = len(v) in (pattern + [UINT])[1], [(pattern[0], x) for x in v]
    elif kind is dict: fits, parts = set(v) == set(pattern), [(pattern[k], v.get(k)) for k in pattern]
    elif callable(pattern): pattern(v)
    else: fits = v in pattern if kind is range else v == pattern
    need(fits)
    for p, x in parts: shape(p, x)
    return v
def version(v): need(type(v) is int and v == 1, "unknown-version")
def anything(v): pass
def exact(v): need(type(v) in (int, decimal.Decimal))
def octets(sizes=UINT): return lambda v: need(type(v) is bytes and len(v) in sizes)
def text(most): return lambda v: need(type(v) is str and len(v.encode()) <= most)
def nil_or(kind): return lambda v: v is None or shape(kind, v)
def text_or(kind): return lambda v: shape(text(1024) if type(v) is str else kind, v)
def named(kind): return lambda v: shape([(text(64), text_or(kind)), range(1, 33)], type(v) is dict and [*map(list, v.items())])
def interval(kind): return lambda v: need(shape((kind, UINT, nil_or(UINT)), v)[2] is None or v[1] < v[2])
def rises(rows): return all(a[0] < b[0] for a, b in zip(rows, rows[1:]))
def address(v):                                       # returns the 20 bytes
    alphabet, c = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", 1
    need(type(v) is str, "wrong-shape", re.fullmatch(f"tt1[{alphabet}]{{38}}", str(v)), "malformed-address")
    for x in [3, 3, 0, 20, 20] + [alphabet.index(x) for x in v[3:]]:     # the prefix "tt", expanded
        top, c = c >> 25, (c & 0x1ffffff) << 5 ^ x
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)): c ^= g * (top >> i & 1)
    need(c == 0x2bc830a3, "malformed-address")
    return int("".join(f"{alphabet.index(x):05b}" for x in v[3:35]), 2).to_bytes(20, "big")
HASH, NUMBER, PATH, P, L = octets([32]), nil_or(UINT), text(128), 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
SMALL = {0, 1, P - 1, *(int.from_bytes(bytes.fromhex(y), "little") for y in (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))}
CURVES = {-7: (ec.SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1, -3, 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
               0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),         # curve, p, a, b, n
          -47: (ec.SECP256K1(), 2**256 - 2**32 - 977, 0, 7, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141)}
COSE = {-8: {1: 1, 3: -8, -1: 6, -2: HASH}, -257: {1: 3, 3: -257, -1: octets(range(256, 513)), -2: octets([3])},
        -7: {1: 2, 3: -7, -1: 1, -2: HASH, -3: HASH}, -47: {1: 2, 3: -47, -1: 8, -2: HASH, -3: HASH}}
MINUS_ONE = x25519.X25519PrivateKey.from_private_bytes((5 * L - 1).to_bytes(32, "little"))         # divisible by 8, as X25519 wants it
def y_of(point):                                      # the y of an Ed25519 point, or 0 where it is out of range or of small order
    y = int.from_bytes(point, "little") % 2**255
    return y if y < P and y not in SMALL else 0
def is_sound_ed25519(key):
    """On the curve, and without torsion: only then its product with MINUS_ONE has the same u, which is the Montgomery form of y."""
    u = y_of(key) and (1 + y_of(key)) * pow(1 - y_of(key), -1, P) % P
    point = x25519.X25519PublicKey.from_public_bytes(u.to_bytes(32, "little"))
    return u and pow(u**3 + 486662 * u * u + u, (P - 1) // 2, P) == 1 and MINUS_ONE.exchange(point) == point.public_bytes_raw()
def algorithm(v): need(type(v) is int, "wrong-shape", v in [*COSE], "unknown-algorithm")
def cose_key(key): shape(COSE[shape(algorithm, type(key) is dict and key.get(3))], key)
@functools.cache
def is_sound(encoded):                                # the bytes of a COSE_Key, so that each is judged once
    key = decode(encoded)
    if key[3] == -8: return is_sound_ed25519(key[-2])
    if key[3] == -257: return number(key[-1]).bit_length() >= 2048 and key[-1][0] and key[-1][-1] & 1 and key[-2] == b"\1\0\1"
    (_, p, a, b, _), x, y = CURVES[key[3]], number(key[-2]), number(key[-3])
    return x < p and y < p and (x**3 + a * x + b - y * y) % p == 0
def check_signature(key, signature, protected, payload, code="invalid-signature"):
    message = cbor(["Signature1", protected, b"", payload])
    need(is_sound(cbor(key)), "weak-key", len(signature) == (len(key[-1]) if key[3] == -257 else 64), code)
    with refusing(InvalidSignature, code):
        if key[3] == -257: return rsa.RSAPublicNumbers(65537, number(key[-1])).public_key().verify(signature, message, padding.PKCS1v15(), SHA256())
        if key[3] == -8:
            need(y_of(signature[:32]) and int.from_bytes(signature[32:], "little") < L, code)
            return ed25519.Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)       # no cofactor
        (curve, *_, n), x, y, r, s = CURVES[key[3]], *map(number, (key[-2], key[-3], signature[:32], signature[32:]))
        need(1 <= r < n and 1 <= s <= n // 2, code)
        ec.EllipticCurvePublicNumbers(x, y, curve).public_key().verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
def ordered(v): need(rises(shape([(address, BYTE, cose_key), range(1, 129)], v)), "wrong-shape")
def members(v): need(ordered(v) is None and all(is_sound(cbor(a[2])) for a in v), "weak-key")
def cosignatures(v): need(rises(shape([(range(128), range(253402300800), octets())], v)), "unsorted")
def algorithms(v): need(len(set(shape([algorithm, range(1, 5)], v))) == len(v))
def role_name(v): need(v in ("authority", "member", "gateway", "custodian", "operator", "owner", "device"))
def correction(v):
    begin, end, *_ = shape((NUMBER, NUMBER, text(64), text_or(named(exact))), v)
    need(begin is end is None or None not in (begin, end) and begin <= end)
CHECKPOINT = (version, HASH, UINT, UINT, HASH, HASH, HASH)
LINK, PIN = (CHECKPOINT, nil_or(members), cosignatures, cosignatures), ("tt-checkpoint", version, CHECKPOINT, members)
CERTIFICATE = ("telltale", version, HASH,
    lambda v: shape((1, CHECKPOINT, members) if type(v) is list and v[:1] == [1] else (0, octets()), v), [LINK, range(1025)], LINK,
    [(octets(), octets(), [HASH])], [(PATH, UINT, [(UINT, UINT, octets()), MANY], [HASH])], [(PATH, [(UINT, UINT, NUMBER, NUMBER, HASH)], [octets()])],
    [(PATH, nil_or(NUMBER32), NUMBER32, NUMBER32, [HASH])], nil_or((named(range(1 - 2**53, 2**53)), HASH)), [octets()])
PARAMETERS = {"name": text(64), "sealers": "authorities", "work": 0, "block-ms": range(3600001), "block-transactions": range(1, 100001),
              "block-bytes": range(65536, 268435457), "notes": range(1, 65537), "quota-bytes": range(65536, 2**53),
              "quota-ms": range(1, 2**40 + 1), "late-ms": range(2**40 + 1), "algorithms": algorithms}
GENESIS = ("tt-genesis", version, 0, None, "chain", UINT, PARAMETERS, [(text(64), cose_key, octets())])
ENTRIES = (([interval(PARAMETERS), MANY], [interval(ordered), MANY], [(NUMBER, UINT, UINT)], [(ordered, UINT)]),
    ([interval((BYTE, cose_key)), MANY], [interval((role_name, nil_or(text(64)), NUMBER))], [interval((BYTE, HASH))], nil_or(text(64))),
    ([interval(text(64)), MANY], HASH, [interval(PATH)], text(64), UINT, HASH), (text(64), UINT, HASH, HASH, *[UINT] * 5, HASH))
HEADER = {1: algorithm, 4: octets([1]), 15: {1: text(64), 2: PATH}, 16: "application/x.tt-tx"}
CLEAR, NAME = (range(3), range(2**48 + 1), range(2**48 + 1), range(16385)), re.compile("[A-Za-z0-9][A-Za-z0-9:./_-]{0,199}")
ARGUMENTS = {16: (HASH, octets([6]), lambda v: shape(NUMBER32 if type(v) is int else CLEAR, v), (HASH, range(8388609)), nil_or(HASH)),
             17: (HASH, octets([6]), text(1024)), 24: correction, 26: (octets(), octets())}
FIELDS = {0: text(200), 1: text(32), 2: exact, 3: text(4096), 4: lambda v: need(type(v) is bool), 6: exact, -2: text(200), -4: text(32)}
def transaction(raw, **place):
    tagged = decode(raw)
    need(len(raw) <= 16384, "transaction-too-large", type(tagged) is tuple, "wrong-shape")
    protected, _, payload, signature = shape((octets(), {}, octets(), octets()), tagged[1])
    (name, n, claims, _), content = shape(HEADER, decode(protected)).values(), decode(payload)
    _, network, call, sequence, args = shape((version, octets([16]), range(65536), UINT, [anything]), content)
    return types.SimpleNamespace(id=h(cbor(["Signature1", protected, b"", payload])), network=network, call=call, sequence=sequence, args=args,
                                 iss=claims[1], sub=claims[2], number=n[0], algorithm=name, signed=(signature, protected, payload), **place)
def check_call(t, calls, code):
    need(t.call in calls, code)
    shape(ARGUMENTS[t.call], t.args)
def check_range(leaves, start, size, proof, root, code):
    to, proof = start + len(leaves), proof[::-1]
    def walk(a, b):
        need(start < b and a < to or proof, code)
        if b <= start or a >= to: return proof.pop()
        if b - a == 1: return h(b"\0", cbor(leaves[a - start]))
        middle = a + (1 << (b - a - 1).bit_length() - 1)
        left = walk(a, middle)
        return h(b"\1", left, walk(middle, b))
    need(to <= size and root == (walk(0, size) if size else h()) and not proof, code)
def cover(first, last):                               # yields each node as (its first record, how many)
    while first <= last:
        size = min(first & -first or 2**32, 1 << (last - first + 1).bit_length() - 1)
        yield first, size
        first += size
def expand(key, info): return hmac.digest(key, info + b"\1", "sha256")
def open_sealed(body, nodes, covered, sequence, context, previous, boot):    # returns [clock, first, duration, count, readings]
    node, size = next((node, size) for node, (start, size) in zip(nodes, covered) if start <= sequence < start + size)
    with refusing(Refused, "malformed-body"): siv, box = shape((HASH, octets(range(144, 2**53, 128))), decode(body))
    for bit in range(size.bit_length() - 2, -1, -1): node = expand(node, b"tt-key" + bytes([sequence >> bit & 1]))
    with refusing(InvalidTag, "cannot-open"): padded = AESGCM(expand(node, b"enc" + siv)).decrypt(bytes(12), box, None)
    need(siv == hmac.digest(expand(node, b"siv"), cbor([cbor([cbor(context), sequence, previous, boot]), padded]), "sha256"), "siv-mismatch")
    with refusing(Refused, "malformed-body"): return shape((*CLEAR, anything), decode(padded, 127))
def read_readings(body, duration, count):             # returns [[path, ms, value, unit, raw]]
    shape([lambda r: need(type(r) is dict)], body)
    need(body, "no-readings", len(body) <= 16384, "too-many-readings", len(body) == count, "count-mismatch")
    base, base_unit, flat = "", None, []
    for r in body:
        need(r.keys() <= FIELDS.keys() and len({2, 3, 4} & r.keys()) == 1 and (1 not in r or 2 in r) and "" not in (r.get(1), r.get(-4)), "malformed-senml")
        [shape(FIELDS[k], r[k]) for k in r]
        base, base_unit, ms = r.get(-2, base), r.get(-4, base_unit), fractions.Fraction(r.get(6, 0)) * 1000
        flat.append([base + r.get(0, ""), int(ms), r.get(2, r.get(3, r.get(4))), r.get(1, base_unit) if 2 in r else None, None])
        need(ms.denominator == 1, "wrong-shape", NAME.fullmatch(flat[-1][0]), "malformed-name", 0 <= ms < 2**28 * 1000, "reading-time-out-of-range")
    need(min(x[1] for x in flat) == 0 and max(x[1] for x in flat) == duration, "reading-time-out-of-range")
    for before, reading, behind in zip([None] + flat, flat, flat[1:] + [None]):
        path, ending = re.fullmatch("(.*?)(/source|/raw)?", reading[0]).groups()
        beside, fits = (behind, type(reading[2]) is str) if ending == "/source" else (before, reading[3] is not None)
        need(not ending or not path.endswith(("/source", "/raw")), "malformed-name",
             not ending or fits and beside and beside[:2] == [path, reading[1]], "malformed-reading")
        if ending == "/raw": before[4] = reading[2:4]
    return [reading for reading in flat if not reading[0].endswith(("/source", "/raw"))]
