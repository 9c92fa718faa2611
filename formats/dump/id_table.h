/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_ID_TABLE_H
#define LG_DUMP_ID_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From 64-bit ids to numbers: open addressing with linear probing, at most
 * half full. The hash is seeded at random, so that a file can't choose ids
 * that collide. Expected O(1) each; whoever looks up many prefetches.
 */
struct lg_id_slot {
	uint64_t id;
	uint32_t number; /* LG_NONE: free */
};
struct lg_id_table {
	struct lg_id_slot *slot;
	uint64_t mask;
	uint64_t count;
	uint64_t seed;
};

bool lg_id_table_init(struct lg_id_table *table, uint64_t expected);
void lg_id_table_release(struct lg_id_table *table);

static inline uint64_t lg_id_hash(const struct lg_id_table *table, uint64_t id)
{
	/* The finalizer of splitmix64 (Steele, Lea, Flood, 2014). */
	id ^= table->seed;
	id = (id ^ id >> 30) * 0xbf58476d1ce4e5b9;
	id = (id ^ id >> 27) * 0x94d049bb133111eb;
	return id ^ id >> 31;
}
static inline void lg_id_prefetch(const struct lg_id_table *table, uint64_t id)
{
	__builtin_prefetch(&table->slot[lg_id_hash(table, id) & table->mask]);
}

/*
 * The number of an id; where it has none, it gets `number`, and *is_new is
 * true. False when memory is out.
 */
bool lg_id_table_add(struct lg_id_table *table, uint64_t id, uint32_t number, uint32_t *out,
		     bool *is_new);

#endif
