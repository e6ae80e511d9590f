#!/bin/sh
# MediaWiki with SQLite and Chromium from Debian 12's packages; playwright-core from npm. Run as root.
set -eu
cd "$(dirname "$0")/.."
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
  mediawiki chromium php8.2-cli php8.2-sqlite3 php8.2-gd php8.2-curl php8.2-xml php8.2-mbstring php8.2-intl php8.2-apcu
npm install --no-audit --no-fund
