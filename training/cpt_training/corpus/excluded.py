"""What no shipped or compared model may be trained on, because it is measured on it.

A manifest that names one of these is refused, and folders or files of one of these names inside
any other package are passed over, so that vendored copies and thin wrappers stay out too.
"""

from __future__ import annotations

import re
import sys
from types import MappingProxyType

_REPO_SEARCH = "a repository of the repo-search benchmark, or of the same authors"
_SWE_BENCH = "a repository of SWE-bench, or of the same authors"
_LIBRARY_DOCS = "a library whose documentation is searched in the evaluation, or its kin"

_NAMES = {
    _REPO_SEARCH: """
        requests requests-toolbelt requests-oauthlib requests-html flask quart click werkzeug
        jinja2 jinja markupsafe itsdangerous blinker flask-sqlalchemy pallets
        model2vec semble semhash vicinity tokenlearn potion reach
        httpx httpcore h11 starlette uvicorn databases orm djangorestframework rest-framework
        httpx2 httpcore2
        chi gin cobra viper pflag express koa zod redux redux-toolkit reselect axios rack sinatra
        gson libuv fmtlib fmt nlohmann-json axum tokio hyper tower serde serde-json syn alamofire
        ecto plug phoenix phoenix-live-view monolog guzzle guzzlehttp xmonad lazy-nvim
        telescope-nvim plenary-nvim zig-clap bats-core bash-it dapper circe
        typer fastapi-cli""",
    _SWE_BENCH: """
        astropy astroquery photutils sunpy django pylint astroid pyflakes pycodestyle flake8
        pytest pluggy iniconfig tox sphinx docutils sympy mpmath xarray datatree psf""",
    _LIBRARY_DOCS: """
        numpy numpydoc pandas pandas-stubs geopandas modin scipy scikit-learn sklearn scikit-image
        skimage sktime imbalanced-learn imblearn scikit-base scikit-bio nilearn joblib
        matplotlib mpl-toolkits pylab seaborn plotnine
        tensorflow keras tf-keras tensorboard jax jaxlib
        torch torchvision torchaudio torchtext torchdata torchmetrics torchrec torchx functorch
        executorch captum botorch ignite pytorch-ignite pygame pygame-ce
        cpython distutils lib2to3 idlelib stdlib typeshed""",
}
EXCLUDED = MappingProxyType(
    {name: reason for reason, names in _NAMES.items() for name in names.split()}
)
_FAMILIES = MappingProxyType(
    {
        "pytest-": _SWE_BENCH,
        "sphinx": _SWE_BENCH,
        "django-": _SWE_BENCH,
        "flask-": _REPO_SEARCH,
        "tensorflow-": _LIBRARY_DOCS,
        "keras-": _LIBRARY_DOCS,
        "numpy-": _LIBRARY_DOCS,
        "pandas-": _LIBRARY_DOCS,
        "types-": "stubs of other packages",
    }
)
_VENDORED = """vendor _vendor vendored _vendored vendors third_party thirdparty third-party
    _third_party 3rdparty extern externals external _external _distutils"""
VENDORED_FOLDERS = frozenset(_VENDORED.split())
# Deep inside a package many excluded names are ordinary words (orm, plug); these are not.
_UNMISTAKABLE = """requests flask click werkzeug jinja2 httpx starlette uvicorn model2vec django
    astropy pylint pytest sphinx sympy xarray numpy pandas modin scipy sklearn matplotlib seaborn
    tensorflow keras torch torchvision pygame distutils lib2to3 typeshed"""
_TELLING = frozenset(_UNMISTAKABLE.split())
# Folders of these names hold tests or build leftovers, not implementations.
UNWANTED_FOLDERS = frozenset(
    {"tests", "test", "testing", "_tests", "site-packages", "node_modules"}
)


def normal_name(name: str) -> str:
    """A package's name as the index compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def reason_excluded(name: str) -> str | None:
    """Why a package, a folder or a module of this name is left out, or None."""
    normal = normal_name(name).strip("-")
    if normal in EXCLUDED:
        return EXCLUDED[normal]
    return next((why for start, why in _FAMILIES.items() if normal.startswith(start)), None)


def reason_path_excluded(path: str) -> str | None:
    """Why a file inside a package is left out, or None."""
    *folders, file = path.split("/")
    stem = file.rsplit(".", 1)[0]
    if any(folder.lower() in VENDORED_FOLDERS for folder in folders):
        return "vendored"
    if any(folder.lower() in UNWANTED_FOLDERS for folder in folders):
        return "tests"
    if stem.startswith("test_") or stem.endswith("_test") or stem == "conftest":
        return "tests"
    top = folders[0] if folders else stem
    if reason_excluded(top) or not _TELLING.isdisjoint((*folders, stem)):
        return "excluded project"
    # A package that installs a name of the standard library carries a copy of it.
    if top in sys.stdlib_module_names:
        return "standard library"
    return None
