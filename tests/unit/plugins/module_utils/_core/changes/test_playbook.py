# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook run changed: counted once, named by a fingerprint, and judged by what was chosen."""

from __future__ import annotations

import itertools
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.playbook import (
    CONDITIONS,
    EVIDENCE,
    Gatherer,
    Place,
    Recap,
    check_words,
    evidence_of,
    kind_of,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput

Pair = tuple[Place, str]

HOSTS = st.sampled_from(["web1", "web2", "db1", "ü", "web,1", "[web1]", ""])
PLACES = st.builds(
    Place,
    file=st.sampled_from(["site.yml", "roles/web/tasks/main.yml"]),
    line=st.integers(1, 3),
    name=st.sampled_from(["", "Install", 'a"b', "a\nb"]),
    action=st.sampled_from(["", "copy", "ansible.builtin.copy"]),
    role=st.sampled_from(["", "web"]),
    hidden=st.booleans(),
    dry=st.just(False),
)
PAIRS = st.lists(st.tuples(PLACES, HOSTS), max_size=12)


def gathered(pairs: t.Iterable[Pair], **patterns: t.Sequence[str]) -> Gatherer:
    """Return a gatherer that was told of these changes."""
    gatherer = Gatherer(**patterns)
    for place, host in pairs:
        changed = gatherer.task(place)
        if changed is not None:
            gatherer.note(changed, host)
    return gatherer


def as_it_is(text: str) -> str:
    """Clean nothing."""
    return text


def told(pairs: t.Iterable[Pair]) -> set[Pair]:
    """Return what of the changes makes a difference: neither the name of a hidden task nor how it was found."""
    return {(place._replace(name="" if place.hidden else place.name, hidden=False), host) for place, host in pairs}


# -- the fingerprint


@given(PAIRS, st.randoms(use_true_random=False), st.integers(1, 3))
def test_the_same_changes_have_the_same_key(pairs: list[Pair], dice: t.Any, times: int) -> None:
    """In any order, any number of times, found in check mode or done, in part of it or all of it."""
    shuffled = [*pairs * times]
    dice.shuffle(shuffled)
    mixed = [(place._replace(dry=dice.random() < 0.5), host) for place, host in shuffled]
    key = gathered(pairs).key()
    assert key == gathered(shuffled).key() == gathered(mixed).key()
    assert bool(key) == bool(pairs)
    assert not key or (key.startswith("sha256:") and len(key) == 71)


@given(PAIRS, PAIRS)
def test_other_changes_have_another_key(pairs: list[Pair], others: list[Pair]) -> None:
    """One task or one host more or less is another drift, whatever characters names are made of."""
    assert (gathered(pairs).key() == gathered(others).key()) == (told(pairs) == told(others))


@pytest.mark.parametrize("field", [{"file": "b.yml"}, {"line": 2}, {"name": "B"}, {"action": "file"}, {"role": "b"}])
def test_each_mark_of_a_task_counts(field: dict[str, t.Any]) -> None:
    place = Place("a.yml", 1, "A", "copy", "a")
    assert gathered([(place, "web1")]).key() != gathered([(place._replace(**field), "web1")]).key()


def test_the_name_of_a_hidden_task_is_not_hashed() -> None:
    """A hash of a short secret is as good as the secret itself."""
    keys = {gathered([(Place("a.yml", 1, name, hidden=True), "web1")]).key() for name in ("pin 1234", "pin 4321", "")}
    assert len(keys) == 1


def test_hosts_swapped_between_tasks_are_another_drift() -> None:
    """Counts and sets of names are equal here."""
    one, two = Place("a.yml", 1), Place("a.yml", 2)
    assert gathered([(one, "x"), (two, "y")]).key() != gathered([(one, "y"), (two, "x")]).key()


def test_the_key_stays_what_it_was() -> None:
    """Receivers keep it over years: a release that changes it acts on all known drift once more."""
    pairs = [(Place("site.yml", 7, "Install", "ansible.builtin.copy", "web"), "web1")]
    assert gathered(pairs).key() == "sha256:2932be415d8bc882b4213d009622f8d5ad440253b3c053b0707f19ca9de233e3"


# -- counts and patterns


@given(PAIRS)
def test_counts_are_of_tasks_and_hosts_that_were_changed(pairs: list[Pair]) -> None:
    gatherer = gathered(pairs)
    gatherer.task(Place("never.yml", 1))
    expected = {"changed_tasks": len({place for place, _host in pairs}), "changed_hosts": len({h for _p, h in pairs})}
    assert gatherer.counts() == expected
    assert gatherer.holds(dry=False) == bool(pairs)
    assert not gatherer.holds(dry=True)


def test_a_task_that_changed_nothing_is_nowhere() -> None:
    """It was only looked up."""
    gatherer = Gatherer()
    gatherer.task(Place("a.yml", 1))
    assert (gatherer.key(), gatherer.changes(as_it_is)) == ("", [])
    assert not gatherer.holds(dry=False)


PATTERNS = {
    "name": (["Install*"], True),
    "action": (["ansible.builtin.copy"], True),
    "role and name": (["web : Inst*"], True),
    "one of several": (["no", "*copy"], True),
    "a set": (["Install pa[a-c]kages"], True),
    "none fits": (["Remove*", "db : *"], False),
    "role alone": (["web"], False),
    "another case": (["install*"], False),
    "part of the name": (["Install"], False),
}


@pytest.mark.parametrize(("patterns", "wanted"), PATTERNS.values(), ids=list(PATTERNS))
def test_patterns_choose_tasks(patterns: list[str], wanted: bool) -> None:
    place = Place("a.yml", 1, "Install packages", "ansible.builtin.copy", "web")
    gatherer = gathered([(place, "web1")], include_tasks=patterns)
    assert gatherer.holds(dry=False) is wanted
    assert bool(gatherer.key()) is wanted


def test_a_task_without_a_name_is_found_by_its_action_alone() -> None:
    """An empty name is not a name: a pattern for anything finds it, one for ``web : ?*`` does not."""
    place = Place("a.yml", 1, "", "copy", "web")
    assert gathered([(place, "web1")], include_tasks=["*"]).holds(dry=False)
    assert not gathered([(place, "web1")], include_tasks=["web : ?*"]).holds(dry=False)
    assert not gathered([(Place("a.yml", 1), "web1")], include_tasks=["*"]).holds(dry=False)


@given(PAIRS)
def test_patterns_choose_hosts(pairs: list[Pair]) -> None:
    """As if the others were not there at all."""
    chosen = [(place, host) for place, host in pairs if host.startswith("web")]
    gatherer = gathered(pairs, include_hosts=["web*"])
    assert gatherer.key() == gathered(chosen).key()
    assert gatherer.counts() == gathered(chosen).counts()
    assert gatherer.changes(as_it_is) == gathered(chosen).changes(as_it_is)


# -- the list of changes


def test_an_entry_tells_what_was_written() -> None:
    place = Place("site.yml", 7, "Install {{ x }}", "copy", "web", dry=True)
    assert gathered([(place, "web2"), (place, "web1")]).changes(as_it_is) == [
        {
            "task": "Install {{ x }}",
            "action": "copy",
            "role": "web",
            "file": "site.yml",
            "line": 7,
            "host_count": 2,
            "check_mode": True,
            "hosts": ["web1", "web2"],
        }
    ]


def test_an_entry_leaves_out_what_is_not_there() -> None:
    assert gathered([(Place("a.yml", 1), "h")]).changes(as_it_is) == [
        {"file": "a.yml", "line": 1, "host_count": 1, "hosts": ["h"]}
    ]


def test_a_hidden_task_gives_its_place_and_its_count() -> None:
    place = Place("a.yml", 1, "hunter2", "hunter2", "hunter2", hidden=True)
    assert gathered([(place, "hunter2")]).changes(as_it_is) == [
        {"file": "a.yml", "line": 1, "host_count": 1, "no_log": True}
    ]


def test_hosts_are_cut_and_counted() -> None:
    place = Place("a.yml", 1)
    (entry,) = gathered([(place, f"web{number:04}") for number in range(2000)]).changes(as_it_is)
    assert entry["host_count"] == 2000
    assert entry["hosts"] == [f"web{number:04}" for number in range(20)]


def test_every_text_is_cleaned_before_it_is_cut() -> None:
    """A secret that is cut in two has no shape any more by which to know it."""
    secret = "s" * 40
    long = "x" * 180 + secret
    place = Place(long, 1, long, long, long)
    (entry,) = gathered([(place, long)]).changes(lambda text: text.replace(secret, "*"))
    clean = "x" * 180 + "*"
    assert [entry[name] for name in ("task", "action", "role", "file", "hosts")] == [clean] * 4 + [[clean]]
    (entry,) = gathered([(Place("y" * 500, 1, "y" * 500), "y" * 500)]).changes(as_it_is)
    assert {len(entry["task"]), len(entry["file"]), len(entry["hosts"][0])} == {200}


@given(PAIRS, st.randoms(use_true_random=False))
def test_entries_come_in_the_order_of_the_files(pairs: list[Pair], dice: t.Any) -> None:
    changes = gathered(pairs).changes(as_it_is)
    marks = [(entry["file"], entry["line"]) for entry in changes]
    assert marks == sorted(marks)
    shuffled = [*pairs]
    dice.shuffle(shuffled)
    assert gathered(shuffled).changes(as_it_is) == changes
    json.dumps(changes)


# -- the verdict

CHOSEN = [set(words) for size in range(1, 5) for words in itertools.combinations(CONDITIONS, size)]


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda words: "+".join(sorted(words)))
@pytest.mark.parametrize("failed", [Recap(), Recap(failed=1), Recap(unreachable=1), Recap(failed=2, unreachable=3)])
@pytest.mark.parametrize(
    "found",
    [set(), {"changed"}, {"drift"}, {"changed", "drift"}],
    ids=lambda words: "+".join(sorted(words)) or "nothing",
)
def test_the_most_severe_chosen_condition_that_holds(chosen: set[str], failed: Recap, found: set[str]) -> None:
    """All of them: what holds x what is chosen."""
    places = [Place("a.yml", number, dry=kind == "drift") for number, kind in enumerate(sorted(found))]
    holding = {*found, *(["failed"] if failed.failed or failed.unreachable else [])}
    if "always" in chosen:
        expected = next((kind for kind in ("failed", "drift", "changed") if kind in holding), "unchanged")
    else:
        expected = next((kind for kind in ("failed", "drift", "changed") if kind in holding & chosen), "")
    assert kind_of(chosen, gathered([(place, "h") for place in places]), failed) == expected


