#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A page says what the program that writes it prints: PROGRAM, page, command that renews it.
set -eu
if ! "$1" | diff -u "$2" -; then
  echo "$2 is stale: $3" >&2
  exit 1
fi
