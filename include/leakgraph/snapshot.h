/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_SNAPSHOT_H
#define LEAKGRAPH_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "leakgraph/status.h"

/*
 * A snapshot: the object graph of one process at one moment, as plain columns.
 *
 * It is where the producers (a live process, a file) and the analyzer meet;
 * neither knows the other. Indexes are dense:
 *
 *   0                                 the virtual root: address 0, type 0
 *   1 .. inner_count-1                objects that may refer to something;
 *                                     threads stand first among them, as objects of
 *                                     the type "thread", and frames that are no
 *                                     Python objects (3.11 on), of the type "frame"
 *   inner_count .. object_count-1     leaves: they refer to nothing
 *
 * The virtual root has no references of its own: its referents are `roots`.
 */

#define LG_MAX_OBJECTS    (UINT32_MAX - 1)
#define LG_MAX_REFERENCES (UINT32_MAX - 1)
#define LG_NONE           UINT32_MAX

/* Flags of an object. */
enum {
	LG_OBJECT_TRACKED  = 1 << 0, /* stands in a list of the garbage collector */
	LG_OBJECT_GC       = 1 << 1, /* has a collector's header, tracked or not */
	LG_OBJECT_IMMORTAL = 1 << 2, /* its refcount means nothing */
	LG_OBJECT_PSEUDO   = 1 << 3, /* no Python object: virtual root, thread, frame */
	LG_OBJECT_PARTIAL  = 1 << 4, /* reading it faulted: references may be missing */
	LG_OBJECT_STATIC   = 1 << 5, /* lies in the image of a library, not on the heap */
};

/*
 * Kind of a reference: how the holder refers to the target. With the name it
 * makes the label (formats/dump/SPEC.md, "Labels"). `name` is an index of
 * `strings` unless said otherwise, 0 for none. Values are part of the format.
 */
enum lg_ref_kind {
	LG_REF_OTHER    = 0,  /* "->"        what a C type keeps without a name; a name may be given */
	LG_REF_ATTR     = 1,  /* ".name"     instance, slot, class attribute */
	LG_REF_KEY_STR  = 2,  /* "['name']"  value of a dict under a str key; name 0: key not recorded */
	LG_REF_KEY_TYPE = 3,  /* "[type]"    value of a dict under another key; name: index of `types` */
	LG_REF_ITEM     = 4,  /* "[]"        item of a list, tuple, set, deque */
	LG_REF_DICT_KEY = 5,  /* "<key>"     a dict's key */
	LG_REF_LOCAL    = 6,  /* "local x"   local variable of a frame, generator, coroutine */
	LG_REF_CELL     = 7,  /* "cell x"    variable of an enclosing function */
	LG_REF_DEFAULT  = 8,  /* "default x" default value of a parameter */
	LG_REF_FRAME    = 9,  /* "frame f()" frame of a thread */
	LG_REF_DICT     = 10, /* folded      the holder's __dict__: "['x']" after it reads ".x" */
	LG_REF_TYPE     = 11, /* "type"      an instance's heap type */
	LG_REF_WEAK     = 12, /* "weak"      does not keep its target alive */
	LG_REF_CONTEXT  = 13, /* "context var x" value of a context variable in a Context */
	LG_REF_KIND_COUNT
};

/*
 * The one predicate: does a reference of this kind keep its target alive?
 * Every pass over references uses it (a self reference is left out besides).
 */
static inline bool lg_ref_is_strong(uint8_t kind)
{
	return kind != LG_REF_WEAK;
}

enum lg_root_kind {
	LG_ROOT_OTHER       = 0, /* a producer's own; shown by its name alone */
	LG_ROOT_MODULE      = 1, /* "module app.cache": with its __dict__ one root */
	LG_ROOT_CLASS       = 2, /* "class dict": a static type */
	LG_ROOT_THREAD      = 3, /* "thread worker-3" */
	LG_ROOT_INTERPRETER = 4, /* "interpreter atexit" */
	LG_ROOT_C_CODE      = 5, /* "C code": a refcount that no referrer explains */
	LG_ROOT_INTERNED    = 6, /* "interned strings" */
	LG_ROOT_KIND_COUNT
};

