"""Letters in a Maildir: each once, and whole."""

from __future__ import annotations

import mailbox
import os
from pathlib import Path
from typing import Any

import pytest

from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent
from spocd.gateway.maildir import Maildir
from tests.gateway.sending_case import HOSTILE, LETTER, RECIPIENT, SENDER, BeforeDot


async def put(folder: Maildir, name: str = "letter-7", before_dot: Any = None, **envelope: str) -> Outcome:
    return await folder.send(
        LETTER,
        name=name,
        sender=envelope.get("sender", SENDER),
        recipient=envelope.get("recipient", RECIPIENT),
        before_dot=before_dot or BeforeDot(),
    )


async def test_a_letter_in_the_maildir_is_read_back_by_other_programs(tmp_path: Path) -> None:
    folder = Maildir(tmp_path / "a" / "sent")
    assert isinstance(await put(folder), Sent)
    (message,) = mailbox.Maildir(tmp_path / "a" / "sent", create=False)
    assert message["Return-Path"] == f"<{SENDER}>"
    assert message["Delivered-To"] == RECIPIENT
    assert message["Subject"] == "x"
    assert message.get_payload() == "Hello.\n.\n..dots\n"
    (path,) = (tmp_path / "a" / "sent" / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.stat().st_mode & 0o777 for each in (path.parent, path.parent.parent)} == {0o700}
    assert list((tmp_path / "a" / "sent" / "tmp").iterdir()) == []


@pytest.mark.parametrize("moved", ["new/letter-7", "cur/letter-7", "cur/letter-7:2,S"])
async def test_the_same_letter_twice_is_there_once(tmp_path: Path, moved: str) -> None:
    folder = Maildir(tmp_path)
    await put(folder)
    (tmp_path / "new" / "letter-7").rename(tmp_path / moved)
    assert isinstance(await put(folder), Sent)
    assert len(mailbox.Maildir(tmp_path, create=False)) == 1
    assert isinstance(await put(folder, "letter-70"), Sent)
    assert len(mailbox.Maildir(tmp_path, create=False)) == 2
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_the_folder_of_read_letters_is_looked_through_only_when_it_has_changed(tmp_path: Path) -> None:
    folder = Maildir(tmp_path)
    await put(folder, "a")
    read = tmp_path / "cur"
    os.utime(read, ns=(0, 1_000_000_000))
    await put(folder, "b")
    (read / "c:2,S").touch()
    os.utime(read, ns=(0, 1_000_000_000))
    await put(folder, "c")
    assert (tmp_path / "new" / "c").exists(), "nothing says that it has changed, so nothing looks"
    os.utime(read, ns=(0, 2_000_000_000))
    await put(folder, "c")
    assert not (tmp_path / "tmp" / "c").exists()
    (tmp_path / "new" / "c").unlink()
    await put(folder, "c")
    assert not (tmp_path / "new" / "c").exists()


async def test_a_try_that_was_cut_off_leaves_no_half_letter(tmp_path: Path) -> None:
    folder = Maildir(tmp_path)
    with pytest.raises(RuntimeError):
        await put(folder, before_dot=BeforeDot(RuntimeError("database is gone")))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    (tmp_path / "tmp" / "letter-7").write_text("what a crash left, longer than the letter " * 100)
    assert isinstance(await put(folder), Sent)
    (message,) = mailbox.Maildir(tmp_path, create=False)
    assert message.get_payload() == "Hello.\n.\n..dots\n"


async def test_the_phase_is_recorded_before_a_letter_can_be_seen(tmp_path: Path) -> None:
    before_dot = BeforeDot(
        look=lambda: sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    )
    await put(Maildir(tmp_path), before_dot=before_dot)
    assert before_dot.seen == [["tmp/letter-7"]]


async def test_f4_a_maildir_that_cannot_be_written_defers_the_letter(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("a file stands where the folder should")
    outcome = await put(Maildir(tmp_path / "sent"))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith("4.3.0 Cannot write ")


async def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    folder = Maildir(tmp_path / "sent")
    await put(folder, "other")
    target = tmp_path / "target"
    target.write_text("precious")
    os.symlink(target, tmp_path / "sent" / "tmp" / "letter-7")
    assert isinstance(await put(folder), Deferred)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", ".hidden", "a\nb", "a:2,S"])
async def test_a_name_that_is_no_plain_file_name_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        await put(Maildir(tmp_path), name)


@pytest.mark.parametrize("recipient", HOSTILE)
async def test_sec_38_the_maildir_takes_no_such_recipient_either(tmp_path: Path, recipient: str) -> None:
    assert isinstance(await put(Maildir(tmp_path), recipient=recipient), Rejected)
