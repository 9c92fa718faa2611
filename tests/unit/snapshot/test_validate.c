/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "fake_snapshot.h"

LG_DEFINE_CLEANUP(lg_snapshot_free, struct lg_snapshot *)

/* Three sessions: 28 objects, 13 of them inner, 26 references. */
#define SAMPLE lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = fake_heap(3)

static void refuse(const struct lg_snapshot *s, const char *message)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_snapshot_validate(s, &err), LG_E_UNREADABLE, "was taken: %s", message);
	cr_assert_str_eq(err.text, message);
}

static void accept(const struct lg_snapshot *s)
{
	struct lg_error err = {0};

	cr_assert_eq(lg_snapshot_validate(s, &err), LG_OK, "%s", err.text);
}

Test(validate, good_snapshots)
{
	SAMPLE;
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *empty = fake_empty();
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *large = fake_heap(20000);

	accept(s);
	accept(empty);
	accept(large);
}

Test(validate, counts)
{
	SAMPLE;
	struct lg_snapshot c = *s;

	c.object_count = 0;
	refuse(&c, "0 objects, expected 1 to 4294967294");
	c.object_count = UINT32_MAX;
	refuse(&c, "4294967295 objects, expected 1 to 4294967294");
	c = *s;
	c.inner_count = 0;
	refuse(&c, "0 inner objects, expected 1 to 28");
	c.inner_count = 29;
	refuse(&c, "29 inner objects, expected 1 to 28");
	c = *s;
	c.reference_count = UINT32_MAX;
	refuse(&c, "4294967295 references, expected at most 4294967294");
	c = *s;
	c.type_count = 0;
	refuse(&c, "0 types, expected the virtual root's at least");
	c = *s;
	c.strings.count = 0;
	refuse(&c, "0 strings, expected the empty one at least");
}

Test(validate, columns_that_are_missing)
{
	SAMPLE;
	struct lg_snapshot c;

#define MISSING(member, message)      \
	c = *s;                       \
	c.member = NULL;              \
	refuse(&c, message)
	MISSING(address, "address is missing, expected 28 values");
	MISSING(shallow_bytes, "shallow_bytes is missing, expected 28 values");
	MISSING(type, "type is missing, expected 28 values");
	MISSING(refcount, "refcount is missing, expected 28 values");
	MISSING(flags, "flags is missing, expected 28 values");
	MISSING(first_reference, "first_reference is missing, expected 14 values");
	MISSING(ref_target, "ref_target is missing, expected 26 values");
	MISSING(ref_name, "ref_name is missing, expected 26 values");
	MISSING(ref_kind, "ref_kind is missing, expected 26 values");
	MISSING(roots, "roots is missing, expected 2 values");
	MISSING(types, "types is missing, expected 9 values");
	MISSING(threads, "threads is missing, expected 1 values");
	MISSING(frames, "frames is missing, expected 2 values");
	MISSING(tasks, "tasks is missing, expected 1 values");
	MISSING(sites, "sites is missing, expected 2 values");
	MISSING(allocations, "allocations is missing, expected 2 values");
	MISSING(equals, "equals is missing, expected 2 values");
	MISSING(containers, "containers is missing, expected 2 values");
	MISSING(bounds, "bounds is missing, expected 2 values");
	MISSING(strings.offset, "strings.offset is missing, expected 28 values");
	MISSING(strings.bytes, "strings.bytes is missing, expected 224 bytes");
}

/* Puts a value, asserts the refusal, puts the old one back. */
#define REFUSE(place, value, message)                     \
	do {                                              \
		__typeof__(place) old_ = (place);         \
		(place) = (value);                        \
		refuse(s, message);                       \
		(place) = old_;                           \
		accept(s);                                \
	} while (0)

Test(validate, strings)
{
	SAMPLE;

	REFUSE(s->strings.offset[0], 1, "strings.offset[0] is 1, expected exactly 0");
	REFUSE(s->strings.offset[1], 1, "string 0 has 1 bytes, expected the empty string");
	REFUSE(s->strings.offset[5], 2, "strings.offset[5] is 2, expected at least 17");
	REFUSE(s->info.command_line, 27, "info.command_line is 27, expected less than 27");
	REFUSE(s->info.executable, UINT32_MAX, "info.executable is 4294967295, expected less than 27");
	REFUSE(s->info.python_version, 27, "info.python_version is 27, expected less than 27");
	REFUSE(s->info.producer, 27, "info.producer is 27, expected less than 27");
}

