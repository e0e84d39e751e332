"""The arguments cite scripts, check codes and documents: all of them exist."""

import importlib
import pathlib
import re

SPEC = pathlib.Path(__file__).resolve().parent.parent
CITING = ["README.md", "threat-model.md", "ballots-security.md", "keygen-security.md",
          "shuffle-security.md", "composed-security.md"]


def text(name):
    return (SPEC / name).read_text(encoding="utf-8")


def check_codes_exist_and_are_all_cited():
    known = set(re.findall(r"^\| ([A-Z]\d\.\d) ", text("verification.md"), re.M))
    for first, last in re.findall(r"^\| ([A-Z]\d\.\d)\.\.([A-Z]\d\.\d) ", text("verification.md"), re.M):
        known |= {f"{first[:-1]}{i}" for i in range(int(first[-1]), int(last[-1]) + 1)}
    assert len(known) > 50, "the tables of verification.md were not found"
    for name in CITING:
        for code in re.findall(r"\b[A-Z]\d\.\d\b", text(name)):
            assert code in known, f"{name} cites {code}"
    missing = sorted(code for code in known if code not in text("threat-model.md"))
    assert not missing, f"no attack in threat-model.md is met by {missing}"
    return f"{len(known)} codes, each met in the threat model"


def check_scripts_exist():
    """`file.check` and, after one of the same file, `.check`."""
    from check import FILES
    checks = {name: {c.__name__.removeprefix("check_") for c in importlib.import_module(name).CHECKS}
              for name in FILES if name != "documents"}
    cited = 0
    for name in CITING:
        file = None
        for first, second in re.findall(r"`([a-z_]*)((?:\.[a-zA-Z_0-9]+)?)`", text(name)):
            if first in checks:
                file = first
            if not second or second in (".md", ".py") or (first and first not in checks):
                continue
            assert file and second[1:] in checks[file], f"{name} cites {first or file}{second}"
            cited += 1
    assert cited > 30
    return f"{cited} citations"


def check_documents_exist():
    names = sorted(p.name for p in SPEC.glob("*.md"))
    cited = {(name, other) for name in names for other in re.findall(r"`([a-z-]+\.md)`", text(name))}
    for name, other in cited:
        assert other in names, f"{name} cites {other}"
    listed = text("README.md")
    for name in names:
        assert name == "README.md" or f"`{name}`" in listed, f"README.md does not list {name}"
    for path in (SPEC / "scripts").glob("*.py"):
        assert path.name == "check.py" or path.name in listed, f"README.md does not list {path.name}"
    return f"{len(names)} documents, {len(cited)} citations"


CHECKS = [check_codes_exist_and_are_all_cited, check_scripts_exist, check_documents_exist]
