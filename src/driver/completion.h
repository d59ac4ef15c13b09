/* Completion for shells, from the tables of options and verbs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_COMPLETION_H
#define DRIVER_COMPLETION_H

#include "base/base.h"
#include "core/buf.h"

/* Appends a script for `shell` (bash, zsh or fish) that completes miproc's
 * options and verbs; false if it is none of these. */
bool completion(struct buf *b, const char *shell);

#endif
