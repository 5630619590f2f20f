"""Each bench with a handful of mails: that it measures and prints, not what."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench import accept, growth, hostile, intake, starts, stores
from bench.__main__ import BENCHES, main
from tests.peers.conftest import need

_ROW = re.compile(r"\| .+ \| [0-9.]+( MB| ms)? \| .+ \| .+ \| .+ \| (aim|least|short|–) \| .*\|")


@pytest.mark.parametrize(
    ("bench", "rows"),
    [
        pytest.param(lambda: starts.pipe(1), 2, id="pipe"),
        pytest.param(lambda: starts.cli(1), 3, id="cli"),
        pytest.param(lambda: intake.replies(1, mails=4), 1, id="replies"),
        pytest.param(lambda: stores.bench(1, mails=4), 5, id="postgres", marks=pytest.mark.peer),
        pytest.param(lambda: accept.bench(1, {1: 2, 20: 4}), 8, id="accept", marks=pytest.mark.peer),
        pytest.param(lambda: intake.intake(1, mails=4), 2, id="intake", marks=pytest.mark.peer),
        pytest.param(lambda: hostile.bench(1, idle=5, recipients=120, large=2, ordinary=5), 8, id="hostile"),
    ],
)
def test_it_prints_its_rows(bench: Callable[[], Iterator[str]], rows: int, request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("peer"):
        need(None if shutil.which("smtp-source") else "smtp-source, which comes with Postfix, is not installed")
    printed = list(bench())
    assert len(printed) == rows
    assert all(_ROW.fullmatch(line) for line in printed), printed


def test_growth_compares_each_size_with_the_first(tmp_path: Path) -> None:
    printed = list(growth.bench(1, sizes=(300, 600), cache=tmp_path))
    assert all(_ROW.fullmatch(line) and "at 600 tickets ÷ at 300" in line for line in printed), printed
    assert len(printed) == len(growth.QUESTIONS) + 1  # and accepting


def test_a_bench_that_is_none_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["accept", "speed"])
    assert "there is no bench “speed”" in capsys.readouterr().err
    assert "hostile" in BENCHES
