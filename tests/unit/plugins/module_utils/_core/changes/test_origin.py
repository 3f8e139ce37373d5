# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a change was found: facts for people, and never the credentials that addresses carry."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.origin import (
    Checkout,
    find_origin,
    link_of,
    read_checkout,
    repository_of,
)

SHA = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40
TOKEN = "ghp_" + "aB3dE6" * 6


class Git:
    """A git that answers by the first words that fit, and fails at everything else."""

    def __init__(self, **answers: str) -> None:
        """Take answers by the command of git."""
        self.answers = answers
        self.asked: list[list[str]] = []

    def __call__(self, arguments: t.Sequence[str]) -> str | None:
        """Answer."""
        self.asked.append([*arguments])
        return next((text for command, text in self.answers.items() if command.replace("_", "-") in arguments), None)


HEAD = f"{SHA}\nrefs/heads/main\n"
REMOTE = "git@github.com:acme/infra.git\n"


# -- the checkout


@pytest.mark.parametrize(
    ("git", "expected"),
    [
        (Git(rev_parse=HEAD, status="", config=REMOTE), Checkout("acme/infra", "refs/heads/main", SHA, False)),
        (
            Git(rev_parse=HEAD, status=" M play.yml\n", config=REMOTE),
            Checkout("acme/infra", "refs/heads/main", SHA, True),
        ),
        (Git(rev_parse=f"{SHA}\nHEAD\n", status="", config=REMOTE), Checkout("acme/infra", "", SHA, False)),
        (Git(rev_parse=HEAD, status="\n"), Checkout("", "refs/heads/main", SHA, False)),
        (Git(rev_parse=HEAD, config=REMOTE), Checkout("acme/infra", "refs/heads/main", SHA, None)),
        (Git(rev_parse="a" * 64 + "\nrefs/heads/x\n"), Checkout("", "refs/heads/x", "a" * 64, None)),
        (Git(), Checkout()),
        (Git(rev_parse="HEAD\nHEAD\n", status="", config=REMOTE), Checkout()),
        (Git(rev_parse=SHA, status="", config=REMOTE), Checkout()),
        (Git(rev_parse="", status="", config=REMOTE), Checkout()),
    ],
    ids=["clean", "dirty", "detached", "no remote", "status fails", "sha256", "no clone", "no commit", "one", "empty"],
)
def test_what_git_says(git: Git, expected: Checkout) -> None:
    assert read_checkout(git) == expected


def test_git_is_asked_nothing_that_runs_a_program_of_the_clone() -> None:
    """The monitor of a clone's own configuration is a program; and outside of a clone one question is enough."""
    git = Git(rev_parse=HEAD, status="", config=REMOTE)
    read_checkout(git)
    assert [words for words in git.asked if "status" in words] == [
        ["-c", "core.fsmonitor=false", "status", "--porcelain", "--untracked-files=no"]
    ]
    outside = Git()
    read_checkout(outside)
    assert len(outside.asked) == 1


# -- remotes

REMOTES = {
    "https://github.com/acme/infra.git": "acme/infra",
    "https://github.com/acme/infra": "acme/infra",
    "https://github.com/acme/infra/": "acme/infra",
    "https://github.com/acme/infra.git/": "acme/infra",
    "http://git.corp.invalid:8080/acme/infra.git": "acme/infra",
    "https://gitlab.com/group/sub/project.git": "group/sub/project",
    f"https://{TOKEN}@github.com/acme/infra.git": "acme/infra",
    f"https://x-access-token:{TOKEN}@github.com/acme/infra.git": "acme/infra",
    "https://user:p@ss@github.com/acme/infra.git": "acme/infra",
    f"https://github.com/acme/infra.git?access_token={TOKEN}": "acme/infra",
    f"https://github.com/acme/infra#{TOKEN}": "acme/infra",
    "git@github.com:acme/infra.git": "acme/infra",
    "github.com:acme/infra": "acme/infra",
    "git@github.com:/acme/infra.git": "acme/infra",
    "ssh://git@github.com/acme/infra.git": "acme/infra",
    "ssh://git@ssh.github.com:443/acme/infra.git": "acme/infra",
    "git://git.corp.invalid/acme/infra.git": "acme/infra",
    "https://[2001:db8::1]/acme/infra": "acme/infra",
    "https://github.com/acme/infra.github": "acme/infra.github",
    "https://github.com/acme/.git.git": "acme/.git",
}
NO_REMOTES = [
    "",
    "infra",
    "/srv/git/acme/infra.git",
    "../acme/infra.git",
    "./a:b/c",
    "file:///srv/git/acme/infra.git",
    "C:/git/acme/infra",
    "C:\\git\\infra",
    "https://github.com/infra",
    "https://github.com",
    "https://[broken/acme/infra",
    "https:///acme/infra",
    "https://github.com/acme/in fra",
    "https://github.com/acme/in\x07fra",
    "git@github.com:acme/in\nfra",
    f"user:{TOKEN}@github.com/acme/infra.git",
    "user:hunter2@github.com/acme/infra.git",
    f"https://proxy.corp.invalid/{TOKEN}/github.com/acme/infra.git",
    f"git@github.com:{TOKEN}/acme/infra",
    f"git@github.com:acme/infra?token={TOKEN}",
    "https://github.com/acme/" + "x" * 600,
    "https://user:pass/word@github.com/acme/infra",
    "https://user:a/b/c?d@github.com/acme/infra",
    "https://user:a/b/c#d@github.com/acme/infra",
    "https://github.com:port/acme/infra",
]


