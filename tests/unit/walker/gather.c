/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/intern.h"
#include "walker/gather.h"

/*
 * The window belongs to a copy of another program: whatever stands in it, the
 * host must neither read nor write beyond it, and the snapshot must be one
 * that lg_snapshot_validate() can judge.
 */
#define ROWS 16u
#define TEXT_BYTES 256u

struct window {
	struct lg_walker head;
	struct lg_walker_object inner[ROWS], leaf[ROWS];
	struct lg_walker_reference reference[ROWS];
	struct lg_walker_type type[ROWS];
	char text[TEXT_BYTES];
	struct lg_walker_patch patch[ROWS];
	struct lg_walker_suspended suspended[ROWS];
};

static struct window *window;
static struct lg_root_set roots;
static struct lg_gather gather;
static struct lg_snapshot *snapshot;
static struct lg_error err;

static void lay(enum lg_walker_column_id id, size_t offset, uint32_t capacity)
{
	window->head.column[id].rows = offset;
	window->head.column[id].capacity = capacity;
}

static void set_up(void)
{
	window = calloc(1, sizeof *window);
	lay(LG_WALKER_INNER, offsetof(struct window, inner), ROWS);
	lay(LG_WALKER_LEAVES, offsetof(struct window, leaf), ROWS);
	lay(LG_WALKER_REFERENCES, offsetof(struct window, reference), ROWS);
	lay(LG_WALKER_TYPES, offsetof(struct window, type), ROWS);
	lay(LG_WALKER_TEXTS, offsetof(struct window, text), TEXT_BYTES);
	lay(LG_WALKER_PATCHES, offsetof(struct window, patch), ROWS);
	lay(LG_WALKER_SUSPENDED, offsetof(struct window, suspended), ROWS);
	gather = (struct lg_gather){ .roots = &roots, .strings = lg_intern_new() };
	gather.seed = calloc(1, sizeof *gather.seed);
	snapshot = lg_snapshot_new();
	cr_assert_eq(lg_gather_start(&gather, &err), LG_OK);
}

static void tear_down(void)
{
	lg_snapshot_free(snapshot);
	lg_intern_free(gather.strings);
	lg_gather_free(&gather);
	free(window);
}

TestSuite(gather, .init = set_up, .fini = tear_down);

static enum lg_status no_memory(void *context, uint64_t address, void *buffer, size_t bytes,
				struct lg_error *error)
{
	(void)context;
	(void)buffer;
	return lg_fail(error, LG_E_UNREADABLE, "%zu bytes at 0x%llx", bytes,
		       (unsigned long long)address);
}

static enum lg_status finish(void)
{
	static const struct lg_memory memory = { .read = no_memory };
	struct lg_python python = {
		.memory = &memory,
		.layout = lg_layout_find(0x030b02f0),
		.version_hex = 0x030b02f0,
	};
	static const struct lg_maps no_maps;
	enum lg_status status = lg_gather_finish(&gather, &python, &no_maps, snapshot, &err);

	if (status == LG_OK)
		status = lg_intern_finish(gather.strings, &snapshot->strings, &err);
	return status;
}

static void take(void)
{
	cr_assert_eq(lg_gather_window(&gather, &window->head, &err), LG_OK, "%s", err.text);
}

static void text(uint32_t name, const char *bytes)
{
	struct lg_walker_column *column = &window->head.column[LG_WALKER_TEXTS];
	struct lg_walker_text head = { .name = name, .bytes = (uint32_t)strlen(bytes) };

	memcpy(window->text + column->count, &head, sizeof head);
	memcpy(window->text + column->count + sizeof head, bytes, head.bytes);
	column->count += sizeof head + head.bytes;
}

/* An instance of type 1 with two references: to itself, and to a leaf under the name "key". */
static void small_heap(void)
{
	window->inner[0] = (struct lg_walker_object){ .address = 0x1000, .bytes = 48, .type = 1,
						      .refcount = 2, .references = 2 };
	window->leaf[0] = (struct lg_walker_object){ .address = 0x2000, .bytes = 52, .type = 1 };
	window->reference[0] =
		(struct lg_walker_reference){ .target = 1, .name = LG_WALKER_TEXT | 3, .kind = LG_REF_ATTR };
	window->reference[1] = (struct lg_walker_reference){ .target = LG_WALKER_LEAF, .name = 1,
							     .kind = LG_REF_KEY_STR };
	window->type[0] = (struct lg_walker_type){ .address = 0x1000, .object = 1,
						   .flags = LG_TYPE_HEAP };
	text(LG_WALKER_TEXT | 3, "slot");
	text(1, "key");
	window->head.column[LG_WALKER_INNER].count = 1;
	window->head.column[LG_WALKER_LEAVES].count = 1;
	window->head.column[LG_WALKER_REFERENCES].count = 2;
	window->head.column[LG_WALKER_TYPES].count = 1;
}

