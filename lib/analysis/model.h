/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_ANALYSIS_MODEL_H
#define LG_ANALYSIS_MODEL_H

#include "analysis/pool.h"
#include "analysis/text.h"
#include "base/bits.h"
#include "leakgraph/analysis.h"

struct lg_children; /* shared.c */

struct lg_analysis {
	const struct lg_snapshot *snapshot;
	struct lg_graph *graph;
	struct lg_dominators *dominators;
	struct lg_shortest *shortest;   /* when first asked for */
	uint32_t *shortest_via; /* where something is ignored: node: the reference from its
				   parent on the shortest path; else NULL */
	struct lg_shortest *shortest_of_all; /* and there: what shortest was before */
	struct lg_referrers *referrers; /* when first asked for */
	struct lg_children *children;   /* of the node last asked for */
	uint32_t *via;                  /* node: the reference by which its immediate dominator
					   refers to it; LG_NONE: only others do */
	uint64_t *also_held;    /* bit of a node: objects besides its immediate dominator, and
				   not below it, refer to it */
	uint64_t *is_namespace; /* bit of a node: a dict that is somebody's __dict__ or a
				   module's copy of it, or a module with its own: its str keys read
				   as attributes */
	uint64_t *is_class;     /* bit of a node: a type object */
	uint8_t *type_plain;    /* type: of builtins or pseudo, says little in a path */
	uint64_t *is_root;      /* bit of a node: the roots have it */
	uint32_t *root_order;   /* indexes of roots, by object and then by what says most */
	uint32_t *root_alias;   /* root: the first one of the same kind and name */
	uint32_t *type_alias;   /* type: the first one of the same name: of a class made anew each time */
	uint32_t *suspended;    /* indexes of suspended frames, by object */
	uint32_t *waiting;      /* of each of them: the frame where it really waits */
	uint32_t suspended_count;
	uint32_t *tasks;        /* indexes of tasks, by object */
	uint32_t *line_of_site; /* site: the first one with the same file and line */
	uint64_t object_bytes, reached_bytes;
	uint64_t object_count; /* real objects */
	struct lg_type_part *type_part; /* sums.h: when first asked for */
	struct lg_quality *quality;     /* likewise */
};

/*
 * lg_analysis_open() in two steps, for who may not need the second, which is all of
 * the work: after the first there are the texts of types, labels and roots
 * (names.h), and nothing else. The second does nothing where all is there, and leaves
 * what the first made where it fails.
 */
enum lg_status lg_analysis_start(const struct lg_snapshot *snapshot, struct lg_analysis **out,
				 struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_analysis_need_graph(struct lg_analysis *analysis,
				      const struct lg_progress *progress,
				      struct lg_error *err) LG_MUST_CHECK;

/*
 * What is quickly made of the small tables (types, roots, frames), once graph and
 * dominators are there: a step of lg_analysis_open(), and the last one of whoever
 * has the columns of all objects from elsewhere. Without dominators, only what
 * names of types need. O(roots log roots).
 */
enum lg_status lg_analysis_tables(struct lg_analysis *analysis,
				  struct lg_error *err) LG_MUST_CHECK;

/* The node that stands for an object. */
static inline uint32_t lg_analysis_node(const struct lg_analysis *analysis, uint32_t object)
{
	return lg_graph_node(analysis->graph, object);
}

/*
 * The dict that a module written in C keeps as a copy of its first __dict__
 * (m_copy), LG_NONE where there is none: it holds nothing of its own.
 * O(references of the module).
 */
uint32_t lg_analysis_module_copy(const struct lg_analysis *analysis, uint32_t module);

/* Fills the tables of suspended frames and tasks. O(n log n). */
void lg_sort_waiting(struct lg_analysis *analysis);

/* The root entry of a node that says most, NULL where it is no root. */
const struct lg_root *lg_analysis_root(const struct lg_analysis *analysis, uint32_t node);

/* The suspended frame of a generator or coroutine, NULL where there is none. */
const struct lg_frame *lg_analysis_suspended(const struct lg_analysis *analysis, uint32_t node);

/* The task of asyncio that a node is, NULL where it is none. */
const struct lg_task *lg_analysis_task(const struct lg_analysis *analysis, uint32_t node);

/*
 * Where a suspended generator or coroutine, or the one that a task runs, really
 * waits: of the chain of what each awaits, the last frame that is not of asyncio
 * itself. NULL for other nodes. O(log suspended).
 */
const struct lg_frame *lg_analysis_waiting(const struct lg_analysis *analysis, uint32_t node);

void lg_children_free(struct lg_children *children);

/* As lg_shortest_reach(): for paths to a node, LG_NONE: to all. */
enum lg_status lg_analysis_need_shortest(struct lg_analysis *analysis, uint32_t node,
					 struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_analysis_need_referrers(struct lg_analysis *analysis,
					  struct lg_error *err) LG_MUST_CHECK;

void lg_analysis_summary(const struct lg_analysis *analysis, struct lg_pool *pool,
			 struct lg_summary *out);

/*
 * For each node the reference by which parent[node] refers to it, the one with
 * the most telling label; LG_NONE where it does not. also_held (NULL: not
 * wanted) gets the bits described above. O(objects + references).
 */
enum lg_status lg_label_edges(const struct lg_analysis *analysis, const uint32_t *parent,
			      uint32_t *via, uint64_t *also_held,
			      struct lg_error *err) LG_MUST_CHECK;

/* The children of a node in the dominator tree: for (p = first; p < end; p = next(p)) order[p]. */
static inline uint32_t lg_child_first(const struct lg_dominators *d, uint32_t node)
{
	return d->position[node] + 1;
}

static inline uint32_t lg_child_end(const struct lg_dominators *d, uint32_t node)
{
	return d->position[node] + d->subtree[node];
}

static inline uint32_t lg_child_next(const struct lg_dominators *d, uint32_t position)
{
	return position + d->subtree[d->order[position]];
}

#endif
