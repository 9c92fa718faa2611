/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "formats/dump/cells.h"

static const char *element(const struct lg_snapshot *s, const struct lg_dump_column *c, uint64_t row)
{
	return (const char *)*lg_dump_elements(s, c) + row * c->stride + c->member;
}

#define GATHER(type)                                                        \
	for (uint32_t i = 0; c->stride == sizeof(type) && i < count; i++)   \
		value[i] = ((const type *)p)[i];                            \
	for (uint32_t i = 0; c->stride != sizeof(type) && i < count;        \
	     i++, p += c->stride) {                                         \
		type v;                                                     \
		memcpy(&v, p, sizeof v);                                    \
		value[i] = v;                                               \
	}

static void gather_plain(uint64_t *value, const struct lg_snapshot *s, const struct lg_dump_column *c,
			 uint64_t first, uint32_t count)
{
	const char *p = element(s, c, first);

	switch (c->width) {
	case 1:
		GATHER(uint8_t);
		break;
	case 4:
		GATHER(uint32_t);
		break;
	default:
		GATHER(uint64_t);
	}
}

/* The last element of a chunk of sums is the first of the next. */
static void gather_differences(uint64_t *value, const struct lg_snapshot *s,
			       const struct lg_dump_column *c, uint64_t first, uint32_t count)
{
	uint64_t before;

	gather_plain(value, s, c, first, 1);
	before = value[0];
	for (uint32_t i = 0; i < count; i++) {
		uint64_t sum = 0;

		memcpy(&sum, element(s, c, first + i + 1), c->width);
		value[i] = sum - before;
		before = sum;
	}
}

void lg_cells_gather(uint64_t *value, const struct lg_snapshot *s, const struct lg_dump_column *c,
		     uint64_t first, uint32_t count)
{
	if (c->difference)
		gather_differences(value, s, c, first, count);
	else
		gather_plain(value, s, c, first, count);
}

#define SCATTER(type)                                                       \
	for (uint32_t i = 0; c->stride == sizeof(type) && i < count; i++)   \
		((type *)p)[i] = (type)value[i];                            \
	for (uint32_t i = 0; c->stride != sizeof(type) && i < count;        \
	     i++, p += c->stride) {                                         \
		type v = (type)value[i];                                    \
		memcpy(p, &v, sizeof v);                                    \
	}

enum lg_status lg_cells_scatter(const uint64_t *value, const struct lg_snapshot *s,
				const struct lg_dump_column *c, uint64_t first, uint32_t count,
				struct lg_error *err)
{
	char *p = (char *)element(s, c, first + c->difference);
	uint64_t all = 0, top = c->width == 1 ? UINT8_MAX : c->width == 4 ? UINT32_MAX : UINT64_MAX;

	for (uint32_t i = 0; i < count; i++)
		all |= value[i];
	for (uint32_t i = 0; all > top && i < count; i++)
		if (value[i] > top)
			return lg_fail(err, LG_E_UNREADABLE, "row %lu is %lu, expected at most %lu",
				       first + i, value[i], top);
	switch (c->width) {
	case 1:
		SCATTER(uint8_t);
		break;
	case 4:
		SCATTER(uint32_t);
		break;
	default:
		SCATTER(uint64_t);
	}
	return LG_OK;
}
