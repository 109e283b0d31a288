"""Checks COSE messages with libraries that are not ours. Reads {"cases": [...]} from standard input, writes a list of answers.

A case: tool (cwt, pycose, scitt-cose), algorithm, pem (public key), kid, message, payload (detached) and entry (of a receipt), all hex but the first three.
An answer: "holds", "refused: why", or "absent" where the library is not installed.
"""

import json
import sys


def with_cwt(case):
    from cwt import COSE, COSEKey

    key = COSEKey.from_pem(case["pem"], alg=case["algorithm"], kid=bytes.fromhex(case["kid"]))
    payload = bytes.fromhex(case["payload"]) if case.get("payload") else None
    COSE.new().decode(bytes.fromhex(case["message"]), key, detached_payload=payload)
    return True


def with_pycose(case):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
    from pycose.keys import EC2Key, OKPKey, RSAKey
    from pycose.messages import Sign1Message

    public = load_pem_public_key(case["pem"].encode())
    if case["algorithm"] == "EdDSA":
        key = OKPKey(crv="ED25519", x=public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    elif case["algorithm"] == "ES256":
        numbers = public.public_numbers()
        key = EC2Key(crv="P_256", x=numbers.x.to_bytes(32, "big"), y=numbers.y.to_bytes(32, "big"))
    else:
        numbers = public.public_numbers()
        key = RSAKey(n=numbers.n.to_bytes(256, "big"), e=numbers.e.to_bytes(3, "big"))
    message = Sign1Message.decode(bytes.fromhex(case["message"]))
    message.key = key
    return message.verify_signature(detached_payload=bytes.fromhex(case["payload"]) if case.get("payload") else None)


def with_scitt(case):
    import contextlib
    import io
    import os
    import tempfile

    from scitt_cose import cli

    with tempfile.TemporaryDirectory() as folder:
        receipt, pem = os.path.join(folder, "receipt.cose"), os.path.join(folder, "log.pem")
        with open(receipt, "wb") as file:
            file.write(bytes.fromhex(case["message"]))
        with open(pem, "w") as file:
            file.write(case["pem"])
        with contextlib.redirect_stdout(io.StringIO()):
            return cli.main(["--receipt", receipt, "--receipt-log-pubkey", pem, "--leaf-entry-hex", case["entry"], "--json"]) == 0


TOOLS = {"cwt": with_cwt, "pycose": with_pycose, "scitt-cose": with_scitt}


def answer(case):
    try:
        return "holds" if TOOLS[case["tool"]](case) else "refused"
    except ImportError:
        return "absent"
    except Exception as error:  # Each library refuses by an exception of its own.
        return f"refused: {type(error).__name__}: {error}"


json.dump([answer(case) for case in json.load(sys.stdin)["cases"]], sys.stdout)
