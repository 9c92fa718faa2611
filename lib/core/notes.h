/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CORE_NOTES_H
#define LG_CORE_NOTES_H

#include "core/core.h"

/*
 * Read the notes in `bytes` bytes of the core from offset on into the fields of
 * *core: registers, process, auxiliary vector, mapped files. Notes of other
 * kinds are passed over; what is not whole (a core that was cut off) is left.
 */
enum lg_status lg_core_read_notes(struct lg_core *core, uint64_t offset, uint64_t bytes,
				  struct lg_error *err) LG_MUST_CHECK;

/* Reads exactly `bytes`, or says what is missing. */
enum lg_status lg_core_pread(const struct lg_core *core, const char *what, uint64_t offset, void *to,
			     size_t bytes, struct lg_error *err) LG_MUST_CHECK;

#endif
