"""What the look promises of every file: colours in one place, nothing inline, nothing from afar."""

import ast
import hashlib
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import get_template
from pytest_django.fixtures import Settings

from config.storage import StaticStorage

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
TOKENS = STATIC / "css" / "tokens.css"
PAGES = sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.jinja")])
SHEETS = sorted((STATIC / "css").rglob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
# Names of choices stand in migrations, a practice's name in the database; some labels are in frozen
# copies; commands and the demo speak to a terminal.
STRAIGHT = {"migrations", "models", "models.py", "management", "demo.py"}
COPIED = {"accounts/actions.py", "reflection/reading.py", "reflection/writings.py"}
SAID_IN = PAGES + sorted(
    path
    for app in ("accounts", "reflection", "supervision", "vault")
    for path in (ROOT / app).rglob("*.py")
    if STRAIGHT.isdisjoint(path.parts) and str(path.relative_to(ROOT)) not in COPIED
)
TOLD = re.compile(
    r"""(?:{% translate |\b_\()"([^"]*)"|{% blocktranslate[^%]*%}(.*?){% endblocktranslate""", re.S
)

# Words of CSS that name a colour. `transparent` and `currentcolor` take theirs from elsewhere.
NAMED = set(
    re.findall(
        r"\w+",
        """aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue
    blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson
    cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta
    darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray
    darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick
    floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey
    honeydew hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon
    lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink
    lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow
    lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple
    mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue
    mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid
    palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum
    powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen
    seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal
    thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen accentcolor activetext
    buttonborder buttonface buttontext canvas canvastext field fieldtext graytext highlight
    highlighttext linktext mark marktext visitedtext""",
    )
)
COLOUR_FUNCTION = re.compile(r"\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|light-dark)\(", re.I)
HEX = re.compile(r"#[0-9a-f]{3,8}\b", re.I)
# What a browser fetches for a style sheet, and for a script.
FETCHED = {
    ".css": re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)"),
    ".js": re.compile(r"\bfrom\s*[\"']([./][^\"']+)|\bimport\s*\(?\s*[\"']([./][^\"']+)"),
}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _declarations(path: Path) -> Iterator[str]:
    """Yield each declaration's value, without comments, strings, addresses and variables."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    text = re.sub(r"\"[^\"]*\"|'[^']*'|url\([^)]*\)|var\([^)]*\)", "", text)
    for value in re.findall(r"(?<=[{;\s])--?[\w-]+\s*:([^;{}]*)|[\w-]+\s*:([^;{}]*)(?=[;}])", text):
        yield "".join(value)


def _colours_in(value: str) -> list[str]:
    words = re.findall(r"(?<![\w-])[a-z]+(?![\w(-])", value.lower())
    return [
        *HEX.findall(value),
        *COLOUR_FUNCTION.findall(value),
        *(word for word in words if word in NAMED),
    ]


@pytest.mark.parametrize("value", ["1px solid #abc", "red", "oklch(50% 0 0)", "Canvas"])
def test_colours_are_recognised(value: str) -> None:
    assert _colours_in(value)


@pytest.mark.parametrize("path", [path for path in SHEETS if path != TOKENS], ids=_named)
def test_style_sheet_names_no_colour(path: Path) -> None:
    assert [found for value in _declarations(path) for found in _colours_in(value)] == []


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_template_names_no_colour(path: Path) -> None:
    text = path.read_text()
    painted = re.findall(r"\b(?:fill|stroke|stop-color|color|bgcolor)\s*=\s*[\"']([^\"']*)", text)
    assert [value for value in painted if _colours_in(value)] == []
    assert re.findall(r"[\"']#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})[\"']", text, re.I) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=_named)
def test_script_names_no_colour(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"[\"'`](?:#[0-9a-f]{3,8}|(?:rgb|hsl|oklch)a?\()", text, re.I) == []


@pytest.mark.parametrize("path", SHEETS, ids=_named)
def test_style_sheet_shouts_at_no_other(path: Path) -> None:
    assert "!important" not in path.read_text()


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_template_carries_nothing_inline(path: Path) -> None:
    text = re.sub(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}", "", path.read_text(), flags=re.S)
    assert re.findall(r"<[^>]*\sstyle\s*=", text) == []
    assert re.findall(r"<style\b", text, re.I) == []
    assert re.findall(r"<[^>]*\son[a-z]+\s*=\s*[\"']", text, re.I) == []
    assert re.findall(r"javascript:", text, re.I) == []
    scripts = re.findall(r"<script\b[^>]*>", text, re.I)
    assert [tag for tag in scripts if "src=" not in tag and "application/json" not in tag] == []


@pytest.mark.parametrize("path", [*PAGES, *SHEETS, *SCRIPTS], ids=_named)
def test_nothing_is_fetched_from_afar(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"<(?:script|img|iframe|source)\b[^>]*\ssrc=[\"'](?:https?:)?//", text) == []
    assert re.findall(r"<link\b[^>]*\shref=[\"'](?:https?:)?//", text) == []
    assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", text) == []
    assert re.findall(r"(?:fetch|import)\(\s*[\"'`](?:https?:)?//", text) == []
    assert "sourceMappingURL" not in text


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_template_compiles(path: Path) -> None:
    if path.suffix == ".jinja":
        get_template(path.name, using="jinja")
    else:
        get_template(str(path.relative_to(TEMPLATES)))


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_template_asks_only_for_static_files_that_exist(path: Path) -> None:
    wanted = re.findall(r"{%\s*static\s+[\"']([^\"']+)", path.read_text())
    assert [name for name in wanted if not finders.find(name)] == []


def test_collected_files_name_only_collected_files(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "config.storage.StaticStorage"}
    }
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["css", "js", "svg", "txt", "md", "ttf"]
    call_command("collectstatic", interactive=False, verbosity=0)
    served = set(StaticStorage(location=tmp_path).hashed_files.values())

    named = [
        (name, address)
        for name in served
        if (pattern := FETCHED.get(Path(name).suffix))
        for found in pattern.findall((tmp_path / name).read_text())
        for address in found
        if address and not address.startswith(("data:", "#"))
    ]

    assert named
    assert [
        (name, address)
        for name, address in named
        if posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) not in served
    ] == []


def told_by(path: Path) -> list[str]:
    """Return what the code of a file has translated."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        part.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in {"_", "gettext", "ngettext"}
        for part in call.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


