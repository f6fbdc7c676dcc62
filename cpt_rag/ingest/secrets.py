"""Files that hold what nobody should find by searching: told by name, and by what is in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from cpt_rag.ingest.patterns import Rules

# Of a file's path the last two parts are looked at.
_NAMES = Rules(
    rb"""
.env
.env.*
!.env.example
!.env.sample
!.env.template
!.env.dist
*.pem
*.key
*.p12
*.pfx
*.jks
*.keystore
*.kdbx
*.ppk
*.agekey
*.ovpn
id_rsa
id_dsa
id_ecdsa
id_ed25519
id_ecdsa_sk
id_ed25519_sk
secring.*
.git-credentials
.htpasswd
.netrc
_netrc
.pypirc
.npmrc
.pgpass
.my.cnf
.s3cfg
.dockercfg
.vault-token
.docker/config.json
.kube/config
kubeconfig
*.kubeconfig
credentials
credentials.json
service-account*.json
secrets.yml
secrets.yaml
!templates/secrets.yml
!templates/secrets.yaml
terraform.tfvars
*.auto.tfvars
*.tfstate
*.tfstate.backup
"""
)
# A key in full, from its first line to its last: what has no end, or anything in it but the key
# (dots, an expression), shows how one looks. It may be written over the lines of a string.
_KEY_START = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = "-----END "
_KEY_REACH = 40_000
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=\s\\\"',#*]*")
_HEADER = re.compile(r"[A-Z][A-Za-z0-9-]*: [^\n\\]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}")
_KEY_CHARACTERS = 64
# Issuers mark their tokens so that they can be told; each mark with what follows it.
_TOKENS = {
    "ghp_": r"ghp_([A-Za-z0-9]{36})\b",
    "gho_": r"gho_([A-Za-z0-9]{36})\b",
    "ghu_": r"ghu_([A-Za-z0-9]{36})\b",
    "ghs_": r"ghs_([A-Za-z0-9]{36})\b",
    "ghr_": r"ghr_([A-Za-z0-9]{36})\b",
    "github_pat_": r"github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
    "glpat-": r"glpat-([A-Za-z0-9_-]{20})\b",
    "npm_": r"npm_([A-Za-z0-9]{36})\b",
    "pypi-AgEIcHlwaS5vcmc": r"pypi-AgEIcHlwaS5vcmc([A-Za-z0-9_-]{50,})",
    "sk_live_": r"sk_live_([A-Za-z0-9]{24,})\b",
    "xox": r"xox[abprs]-([0-9]{9,14}-[0-9]{9,14}-[A-Za-z0-9-]{24,})\b",
}
_TOKEN = {mark: re.compile(rf"(?<![A-Za-z0-9]){source}") for mark, source in _TOKENS.items()}
_AWS_ID = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)([A-Z2-7]{16})(?![A-Za-z0-9])")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
_AWS_REACH = 400
_PLACEHOLDER = re.compile(
    r"example|sample|dummy|fake|your|placeholder|token|secret|x{4}|0{4}|1234|abcd", re.IGNORECASE
)
_LEAST_DISTINCT = 14


def has_secret_name(path: str) -> bool:
    """Whether a file with this absolute path is one that programs keep secrets in."""
    parts = path.replace(os.sep, "/").rsplit("/", 2)[-2:]
    return _NAMES.verdict(os.fsencode("/".join(parts))) is True


def holds_secret(text: str) -> bool:
    """Whether a private key or an access token stands in ``text`` in full, and no placeholder."""
    if "PRIVATE KEY" in text and any(map(_is_key, _between_marks(text))):
        return True
    for mark, pattern in _TOKEN.items():
        if mark in text and any(_is_random(found[1]) for found in pattern.finditer(text)):
            return True
    return ("AKIA" in text or "ASIA" in text) and _holds_aws_keys(text)


def _between_marks(text: str) -> Iterator[str]:
    for found in _KEY_START.finditer(text):
        end = text.find(_KEY_END, found.end(), found.end() + _KEY_REACH)
        if end >= 0:
            yield text[found.end() : end]


def _is_key(body: str) -> bool:
    body = _HEADER.sub("", body)
    key = "".join(_BASE64.findall(body))
    return (
        _KEY_BODY.fullmatch(body) is not None
        and len(key) >= _KEY_CHARACTERS
        and len(set(key)) >= _LEAST_DISTINCT
        and "EXAMPLE" not in key
    )


def _is_random(token: str) -> bool:
    return len(set(token)) >= _LEAST_DISTINCT and not _PLACEHOLDER.search(token)


def _holds_aws_keys(text: str) -> bool:
    """An id is no secret; one with its secret close behind it is."""
    for found in _AWS_ID.finditer(text):
        if not _PLACEHOLDER.search(found[1]):
            near = text[found.end() : found.end() + _AWS_REACH]
            if any(_is_random(secret[1]) for secret in _AWS_SECRET.finditer(near)):
                return True
    return False
