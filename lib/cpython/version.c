/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cpython/image.h"
#include "cpython/version.h"

#define CHUNK_BYTES (256 * 1024)
#define OVERLAP_BYTES 64 /* longer than any version text */
#define MAX_SCAN_BYTES (64 << 20)

void lg_version_format(uint32_t version_hex, char out[LG_VERSION_TEXT_BYTES])
{
	unsigned major = version_hex >> 24, minor = version_hex >> 16 & 255;
	unsigned micro = version_hex >> 8 & 255, level = version_hex >> 4 & 15;
	unsigned serial = version_hex & 15;

	if (level == 0xf)
		snprintf(out, LG_VERSION_TEXT_BYTES, "%u.%u.%u", major, minor, micro);
	else
		snprintf(out, LG_VERSION_TEXT_BYTES, "%u.%u.%u%s%u", major, minor, micro,
			 level == 0xa ? "a" : level == 0xb ? "b" : "rc", serial);
}

uint32_t lg_version_parse(const char *text)
{
	unsigned major, minor, micro, serial = 0, level = 0xf;
	int end = 0;

	if (sscanf(text, "%3u.%3u.%3u%n", &major, &minor, &micro, &end) != 3 || major > 255 ||
	    minor > 255 || micro > 255)
		return 0;
	text += end;
	if (strncmp(text, "rc", 2) == 0)
		level = 0xc;
	else if (*text == 'a' || *text == 'b')
		level = 0xa + (unsigned)(*text - 'a');
	if (level != 0xf && (sscanf(text, "%*[abrc]%2u", &serial) != 1 || serial > 15))
		return 0;
	return major << 24 | minor << 16 | micro << 8 | level << 4 | serial;
}

static size_t skip_digits(const char *text, size_t limit)
{
	size_t n = 0;

	while (n < limit && isdigit((unsigned char)text[n]))
		n++;
	return n;
}

/*
 * Length of "3.9.18", "3.10.0rc1+" at text, if " (" follows, as it does in
 * sys.version; else 0.
 */
static size_t version_length(const char *text, size_t limit)
{
	size_t at = 2, digits;

	if (limit < OVERLAP_BYTES || (text[0] != '2' && text[0] != '3') || text[1] != '.')
		return 0;
	digits = skip_digits(text + at, 3);
	if (digits == 0 || text[at + digits] != '.')
		return 0;
	at += digits + 1;
	digits = skip_digits(text + at, 3);
	if (digits == 0)
		return 0;
	at += digits;
	while (at < LG_VERSION_TEXT_BYTES - 1 && (isalnum((unsigned char)text[at]) || text[at] == '+'))
		at++;
	return text[at] == ' ' && text[at + 1] == '(' ? at : 0;
}

static bool find_in(const char *bytes, size_t length, char out[LG_VERSION_TEXT_BYTES])
{
	for (size_t i = 0; i + OVERLAP_BYTES <= length; i++) {
		size_t found = version_length(bytes + i, length - i);

		if (found) {
			memcpy(out, bytes + i, found);
			out[found] = 0;
			return true;
		}
	}
	return false;
}

static bool scan_map(const struct lg_memory *memory, const struct lg_map *map, char *buffer,
		     uint64_t *budget, char out[LG_VERSION_TEXT_BYTES])
{
	uint64_t at = map->start;

	while (at < map->end && *budget) {
		struct lg_error ignored;
		uint64_t bytes = map->end - at;

		if (bytes > CHUNK_BYTES)
			bytes = CHUNK_BYTES;
		*budget -= bytes < *budget ? bytes : *budget;
		if (lg_memory_read(memory, at, buffer, bytes, &ignored) == LG_OK &&
		    find_in(buffer, bytes, out))
			return true;
		at += bytes > OVERLAP_BYTES && at + bytes < map->end ? bytes - OVERLAP_BYTES : bytes;
	}
	return false;
}

/* The file's name: "libpython3.9.so.1.0", "python3.8". */
static bool from_name(const char *path, char out[LG_VERSION_TEXT_BYTES])
{
	const char *slash = strrchr(path, '/');
	const char *name = strstr(slash ? slash : path, "python");
	size_t length = 0;

	if (!name)
		return false;
	name += strlen("python");
	while (length < LG_VERSION_TEXT_BYTES - 1 &&
	       (isdigit((unsigned char)name[length]) ||
		(name[length] == '.' && isdigit((unsigned char)name[length + 1]))))
		length++;
	memcpy(out, name, length);
	out[length] = 0;
	return length > 0;
}

/* The text is made at start-up in a static buffer: it lies in the image's zero-filled end. */
void lg_version_guess(const struct lg_memory *memory, const struct lg_maps *maps,
		      const struct lg_map *image, char out[LG_VERSION_TEXT_BYTES])
{
	lg_cleanup(lg_free) char *buffer = malloc(CHUNK_BYTES);
	uint64_t budget = MAX_SCAN_BYTES, end = image->start;

	for (size_t i = 0; i < maps->count && buffer; i++) {
		const struct lg_map *map = &maps->map[i];

		if (lg_image_holds(image, map, &end) && map->readable && map->writable &&
		    scan_map(memory, map, buffer, &budget, out))
			return;
	}
	if (!from_name(image->path, out))
		snprintf(out, LG_VERSION_TEXT_BYTES, "of an unknown version");
}