@pytest.mark.parametrize("path", SAID_IN, ids=lambda path: str(path.relative_to(ROOT)))
def test_apostrophe_is_a_curly_one(path: Path) -> None:
    said = map("".join, TOLD.findall(path.read_text())) if path in PAGES else told_by(path)
    assert [words for words in said if re.search(r"[A-Za-z]'", words)] == []


def test_every_template_passes_djlint() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "djlint", "--quiet", "--lint", str(TEMPLATES)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_used_is_a_token() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", TOKENS.read_text()))
    used = {name for path in SHEETS for name in re.findall(r"var\((--[\w-]+)", path.read_text())}
    assert used - defined == set()


def test_text_on_screen_is_sized_in_rem_or_em() -> None:
    sizes = [
        (_named(path), size)
        for path in SHEETS
        for size in re.findall(r"font(?:-size)?:[^;]*?\b[\d.]+px\b[^;]*;", path.read_text())
    ]
    assert sizes == []


def _fonts() -> dict[str, str]:
    """Return each font file's checksum as SOURCES.md has it."""
    text = (STATIC / "fonts" / "SOURCES.md").read_text()
    return dict(re.findall(r"\| `([\w.-]+\.woff2)` .*`([0-9a-f]{64})` \|", text))


def test_fonts_are_the_ones_their_sources_name() -> None:
    files = {path.name: path.read_bytes() for path in (STATIC / "fonts").glob("*.woff2")}
    found = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert found == _fonts()


def test_fonts_come_with_their_licence() -> None:
    for name in ("OFL-Literata.txt", "OFL-Source-Sans-3.txt"):
        assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / name).read_text().upper()


# ---- contrast ----

Palette = dict[str, str]


def _palette(which: int) -> Palette:
    """Return the colours of the light (0) or the dark (1) scheme."""
    text = TOKENS.read_text().split("@media")[0]
    pairs = re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)", text)
    return {name: values[which] for name, *values in pairs}


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _every(names: str, grounds: str) -> list[tuple[str, str]]:
    return [(name, ground) for name in names.split() for ground in grounds.split()]


GROUNDS = "paper paper-lift paper-sunk teal-wash clay-wash gold-wash"
TEXT = [
    *_every("ink ink-soft teal teal-deep clay clay-deep gold", GROUNDS),
    ("on-teal", "teal"),
    ("on-teal", "teal-deep"),
    ("on-clay", "clay"),
    ("on-clay", "clay-deep"),
]


def test_contrast_of_black_on_white_is_twenty_one() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT, ids=lambda name: name)
def test_text_can_be_read_on_its_ground(text: str, ground: str, scheme: int) -> None:
    colours = _palette(scheme)
    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), _every("edge teal clay", GROUNDS), ids=lambda n: n)
def test_edge_of_a_control_can_be_seen(edge: str, ground: str, scheme: int) -> None:
    colours = _palette(scheme)
    assert _contrast(colours[edge], colours[ground]) >= 3
