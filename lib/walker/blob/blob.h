/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_WALKER_BLOB_H
#define LG_WALKER_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leakgraph/snapshot.h"
#include "walker/abi.h"

/*
 * The freestanding half of the walker. No libc, no writable globals, no
 * relocations: all state is in struct lg_walker. It runs in the frozen copy,
 * where any pointer it reads may be wild: a fault there brings it back to
 * blob_main() with `recover` set, and only the object at hand suffers. For
 * that, two rules: read everything foreign before changing any state of our
 * own, and say in `examining` or `stage` what is being read.
 */

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ volatile("" ::: "memory")

/* Named caps for what the target's memory says. */
#define MAX_LIST_LINKS (1ull << 30)
#define MAX_LOG2_KEYS 40
#define MAX_SHARED_KEYS (1u << 16)
#define MAX_BASES 256      /* steps along tp_base */
#define MAX_MEMBERS 1024   /* of one type */
#define MAX_TYPE_FIELDS 64 /* named object pointers of one type, with those of its bases */
#define MAX_HINTS 65536
#define MAX_HINT_SEARCH 64
#define MAX_LOCALS 60000
#define MAX_GREENLET_FRAMES 4096 /* of one greenlet */
#define MAX_RETRIES 16 /* of one object */
#define MAX_SCANNED_ITEMS (1u << 20)
#define MAX_TYPE_FAILURES 8 /* then its tp_traverse is not called any more */
#define STALL_FAILURES 4    /* what a stall counts */
#define MAX_C_STRING 4096
#define MAX_STRUCT_CODES (1u << 20)
#define MAX_DIMENSIONS 64 /* of a NumPy array */

typedef int (*visit_function)(void *, void *);
typedef int (*traverse_function)(void *, visit_function, void *);
typedef int (*is_gc_function)(void *);

struct field {
	uint32_t offset, name;
	bool owned; /* by the table: a reference, whether tp_traverse gives it or not */
};

/* A type met, read once. */
struct record {
	uint64_t address;
	uint32_t id; /* position in the column of types, 1-based */
	uint32_t basic_bytes, item_bytes, before_bytes;
	uint64_t traverse, is_gc;
	int64_t dict_offset;
	uint64_t cached_keys;
	uint32_t size_rule, label_rule, content_rule;
	uint32_t at[LG_MAX_KNOWN_OFFSETS];
	bool heap, gc, managed, inline_values, inner, names_ready, exact;
	bool codeless; /* its tp_traverse is not mapped: the library of a core that was not found */
	uint32_t field_count, key_count;
	uint32_t failures; /* of its tp_traverse */
	struct field *field; /* slots, members, known pointers, in the order of the base chain */
	uint32_t *key_name;  /* names of attributes held inline */
};

struct hint {
	uint64_t target;
	uint32_t name;
	uint8_t kind;
	bool used, owned, member;
};

/* How an object is read after faults (`degraded`): as usual, without labels, by its words alone. */
enum { AS_USUAL = 0, UNLABELLED, SCANNED };

static inline uint64_t load64(uint64_t address)
{
	return *(const volatile uint64_t *)address;
}
static inline uint32_t load32(uint64_t address)
{
	return *(const volatile uint32_t *)address;
}
static inline uint16_t load16(uint64_t address)
{
	return *(const volatile uint16_t *)address;
}
static inline uint8_t load8(uint64_t address)
{
	return *(const volatile uint8_t *)address;
}

/* Could it be an object's address at all? */
static inline bool plausible(uint64_t address)
{
	return (address & 7) == 0 && address - 4096 < (1ull << 47) - 4096;
}

static inline uint64_t refcount_of(const struct lg_walker *w, uint64_t object)
{
	uint64_t word = load64(object + w->layout.object.refcount);

	return word << w->layout.object.flag_bits >> w->layout.object.flag_bits;
}

/* What a word of a frame refers to, 0 where it is no reference. */
static inline uint64_t frame_reference(const struct lg_walker *w, uint64_t word)
{
	if (w->layout.frame.tag_bits && (word & w->layout.frame.tag_bits) == w->layout.frame.tag_number)
		return 0;
	return word & ~(uint64_t)w->layout.frame.tag_bits;
}

/* entry.c */
void blob_stop(struct lg_walker *w, enum lg_walker_event event);
_Noreturn void blob_end(struct lg_walker *w, enum lg_walker_event event);

/* memory.c: zeroed memory that lives as long as the walk; does not return without it */
void *blob_alloc(struct lg_walker *w, uint64_t bytes);
bool blob_equal(const char *a, const char *b, uint32_t capacity);

/* map.c: address to number */
uint32_t *blob_map_granule(struct lg_walker *w, uint64_t key);
void blob_order_add(struct lg_walker *w, uint64_t address);
uint64_t blob_order_get(const struct lg_walker *w, uint64_t position);

#define GRANULE_SHIFT 20

