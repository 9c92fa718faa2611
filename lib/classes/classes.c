/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/names.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/intern.h"
#include "base/text.h"
#include "classes/keepers.h"

LG_DEFINE_CLEANUP(lg_classes_free, struct lg_classes *)
LG_DEFINE_CLEANUP(lg_intern_free, struct lg_intern *)

/* Of a keeper, or of those of one package. */
struct sum {
	uint64_t count, own_bytes, kept_bytes, part_bytes[LG_KEEPER_PARTS];
	uint64_t keepers;
	uint32_t keeper; /* the first */
	bool package;
};

static enum lg_status no_memory(struct lg_error *err)
{
	return lg_fail(err, LG_E_MEMORY, "no memory for the sums of classes");
}

static enum lg_keeper_part part_of(const struct lg_snapshot *s, uint32_t type)
{
	static const struct {
		const char *name;
		enum lg_keeper_part part;
	} known[] = {
		{"dict", LG_PART_OF_DICTS}, {"OrderedDict", LG_PART_OF_DICTS},
		{"defaultdict", LG_PART_OF_DICTS}, {"list", LG_PART_OF_LISTS},
		{"deque", LG_PART_OF_LISTS}, {"tuple", LG_PART_OF_TUPLES}, {"set", LG_PART_OF_SETS},
		{"frozenset", LG_PART_OF_SETS}, {"str", LG_PART_OF_STRINGS},
		{"bytes", LG_PART_OF_BYTES}, {"bytearray", LG_PART_OF_BYTES},
		{"memoryview", LG_PART_OF_BYTES}, {"array", LG_PART_OF_BYTES},
		{"int", LG_PART_OF_NUMBERS}, {"float", LG_PART_OF_NUMBERS},
		{"complex", LG_PART_OF_NUMBERS}, {"bool", LG_PART_OF_NUMBERS},
		{"function", LG_PART_OF_CODE}, {"code", LG_PART_OF_CODE}, {"cell", LG_PART_OF_CODE},
		{"type", LG_PART_OF_CODE}, {"property", LG_PART_OF_CODE},
		{"method", LG_PART_OF_CODE}, {"classmethod", LG_PART_OF_CODE},
		{"staticmethod", LG_PART_OF_CODE}, {"getset_descriptor", LG_PART_OF_CODE},
		{"member_descriptor", LG_PART_OF_CODE}, {"method_descriptor", LG_PART_OF_CODE},
		{"wrapper_descriptor", LG_PART_OF_CODE}, {"builtin_function_or_method", LG_PART_OF_CODE},
	};
	struct lg_text name = lg_snapshot_string(s, s->types[type].name);

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (lg_text_is(name, known[i].name))
			return known[i].part;
	return LG_PART_OF_REST;
}

static enum lg_status add_up(const struct lg_analysis *analysis, const struct lg_keepers *keepers,
			     struct sum *sum, struct lg_error *err)
{
	const struct lg_snapshot *s = analysis->snapshot;
	lg_cleanup(lg_free) uint8_t *part = lg_alloc(s->type_count, 1);

	if (!part)
		return no_memory(err);
	for (uint32_t t = 0; t < s->type_count; t++)
		part[t] = (uint8_t)part_of(s, t);
	for (uint32_t i = 1; i < s->object_count; i++) {
		uint32_t type = s->type[i];
		struct sum *to = &sum[keepers->of_node[i]];

		to->kept_bytes += s->shallow_bytes[i];
		if (lg_bit_get(analysis->is_class, i)) {
			to->part_bytes[LG_PART_OF_CODE] += s->shallow_bytes[i];
		} else if (keepers->of_language[type]) {
			to->part_bytes[part[type]] += s->shallow_bytes[i];
		} else if (keepers->keeper[keepers->of_node[i]].kind == LG_KEEPER_CLASS) {
			to->count++;
			to->own_bytes += s->shallow_bytes[i];
		} else {
			/* Garbage: of any class. */
			to->part_bytes[LG_PART_OF_REST] += s->shallow_bytes[i];
		}
	}
	for (uint32_t k = 0; k < keepers->count; k++) {
		sum[k].keepers = 1;
		sum[k].keeper = k;
	}
	return LG_OK;
}

static void merge(struct sum *to, const struct sum *from)
{
	to->count += from->count;
	to->own_bytes += from->own_bytes;
	to->kept_bytes += from->kept_bytes;
	for (int i = 0; i < LG_KEEPER_PARTS; i++)
		to->part_bytes[i] += from->part_bytes[i];
	to->keepers += from->keepers;
}

