/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/parquet/hybrid.h"

#define GROUP 8 /* values that are packed at once, and the shortest run told as one */

unsigned lg_hybrid_width(uint32_t most)
{
	return most ? 32 - (unsigned)__builtin_clz(most) : 1;
}

/* The last group is filled up with zeros. */
static void add_packed(struct lg_bytes *out, const uint32_t *value, size_t count, unsigned width)
{
	size_t groups = (count + GROUP - 1) / GROUP;
	uint64_t bits = 0;
	unsigned held = 0;

	if (count == 0)
		return;
	lg_bytes_varint(out, groups << 1 | 1);
	for (size_t i = 0; i < groups * GROUP; i++) {
		bits |= (uint64_t)(i < count ? value[i] : 0) << held;
		for (held += width; held >= 8; held -= 8, bits >>= 8)
			lg_bytes_byte(out, (uint8_t)bits);
	}
}

static void add_run(struct lg_bytes *out, uint32_t value, size_t count, unsigned width)
{
	lg_bytes_varint(out, (uint64_t)count << 1);
	lg_bytes_number(out, value, (width + 7) / 8);
}

void lg_hybrid_add(struct lg_bytes *out, const uint32_t *value, size_t count, unsigned width)
{
	size_t packed = 0; /* the first value that is not written yet */

	for (size_t i = 0, end; i < count; i = end) {
		/* Only at the end may a group be less than full: the run gives what is missing. */
		size_t lent = (GROUP - (i - packed) % GROUP) % GROUP;

		for (end = i + 1; end < count && value[end] == value[i]; end++)
			;
		if (end - i < GROUP + lent)
			continue;
		add_packed(out, value + packed, i + lent - packed, width);
		add_run(out, value[i], end - i - lent, width);
		packed = end;
	}
	add_packed(out, value + packed, count - packed, width);
}
