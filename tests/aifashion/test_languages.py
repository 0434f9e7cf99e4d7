"""The site in more than one language: who gets which, and that no word was forgotten."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlencode

import polib
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.template.base import Lexer, TokenType
from django.urls import reverse
from django.utils.translation.template import templatize

from tests.conftest import SiteClient
from tests.factories import look_query, make_photo, make_result, make_stock, version_of
from tryon.models import Result
from tryon.words import OF_THE_HOUSE

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CATALOGUE = ROOT / "locale/de/LC_MESSAGES/django.po"
ROOMS = ("aifashion", "patterns", "tryon")
# Words that are the same everywhere: names of us, of formats and of things that have no other name.
SAME_EVERYWHERE = {"AI Fashion", "CSS", "DPI", "HEIC", "JPEG", "JSON", "PNG", "SVG", "TIFF", "ZIP", "cm", "px", "MB"}
SPOKEN_ATTRIBUTES = ("alt", "aria-label", "aria-description", "placeholder", "title", "summary", "label")


# --- who gets which language --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "en"), ("de", "de"), ("de-AT,de;q=0.9,en;q=0.5", "de"), ("en-US", "en"), ("fr", "en"), ("fr,de;q=0.3", "de")],
)
def test_a_page_speaks_the_language_that_the_browser_asks_for(db, asked, language):
    answer = SiteClient().get("/privacy/", headers={"Accept-Language": asked})
    assert f'<html lang="{language}" dir="ltr">' in answer.content.decode()
    assert answer["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))


def test_what_somebody_chose_counts_more_than_what_their_browser_asks_for(db):
    client = SiteClient(headers={"Accept-Language": "de"})
    answer = client.post(
        reverse("set-language"), {"language": "en"}, headers={"Referer": "http://testserver/clothes/?a=1"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/clothes/?a=1")
    assert '<html lang="en"' in client.get("/").content.decode()
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_the_switch_leads_nowhere_else(db):
    answer = SiteClient().post(
        reverse("set-language"),
        {"language": "de", "next": "https://example.org/"},
        headers={"Referer": "https://example.org/"},
    )
    assert answer["Location"] == "/"


def test_every_page_offers_the_languages_by_their_own_names(db):
    page = SiteClient().get("/privacy/", headers={"Accept-Language": "de"}).content.decode()
    assert '<button type="submit" class="link-button" name="language" value="en" lang="en">English</button>' in page
    assert 'value="de" lang="de" aria-current="true">Deutsch</button>' in page


@pytest.mark.parametrize(
    ("asked", "chosen", "language", "date"),
    [
        ("en-GB,en;q=0.9", "", "en", "2 Nov 2026"),
        ("de-DE,en-IE;q=0.5", "en", "en", "2 Nov 2026"),
        ("en-US,en-GB;q=0.9", "", "en", "Nov. 2, 2026"),
        ("en", "", "en", "Nov. 2, 2026"),
        ("de,en-GB;q=0.5", "", "de", "2. November 2026"),
    ],
)
def test_dates_are_written_as_where_the_reader_lives(owner, asked, chosen, language, date):
    result, client = make_result(owner.person), owner.client
    Result.objects.update(created=datetime(2026, 11, 2, 12, tzinfo=UTC))
    if chosen:
        client.post(reverse("set-language"), {"language": chosen})
    page = client.get(result.get_absolute_url(), headers={"Accept-Language": asked}).content.decode()
    assert date in page
    assert f'value="{language}" lang="{language}" aria-current="true"' in page, "there is one English to choose"


def test_errors_are_told_in_the_same_language(db):
    page = SiteClient().get("/nothing-here", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de"' in page
    assert "Nicht gefunden" in page


def test_programs_are_answered_in_english(db):
    answer = SiteClient().get("/api/v1/nothing", headers={"Accept-Language": "de"})
    assert "There is no such thing" in answer.json()["detail"]
    assert "Content-Language" not in answer


def test_mail_says_du_as_pages_do(db, mailoutbox):
    User.objects.create_user("ada", "ada@example.com", "correct horse battery")
    password = {"password1": "battery horse staple", "password2": "battery horse staple"}
    for name, form in (
        ("account_reset_password", {"email": "ada@example.com"}),
        ("account_reset_password", {"email": "nobody@example.com"}),
        ("account_signup", {"email": "eve@example.com"} | password),
    ):
        SiteClient().post(reverse(name), form, headers={"Accept-Language": "de"})
    assert len(mailoutbox) == 3
    for mail in mailoutbox:
        assert re.search(r"\b[Dd]u\b", mail.body), mail.body
        assert not re.search(r"\b(Sie|Ihr|Ihre|Ihnen)\b", mail.body), mail.body


@pytest.mark.usefixtures("stand_in_models")
def test_a_picture_is_the_same_in_every_language_and_kept_as_one(db):
    version_of("plaid")
    answers = [SiteClient().get("/fabrics/plaid/17.png", headers={"Accept-Language": each}) for each in ("en", "de")]
    assert answers[0].content == answers[1].content
    assert all("Accept-Language" not in answer.get("Vary", "") for answer in answers)


class Bones(HTMLParser):
    """Everything of a page but its words: tags in order, and what their attributes say to programs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in ("html", "time") or told.get("name") in ("csrfmiddlewaretoken", "language", "description"):
            return
        kept = [(name, value) for name, value in attrs if name not in (*SPOKEN_ATTRIBUTES, "nonce", "aria-describedby")]
        self.found.append((tag, [pair for pair in kept if not pair[0].startswith("data-say-")]))


