# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other host, which hands out logs by signed links and must never see a credential."""

from __future__ import annotations

import io
import typing as t
import zipfile
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if t.TYPE_CHECKING:
    from starlette.requests import Request

    from .runs import Job, Run
    from .world import World

MISSING = (
    '<?xml version="1.0" encoding="utf-8"?>'
    "<Error><Code>BlobNotFound</Code><Message>The blob does not exist.</Message></Error>"
)


@dataclass
class LogRequest:
    path: str
    authorization: bool
    """Whether an Authorization header came along."""


class LogsHost:
    def __init__(self, world: World) -> None:
        self.requests: list[LogRequest] = []
        self._world = world
        self.app = Starlette(
            routes=[Route("/jobs/{number:int}.txt", self._job), Route("/runs/{number:int}.zip", self._run)]
        )

    async def _job(self, request: Request) -> Response:
        self._record(request)
        for _other, job in self._attempts():
            if job.id == request.path_params["number"] and job.status == "completed":
                return Response(job.log, media_type="text/plain")
        return Response(MISSING, 404, media_type="application/xml")

    async def _run(self, request: Request) -> Response:
        self._record(request)
        jobs = [job for run, job in self._attempts() if run.id == request.path_params["number"]]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for number, job in enumerate(jobs):
                archive.writestr(f"{number}_{job.name}.txt", job.log)
        return Response(buffer.getvalue(), media_type="application/zip")

    def _record(self, request: Request) -> None:
        self.requests.append(LogRequest(request.url.path, "authorization" in request.headers))

    def _attempts(self) -> list[tuple[Run, Job]]:
        with self._world.lock:
            runs = [each for run in self._world.runs.values() for each in (run, *run.earlier.values())]
            return [(run, job) for run in runs for job in run.jobs]
