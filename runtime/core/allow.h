/* What a program may reach: grants of commands and of hosts.
 *
 *     exec:./tools/calc     a command, named as it is called
 *     exec:python3          one of PATH
 *     net:api.x.com         a host, whatever the port
 *     net:api.x.com:443     one port of it
 *     net:[::1]:8080
 *     none                  nothing, where something must be said
 *
 * SPDX-License-Identifier: MIT */
#ifndef ALLOW_H
#define ALLOW_H

#include <stdbool.h>

#include "core/buf.h"

/* Is it well formed? */
bool allow_valid(const char *grant);

/* Does one of the grants, ended by NULL, cover the command?  Paths are
 * compared as they are written, but for "./" and "//" in them. */
bool allow_exec(const char *const *grant, const char *command);

/* Does one cover the host and port of an http or https URL?  What is no such
 * URL is covered by none. */
bool allow_net(const char *const *grant, const char *url);

/* Appends "host:port" of an http or https URL, the port only if it is not
 * that of the scheme; false if it is none. */
bool allow_host(struct buf *b, const char *url);

/* Does it begin as an address has to, with http:// or https://? */
bool allow_scheme(const char *url);

#endif
