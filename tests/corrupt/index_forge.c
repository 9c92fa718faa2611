/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damages an index and makes all its checksums right again, for the tests of
 * hostile files:
 *
 *	index_forge FILE SEED      overwrites some words of one column
 *
 * Prints which block was hit. The file is changed in place.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/hash.h"

#include "base/cleanup.h"
#include "formats/index/frame.h"

#define MOST_HITS 8

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Near misses hurt most: off by one, far off, all ones, nothing. */
static uint32_t bad_value(uint32_t value, uint64_t random)
{
	switch (random % 6) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return UINT32_MAX;
	case 3:
		return 0;
	case 4:
		return (uint32_t)(random >> 32);
	default:
		return value ^ (1u << (random >> 40) % 32);
	}
}

static void hit(uint8_t *map, const struct lg_index_frame *frame, uint64_t *state)
{
	const struct lg_index_chunk *chunk = &frame->chunk[next_random(state) % frame->chunk_count];
	uint64_t hits = 1 + next_random(state) % MOST_HITS;

	for (uint64_t i = 0; i < hits && chunk->bytes >= sizeof(uint32_t); i++) {
		uint64_t word = next_random(state) % (chunk->bytes / sizeof(uint32_t));
		uint8_t *place = map + chunk->offset + word * sizeof(uint32_t);
		uint32_t value;

		memcpy(&value, place, sizeof value);
		value = bad_value(value, next_random(state));
		memcpy(place, &value, sizeof value);
	}
	printf("block %u\n", chunk->block);
}

static void seal(uint8_t *map, struct lg_index_frame *frame)
{
	struct lg_index_head *head = (struct lg_index_head *)map;

	for (uint64_t i = 0; i < frame->chunk_count; i++)
		frame->hash[i] = XXH3_64bits(map + frame->chunk[i].offset, frame->chunk[i].bytes);
	memcpy(head + 1, frame->hash, frame->chunk_count * sizeof *frame->hash);
	head->hash = lg_index_hash(head, frame);
}

int main(int argc, char **argv)
{
	struct lg_snapshot snapshot = {0};
	struct lg_graph graph = {0};
	struct lg_dominators dominators = {0};
	struct lg_shortest shortest = {0};
	struct lg_analysis analysis = {
		.graph = &graph, .dominators = &dominators, .shortest = &shortest};
	const struct lg_index_parts parts = {&snapshot, &analysis};
	lg_cleanup(lg_index_frame_release) struct lg_index_frame frame = {0};
	lg_cleanup(lg_close) int fd = argc == 3 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	struct lg_error err = {0};
	struct stat st;
	uint64_t state;
	uint8_t *map;

	if (fd < 0 || fstat(fd, &st) != 0)
		return 1;
	state = strtoull(argv[2], NULL, 10);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 1;
	if (lg_index_counts_put(&((struct lg_index_head *)map)->counts, &parts, &err) != LG_OK ||
	    lg_index_frame_lay(&frame, &parts, &((struct lg_index_head *)map)->counts, &err) != LG_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	hit(map, &frame, &state);
	seal(map, &frame);
	return 0;
}