static inline uint32_t *map_slot(struct lg_walker *w, uint64_t address)
{
	uint64_t key = (address >> GRANULE_SHIFT << 1) | (address >> 3 & 1);
	uint32_t cached = key % LG_WALKER_CACHE;
	uint32_t *granule = (uint32_t *)w->cache_base[cached];

	if (unlikely(w->cache_key[cached] != key || !granule))
		granule = blob_map_granule(w, key);
	return &granule[(address & ((1u << GRANULE_SHIFT) - 1)) >> 4];
}

/* columns.c */
void *blob_row(struct lg_walker *w, enum lg_walker_column_id column, uint32_t bytes);
void blob_text(struct lg_walker *w, uint32_t name, const char *text, uint32_t bytes);

static inline uint64_t column_position(const struct lg_walker *w, enum lg_walker_column_id column)
{
	return w->column[column].base + w->column[column].count;
}

/* names.c */
enum fixed_name {
	NAME_CODE, NAME_GLOBALS, NAME_BUILTINS, NAME_MODULE, NAME_DEFAULTS, NAME_KWDEFAULTS, NAME_DOC,
	NAME_NAME, NAME_QUALNAME, NAME_CLOSURE, NAME_ANNOTATIONS, NAME_BASES, NAME_BASE, NAME_MRO,
	NAME_CACHE, NAME_SUBCLASSES, NAME_SLOTS, NAME_CO_CONSTS, NAME_CO_NAMES, NAME_CO_EXCEPTIONTABLE,
	NAME_CO_LOCALSPLUSNAMES, NAME_CO_LOCALSPLUSKINDS, NAME_CO_FILENAME, NAME_CO_NAME,
	NAME_CO_QUALNAME, NAME_CO_LINETABLE, NAME_CO_CODE, NAME_FRAME, NAME_F_LOCALS, NAME_F_FUNC,
	NAME_F_BACK, NAME_F_TRACE, NAME_EXCEPTION, NAME_CALLBACK, NAME_SELF, NAME_FUNC,
	NAME_TYPE_PARAMS, NAME_ANNOTATE, NAME_CO_CACHED,
	NAME_COPY, NAME_AWAITS, NAME_STACK, NAME_MODULE_STATE, NAME_LINK, NAME_LINK_TYPE, NAME_TZINFO,
	NAME_ATTRIB, NAME_CO_FREEVARS, NAME_CO_CELLVARS, NAME_F_GLOBALS, NAME_F_BUILTINS,
	NAME_FIELDS, NAME_NAMES, NAME_METADATA, NAME_BASE_DTYPE, NAME_SHAPE,
	FIXED_NAMES
};
uint32_t blob_fixed_name(struct lg_walker *w, enum fixed_name name);
uint32_t blob_c_name(struct lg_walker *w, uint64_t c_string);
uint32_t blob_str_name(struct lg_walker *w, uint64_t str);
uint32_t blob_tuple_name(struct lg_walker *w, uint64_t tuple, uint32_t item);

/* types.c */
struct record *blob_type_create(struct lg_walker *w, uint64_t type);

static inline struct record *type_of(struct lg_walker *w, uint64_t type)
{
	struct record **table = (struct record **)w->types;
	uint64_t mask = w->type_slots - 1;

	if (likely(type == w->last_type))
		return (struct record *)w->last_record;
	for (uint64_t i = (type >> 4) * 0x9e3779b97f4a7c15ull >> 40;; i++) {
		struct record *record = table[i & mask];

		if (!record)
			return blob_type_create(w, type);
		if (record->address == type) {
			w->last_type = 0;
			barrier();
			w->last_record = (uint64_t)record;
			barrier();
			w->last_type = type;
			return record;
		}
	}
}

/* sizes.c */
bool blob_size(struct lg_walker *w, uint64_t object, const struct record *record, uint64_t *out);
uint64_t blob_shared_slots(const struct lg_walker *w, uint64_t keys);

/* room.c: what lists, dicts, sets and deques have beside their own structure */
uint64_t blob_keys_bytes(const struct lg_walker *w, uint64_t keys);
uint64_t blob_apart_bytes(const struct lg_walker *w, uint64_t object, const struct record *record);
bool blob_container(const struct lg_walker *w, uint64_t object, const struct record *record,
		    struct lg_walker_container *out);

/* content.c */
struct str_data {
	uint64_t data, length; /* length in characters */
	uint32_t kind;         /* bytes of each */
};
bool blob_str_read(const struct lg_walker *w, uint64_t str, struct str_data *out);
uint32_t blob_content_rule(const struct lg_walker *w, const struct record *record);
uint64_t blob_content(struct lg_walker *w, uint64_t object, const struct record *record);
void blob_content_recover(struct lg_walker *w);

/* meet.c */
uint32_t blob_meet(struct lg_walker *w, uint64_t object); /* its number; 0 if it is none */
void blob_refer(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name);
void blob_emit(struct lg_walker *w, uint32_t number, uint8_t kind, uint32_t name);
uint32_t blob_number_inner(struct lg_walker *w, uint64_t object);