def bones(page: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    parser = Bones()
    parser.feed(page)
    return parser.found


@pytest.mark.usefixtures("stand_in_models")
def test_pages_differ_in_their_words_alone(owner):
    """Numbers for programs, in fields and addresses and outlines, are written with a point in every language."""
    version, stock, photo = version_of("plaid").version, make_stock(), make_photo(owner.person)
    result = make_result(owner.person, photo)
    look = urlencode(look_query() | {"cm": "20.5", "dx": "0.125", "category": "plaid", "from": "3"}, doseq=True)
    wide = "seed=17&width=12.5&unit=cm&dpi=150"
    offences = []
    for address in (
        *(
            "/",
            "/clothes/",
            "/fabrics/",
            "/fabrics/plaid/?from=3",
            "/gallery/plaid/",
            "/results/",
            "/photos/mine/",
            "/privacy/",
        ),
        *(f"/try/stock/{stock.slug}/?{look}", f"/try/photo/{photo.public_id}/?{look}", f"{result.get_absolute_url()}"),
        *(f"{reverse(name, args=['plaid', version])}?{wide}" for name in ("studio", "studio-print")),
        *(f"{reverse('mend-photo', args=[photo.public_id])}?{look}", "/studio/", "/account/login/", "/account/signup/"),
    ):
        answers = [owner.client.get(address, follow=True, headers={"Accept-Language": each}) for each in ("en", "de")]
        assert [answer.status_code for answer in answers] == [200, 200], address
        english, german = (bones(answer.content.decode()) for answer in answers)
        offences += [f"{address}: {a} is {b}" for a, b in zip_longest(english, german) if a != b]
    assert offences == []


# --- no word was forgotten ----------------------------------------------------------------------------------------------


class Spoken(HTMLParser):
    """Collects what a page says by itself: texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.said += [value for name, value in attrs if value and name in SPOKEN_ATTRIBUTES]
        if tag == "meta" and told.get("name") == "description":
            self.said.append(told.get("content") or "")
        if tag == "input" and told.get("type") in ("submit", "button"):
            self.said.append(told.get("value") or "")


def untranslated_words(source: str) -> Iterator[str]:
    """What a template says outside ``translate`` and ``blocktranslate``, and words that it hands to filters and includes."""
    rest, inside = [], False
    for token in Lexer(source).tokenize():
        word = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if token.token_type == TokenType.BLOCK and word in ("blocktranslate", "blocktrans"):
            inside = True
        elif token.token_type == TokenType.BLOCK and word in ("endblocktranslate", "endblocktrans"):
            inside = False
        elif inside or token.token_type == TokenType.COMMENT:
            continue
        elif token.token_type == TokenType.TEXT:
            rest.append(token.contents)
        elif token.token_type == TokenType.VAR or word in ("include", "with"):
            yield from re.findall(
                r"""\|(?:default|default_if_none|yesno|add):(["'](?=[^"']*[A-Z, ])[^"']*[A-Za-z]{2}[^"']*["'])""",
                token.contents,
            )
            yield from re.findall(r"""(?<![_(])=("[^"]*[A-Za-z]{2,} [^"]*")""", token.contents)
            if "|pluralize" in token.contents:
                yield token.contents
    spoken = Spoken()
    spoken.feed("".join(rest))
    spoken.close()
    for said in spoken.said:
        words = re.sub("|".join(map(re.escape, sorted(SAME_EVERYWHERE, key=len, reverse=True))), " ", said)
        if re.search(r"[^\W\d_]{2}", words):
            yield " ".join(said.split())


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Words</p>", ["Words"]),
        ('<p>{% translate "Words" %} · AI Fashion</p>', []),
        ("{% blocktranslate %}Words {{ here }}{% endblocktranslate %}", []),
        ('<img alt="A dress">', ["A dress"]),
        ('<img alt="{% translate \'A dress\' %}" class="wide">', []),
        ('{{ name|default:"Nobody" }}', ['"Nobody"']),
        ("{{ count|pluralize }}", ["count|pluralize"]),
        ('{% include "a.html" with name="Two words" %}', ['"Two words"']),
        ("<!-- words --><p>17 &times; 4 cm</p>", []),
    ],
)
def test_forgotten_words_are_seen(source, found):
    assert list(untranslated_words(source)) == found


