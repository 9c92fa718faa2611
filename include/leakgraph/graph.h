/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_GRAPH_H
#define LEAKGRAPH_GRAPH_H

#include "leakgraph/snapshot.h"

/*
 * The reference graph of a snapshot, for the engine: only what keeps something
 * alive. Nodes are the snapshot's object indexes; node 0 is the virtual root.
 *
 * Left out: weak references, self references. Folded: the __dict__ of a module
 * that is a root stands for nothing of its own; its references are those of
 * the module and references to it go to the module (`representative`). Of
 * several modules that share a dict, the first root's has it. A dict that is a
 * module's root itself is not folded.
 * Inner-to-inner and inner-to-leaf references stand apart, both in compressed
 * sparse rows (a leaf needs no search of its own):
 * referents of v are inner_target[inner_first[v] .. inner_first[v+1]-1] and
 * leaf_target[leaf_first[v] .. leaf_first[v+1]-1] (as node indexes).
 * Inner nodes of a row keep the order of the snapshot.
 */
struct lg_graph {
	const struct lg_snapshot *snapshot; /* borrowed; outlives the graph */
	uint32_t node_count;
	uint32_t inner_count;
	uint32_t *inner_first;  /* inner_count + 1 */
	uint32_t *inner_target;
	uint32_t *leaf_first;   /* inner_count + 1 */
	uint32_t *leaf_target;
	uint32_t folded_count;
	uint32_t *folded;         /* folded nodes, ascending ... */
	uint32_t *representative; /* ... and the node each is folded into */
	uint32_t *by_representative; /* indexes of both, by the node: it has one at most */
	uint64_t *folded_filter; /* LG_FOLD_FILTER_BITS: a bit of each folded node ... */
	uint64_t *holder_filter; /* ... and of each that another is folded into */
};

/*
 * O(objects + references). The caller owns *out. The snapshot has passed
 * lg_snapshot_validate(). LG_E_LIMIT beyond 2^31-1 inner objects.
 */
enum lg_status lg_graph_build(const struct lg_snapshot *snapshot, const struct lg_progress *progress,
			      struct lg_graph **out, struct lg_error *err) LG_MUST_CHECK;
void lg_graph_free(struct lg_graph *graph);

/*
 * Few nodes are folded, and nearly all are asked: a filter, which stays in a
 * near cache, says at once that one is not, or has none folded into it. The
 * low bits of its index are its bit. There is one for each question: modules,
 * which many refer to, are not folded.
 */
#define LG_FOLD_FILTER_BITS ((uint32_t)1 << 16)
static inline bool lg_fold_filter_has(const uint64_t *filter, uint32_t node)
{
	uint32_t bit = node % LG_FOLD_FILTER_BITS;

	return filter[bit / 64] >> (bit % 64) & 1;
}

/* The node that stands for an object: itself, or its module. O(log folded), mostly O(1). */
uint32_t lg_graph_find_node(const struct lg_graph *graph, uint32_t object);
static inline uint32_t lg_graph_node(const struct lg_graph *graph, uint32_t object)
{
	return lg_fold_filter_has(graph->folded_filter, object) ? lg_graph_find_node(graph, object)
								: object;
}

/* The dict folded into a node, LG_NONE where there is none. Likewise. */
uint32_t lg_graph_find_folded(const struct lg_graph *graph, uint32_t node);
static inline uint32_t lg_graph_folded_into(const struct lg_graph *graph, uint32_t node)
{
	return lg_fold_filter_has(graph->holder_filter, node) ? lg_graph_find_folded(graph, node)
							      : LG_NONE;
}

/* The reverse of the graph: referrers of node v are source[first[v] .. first[v+1]-1]. */
struct lg_referrers {
	uint32_t node_count;
	uint32_t *first; /* node_count + 1 */
	uint32_t *source;
};
enum lg_status lg_referrers_build(const struct lg_graph *graph, struct lg_referrers **out,
				  struct lg_error *err) LG_MUST_CHECK;
void lg_referrers_free(struct lg_referrers *referrers);

/*
 * The dominator tree by tuned semi-NCA, linear also where the textbook
 * version is quadratic (sources: Georgiadis, Tarjan, Werneck, "Finding
 * Dominators in Practice", 2006; the step budget with a jump-pointer fallback
 * is ours).
 *
 * immediate[v] is LG_NONE for what no root reaches (and for folded nodes), 0
 * for the root itself. Positions are a preorder of the tree: what v retains is
 * order[position[v] .. position[v]+subtree[v]-1], v first.
 */
struct lg_dominators {
	uint32_t node_count;
	uint32_t reached_count;
	uint32_t *immediate;      /* node_count */
	uint32_t *position;       /* node_count; LG_NONE where not reached */
	uint32_t *subtree;        /* node_count: nodes retained, with itself; 0 where not reached */
	uint32_t *order;          /* reached_count */
	uint64_t *retained_bytes; /* node_count; 0 where not reached. A folded node's bytes are
				     counted for its representative */
};
enum lg_status lg_dominators_build(const struct lg_graph *graph, const struct lg_progress *progress,
				   struct lg_dominators **out, struct lg_error *err) LG_MUST_CHECK;
void lg_dominators_free(struct lg_dominators *dominators);

/* Does a dominate b (or is it b)? Both reached. O(1). */
static inline bool lg_dominates(const struct lg_dominators *d, uint32_t a, uint32_t b)
{
	return d->position[b] - d->position[a] < d->subtree[a];
}

