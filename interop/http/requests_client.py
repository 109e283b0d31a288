"""A client on python-requests: URL and the file of a submission are its arguments. Prints what it found as JSON."""
import hashlib
import json
import sys

import cbor2
import requests

url, path = sys.argv[1:3]
session = requests.Session()
body = open(path, "rb").read()
[[transaction, [attachment]]] = cbor2.loads(body)

submitted = session.post(f"{url}/v1/transactions", data=body, headers={"content-type": "application/cbor"}, timeout=20)
result = submitted.json()["results"][0]
proof = session.get(f"{url}/v1/log/inclusion", params={"index": result["index"]}, timeout=20).json()
checkpoint = session.get(f"{url}/v1/checkpoint", timeout=20).json()["checkpoint"]


def root_of(leaf, index, size, path):
    """RFC 9162, 2.1.3.2."""
    position, last, root = index, size - 1, leaf
    for sibling in path:
        if position % 2 == 1 or position == last:
            root = hashlib.sha256(b"\x01" + sibling + root).digest()
            while position % 2 == 0 and position != 0:
                position, last = position // 2, last // 2
        else:
            root = hashlib.sha256(b"\x01" + root + sibling).digest()
        position, last = position // 2, last // 2
    return root if last == 0 else None


leaf = hashlib.sha256(b"\x00" + transaction).digest()
root = root_of(leaf, proof["index"], proof["size"], [bytes.fromhex(item) for item in proof["path"]])
stored = session.get(f"{url}/v1/attachments/{hashlib.sha256(attachment).hexdigest()}", timeout=20)
refused = session.post(f"{url}/v1/transactions", data=b"\xff", headers={"content-type": "application/cbor"}, timeout=20)
described = session.get(f"{url}/openapi.json", timeout=20).json()["paths"]["/v1/events"]["get"]["responses"]


def listen(params, headers=None):
    """Status, code of a refusal, and whether the description has this answer; a stream is left at its first line."""
    with session.get(f"{url}/v1/events", params=params, headers=headers, stream=True, timeout=20) as answer:
        kind = answer.headers["content-type"].split(";")[0]
        is_described = kind in described.get(str(answer.status_code), {}).get("content", {})
        first = answer.json()["code"] if kind.endswith("json") else next(answer.iter_lines(decode_unicode=True))
        return [answer.status_code, first, is_described]


height = result["height"]
listened = [
    listen({}),
    listen({"cursor": "0"}),
    listen({"cursor": f"{height}.0"}),
    listen({}, {"last-event-id": str(height)}),
    listen({"cursor": "first"}),
    listen({"cursor": "9" * 41}),
    listen({}, {"last-event-id": "-1"}),
    listen({"cursor": str(height + 1000)}),
    listen({"cursor": "0", "limit": "1"}),
]
events = []
with session.get(f"{url}/v1/events", params={"cursor": str(result["height"] - 1)}, stream=True, timeout=20) as stream:
    for line in stream.iter_lines(decode_unicode=True):
        if line.startswith("event: "):
            events.append(line[7:])
        if len(events) == 2:
            break

print(json.dumps({
    "status": result["status"],
    "isProved": root is not None and root.hex() == checkpoint["logRoot"] == proof["root"],
    "isStored": stored.content == attachment,
    "refused": [refused.status_code, refused.json()["code"], refused.headers["content-type"]],
    "listened": listened,
    "events": events,
}))