Test(validate, types)
{
	SAMPLE;

	REFUSE(s->types[2].module, 27, "types.module[2] is 27, expected less than 27");
	REFUSE(s->types[2].name, 99, "types.name[2] is 99, expected less than 27");
	REFUSE(s->types[3].object, 28, "types.object[3] is 28, expected less than 28");
	REFUSE(s->types[3].object, 0, "types.object[3] is 0, the virtual root, expected an object");
	s->types[3].object = 27;
	accept(s);
}

Test(validate, objects)
{
	SAMPLE;

	REFUSE(s->address[0], 16,
	       "object 0 has address 0x10 and type 0, expected the virtual root: 0 and 0");
	REFUSE(s->type[0], 1, "object 0 has address 0 and type 1, expected the virtual root: 0 and 0");
	REFUSE(s->type[27], 9, "type[27] is 9, expected less than 9");
	REFUSE(s->shallow_bytes[1], 1ul << 63,
	       "shallow_bytes[1] is 9223372036854775808, expected with those before it at most 9223372036854775807");
	s->container_count = 0;
	for (int i = 0; i < 28; i++)
		s->shallow_bytes[i] = 0;
	s->shallow_bytes[2] = INT64_MAX - 5;
	s->shallow_bytes[4] = 5;
	REFUSE(s->shallow_bytes[27], 1,
	       "shallow_bytes[27] is 1, expected with those before it at most 9223372036854775807");
}

/* Columns are checked in blocks; what is wrong is found in any, and told where it stands. */
Test(validate, long_columns)
{
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = fake_heap(20000);
	uint32_t objects = s->object_count, references = s->reference_count;
	char text[200];

	cr_assert(objects > 20000 && references > 20000 && s->inner_count > 20000);
	snprintf(text, sizeof text, "ref_target[20001] is 0, the virtual root, expected an object");
	REFUSE(s->ref_target[20001], 0, text);
	snprintf(text, sizeof text, "ref_target[%u] is %u, expected less than %u", references - 1,
		 objects, objects);
	REFUSE(s->ref_target[references - 1], objects, text);
	snprintf(text, sizeof text, "first_reference[20001] is 0, expected at least %u",
		 s->first_reference[20000]);
	REFUSE(s->first_reference[20001], 0, text);
	snprintf(text, sizeof text,
		 "shallow_bytes[20001] is 9223372036854775807, expected with those before it at most 9223372036854775807");
	REFUSE(s->shallow_bytes[20001], INT64_MAX, text);
	for (uint32_t i = 0; i < objects; i++)
		s->shallow_bytes[i] = INT64_MAX / objects;
	accept(s);
	for (uint32_t i = 0; i < objects; i++)
		s->shallow_bytes[i] = INT64_MAX / 12000;
	snprintf(text, sizeof text,
		 "shallow_bytes[12000] is %lu, expected with those before it at most 9223372036854775807",
		 (unsigned long)(INT64_MAX / 12000));
	refuse(s, text);
}

Test(validate, references)
{
	SAMPLE;

	REFUSE(s->first_reference[0], 1, "first_reference[0] is 1, expected exactly 0");
	REFUSE(s->first_reference[1], 1, "the virtual root has 1 references, expected none");
	REFUSE(s->first_reference[3], 0, "first_reference[3] is 0, expected at least 1");
	REFUSE(s->first_reference[13], 25, "first_reference[13] is 25, expected exactly 26");
	REFUSE(s->first_reference[12], 27, "first_reference[13] is 26, expected at least 27");
	REFUSE(s->ref_kind[4], 14, "ref_kind[4] is 14, expected less than 14");
	REFUSE(s->ref_target[25], 28, "ref_target[25] is 28, expected less than 28");
	REFUSE(s->ref_target[25], UINT32_MAX, "ref_target[25] is 4294967295, expected less than 28");
	REFUSE(s->ref_target[0], 0, "ref_target[0] is 0, the virtual root, expected an object");
	REFUSE(s->ref_name[2], 27, "ref_name[2] is 27, expected as a string less than 27");
	s->ref_kind[2] = LG_REF_KEY_TYPE;
	REFUSE(s->ref_name[2], 9, "ref_name[2] is 9, expected as a type less than 9");
	s->ref_name[2] = 8;
	s->ref_name[3] = 26;
	accept(s);
}