/*
 * Shortest retention paths from the roots, by breadth-first search: parent[v]
 * is the referrer one step nearer to a root, LG_NONE where not reached and for
 * the virtual root itself. Of equally short paths it is the one that tells a
 * reader most: through frames and names rather than through what a C type or a
 * thread's state keeps without any.
 */
struct lg_shortest {
	uint32_t node_count;
	uint32_t *parent;
	uint32_t *distance; /* steps from the virtual root; LG_NONE where not reached */
	struct lg_shortest_search *search; /* NULL: all are found */
};
enum lg_status lg_shortest_build(const struct lg_graph *graph, struct lg_shortest **out,
				 struct lg_error *err) LG_MUST_CHECK;

/*
 * The same only as far as it is asked for: what is told of in a report mostly
 * is near the roots, and most of a heap behind it. lg_shortest_reach() goes on
 * until the path to a node is found, or all are (LG_NONE, or a node that no
 * root reaches). Until then the parents of what lies on such a path are there,
 * and no others, and distance is NULL. The graph outlives the search.
 */
enum lg_status lg_shortest_start(const struct lg_graph *graph, struct lg_shortest **out,
				 struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_shortest_reach(struct lg_shortest *shortest, uint32_t node,
				 struct lg_error *err) LG_MUST_CHECK;
void lg_shortest_free(struct lg_shortest *shortest);

/*
 * Retained size of a set of nodes: bytes that no root reaches once the set is
 * gone, by reachability without it. Exact. O(nodes + references). Members that
 * no root reaches count nothing, a folded one is its module.
 */
enum lg_status lg_set_retained(const struct lg_graph *graph, const uint32_t *nodes, uint32_t count,
			       uint64_t *out_bytes, struct lg_error *err) LG_MUST_CHECK;

/* The objects themselves, with the folded ones; *out is the caller's to free(). The same cost. */
enum lg_status lg_set_retained_nodes(const struct lg_graph *graph, const uint32_t *nodes,
				     uint32_t count, uint32_t **out, uint32_t *out_count,
				     struct lg_error *err) LG_MUST_CHECK;

/*
 * What would be freed if these references and entries of the roots were not
 * there: what a root reaches now and would not reach then. Exact: another
 * reference between the same two objects still counts. A weak reference, and
 * what no root reaches anyway, frees nothing. O(nodes + references).
 * LG_E_USAGE for an index that the snapshot does not have.
 */
struct lg_removal {
	const uint32_t *references; /* indexes of the snapshot's references */
	uint32_t reference_count;
	const uint32_t *roots; /* indexes of its roots */
	uint32_t root_count;
};
struct lg_freed {
	uint64_t bytes;
	uint32_t objects;
};
enum lg_status lg_what_if(const struct lg_graph *graph, const struct lg_removal *removal,
			  struct lg_freed *out, struct lg_error *err) LG_MUST_CHECK;

/*
 * The same of several removals: what they free together, and (where alone, of
 * `count`, is not NULL) what each frees with the others left as they are.
 * Members stand in one removal only. O(nodes + references), and for each eight
 * of them what all together free, up to eight times, mostly once.
 */
enum lg_status lg_what_if_each(const struct lg_graph *graph, const struct lg_removal *removal,
			       uint32_t count, struct lg_freed *alone, struct lg_freed *together,
			       struct lg_error *err) LG_MUST_CHECK;

/*
 * How a holder refers to a target: the label of a reference between the two
 * nodes (folded objects included), the strong and named first.
 */
struct lg_step {
	uint32_t holder;  /* the object that has the reference (the node, or folded into it) */
	uint32_t target;
	uint8_t kind;     /* enum lg_ref_kind */
	uint32_t name;
};
/* False where there is none. O(references of the holder); O(1) where the first one is named. */
bool lg_graph_step(const struct lg_graph *graph, uint32_t holder, uint32_t target, struct lg_step *out);

/*
 * The entry of the snapshot's roots that names a node best: a module before a
 * thread, a class, an interpreter's table, ..., C code last. Of several equal
 * ones the first. NULL where the node is no root. O(roots).
 */
const struct lg_root *lg_graph_root(const struct lg_graph *graph, uint32_t node);

/*
 * Garbage: what no root reaches, in groups. A group hangs on its head: a node
 * that no other garbage refers to, or, for a cycle that nothing outside refers
 * to, one member of it (an instance of a Python class where there is one).
 * Its members are what the head alone keeps. Nodes that several groups keep
 * together are groups of their own, marked `shared`. So the groups are the top
 * of the dominator tree of the garbage: each node is in just one, and their
 * bytes sum up to the whole.
 */
struct lg_garbage_group {
	uint32_t head;        /* node */
	uint32_t first;       /* members are node[first] .. node[first+count-1], the head first */
	uint32_t count;
	uint32_t cycle_count; /* nodes in the head's cycle (strongly connected component), 1: none */
	uint64_t bytes;
	bool shared;
};
struct lg_garbage {
	uint32_t node_count;
	uint64_t bytes;
	uint32_t *node; /* node_count: all garbage, by groups, each in preorder of its dominator tree */
	uint32_t group_count;
	struct lg_garbage_group *group; /* by bytes, largest first */
};
/* O(garbage + its references) beside one pass over the nodes. The caller owns *out. */
enum lg_status lg_garbage_build(const struct lg_graph *graph, const struct lg_dominators *dominators,
				struct lg_garbage **out, struct lg_error *err) LG_MUST_CHECK;
void lg_garbage_free(struct lg_garbage *garbage);

#endif
