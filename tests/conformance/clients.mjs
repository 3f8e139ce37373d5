// Copyright: Contributors to the infradispatch.github project
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Octokit signs in as an App, dispatches an event and follows the run. Arguments: one JSON object; prints another.

import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";

const { baseUrl, appId, privateKey, installationId, owner, repo, payload } = JSON.parse(process.argv[2]);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const app = new Octokit({ baseUrl, authStrategy: createAppAuth, auth: { appId, privateKey } });
const found = await app.rest.apps.getRepoInstallation({ owner, repo });
const octokit = new Octokit({ baseUrl, authStrategy: createAppAuth, auth: { appId, privateKey, installationId } });

const accepted = await octokit.rest.repos.createDispatchEvent({
  owner,
  repo,
  event_type: "infra-changed",
  client_payload: payload,
});

let run;
for (let attempt = 0; attempt < 300 && run?.status !== "completed"; attempt += 1) {
  const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({ owner, repo });
  run = data.workflow_runs.find((each) => each.display_title.includes(payload.dispatch.id));
  await pause(100);
}
const jobs = await octokit.paginate(octokit.rest.actions.listJobsForWorkflowRun, { owner, repo, run_id: run.id });

console.log(
  JSON.stringify({
    app: (await app.rest.apps.getAuthenticated()).data.slug,
    installation: found.data.id,
    dispatched: accepted.status,
    conclusion: run.conclusion,
    jobs: Object.fromEntries(jobs.map((job) => [job.name, job.conclusion])),
  }),
);