/* "attribute", "str key"; "module", "C code": as tables write them. */
const char *lg_ref_kind_word(uint8_t kind);
const char *lg_root_kind_word(uint8_t kind);

struct lg_root {
	uint32_t object;
	uint32_t name;   /* index of `strings`, 0 for none */
	uint32_t excess; /* LG_ROOT_C_CODE: references not explained; else 0 */
	uint8_t kind;    /* enum lg_root_kind */
	uint32_t interpreter; /* the id of the sub-interpreter that has it, 0 the main one */
};

enum {
	LG_TYPE_HEAP   = 1 << 0, /* made at run time: by a class statement or a C module */
	LG_TYPE_PSEUDO = 1 << 1, /* no Python type: "(root)", "thread", "frame" */
	LG_TYPE_GC     = 1 << 2,
};

struct lg_type {
	uint32_t module; /* string: "app.models"; "builtins" for those */
	uint32_t name;   /* string: the qualified name, "Session" */
	uint32_t object; /* index of the type object, LG_NONE where there is none */
	uint32_t flags;
	/*
	 * What `__slots__` would make of an instance; 0 where nothing is known of it, or
	 * nothing would change.
	 */
	uint32_t block_bytes;   /* of its shallow bytes, those of its own block; 0: all */
	uint32_t slotted_bytes; /* without __dict__ and weak references, before 8 for each attribute */
	uint32_t weakref_bytes; /* more where it is referred to weakly */
};

struct lg_thread {
	uint32_t object;    /* its pseudo object */
	uint32_t name;      /* string: threading's name, or "0x7f…" */
	uint64_t native_id; /* the kernel's thread id, 0 if not known */
	uint64_t ident;     /* threading.get_ident(), 0 if not known */
};

struct lg_frame {
	uint32_t thread;   /* index of `threads`; LG_NONE: suspended (generator, coroutine) */
	uint32_t object;   /* itself, or the generator in which it lies */
	uint32_t function; /* string: qualified name; before 3.11 the plain one */
	uint32_t file;     /* string */
	uint32_t line;     /* 1-based, 0 if not known */
	uint32_t depth;    /* 0 is the innermost */
	uint32_t awaits;   /* of a suspended one: the object it awaits or yields from; 0: none */
};

/* A task of asyncio, in C or in Python, by the name it goes by. */
struct lg_task {
	uint32_t object;
	uint32_t name;      /* string */
	uint32_t coroutine; /* the object that it runs; 0: none */
};

/*
 * A place in the source where memory was allocated, as tracemalloc recorded it:
 * a line, called from another. Callers stand before those they call, so that a
 * traceback is a walk to lower numbers.
 */
struct lg_site {
	uint32_t caller; /* index of `sites`; LG_NONE: the outermost recorded */
	uint32_t file;   /* string */
	uint32_t line;
};

/* Where an object was allocated. Ascending by object, one row each. */
struct lg_allocation {
	uint32_t object;
	uint32_t site; /* index of `sites` */
};

/*
 * One of several strings, bytes or numbers of the same type and content.
 * Ascending by object; equal ones have one group.
 */
struct lg_equal {
	uint32_t object;
	uint32_t group; /* below equal_count */
};

/* A list, dict, set or deque that is empty, or larger than its items need. Ascending by object. */
struct lg_container {
	uint64_t apart_bytes;  /* of its shallow bytes, those in blocks of their own */
	uint64_t needed_bytes; /* of a new one with its items; at most apart_bytes */
	uint32_t object;
	uint32_t used, room;   /* items that it has, and has memory for (saturates) */
};

/* A queue, cache or deque that takes only so many items. Ascending by object. */
struct lg_bound {
	uint32_t object;
	uint32_t most; /* items, at least 1 (saturates) */
};

