"""Kill ingestions at random instants: does the next one come out as if nothing had been?

    python tests/benchmarks/integrity/kill.py [--rounds N] [--seed N] [--files N]

Two folders of this repository's own files change as people change them: files are added, edited,
renamed and removed. In between, ``cpt-rag ingest`` of both, ``cpt-rag delete`` and a script that
optimises are killed with SIGKILL, by turns in each phase, with and without worker processes; with
them, by turns the whole process group, or only the parent, whose workers must then end by
themselves. Now and then one ingestion is left in peace. Then ``export`` must equal, bit for bit,
that of a fresh store of the same folders, and ``verify`` must be clean.

Only rounds in which a live process was killed are counted. Prints where they were hit, and exits
with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":  # the folder of this file is no place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[3])

import cpt_rag
from cpt_rag.errors import CptRagError
from cpt_rag.integrity import verify
from cpt_rag.qdrant import open_store
from tests.benchmarks.integrity.hunt import AIMED_AT, Hunter
from tests.benchmarks.integrity.observed import COLLECTION, exported
from tests.benchmarks.integrity.trees import Editor, plant

ROOTS = ("library", "application")
CLONE = "clone"
QUIET_EVERY = 8
DELETE_EVERY, OPTIMISE_EVERY = 11, 7


@dataclass(slots=True)
class Trial:
    """One series of rounds on one store.

    ``hits`` counts kills by command and phase, ``missed`` the runs that ended before theirs.
    """

    place: Path
    seed: int
    files: int
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: int = 0
    quiet: int = 0
    differences: list[str] = field(default_factory=list)

    def run(self, rounds: int) -> None:
        """Go on until so many processes were killed, or a difference is found."""
        for number, root in enumerate(self._roots()):
            plant(root, self.files // len(ROOTS), self.seed + number)
        numbers = random.Random(self.seed)
        hunter = Hunter(self.place, numbers)
        editors = [Editor(root, self.files // len(ROOTS), numbers) for root in self._roots()]
        turn = 0
        while self.hits.total() < rounds and not self.differences:
            self._round(hunter, turn)
            for editor in editors:
                editor.edit(numbers.randrange(1, self.files // 20 + 2))
            turn += 1
            if turn % QUIET_EVERY == 0 or self.hits.total() >= rounds:
                self._compare(hunter)

    def _round(self, hunter: Hunter, turn: int) -> None:
        store = str(self._store())
        command = ("ingest", *map(str, self._roots()), "-c", COLLECTION, "-s", store, "--json")
        if open_store(store).exists(COLLECTION):
            if turn % DELETE_EVERY == DELETE_EVERY - 1:
                command = ("delete", "-c", COLLECTION, "-s", store, "--yes")
            elif turn % OPTIMISE_EVERY == OPTIMISE_EVERY - 1:
                command = ("optimise", store, COLLECTION)
        # Of what has but one phase, any instant from its start on will do.
        aim = AIMED_AT[turn % len(AIMED_AT)] if command[0] == "ingest" else "start"
        workers = turn // len(AIMED_AT) % 2 == 0
        hit = hunter.kill(*command, aim=aim, workers=workers, only_parent=workers and turn % 2 == 0)
        if hit:
            self.hits[command[0], hit] += 1
        else:
            self.missed += 1

    def _compare(self, hunter: Hunter) -> None:
        """Ingest in peace, and hold the store to a fresh one."""
        roots, store = self._roots(), self._store()
        self.quiet += 1
        names = [*map(str, roots)]
        hunter.spare("ingest", *names, "-c", COLLECTION, "-s", str(store), "--json")
        with tempfile.TemporaryDirectory(dir=self.place) as fresh:
            cpt_rag.ingest(roots, collection=COLLECTION, store=fresh)
            if exported(store) != exported(Path(fresh)):
                self.differences.append(f"points differ from a fresh store's, {self.quiet=}")
        try:
            clean = verify(roots, collection=COLLECTION, store=store).clean
        except CptRagError as error:
            self.differences.append(f"{error}, {self.quiet=}")
        else:
            self.differences += [] if clean else [f"verify is not clean, {self.quiet=}"]
        # By turns another collection is there whose vectors a new one takes over.
        if self.quiet % 4 == 2:
            hunter.spare("ingest", *names, "-c", CLONE, "-s", str(store), "--json")
        elif self.quiet % 4 == 0:
            open_store(store).delete(CLONE)

    def _roots(self) -> list[Path]:
        return [self.place / name for name in ROOTS]

    def _store(self) -> Path:
        return self.place / "store"


def table(trial: Trial) -> str:
    """Markdown: hits by command and phase."""
    commands = sorted({command for command, _ in trial.hits})
    lines = [f"| killed in | {' | '.join(commands)} |", "|---" * (1 + len(commands)) + "|"]
    for phase in AIMED_AT:
        counts = [str(trial.hits[command, phase] or "") for command in commands]
        lines.append(f"| {phase} | {' | '.join(counts)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the trial and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--files", type=int, default=200)
    given = parser.parse_args()
    memory = Path("/dev/shm")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        trial = Trial(Path(made), given.seed, given.files)
        trial.run(given.rounds)
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"{table(trial)}\n\n{trial.hits.total()} kills, {trial.missed} runs ended before theirs,"
        f" {trial.quiet} comparisons, {len(trial.differences)} differences, {seconds:.0f} s\n"
    )
    for difference in trial.differences:
        sys.stdout.write(f"{difference}\n")
    sys.exit(1 if trial.differences else 0)


if __name__ == "__main__":
    main()