/* The scan goes by blocks: the first and the last value of each must count. */
Test(validate, the_position_is_exact_in_large_columns)
{
	lg_cleanup(lg_snapshot_free_slot) struct lg_snapshot *s = fake_heap(3000);
	static const uint32_t at[] = {1, 4095, 4096, 8191, 8192, 20000, 24003};
	char message[100];

	for (unsigned i = 0; i < sizeof at / sizeof *at; i++) {
		sprintf(message, "type[%u] is 9, expected less than 9", at[i]);
		REFUSE(s->type[at[i]], 9, message);
		if (at[i] >= s->reference_count)
			continue;
		sprintf(message, "ref_kind[%u] is 255, expected less than 14", at[i]);
		REFUSE(s->ref_kind[at[i]], 255, message);
		sprintf(message, "ref_name[%u] is 27, expected as a string less than 27", at[i]);
		REFUSE(s->ref_name[at[i]], 27, message);
	}
}

Test(validate, roots_threads_frames_tasks_sites)
{
	SAMPLE;

	REFUSE(s->roots[1].object, 0, "roots.object[1] is 0, the virtual root, expected an object");
	REFUSE(s->roots[1].object, 28, "roots.object[1] is 28, expected less than 28");
	REFUSE(s->roots[1].name, 27, "roots.name[1] is 27, expected less than 27");
	REFUSE(s->roots[1].kind, 7, "roots.kind[1] is 7, expected less than 7");
	REFUSE(s->threads[0].object, 28, "threads.object[0] is 28, expected less than 28");
	REFUSE(s->threads[0].name, 27, "threads.name[0] is 27, expected less than 27");
	REFUSE(s->frames[0].thread, 1, "frames.thread[0] is 1, expected less than 1");
	REFUSE(s->frames[0].object, 0, "frames.object[0] is 0, the virtual root, expected an object");
	REFUSE(s->frames[1].function, 27, "frames.function[1] is 27, expected less than 27");
	REFUSE(s->frames[1].file, 27, "frames.file[1] is 27, expected less than 27");
	REFUSE(s->frames[1].awaits, 28, "frames.awaits[1] is 28, expected less than 28");
	REFUSE(s->tasks[0].object, 0, "tasks.object[0] is 0, the virtual root, expected an object");
	REFUSE(s->tasks[0].object, 28, "tasks.object[0] is 28, expected less than 28");
	REFUSE(s->tasks[0].name, 27, "tasks.name[0] is 27, expected less than 27");
	REFUSE(s->tasks[0].coroutine, 28, "tasks.coroutine[0] is 28, expected less than 28");
	REFUSE(s->sites[1].caller, 1, "sites.caller[1] is 1, expected less than 1");
	REFUSE(s->sites[0].caller, 0, "sites.caller[0] is 0, expected less than 0");
	REFUSE(s->sites[1].file, 27, "sites.file[1] is 27, expected less than 27");
	REFUSE(s->allocations[0].object, 0,
	       "allocations.object[0] is 0, the virtual root, expected an object");
	REFUSE(s->allocations[1].object, 28, "allocations.object[1] is 28, expected less than 28");
	REFUSE(s->allocations[1].object, 3, "allocations.object[1] is 3, expected more than 3");
	REFUSE(s->allocations[1].site, 2, "allocations.site[1] is 2, expected less than 2");
	REFUSE(s->equals[0].object, 0, "equals.object[0] is 0, the virtual root, expected an object");
	REFUSE(s->equals[1].object, 13, "equals.object[1] is 13, expected more than 13");
	REFUSE(s->equals[1].group, 2, "equals.group[1] is 2, expected less than 2");
	REFUSE(s->containers[1].object, 28, "containers.object[1] is 28, expected less than 28");
	REFUSE(s->containers[1].object, 3, "containers.object[1] is 3, expected more than 3");
	REFUSE(s->containers[0].used, 4, "containers.used[0] is 4, expected at most 3");
	REFUSE(s->containers[0].apart_bytes, 97, "containers.apart_bytes[0] is 97, expected at most 96");
	REFUSE(s->containers[0].needed_bytes, 25, "containers.needed_bytes[0] is 25, expected at most 24");
	REFUSE(s->bounds[1].object, 28, "bounds.object[1] is 28, expected less than 28");
	REFUSE(s->bounds[1].object, 3, "bounds.object[1] is 3, expected more than 3");
	REFUSE(s->bounds[0].most, 0, "bounds.most[0] is 0, expected more than 0");
	s->frames[0].thread = LG_NONE;
	s->frames[1].awaits = s->tasks[0].coroutine = 0;
	accept(s);
}

