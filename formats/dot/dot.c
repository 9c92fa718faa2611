/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "formats/dot/dot.h"

#define MOST_ROUTES 20
#define TEXT_BYTES 1024

LG_DEFINE_CLEANUP(lg_where_free, struct lg_where *)

/* Hops that are drawn, in the order of their numbers; a route goes on from where it leaves the
 * others. */
struct drawn {
	const struct lg_hop *hop;
	size_t parent; /* its own number: a root */
};

struct picture {
	struct lg_stream *stream;
	struct drawn *node;
	size_t count, capacity, first; /* first: of the paths at hand */
};

static void picture_close(struct picture *picture)
{
	free(picture->node);
}

static void put_node_name(struct picture *picture, size_t node)
{
	lg_stream_char(picture->stream, 'n');
	lg_stream_number(picture->stream, node);
}

/* "dict (673.6 kB)", "shop.models.Session ×600"; a root's label stands before. */
static void put_node(struct picture *picture, size_t node, bool is_root)
{
	const struct lg_hop *hop = picture->node[node].hop;
	char text[TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES], bytes[LG_NUMBER_TEXT_BYTES];
	const char *type = is_root && !hop->named_type ? "" : hop->type;
	bool many = hop->count > 1 && !hop->counted;

	snprintf(text, sizeof text, "%s%s%s%s%s%s", is_root ? hop->label : "",
		 is_root && type[0] ? ": " : "", type, many ? " ×" : " (",
		 many ? lg_count_text(hop->count, count)
		      : lg_bytes_text(hop->retained_bytes, bytes),
		 many ? "" : ")");
	put_node_name(picture, node);
	lg_stream_text(picture->stream, " [label=");
	lg_stream_quoted(picture->stream, text, '\\');
	lg_stream_text(picture->stream, hop->suspect ? ", color=red];\n" : "];\n");
}

static void put_edge(struct picture *picture, size_t node)
{
	const struct lg_hop *hop = picture->node[node].hop;
	char text[TEXT_BYTES], repeat[LG_NUMBER_TEXT_BYTES];

	snprintf(text, sizeof text, "%s%s%s", hop->label, hop->repeat > 1 ? " in a row: " : "",
		 hop->repeat > 1 ? lg_count_text(hop->repeat, repeat) : "");
	put_node_name(picture, picture->node[node].parent);
	lg_stream_text(picture->stream, " -> ");
	put_node_name(picture, node);
	lg_stream_text(picture->stream, " [label=");
	lg_stream_quoted(picture->stream, text, '\\');
	lg_stream_text(picture->stream, "];\n");
}

static bool same_hop(const struct lg_hop *a, const struct lg_hop *b)
{
	return a->object == b->object && a->count == b->count && a->repeat == b->repeat &&
	       strcmp(a->label, b->label) == 0 && strcmp(a->type, b->type) == 0;
}

/* The node of a hop behind `parent` (a root: SIZE_MAX), drawn if it is not yet. */
static bool step(struct picture *picture, size_t parent, const struct lg_hop *hop, size_t *out)
{
	bool is_root = parent == SIZE_MAX;

	for (size_t i = picture->first; i < picture->count; i++) {
		const struct drawn *node = &picture->node[i];

		*out = i;
		if (node->parent == (is_root ? i : parent) && same_hop(node->hop, hop))
			return true;
	}
	*out = picture->count;
	if (!lg_reserve(picture->node, picture->capacity, picture->count + 1))
		return false;
	picture->node[picture->count++] = (struct drawn){hop, is_root ? *out : parent};
	put_node(picture, *out, is_root);
	if (!is_root)
		put_edge(picture, *out);
	return true;
}

static enum lg_status put_routes(struct picture *picture, const char *name, const char *title,
				 const struct lg_route *route, size_t count, struct lg_error *err)
{
	struct lg_stream *stream = picture->stream;

	picture->first = picture->count;
	lg_stream_text(stream, "subgraph cluster_");
	lg_stream_text(stream, name);
	lg_stream_text(stream, " {\nlabel=");
	lg_stream_quoted(stream, title, '\\');
	lg_stream_text(stream, ";\n");
	for (size_t i = 0; i < count; i++) {
		size_t node = SIZE_MAX;

		for (size_t h = 0; h < route[i].path.count; h++)
			if (!step(picture, node, &route[i].path.hop[h], &node))
				return lg_fail(err, LG_E_MEMORY, "no memory for %zu paths", count);
	}
	lg_stream_text(stream, "}\n");
	return lg_stream_check(stream, err);
}

enum lg_status lg_dot_write(struct lg_analysis *analysis, const char *query,
			    struct lg_stream *stream, struct lg_error *err)
{
	lg_cleanup(lg_where_free_slot) struct lg_where *where = NULL;
	lg_cleanup(picture_close) struct picture picture = {.stream = stream};
	enum lg_status status = lg_where_build(analysis, query, MOST_ROUTES, &where, err);

	if (status != LG_OK)
		return status;
	lg_stream_text(stream, "digraph leakgraph {\nrankdir=LR;\nnode [shape=box];\nlabel=");
	lg_stream_quoted(stream, where->subject, '\\');
	lg_stream_text(stream, ";\n");
	status = put_routes(&picture, "shortest", "Shortest path from a root", where->shortest,
			    where->shortest_count, err);
	if (status == LG_OK)
		status = put_routes(&picture, "dominators", "Dominators", where->dominators,
				    where->dominators_count, err);
	lg_stream_text(stream, "}\n");
	return status;
}
