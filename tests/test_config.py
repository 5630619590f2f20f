"""spocd.toml: what it may say, what is said of one that is wrong, and that writing and reading agree."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.config import (
    AutomaticSection,
    Config,
    DeskSection,
    LimitsSection,
    ListenSection,
    RelaySection,
    StoreSection,
    TicketSection,
    TrustSection,
    find,
    load,
    parse,
    relay_from,
    render,
    split_password,
    store_from,
)
from spocd.config.sections import SECTIONS
from spocd.config.values import LANGUAGES
from spocd.errors import Misconfigured

REPOSITORY = Path(__file__).parent.parent
BAD = sorted((REPOSITORY / "tests/badconfigs").iterdir())
DESK = DeskSection(address="desk@example.org")
LEAST = '[desk]\naddress = "desk@example.org"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "spocd.toml"
    path.write_text(text)
    return path


def faults_of(text: str, folder: Path) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        load(written(folder, text))
    return caught.value.faults


# What is wrong is said


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_f16_every_fault_of_a_broken_file_is_named_with_its_line_and_its_remedy(case: Path, tmp_path: Path) -> None:
    for file in case.iterdir():
        # Git keeps no modes; 0644 is what makes a password file a fault.
        copy = tmp_path / file.name
        shutil.copyfile(file, copy)
        copy.chmod(0o644)
    with contextlib.chdir(tmp_path), pytest.raises(Misconfigured) as caught:
        load(Path("spocd.toml"))
    said = [fault.replace(str(tmp_path), "FOLDER") for fault in caught.value.faults]
    assert said == (case / "expected.txt").read_text().splitlines()


def test_there_are_enough_broken_files_to_speak_of() -> None:
    assert len(BAD) >= 20


@pytest.mark.parametrize("secret", ["hunter2", "hunter%32"])
@pytest.mark.parametrize(
    "url",
    [
        "smtp://ann:{}@mail.example.org:587",
        "smtp://ann:{}@mail.example.org:notaport",
        "smtp://:{}@mail.example.org",
        "imap://ann:{}@mail.example.org:143",
        "smtp://ann:{}@[::1",
        "postgresql://desk:{}@",
    ],
)
@pytest.mark.parametrize("option", ["store", "relay"])
def test_sec60_a_password_in_a_url_is_never_repeated(option: str, url: str, secret: str, tmp_path: Path) -> None:
    text = f'{LEAST}[{option}]\nurl = "{url.format(secret)}"\n'
    assert "hunter" not in "".join(faults_of(text, tmp_path))


def test_a_missing_file_is_said_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no such file.*spocd init"):
        load(tmp_path / "spocd.toml")


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: Is a directory"):
        load(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, LEAST)
    path.chmod(0)
    with pytest.raises(Misconfigured, match="cannot be read: Permission denied"):
        load(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("a = " + "[" * 5000, "nested too deeply", id="brackets"),
        pytest.param("# " + "x" * 300_000, "no spocd.toml", id="too large"),
        pytest.param("a = " + "9" * 5000, "not TOML", id="a number of 5,000 digits"),
        pytest.param("\x00", "not TOML", id="NUL"),
        pytest.param('[desk]\naddress = """\n' + "a\n" * 100_000, "not TOML", id="an endless text"),
        pytest.param(LEAST + "[[relay]]\nurl = 3\n", "a section", id="a list of sections"),
        pytest.param(LEAST + "limits.idle.a.b = 3\n", "desk.limits", id="dots"),
        pytest.param(LEAST + f"domains = [\n{'1,' * 500}\n{'2,' * 10}\n]\n", "no text", id="numbers"),
        pytest.param(LEAST + "domains = [\n" + '"-",\n' * 500 + "]\n", "no domain", id="a list of 500 lines"),
        pytest.param(LEAST + "zone = 2026-01-01\n", "is a date or time", id="a date"),
        pytest.param(LEAST + 'zone = "../../../etc/passwd"\n', "no time zone", id="a zone that is a path"),
        pytest.param(LEAST + '"\\u001b[2J" = 1\n', "\\u001b", id="a key that a terminal would obey"),
    ],
)
def test_hostile_text_is_a_fault_like_any_other(text: str, why: str, tmp_path: Path) -> None:
    said = "\n".join(faults_of(text, tmp_path))
    assert why in said
    assert "\x1b" not in said


@given(st.text(alphabet="[]=\". \n#desk{}',1address@x\\u", max_size=80))
def test_any_text_is_a_configuration_or_misconfigured(text: str) -> None:
    with contextlib.suppress(Misconfigured):
        parse(text, Path("/srv/desk/spocd.toml"))


# What is right is read


