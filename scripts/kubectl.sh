#!/usr/bin/env bash
# Prints the path of a kubectl that is new enough for the tests, getting one where the machine has none:
# the one on PATH, one built before, Debian's package, or a build from the Go modules pinned in test/cluster.
# Everything else it says goes to standard error. KUBECTL_FROM=build goes straight to the build.
set -euo pipefail

# The oldest minor version whose watch and patch behaviour the sandbox is compared with.
minor_min=31
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
modules=$root/test/cluster/kubernetes
cache=${XDG_CACHE_HOME:-$HOME/.cache}/understudy
built=$cache/kubectl-$(sha256sum "$modules/go.sum" | cut -c1-16)

say() { echo "kubectl.sh: $*" >&2; }

new_enough() { # PATH
  local version
  version=$("$1" version --client --output=json 2>/dev/null | sed -n 's/.*"gitVersion": *"v\([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] && { [ "${version%%.*}" -gt 1 ] || [ "${version#*.}" -ge "$minor_min" ]; }
}

from_path() {
  local found
  found=$(command -v kubectl) && new_enough "$found" && echo "$found"
}

from_debian() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  say "asking Debian's archive ..."
  apt-get update --quiet >&2 || return 1
  local candidate
  candidate=$(apt-cache policy kubernetes-client | sed -n 's/.*Candidate: *\(1\.[0-9]*\).*/\1/p')
  [ -n "$candidate" ] && [ "${candidate#1.}" -ge "$minor_min" ] || return 1
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends kubernetes-client >&2 || return 1
  from_path
}

build() {
  command -v go >/dev/null || { say "no kubectl >= 1.$minor_min here, and no go to build one: install either"; return 1; }
  local version
  version=$(sed -n 's/^[[:space:]]*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$modules/go.mod")
  say "building kubectl $version from Go modules (minutes the first time) ..."
  mkdir -p "$cache"
  unfinished=$(mktemp -d "$cache/build.XXXXXX") # global: the trap runs after this function
  trap 'rm -rf "$unfinished"' EXIT
  (cd "$modules" && CGO_ENABLED=0 go build -trimpath \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" \
    -o "$unfinished/kubectl" k8s.io/kubernetes/cmd/kubectl) >&2 || return 1
  new_enough "$unfinished/kubectl" || { say "the kubectl just built does not tell a version >= 1.$minor_min"; return 1; }
  mkdir -p "$built"
  mv -f "$unfinished/kubectl" "$built/kubectl" # into place at once: two builds at a time end alike
  echo "$built/kubectl"
}

from_cache() { [ -x "$built/kubectl" ] && new_enough "$built/kubectl" && echo "$built/kubectl"; }

if [ "${KUBECTL_FROM:-}" = build ]; then from_cache || build; else from_path || from_cache || from_debian || build; fi
