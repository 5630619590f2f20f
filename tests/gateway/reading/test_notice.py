"""Banners, disclaimers, virus scanners and mailing lists; and people who write about such things."""

from __future__ import annotations

import pytest

from spocd.gateway.reading.visible import visible

BANNERS = [
    "CAUTION: This email originated from outside of the organization. Do not click links or open attachments\n"
    "unless you recognize the sender and know the content is safe.",
    "[EXTERNAL EMAIL] This message came from outside. Do not open attachments you do not expect.",
    "[External]",
    "EXTERNAL EMAIL:",
    (
        "ACHTUNG: Diese E-Mail stammt von einem externen Absender. "
        "Klicken Sie nicht auf Links und öffnen Sie keine Anhänge."
    ),
    "ADVARSEL: Denne e-mail kommer fra en ekstern afsender. Klik ikke på links og åbn ikke vedhæftede filer.",
    "VARNING: Detta mejl kommer från en extern avsändare. Klicka inte på länkar och öppna inte bifogade filer.",
    "HUOM: Tämä viesti tulee organisaation ulkopuolelta. Älä avaa liitteitä tai linkkejä, ellet tunne lähettäjää.",
    "ВНИМАНИЕ: письмо от внешнего отправителя. Не открывайте вложения и ссылки.",
    "ATTENTION : ce courriel provient de l'externe. Ne cliquez pas sur les liens, ne pas ouvrir les pièces jointes.",
    "Some people who received this message don't often get email from ann@example.org. Learn why this is important\n"
    "<https://aka.ms/LearnAboutSenderIdentification>",
]

FOOTERS = [
    "This e-mail and any attachments are confidential and intended solely for the addressee. If you are not the\n"
    "intended recipient, please notify the sender and delete this message.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, informieren\n"
    "Sie bitte den Absender und vernichten Sie diese Mail.",
    (
        "Denne e-mail er fortrolig og kun til den rette modtager. Er den modtaget ved en "
        "fejl, bedes du slette den straks."
    ),
    "Detta meddelande är konfidentiellt och avsett för mottagaren. Har du fått det felaktigt, radera det genast.",
    (
        "Tämä viesti on luottamuksellinen ja tarkoitettu vain "
        "vastaanottajalle. Jos sait sen virheellisesti, poista se heti."
    ),
    "Это сообщение конфиденциально и предназначено только адресату. Если вы получили его по ошибке, удалите его.",
    (
        "Ce message est confidentiel et destiné à son seul "
        "destinataire. Si vous l'avez reçu par erreur, veuillez le supprimer."
    ),
    "---\nThis email has been checked for viruses by Avast antivirus software.\nhttps://www.avast.com/antivirus",
    "Virenfrei. www.avast.com",
    "Virus-free. www.avg.com <http://www.avg.com/email-signature>",
    "Diese E-Mail wurde von Avast auf Viren geprüft.\nhttps://www.avast.com/antivirus",
    (
        "-----\nNo virus found in this message.\nChecked by AVG - www.avg.com\n"
        "Version: 2016.0.7442 / Virus Database: 4568"
    ),
    "Please consider the environment before printing this e-mail",
    "_______________________________________________\nstaff mailing list\nstaff@lists.example.org",
    "______\nstaff\nhttps://lists.example.org/staff",
]


@pytest.mark.parametrize("banner", BANNERS)
def test_a_banner_at_the_top_is_left_out(banner: str) -> None:
    assert visible(f"{banner}\n\nThe printer smokes.\n") == "The printer smokes."
    assert visible(f"{banner}\n") == banner


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_machines_put_below_is_left_out(footer: str) -> None:
    assert visible(f"The printer smokes.\n\n{footer}\n") == "The printer smokes."
    assert visible(f"> Which?\n\nAll.\n\n{footer}\n") == "> Which?\n\nAll."


def test_several_footers_go_one_by_one() -> None:
    assert visible("It smokes.\n\nAnn\n\n" + "\n\n".join([FOOTERS[0], FOOTERS[12], FOOTERS[7]])) == "It smokes.\n\nAnn"


@pytest.mark.parametrize(
    "text",
    [
        "Warning: external mail does not arrive.\n\nSince Monday nothing comes from outside. Please help.",
        "EXTERNAL: the door bell is broken\n\nPlease repair it.",
        "I think I have a virus. I checked the computer with Avast.\n\nWhat now?",
        "Hello\n\nI got a virus warning from www.avast.com. Is this message checked?",
        "Warning: the outside door is stuck. Do not use it.\n\nPlease repair it.",
        "Hello\n\nI scanned the laptop for viruses with https://www.example.org and found nothing.",
        "Hello\n\nThe computer was checked for viruses and is slow now.",
        "Hello\n\nThe attached mail is confidential, please delete it from the archive, it was sent to us in error.",
        (
            "Hello\n\n"
            "Can you say who the intended recipient of this confidential mail was, before "
            "you delete this message?"
        ),
        "we have two:\n______\na@example.org\nb@example.org",
        "Think of our trees in the yard: they die.",
    ],
)
def test_people_may_write_about_such_things(text: str) -> None:
    assert visible(text) == text


def test_a_banner_below_blank_lines_is_left_out() -> None:
    assert visible(f"\n\n\n\n   {BANNERS[0]}\n\nIt broke.\n") == "It broke."
