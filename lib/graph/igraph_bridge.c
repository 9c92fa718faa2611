/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <igraph/igraph.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "graph/igraph_bridge.h"

struct lg_igraph {
	igraph_t graph;
	bool made;
};

LG_DEFINE_CLEANUP(lg_igraph_free, struct lg_igraph *)

/* While in scope, igraph returns errors. The ignoring handler also frees what igraph held. */
struct quiet {
	igraph_error_handler_t *before;
};

static struct quiet quiet_begin(void)
{
	return (struct quiet){igraph_set_error_handler(igraph_error_handler_ignore)};
}

static void quiet_end(struct quiet *quiet)
{
	igraph_set_error_handler(quiet->before);
}

static void drop_vector(igraph_vector_int_t *vector)
{
	if (vector->stor_begin)
		igraph_vector_int_destroy(vector);
}

static enum lg_status failed(igraph_error_t code, const char *what, struct lg_error *err)
{
	return lg_fail(err, code == IGRAPH_ENOMEM ? LG_E_MEMORY : LG_E_INTERNAL, "igraph's %s: %s",
		       what, igraph_strerror(code));
}

static igraph_integer_t put_rows(igraph_vector_int_t *edges, igraph_integer_t at, uint32_t rows,
				 const uint32_t *first, const uint32_t *target)
{
	for (uint32_t v = 0; v < rows; v++)
		for (uint32_t e = first[v]; e < first[v + 1]; e++) {
			VECTOR(*edges)[at++] = v;
			VECTOR(*edges)[at++] = target[e];
		}
	return at;
}

enum lg_status lg_igraph_new(const struct lg_graph *graph, struct lg_igraph **out,
			     struct lg_error *err)
{
	lg_cleanup(quiet_end) struct quiet quiet = quiet_begin();
	lg_cleanup(lg_igraph_free_slot) struct lg_igraph *copy = lg_alloc_zero(1, sizeof *copy);
	lg_cleanup(drop_vector) igraph_vector_int_t edges = {0};
	igraph_integer_t references, at;
	igraph_error_t code;

	(void)quiet;
	*out = NULL;
	if (!copy)
		return lg_fail(err, LG_E_MEMORY, "no memory for a graph: %zu bytes", sizeof *copy);
	references = (igraph_integer_t)graph->inner_first[graph->inner_count] +
		     graph->leaf_first[graph->inner_count];
	code = igraph_vector_int_init(&edges, 2 * references);
	if (code != IGRAPH_SUCCESS)
		return failed(code, "list of references", err);
	at = put_rows(&edges, 0, graph->inner_count, graph->inner_first, graph->inner_target);
	put_rows(&edges, at, graph->inner_count, graph->leaf_first, graph->leaf_target);
	code = igraph_create(&copy->graph, &edges, graph->node_count, IGRAPH_DIRECTED);
	if (code != IGRAPH_SUCCESS)
		return failed(code, "graph", err);
	copy->made = true;
	*out = lg_take(copy);
	return LG_OK;
}

void lg_igraph_free(struct lg_igraph *copy)
{
	if (!copy)
		return;
	if (copy->made)
		igraph_destroy(&copy->graph);
	free(copy);
}

enum lg_status lg_igraph_dominators(const struct lg_igraph *copy, uint32_t *immediate,
				    struct lg_error *err)
{
	lg_cleanup(quiet_end) struct quiet quiet = quiet_begin();
	lg_cleanup(drop_vector) igraph_vector_int_t dominator = {0};
	igraph_integer_t nodes = igraph_vcount(&copy->graph);
	igraph_error_t code = igraph_vector_int_init(&dominator, 0);

