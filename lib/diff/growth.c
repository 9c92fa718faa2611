/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <xxhash.h>

#include "analysis/model.h"
#include "base/array.h"
#include "base/bisect.h"
#include "base/bits.h"
#include "base/cleanup.h"
#include "leakgraph/growth.h"
#include "profile/parts.h"

struct present {
	uint64_t address;
	uint32_t type;  /* hash of its name */
	uint32_t bytes; /* saturates */
};

struct lg_presence {
	struct lg_snapshot_info info;
	size_t count;
	struct present *object; /* by address */
};

LG_DEFINE_CLEANUP(lg_presence_free, struct lg_presence *)

void lg_presence_free(struct lg_presence *presence)
{
	if (!presence)
		return;
	free(presence->object);
	free(presence);
}

/* Types have other numbers in each dump: their names are compared. */
static uint32_t *hash_types(const struct lg_snapshot *s)
{
	uint32_t *hash = lg_alloc(s->type_count, sizeof *hash);

	for (uint32_t t = 0; hash && t < s->type_count; t++) {
		struct lg_text module = lg_snapshot_string(s, s->types[t].module);
		struct lg_text name = lg_snapshot_string(s, s->types[t].name);

		hash[t] = XXH32(name.bytes, name.length,
				XXH32(module.bytes, module.length, 0));
	}
	return hash;
}

static int by_address(const void *left, const void *right)
{
	const struct present *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

/* Threads and the like have no address. */
static bool has_address(const struct lg_snapshot *s, uint32_t object)
{
	return s->address[object] != 0 && !(s->flags[object] & LG_OBJECT_PSEUDO);
}

enum lg_status lg_presence_make(const struct lg_snapshot *s, struct lg_presence **out,
				struct lg_error *err)
{
	lg_cleanup(lg_presence_free_slot) struct lg_presence *presence = calloc(1, sizeof *presence);
	lg_cleanup(lg_free) uint32_t *type = hash_types(s);

	*out = NULL;
	if (presence)
		presence->object = lg_alloc(s->object_count, sizeof *presence->object);
	if (!presence || !presence->object || !type)
		return lg_fail(err, LG_E_MEMORY, "no memory for the addresses of %u objects",
			       s->object_count);
	presence->info = s->info;
	for (uint32_t i = 1; i < s->object_count; i++)
		if (has_address(s, i))
			presence->object[presence->count++] = (struct present){
				.address = s->address[i],
				.type = type[s->type[i]],
				.bytes = s->shallow_bytes[i] < UINT32_MAX
						 ? (uint32_t)s->shallow_bytes[i] : UINT32_MAX,
			};
	qsort(presence->object, presence->count, sizeof *presence->object, by_address);
	*out = lg_take(presence);
	return LG_OK;
}

static const struct present *find(const struct lg_presence *presence, uint64_t address,
				  uint32_t type)
{
	size_t i = lg_bisect(at, presence->count, presence->object[at].address < address);

	if (i == presence->count || presence->object[i].address != address ||
	    presence->object[i].type != type)
		return NULL;
	return &presence->object[i];
}

bool lg_growth_is_said(const struct lg_snapshot_info *first, const struct lg_snapshot_info *last)
{
	return first->pid && first->process_start && first->pid == last->pid &&
	       first->process_start == last->process_start &&
	       first->taken_at_ns <= last->taken_at_ns;
}

bool lg_presence_is_before(const struct lg_presence *presence, const struct lg_snapshot *s)
{
	lg_cleanup(lg_free) uint32_t *type = hash_types(s);
	size_t found = 0;

	if (!type || !lg_growth_is_said(&presence->info, &s->info))
		return false;
	for (uint32_t i = 1; i < s->object_count && found < presence->count / 10; i++)
		found += has_address(s, i) &&
			 find(presence, s->address[i], type[s->type[i]]) != NULL;
	return found >= presence->count / 10;
}

/* What each object of the last dump is: bits of those that go into the profiles, and sums. */
static void sort_out(const struct lg_snapshot *s, const uint32_t *type,
		     const struct lg_presence *first, const struct lg_presence *second,
		     uint64_t *base, uint64_t *head, struct lg_growth *growth)
{
	uint64_t survived_then = 0, all_then = 0;

	for (uint32_t i = 1; i < s->object_count; i++) {
		uint64_t bytes = s->shallow_bytes[i];
		const struct present *was =
			has_address(s, i) ? find(first, s->address[i], type[s->type[i]]) : NULL;

		if (was || !has_address(s, i)) {
			lg_bit_set(base, i);
			lg_bit_set(head, i);
			growth->survived++;
			growth->survived_bytes += bytes;
			survived_then += was ? was->bytes : 0;
			growth->freed -= was != NULL;
		} else if (second && !find(second, s->address[i], type[s->type[i]])) {
			growth->passing++;
			growth->passing_bytes += bytes;
		} else {
			lg_bit_set(head, i);
			growth->fresh++;
			growth->fresh_bytes += bytes;
		}
	}
	for (size_t i = 0; i < first->count; i++)
		all_then += first->object[i].bytes;
	growth->freed_bytes = all_then - survived_then;
}

enum lg_status lg_growth_profiles(struct lg_analysis *last, const struct lg_presence *first,
				  const struct lg_presence *second,
				  const struct lg_progress *progress, struct lg_profile **base,
				  struct lg_profile **head, struct lg_growth *growth,
				  struct lg_error *err)
{
	const struct lg_snapshot *s = last->snapshot;
	size_t words = lg_bit_words(s->object_count);
	lg_cleanup(lg_free) uint32_t *type = hash_types(s);
	lg_cleanup(lg_free) uint64_t *in_base = lg_alloc_zero(words, sizeof *in_base);
	lg_cleanup(lg_free) uint64_t *in_head = lg_alloc_zero(words, sizeof *in_head);
	const uint64_t *member[] = {in_base, in_head};
	struct lg_profile *profile[2];
	enum lg_status status;

	if (!type || !in_base || !in_head)
		return lg_fail(err, LG_E_MEMORY, "no memory to compare %u objects", s->object_count);
	*growth = (struct lg_growth){
		.pid = s->info.pid,
		.first_ns = first->info.taken_at_ns,
		.last_ns = s->info.taken_at_ns,
		.freed = first->count,
	};
	sort_out(s, type, first, second, in_base, in_head, growth);
	status = lg_profile_build_parts(last, progress, member, 2, profile, err);
	if (status != LG_OK)
		return status;
	*base = profile[0];
	*head = profile[1];
	return LG_OK;
}