def test_an_address_is_enough(tmp_path: Path) -> None:
    path = written(tmp_path, LEAST)
    assert load(path) == Config(path=path, desk=DESK)


def test_paths_are_relative_to_the_folder_of_the_file_and_not_to_where_we_are(tmp_path: Path) -> None:
    written(tmp_path, LEAST)
    with contextlib.chdir(tmp_path):
        config = load(Path("spocd.toml"))
    assert config.file(config.listen.control) == tmp_path / "run/control"
    assert config.file("/run/spocd/lmtp") == Path("/run/spocd/lmtp")


def test_a_link_to_the_file_leads_to_the_folder_of_the_desk(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    link = tmp_path / "spocd.toml"
    link.symlink_to(written(desk, LEAST))
    assert load(link).folder == desk


@pytest.mark.parametrize("smtp", ["127.0.0.1:0", "[::1]:25", "mail.example.org:2525", "0.0.0.0:25"])
def test_a_listener_is_a_host_and_a_port(smtp: str, tmp_path: Path) -> None:
    path = written(tmp_path, f'{LEAST}[listen]\nsmtp = ["{smtp}"]\n')
    assert load(path).listen.smtp == (smtp,)


@pytest.mark.parametrize(
    "url", ["", "smtp://127.0.0.1:25", "smtp://[::1]:25", "smtps://mail.example.org:465", "smtp://localhost:2500/"]
)
def test_a_relay_is_a_scheme_a_host_and_a_port(url: str, tmp_path: Path) -> None:
    assert load(written(tmp_path, f'{LEAST}[relay]\nurl = "{url}"\n')).relay.url == url


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:desk.db",
        "postgresql://desk@db.example.org/desk",
        "postgresql://desk@[::1]:5433/desk?sslmode=verify-full",
        "postgres://desk@db.example.org/desk",
        "postgresql:///desk?host=/run/postgresql",
        "postgresql://desk@/desk?host=a.example.org,b.example.org&target_session_attrs=read-write",
        "postgresql://desk@db.example.org/desk?passfile=/var/lib/spocd/pgpass",
    ],
)
def test_a_store_is_a_file_or_a_server(url: str, tmp_path: Path) -> None:
    assert load(written(tmp_path, f'{LEAST}[store]\nurl = "{url}"\n')).store.url == url


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "127.9.9.9"])
def test_a_password_may_go_in_clear_text_to_loopback_alone(host: str, tmp_path: Path) -> None:
    (tmp_path / "password").touch(mode=0o600)
    relay = f'[relay]\nurl = "smtp://{host}:25"\ntls = "never"\nuser = "ann"\npassword_file = "password"\n'
    assert load(written(tmp_path, LEAST + relay)).relay.tls == "never"


def test_a_private_key_may_be_a_link_and_open_to_a_group(tmp_path: Path) -> None:
    (tmp_path / "store.pem").write_text("key")
    (tmp_path / "store.pem").chmod(0o640)
    (tmp_path / "key.pem").symlink_to("store.pem")
    listen = '[listen]\ncertificate = "store.pem"\ncertificate_key = "key.pem"\n'
    assert load(written(tmp_path, LEAST + listen)).listen.certificate_key == "key.pem"


# What is written is what is read


def test_etc_has_every_option_with_its_words_and_its_default() -> None:
    path = REPOSITORY / "etc/spocd.toml"
    assert load(path) == Config(path=path, desk=DESK)
    assert path.read_text() == render(Config(path=path, desk=DESK))


def test_every_option_has_its_words_above_it() -> None:
    lines = (REPOSITORY / "etc/spocd.toml").read_text().splitlines()
    for kind in SECTIONS.values():
        for option in dataclasses.fields(kind):
            ours = [
                n for n, line in enumerate(lines) if line.startswith((f"{option.name} = ", f"[desk.{option.name}]"))
            ]
            assert ours, f"{option.name} does not stand in etc/spocd.toml"
            assert all(lines[n - 1].startswith("# ") for n in ours)


def test_every_section_of_a_configuration_is_read_and_written() -> None:
    named = {option.name: option.type for option in dataclasses.fields(Config) if option.name not in ("path", "secret")}
    assert named == {name: kind.__name__ for name, kind in SECTIONS.items()}


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)
files = st.sampled_from(["a", "run/ö", "/run/spocd/x y", 'a"b', "a\\b", "a'b#", "ü\u0301"])
hosts = st.sampled_from(["127.0.0.1", "[::1]", "mail.example.org"])
ports = st.integers(1, 65535)
counts = st.integers(1, 100)
domains = st.sampled_from(["example.org", "a.example", "bücher.example"])


