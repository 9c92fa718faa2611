/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leakgraph/what_if.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/named.h"
#include "analysis/subject.h"
#include "base/array.h"
#include "base/cleanup.h"

LG_DEFINE_CLEANUP(lg_what_if_report_free, struct lg_what_if_report *)

/* What each name stands for, and which references and roots were named so far. */
struct asked {
	struct lg_named *named;
	struct lg_removal *removal;
	struct lg_freed *alone;
	size_t count;
	uint64_t *reference, *root;
};

static void free_asked(struct asked *asked)
{
	for (size_t i = 0; asked->named && i < asked->count; i++)
		lg_named_release(&asked->named[i]);
	free(asked->named);
	free(asked->removal);
	free(asked->alone);
	free(asked->reference);
	free(asked->root);
}

void lg_what_if_report_free(struct lg_what_if_report *report)
{
	if (!report)
		return;
	lg_pool_free(report->pool);
	free(report);
}

static enum lg_status reserve(const struct lg_snapshot *s, size_t count, struct asked *asked,
			      struct lg_error *err)
{
	asked->named = lg_alloc_zero(count, sizeof *asked->named);
	asked->removal = lg_alloc_zero(count, sizeof *asked->removal);
	asked->alone = lg_alloc_zero(count, sizeof *asked->alone);
	asked->reference = lg_alloc_zero(lg_bit_words(s->reference_count), sizeof *asked->reference);
	asked->root = lg_alloc_zero(lg_bit_words(s->root_count), sizeof *asked->root);
	if (!asked->named || !asked->removal || !asked->alone || !asked->reference || !asked->root)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu names of references", count);
	return LG_OK;
}

static bool mark(uint64_t *is, const uint32_t *member, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (lg_bit_get(is, member[i]))
			return false;
		lg_bit_set(is, member[i]);
	}
	return true;
}

static enum lg_status no_reference(const char *name, struct lg_error *err)
{
	return lg_fail(err, LG_E_USAGE,
		       "'%s' names objects: expected one of their references, as '%s → .name'", name,
		       name);
}

static enum lg_status find(struct lg_analysis *analysis, const char *name, struct asked *asked,
			   struct lg_error *err)
{
	lg_cleanup(lg_subject_free) struct lg_subject objects = {0};
	struct lg_named *named = &asked->named[asked->count];
	struct lg_error other = {0};
	enum lg_status status = lg_named_find(analysis, name, named, err);

	if (status == LG_E_NOT_FOUND && !lg_named_is_path(name) &&
	    lg_subject_resolve(analysis, name, &objects, &other) == LG_OK)
		return no_reference(name, err);
	if (status != LG_OK)
		return status;
	asked->removal[asked->count++] = (struct lg_removal){
		named->reference, named->reference_count, named->root, named->root_count};
	if (!named->reference_count && !named->root_count)
		return no_reference(name, err);
	if (!mark(asked->reference, named->reference, named->reference_count) ||
	    !mark(asked->root, named->root, named->root_count))
		return lg_fail(err, LG_E_USAGE, "'%s' names references that stand before it, too",
			       name);
	return LG_OK;
}

static void tell(const char *const *name, const struct asked *asked,
		 struct lg_what_if_report *report)
{
	report->line = lg_pool_array(report->pool, asked->count, sizeof *report->line);
	for (size_t i = 0; report->line && i < asked->count; i++) {
		const struct lg_named *named = &asked->named[i];
		struct lg_buffer text = {0};

		lg_buffer_name(&text, (struct lg_text){name[i], strlen(name[i])}, 0,
			       8 * LG_NAME_COLUMNS);
		report->line[report->line_count++] = (struct lg_what_if_line){
			.name = lg_buffer_keep(&text, report->pool),
			.references = (uint64_t)named->reference_count + named->root_count,
			.holders = named->holders,
			.bytes = asked->alone[i].bytes,
			.objects = asked->alone[i].objects,
		};
	}
}

enum lg_status lg_what_if_report_build(struct lg_analysis *analysis, const char *const *name,
				       size_t count, struct lg_what_if_report **out,
				       struct lg_error *err)
{
	lg_cleanup(lg_what_if_report_free_slot) struct lg_what_if_report *report =
		calloc(1, sizeof *report);
	lg_cleanup(free_asked) struct asked asked = {0};
	struct lg_freed together = {0};
	enum lg_status status;

	*out = NULL;
	if (report)
		report->pool = lg_pool_new();
	if (!report || !report->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for what a cut would free");
	status = reserve(analysis->snapshot, count, &asked, err);
	for (size_t i = 0; status == LG_OK && i < count; i++)
		status = find(analysis, name[i], &asked, err);
	if (status == LG_OK)
		status = lg_what_if_each(analysis->graph, asked.removal, (uint32_t)count, asked.alone,
					 &together, err);
	if (status != LG_OK)
		return status;
	lg_analysis_summary(analysis, report->pool, &report->summary);
	tell(name, &asked, report);
	report->bytes = together.bytes;
	report->objects = together.objects;
	status = lg_pool_check(report->pool, err);
	if (status == LG_OK)
		*out = lg_take(report);
	return status;
}
