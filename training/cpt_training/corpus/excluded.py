"""What no shipped or compared model may be trained on, because it is measured on it.

A manifest that names one of these is refused; ``paths`` keeps their copies out of other packages.
"""

from __future__ import annotations

import re
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
        typer fastapi-cli
        spf13 gin-gonic go-chi jshttp pillarjs expressjs koajs reduxjs rackup encode
        rust-anyhow rust-async-trait rust-bytes rust-dtoa rust-erased-serde rust-h2 rust-http
        rust-http-body rust-indoc rust-inventory rust-itoa rust-loom rust-mio rust-paste
        rust-proc-macro2 rust-prost rust-quote rust-ryu rust-semver rust-sharded-slab rust-slab
        rust-thiserror rust-tonic rust-tracing rust-trybuild rust-typetag rust-unsafe-libyaml
        spdlog google-gson""",
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
_PREFIXES = """axum chi cobra express gin guzzle guzzlehttp hyper koa monolog rack redux serde
    sinatra tokio tower tracing uv zod"""
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
        **{f"{name}-": _REPO_SEARCH for name in _PREFIXES.split()},
    }
)
# How Debian dresses the names of other ecosystems' packages.
_PREFIX = re.compile(
    r"^(?:golang-(?:github|gopkg|gitlab|golang|google|go)-"
    r"|(?:golang|(?:lib)?rust|ruby|php|node|python|haskell|lua|erlang|elixir)-|lib)"
)
_SUFFIX = re.compile(r"(?:-java|-dev|-cpp|\.?js)?[\d.]*$")


def normal_name(name: str) -> str:
    """A package's name as the index compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def reason_excluded(name: str) -> str | None:
    """Why a package, a folder or a module of this name is left out, or None."""
    normal = normal_name(name).strip("-")
    if normal in EXCLUDED:
        return EXCLUDED[normal]
    return next((why for start, why in _FAMILIES.items() if normal.startswith(start)), None)


def reason_package_excluded(name: str) -> str | None:
    """Why a package is left out, by its name in any package manager, or None.

    Looks through npm's scopes, Debian's prefixes and suffixes, and the owner in a Go path.
    """
    names = {name, *name.lstrip("@").split("/")}
    for one in tuple(names):
        bare = _PREFIX.sub("", one)
        owner, _, rest = bare.partition("-")
        names |= {bare, owner, rest} if one.startswith("golang-") else {bare}
        names.add(one.removeprefix("lib").removesuffix("-dev"))
    names |= {_SUFFIX.sub("", one) for one in names}
    found = (reason_excluded(one) for one in sorted(names) if one)
    return next((reason for reason in found if reason), None)