static void assert_string(uint32_t string, const char *expected)
{
	struct lg_text got = lg_snapshot_string(snapshot, string);

	cr_assert_eq(got.length, strlen(expected));
	cr_assert_arr_eq(got.bytes, expected, got.length);
}

Test(gather, joins_a_heap)
{
	small_heap();
	take();
	cr_assert_eq(window->head.column[LG_WALKER_REFERENCES].count, 0);
	cr_assert_eq(window->head.column[LG_WALKER_REFERENCES].base, 2);
	cr_assert_eq(finish(), LG_OK, "%s", err.text);
	cr_assert_eq(lg_snapshot_validate(snapshot, &err), LG_OK, "%s", err.text);
	cr_assert_eq(snapshot->object_count, 3);
	cr_assert_eq(snapshot->inner_count, 2);
	cr_assert_eq(snapshot->ref_target[0], 1);
	cr_assert_eq(snapshot->ref_target[1], 2);
	assert_string(snapshot->ref_name[0], "slot");
	assert_string(snapshot->ref_name[1], "key");
	assert_string(snapshot->types[snapshot->type[1]].name, "type at 0x1000");
	cr_assert_eq(snapshot->flags[0], LG_OBJECT_PSEUDO);
}

Test(gather, counts_beyond_the_window_are_cut)
{
	for (int i = 0; i < LG_WALKER_COLUMNS; i++)
		window->head.column[i].count = UINT32_MAX;
	take();
	cr_assert_eq(gather.reference_count, ROWS);
	cr_assert_eq(gather.leaf.count, ROWS);
	cr_assert_eq(gather.type_count, ROWS);
}

Test(gather, references_that_objects_do_not_claim_are_refused)
{
	small_heap();
	window->inner[0].references = 7;
	take();
	cr_assert_eq(finish(), LG_E_ATTACH);
	cr_assert_str_eq(err.text, "the walk of the frozen copy is inconsistent: 2 references, objects claim 7");
}

Test(gather, targets_that_are_no_objects_are_refused)
{
	small_heap();
	window->reference[0].target = 4000000;
	take();
	cr_assert_eq(finish(), LG_OK);
	cr_assert_eq(lg_snapshot_validate(snapshot, &err), LG_E_UNREADABLE);
}

Test(gather, types_and_names_that_are_none_are_nothing)
{
	small_heap();
	window->inner[0].type = 900;
	window->reference[0].name = LG_WALKER_TEXT | 77777;
	window->reference[1] = (struct lg_walker_reference){ .target = LG_WALKER_LEAF, .name = 5000000,
							     .kind = LG_REF_KEY_TYPE };
	take();
	cr_assert_eq(finish(), LG_OK, "%s", err.text);
	cr_assert_eq(lg_snapshot_validate(snapshot, &err), LG_OK, "%s", err.text);
	cr_assert_eq(snapshot->type[1], LG_PSEUDO_UNREADABLE);
	cr_assert_eq(snapshot->ref_name[0], 0);
	cr_assert_eq(snapshot->ref_name[1], LG_PSEUDO_UNREADABLE);
}

Test(gather, kinds_that_do_not_exist_are_plain)
{
	small_heap();
	window->reference[0].kind = 200;
	take();
	cr_assert_eq(finish(), LG_OK, "%s", err.text);
	cr_assert_eq(snapshot->ref_kind[0], LG_REF_OTHER);
}

Test(gather, texts_longer_than_the_column_end_it)
{
	struct lg_walker_text head = { .name = LG_WALKER_TEXT | 1, .bytes = UINT32_MAX };

	memcpy(window->text, &head, sizeof head);
	window->head.column[LG_WALKER_TEXTS].count = TEXT_BYTES;
	take();
	cr_assert_eq(gather.text_name_count, 0);
}

