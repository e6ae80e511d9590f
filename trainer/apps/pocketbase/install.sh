#!/bin/sh
# PocketBase as a Go module (Go 1.25 or newer), Chromium from Debian 12's packages, playwright-core from npm. Run as root.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium
mkdir -p "$root/work/apps/bin"
CGO_ENABLED=0 GOBIN="$root/work/apps/bin" go install github.com/pocketbase/pocketbase/examples/base@v0.36.8
npm install --no-audit --no-fund
