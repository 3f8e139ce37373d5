// Copyright: Contributors to the infradispatch.github project
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// One event by @octokit/rest: `send_by_octokit.mjs API_URL`, beside the folder of packages.
import { Octokit } from "@octokit/rest";

const octokit = new Octokit({ auth: `ghp_${"t".repeat(36)}`, baseUrl: process.argv[2] });
const { status } = await octokit.rest.repos.createDispatchEvent({
  owner: "acme",
  repo: "site",
  event_type: "infra-changed",
  client_payload: { service: "web", version: "2.4.1" },
});
if (status !== 204) {
  throw new Error(`status ${status}`);
}