@pytest.mark.parametrize(("remote", "expected"), REMOTES.items(), ids=range(len(REMOTES)))
def test_a_remote_in_every_spelling(remote: str, expected: str) -> None:
    assert repository_of(remote) == expected
    assert repository_of(f"  {remote}\n") == expected


@pytest.mark.parametrize("remote", NO_REMOTES, ids=range(len(NO_REMOTES)))
def test_what_names_no_repository_on_a_server(remote: str) -> None:
    assert repository_of(remote) == ""


WORDS = st.text("abcdefXYZ0189-._~!$&'()*+,;=%/?#:@", min_size=6, max_size=20)


@given(
    st.tuples(WORDS, WORDS).map("s3cr3t".join),
    st.sampled_from(
        [
            "https://{}@host.invalid/o/n.git",
            "https://user:{}@host.invalid/o/n",
            "ssh://user:{}@host.invalid:22/o/n",
            "user:{}@host.invalid/o/n.git",
            "user:{}@host.invalid:o/n.git",
            "https://host.invalid/o/n.git?private_token={}",
            "https://host.invalid/o/n#{}",
        ]
    ),
)
def test_credentials_in_a_remote_never_leave(secret: str, form: str) -> None:
    """Whatever characters they are made of."""
    assert repository_of(form.format(secret)) in ("o/n", "")
    assert link_of({"BUILD_URL": form.format(secret)}) in (
        "https://host.invalid/o/n.git",
        "https://host.invalid/o/n",
        "",
    )


@given(st.text(max_size=60))
def test_any_text_is_a_remote_or_none(text: str) -> None:
    """Nothing raises, and what comes back is one line of bounded length with no user part."""
    for found in (repository_of(text), repository_of(f"https://h/{text}"), repository_of(f"git@h.invalid:{text}")):
        assert len(found) <= 500
        assert not set(found) & set("@ \n?#")


# -- links of CI systems

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/infra", "GITHUB_RUN_ID": "42"}
AZURE = {
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "Big Infra",
    "BUILD_BUILDID": "7",
}
BITBUCKET = {"BITBUCKET_GIT_HTTP_ORIGIN": "https://bitbucket.org/acme/infra", "BITBUCKET_BUILD_NUMBER": "3"}
AWX = {"AWX_HOST": "https://awx.corp.invalid", "JOB_ID": "99"}
SYSTEMS: dict[str, tuple[dict[str, str], str]] = {
    "GitHub": (GITHUB, "https://github.com/acme/infra/actions/runs/42"),
    "Azure": (AZURE, "https://dev.azure.com/acme/Big%20Infra/_build/results?buildId=7"),
    "Bitbucket": (BITBUCKET, "https://bitbucket.org/acme/infra/pipelines/results/3"),
    "AWX": (AWX, "https://awx.corp.invalid/#/jobs/playbook/99"),
    **{
        name: ({name: f"https://ci.corp.invalid/{name}/1/"}, f"https://ci.corp.invalid/{name}/1/")
        for name in (
            "CI_JOB_URL",
            "BUILD_URL",
            "BUILDKITE_BUILD_URL",
            "CIRCLE_BUILD_URL",
            "TRAVIS_BUILD_WEB_URL",
            "DRONE_BUILD_LINK",
        )
    },
}


@pytest.mark.parametrize(("env", "link"), SYSTEMS.values(), ids=list(SYSTEMS))
def test_the_link_of_every_system(env: dict[str, str], link: str) -> None:
    assert link_of(env) == link


