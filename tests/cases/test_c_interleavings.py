# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class C at random: several senders, receivers and faults at once, and nobody ever takes a run of somebody else.

Each interleaving is made from its number alone, so one that fails can be played again: ``play(server, NUMBER)``.
"""

from __future__ import annotations

import collections
import dataclasses
import secrets
import typing as t
from random import Random

import pytest
from cases.support import expect
from cases.support.turns import OwnClock, SlowWay, Turns
from cases.support.world import EVENT_TYPE, REPOSITORY, World

from emulator import Emulator
from emulator.runs import Event, Run
from emulator.scripts import Script, ScriptedRun, job_from

CHUNKS, EACH = 24, 42
LEAST = 1000
GOOD = ("success", "skipped", "neutral")
BAD = ("failure", "cancelled", "timed_out", "startup_failure", "exploded")
UNFINISHED = ("requested", "queued", "pending", "waiting", "in_progress", "resting")
LISTENER = """
name: Receiver
{run_name}
on:
  repository_dispatch:
    types: [{types}]
jobs:
  work:
    name: Work
    runs-on: ubuntu-latest
    steps:
      - name: {step}
        run: "true"
"""
ID = "${{ github.event.client_payload.dispatch.id }}"
#: How a receiver shows the id, in its file; the local GitHub does not fill in the names of scripted steps itself.
SHOWS = {
    "run-name": {"run_name": f'run-name: "{{{{ github.event.action }}}} [{ID}]"', "step": "Check"},
    "step": {"run_name": "", "step": f'"for {ID}"'},
    "nowhere": {"run_name": "", "step": "Check"},
}
LOST = ({"status": 500}, {"status": 502, "body": "<html>no</html>"}, {"status": 503}, {"reset": True})
SENDING, LISTING, ONE_RUN, JOBS, FILES = (
    r"/dispatches$", r"/actions/runs$", r"/actions/runs/\d+$", r"/jobs$", r"/contents/|/workflows$"
)  # fmt: skip


def test_there_are_enough_of_them() -> None:
    assert CHUNKS * EACH >= LEAST


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nobody_ever_takes_a_run_of_another(server: Emulator, chunk: int) -> None:
    """P27, R5, R6, R11, R17, R35: zero wrong bindings, true verdicts, no event twice."""
    ends: collections.Counter[str] = collections.Counter()
    done = 0
    for number in range(chunk * EACH, (chunk + 1) * EACH):
        ends += play(server, number)
        done += 1
    assert done == EACH
    print(f"{done} interleavings: {dict(ends)}")
    # None of it is true because nothing happens.
    assert ends["succeeded"] >= EACH / 4
    assert ends["run_unsuccessful"] >= EACH / 8
    assert ends["runs bound"] >= EACH


def play(server: Emulator, number: int) -> collections.Counter[str]:
    """Play one interleaving, and return how its senders ended."""
    scene = Scene(server, number)
    try:
        return scene.play()
    except Exception as error:
        raise AssertionError(f"in interleaving {number}: {error!r}") from error
    finally:
        vars(server.starter).pop("accept", None)


@dataclasses.dataclass
class Sender:
    """One task, and how it ended."""

    world: World
    options: dict[str, t.Any]
    delay: float
    result: dict[str, t.Any] = dataclasses.field(default_factory=dict)


class Scene:
    """One interleaving."""

    def __init__(self, server: Emulator, number: int) -> None:
        self.dice = dice = Random(f"interleaving {number}")
        self.world = World.build(server)
        self.github = server
        self.turns = Turns(server.clock, dice)
        server.clock.skew(dice.choice([0, 0, -500, 500]))
        self.repository = server.repository(REPOSITORY)
        self.calm = dice.random() < 0.3
        self.order = dice.choice(["as it is", "equal", "reversed"])
        self.born = server.clock.now()
        self.ends: collections.Counter[str] = collections.Counter()
        self.receivers = self._receivers()
        self._history()
        if not self.calm:
            self._faults()
        self.senders = [self._sender() for _number in range(dice.randint(2, 4))]
        self._real_accept = server.starter.accept
        vars(server.starter)["accept"] = self._accept

    # -- what there is

    def _receivers(self) -> dict[str, str]:
        """The workflows that listen, by path, and how each shows the id."""
        count = self.dice.choice([0, 1, 1, 1, 2, 2, 3])
        ways = ["run-name", "run-name", "run-name", "step", "step", *([] if self.calm else ["nowhere"])]
        shown = {f".github/workflows/receiver{place}.yml": self.dice.choice(ways) for place in range(count)}
        files = {path: LISTENER.format(types=EVENT_TYPE, **SHOWS[way]) for path, way in shown.items()}
        files[".github/workflows/other.yml"] = LISTENER.format(types="something-else", **SHOWS["run-name"])
        self.repository.files = {path: text.encode() for path, text in files.items()}
        return shown

    def _history(self) -> None:
        """Runs from before; now and then more than a page of them."""
        for place in range(120 if self.dice.random() < 0.02 else self.dice.randint(0, 4)):
            self._stranger(created_offset=-self.dice.uniform(1, 50 if place % 2 else 5000))

    def _stranger(self, **more: t.Any) -> None:
        """A run that has nothing to do with us, whatever its title says."""
        event = self.dice.choice(["push", "workflow_dispatch", "repository_dispatch"])
        known = sorted(self._ids())
        ours = self.dice.choice(known) if known else secrets.token_hex(16)
        titles = [EVENT_TYPE, f"{EVENT_TYPE} [{secrets.token_hex(16)}]", f"half of it: {ours[:16]}", ""]
        if event != "repository_dispatch":
            titles.append(f"a commit for {ours}")
        jobs = [{"name": "Work", "steps": ["Check", secrets.token_hex(16), ours[:30]]}]
        statuses = self._statuses(self.dice.choice([*GOOD, *BAD]))
        title = self.dice.choice(titles)
        name = self.repository.full_name
        self.github.add_run(name, event, display_title=title, jobs=jobs, statuses=statuses, **more)

    def _faults(self) -> None:
        """Answers that get lost, before or after the server did what was asked."""
        for _number in range(self.dice.randint(0, 4)):
            where = self.dice.choice([SENDING, SENDING, LISTING, ONE_RUN, JOBS, FILES])
            self.github.faults.add(
                path=where,
                method="POST" if where == SENDING else "GET",
                times=self.dice.randint(1, 3),
                skip=self.dice.randint(0, 4),
                after_commit=self.dice.random() < 0.6,
                **self.dice.choice(LOST),
            )

    def _sender(self) -> Sender:
        """Somebody who sends the same as everybody else, with a wall clock of his own."""
        dice = self.dice
        clock = OwnClock(self.turns, dice.choice([0.0, -240.0, 240.0, 3600.0]))
        way = SlowWay(self.github, self.turns, dice)
        world = dataclasses.replace(
            self.world,
            clock=t.cast(t.Any, clock),
            told=[],
            on_open=lambda client: setattr(client.api.connection._http, "_adapter", way),
        )
        options = {
            "wait": self.calm or dice.random() < 0.85,
            "on_unknown": dice.choice(["fail", "resend"]),
            "find_timeout": 60 if self.calm else dice.choice([4, 20, 60]),
            "wait_timeout": 600 if self.calm else dice.choice([15, 60, 300]),
            "cancel_on_timeout": dice.random() < 0.2,
            **(dice.choice([{}, {"acceptable_conclusions": ["success"]}])),
        }
        return Sender(world, world.by_token(**options), dice.choice([0.0, dice.uniform(0, 1), dice.uniform(0, 20)]))

    # -- what an event starts

    def _accept(self, repository: t.Any, event: Event) -> list[Run]:
        """Script the runs of each event just when it comes."""
        runs = [self._scripted(path) for path in self.receivers]
        self.dice.shuffle(runs)
        self.github.starter.scripts.add(repository.id, Script(runs))
        started = self._real_accept(repository, event)
        for run in started:
            shown = f"for {(event.client_payload or {})['dispatch']['id']}"
            if self.receivers[run.workflow.path] == "step":
                run.jobs = [job_from(self.github.world, {"name": "Work", "steps": ["Set up job", shown]})]
        return started

    def _scripted(self, path: str) -> ScriptedRun:
        dice = self.dice
        offsets = {"as it is": 0.0, "equal": self.born - self.github.clock.now()}
        offsets["reversed"] = 2 * offsets["equal"]
        delay = dice.choice([0.0, dice.uniform(0, 3), dice.uniform(0, 15)])
        if not self.calm and dice.random() < 0.05:
            delay = t.cast(float, None)
        conclusion = dice.choice([*GOOD, "success", "success", "success", *BAD[: dice.randint(0, len(BAD))]])
        return ScriptedRun(
            statuses=self._statuses(conclusion),
            conclusion=conclusion,
            workflow=path,
            visible_after=delay,
            hidden_looks=0 if self.calm else dice.choice([0, 0, 1, 2]),
            index_lag=dice.choice([0.0, 10_000.0]),
            created_offset=max(-45.0, offsets[self.order]),
        )

    def _statuses(self, conclusion: str) -> list[t.Any]:
        """What a run shows: by looks, or by the clock."""
        dice = self.dice
        end = {"status": "completed", "conclusion": conclusion}
        before = dice.sample(UNFINISHED, dice.randint(0, 3))
        if dice.random() < 0.5:
            return [*before, *([{"status": "completed"}] if dice.random() < 0.2 else []), end]
        moments = sorted(dice.choice([dice.uniform(0, 6), dice.uniform(0, 30)]) for _status in [*before, end])
        timed = [[status, moment] for status, moment in zip(before, moments)]
        return [*timed, {**end, "at": moments[-1]}]

    # -- what happens

    def play(self) -> collections.Counter[str]:
        def sending(sender: Sender) -> t.Callable[[], None]:
            def act() -> None:
                if sender.delay:
                    self.turns.sleep(sender.delay)
                sender.result = sender.world.run(sender.options)
                self._judge(sender)

            return act

        self.turns.run(*map(sending, self.senders), self._stir)
        assert all(sender.result for sender in self.senders)
        self._bindings()
        return self.ends

    def _stir(self) -> None:
        """Everything else that goes on in a repository."""
        deeds = [self._stranger, self._stranger, self._rename]
        if not self.calm:
            deeds += [self._again, self._again, self._cancel]
        for _number in range(self.dice.randint(0, 6)):
            self.turns.sleep(self.dice.uniform(0, 8))
            self.dice.choice(deeds)()

    def _rename(self) -> None:
        if self.repository.full_name == REPOSITORY:
            self.github.rename_repository(REPOSITORY, "acme/renamed")

    def _again(self) -> None:
        """Somebody starts a finished run again."""
        over = [run for run in self._started() if run.status == "completed" and run.conclusion and run.visible()]
        if over:
            run = self.dice.choice(over)
            stages = ScriptedRun(statuses=self._statuses(self.dice.choice([*GOOD, *BAD]))).stages()
            run.rerun([dataclasses.replace(stage) for stage in stages], run.jobs)

    def _cancel(self) -> None:
        going = [run for run in self._started() if run.status != "completed"]
        if going:
            self.dice.choice(going).cancel()

    # -- what must be true

    def _started(self) -> list[Run]:
        """The runs that events of ours started."""
        return [run for run in self.github.runs(self.repository.full_name) if run.event.client_payload]

    def _ids(self) -> set[str]:
        return {expect.run_id(event) for event in self.github.events(self.repository.full_name)}

    def _judge(self, sender: Sender) -> None:
        """Compare what a sender says with what is, at the moment at which it says so."""
        result, options = sender.result, sender.options
        ident = str(result["dispatch_id"])
        mine = {run.id: run for run in self._started() if expect.run_id(run.event) == ident}
        bound = {entry["id"]: entry for entry in result["runs"]}
        assert bound.keys() <= mine.keys(), "a run of somebody else"
        accepted = sum(expect.run_id(event) == ident for event in self.github.events(self.repository.full_name))
        assert accepted <= (2 if options["on_unknown"] == "resend" else 1), f"{accepted} events"
        assert result["changed"] or not accepted
        code = result["error"]["code"] if result["error"] else ""
        self.ends[code or result["outcome"]] += 1
        self.ends["runs bound"] += len(bound)
        assert result["failed"] is bool(code)
        assert result["outcome"] in (("succeeded",) if options["wait"] else ("accepted", "started")) or code
        if result["outcome"] == "started":
            assert bound
        if options["wait"]:
            self._verdict(options, code, bound, mine)

    def _verdict(
        self, options: dict[str, t.Any], code: str, bound: dict[int, dict[str, t.Any]], mine: dict[int, Run]
    ) -> None:
        """Check the verdict of somebody who waited."""
        good = options.get("acceptable_conclusions", GOOD)
        if code in ("", "run_unsuccessful"):
            assert bound, "a verdict on nothing"
            for number, entry in bound.items():
                true = mine[number]
                attempt = true if entry["run_attempt"] == true.attempt else true.earlier[entry["run_attempt"]]
                assert (attempt.status, attempt.conclusion) == ("completed", entry["conclusion"])
            bad = [entry for entry in bound.values() if entry["conclusion"] not in good]
            assert bool(bad) is (code == "run_unsuccessful")
        if code == "no_receiver":
            assert not mine
        if self.calm:
            assert bound.keys() == mine.keys(), "a run is missing"
            bad_truth = [run for run in mine.values() if run.conclusion not in good]
            expected = "no_receiver" if not self.receivers else "run_unsuccessful" if bad_truth else ""
            assert code == expected

    def _bindings(self) -> None:
        """No run belongs to two senders, by what they say."""
        taken = [entry["id"] for sender in self.senders for entry in sender.result["runs"]]
        assert len(taken) == len(set(taken))
