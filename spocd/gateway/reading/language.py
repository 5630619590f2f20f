"""Which of the desk's six languages a text is in, told by its small words, its endings and its letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_MOST_LOOKED_AT = 4000  # characters
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_CYRILLIC = re.compile("[а-яё]+")
# Letters that Russian lacks; and before any other letter than these four, ъ is Bulgarian.
_NOT_RUSSIAN = re.compile("[іїєґўјљњћђџѓќѕәөүұқңғһ]|ъ(?![еёюя])")
# Small words; of Bulgarian those that Russian lacks, and a "да" with a verb behind it, which is not the Russian "yes".
_CYRILLIC_WORDS = {
    "bg": "съм ще това които който много моля благодаря няма са се здравейте ли мога",
    "ru": "что как это не я мы вы с к для или но есть нет у меня мне спасибо пожалуйста",
}
_BULGARIAN = frozenset(_CYRILLIC_WORDS["bg"].split())
_BULGARIAN_DA = re.compile(r"\bда \w+[амят]\b")
_RUSSIAN = frozenset(_CYRILLIC_WORDS["ru"].split())
_RUSSIAN_ENDINGS = ("ть", "тся", "ого", "его", "ой", "ий", "ает", "ие", "ая", "ли", "ла")
_RUSSIAN_LETTERS = ("ы", "э", "ё")

# Words that sentences need. A word counts less the more of these languages have it. Danish holds Norwegian words too:
# Norwegians are answered in Danish. Those after German are none of ours: they win where they are meant.
_WORDS = {
    "en": "the and to of is that you it for on with have has had this not are my be can could please we from but "
    "what when how why hello hi thanks thank would was were do does did don't doesn't can't it's i'm i've "
    "will your our i an there if cannot in at by as or so me any need needs help get no yes new am us her his "
    "they all still since after before dear regards best cheers working works been about out up who which "
    "where then than just again isn't won't one morning some more anymore today tomorrow yesterday tried",
    "da": "går sag sagen og er det at jeg ikke en til på af har med for som den kan vi men hej tak kære venlig "
    "hilsen hvad når min mit mine fra blev bliver skal vil være også mig dig hvordan hvorfor virker får et de "
    "nå noe meg hei takk av ble skulle fordi efter eller nu kunne mvh hvis der ind ud om jer os vores jeres "
    "dette denne kommer gør igen havde god dag hvor meget måtte kom over siden under hjælpe hjælp venligst "
    "dere hva hvem ikkje eg vår deg seg vennlig etter nei gjøre hvorledes blir bli skriver stadig i morgen "
    "fungerer lenger noen noget nogen findes mangler gerne åbne åben nye nyt hver hvert ingen alle andre mere "
    "ved fik fået sidste tilbage venter hele væk stod prøvet",
    "sv": "och är det att jag inte en till på av har med för som den kan vi men hej tack vänliga hälsningar vad när "
    "min mitt mina från blev blir ska vill vara också mig dig hur varför fungerar får ett eller skulle kunde "
    "efter nu om er oss vår vårt kommer gör igen hade god dag var mycket måste under hjälpa hjälp gärna detta "
    "denna de i finns ut upp mvh något någon nån ej inga sedan längre helt bara går dom tacksam fick fått "
    "behöver vem alla andra ingen ny nya nytt två varje hemma mot förra öppna fungera slutat försökt behövde "
    "sista era",
    "fi": "ja on ei se että en minä olen ovat mutta kun tai hei kiitos terveisin voi voin miten mikä minun joka "
    "myös niin ole sen tämä kanssa oli olisi vielä voisitteko voisiko pitää mitä jos nyt ystävällisin moi "
    "saan toimi toimii saa tulee ohje miksi missä meillä minulla teidän meidän enää kuin eikä sekä sitten "
    "ollut olla voitteko voiko haluaisin tarvitsen apua päivää huomenta taas jälkeen mukaan ennen aina koska "
    "terv kyllä emme ette eivät saanut tästä siitä tähän sitä hyvää uusi uuden kiitän eilen tänään huomenna "
    "kuka kenen viime minuutin joku jotain kaikki jo vain ovi auki",
    "de": "wurde wurden gestern heute jemand etwas nichts alle und ist das der die nicht ich ein eine einen einem "
    "einer zu mit für auf sie es den dem des wir aber hallo danke bitte grüße grüßen gruß von im kann habe "
    "haben wie wenn mein meine meinen meiner vielen sehr geehrte geehrter auch noch bei an wird was oder nur "
    "mehr nach seit aus dass uns ihr ihre ihnen mich mir sind war hat werden können könnte könnten würde wo "
    "wann warum guten tag morgen kein keine keinen dieser diese dieses schon wieder über unter vor zum zur am "
    "vom freundlichen mfg lg funktioniert geht leider dann so als in gibt",
    "nl": "en de het een van ik je dat niet is op te zijn met voor aan er maar om bij ook naar heb heeft kan wij "
    "ons mijn deze dit u uw dank bedankt groet groeten hoe wat waarom graag geen nog wel kunt kunnen moet "
    "goedemorgen hallo beste vriendelijke werkt meer al jullie hebben wordt worden door over uit als dan was",
    "fr": "le la les de des du et est un une je ne pas que qui pour dans sur avec ce il vous nous mon ma mes merci "
    "bonjour cordialement plus au aux par ou si mais sont avez ai votre vos notre peut j'ai c'est d'un n'est "
    "à été bien très comment pourquoi cette elle se fait plaît",
    "es": "el la los las de que y en un una no es por con para se lo mi del al como pero más su gracias hola buenos "
    "días saludos puedo puede tengo está estoy esta este muy cuando yo me hay favor ayuda sin sobre desde "
    "porque",
    "it": "il lo la i gli le di che e è un una non per con del della dei si mi sono ho ha come ma più grazie ciao "
    "buongiorno saluti posso può questo questa nel alla anche perché cordiali quando al da in ci",
    "pt": "o a os as de que e do da em um uma não para com por se no na mais meu minha obrigado obrigada olá bom "
    "dia é está estou tenho pode posso como mas ao dos das você isso este esta foi atenciosamente",
    "pl": "i w na nie się jest to że z do jak po co czy mam ale za od przez dla są jestem proszę dziękuję dzień "
    "dobry witam pozdrawiam mi moje mój nam o już tylko może być lub ponieważ u",
    "cs": "a je se na že v to s z do by o k za pro jsem si ale jak co nebo když děkuji dobrý den prosím nejde mám "
    "není pozdravem jsme být už také můžete ne",
    "hu": "a az és hogy nem is egy van ez csak de meg már még nekem köszönöm üdvözlettel kérem szia jó napot mert "
    "ha vagy lehet",
    "et": "ja on ei et see ma oma ta kui mis aga ka tere aitäh lugupidamisega palun minu meie teie kas või siis olen",
    "tr": "ve bir bu için de da ile ne var yok çok merhaba teşekkürler lütfen ama gibi daha olarak değil mi ben",
    "ro": "și de la nu este un o în cu pe să că am pentru mulțumesc bună ziua vă din mai dar sunt",
    "is": "og að er ekki ég það sem á í við en með til um hef takk fyrir kveðja góðan daginn hvernig þetta var",
}


def _by_word(words: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """The languages that have each word."""
    owners: dict[str, tuple[str, ...]] = {}
    for name, line in words.items():
        for word in set(line.casefold().split()):
            owners[word] = (*owners.get(word, ()), name)
    return owners


_OURS = ("en", "da", "sv", "fi", "de")
_OWNERS = _by_word(_WORDS)
# Letters that speak for a language or for several, and those that none of the five has.
_LETTERS = (
    ("æ", ("da",)),
    ("ø", ("da",)),
    ("å", ("sv", "da")),
    ("ä", ("sv", "fi", "de")),
    ("ö", ("sv", "fi", "de")),
    ("ü", ("de",)),
)
_FOREIGN = re.compile(r"[ñçãõêâîûèìòùąęłńśźżćčďěňřšťůžőűășțğışðþ¿¡]")
_FINNISH = re.compile(
    r"\w{2,}(?:ssa|ssä|sta|stä|lla|llä|lta|ltä|lle|ksi|mme|nne|een|iin|aan|ään|oon|uun|tta|ttä|isi|han|hän|vat|vät|nut|"
    r"nyt|minen|sesti|"
    r"sia|siä|ko|kö|isin|isitte|itte|usta|tin|nni|taa|tää|daan|tään|oita|öitä|eita|eitä|kaan|kään|iden|jen|den|ton|"
    r"tön)$"
)
# Long vowels that no other of these languages writes so; "ä" between them is common in all its words.
_LONG_VOWEL = re.compile(r"ää|yy|öö|uu|ii|\w{3,}aa|tk|yö|äy")
_GERMAN = re.compile(
    r"\w{2,}(?:ung|ungen|keit|heit|lich|licher|liche|ischen|isch|tion|schaft|ieren|iert|scht|cht|tzt)$"
)
_SWEDISH = re.compile(r"\w{3,}(?:ningen|arna|orna|erna|ande|aren|het|ligt|ade|ats|tion|orn|sen)$")
_DANISH = re.compile(r"\w{3,}(?:ningen|erne|ende|eren|hed|ligt|ede|tion|else|elsen|sk)$")
_ENGLISH = re.compile(r"\w{3,}(?:ing|tion|ed|ly|ght|ould|'s|n't|ness|ment)$")
_ENDINGS = {
    "fi": (_FINNISH, 0.6),
    "de": (_GERMAN, 0.4),
    "sv": (_SWEDISH, 0.3),
    "da": (_DANISH, 0.3),
    "en": (_ENGLISH, 0.35),
}
_MOST_TIMES = 4  # that one word counts
_LEAST = 1.5  # what a text must weigh
_LEAD = 1.3  # how much more than the second
_LEAST_SHARE = 0.09  # of weight in all words: names and numbers of devices are no language


def language(text: str) -> str | None:
    """en, da, sv, fi, ru or de; None where the words do not say, or say another language."""
    pieces = text[:_MOST_LOOKED_AT].casefold().replace("’", "'").split()
    text = " ".join(each for each in pieces if not _is_name(each))
    words = Counter(_WORD.findall(text))
    total = sum(words.values())
    if total == 0:
        return None
    if not text.isascii() and sum(map(len, _CYRILLIC.findall(text))) * 2 > sum(len(w) * n for w, n in words.items()):
        return _cyrillic(text, words)
    weights = _weigh(words)
    (best, most), (_, second) = sorted(weights.items(), key=lambda item: -item[1])[:2]
    if best not in _OURS or most < _LEAST or most < total * _LEAST_SHARE or most < second * _LEAD:
        return None
    return best


def _weigh(words: Mapping[str, int]) -> dict[str, float]:
    """How much speaks for each language."""
    weights = dict.fromkeys([*_WORDS, "foreign"], 0.0)
    for word, times in words.items():
        counted = min(times, _MOST_TIMES)
        owners = _OWNERS.get(word, ())
        for name in owners:
            weights[name] += counted / len(owners)
        if word.isascii() and owners:
            continue
        if _FOREIGN.search(word):
            weights["foreign"] += 0.7 * counted
        for letter, names in _LETTERS:
            if letter in word:
                for name in names:
                    weights[name] += 0.5 * counted / len(names)
        if not owners:
            if _LONG_VOWEL.search(word):
                weights["fi"] += 0.4 * counted
            for name, (ending, weight) in _ENDINGS.items():
                if ending.match(word):
                    weights[name] += weight * counted
    return weights


def _is_name(piece: str) -> bool:
    """Whether a piece of text is an address or a link: these are in no language."""
    return "@" in piece or "//" in piece or piece.startswith("www.")


def _cyrillic(text: str, words: Mapping[str, int]) -> str | None:
    if _NOT_RUSSIAN.search(text):
        return None
    bulgarian = sum(times for word, times in words.items() if word in _BULGARIAN)
    if "да " in text:
        bulgarian += len(_BULGARIAN_DA.findall(text))
    russian = sum(text.count(letter) for letter in _RUSSIAN_LETTERS)
    russian += sum(times for word, times in words.items() if word in _RUSSIAN or _ends_in_russian(word))
    return "ru" if russian and russian >= bulgarian else None


def _ends_in_russian(word: str) -> bool:
    return len(word) > 3 and word.endswith(_RUSSIAN_ENDINGS)
