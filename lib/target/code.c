/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "target/code.h"

/* The C library holds both; it is small. Much more code than this is not looked at. */
#define MAX_CODE_BYTES ((uint64_t)1 << 26)
#define STEP_BYTES     ((size_t)1 << 18)

static const unsigned char call_ret[] = {0x0f, 0x05, 0xc3};
static const unsigned char sigreturn_64[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
static const unsigned char sigreturn_32[] = {0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05};
#define LONGEST sizeof sigreturn_64

static void look_for(const unsigned char *buffer, size_t bytes, uint64_t address,
		     const unsigned char *pattern, size_t length, uint64_t *found)
{
	const unsigned char *at;

	if (*found)
		return;
	at = memmem(buffer, bytes, pattern, length);
	if (at)
		*found = address + (uint64_t)(at - buffer);
}

static void search_mapping(const struct lg_memory *memory, const struct lg_map *map,
			   unsigned char *buffer, uint64_t *budget, struct lg_code *out)
{
	for (uint64_t at = map->start; at < map->end && *budget; at += STEP_BYTES) {
		size_t bytes = map->end - at < STEP_BYTES + LONGEST ? map->end - at :
								      STEP_BYTES + LONGEST;

		if (lg_memory_read(memory, at, buffer, bytes, NULL) != LG_OK)
			return;
		look_for(buffer, bytes, at, call_ret, sizeof call_ret, &out->call);
		look_for(buffer, bytes, at, sigreturn_64, sizeof sigreturn_64, &out->sigreturn);
		look_for(buffer, bytes, at, sigreturn_32, sizeof sigreturn_32, &out->sigreturn);
		if (out->call && out->sigreturn)
			return;
		*budget = *budget > STEP_BYTES ? *budget - STEP_BYTES : 0;
	}
}

/* The C library first: it has both. Never code that is made at run time. */
static bool worth_a_look(const struct lg_map *map, int round)
{
	const char *file = strrchr(map->path, '/');
	bool is_libc;

	if (!map->readable || !map->executable || map->writable || !file)
		return false;
	is_libc = strncmp(file, "/libc.so", 8) == 0 || strncmp(file, "/libc-", 6) == 0 ||
		  strncmp(file, "/ld-musl", 8) == 0;
	return is_libc == (round == 0);
}

enum lg_status lg_code_find(const struct lg_memory *memory, const struct lg_maps *maps,
			    struct lg_code *out, struct lg_error *err)
{
	lg_cleanup(lg_free) unsigned char *buffer = lg_alloc(STEP_BYTES + LONGEST, 1);
	uint64_t budget = MAX_CODE_BYTES;

	*out = (struct lg_code){0};
	if (!buffer)
		return lg_fail(err, LG_E_MEMORY, "no memory to look at code");
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < maps->count && !(out->call && out->sigreturn); i++)
			if (worth_a_look(&maps->map[i], round))
				search_mapping(memory, &maps->map[i], buffer, &budget, out);
	if (out->call && out->sigreturn)
		return LG_OK;
	return lg_fail(err, LG_E_ATTACH,
		       "its code has no '%s', expected a C library that returns from signals",
		       out->call ? "mov $15, %eax; syscall" : "syscall; ret");
}

bool lg_code_holds(const struct lg_memory *memory, const struct lg_code *code)
{
	unsigned char bytes[LONGEST];

	if (lg_memory_read(memory, code->call, bytes, sizeof call_ret, NULL) != LG_OK ||
	    memcmp(bytes, call_ret, sizeof call_ret) != 0)
		return false;
	if (lg_memory_read(memory, code->sigreturn, bytes, sizeof sigreturn_32, NULL) != LG_OK)
		return false;
	if (memcmp(bytes, sigreturn_32, sizeof sigreturn_32) == 0)
		return true;
	return lg_memory_read(memory, code->sigreturn, bytes, sizeof sigreturn_64, NULL) == LG_OK &&
	       memcmp(bytes, sigreturn_64, sizeof sigreturn_64) == 0;
}