def test_no_template_says_anything_untranslated():
    forgotten = [
        f"{path.relative_to(ROOT)}: {words[:80]}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for words in untranslated_words(path.read_text())
    ]
    assert forgotten == []


CALL = re.compile(r"""\b(?:gettext|_)\((u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")\)""")
ASKING = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
}


def messages_of_templates() -> Iterator[str]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        for found in CALL.finditer(templatize(path.read_text(), str(path))):
            yield ast.literal_eval(found[1])


def messages_of_code() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in ASKING
                    and node.args
                ):
                    words = node.args[1 if node.func.id.startswith(("pg", "npg")) else 0]
                    if isinstance(words, ast.Constant):
                        yield words.value


def test_every_message_is_in_the_catalogue():
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete}
    asked = {message for message in (*messages_of_templates(), *messages_of_code()) if message}
    assert sorted(asked - known) == [], "make messages takes them in"


def test_every_garment_of_the_house_can_be_named_in_another_language():
    described = [json.loads(path.read_text()) for path in (ROOT / "tryon/stock").glob("*/garment.json")]
    words = {about[key] for about in described for key in ("name", "blurb")}
    assert sorted(words - set(OF_THE_HOUSE)) == [], (
        "write them into tryon/words.py, then run make messages and translate"
    )


def placeholders(words: str) -> list[str]:
    """What must be in a translation as it is in the message: what is filled in, and tags with what they carry."""
    return sorted(re.findall(r"%\(\w+\)[sdf]|%[sd%]|\{[\w.!:]*\}|<[^>]*>", words))


def test_every_message_is_translated_and_keeps_what_is_filled_in():
    wrong = []
    for entry in polib.pofile(str(CATALOGUE)):
        translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.obsolete or entry.fuzzy or not all(translations):
            wrong.append(f"not translated: {entry.msgid}")
        elif entry.msgid_plural:
            allowed = {tuple(placeholders(words)) for words in (entry.msgid, entry.msgid_plural)}
            wrong += [f"{entry.msgid} -> {each}" for each in translations if tuple(placeholders(each)) not in allowed]
        elif placeholders(entry.msgid) != placeholders(entry.msgstr):
            wrong.append(f"{entry.msgid} -> {entry.msgstr}")
    assert wrong == []


def test_what_is_compiled_is_what_is_written():
    def entries(catalogue: polib.POFile | polib.MOFile) -> dict[tuple[str | None, str], object]:
        return {
            (entry.msgctxt, entry.msgid): entry.msgstr_plural or entry.msgstr
            for entry in catalogue
            if not entry.obsolete
        }

    assert entries(polib.mofile(str(CATALOGUE.with_suffix(".mo")))) == entries(polib.pofile(str(CATALOGUE)))