@st.composite
def configurations(draw: Any) -> Config:
    def some(kind: type[Any], **strategies: Any) -> Any:
        return kind(**{name: draw(strategy) for name, strategy in strategies.items()})

    sockets = draw(st.lists(files, min_size=2, max_size=2, unique=True))
    return Config(
        path=Path("/srv/desk/spocd.toml"),
        desk=some(
            DeskSection,
            address=st.sampled_from(["desk@example.org", "it@a.example", "hjælp@example.org"]),
            name=names,
            language=st.sampled_from(LANGUAGES),
            zone=st.sampled_from(["UTC", "Europe/Copenhagen", "America/Argentina/Buenos_Aires"]),
            delimiter=st.sampled_from("+-=_"),
            domains=st.lists(domains).map(tuple),
            addresses=st.dictionaries(
                st.sampled_from(["hr@x.example", "it@x.example"]), st.sampled_from(["hr", "it-2"])
            ),
        ),
        store=some(StoreSection, url=files.map("sqlite:".__add__), password_file=files),
        listen=some(
            ListenSection,
            smtp=st.lists(st.builds("{}:{}".format, hosts, ports), max_size=3).map(tuple),
            lmtp=st.just(sockets[0]),
            control=st.just(sockets[1]),
        ),
        relay=some(RelaySection, url=st.builds("smtp://{}:{}".format, hosts, ports), connections=counts, sent=files),
        trust=some(TrustSection, authserv_id=st.sampled_from(["", "mx"]), spam_header=st.sampled_from(["", "X-Spam"])),
        limits=some(
            LimitsSection, recipients=counts, connections=counts, commands=counts, idle=counts, transfer=counts
        ),
        automatic=some(AutomaticSection, unknown_a_day=counts, address_an_hour=counts),
        ticket=some(TicketSection, close_after=counts, reopen_within=counts),
        secret=draw(files),
    )


@given(configurations())
def test_what_is_rendered_is_read_back(config: Config) -> None:
    assert parse(render(config), config.path) == config


# Which file


def test_the_file_named_comes_first_then_the_environment_then_var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").mkdir()
    written(tmp_path / "var", LEAST)
    monkeypatch.setenv("SPOCD_CONFIG", "environment.toml")
    with contextlib.chdir(tmp_path):
        assert find("named.toml") == Path("named.toml")
        assert find(None) == Path("environment.toml")
        monkeypatch.setenv("SPOCD_CONFIG", "")
        assert find(None) == Path("var/spocd.toml")


@pytest.mark.skipif(Path("/etc/spocd/spocd.toml").exists(), reason="this machine has a desk")
def test_where_there_is_none_it_says_where_it_looked_and_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOCD_CONFIG", raising=False)
    with contextlib.chdir(tmp_path), pytest.raises(Misconfigured) as caught:
        find(None)
    for said in ("./var/spocd.toml", "/etc/spocd/spocd.toml", "spocd init ./var --address desk@example.org"):
        assert said in str(caught.value)


def test_finding_the_file_loads_nothing_heavy() -> None:
    program = "import sys; from spocd.config import find; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"dataclasses", "tomllib", "spocd.config.sections", "spocd.domain.address", "zoneinfo"} & set(loaded)


# URLs that spocd init is given


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        ("sqlite:desk.db", "sqlite:desk.db", None),
        ("sqlite:a:b@c", "sqlite:a:b@c", None),
        ("postgresql://desk@db.example.org/desk", "postgresql://desk@db.example.org/desk", None),
        (
            "postgresql://desk:p%40ss@db.example.org:5432/desk?ssl=1",
            "postgresql://desk@db.example.org:5432/desk?ssl=1",
            "p@ss",
        ),
        ("smtp://ann:a:b@[::1]:587", "smtp://ann@[::1]:587", "a:b"),
        ("smtp://ann:@mail.example.org:587", "smtp://ann@mail.example.org:587", None),
        ("smtp://[::1", "smtp://[::1", None),
    ],
)
def test_a_password_is_taken_out_of_a_url(url: str, bare: str, password: str | None) -> None:
    assert split_password(url) == (bare, password)


def test_a_store_url_becomes_a_section_and_a_password() -> None:
    section = StoreSection(url="postgresql://desk@db.example.org/desk", password_file="store-password")
    assert store_from("postgresql://desk:pw@db.example.org/desk") == (section, "pw")
    assert store_from("sqlite:desk.db") == (StoreSection(), None)


def test_a_relay_url_becomes_a_section_and_a_password() -> None:
    section = RelaySection(url="smtp://mail.example.org:587", user="ann@example.org", password_file="relay-password")
    assert relay_from("smtp://ann%40example.org:pw@mail.example.org:587") == (section, "pw")
    assert relay_from("smtp://127.0.0.1:25") == (RelaySection(url="smtp://127.0.0.1:25"), None)
