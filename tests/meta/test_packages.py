"""The lists of packages in pyproject.toml are the folders that exist, and the lock names no address."""

from __future__ import annotations

import re

from tests.meta.repository import NOT_SHIPPED, ROOT, packages, settings


def test_every_package_is_shipped_and_held_by_the_contracts() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_SHIPPED
    assert sorted(packages()) == sorted(folders)
    assert sorted(settings()["tool"]["importlinter"]["root_packages"]) == sorted(folders)


def test_every_contract_on_a_third_party_covers_every_package() -> None:
    contracts = [
        contract
        for contract in settings()["tool"]["importlinter"]["contracts"]
        if contract["type"] == "forbidden" and not set(contract["forbidden_modules"]) & set(packages())
    ]
    assert contracts
    for contract in contracts:
        assert sorted(contract["source_modules"]) == sorted(packages()), contract["name"]


def test_every_dependency_is_locked_with_hashes_and_without_an_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|@ |^\s*-(?!-hash)", lock, re.MULTILINE)
    pinned = re.findall(r"^([a-z0-9.-]+)==\S+(?: ;[^\\\n]*)? \\\n    --hash=sha256:", lock, re.MULTILINE)
    names = [
        re.split(r"[<>=!~;\[ ]", text, maxsplit=1)[0]
        for text in [
            *settings()["project"]["dependencies"],
            *settings()["dependency-groups"]["dev"],
            *settings()["build-system"]["requires"],
        ]
    ]
    assert set(names) <= set(pinned)
    assert len(re.findall("==", re.sub(r";[^\\\n]*", "", lock))) == len(pinned)
