"""Vectors of whole records: the first check that fails."""

import os
import tempfile

from vectors_answer import Answer, require, unhex


def changed(files, changes):
    """The files, {path: bytes}, after the changes in their order."""
    files = dict(files)
    for change in changes:
        if "remove" in change:
            del files[change["remove"]]
        elif "add" in change:
            files[change["add"]] = unhex(change, "bytes")
        else:
            data, at = files[change["path"]], change["at"]
            files[change["path"]] = data[:at] + unhex(change, "bytes") + data[at + change["away"]:]
    return files


def record(given):
    # The verifier reads vectors too, and imports this.
    import verify
    files = {path: bytes.fromhex(data) for path, data in given["files"].items()}
    with tempfile.TemporaryDirectory() as folder:
        for path, data in changed(files, given["changes"]).items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        election, report = verify.verify(folder)
    require(report.first_failure is None, report.first_failure)
    return Answer({"manifest": election.manifest.hash.hex(), "election": election.id.hex()})


KINDS = {"record": record}
