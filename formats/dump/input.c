/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "formats/dump/input.h"
#include "formats/dump/schema.h"

#define READ_BYTES (1u << 20)

static const char *kind_of_file(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a pipe";
	return S_ISSOCK(mode) ? "a socket" : "a device";
}

enum lg_status lg_input_open(struct lg_input *input, const char *path, struct lg_error *err)
{
	struct stat st;

	/* Without O_NONBLOCK, opening a pipe would wait for somebody to write. */
	*input = (struct lg_input){.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
	if (input->fd < 0)
		return lg_fail(err, LG_E_UNREADABLE, "cannot be opened: %s", strerror(errno));
	if (fstat(input->fd, &st) != 0)
		return lg_fail(err, LG_E_IO, "cannot be looked at: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return lg_fail(err, LG_E_UNREADABLE, "is %s, expected a regular file",
			       kind_of_file(st.st_mode));
	input->bytes = (uint64_t)st.st_size;
	return LG_OK;
}

void lg_input_release(struct lg_input *input)
{
	lg_close(&input->fd);
}

enum lg_status lg_input_read(const struct lg_input *input, uint64_t offset, void *buffer,
			     size_t count, struct lg_error *err)
{
	char *p = buffer;

	while (count) {
		ssize_t got = pread(input->fd, p, count, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return lg_fail(err, LG_E_IO, "reading at byte %lu: %s", offset,
				       strerror(errno));
		if (got == 0)
			return lg_fail(err, LG_E_UNREADABLE,
				       "ends at byte %lu, but had %lu bytes when it was opened",
				       offset, input->bytes);
		p += got;
		offset += (uint64_t)got;
		count -= (size_t)got;
	}
	return LG_OK;
}

/* Have `wanted` bytes from the value's start in the buffer, or all there are. */
static enum lg_status fill(struct lg_values *v, uint64_t wanted, struct lg_error *err)
{
	uint64_t start = v->buffer_offset + v->used, rest = v->end - start;
	size_t held = v->filled - v->used, target;
	enum lg_status status;

	if (wanted < READ_BYTES)
		wanted = READ_BYTES;
	target = wanted < rest ? wanted : rest;
	if (v->used)
		memmove(v->buffer, v->buffer + v->used, held);
	v->buffer_offset = start;
	v->used = 0;
	v->filled = held;
	if (target <= held)
		return LG_OK;
	if (!lg_reserve(v->buffer, v->capacity, target))
		return lg_fail(err, LG_E_MEMORY, "no memory for a value of %lu bytes at byte %lu",
			       wanted, start);
	status = lg_input_read(v->input, start + held, v->buffer + held, target - held, err);
	if (status == LG_OK)
		v->filled = target;
	return status;
}

static enum lg_status refuse(const struct lg_values *v, enum lg_scan_status why, uint64_t rest,
			     struct lg_error *err)
{
	uint64_t at = v->offset + v->scan.bytes;

	switch (why) {
	case LG_SCAN_BAD:
		return lg_fail(err, LG_E_UNREADABLE,
			       "byte %lu is c1, which begins no MessagePack value", at);
	case LG_SCAN_DEEP:
		return lg_fail(err, LG_E_UNREADABLE, "values at byte %lu are nested deeper than %u",
			       at, LG_DUMP_MAX_DEPTH);
	default:
		return lg_fail(err, LG_E_UNREADABLE,
			       "cut off or corrupt: the value at byte %lu claims %lu bytes or elements, %lu bytes are left",
			       v->offset, v->scan.claim, rest - v->scan.bytes);
	}
}

enum lg_status lg_values_next(struct lg_values *v, bool *more, struct lg_error *err)
{
	uint64_t wanted = 0;

	v->used += v->scan.bytes;
	v->scan = (struct lg_scan){0};
	v->offset = v->buffer_offset + v->used;
	*more = v->offset < v->end;
	while (*more) {
		uint64_t rest = v->end - v->offset, held = v->filled - v->used;
		enum lg_scan_status scanned = LG_SCAN_MORE;
		enum lg_status status;

		if (held)
			scanned = lg_token_scan(v->buffer + v->used, held, rest, &v->scan);
		if (scanned == LG_SCAN_OK)
			break;
		if (scanned != LG_SCAN_MORE || held == rest)
			return refuse(v, scanned, rest, err);
		/* Doubled, so that a large value is scanned again only a few times. */
		wanted = v->scan.bytes > 2 * held ? v->scan.bytes : 2 * held;
		status = fill(v, wanted, err);
		if (status != LG_OK)
			return status;
	}
	v->value = v->buffer + v->used;
	if (*more && v->hash)
		XXH3_64bits_update(v->hash, v->value, v->scan.bytes);
	return LG_OK;
}

void lg_values_release(struct lg_values *v)
{
	free(v->buffer);
	XXH3_freeState(v->hash);
}
