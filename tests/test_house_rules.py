"""The doors between the rooms, read from our own imports. See docs/architecture.md."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {  # who may import whom
    "ml": {"ml"},
    "patterns": {"patterns", "ml"},
    "tryon": {"tryon", "patterns", "ml"},
    "aifashion": {"aifashion", "tryon", "patterns", "ml"},
}
WEB_ROOMS = ("patterns", "tryon", "aifashion")
HEAVY = {"torch", "torchvision", "segmentation_models_pytorch", "albumentations", "timm", "skimage", "openvino"}
PRIVATE_WORDS = re.compile(
    r"/work/|/tmp/|\bregistry\.|\bpypi\.org\b|files\.pythonhosted|\bhelper-\d|\bsubagent", re.IGNORECASE
)


def sources(room: str) -> list[Path]:
    return [path for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> list[tuple[int, str, bool]]:
    """(line, module, at the top of the file) of every import."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module, id(node) in top))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_never_turn_back(room):
    offenders = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(room)
        for line, module, _ in imports(path)
        if module.split(".")[0] in ROOMS.keys() - ROOMS[room]
    ]
    assert offenders == []


def test_ml_never_imports_django():
    offenders = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources("ml")
        for line, module, _ in imports(path)
        if module.split(".")[0] == "django"
    ]
    assert offenders == []


@pytest.mark.parametrize("room", WEB_ROOMS)
def test_the_site_names_no_training_library(room):
    offenders = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(room)
        for line, module, _ in imports(path)
        if module.split(".")[0] in HEAVY
    ]
    assert offenders == []


def test_private_names_stay_in_their_room():
    offenders = []
    for room in ROOMS:
        for path in sources(room):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ROOMS:
                    private = [alias.name for alias in node.names if alias.name.startswith("_")]
                    if private and node.module.split(".")[0] != room:
                        offenders.append(f"{path.relative_to(ROOT)}:{node.lineno} takes {private}")
    assert offenders == []


def test_the_project_speaks_of_itself_alone():
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    offenders = []
    for name in filter(None, files.split("\0")):
        path = ROOT / name
        if path == Path(__file__) or path.suffix not in {
            ".py",
            ".md",
            ".html",
            ".css",
            ".js",
            ".toml",
            ".txt",
            ".yml",
            ".json",
            "",
        }:
            continue
        if path.is_file() and "vendor" not in path.parts:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if PRIVATE_WORDS.search(line):
                    offenders.append(f"{name}:{number}: {line.strip()[:80]}")
    assert offenders == []


def test_pages_have_no_inline_code_and_no_foreign_address():
    offenders = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text()
        if re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text):
            offenders.append(f"{path.relative_to(ROOT)}: inline code")
        if re.search(r"""(src|href)=["'](https?:)?//""", text):
            offenders.append(f"{path.relative_to(ROOT)}: foreign address")
    assert offenders == []


PHYSICAL = re.compile(
    r"(?<![-\w])(?:left|right|(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)"
    r"|border-(?:top|bottom)-(?:left|right)-radius)(?:-\w+)*\s*:|(?:text-align|float|clear):\s*(?:left|right)|:[^;{}]*\b(?:left|right)\b"
)
FOUR_SIDES = re.compile(r"(?<![-\w])(?:margin|padding|inset|border-width):\s*([^;{}]+)")


def four_sides(words: str) -> list[str]:
    """The values of a shorthand; what stands in brackets is one of them."""
    return re.findall(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+", words)


def test_styles_name_no_left_and_no_right():
    """They say where a line begins and ends, so that a page can be read from the right. Pictures keep their sides: ``direction: ltr``."""
    offenders = []
    for path in sorted((ROOT / "static/css").rglob("*.css")):
        text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), path.read_text(), flags=re.DOTALL)
        uneven = [
            found
            for found in FOUR_SIDES.finditer(text)
            if len(sides := four_sides(found[1])) == 4 and sides[1] != sides[3]
        ]
        for found in (*PHYSICAL.finditer(text), *uneven):
            offenders.append(
                f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}: {found[0].strip()}"
            )
    assert offenders == []


def test_the_web_code_runs_without_torch():
    """Everything the site imports, the drawing of a fabric and the finding of garments included, with torch forbidden."""
    program = """
import sys
for name in ("torch", "torchvision", "segmentation_models_pytorch", "albumentations", "timm", "skimage", "openvino", "onnx"):
    sys.modules[name] = None
import django
django.setup()
import aifashion.urls, aifashion.wsgi
import numpy as np
from ml.compositing.drape import drape
from ml.compositing.placement import Placement
from ml.garments.segment import load_segmenter
from ml.textiles.generate import load_generator
from ml.textiles.recipe import Recipe
tile = load_generator("plaid").draw(Recipe(1), 128)
photo = np.full((160, 120, 3), 128, np.uint8)
load_segmenter().segment(photo)
alpha = np.zeros((160, 120), np.float32); alpha[40:90, 30:80] = 1
drape(photo, tile, alpha, Placement(), 4.0)
print("ran")
"""
    environment = {"DJANGO_SETTINGS_MODULE": "aifashion.settings", "PATH": "", "AIFASHION_ENV": "development"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip().endswith("ran"), done.stderr
