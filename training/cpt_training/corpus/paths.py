"""Which files of a package are passed over: by where they lie, and by what they say of themselves.

Vendored copies and thin wrappers of excluded projects stay out, whichever package carries them.
"""

from __future__ import annotations

import re
import sys

from cpt_training.corpus.excluded import reason_excluded

_VENDORED = """vendor _vendor vendored _vendored vendors third_party thirdparty third-party
    _third_party 3rdparty extern externals external _external _distutils"""
VENDORED_FOLDERS = frozenset(_VENDORED.split())
# Deep inside a package many excluded names are ordinary words (orm, plug); these are not.
_UNMISTAKABLE = """requests flask click werkzeug jinja2 httpx starlette uvicorn model2vec django
    astropy pylint pytest sphinx sympy xarray numpy pandas modin scipy sklearn matplotlib seaborn
    tensorflow keras torch torchvision pygame distutils lib2to3 typeshed"""
_TELLING = frozenset(_UNMISTAKABLE.split())
_UNWANTED = """site-packages node_modules bower_components testdata test-data test_data fixtures
    __fixtures__ snapshots __snapshots__ locale locales i18n umd min minified debian"""
# Folders of these names hold data, translations, leftovers of a build or second copies.
UNWANTED_FOLDERS = frozenset(_UNWANTED.split())
_TESTS = """tests test testing _tests spec specs __tests__ unittests unittest test-suite
    testsuite"""
_TEST_FOLDERS = frozenset(_TESTS.split())
_TEST_FILE = re.compile(
    r"^(?:test_.*|conftest|.*_(?:test|spec)|.*[.-](?:test|spec))\.\w+$|(?:Test|Tests|TestCase|Spec)\.\w+$"
    r"|^Test[A-Z].*\.java$"
)
_COPIED = re.compile(
    r"JSON for Modern C\+\+|Formatting library for C\+\+|libuv project contributors"
    r"|Joyent, Inc\. and other Node contributors|Copyright Google Inc\.? Gson"
    r"|Copyright \(c\) \d{4}(?:-\d{4})?,? (?:by )?(?:the )?"
    r"(?:Kenneth Reitz|Armin Ronacher|Pallets|Encode OSS)"
    r"|(?:NumPy|SciPy|scikit-learn) developers|(?:Python|Django) Software Foundation",
    re.IGNORECASE,
)


def reason_path_excluded(path: str, source: str) -> str | None:
    """Why a file inside a package of this source is left out, or None."""
    *folders, file = path.split("/")
    stem = file.rsplit(".", 1)[0]
    lowered = [folder.lower() for folder in folders]
    if not VENDORED_FOLDERS.isdisjoint(lowered):
        return "vendored"
    if not UNWANTED_FOLDERS.isdisjoint(lowered) or ".min." in file:
        return "data or leftovers"
    if not _TELLING.isdisjoint((*lowered, stem.lower())):
        return "excluded project"
    if source == "wheel":
        top = folders[0] if folders else stem
        if reason_excluded(top):
            return "excluded project"
        # A package that installs a name of the standard library carries a copy of it.
        if top in sys.stdlib_module_names:
            return "standard library"
    return None


def is_test(path: str) -> bool:
    """Whether a file tests its package, by the customs of its language."""
    *folders, file = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folder.lower() for folder in folders) or bool(
        _TEST_FILE.search(file)
    )


def is_copy(text: str) -> bool:
    """Whether a file says of itself that it is from an excluded project, wherever it lies."""
    return _COPIED.search(text, 0, 3000) is not None