@pytest.mark.parametrize("recap", [Recap(hosts=3, ok=9, changed=4, skipped=1, rescued=2, ignored=2)])
def test_what_was_rescued_or_ignored_is_no_failure(recap: Recap) -> None:
    """Nor are changes that were not gathered a change: those that patterns leave out."""
    assert kind_of(["failed"], Gatherer(), recap) == ""
    assert kind_of(["changed", "drift"], Gatherer(), recap) == ""


def test_a_recap_of_the_second_playbook_is_without_the_first() -> None:
    """Ansible goes on counting; hosts are those of now."""
    first = Recap(2, 10, 4, 1, 1, 3, 1, 2)
    assert Recap(3, 15, 5, 1, 2, 3, 1, 4).since(first) == Recap(3, 5, 1, 0, 1, 0, 0, 2)
    assert first.since(Recap()) == first


# -- the evidence


@pytest.mark.parametrize("level", EVIDENCE)
def test_evidence_is_counts_and_at_a_level_the_list(level: str) -> None:
    place = Place("a.yml", 1, "A")
    gatherer = gathered([(place, "h"), (place, "i")])
    evidence = evidence_of(gatherer, Recap(hosts=2, changed=2), {"plays": 1}, level, as_it_is)
    assert evidence.key == gatherer.key()
    expected = {**Recap(hosts=2, changed=2)._asdict(), "changed_tasks": 1, "changed_hosts": 2, "plays": 1}
    assert evidence.summary == expected
    assert list(evidence.changes) == (gatherer.changes(as_it_is) if level == "tasks" else [])


# -- what is refused


@pytest.mark.parametrize("words", [[], ["change"], ["changed", "Failed"], [""], ["changed,drift"]])
def test_unknown_words_are_refused(words: list[str]) -> None:
    with pytest.raises(InvalidInput, match="dispatch_on is none of changed, drift, failed, always"):
        check_words("dispatch_on", words, CONDITIONS)


@pytest.mark.parametrize("words", [["changed"], ["drift", "drift"], list(CONDITIONS)])
def test_known_words_are_taken(words: list[str]) -> None:
    check_words("dispatch_on", words, CONDITIONS)
    assert set(words) <= set(CONDITIONS)
