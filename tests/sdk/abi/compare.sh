#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: compare.sh BASELINE ANCHOR_LIBRARY
# Compares the ABI of the anchor library with its baseline.
# Status 0: equal, 1: changed, 77: abidiff is not installed.
# After an intended change, before the first release only, the baseline is written anew by
#   abidw --no-show-locs --no-corpus-path --no-comp-dir-path --out-file BASELINE ANCHOR_LIBRARY
set -u
command -v abidiff >/dev/null || { echo "skipped: abidiff (package abigail-tools) is missing"; exit 77; }
abidiff --no-show-locs --no-architecture "$1" "$2" || { echo "the ABI has changed"; exit 1; }
