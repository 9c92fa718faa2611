/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "take/stack_values.h"

/* A reference to be put behind those that a frame has. */
struct found {
	uint32_t frame; /* object */
	uint32_t target;
};

static int by_address(const void *left, const void *right)
{
	const struct lg_maybe_held *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static int by_frame(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return a->frame < b->frame ? -1 : a->frame > b->frame;
}

/* The first word with this address or a greater one. */
static size_t first_word(const struct lg_maybe_held *word, size_t count, uint64_t address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (word[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes the roots that stacks explain out of the table. Returns how many references came of it. */
static uint32_t explain(struct lg_snapshot *s, const struct lg_maybe_held *word, size_t count,
			struct found *found)
{
	uint32_t kept = 0, references = 0;

	for (uint32_t i = 0; i < s->root_count; i++) {
		struct lg_root root = s->roots[i];

		if (root.kind == LG_ROOT_C_CODE) {
			uint64_t address = s->address[root.object];
			size_t w = first_word(word, count, address);

			for (; w < count && word[w].address == address && root.excess; w++) {
				found[references++] = (struct found){ .frame = word[w].pseudo + 1,
								      .target = root.object };
				if (--root.excess == 0)
					break;
			}
			if (root.excess == 0)
				continue;
		}
		s->roots[kept++] = root;
	}
	s->root_count = kept;
	return references;
}

static bool grow(struct lg_snapshot *s, uint32_t more)
{
	size_t count = (size_t)s->reference_count + more;
	uint32_t *target = realloc(s->ref_target, count * sizeof *target);
	uint32_t *name;
	uint8_t *kind;

	if (!target)
		return false;
	s->ref_target = target;
	name = realloc(s->ref_name, count * sizeof *name);
	if (!name)
		return false;
	s->ref_name = name;
	kind = realloc(s->ref_kind, count * sizeof *kind);
	if (!kind)
		return false;
	s->ref_kind = kind;
	return true;
}

static void shift(struct lg_snapshot *s, uint32_t from, uint32_t end, uint32_t by)
{
	memmove(s->ref_target + from + by, s->ref_target + from,
		(end - from) * sizeof *s->ref_target);
	memmove(s->ref_name + from + by, s->ref_name + from, (end - from) * sizeof *s->ref_name);
	memmove(s->ref_kind + from + by, s->ref_kind + from, (end - from) * sizeof *s->ref_kind);
}

/* Rows move to the right, the last one first, each as far as there are new references before it. */
static void insert(struct lg_snapshot *s, const struct found *found, uint32_t count, uint32_t name)
{
	uint32_t end = s->reference_count;

	for (uint32_t i = count; i-- > 0;) {
		uint32_t at = s->first_reference[found[i].frame + 1];

		shift(s, at, end, i + 1);
		s->ref_target[at + i] = found[i].target;
		s->ref_name[at + i] = name;
		s->ref_kind[at + i] = LG_REF_OTHER;
		end = at;
	}
	for (uint32_t row = 1, before = 0; row <= s->inner_count; row++) {
		while (before < count && found[before].frame < row)
			before++;
		s->first_reference[row] += before;
	}
	s->reference_count += count;
}

enum lg_status lg_held_by_stacks(struct lg_snapshot *s, const struct lg_root_set *roots,
				 struct lg_error *err)
{
	lg_cleanup(lg_free) struct lg_maybe_held *word = NULL;
	lg_cleanup(lg_free) struct found *found = NULL;
	size_t room = roots->maybe_count;
	uint32_t count;

	if (room == 0)
		return LG_OK;
	word = lg_alloc(room, sizeof *word);
	found = lg_alloc(room, sizeof *found);
	if (!word || !found)
		return lg_fail(err, LG_E_MEMORY, "no memory for %zu words of evaluation stacks", room);
	/* Room for each word to become a reference, before any root is given up. */
	if (room > LG_MAX_REFERENCES - s->reference_count)
		return lg_fail(err, LG_E_LIMIT, "more than %u references", LG_MAX_REFERENCES);
	if (!grow(s, (uint32_t)room))
		return lg_fail(err, LG_E_MEMORY, "no memory for %u references", s->reference_count);
	memcpy(word, roots->maybe, room * sizeof *word);
	qsort(word, room, sizeof *word, by_address);
	count = explain(s, word, room, found);
	if (count) {
		qsort(found, count, sizeof *found, by_frame);
		insert(s, found, count, roots->maybe_name);
	}
	return LG_OK;
}
