/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_ABI_H
#define LG_WALKER_ABI_H

#include "cpython/layout.h"
#include "cpython/library.h"
#include "cpython/runtime.h"

/*
 * What the two sides of the walker share: the host (lib/walker, an
 * ordinary part of leakgraph) and the blob (lib/walker/blob, freestanding code
 * that runs inside the frozen copy). The host fills `struct lg_walker` at the
 * start of a memory both have mapped, and starts the blob with its address.
 * The blob fills columns in the same memory and runs into an int3 when one is
 * full, when it is done, or just now and then; the host takes the rows away
 * and lets it go on.
 *
 * The host trusts nothing in it: the copy is another program's memory, and
 * what the blob writes may have been overwritten.
 */

/* How the blob numbers what it meets. Zero is "no object". */
#define LG_WALKER_LEAF        (1u << 31)
#define LG_WALKER_NAMED       (1u << 30) /* only in the address map: its text was streamed */
#define LG_WALKER_NUMBER_MASK (LG_WALKER_NAMED - 1)
#define LG_WALKER_BAD         LG_WALKER_NUMBER_MASK /* not an object: its reading faulted */
#define LG_WALKER_MAX_NUMBER  (LG_WALKER_BAD - 1)

/* Names of references: 0 none; a str by its leaf number + 1; or, with this bit, a text by its number. */
#define LG_WALKER_TEXT (1u << 31)

#define LG_WALKER_MAX_NAME_BYTES 64 /* longer str keys are not recorded */
#define LG_WALKER_MAX_CONTENT_BYTES (16u << 20) /* longer strings are not compared */

enum lg_walker_event {
	LG_WALKER_TICK = 0, /* rows may be there; there is more to come */
	LG_WALKER_DONE,
	LG_WALKER_NO_MEMORY, /* the copy can't have more */
	LG_WALKER_TOO_MANY,  /* more objects than numbers */
};

/* Where the blob was, for the host's messages and for going on after a fault. */
enum lg_walker_stage {
	LG_WALKER_START = 0,
	LG_WALKER_LISTS, /* numbering the collector's lists */
	LG_WALKER_SEEDS,
	LG_WALKER_HEAD, /* an object: type and refcount */
	LG_WALKER_SIZE, /* its shallow size */
	LG_WALKER_REFS, /* its references */
	LG_WALKER_END,
};

enum lg_walker_recover { LG_WALKER_FAULTED = 1, LG_WALKER_STALLED };

struct lg_walker_object {
	uint64_t address, bytes;
	uint32_t type; /* 1-based position in the column of types, 0: unreadable */
	uint32_t refcount;
	uint32_t references; /* how many rows of the column of references are its own */
	uint32_t flags;      /* LG_OBJECT_* */
};

struct lg_walker_reference {
	uint32_t target; /* number, with LG_WALKER_LEAF */
	uint32_t name;   /* a type's position for LG_REF_KEY_TYPE */
	uint32_t kind;
};

struct lg_walker_type {
	uint64_t address;
	uint32_t object; /* number of the type object */
	uint32_t flags;  /* LG_TYPE_* */
};

/* A label that is known only when another object is seen: items of __defaults__ and closures. */
struct lg_walker_patch {
	uint32_t object, item, name, kind;
};

/* A suspended generator, coroutine or async generator. */
struct lg_walker_suspended {
	uint64_t code, instruction; /* as in lg_code_info_line() */
	uint32_t object;
	uint32_t awaits; /* number of what it awaits or yields from, with LG_WALKER_LEAF; 0: nothing */
};

/* Memory whose words may be references of a suspended greenlet's; how many of them are, nobody stores. */
struct lg_walker_stack {
	uint64_t start, bytes;
	uint32_t object;
	uint32_t is_c; /* C's; else of a frame, for values under way */
};

/* As lg_container; of an inner object. */
struct lg_walker_container {
	uint64_t apart_bytes, needed_bytes, used, room;
	uint32_t object;
};

/* What the copy has mapped: of a core some libraries may not be there. */
struct lg_walker_range {
	uint64_t start, end;
	uint32_t readable, executable;
};

/* In the column of texts: this, then `bytes` bytes. */
struct lg_walker_text {
	uint32_t name; /* as in references */
	uint32_t bytes;
};

enum lg_walker_column_id {
	LG_WALKER_INNER = 0, /* struct lg_walker_object, numbers first_number, +1, +2 ... */
	LG_WALKER_LEAVES,    /* struct lg_walker_object, numbers 0, 1, 2 ... */
	LG_WALKER_REFERENCES,
	LG_WALKER_TYPES,
	LG_WALKER_TEXTS, /* bytes */
	LG_WALKER_PATCHES,
	LG_WALKER_SUSPENDED,
	LG_WALKER_CONTENTS, /* uint64_t, one for each leaf: the hash of its content, 0: none */
	LG_WALKER_CONTAINERS,
	LG_WALKER_STACKS,
	LG_WALKER_COLUMNS
};

