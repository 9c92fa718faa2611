/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_DUMP_SCHEMA_H
#define LG_DUMP_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leakgraph/snapshot.h"

/* The tables of SPEC.md, section 2, and where a snapshot keeps them. */

#define LG_DUMP_MAJOR 1
#define LG_DUMP_MINOR 1

#define LG_DUMP_CHUNK_ROWS 65536u
#define LG_DUMP_MAX_STRING_BYTES (64u << 20)
#define LG_DUMP_MAX_DEPTH 32
#define LG_DUMP_MAX_PARTS 65536u

/* Memory of decoded tables: at most this much, and so much a byte of the file. */
#define LG_DUMP_FREE_BYTES (64ull << 20)
#define LG_DUMP_RATIO 64ull

/* The seal: 92, ad "leakgraph.end", c4 08, checksum. */
#define LG_DUMP_SEAL_HEAD "\x92\xadleakgraph.end\xc4\x08"
#define LG_DUMP_SEAL_HEAD_BYTES 17u
#define LG_DUMP_SEAL_BYTES 25u

enum lg_dump_table_id {
	LG_TABLE_STRINGS,
	LG_TABLE_TYPES,
	LG_TABLE_OBJECTS,
	LG_TABLE_INNER,
	LG_TABLE_REFERENCES,
	LG_TABLE_ROOTS,
	LG_TABLE_THREADS,
	LG_TABLE_FRAMES,
	LG_TABLE_TASKS, /* from here on: a file may do without */
	LG_TABLE_SITES,
	LG_TABLE_ALLOCATIONS,
	LG_TABLE_EQUALS,
	LG_TABLE_CONTAINERS,
	LG_TABLE_BOUNDS,
	LG_TABLE_MAPPINGS,
	LG_TABLE_ARENAS,
	LG_TABLE_POOLS,
	LG_TABLE_HEAPS,
	LG_TABLE_COLLECTORS,
	LG_TABLE_COUNT
};

enum lg_encoding {
	LG_ENCODING_U8,
	LG_ENCODING_U32,
	LG_ENCODING_U64,
	LG_ENCODING_SPLIT32,
	LG_ENCODING_SPLIT64,
	LG_ENCODING_VARINT, /* from here on: 1 to 10 bytes a value */
	LG_ENCODING_DELTA,
	LG_ENCODING_COUNT
};

struct lg_dump_column {
	const char *name;
	size_t slot;   /* in struct lg_snapshot: the pointer to the elements */
	size_t member; /* in an element: the value */
	size_t stride; /* bytes of an element */
	uint8_t width; /* bytes of a value: 1, 4, 8 */
	uint8_t encoding; /* the writer's choice, */
	uint8_t packed;   /* and that before compression */
	bool difference;  /* the snapshot keeps sums: value i is element i+1 less element i */
	bool optional;    /* a file may do without: all values are 0 */
};

#define LG_DUMP_MAX_COLUMNS 10

struct lg_dump_table {
	const char *name;
	size_t count_slot; /* in struct lg_snapshot: the uint32_t number of rows */
	unsigned column_count;
	struct lg_dump_column column[LG_DUMP_MAX_COLUMNS];
};

extern const struct lg_dump_table lg_dump_tables[LG_TABLE_COUNT];

/* The numbers and strings of "info". */
struct lg_dump_info_field {
	const char *name;
	size_t slot; /* in struct lg_snapshot_info */
	bool text;   /* a uint32_t string, else a uint64_t */
};
#define LG_DUMP_INFO_FIELDS 27
extern const struct lg_dump_info_field lg_dump_info_fields[LG_DUMP_INFO_FIELDS];

static inline uint32_t *lg_dump_row_count(const struct lg_snapshot *s, const struct lg_dump_table *t)
{
	return (uint32_t *)((char *)s + t->count_slot);
}

static inline void **lg_dump_elements(const struct lg_snapshot *s, const struct lg_dump_column *c)
{
	return (void **)((char *)s + c->slot);
}

/* Does an earlier column of the table stand in the same elements? */
bool lg_dump_shares_elements(const struct lg_dump_table *table, unsigned column);

/* Bytes a row takes in memory. */
uint64_t lg_dump_row_bytes(const struct lg_dump_table *table);

/* Bytes all tables take in memory. Rows and string bytes below 2^40: no overflow. */
uint64_t lg_dump_decoded_bytes(const uint64_t rows[LG_TABLE_COUNT], uint64_t string_bytes);

#endif
