/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_ANALYSIS_H
#define LEAKGRAPH_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>

#include "leakgraph/graph.h"

/*
 * What a person wants to know of a snapshot: what keeps the memory, by which
 * path, and which reference to cut. All that is printed is computed here.
 *
 * All strings of the results are UTF-8, terminated, never NULL, and safe to
 * print: control characters, terminal escapes, direction overrides and bytes
 * that are no UTF-8 stand as \xNN or \uNNNN, and names too long are cut with
 * an ellipsis. A result owns its strings; its _free() takes NULL.
 */

/*
 * A snapshot with its graph, dominator tree, and the label of each edge of
 * that tree. Borrows the snapshot. Not for two threads at once: shortest paths
 * and referrers are built when first asked for.
 */
struct lg_analysis;

/* O(objects + references). The caller owns *out. */
enum lg_status lg_analysis_open(const struct lg_snapshot *snapshot,
				const struct lg_progress *progress, struct lg_analysis **out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_analysis_free(struct lg_analysis *analysis);
/* The snapshot that it is of. */
const struct lg_snapshot *lg_analysis_snapshot(const struct lg_analysis *analysis);

/*
 * A step of a path. The first step is the root ("module shop.sessions"), each
 * further one a reference with the objects it leads to. Steps that only lead
 * through an instance's __dict__, a tuple of defaults or a cell are folded.
 */
struct lg_hop {
	const char *label;       /* ".SESSIONS", "[str]", "local rows", "frame handle()" */
	const char *type;        /* of the objects: "shop.models.Session"; "" where mixed */
	const char *waits;       /* where a task or what is suspended waits: "/srv/db.py:7 in query()" */
	uint64_t count;          /* objects at this step: equal siblings are merged */
	bool counted;            /* the label says it: "thread worker-0 (and 7 more)", of 8 */
	uint64_t repeat;         /* times this step (and the period-1 behind it) follow in a row */
	uint32_t period;         /* 1, or the length of the block that repeats */
	uint32_t object;         /* one of the objects, the largest */
	uint64_t retained_bytes; /* by all of the objects */
	bool task;               /* of asyncio */
	bool named_type;         /* the type says something: it is shown in the text */
	bool suspect;            /* behind what is expected to live on, up to what piles up */
};

struct lg_path {
	struct lg_hop *hop;
	size_t count;
	bool more; /* longer than is shown */
};

/* What is written before and after the steps under suspicion (terminal sequences). */
struct lg_path_style {
	const char *suspect_on, *suspect_off;
};

/*
 * A path in one line: steps with " → " between them. Over `columns` (0: no
 * bound) the middle is left out, and then the end is cut. Writes at most
 * capacity bytes, the end included; returns the columns used. style may be NULL.
 */
size_t lg_path_text(const struct lg_path *path, size_t columns, const struct lg_path_style *style,
		    char *buffer, size_t capacity);

/* Columns of a terminal that text takes: 0 for combining, 2 for wide characters. */
size_t lg_text_columns(const char *text);

/*
 * The first character of a text as it is safe to print, and the columns it takes then;
 * returns how many bytes of the text it was. length is not 0.
 */
#define LG_SAFE_TEXT_BYTES 16
size_t lg_text_safe(const char *bytes, size_t length, char text[LG_SAFE_TEXT_BYTES],
		    size_t *columns);

/* "20.0 MB" (powers of 1000), "1,234,567", "12.5 %": as every report writes them. */
#define LG_NUMBER_TEXT_BYTES 32
const char *lg_bytes_text(uint64_t bytes, char buffer[LG_NUMBER_TEXT_BYTES]);
const char *lg_count_text(uint64_t count, char buffer[LG_NUMBER_TEXT_BYTES]);
const char *lg_share_text(double share, char buffer[LG_NUMBER_TEXT_BYTES]);

/* What was dumped, and how much of the process the objects explain. */
struct lg_summary {
	const char *command_line, *python_version, *executable, *producer;
	uint64_t pid, inner_pid, taken_at_ns, pause_ns, walk_ns, rss_bytes, faults, attempts;
	uint64_t anonymous_bytes; /* of rss_bytes; 0 where not known */
	bool gc_running;
	uint64_t source; /* enum lg_source, if it is one */
	uint64_t missing_files, missing_bytes; /* of a core */
	uint64_t objects;       /* without virtual root and other pseudo objects */
	uint64_t references;
	uint64_t object_bytes;  /* shallow bytes of all objects */
	uint64_t reached_bytes; /* of those that a root reaches */
	double explained;       /* object_bytes / anonymous_bytes, or / rss_bytes where only that is
				   known; else 0 */
};

/* A line of source, and what it allocated (tracemalloc ran). */
struct lg_source_line {
	const char *file;
	uint32_t line;
	uint64_t objects, bytes;
};

/* What speaks for a leak, or against it (negative points): lib/analysis/EVIDENCE.md. */
struct lg_evidence {
	const char *kind; /* "many", "unbounded", "short-lived", "blob", ...: for programs */
	int points;
	const char *text; /* "40,011 equal items" */
};

/*
 * A place where memory piles up. Places don't overlap. Those that differ in
 * nothing but their thread are one: root and root step read "thread worker-0
 * (and 7 more)", path.hop[0].count is 8; bytes and counts are those of all
 * threads together, `also`, objects and repeats those of the largest.
 */
struct lg_holder {
	const char *root;      /* "module shop.sessions" */
	enum lg_root_kind root_kind;
	struct lg_path path;   /* root, holder, and what is heaviest below */
	size_t accumulation;   /* index in path: the object that holds it all (or the shared ones) */
	const char *path_text; /* whole, on one line */
	uint64_t retained_bytes;
	double share;          /* of object_bytes */
	const char *type;      /* of what piles up: "shop.models.Session" */
	uint64_t count;        /* how many of it */
	const char *holder_type; /* of the one object they lie in: "dict"; "" where there is none */
	const char *cut;       /* the reference to cut: "shop.sessions.SESSIONS"; "" for a root */
	const char *cut_short; /* the same, to stand below the path: "local rows" */
	struct lg_evidence *evidence;
	size_t evidence_count;
	int points;   /* of all pieces: above 2 it looks like a leak, below -1 it need be none */
	double score; /* what holders are ranked by: bytes, doubled for each point */
	const char *signature; /* "9f31c2e0": the same for the same leak elsewhere (signature.h) */
	const char **signature_word; /* what it is the hash of */
	size_t signature_words;
	bool chain;            /* count is the length of a chain, not the width of a container */
	bool minor;            /* below 1 % of RSS or a tenth of the garbage, or below a tenth of
				  the others by bytes and by score: holders that are come last */
	bool shared;           /* no single object holds it */
	const char **also;     /* paths of further references to it: cut these, too */
	size_t also_count;
	uint64_t also_more;    /* holders beyond those named */
	const char **cut_all;  /* shared: the smallest cut, by the names of its places; or none */
	size_t cut_all_count;  /* of those named ... */
	uint64_t cut_all_total; /* ... and of all */
	uint64_t cut_all_bytes; /* freed where all are cut */
	bool rest;             /* what is left of an object whose big parts are holders of their own */
	/* The lines that allocated most of what it retains (of threads told as one: the
	   largest's); none where several hold it. */
	struct lg_source_line *allocated;
	size_t allocated_count;
};

/* Objects of a type, merged. */
struct lg_type_sum {
	uint32_t type; /* index of the snapshot's types */
	const char *name;
	uint64_t count;
	uint64_t shallow_bytes;
	uint64_t retained_bytes; /* dominated by at least one object of the type, each byte once */
};

/* Garbage that hangs on equal heads: cycles, or what nothing refers to at all. */
struct lg_garbage_pile {
	const char *type;   /* of the heads (or of what they keep, where they are lists): "app.Node" */
	uint64_t heads;     /* how many */
	uint64_t objects;   /* in all, with what they keep */
	uint64_t bytes;
	uint64_t cycle;     /* objects in the cycle of one of them, 1: none */
	uint32_t object;    /* the head of the largest */
	const char *signature;
	const char *cycle_text; /* "app.Node → .children → [] → app.Child → .parent → (back)"; or "" */
};

struct lg_garbage_summary {
	uint64_t objects, bytes;
	uint64_t cycles; /* groups around a reference cycle */
	double share;    /* of object_bytes */
	struct lg_garbage_pile *pile; /* the largest, by bytes */
	size_t pile_count;
	struct lg_type_sum *type; /* the largest, by bytes; retained_bytes is 0 */
	size_t type_count;
	/*
	 * In a cycle of the first pile's largest: the type of what the collector does not
	 * track, and so can't know to be garbage; "" where there is none.
	 */
	const char *untracked;
};

struct lg_accounting;

struct lg_verdict {
	struct lg_summary summary;
	const char *headline; /* how much of the process the objects explain, in one sentence */
	const struct lg_accounting *accounting; /* memory.h: where the memory is */
	const char *where;    /* the same in one line; "" where it is not known */
	uint64_t threshold_bytes; /* smaller holders were not looked for */
	struct lg_holder *holder;
	size_t holder_count;
	uint64_t holder_total; /* of at least threshold_bytes, with those not told */
	uint64_t untold_bytes; /* the largest of those that are not in `holder` */
	struct lg_garbage_summary garbage;
	bool memory_first; /* the first note says where memory is that no object explains */
	const char **note; /* what stands out, the weightiest first */
	size_t note_count;
	const char **next; /* arguments after "leakgraph COMMAND FILE": {"path", "app.Session"} */
	size_t next_count; /* 0, 1 ("memory", "cycles") or 2 */
	struct lg_pool *pool;
};

/* The one screen: at most `top` holders (0: 6), ranked by their scores. O((objects + references) log objects). */
enum lg_status lg_verdict_build(struct lg_analysis *analysis, uint32_t top, struct lg_verdict **out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_verdict_free(struct lg_verdict *verdict);

enum lg_type_order { LG_BY_SHALLOW = 0, LG_BY_RETAINED, LG_BY_COUNT };

struct lg_histogram {
	struct lg_summary summary;
	struct lg_type_sum *type; /* the first `top` in the order asked for */
	size_t type_count;
	uint64_t type_total; /* types with at least one object */
	struct lg_pool *pool;
};

/* top 0: all. O(objects + types log types). */
enum lg_status lg_histogram_build(struct lg_analysis *analysis, enum lg_type_order order,
				  uint32_t top, struct lg_histogram **out,
				  struct lg_error *err) LG_MUST_CHECK;
void lg_histogram_free(struct lg_histogram *histogram);

/* References of a kind, and how many of them say more than "->". */
struct lg_label_sum {
	uint64_t count, labelled;
};

/* What a dump holds, and how good it is. Counts are of real objects, without pseudo objects. */
struct lg_overview {
	struct lg_summary summary;
	uint64_t inner; /* objects that may refer to others; the rest are leaves */
	uint64_t tracked, immortal, partial;
	uint64_t types, strings, string_bytes, threads, tasks;
	uint64_t sites, allocations; /* lines of source; objects with one */
	uint64_t frames, suspended; /* of threads; of generators, coroutines and greenlets */
	uint64_t roots[LG_ROOT_KIND_COUNT];
	struct lg_label_sum label[LG_REF_KIND_COUNT];
	uint64_t labelled; /* references that carry a label: SPEC.md, section 3 */
	/*
	 * Objects that the collector tracks, that can die, and whose refcount is
	 * recorded: of how many is it as large as the references known, of how many
	 * larger, and by how much in all.
	 */
	uint64_t refcounts, refcounts_explained, refcounts_larger, references_missing;
	struct lg_pool *pool;
};

/* O(objects + references). */
enum lg_status lg_overview_build(struct lg_analysis *analysis, struct lg_overview **out,
				 struct lg_error *err) LG_MUST_CHECK;
void lg_overview_free(struct lg_overview *overview);

/* A row of the dominator tree: equal siblings merged, children after their parent. */
struct lg_tree_row {
	uint32_t depth; /* 0: the virtual root, or what the tree is of */
	const char *label;
	const char *type;
	uint64_t count;
	uint64_t shallow_bytes, retained_bytes;
	uint64_t retained_objects; /* with threads and frames; a module's __dict__ is in the module */
	double share; /* of the first row */
	uint32_t object;
};

struct lg_tree {
	struct lg_summary summary;
	struct lg_tree_row *row;
	size_t row_count;
	bool more; /* rows were left out beyond LG_MAX_TREE_ROWS */
	struct lg_pool *pool;
};

#define LG_MAX_TREE_ROWS 20000

/*
 * From the roots down, or (subject as for lg_where_build(), not NULL) from what
 * that is: the first row is all of it, with what it retains together, exactly.
 * What no member alone keeps is told by its type as "(several paths)": so the
 * children of a row and what is shallow in it add up to what it retains.
 * Down to `depth` steps (0: 4) and a share of min_share (0 .. 1) of the first row.
 * Only what is shown is looked into. LG_E_NOT_FOUND where no root reaches it.
 */
enum lg_status lg_tree_build(struct lg_analysis *analysis, const char *subject, uint32_t depth,
			     double min_share,
			     struct lg_tree **out, struct lg_error *err) LG_MUST_CHECK;
void lg_tree_free(struct lg_tree *tree);

/* A merged path and how many of the objects asked for stand at its end. */
struct lg_route {
	struct lg_path path;
	const char *path_text;
	uint64_t count;
	uint64_t shallow_bytes, retained_bytes;
	uint32_t example; /* one of them */
	bool held_by_several; /* dominators: a step of it is "(several paths)" */
};

/* Paths of an object or of all objects of a type. */
struct lg_where {
	struct lg_summary summary;
	const char *subject; /* "app.Session (120,000 objects)", "#17 dict at 0x7f…" */
	bool one_object;
	uint32_t object; /* one_object: its index */
	uint64_t address;
	const char *type;
	uint64_t count, shallow_bytes;
	uint64_t retained_bytes; /* of the set, exact */
	uint64_t unreached;      /* objects no root reaches: garbage, on no path */
	const char *cycle_text;  /* of one of those: the cycle it lies in; or "" */
	uint64_t referrers;      /* one_object: strong references to it */
	struct lg_source_line *allocated; /* one_object: its traceback, the innermost line first */
	size_t allocated_count;
	/* how it is reached: one shortest path each, of equal ones that through frames and
	   names; merged */
	struct lg_route *shortest;
	size_t shortest_count;
	uint64_t shortest_more;
	struct lg_route *dominators; /* what alone keeps it: chain of dominators, merged */
	size_t dominators_count;
	uint64_t dominators_more;
	bool ignoring; /* lg_analysis_ignore() */
	uint64_t no_other; /* objects whose every path goes through what is ignored */
	uint64_t weak;  /* weak references to what was asked for: they keep nothing alive */
	const char *weak_text; /* from what, the most first: "6,000 × weakref.ReferenceType" */
	uint64_t alike; /* one_object: objects, with it, on the same merged shortest path */
	struct lg_pool *pool;
};

/*
 * `query`: "#17" (an index), "0x7f12…" (an address), else the name of a type,
 * whole ("shop.models.Session") or its last part where only one has it, else the
 * signature of a suspect ("9f31c2e0", signature.h), else what a path as reports
 * print it leads to ("module app.cache → .ENTRIES", app.cache.ENTRIES). Or a list
 * of those, with commas or a line each, where a number is an index, too.
 * LG_E_USAGE: not to be understood, or a name that several types have (the
 * message lists them). LG_E_NOT_FOUND: not in this dump (names nearest ones).
 */
enum lg_status lg_where_build(struct lg_analysis *analysis, const char *query, uint32_t top,
			      struct lg_where **out, struct lg_error *err) LG_MUST_CHECK;
void lg_where_free(struct lg_where *where);

/*
 * From here on the shortest paths are those that avoid what one of the patterns
 * matches (as of fnmatch, or to the letter): objects of a type ("app.*"), a module
 * or another root ("app.cache", "thread worker-*"), references with a label
 * (".SESSIONS", "[str]", "local rows"). What matches may itself be asked for.
 * Dominators are as they were. O(objects + references).
 */
enum lg_status lg_analysis_ignore(struct lg_analysis *analysis, const char *const *pattern,
				  size_t count, struct lg_error *err) LG_MUST_CHECK;

#endif
