"""Runs telltale_verify.py over test/vectors/certificates/expected.json and compares what it says."""
import json, subprocess, sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "test" / "vectors" / "certificates"


def arguments(entry):
    return entry.get("args", entry.get("arguments", []))


def said(entry):
    args = [str(SAMPLES / a) if (SAMPLES / a).is_file() else a for a in arguments(entry)]
    command = [sys.executable, str(HERE / "telltale_verify.py"), str(SAMPLES / entry["file"]), *args, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=SAMPLES)
    answer = json.loads(done.stdout) if done.stdout.strip() else {}
    refusal = answer.get("refusal") or answer.get("error") or {}
    lamps = {name: lamp["state"] for name, lamp in answer.get("lamps", {}).items()}
    return {"exit": done.returncode, "summary": answer.get("summary"), "lamps": lamps or None, "code": refusal.get("code")}


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
