/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/array.h"
#include "formats/dump/id_table.h"
#include "leakgraph/snapshot.h"

static bool allocate(struct lg_id_table *table, uint64_t slots)
{
	struct lg_id_slot *slot = lg_alloc(slots, sizeof *slot);

	if (!slot)
		return false;
	/* All ones: each number is LG_NONE. */
	memset(slot, 0xff, slots * sizeof *slot);
	table->slot = slot;
	table->mask = slots - 1;
	return true;
}

bool lg_id_table_init(struct lg_id_table *table, uint64_t expected)
{
	uint64_t slots = 64;

	*table = (struct lg_id_table){0};
	if (getrandom(&table->seed, sizeof table->seed, GRND_NONBLOCK) < 0)
		table->seed = (uint64_t)(uintptr_t)table;
	while (slots < 2 * expected)
		slots *= 2;
	return allocate(table, slots);
}

void lg_id_table_release(struct lg_id_table *table)
{
	free(table->slot);
}

static struct lg_id_slot *find(const struct lg_id_table *table, uint64_t id)
{
	uint64_t i = lg_id_hash(table, id) & table->mask;

	while (table->slot[i].number != LG_NONE && table->slot[i].id != id)
		i = (i + 1) & table->mask;
	return &table->slot[i];
}

static bool grow(struct lg_id_table *table)
{
	struct lg_id_table bigger = *table;

	if (!allocate(&bigger, 2 * (table->mask + 1)))
		return false;
	for (uint64_t i = 0; i <= table->mask; i++)
		if (table->slot[i].number != LG_NONE)
			*find(&bigger, table->slot[i].id) = table->slot[i];
	free(table->slot);
	*table = bigger;
	return true;
}

bool lg_id_table_add(struct lg_id_table *table, uint64_t id, uint32_t number, uint32_t *out,
		     bool *is_new)
{
	struct lg_id_slot *slot;

	if (table->count >= (table->mask + 1) / 2 && !grow(table))
		return false;
	slot = find(table, id);
	*is_new = slot->number == LG_NONE;
	if (*is_new) {
		*slot = (struct lg_id_slot){id, number};
		table->count++;
	}
	*out = slot->number;
	return true;
}