/* What a stretch of the address space is used for. Values are part of the format. */
enum lg_mapping_kind {
	LG_MAPPING_OTHER    = 0, /* anonymous, of no use we know */
	LG_MAPPING_FILE     = 1, /* of a file: program, library, data */
	LG_MAPPING_SHARED   = 2, /* shared memory: memfd, /dev/shm, System V, shared anonymous */
	LG_MAPPING_PYMALLOC = 3, /* arenas of pymalloc */
	LG_MAPPING_HEAP     = 4, /* a heap of malloc */
	LG_MAPPING_LARGE    = 5, /* blocks that malloc mapped each for itself */
	LG_MAPPING_STACK    = 6, /* of a thread */
	LG_MAPPING_KIND_COUNT
};

/*
 * Neighbouring mappings of one kind and file, ascending by address. Resident
 * are file_bytes + anonymous_bytes (a page of a file that was written to
 * privately is anonymous).
 */
struct lg_mapping {
	uint64_t address, bytes;
	uint64_t file_bytes;      /* resident pages of the file or of the shared memory */
	uint64_t anonymous_bytes; /* resident pages of the process's own */
	uint64_t swap_bytes;      /* pages of its own that are swapped out */
	uint32_t file;            /* string: path; 0 where there is none */
	uint8_t kind;             /* enum lg_mapping_kind */
};

/* An arena of pymalloc, ascending by address. */
struct lg_arena {
	uint64_t address, bytes;
	uint64_t resident_bytes;
	uint32_t pools, free_pools; /* free: handed out never or no more */
};

/* A pool of an arena with at least one live block; ascending by address. */
struct lg_arena_pool {
	uint64_t address;
	uint32_t block_bytes;
	uint32_t blocks, live;
};

/* A heap of malloc, with all it got from the system but the blocks mapped by themselves. */
struct lg_malloc_heap {
	uint64_t address;     /* of its administration */
	uint64_t bytes;       /* taken from the system */
	uint64_t free_bytes;  /* in free chunks, the one at the end included */
	uint64_t top_bytes;   /* of them at the end: given back first */
	uint32_t free_chunks;
};

#define LG_GENERATIONS 3

/* The cyclic garbage collector of an interpreter, the main one first. */
struct lg_collector_state {
	uint64_t frozen;  /* objects in the permanent generation */
	uint64_t garbage; /* objects in gc.garbage */
	uint32_t threshold[LG_GENERATIONS];
	uint32_t count[LG_GENERATIONS];
	uint32_t debug; /* flags of gc.set_debug */
	uint8_t enabled;
};

enum lg_pymalloc {
	LG_PYMALLOC_UNKNOWN = 0, /* its arenas were not found */
	LG_PYMALLOC_READ    = 1, /* all arenas are in `arenas` */
	LG_PYMALLOC_UNUSED  = 2, /* there is none: PYTHONMALLOC=malloc, or another allocator set */
};

/* Strings: UTF-8, not terminated, may hold any byte. Number 0 is "". */
struct lg_strings {
	uint32_t count;
	uint64_t *offset; /* count + 1 of them, into bytes */
	char *bytes;
};

/* What the objects were read from. Values are part of the format. */
enum lg_source {
	LG_SOURCE_FORK = 0, /* a frozen copy that the process's own memory was forked into */
	LG_SOURCE_COPY = 1, /* its memory copied out while it stood still */
	LG_SOURCE_CORE = 2, /* a core file */
	LG_SOURCE_COUNT
};

/* What was dumped and how. Numbers are 0 and strings 0 where not known. */
struct lg_snapshot_info {
	uint32_t command_line;   /* string: arguments separated by spaces */
	uint32_t executable;     /* string: path of the interpreter */
	uint32_t python_version; /* string: "3.11.2" */
	uint32_t producer;       /* string: "leakgraph 0.1.0" */
	uint64_t python_hex;     /* PY_VERSION_HEX */
	uint64_t pid;
	uint64_t inner_pid;      /* its number in its own pid namespace, where that is another */
	uint64_t process_start;  /* clock ticks since boot, of /proc/PID/stat: with pid, which process */
	uint64_t taken_at_ns;    /* Unix time */
	uint64_t pause_ns;       /* how long the target stood still */
	uint64_t walk_ns;
	uint64_t rss_bytes;      /* of the target at the pause; as are all these: */
	uint64_t anonymous_bytes, file_bytes, shared_bytes; /* its parts */
	uint64_t swap_bytes;
	uint64_t pss_bytes;      /* where pages of several processes count in parts */
	uint64_t private_bytes;  /* pages that no other process has */
	uint64_t huge_bytes;     /* anonymous, in huge pages */
	uint64_t pymalloc;       /* enum lg_pymalloc */
	uint32_t malloc;         /* string: "glibc"; "unknown" */
	uint64_t faults;         /* objects whose reading faulted */
	uint64_t attempts;       /* copies taken until no collection was under way */
	uint64_t gc_running;     /* 1: a collection was under way in the copy that was used */
	uint64_t source;         /* enum lg_source */
	uint64_t missing_files;  /* programs and libraries of a core that were not found */
	uint64_t missing_bytes;  /* memory that a core should have and that was not to be had */
};