	(void)quiet;
	if (code == IGRAPH_SUCCESS)
		code = igraph_dominator_tree(&copy->graph, 0, &dominator, NULL, NULL, IGRAPH_OUT);
	/* 0.10.2 can lose an out-of-memory error on the way: the length tells. */
	if (code == IGRAPH_SUCCESS && igraph_vector_int_size(&dominator) != nodes)
		code = IGRAPH_ENOMEM;
	if (code != IGRAPH_SUCCESS)
		return failed(code, "dominator tree", err);
	for (igraph_integer_t v = 0; v < nodes; v++) {
		igraph_integer_t d = VECTOR(dominator)[v];

		/* -1 is the root, -2 what it doesn't reach. */
		immediate[v] = d == -1 ? 0 : d < 0 ? LG_NONE : (uint32_t)d;
	}
	return LG_OK;
}

enum lg_status lg_igraph_distances(const struct lg_igraph *copy, uint32_t *distance,
				   struct lg_error *err)
{
	lg_cleanup(quiet_end) struct quiet quiet = quiet_begin();
	lg_cleanup(drop_vector) igraph_vector_int_t distances = {0};
	igraph_integer_t nodes = igraph_vcount(&copy->graph);
	igraph_error_t code = igraph_vector_int_init(&distances, 0);

	(void)quiet;
	if (code == IGRAPH_SUCCESS)
		code = igraph_bfs(&copy->graph, 0, NULL, IGRAPH_OUT, false, NULL, NULL, NULL, NULL,
				  NULL, NULL, &distances, NULL, NULL);
	if (code != IGRAPH_SUCCESS)
		return failed(code, "breadth-first search", err);
	for (igraph_integer_t v = 0; v < nodes; v++) {
		igraph_integer_t d = VECTOR(distances)[v];

		distance[v] = d < 0 ? LG_NONE : (uint32_t)d;
	}
	return LG_OK;
}

static void drop_reals(igraph_vector_t *vector)
{
	if (vector->stor_begin)
		igraph_vector_destroy(vector);
}

static igraph_error_t make_network(const struct lg_network *network, igraph_t *graph)
{
	lg_cleanup(drop_vector) igraph_vector_int_t edges = {0};
	igraph_error_t code =
		igraph_vector_int_init(&edges, 2 * (igraph_integer_t)network->arc_count);

	if (code != IGRAPH_SUCCESS)
		return code;
	for (uint32_t i = 0; i < network->arc_count; i++) {
		VECTOR(edges)[2 * (igraph_integer_t)i] = network->from[i];
		VECTOR(edges)[2 * (igraph_integer_t)i + 1] = network->to[i];
	}
	return igraph_create(graph, &edges, network->node_count, IGRAPH_DIRECTED);
}

enum lg_status lg_igraph_maximum_flow(const struct lg_network *network, uint32_t source,
				      uint32_t sink, double *flow, double *value,
				      struct lg_error *err)
{
	lg_cleanup(quiet_end) struct quiet quiet = quiet_begin();
	lg_cleanup(lg_igraph_free_slot) struct lg_igraph *copy = lg_alloc_zero(1, sizeof *copy);
	lg_cleanup(drop_reals) igraph_vector_t through = {0};
	igraph_vector_t capacity;
	igraph_real_t most = 0;
	igraph_error_t code;

	(void)quiet;
	if (!copy)
		return lg_fail(err, LG_E_MEMORY, "no memory for a graph: %zu bytes", sizeof *copy);
	code = make_network(network, &copy->graph);
	if (code != IGRAPH_SUCCESS)
		return failed(code, "graph", err);
	copy->made = true;
	code = igraph_vector_init(&through, 0);
	igraph_vector_view(&capacity, network->capacity, network->arc_count);
	if (code == IGRAPH_SUCCESS)
		code = igraph_maxflow(&copy->graph, &most, &through, NULL, NULL, NULL, source, sink,
				      &capacity, NULL);
	if (code == IGRAPH_SUCCESS && igraph_vector_size(&through) != network->arc_count)
		code = IGRAPH_ENOMEM;
	if (code != IGRAPH_SUCCESS)
		return failed(code, "maximum flow", err);
	for (uint32_t i = 0; i < network->arc_count; i++)
		flow[i] = VECTOR(through)[i];
	*value = most;
	return LG_OK;
}
