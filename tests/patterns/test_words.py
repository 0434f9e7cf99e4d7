"""Sentences made where no reader is known: all of them are listed, and a reader is told them in their language."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from ml.textiles.attributes import WORDS
from ml.textiles.colourways import COLOURWAYS
from patterns import words
from patterns.sentences import SENTENCES
from patterns.words import direction_label, in_digits, told

ROOT = Path(__file__).resolve().parents[2]
REACHED = (  # modules of ml/ whose sentences a page or a job shows; the others are commands, or refuse what our own code never does
    "bundle",
    "checkpoints",
    "compositing/cloth_map",
    "compositing/live",
    "compositing/placement",
    "compositing/scale",
    "garments/mend",
    "garments/segment",
    "textiles/appraise",
    "textiles/chunks",
    "textiles/data",
    "textiles/directions",
    "textiles/generate",
    "textiles/guess",
    "textiles/invert",
    "textiles/latents",
    "textiles/morph",
    "textiles/palette",
    "textiles/press",
    "textiles/recipe",
    "textiles/recipe_file",
    "textiles/separations",
    "textiles/swatch",
)
KEPT = (  # modules of patterns/ whose sentences are kept in rows, or raised for a page and a worker alike
    "jobs/engine",
    "swatches/fetch",
    "swatches/index",
    "swatches/jobs",
    "swatches/queries",
    "swatches/services",
    "swatches/sources",
    "swatches/taking_in",
    "training/pictures",
    "training/work",
    "uploads",
)
SAID = re.compile(r".*Error|JobFailed")
MODULES = [ROOT / "ml" / f"{name}.py" for name in REACHED] + [ROOT / "patterns" / f"{name}.py" for name in KEPT]
EXAMPLE = "7"
FOR_PROGRAMMERS = {"ValueError", "TypeError", "KeyError", "ConnectionError", "TimeoutError", "AssertionError"}


def text_of(node: ast.expr, module: str) -> str:
    """A string of the code with an example in each place; constants of the module as they are."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part, module) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, module)
    if isinstance(node, ast.Name):
        known = getattr(importlib.import_module(module), node.id, EXAMPLE)
        return known if isinstance(known, str) else EXAMPLE
    return EXAMPLE


def sentences_raised(path: Path) -> Iterator[tuple[int, str]]:
    module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        if SAID.fullmatch(node.func.id) and node.func.id not in FOR_PROGRAMMERS and says_it_itself(node.args[0]):
            yield node.lineno, text_of(node.args[0], module)


def says_it_itself(node: ast.expr) -> bool:
    """Not ``str(error)`` or ``_too_deep()``: those sentences are told elsewhere."""
    return isinstance(node, ast.Constant | ast.JoinedStr | ast.Name)


def is_listed(text: str) -> bool:
    def known(sentence: str) -> bool:
        return sentence in SENTENCES or any(pattern.fullmatch(sentence) for pattern, _ in words._patterns())

    return known(text) or all(known(part) for part in words._BETWEEN.split(text))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_raised_is_listed(path):
    missing = [f"{path.name}:{line}: {text}" for line, text in sentences_raised(path) if not is_listed(text)]
    assert missing == []


def test_every_listed_sentence_is_still_said():
    code = "".join(re.sub(r'"\s*f?"', "", path.read_text()) for path in [*(ROOT / "ml").rglob("*.py"), *SAYERS])
    gone = [
        sentence
        for sentence in SENTENCES
        if not all(part in code for part in (p.strip(" ().") for p in words._PLACE.split(sentence)[::2]))
    ]
    assert gone == []


SAYERS = [path for room in ("patterns", "tryon") for path in (ROOT / room).rglob("*.py") if path.name != "sentences.py"]


def test_measured_words_and_colourways_are_listed():
    said = {*WORDS, *(word for pair in WORDS.values() for word in pair), *COLOURWAYS}
    assert said - SENTENCES == set()


@pytest.fixture
def german(monkeypatch):
    known = {
        "Step %(step)s of %(steps)s": "Schritt %(step)s von %(steps)s",
        "This file is empty.": "Diese Datei ist leer.",
        "Choose a JPEG, PNG, WebP or HEIC photo.": "Wähle ein Foto.",
        "The %(name)s must be a number from %(least)s to %(most)s.": "„%(name)s“ muss von %(least)s bis %(most)s gehen.",
        "seed": "Startwert",
        "bolder": "kräftiger",
        "busier": "dichter",
    }
    monkeypatch.setattr(words, "gettext", lambda text: known.get(text, text))
    with override("de"):
        yield


def test_a_sentence_is_told_with_its_values(german):
    assert told("Step 1,200 of 3,000") == "Schritt 1.200 von 3.000"


def test_words_and_numbers_inside_are_told_too(german):
    assert told("The seed must be a number from 0.5 to 3.") == "„Startwert“ muss von 0,5 bis 3 gehen."


def test_two_sentences_are_told_one_by_one(german):
    assert (
        told("This file is empty. Choose a JPEG, PNG, WebP or HEIC photo.") == "Diese Datei ist leer. Wähle ein Foto."
    )


def test_what_is_not_listed_stays_as_it_is(german):
    assert told("roses-2.zip") == "roses-2.zip"


def test_in_english_nothing_changes():
    assert told("Step 1,200 of 3,000") == "Step 1,200 of 3,000"


def test_a_slider_is_named_word_by_word(german):
    assert direction_label("Bolder, busier 2") == "Kräftiger, dichter 2"


def test_a_slider_that_staff_named_keeps_its_name(german):
    assert direction_label("Rüschen und Falten") == "Rüschen und Falten"


def test_numbers_are_grouped_as_the_reader_groups_them():
    with override("de"):
        assert in_digits(3000) == "3.000"
    with override("en"):
        assert in_digits(3000) == "3,000"