@pytest.mark.parametrize("env", [GITHUB, AZURE, BITBUCKET, AWX], ids=["GitHub", "Azure", "Bitbucket", "AWX"])
def test_part_of_the_variables_gives_no_link(env: dict[str, str]) -> None:
    """Somebody's ``JOB_ID`` alone is no job of AWX; nor is an empty variable one that is there."""
    for missing in env:
        assert link_of({name: value for name, value in env.items() if name != missing}) == ""
        assert link_of({**env, missing: ""}) == ""


@pytest.mark.parametrize(
    ("given_link", "shown"),
    [
        (f"https://user:{TOKEN}@ci.invalid/job/1/", "https://ci.invalid/job/1/"),
        (f"https://{TOKEN}@ci.invalid:8443/job/1/", "https://ci.invalid:8443/job/1/"),
        ("https://a@b:c@ci.invalid/1", "https://ci.invalid/1"),
        (f"https://ci.invalid/1?private_token={TOKEN}", "https://ci.invalid/1"),
        ("https://ci.invalid/1#hunter2", "https://ci.invalid/1"),
        (f"https://ci.invalid/{TOKEN}/1", ""),
        ("https://user:pass/word@ci.invalid/1", ""),
        ("https://user:pass?word@ci.invalid/1", ""),
        ("https://user:pass#word@ci.invalid/1", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("ci.invalid/1", ""),
        ("https:///1", ""),
        ("https://[broken/1", ""),
        ("https://ci.invalid/a\x1bb", ""),
        ("https://ci.invalid/" + "x" * 600, ""),
        ("  https://ci.invalid/a b\n", "https://ci.invalid/a%20b"),
    ],
)
def test_a_link_is_of_the_web_and_without_credentials(given_link: str, shown: str) -> None:
    assert link_of({"BUILD_URL": given_link}) == shown


def test_a_link_that_is_none_does_not_hide_the_next() -> None:
    assert link_of({"CI_JOB_URL": "none", "BUILD_URL": "https://ci.invalid/1"}) == "https://ci.invalid/1"
    assert link_of({**AWX, "AWX_HOST": "towerhost", "CI_JOB_URL": "https://ci.invalid/2"}) == "https://ci.invalid/2"


def test_no_system_no_link() -> None:
    assert link_of({"PATH": "/bin", "HOME": "/root"}) == ""


# -- all of it

IN_ACTIONS = {**GITHUB, "GITHUB_SHA": SHA, "GITHUB_REF": "refs/heads/main"}


def test_the_checkout_comes_first() -> None:
    """The playbook may be of another repository than the workflow that runs it."""
    checkout = Checkout("acme/plays", "refs/heads/x", OTHER, False)
    origin = find_origin("ansible", "site.yml", IN_ACTIONS, checkout)
    assert (origin.tool, origin.name, origin.repository) == ("ansible", "site.yml", "acme/plays")
    assert (origin.ref, origin.sha) == ("refs/heads/x", OTHER)
    assert origin.url == "https://github.com/acme/infra/actions/runs/42"
    assert origin.controller == ""


@pytest.mark.parametrize(
    ("checkout", "repository", "ref", "sha"),
    [
        (Checkout(), "acme/infra", "refs/heads/main", SHA),
        (Checkout(sha=SHA), "acme/infra", "refs/heads/main", SHA),
        (Checkout(sha=OTHER), "", "", OTHER),
        (Checkout("acme/plays", "", OTHER), "acme/plays", "", OTHER),
    ],
    ids=["no clone", "detached at the commit", "another commit", "another repository"],
)
def test_what_git_does_not_know_is_of_the_workflow_when_it_fits(
    checkout: Checkout, repository: str, ref: str, sha: str
) -> None:
    """Facts of two repositories are never mixed."""
    origin = find_origin("ansible", "site.yml", IN_ACTIONS, checkout)
    assert (origin.repository, origin.ref, origin.sha) == (repository, ref, sha)


def test_the_revision_of_a_project_of_awx() -> None:
    """There the playbook's folder is a copy without git."""
    assert find_origin("ansible", "x", {"PROJECT_REVISION": OTHER}, Checkout()).sha == OTHER


@pytest.mark.parametrize("sha", ["main", "HEAD", f"{SHA}\n", "abc", "G" * 40, TOKEN])
def test_a_revision_is_one_or_nothing(sha: str) -> None:
    assert find_origin("ansible", "x", {"PROJECT_REVISION": sha}, Checkout()).sha == ""


def test_a_name_has_an_end() -> None:
    assert find_origin("ansible", "x" * 9000, {}, Checkout()).name == "x" * 500