/* Rows before this window: base. The position of a new row is base + count. */
struct lg_walker_column {
	uint64_t rows; /* offset from struct lg_walker */
	uint32_t count, capacity;
	uint64_t base; /* set by the host when it takes rows away */
};

/* Free lists of malloc, for blob_lists_main: a pass of its own, before the walk. */
#define LG_WALKER_LISTS_ENTRY 64 /* from the start of the blob */
struct lg_walker_lists {
	uint64_t bins;     /* pairs of addresses: heads of rings */
	uint64_t fastbins; /* addresses of first chunks */
	uint32_t bin_count, fastbin_count;
	uint64_t most_bytes; /* of them all */
	uint32_t most_chunks;
	/* The answer. */
	uint32_t chunks;
	uint64_t bytes;
	uint64_t whole; /* 1: all were summed up */
};

/* Small pieces from many addresses, for blob_scatter_main; likewise. */
#define LG_WALKER_SCATTER_ENTRY 128
struct lg_walker_scatter {
	uint64_t addresses, out; /* arrays in the copy */
	uint64_t count, words;   /* words of each piece */
	uint64_t done;           /* the piece it is at */
};

#define LG_WALKER_CACHE 64

struct lg_walker {
	/* Tables in. */
	struct lg_layout layout;
	struct lg_library library;
	uint64_t gc_list[LG_MAX_GC_LISTS];
	uint32_t gc_list_count;
	uint32_t first_number; /* of Python objects: numbers below are the host's pseudo objects */
	uint64_t none;     /* _Py_NoneStruct */
	uint64_t interpreters[LG_MAX_INTERPRETERS];
	uint32_t interpreter_count;
	uint64_t general_lookup; /* lg_python.general_lookup */
	uint64_t interned[LG_MAX_INTERPRETERS]; /* dicts of strings, which they do not keep alive; or 0 */
	uint32_t interned_count;
	uint64_t seeds; /* array of seed_count addresses in the copy; overwritten by numbers */
	uint64_t seed_count;
	uint64_t ranges; /* array of range_count struct lg_walker_range in the copy, ascending */
	uint64_t range_count;
	uint64_t memory_limit_bytes;
	uint64_t max_object_bytes;
	uint64_t max_references; /* of one object: as many as there are words of memory */
	uint64_t content_key;    /* drawn at random */
	uint32_t hash_contents;

	/* Columns out. */
	struct lg_walker_column column[LG_WALKER_COLUMNS];
	uint32_t event; /* enum lg_walker_event */
	uint32_t stage; /* enum lg_walker_stage */
	uint64_t faults;
	uint64_t torn_links;
	uint64_t listed[LG_MAX_GC_LISTS]; /* objects that each of gc_list has */

	/* Host to blob, at a start after a fault or a stall: enum lg_walker_recover. */
	uint32_t recover;

	/* The blob's own. */
	uint32_t partial, degraded, retries;
	uint32_t list, backwards;
	uint64_t seed;
	uint64_t inner_count; /* numbers given, from first_number */
	uint64_t current;     /* object being walked, from 0 */
	uint64_t first_reference, skip;
	uint64_t examining;     /* address of the object being met */
	uint64_t creating_type; /* and of the type being read */
	uint64_t minimal_type;
	uint64_t ticks;
	struct lg_walker_object row;
	uint64_t row_type; /* record of the current object's type */
	struct lg_walker_container container; /* what it is as a container, if it is one */
	uint32_t is_container, faulty_contents;
	uint64_t hashing;        /* address of the object whose content is being read */
	uint64_t faulty_content; /* and of the last one whose could not be */
	uint64_t hashed_bytes;   /* since the last stop */

	uint64_t memory_bytes, arena, arena_end;
	uint64_t order; /* u64 *[]: chunks of addresses by number */
	uint64_t map;   /* radix tree */
	uint64_t cache_key[LG_WALKER_CACHE], cache_base[LG_WALKER_CACHE];
	uint64_t types; /* hash table of records */
	uint32_t type_slots, type_count;
	uint64_t last_type, last_record;
	uint32_t next_text, fixed_sent[4];

	/* Labels for the object being walked. */
	uint64_t hints;
	uint32_t hint_count, hint_cursor;
	uint32_t default_kind, default_name, delay, delay_kind;
	uint32_t bulk;
	uint64_t bulk_at, bulk_end, bulk_other;
};

#endif
