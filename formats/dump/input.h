/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_INPUT_H
#define LG_DUMP_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/dump/token.h"
#include "leakgraph/status.h"

/*
 * A regular file, read by position: never mapped, so that a file cut short
 * while it is read is an error and not a SIGBUS.
 */
struct lg_input {
	int fd;
	uint64_t bytes; /* when it was opened; what comes after is not read */
};

enum lg_status lg_input_open(struct lg_input *input, const char *path,
			     struct lg_error *err) LG_MUST_CHECK;
void lg_input_release(struct lg_input *input);
/* Exactly `count` bytes at `offset`. Safe from several threads. */
enum lg_status lg_input_read(const struct lg_input *input, uint64_t offset, void *buffer,
			     size_t count, struct lg_error *err) LG_MUST_CHECK;

/* The values of a file, one after the other. Zero-initialise but for input; for lg_cleanup. */
struct lg_values {
	const struct lg_input *input;
	uint64_t end;    /* no value reaches beyond it */
	uint64_t offset; /* of the value at hand, in the file */
	const uint8_t *value;
	struct lg_scan scan; /* of it: `bytes`, `parts` */

	uint8_t *buffer;
	size_t capacity, filled, used;
	uint64_t buffer_offset;
	void *hash; /* XXH3 state of all values so far, NULL: not wanted */
};
/*
 * The next value, whole, valid until the next call: *more is false at the end.
 * Memory is that of the largest value, which the file holds.
 */
enum lg_status lg_values_next(struct lg_values *values, bool *more,
			      struct lg_error *err) LG_MUST_CHECK;
void lg_values_release(struct lg_values *values);

#endif