struct lg_snapshot {
	struct lg_snapshot_info info;

	uint32_t object_count; /* with the virtual root */
	uint32_t inner_count;
	uint64_t *address;       /* object_count */
	uint64_t *shallow_bytes; /* object_count */
	uint32_t *type;          /* object_count: index of types */
	uint32_t *refcount;      /* object_count; saturates at UINT32_MAX */
	uint8_t *flags;          /* object_count */

	uint32_t reference_count;
	uint32_t *first_reference; /* inner_count + 1: references of i are first[i] .. first[i+1]-1 */
	uint32_t *ref_target;      /* reference_count */
	uint32_t *ref_name;        /* reference_count */
	uint8_t *ref_kind;         /* reference_count */

	uint32_t root_count;
	struct lg_root *roots;
	uint32_t type_count;
	struct lg_type *types;
	uint32_t thread_count;
	struct lg_thread *threads;
	uint32_t frame_count;
	struct lg_frame *frames;
	uint32_t task_count;
	struct lg_task *tasks;

	/* Empty where tracemalloc did not run. */
	uint32_t site_count;
	struct lg_site *sites;
	uint32_t allocation_count;
	struct lg_allocation *allocations;

	/* Empty where the producer compared no contents, or measured no containers. */
	uint32_t equal_count;
	struct lg_equal *equals;
	uint32_t container_count;
	struct lg_container *containers;
	uint32_t bound_count;
	struct lg_bound *bounds;

	/* Memory as a whole. Each table may be empty: not known. */
	uint32_t mapping_count;
	struct lg_mapping *mappings;
	uint32_t arena_count;
	struct lg_arena *arenas;
	uint32_t pool_count;
	struct lg_arena_pool *pools;
	uint32_t heap_count;
	struct lg_malloc_heap *heaps;
	uint32_t collector_count;
	struct lg_collector_state *collectors;

	struct lg_strings strings;
};

/* An empty snapshot, zeroed. NULL when memory is out. */
struct lg_snapshot *lg_snapshot_new(void);

/* Releases the snapshot and all columns (each of them from malloc). Takes NULL. */
void lg_snapshot_free(struct lg_snapshot *snapshot);

/*
 * Check every index against its table, offsets for order, and kinds for range,
 * so that whoever works on the snapshot may trust it. O(objects + references).
 * LG_E_UNREADABLE names the column, the position, the value and the bound.
 */
enum lg_status lg_snapshot_validate(const struct lg_snapshot *snapshot,
				    struct lg_error *err) LG_MUST_CHECK;

/* A string as pointer and length; valid as long as the snapshot. */
struct lg_text {
	const char *bytes;
	uint64_t length;
};
struct lg_text lg_snapshot_string(const struct lg_snapshot *snapshot, uint32_t string);

/* How a live process is dumped. Zero-initialised is a good default. */
struct lg_take_options {
	uint32_t attempts;    /* copies to try while a collection runs; 0: 10 */
	bool copy;            /* copy the memory out, also where fork would do */
	bool no_contents;     /* compare no contents: `equals` stays empty */
	const char *sysroot;  /* of a core: the root under which its files are; NULL: / */
	/* A sentence about what a user should know of this dump, while it is taken; may be NULL. */
	void (*tell)(void *context, const char *sentence);
	void *context;
	struct lg_progress progress;
};

#endif
