"""Files of people as rows: CSV as spreadsheets write it, LDIF as RFC 2849 has it."""

from __future__ import annotations

import pytest

from spocd.cli.person_file import batches, from_csv, from_ldif, looks_like_ldif

ANN = {"line": 2, "address": "ann@x.example"}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        pytest.param("address\nann@x.example\n", ANN, id="an address alone"),
        pytest.param("Mail\r\nann@x.example\r\n", ANN, id="as directories call it, with Windows line ends"),
        pytest.param('name;mail\n"Ek; Ann";ann@x.example\n', ANN | {"name": "Ek; Ann"}, id="semicolons, quoted"),
        pytest.param("email\tgivenName\tsn\nann@x.example\tAnn\tEk\n", ANN | {"name": "Ann Ek"}, id="two names, tabs"),
        pytest.param(
            "address,preferredLanguage,company,groups\nann@x.example,sv-SE,Acme,staff;second floor\n",
            ANN | {"language": "sv-SE", "organisation": "Acme", "groups": ["staff", "second floor"]},
            id="all that is known",
        ),
        pytest.param(
            'address,aliases,room\nann@x.example,"a@x.example, b@x.example",12\n',
            ANN | {"aliases": ["a@x.example", "b@x.example"]},
            id="further addresses, and a column that means nothing",
        ),
        pytest.param("address,name\nann@x.example\n", ANN, id="a row that ends early"),
    ],
)
def test_a_csv_row(text: str, row: dict[str, object]) -> None:
    found = from_csv(text)
    assert (found.rows, found.bad) == ([row], [])


def test_bad_csv_rows_are_told_with_their_lines_and_the_rest_is_read() -> None:
    found = from_csv('address,name\n,Nobody\n\n"ann@x.example","two\nlines"\na,b,c\nbo@x.example,Bo\n')
    assert [each["address"] for each in found.rows] == ["ann@x.example", "bo@x.example"]
    assert [each["line"] for each in found.bad] == [2, 6]
    assert "There is no address in it." in found.bad[0]["why"]


@pytest.mark.parametrize("text", ["", "name\nAnn\n", "ann@x.example\n"])
def test_a_csv_without_a_heading_for_addresses_is_told(text: str) -> None:
    found = from_csv(text)
    assert found.rows == []
    assert "names no column address. It may be called one of these: address, mail," in found.bad[0]["why"]


ENTRY = "dn: cn=Ann,o=x\nmail: ann@x.example\n"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        pytest.param(ENTRY, {}, id="the least"),
        pytest.param(ENTRY + "cn: Ann\n  Ek\n", {"name": "Ann Ek"}, id="a folded line"),
        pytest.param(ENTRY + "cn:: QW5uIMOFcw==\n", {"name": "Ann Ås"}, id="base64"),
        pytest.param(ENTRY + "# cn: No\n  body\ncn: Ann\n", {"name": "Ann"}, id="a folded comment"),
        pytest.param(ENTRY + "MAIL: a@x.example\n", {"aliases": ["a@x.example"]}, id="several addresses"),
        pytest.param(ENTRY + "cn;lang-sv: Ann\njpegPhoto:: /9j/\n", {"name": "Ann"}, id="an option, and a photograph"),
        pytest.param(ENTRY + "jpegPhoto:< file:///tmp/a.jpg\n", {}, id="a file that nobody needs"),
        pytest.param(ENTRY + "changetype: add\nsn: Ek\ngivenName: Ann\n", {"name": "Ann Ek"}, id="an addition"),
        pytest.param(
            ENTRY + "memberOf: CN=Second\\, Floor,OU=Groups,DC=x\nmemberOf: staff\n",
            {"groups": ["Second, Floor", "staff"]},
            id="groups by their place in the directory",
        ),
        pytest.param(
            ENTRY + "preferredLanguage: fi\no: Acme\ndisplayName: Ann\n",
            {"language": "fi", "organisation": "Acme", "name": "Ann"},
            id="language and organisation",
        ),
    ],
)
def test_an_ldif_entry(text: str, row: dict[str, object]) -> None:
    found = from_ldif(f"version: 1\n\n{text}\n\ndn: ou=Units,o=x\nou: Units\n")
    assert (found.rows, found.bad, found.passed) == ([{"line": 3, "address": "ann@x.example"} | row], [], 1)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("dn: x\nmail: a@x.example\nchangetype: delete\n", "It is a change (delete)"),
        ("dn: x\nmail:: ####\n", "mail is no text in base64"),
        ("dn: x\nmail:< file:///etc/passwd\n", "mail stands in another file"),
        ("dn: x\nno colon here\n", "is no line of LDIF"),
        ("dn: x\nmail: a@x.example\ncn:: QQBC\n", "cn holds a NUL"),
        ("dn: x\nmail: a@x.example\ncn: A\0B\n", "cn holds a NUL"),
    ],
)
def test_a_bad_ldif_entry_is_told_and_the_next_one_read(entry: str, why: str) -> None:
    found = from_ldif(f"{entry}\n{ENTRY}")
    assert [row["address"] for row in found.rows] == ["ann@x.example"]
    assert [(each["line"], why in each["why"]) for each in found.bad] == [(1, True)]


def test_a_row_with_a_nul_is_told_and_the_next_one_read() -> None:
    found = from_csv("address,name\na@x.example,A\0B\nb@x.example,Bo\n")
    assert [row["address"] for row in found.rows] == ["b@x.example"]
    assert found.bad == [{"line": 2, "address": "", "why": "It holds a NUL, which no text has."}]


def test_what_a_file_is_shows_in_its_first_line() -> None:
    assert looks_like_ldif("# from ldapsearch\nversion: 1\n")
    assert looks_like_ldif("dn:: Y249\n")
    assert not looks_like_ldif("address,name\n")
    assert not looks_like_ldif("")


def test_rows_go_in_parts_that_fit() -> None:
    rows = [{"line": n, "address": f"{n}@x"} for n in range(25)]
    assert [len(part) for part in batches(rows, 10, 10**6)] == [10, 10, 5]
    assert [len(part) for part in batches(rows, 1000, 1)] == [1] * 25
    assert list(batches([], 10, 10)) == []


@pytest.mark.parametrize(
    "heading",
    [
        "First Name,Last Name,Company,E-mail Address,Home  Fax",
        "Given Name,Family Name,Organization Name,E-mail 1 - Value,Home Fax",
    ],
    ids=["Outlook", "Google"],
)
def test_what_people_export_is_read_and_columns_without_a_meaning_are_named(heading: str) -> None:
    found = from_csv(f"{heading}\nAnn,Ek,Acme,ann@x.example,1\n")
    assert found.rows == [ANN | {"name": "Ann Ek", "organisation": "Acme"}]
    assert [" ".join(each.split()) for each in found.unread] == ["Home Fax"]
