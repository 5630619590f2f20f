"""How servers say that a mail was not delivered, in the languages that they are sold in."""

from __future__ import annotations

import re

_MOST_SUBJECT = 300  # characters
_MOST_LETTER = 4000
# What is carried, and what went wrong, in either order and near each other: both must be there.
_CARRIED = (
    r"deliver|zustell|zugestellt|bezorg|bestelbaar|besteld|leverer|levering|leverans|oleverer|toimit|saavut|"
    r"entreg|remis|distribu|achemin|recapit|consegn|dostarcz|doruč|doručen|kézbesít|livr|teslim|"
    r"достав|отправл|παράδο|edasta|pristatyt|piegād"
)
_WRONG = (
    r"fail|error|problem|unable|could not|couldn'?t|can(?:not|'t)|not been|was not|were not|has not|aborted|reject|"
    r"refused|"
    r"delay|impossible|trouble|"
    r"fehl|nicht|konnte|mislukt|niet |misslyck|inte |mislyk|ikke |kunne|epäonnist|ei voi|ei ole|"
    r"échec|échou|n'a pu|n'a pas|non |no se |no pud|error|fall|mancat|impossibil|não|falha|"
    r"nie |niemożliw|nepodař|selhal|nelze|nem |sikertelen|nu a |eroare|edilem|не |сбой|ошибк|невозможн|δεν|αποτυχ|"
    r"ebaõnn|nepavyk|neizdev"
)
_SUBJECT = re.compile(
    r"undeliver|undelivr|nondeliver|non-?deliver|failure (?:notice|delivery)|delivery (?:status|notif|report|failure)|"
    r"returned (?:mail|to sender|e-?mail|message)|returning (?:message )?to sender|"
    r"mail (?:system error|failure|failed|could not)|message (?:delayed|status - undeliverable|could not|not deliver)|"
    r"(?:delayed|rejected|bounced|undeliverable|failed) (?:mail|message|e-?mail)|rejected mail|delivery delayed|"
    r"warning: (?:message|could not send)|could not send message|mail delivery (?:warning|problem|error|system)|"
    r"error sending your (?:e-?mail|mail|message)|not (?:been )?delivered|systems? bounce|"
    r"\s*(?:delayed|verzögert|zustellung verzögert|försenad|levering forsinket|forsinket|viivästy\w{0,6}|retardé|"
    r"retrasado|"
    r"in ritardo|atrasad[ao]|vertraagd|opóźnienie|opóźnion[ay]|zpožděn\w{0,2}|задерж\w{0,6})\s?[:：]|"
    r"unzustellbar|zustellungs?(?:fehl|benachr|status|problem|verz)|zustellfehl|unzustellbarkeit|mailfehler|"
    r"onbestelbaar|niet bestelbaar|oleverer|kan ikke leveres|ikke leveret|ikke levert|ej levererat|kan inte leverera|"
    r"ei voi(?:tu)? toimittaa|toimittamaton|perille toimittam|toimitusvirhe|toimitus epäonnistui|"
    r"non remis|non distribu|échec de (?:la )?(?:remise|distribution|livraison|l'envoi)|"
    r"no se (?:pudo|puede|ha podido) entregar|no entregad|imposible entregar|error de entrega|"
    r"impossibile recapitare|non recapitabile|mancat[oa] (?:recapito|consegna)|"
    r"não (?:foi )?entregue|não é possível entregar|falha na entrega|impossível entregar|"
    r"niedostarcz|nie można dostarczyć|nie dostarczono|nedoručiteln|nedoručiteľn|kézbesíthetetlen|"
    r"teslim edilem|nelivrabil|недостав|не ?доставлен|не удается доставить|не может быть доставлен|"
    r"ошибка доставки|сообщение не доставлено|вдалося доставити|"
    r"配信不能|配信できません|配信不可|配送できません|メールエラー|送信できません|エラーメール|不達|未達|"
    r"退信|无法(?:传递|投递|送达|传送)|無法(?:傳遞|投遞|送達|傳送)|未送达|未送達|投递失败|投遞失敗|邮件.{0,4}失败|"
    r"배달되지|배달할 수 없|전달할 수 없|반송|"
    r"delivery\b.{0,40}(?:fail|error|problem|status|delay|notif|report|unable)"
)
_LETTER = re.compile(
    rf"(?:{_CARRIED})[^\n]{{0,60}}?(?:{_WRONG})|(?:{_WRONG})[^\n]{{0,60}}?(?:{_CARRIED})|"
    r"did not reach|not reach(?:ed)?|could not be reached|no such user|(?:user|recipient|mailbox|host) unknown|"
    r"unknown (?:user|host|recipient|address)|unrouteable|invalid user|permanent (?:fatal )?error|"
    r"transient or permanent|mailbox is full|over (?:its )?quota|quota exceeded|delivery problems|"
    r"unable to send|couldn'?t be (?:sent|found)|could not be sent|kunde inte nås|kunne ikke nås|"
    r"nåede ikke frem|nådde (?:inte|ikke)|kom inte fram|erreichte .{0,40}nicht|nicht erreicht|"
    r"не найден|未能|失败|失敗|できませんでした|届きません|无法|無法|退回|退信|없습니다|못했습니다"
)


def is_subject(subject: str) -> bool:
    """Whether a subject is one that servers give to reports of non-delivery."""
    return _SUBJECT.search(subject[:_MOST_SUBJECT].lower()) is not None


def is_letter(text: str) -> bool:
    """Whether the first lines of a letter say that a mail was not delivered."""
    return _LETTER.search(text[:_MOST_LETTER].lower()) is not None
