#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rolls out the site. do NOT run on the old bastion!!  (m.k.)
#
#   the_ansible_wrapper.sh [--check] [branch]
#
# env: SITE_ENV (staging), SITE_BRANCH (release-2), SITE_TICKET, VAULT_URL,
#      ANSIBLE_VENV, SITE_STATE

set -eu

ME=${0##*/}
cd "$(dirname "$0")"
HERE=$PWD

# per host and per user settings, if somebody has any
[ -r /etc/default/site-rollout ] && . /etc/default/site-rollout
[ -r "$HOME/.site-rollout" ] && . "$HOME/.site-rollout"

say() { echo "[$ME] $*"; }
die() { echo "[$ME] $*" >&2; exit 2; }

EXTRA=()
if [ "${1:-}" = "--check" ]; then EXTRA+=(--check --diff); shift; fi

BRANCH=${1:-${SITE_BRANCH:-release-2}}
STATE=${SITE_STATE:-$HERE/state}
VENV=${ANSIBLE_VENV:-$(cd ../.. && pwd)/.build/demo/venv}
export SITE_ENV=${SITE_ENV:-staging}
export SITE_TICKET=${SITE_TICKET:-}
export LC_ALL=C.UTF-8          # ansible dies without utf-8
export SITE_DEPLOY_ROOT=$STATE/deployed

[ -d "$STATE/origin/site.git" ] || die "no $STATE/origin/site.git: run ./setup.sh first"

# which ansible
if [ -x "$VENV/bin/ansible-playbook" ]; then
    PATH=$VENV/bin:$PATH
fi
for tool in git ansible-galaxy ansible-playbook; do
    command -v $tool >/dev/null || die "$tool: not found, run ./setup.sh first"
done
# prefer curl, but not every image has it
FETCH=
for tool in curl wget python3; do
    if which $tool >/dev/null 2>&1; then FETCH=$tool; break; fi
done

TMP=$(mktemp -d "${TMPDIR:-/tmp}/rollout.XXXXXX")
export ANSIBLE_REMOTE_TMP=$TMP/remote     # not into everybody's ~/.ansible again
VAULT_PID=
cleanup() {
    rc=$?
    trap - EXIT
    if [ -n "$VAULT_PID" ]; then
        kill "$VAULT_PID" 2>/dev/null || :
        wait "$VAULT_PID" 2>/dev/null || :
    fi
    rm -rf "$TMP"
    exit $rc
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

### 1. the checkout
if [ ! -d "$STATE/site/.git" ]; then
    git clone -q "$STATE/origin/site.git" "$STATE/site"
fi
pushd "$STATE/site" >/dev/null
git fetch -q origin
git checkout -q "$BRANCH"
git merge -q --ff-only "origin/$BRANCH"
REVISION=`git rev-parse --short HEAD`
popd >/dev/null
say "site at $REVISION on $BRANCH"

### 2. the shared role (from here, so that the site's ansible.cfg is not in the way)
ansible-galaxy role install --force --roles-path "$STATE/site/galaxy_roles" \
    "git+file://$STATE/origin/role-banner.git,v1.2.0,banner" >"$TMP/galaxy.log" 2>&1 \
    || { cat "$TMP/galaxy.log" >&2; die "the banner role does not install"; }

### 3. the secrets
if [ -z "${VAULT_URL:-}" ]; then
    # nobody told us where the vault is: a stand-in on loopback
    mkfifo "$TMP/vault.port"
    python3 vault_standin.py "$STATE/vault.json" >"$TMP/vault.port" 2>"$TMP/vault.log" &
    VAULT_PID=$!
    read -r port <"$TMP/vault.port" || die "the vault's stand-in did not start: $(cat "$TMP/vault.log")"
    VAULT_URL=http://127.0.0.1:$port
fi
old_umask=$(umask); umask 077
case $FETCH in
    curl)    curl -fsS --noproxy '*' -o "$TMP/vault.json" "$VAULT_URL/vault.json" ;;
    wget)    wget -q --no-proxy -O "$TMP/vault.json" "$VAULT_URL/vault.json" ;;
    python3) python3 -c 'import sys, urllib.request as u
u.install_opener(u.build_opener(u.ProxyHandler({})))
u.urlretrieve(sys.argv[1], sys.argv[2])' "$VAULT_URL/vault.json" "$TMP/vault.json" ;;
    *)       die "neither curl nor wget nor python3" ;;
esac
umask $old_umask

### 4. the rollout
cd "$STATE/site"
rc=0
ansible-playbook ${EXTRA[@]+"${EXTRA[@]}"} -e "@$TMP/vault.json" site.yml || rc=$?
say "done, rc $rc"
exit $rc
