"""Secrets: what is one in full stays out, what shows how one looks stays in.

Every key and token here is made up as the test runs.
"""

from __future__ import annotations

import base64
import random
import string

import pytest

from cpt_rag.ingest.read import decode
from cpt_rag.ingest.reasons import Reason, UnusableFileError
from cpt_rag.ingest.secrets import has_secret_name, holds_secret

RANDOM = random.Random(7)
KEY = base64.b64encode(RANDOM.randbytes(600)).decode()
LINES = "\n".join(KEY[i : i + 64] for i in range(0, len(KEY), 64))
BEGIN, END = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"


def token(length: int, characters: str = string.ascii_letters + string.digits) -> str:
    return "".join(RANDOM.choices(characters, k=length))


AWS_ID = "AKIA" + token(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
AWS_SECRET = "aws_" + "secret_access_key"


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".env.local", "a/tls.key", "id_ed25519_sk", "vpn/home.ovpn", "kubeconfig"),
        *(".aws/credentials", ".docker/config.json", ".kube/config", "terraform.tfvars"),
        *("infra/terraform.tfstate", ".vault-token", "config/secrets.yml", "secrets.yaml"),
    ],
)
def test_files_that_programs_keep_secrets_in_are_known_by_name(path: str) -> None:
    assert has_secret_name(f"/home/ada/{path}")


@pytest.mark.parametrize(
    "path",
    [
        *(".env.example", ".env.dist", "id_map.py", "secrets.py", "keys.py", "config.json"),
        *("chart/templates/secrets.yaml", "variables.tf", "config", "docs/credentials.md"),
    ],
)
def test_other_files_are_not(path: str) -> None:
    assert not has_secret_name(f"/home/ada/{path}")


@pytest.mark.parametrize(
    "text",
    [
        f"{BEGIN}\n{LINES}\n{END}\n",
        f"{BEGIN}\r\n{LINES}\r\n{END}".replace("RSA ", ""),
        f"{BEGIN}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n{LINES}\n{END}",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{LINES}\n=aB3d\n"
        "-----END PGP PRIVATE KEY BLOCK-----",
        f"-----BEGIN PRIVATE KEY-----\n{KEY[:64]}\n-----END PRIVATE KEY-----",
        'key = "' + f"{BEGIN}\n{LINES}\n{END}".replace("\n", "\\n") + '"',
        f"  key: |\n    {BEGIN}\n    {LINES}\n    {END}".replace("\n", "\n    "),
        f"token = '{'ghp'}_{token(36)}'",
        f"{'glpat'}-{token(20)}",
        f"{'xoxb'}-{token(12, string.digits)}-{token(12, string.digits)}-{token(24)}",
        f"{'sk'}_live_{token(32)}",
        f"aws_access_key_id = {AWS_ID}\n{AWS_SECRET} = {token(40)}\n",
    ],
)
def test_a_key_or_token_in_full_is_a_secret(text: str) -> None:
    assert holds_secret(f"# settings\n{text}\n")
    with pytest.raises(UnusableFileError) as caught:
        decode(text.encode("utf-16"))
    assert caught.value.reason is Reason.SECRET


@pytest.mark.parametrize(
    "text",
    [
        f"{BEGIN}\n...\n{END}",
        f"{BEGIN}\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n{END}",
        f"{BEGIN}\n{KEY[:128]}\n...\n{KEY[128:192]}\n{END}",
        f"{BEGIN}\n{'A' * 640}\n{END}",
        f"{BEGIN}\n{KEY[:100]}EXAMPLE{KEY[100:]}\n{END}",
        f"{BEGIN}\n{LINES}",
        f'text = "{BEGIN}\\n" + base64EncodedPrivateKeyBody(of_this, key.toByteArrayForWriting())'
        f' + wrapAfterSixtyFourCharacters + "{END}"',
        f"if line.startswith('{BEGIN}'):\n    body = []\nelif line == '{END}':\n    return body",
        f"-----BEGIN PUBLIC KEY-----\n{LINES}\n-----END PUBLIC KEY-----",
        f"-----BEGIN CERTIFICATE-----\n{LINES}\n-----END CERTIFICATE-----",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_" + string.ascii_letters[:36],
        "ghp_[A-Za-z0-9]{36}",
        "xoxb-your-token",
        "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        f"the id {AWS_ID} alone",
        f"sha1 {'0123456789abcdef' * 2}01234567",
    ],
)
def test_a_placeholder_is_not(text: str) -> None:
    assert not holds_secret(f"How it looks:\n{text}\n")