/* A reference that tp_traverse does not give, where the field is not NULL. */
static inline void refer_field(struct lg_walker *w, uint64_t field, uint8_t kind, uint32_t name)
{
	uint64_t target = load64(field);

	if (target)
		blob_refer(w, target, kind, name);
}

/* An object pointer in a structure; Element keeps a flag in the lowest bit. */
static inline uint64_t field_target(uint64_t object, const struct field *field)
{
	return load64(object + field->offset) & ~1ull;
}

/* scan.c */
bool blob_is_code(const struct lg_walker *w, uint64_t address);
bool blob_is_readable(const struct lg_walker *w, uint64_t address, uint64_t bytes);
void blob_scan(struct lg_walker *w, uint64_t object, const struct record *record);

/* visit.c */
void blob_visit(struct lg_walker *w, uint64_t target);
void blob_hint(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name);
void blob_field_hint(struct lg_walker *w, uint64_t object, const struct field *field);
void blob_owned_hint(struct lg_walker *w, uint64_t target, uint8_t kind, uint32_t name);
void blob_traverse(struct lg_walker *w, uint64_t object, const struct record *record);

static inline void hint_field(struct lg_walker *w, uint64_t field, uint8_t kind, uint32_t name)
{
	uint64_t target = load64(field);

	if (target)
		blob_hint(w, target, kind, name);
}

/* walk.c */
void blob_walk_lists(struct lg_walker *w);
void blob_walk_objects(struct lg_walker *w);
void blob_recover(struct lg_walker *w);

/* What the head of a keys object says; false where its numbers are wild. */
struct keys_head {
	uint64_t size, index_bytes, count;
	bool general; /* keys may be anything */
};
bool blob_keys_head(const struct lg_walker *w, uint64_t keys, struct keys_head *out);

static inline uint32_t entry_bytes_of(const struct lg_walker *w, const struct keys_head *head)
{
	return head->general ? w->layout.keys.general_entry_bytes : w->layout.keys.unicode_entry_bytes;
}

/* Families: hints before tp_traverse, references beyond it, or both at once. */
struct keys {
	uint64_t entries, count, entry_bytes, values; /* values: of the pointers */
	uint32_t key_at, value_at;
	bool general, split;
	bool embedded; /* in an instance */
};
bool blob_keys_read(const struct lg_walker *w, uint64_t keys, uint64_t values, struct keys *out);
void blob_key_label(struct lg_walker *w, uint64_t key, uint8_t *kind, uint32_t *name);
void blob_dict_walk(struct lg_walker *w, uint64_t dict, const struct record *record); /* instead of tp_traverse */
void blob_dict_beyond(struct lg_walker *w, uint64_t dict); /* keys that dict_traverse leaves out */
void blob_dict_start(struct lg_walker *w, uint64_t dict);
bool blob_dict_next(struct lg_walker *w, uint64_t target, uint8_t *kind, uint32_t *name);
void blob_list_walk(struct lg_walker *w, uint64_t list);
void blob_tuple_walk(struct lg_walker *w, uint64_t tuple);
void blob_context_hints(struct lg_walker *w, uint64_t node, const struct record *record);
void blob_lru_links(struct lg_walker *w, uint64_t object);
void blob_element_hints(struct lg_walker *w, uint64_t element, const struct record *record);
void blob_lru_start(struct lg_walker *w, uint64_t object);
bool blob_lru_next(struct lg_walker *w, uint64_t target, uint8_t *kind, uint32_t *name);
uint64_t blob_instance_values(const struct lg_walker *w, uint64_t object, const struct record *record);
uint64_t blob_ndarray_bytes(const struct lg_walker *w, uint64_t array, const struct record *record);
uint64_t blob_dtype_bytes(const struct lg_walker *w, uint64_t descriptor);
void blob_dtype_items(struct lg_walker *w, uint64_t descriptor, uint64_t data, uint64_t count);
void blob_dtype_beyond(struct lg_walker *w, uint64_t descriptor);
uint64_t blob_void_bytes(const struct lg_walker *w, uint64_t item, const struct record *record);
void blob_ndarray_items(struct lg_walker *w, uint64_t array, const struct record *record);
void blob_instance_hints(struct lg_walker *w, uint64_t object, struct record *record);
void blob_type_hints(struct lg_walker *w, uint64_t type);
void blob_type_beyond(struct lg_walker *w, uint64_t type, bool heap);
void blob_static_type(struct lg_walker *w, uint64_t type);
uint32_t blob_variable_count(const struct lg_walker *w, uint64_t code);
uint32_t blob_variable(struct lg_walker *w, uint64_t code, uint64_t i, uint8_t *kind);
void blob_function_hints(struct lg_walker *w, uint64_t function);
void blob_code_walk(struct lg_walker *w, uint64_t code);
void blob_frame_hints(struct lg_walker *w, uint64_t frame_object);
void blob_generator_hints(struct lg_walker *w, uint64_t generator);
void blob_greenlet_hints(struct lg_walker *w, uint64_t greenlet, const struct record *record);

enum bulk { BULK_NONE = 0, BULK_DICT, BULK_LRU };

#endif
