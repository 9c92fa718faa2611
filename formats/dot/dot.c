/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "analysis/text.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "formats/dot/dot.h"
#include "leakgraph/cut.h"

#define MOST_ROUTES 20

LG_DEFINE_CLEANUP(lg_where_free, struct lg_where *)
LG_DEFINE_CLEANUP(lg_cut_report_free, struct lg_cut_report *)

/* A hop that is drawn; its number is its place. A path is drawn from where it leaves the others. */
struct drawn {
	const struct lg_hop *hop;
	size_t parent; /* its own number: a root */
};

struct picture {
	struct lg_stream *stream;
	struct drawn *node;
	size_t count, capacity, first; /* first: of the paths at hand */
	bool failed;                   /* no memory for a text */
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

static void put_text(struct picture *picture, struct lg_buffer *text)
{
	lg_stream_text(picture->stream, " [label=");
	lg_stream_quoted(picture->stream, text->bytes ? text->bytes : "", '\\');
	picture->failed |= text->failed;
	lg_buffer_free(text);
}

/* "dict (673.6 kB)", "shop.models.Session ×600"; a root's label stands before. */
static void put_node(struct picture *picture, size_t node, bool is_root)
{
	const struct lg_hop *hop = picture->node[node].hop;
	const char *type = is_root && !hop->named_type ? "" : hop->type;
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};

	if (is_root)
		lg_buffer_format(&text, "%s%s", hop->label, type[0] ? ": " : "");
	lg_buffer_add(&text, type);
	if (hop->count > 1 && !hop->counted)
		lg_buffer_format(&text, " ×%s", lg_count_text(hop->count, number));
	else
		lg_buffer_format(&text, " (%s)", lg_bytes_text(hop->retained_bytes, number));
	put_node_name(picture, node);
	put_text(picture, &text);
	lg_stream_text(picture->stream, hop->suspect ? ", color=red];\n" : "];\n");
}

static void put_edge(struct picture *picture, size_t node, bool cut)
{
	const struct lg_hop *hop = picture->node[node].hop;
	char number[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer text = {0};

	lg_buffer_add(&text, hop->label);
	if (hop->repeat > 1)
		lg_buffer_format(&text, " %s times in a row", lg_count_text(hop->repeat, number));
	put_node_name(picture, picture->node[node].parent);
	lg_stream_text(picture->stream, " -> ");
	put_node_name(picture, node);
	put_text(picture, &text);
	lg_stream_text(picture->stream, cut ? ", style=dashed, color=red];\n" : "];\n");
}

static bool same_hop(const struct lg_hop *a, const struct lg_hop *b)
{
	return a->object == b->object && a->count == b->count && a->repeat == b->repeat &&
	       strcmp(a->label, b->label) == 0 && strcmp(a->type, b->type) == 0;
}

/* The node of a hop behind `parent` (a root: SIZE_MAX), drawn if it is not yet. */
static bool step(struct picture *picture, size_t parent, const struct lg_hop *hop, bool cut,
		 size_t *out)
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
		put_edge(picture, *out, cut);
	return true;
}

static void open_cluster(struct picture *picture, const char *name, const char *title)
{
	struct lg_stream *stream = picture->stream;

	picture->first = picture->count;
	lg_stream_text(stream, "subgraph cluster_");
	lg_stream_text(stream, name);
	lg_stream_text(stream, " {\nlabel=");
	lg_stream_quoted(stream, title, '\\');
	lg_stream_text(stream, ";\n");
}

static enum lg_status close_cluster(struct picture *picture, struct lg_error *err)
{
	lg_stream_text(picture->stream, "}\n");
	if (picture->failed)
		return lg_fail(err, LG_E_MEMORY, "no memory for a name");
	return lg_stream_check(picture->stream, err);
}

/* cut: the last step is one. */
static enum lg_status put_path(struct picture *picture, const struct lg_path *path, bool cut,
			       struct lg_error *err)
{
	size_t node = SIZE_MAX;

	for (size_t h = 0; h < path->count; h++)
		if (!step(picture, node, &path->hop[h], cut && h + 1 == path->count, &node))
			return lg_fail(err, LG_E_MEMORY, "no memory for a path");
	return LG_OK;
}

static enum lg_status put_routes(struct picture *picture, const char *name, const char *title,
				 const struct lg_route *route, size_t count, struct lg_error *err)
{
	enum lg_status status = LG_OK;

	open_cluster(picture, name, title);
	for (size_t i = 0; i < count && status == LG_OK; i++)
		status = put_path(picture, &route[i].path, false, err);
	return status == LG_OK ? close_cluster(picture, err) : status;
}

/* Where no single object holds it: a picture without a cut is better than none. */
static enum lg_status put_cut(struct picture *picture, struct lg_analysis *analysis,
			      const char *query, struct lg_error *err)
{
	lg_cleanup(lg_cut_report_free_slot) struct lg_cut_report *report = NULL;
	enum lg_status status = lg_cut_report_build(analysis, query, 0, MOST_ROUTES, &report, err);

	if (status == LG_E_LIMIT)
		return LG_OK;
	if (status != LG_OK)
		return status;
	open_cluster(picture, "cut", "The smallest cut");
	for (size_t i = 0; i < report->line_count && status == LG_OK; i++)
		status = put_path(picture, &report->line[i].path, true, err);
	return status == LG_OK ? close_cluster(picture, err) : status;
}

static bool is_held_by_several(const struct lg_where *where)
{
	for (size_t i = 0; i < where->dominators_count; i++)
		if (where->dominators[i].held_by_several)
			return true;
	return false;
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
	if (status == LG_OK && is_held_by_several(where))
		status = put_cut(&picture, analysis, query, err);
	lg_stream_text(stream, "}\n");
	return status;
}
