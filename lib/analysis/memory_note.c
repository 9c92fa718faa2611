/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/memory_note.h"
#include "analysis/pins.h"

#define NOTE_SHARE 0.25
/* Parts below this share of RSS are told together. */
#define LINE_SHARE 0.02
/* So many, so that it stays two lines of the screen. */
#define LINE_PARTS 4

/* Fragmentation of pymalloc: what keeps the arenas from going back. */
static enum lg_status tell_pins(const struct lg_analysis *analysis, uint64_t bytes,
				struct lg_buffer *out, struct lg_error *err)
{
	char size[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES];
	struct lg_pool *pool = lg_pool_new();
	struct lg_pins pins = {0};
	enum lg_status status = pool ? lg_pins_find(analysis, pool, &pins, err)
				     : lg_fail(err, LG_E_MEMORY, "no memory for a note");

	lg_buffer_format(out, "fragmentation: %s of pymalloc's arenas are free",
			 lg_bytes_text(bytes, size));
	if (pins.objects)
		lg_buffer_format(out, ", but %s objects pin them", lg_count_text(pins.objects, count));
	else
		lg_buffer_add(out, ", spread over arenas that are more than half in use");
	if (pins.pin_count)
		lg_buffer_format(out, ", mostly %s under %s", pins.pin[0].type, pins.pin[0].root);
	if (pins.objects)
		lg_buffer_add(out, "; copy what lives on when the rest is gone, or do such work in a "
				   "child process");
	lg_pool_free(pool);
	return status;
}

/* What a part that is this large says of the process, whose objects may take more yet. */
static enum lg_status tell_part(const struct lg_analysis *analysis,
				const struct lg_accounting *accounting, enum lg_memory_part part,
				struct lg_buffer *out, struct lg_error *err)
{
	uint64_t bytes = accounting->part[part];
	const char *what = bytes > accounting->part[LG_PART_OBJECTS] ? "no leak of Python objects"
								     : "beside the objects";
	char size[LG_NUMBER_TEXT_BYTES];

	lg_bytes_text(bytes, size);
	switch (part) {
	case LG_PART_PYMALLOC_FREE:
		return tell_pins(analysis, bytes, out, err);
	case LG_PART_PYMALLOC_USED:
		lg_buffer_format(out,
				 "%s: %s are blocks of pymalloc that no object has; C code of an "
				 "extension keeps them (PyMem_Malloc)",
				 what, size);
		break;
	case LG_PART_MALLOC_USED:
		lg_buffer_format(out,
				 "%s: %s of native heap are in use; an extension or a C library keeps "
				 "them (malloc); heaptrack or memray --native say where it takes them",
				 what, size);
		break;
	case LG_PART_MALLOC_FREE:
		lg_buffer_format(out,
				 "fragmentation: %s of native heap are free, but not given back; call "
				 "malloc_trim(0) after a burst, or set MALLOC_ARENA_MAX where many "
				 "threads have heaps",
				 size);
		break;
	case LG_PART_STACKS:
		lg_buffer_format(out, "%s are stacks of threads; let idle ones end", size);
		break;
	case LG_PART_SHARED:
		lg_buffer_format(out, "%s are shared memory; unlink what nobody needs", size);
		break;
	default:
		lg_buffer_format(out,
				 "%s: %s were mapped by C code (mmap), or by an allocator of its own",
				 what, size);
	}
	return LG_OK;
}

enum lg_memory_part lg_memory_largest_elsewhere(const struct lg_accounting *accounting)
{
	static const enum lg_memory_part told[] = {
		LG_PART_MALLOC_USED, LG_PART_OTHER,  LG_PART_PYMALLOC_FREE, LG_PART_MALLOC_FREE,
		LG_PART_PYMALLOC_USED, LG_PART_STACKS, LG_PART_SHARED,
	};
	enum lg_memory_part largest = told[0];

	for (size_t i = 1; i < sizeof told / sizeof *told; i++)
		if (accounting->part[told[i]] > accounting->part[largest])
			largest = told[i];
	return largest;
}

enum lg_status lg_memory_note(const struct lg_analysis *analysis,
			      const struct lg_accounting *accounting, uint64_t least_bytes,
			      struct lg_buffer *out, struct lg_error *err)
{
	enum lg_memory_part largest = lg_memory_largest_elsewhere(accounting);
	uint64_t bytes = accounting->part[largest];

	if (bytes < least_bytes || (double)bytes < NOTE_SHARE * (double)accounting->anonymous_bytes)
		return LG_OK;
	return tell_part(analysis, accounting, largest, out, err);
}

void lg_memory_line(const struct lg_accounting *accounting, struct lg_buffer *out)
{
	uint64_t least = (uint64_t)(LINE_SHARE * (double)accounting->rss_bytes), rest = 0;
	bool done[LG_PART_COUNT] = {0};
	char size[LG_NUMBER_TEXT_BYTES];

	if (!accounting->known)
		return;
	for (unsigned told = 0; told < LINE_PARTS; told++) {
		int largest = -1;

		for (int i = 0; i < LG_PART_COUNT; i++)
			if (!done[i] && accounting->part[i] > least &&
			    (largest < 0 || accounting->part[i] > accounting->part[largest]))
				largest = i;
		if (largest < 0)
			break;
		done[largest] = true;
		lg_buffer_format(out, "%s%s %s", out->used ? ", " : "",
				 lg_memory_part_text((enum lg_memory_part)largest),
				 lg_bytes_text(accounting->part[largest], size));
	}
	for (int i = 0; i < LG_PART_COUNT; i++)
		rest += done[i] ? 0 : accounting->part[i];
	if (rest)
		lg_buffer_format(out, "%sthe rest %s", out->used ? ", " : "",
				 lg_bytes_text(rest, size));
}
