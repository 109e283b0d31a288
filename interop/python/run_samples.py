"""Runs telltale_verify.py over test/vectors/certificates/expected.json and compares what it says."""
import contextlib, io, json, sys
from pathlib import Path

import telltale_verify

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "test" / "vectors" / "certificates"
if "--samples" in sys.argv:
    SAMPLES = Path(sys.argv[sys.argv.index("--samples") + 1]).resolve()


def arguments(entry):
    return entry.get("args", entry.get("arguments", []))


def said(entry):
    args = [str(SAMPLES / a) if (SAMPLES / a).is_file() else a for a in arguments(entry)]
    sys.argv = ["telltale_verify.py", str(SAMPLES / entry["file"]), *args, "--json"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = telltale_verify.main()
    answer = json.loads(out.getvalue())
    refusal = answer.get("refusal") or answer.get("error") or {}
    lamps = {name: lamp["state"] for name, lamp in answer.get("lamps", {}).items()}
    return {"exit": status, "summary": answer.get("summary"), "lamps": lamps or None, "code": refusal.get("code")}


def main():
    passed = failed = 0
    for entry in json.loads((SAMPLES / "expected.json").read_text()):
        got = said(entry)
        lamps = entry.get("lamps") or None
        if lamps:
            lamps = {name: lamp["state"] if isinstance(lamp, dict) else lamp for name, lamp in lamps.items()}
        wanted = {"exit": entry["exit"], "summary": entry.get("summary"), "lamps": lamps, "code": entry.get("code")}
        differences = [f"{k}: expected {wanted[k]}, found {got[k]}" for k in wanted if wanted[k] != got[k]]
        passed, failed = passed + (not differences), failed + bool(differences)
        if differences:
            print(entry["file"], *arguments(entry), *differences, sep="\n  ")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
