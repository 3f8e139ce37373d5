# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that every plugin of this collection has in common, described once.

This fragment is PRIVATE to the collection. It can have breaking changes at any time.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Connection and App; ``CREDENTIALS`` adds the token, ``PLUGINS`` the ini file and variables, ``CALLBACK``
    the ini file and the environment."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.9
  - requests >= 2.25
  - PyJWT >= 2.4 and cryptography >= 3.4, when a private key of a GitHub App is used
options:
  app_id:
    description:
      - App ID or client ID of the GitHub App to speak as.
      - Taken from the environment variables E(GITHUB_APP_CLIENT_ID) or E(GITHUB_APP_ID) when not set.
    type: str
    aliases: [client_id]
  private_key:
    description:
      - Private key of the GitHub App, PEM as downloaded from its settings page (PKCS#1) or in PKCS#8.
      - Newlines may be real or written as C(\n); base64 of the whole PEM is understood too.
      - Taken from the environment variables E(GITHUB_APP_PRIVATE_KEY) or E(GITHUB_APP_PEM_FILE) (which holds the
        content, as for the Terraform provider) when not set.
    type: str
  private_key_path:
    description:
      - Path of a file with the private key, where the code runs.
      - Taken from the environment variable E(GITHUB_APP_PRIVATE_KEY_PATH) when not set.
    type: str
  signer_command:
    description:
      - Command that signs in place of a private key (a key management service, an HSM, Vault transit), as a list of
        words. It gets the JWT's signing input on standard input and prints the RS256 signature, raw or in base64.
      - Taken from the environment variable E(INFRADISPATCH_SIGNER_COMMAND) when not set.
    type: list
    elements: str
  installation_id:
    description:
      - ID of the installation of the GitHub App. It is found by the repository or owner when not set.
      - Taken from the environment variable E(GITHUB_APP_INSTALLATION_ID) when not set.
    type: str
  api_url:
    description:
      - Where GitHub's REST API is. V(https://api.github.com) for GitHub, V(https://TENANT.ghe.com) for data residency,
        V(https://HOST) or V(https://HOST/api/v3) for GitHub Enterprise Server.
      - Taken from the environment variable E(GITHUB_API_URL) when not set; V(https://api.github.com) when that is not
        set either.
    type: str
  validate_certs:
    description: Whether to check the server's certificate. Set it to V(false) for experiments only.
    type: bool
    default: true
  ca_path:
    description:
      - PEM file or folder with the certificates of a private authority, trusted in addition to the usual ones.
      - The usual ones are those named by the environment variables E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE),
        E(SSL_CERT_FILE) or E(SSL_CERT_DIR), else those of the platform.
    type: str
  client_cert:
    description: PEM file with a client certificate, and its key unless O(client_key) names it.
    type: str
  client_key:
    description: PEM file with the key of O(client_cert), not encrypted.
    type: str
  use_proxy:
    description:
      - Whether to use the proxy that E(HTTPS_PROXY), E(HTTP_PROXY) or E(ALL_PROXY) name (also in lower case).
      - E(NO_PROXY) exempts hosts. An entry is V(*), a domain (V(example.com), V(.example.com) or V(*.example.com), each
        for itself and everything below), V(host:port), an address, or a network such as V(10.0.0.0/8).
    type: bool
    default: true
  timeout:
    description: Seconds that one request may take to connect, and to go on without a byte.
    type: int
    default: 30
"""

    CREDENTIALS = r"""
options:
  token:
    description:
      - Token to use as it is, such as a personal access token. Exclusive with the options of a GitHub App.
      - Taken from the environment variables E(GITHUB_TOKEN) or E(GH_TOKEN) when neither it nor an App is set. When the
        environment names both a token and a whole App, the App is used.
    type: str
"""

    PLUGINS = r"""
options:
  app_id:
    ini: [{section: infradispatch, key: app_id}]
    vars: [{name: infradispatch_app_id}]
  private_key:
    vars: [{name: infradispatch_private_key}]
  private_key_path:
    ini: [{section: infradispatch, key: private_key_path}]
    vars: [{name: infradispatch_private_key_path}]
  signer_command:
    ini: [{section: infradispatch, key: signer_command}]
    vars: [{name: infradispatch_signer_command}]
  installation_id:
    ini: [{section: infradispatch, key: installation_id}]
    vars: [{name: infradispatch_installation_id}]
  api_url:
    ini: [{section: infradispatch, key: api_url}]
    vars: [{name: infradispatch_api_url}]
  validate_certs:
    ini: [{section: infradispatch, key: validate_certs}]
    vars: [{name: infradispatch_validate_certs}]
  ca_path:
    ini: [{section: infradispatch, key: ca_path}]
    vars: [{name: infradispatch_ca_path}]
  client_cert:
    ini: [{section: infradispatch, key: client_cert}]
    vars: [{name: infradispatch_client_cert}]
  client_key:
    ini: [{section: infradispatch, key: client_key}]
    vars: [{name: infradispatch_client_key}]
  use_proxy:
    ini: [{section: infradispatch, key: use_proxy}]
    vars: [{name: infradispatch_use_proxy}]
  timeout:
    ini: [{section: infradispatch, key: timeout}]
    vars: [{name: infradispatch_timeout}]
"""

    CALLBACK = r"""
options:
  token:
    env: [{name: INFRADISPATCH_TOKEN}]
  app_id:
    env: [{name: INFRADISPATCH_APP_ID}]
    ini: [{section: callback_github_repository_dispatch, key: app_id}]
  private_key:
    env: [{name: INFRADISPATCH_PRIVATE_KEY}]
  private_key_path:
    env: [{name: INFRADISPATCH_PRIVATE_KEY_PATH}]
    ini: [{section: callback_github_repository_dispatch, key: private_key_path}]
  signer_command:
    env: [{name: INFRADISPATCH_SIGNER_COMMAND}]
    ini: [{section: callback_github_repository_dispatch, key: signer_command}]
  installation_id:
    env: [{name: INFRADISPATCH_INSTALLATION_ID}]
    ini: [{section: callback_github_repository_dispatch, key: installation_id}]
  api_url:
    env: [{name: INFRADISPATCH_API_URL}]
    ini: [{section: callback_github_repository_dispatch, key: api_url}]
  validate_certs:
    env: [{name: INFRADISPATCH_VALIDATE_CERTS}]
    ini: [{section: callback_github_repository_dispatch, key: validate_certs}]
  ca_path:
    env: [{name: INFRADISPATCH_CA_PATH}]
    ini: [{section: callback_github_repository_dispatch, key: ca_path}]
  client_cert:
    env: [{name: INFRADISPATCH_CLIENT_CERT}]
    ini: [{section: callback_github_repository_dispatch, key: client_cert}]
  client_key:
    env: [{name: INFRADISPATCH_CLIENT_KEY}]
    ini: [{section: callback_github_repository_dispatch, key: client_key}]
  use_proxy:
    env: [{name: INFRADISPATCH_USE_PROXY}]
    ini: [{section: callback_github_repository_dispatch, key: use_proxy}]
  timeout:
    env: [{name: INFRADISPATCH_TIMEOUT}]
    ini: [{section: callback_github_repository_dispatch, key: timeout}]
"""