Test(snapshot, free_takes_null)
{
	lg_snapshot_free(NULL);
}

Test(validate, mappings)
{
	SAMPLE;

	REFUSE(s->mappings[1].address, 0x401fff,
	       "mappings.address[1] is 0x401fff, expected at least 0x402000, where the row before ends");
	REFUSE(s->mappings[2].bytes, 0,
	       "mappings[2] has 0 bytes at 0x700000100000, expected some, all below 0x7fffffffffffffff");
	REFUSE(s->mappings[2].bytes, INT64_MAX,
	       "mappings[2] has 9223372036854775807 bytes at 0x700000100000, expected some, all below 0x7fffffffffffffff");
	REFUSE(s->mappings[2].address, UINT64_MAX,
	       "mappings[2] has 4096 bytes at 0xffffffffffffffff, expected some, all below 0x7fffffffffffffff");
	REFUSE(s->mappings[0].kind, 7, "mappings.kind[0] is 7, expected at most 6");
	REFUSE(s->mappings[0].file, 27, "mappings.file[0] is 27, expected at most 26");
	REFUSE(s->mappings[0].file_bytes, 8193, "mappings.file_bytes[0] is 8193, expected at most 8192");
	REFUSE(s->mappings[0].anonymous_bytes, 1ul << 40,
	       "mappings.anonymous_bytes[0] is 1099511627776, expected at most 8192");
	REFUSE(s->mappings[0].swap_bytes, 8193, "mappings.swap_bytes[0] is 8193, expected at most 8192");
}

Test(validate, arenas_and_pools)
{
	SAMPLE;

	REFUSE(s->arenas[0].bytes, 0,
	       "arenas[0] has 0 bytes at 0x700000000000, expected some, all below 0x7fffffffffffffff");
	REFUSE(s->arenas[0].resident_bytes, 1 << 21,
	       "arenas.resident_bytes[0] is 2097152, expected at most 1048576");
	REFUSE(s->arenas[0].free_pools, 65, "arenas.free_pools[0] is 65, expected at most 64");
	REFUSE(s->pools[1].address, 0x700000000010,
	       "pools.address[1] is 0x700000000010, expected at least 0x700000003f00, where the row before ends");
	REFUSE(s->pools[1].address, 0x7000000ff000,
	       "pools.address[1] is 0x7000000ff000, expected a pool of 15872 bytes within an arena");
	REFUSE(s->pools[0].address, 0x6fffffffffff,
	       "pools.address[0] is 0x6fffffffffff, expected a pool of 16128 bytes within an arena");
	REFUSE(s->pools[0].live, 49, "pools.live[0] is 49, expected at most 48");
	REFUSE(s->pools[1].blocks, UINT32_MAX,
	       "pools.address[1] is 0x700000004000, expected a pool of 2199023255040 bytes within an arena");
	REFUSE(s->arena_count, 0,
	       "pools.address[0] is 0x700000000000, expected a pool of 16128 bytes within an arena");
}

Test(validate, heaps_and_sums)
{
	SAMPLE;

	REFUSE(s->heaps[0].bytes, 1ul << 63,
	       "heaps.bytes[0] is 9223372036854775808, expected at most 9223372036854775807");
	REFUSE(s->heaps[0].free_bytes, (1 << 20) + 1,
	       "heaps.free_bytes[0] is 1048577, expected at most 1048576");
	REFUSE(s->heaps[0].top_bytes, 70001, "heaps.top_bytes[0] is 70001, expected at most 70000");
	REFUSE(s->info.rss_bytes, UINT64_MAX,
	       "info.rss_bytes is 18446744073709551615, expected at most 1152921504606846975");
	REFUSE(s->info.pymalloc, 3, "info.pymalloc is 3, expected at most 2");
	REFUSE(s->info.malloc, 27, "info.malloc is 27, expected less than 27");
}