Test(gather, names_of_leaves_that_are_not_there_take_no_memory)
{
	text(0x3fffffff, "far away");
	text(LG_WALKER_TEXT | 0x7fffffff, "farther");
	take();
	cr_assert_eq(gather.leaf_name_count, 0);
	cr_assert_eq(gather.text_name_count, 0);
}

Test(gather, patches_name_items_and_nothing_else)
{
	static const struct lg_walker_patch patches[] = {
		{ .object = 1, .item = 1, .name = 1, .kind = LG_REF_DEFAULT },
		{ .object = 1, .item = 0, .name = 1, .kind = LG_REF_DEFAULT }, /* is no item */
		{ .object = 1, .item = 9, .name = 1, .kind = LG_REF_DEFAULT },
		{ .object = 900000, .item = 0, .name = 1, .kind = LG_REF_DEFAULT },
		{ .object = 1, .item = 1, .name = 1, .kind = 77 },
	};

	small_heap();
	window->reference[1].kind = LG_REF_ITEM;
	memcpy(window->patch, patches, sizeof patches);
	window->head.column[LG_WALKER_PATCHES].count = 5;
	take();
	cr_assert_eq(finish(), LG_OK, "%s", err.text);
	cr_assert_eq(snapshot->ref_kind[1], LG_REF_DEFAULT);
	assert_string(snapshot->ref_name[1], "key");
	cr_assert_eq(snapshot->ref_kind[0], LG_REF_ATTR);
}

Test(gather, suspended_frames_of_unknown_objects_are_left_out)
{
	small_heap();
	window->suspended[0] = (struct lg_walker_suspended){ .code = 8, .object = 700 };
	window->suspended[1] = (struct lg_walker_suspended){ .code = 8, .object = 1 };
	window->head.column[LG_WALKER_SUSPENDED].count = 2;
	take();
	cr_assert_eq(finish(), LG_OK, "%s", err.text);
	cr_assert_eq(snapshot->frame_count, 1);
	cr_assert_eq(snapshot->frames[0].object, 1);
	cr_assert_eq(snapshot->frames[0].thread, LG_NONE);
}

Test(gather, pseudo_objects_stand_first)
{
	struct lg_pseudo pseudo[] = {
		{ .address = 0x10, .is_thread = true, .thread = { .native_id = 7 } },
		{ .address = 0x20, .frame = { .thread = 0, .line = 3 } },
		{ .address = 0x30, .frame = { .thread = 99 } }, /* a thread that is none */
	};
	struct lg_held held[] = { { .pseudo = 1, .kind = LG_REF_LOCAL }, { .pseudo = 55 } };
	struct lg_root_address root = { .address = 0x10, .kind = LG_ROOT_THREAD };
	struct lg_root_set set = {
		.pseudo = pseudo, .pseudo_count = 3, .frame_count = 2, .held = held,
		.held_count = 2, .root = &root, .root_count = 1,
	};
	static uint32_t seeds[] = { LG_WALKER_LEAF, 0, 0 };

	lg_gather_free(&gather);
	gather = (struct lg_gather){ .roots = &set, .strings = gather.strings };
	gather.seed = calloc(3, sizeof *gather.seed);
	memcpy(gather.seed, seeds, sizeof seeds);
	cr_assert_eq(lg_gather_start(&gather, &err), LG_OK);
	window->leaf[0] = (struct lg_walker_object){ .address = 0x2000, .bytes = 52 };
	window->head.column[LG_WALKER_LEAVES].count = 1;
	take();
	cr_assert_eq(finish(), LG_OK, "%s", err.text);
	cr_assert_eq(lg_snapshot_validate(snapshot, &err), LG_OK, "%s", err.text);
	cr_assert_eq(snapshot->inner_count, 4);
	cr_assert_eq(snapshot->reference_count, 2);
	cr_assert_eq(snapshot->ref_kind[0], LG_REF_FRAME);
	cr_assert_eq(snapshot->ref_target[0], 2);
	cr_assert_eq(snapshot->ref_kind[1], LG_REF_LOCAL);
	cr_assert_eq(snapshot->ref_target[1], 4);
	cr_assert_eq(snapshot->root_count, 1);
	cr_assert_eq(snapshot->roots[0].object, 1);
	cr_assert_eq(snapshot->thread_count, 1);
	cr_assert_eq(snapshot->frame_count, 2);
	cr_assert_eq(snapshot->frames[1].thread, LG_NONE);
}
