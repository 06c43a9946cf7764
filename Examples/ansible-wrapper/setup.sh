#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes what the_ansible_wrapper.sh needs: Ansible in a virtual environment, and below ./state the git
# repositories it works with and the secrets it fetches. Needs the network for Ansible alone, and only the
# first time. Run it as often as you like: Ansible is kept, the rest is made anew just as it was.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${SITE_STATE:-$here/state}
venv=${ANSIBLE_VENV:-$(cd "$here/../.." && pwd)/.build/demo/venv}

fail() {
  echo "setup.sh: $*" >&2
  exit 1
}

install_ansible() {
  local wanted=$here/requirements.txt
  if cmp -s "$wanted" "$venv/.installed" && "$venv/bin/python3" -c 'import ansible' 2>/dev/null; then
    return
  fi
  # Debian's own Python, not one that a version manager puts before it.
  mkdir -p "$(dirname "$venv")"
  /usr/bin/python3 -m venv --clear "$venv" ||
    fail "cannot make a virtual environment in $venv; on Debian: apt-get install python3-venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" ||
    fail "cannot install ansible-core from PyPI; see pip's message above"
  cp "$wanted" "$venv/.installed"
}

# The same commits on each run: nothing of the day, the machine or the user is in them.
git_alone() {
  env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE -u GIT_TEMPLATE_DIR \
    GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
    GIT_AUTHOR_DATE='2024-03-01T12:00:00Z' GIT_COMMITTER_DATE='2024-03-01T12:00:00Z' \
    git -c user.name='Site' -c user.email='site@example.org' -c init.defaultBranch=main \
    -c core.hooksPath=/dev/null "$@"
}

commit_all() {
  git_alone -C "$1" add --all --force
  git_alone -C "$1" commit --quiet --message "$2"
}

make_repositories() {
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064  # the name as it is now
  trap "rm -rf '$work'" EXIT

  cp -R "$here/site" "$work/site"
  chmod 755 "$work/site/inventory/hosts.py"
  git_alone init --quiet "$work/site"
  commit_all "$work/site" 'Release 1'
  git_alone -C "$work/site" checkout --quiet -b release-2
  cp -R "$here/site-release-2/." "$work/site/"
  commit_all "$work/site" 'Release 2'
  git_alone -C "$work/site" checkout --quiet main

  cp -R "$here/role-banner" "$work/role-banner"
  git_alone init --quiet "$work/role-banner"
  commit_all "$work/role-banner" 'Version 1.2.0'
  git_alone -C "$work/role-banner" tag v1.2.0

  # The checkout and what was deployed go too, so that each demonstration is like the first.
  rm -rf "$state/origin" "$state/site" "$state/deployed"
  mkdir -p "$state/origin"
  for name in site role-banner; do
    git_alone clone --quiet --bare "$work/$name" "$state/origin/$name.git"
  done
}

# A checkout of the main branch as somebody left it long ago. The age matters: git reads files that are
# as young as its index to see whether they changed, and the demonstration would show those reads.
make_checkout() {
  git_alone clone --quiet "$state/origin/site.git" "$state/site"
  find "$state/site" -name .git -prune -o -type f -exec touch -d '2024-03-01T12:00:00Z' {} +
  git_alone -C "$state/site" update-index -q --refresh
}

make_secrets() {
  (
    umask 077
    printf '%s\n' '{"app_db_password": "not-a-real-password", "app_api_token": "not-a-real-token"}' \
      >"$state/vault.json"
  )
}

install_ansible
make_repositories
make_checkout
make_secrets