/* Sums of one package into the first of them; the others count nothing after it. */
static enum lg_status merge_packages(const struct lg_analysis *analysis,
				     const struct lg_keepers *keepers, struct sum *sum,
				     struct lg_error *err)
{
	lg_cleanup(lg_intern_free_slot) struct lg_intern *names = lg_intern_new();
	lg_cleanup(lg_free) uint32_t *first = lg_alloc((size_t)keepers->count + 1, sizeof *first);

	if (!names || !first)
		return no_memory(err);
	memset(first, 0xff, ((size_t)keepers->count + 1) * sizeof *first);
	for (uint32_t k = 0; k < keepers->count; k++) {
		struct lg_text name = lg_keeper_package(analysis, &keepers->keeper[k]);
		uint32_t number;
		enum lg_status status;

		if (!name.length)
			continue;
		status = lg_intern_add(names, name.bytes, name.length, &number, err);
		if (status != LG_OK)
			return status;
		sum[k].package = true;
		if (first[number] == LG_NONE) {
			first[number] = k;
		} else {
			merge(&sum[first[number]], &sum[k]);
			sum[k] = (struct sum){0};
		}
	}
	return LG_OK;
}

static int compare_sums(const void *left, const void *right)
{
	const struct sum *a = left, *b = right;

	if (a->kept_bytes != b->kept_bytes)
		return a->kept_bytes > b->kept_bytes ? -1 : 1;
	return (a->keeper > b->keeper) - (a->keeper < b->keeper);
}

static struct lg_class_row row_of(const struct lg_analysis *analysis,
				  const struct lg_keepers *keepers, const struct sum *sum,
				  struct lg_pool *pool)
{
	const struct lg_keeper *keeper = &keepers->keeper[sum->keeper];
	struct lg_buffer name = {0};
	struct lg_class_row row = {
		.kind = (enum lg_keeper_kind)keeper->kind,
		.package = sum->package,
		.keepers = sum->keepers,
		.count = sum->count,
		.own_bytes = sum->own_bytes,
		.kept_bytes = sum->kept_bytes,
	};

	memcpy(row.part_bytes, sum->part_bytes, sizeof row.part_bytes);
	if (sum->package)
		lg_buffer_name(&name, lg_keeper_package(analysis, keeper), 0, LG_NAME_COLUMNS);
	else
		lg_keeper_text(analysis, keeper, &name);
	row.name = lg_buffer_keep(&name, pool);
	return row;
}

static void finish(const struct lg_analysis *analysis, const struct lg_keepers *keepers,
		   struct sum *sum, uint32_t top, struct lg_classes *out)
{
	uint32_t used = 0;

	for (uint32_t k = 0; k < keepers->count; k++)
		if (sum[k].kept_bytes)
			sum[used++] = sum[k];
	qsort(sum, used, sizeof *sum, compare_sums);
	out->row_total = used;
	out->row_count = top && top < used ? top : used;
	out->row = lg_pool_array(out->pool, out->row_count, sizeof *out->row);
	for (uint32_t i = 0; out->row && i < out->row_count; i++)
		out->row[i] = row_of(analysis, keepers, &sum[i], out->pool);
	for (uint32_t i = (uint32_t)out->row_count; i < used; i++)
		out->rest_bytes += sum[i].kept_bytes;
}

enum lg_status lg_classes_build(struct lg_analysis *analysis, bool by_package, uint32_t top,
				struct lg_classes **out, struct lg_error *err)
{
	lg_cleanup(lg_classes_free_slot) struct lg_classes *classes = calloc(1, sizeof *classes);
	lg_cleanup(lg_keepers_release) struct lg_keepers keepers = {0};
	lg_cleanup(lg_free) struct sum *sum = NULL;
	enum lg_status status;

	*out = NULL;
	if (classes)
		classes->pool = lg_pool_new();
	if (!classes || !classes->pool)
		return no_memory(err);
	lg_analysis_summary(analysis, classes->pool, &classes->summary);
	status = lg_keepers_find(analysis, &keepers, err);
	if (status != LG_OK)
		return status;
	sum = lg_alloc_zero(keepers.count, sizeof *sum);
	if (!sum)
		return no_memory(err);
	status = add_up(analysis, &keepers, sum, err);
	if (status == LG_OK && by_package)
		status = merge_packages(analysis, &keepers, sum, err);
	if (status != LG_OK)
		return status;
	finish(analysis, &keepers, sum, top, classes);
	status = lg_pool_check(classes->pool, err);
	if (status == LG_OK)
		*out = lg_take(classes);
	return status;
}

void lg_classes_free(struct lg_classes *classes)
{
	if (!classes)
		return;
	lg_pool_free(classes->pool);
	free(classes);
}
