"""What each language's grammar row achieves: kinds and qualified names, in order of the source.

The sources are in ``samples/``; each has definitions with comments, decorators or attributes, a
container too large for one chunk, and the forms whose names are hard to find.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cpt_rag.chunking import chunk_source
from cpt_rag.chunking.languages import GRAMMARS

SAMPLES = Path(__file__).parent / "samples"

# One line for each chunk: its kind and its symbol, "-" where it has none.
EXPECTED = {
    "bash": """
code -
function deposit
function transfer
code -
""",
    "c": """
code -
macro CLAMP
struct account
struct transfer_t
enum state
code -
function deposit
function audit
function handler_for
""",
    "c_sharp": """
code -
module Bank.Core
class Bank.Core.Account
method Bank.Core.Account.Account
method Bank.Core.Account.Deposit
method Bank.Core.Account.operator+
method Bank.Core.Account.this
interface Bank.Core.IHolder
class Bank.Core.Transfer
""",
    "cpp": """
code -
module bank.core
class bank.core.Account
method bank.core.Account.deposit
method bank.core.Account.operator==
method bank.core.Account.operator bool
method bank.core.Account.~Account
code bank.core.Account
method bank.core.Account.owner
method bank.core.Ledger.Ledger
function helper
function entry_point
enum State
function square
""",
    "elixir": """
module Bank.Account
function Bank.Account.deposit
function Bank.Account.audit
macro Bank.Account.cents
module Bank.Account.Error
interface Holder
impl Holder.Bank.Account
""",
    "go": """
code -
struct Account
method Account.Deposit
method Account.String
interface Holder
function Transfer
""",
    "haskell": """
code -
type Account
function deposit
class Holder
method Holder.hold
method Holder.release
impl Holder.Account
function <+>
function total
""",
    "java": """
code -
class Account
method Account.Account
method Account.deposit
enum Account.State
interface Account.Listener
class Transfer
""",
    "javascript": """
code -
function unlock
function close
class Door
method Door.constructor
method Door.open
method Door.knock
function slam
function Door.paint
function hinges
""",
    "kotlin": """
code -
class Account
method Account.constructor
method Account.deposit
object Account.Companion
interface Holder
enum State
object Registry
method Registry.find
code Registry
function String.toAccount
function List.total
""",
    "lua": """
code -
method Account.deposit
function Account.open
function Account.close
function audit
function total
code -
""",
    "php": """
code -
class Account
method Account.__construct
method Account.deposit
interface Holder
trait Audited
enum State
function transfer
""",
    "python": """
code -
class Account
method Account.__init__
method Account.is_overdrawn
code Account
method Account.fetch
class Empty
function transfer
function transfer_now
code -
""",
    "ruby": """
code -
module Bank.Core
class Bank.Core.Account
method Bank.Core.Account.initialize
method Bank.Core.Account.deposit!
method Bank.Core.Account.open
method Bank.Core.Account.close
method Bank.Core.Account.audit
class Point
function transfer
""",
    "rust": """
code -
struct Account
impl Account
method Account.deposit
method Account.owner
impl Account
method Account.fmt
code Account
trait Holder
enum State
module audit
function audit.record
function audit.replay
macro cents
function main
""",
    "scala": """
code -
class Account
method Account.deposit
method Account.close
object Account
method Account.empty
method Account.parse
class Account.Builder
trait Holder
enum State
impl String
function transfer
""",
    "swift": """
code -
class Account
method Account.init
method Account.deposit
method Account.empty
method Account.summary
method Account.deinit
struct Point
enum State
interface Holder
impl String
method String.toAccount
method String.toHolder
method String.isOwner
function transfer
""",
    "tsx": """
code -
function Greeting
function Page
""",
    "typescript": """
code -
interface Lock
type Opener
enum Colour
class Door
method Door.constructor
method Door.open
method Door.paint
module House.Doors
function House.Doors.front
function House.Doors.back
code House.Doors
function knock
""",
    "zig": """
code -
struct Account
method Account.deposit
method Account.isOverdrawn
enum State
function transfer
function test money moves
""",
}


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_definitions_have_their_kinds_and_qualified_names(language: str) -> None:
    source = (SAMPLES / f"{language}.sample").read_text(encoding="utf-8")
    chunks = chunk_source(
        source, "sample", count_tokens=lambda t: len(t) // 2, max_tokens=240, language=language
    )
    found = [f"{chunk.kind} {chunk.symbol or '-'}" for chunk in chunks]
    assert found == EXPECTED[language].split("\n")[1:-1]
    assert "".join(chunk.text for chunk in chunks) == source
    assert {chunk.language for chunk in chunks} == {language}


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_a_comment_above_a_definition_belongs_to_it(language: str) -> None:
    source = (SAMPLES / f"{language}.sample").read_text(encoding="utf-8")
    chunks = chunk_source(
        source, "sample", count_tokens=lambda t: len(t) // 2, max_tokens=240, language=language
    )
    remarks = ("Money that belongs", "Puts money in.", "Swings on", "Opens a door", "looks at this")
    for chunk in chunks:
        for remark in remarks:
            last_line = chunk.text.rstrip().splitlines()[-1]
            assert remark not in last_line
