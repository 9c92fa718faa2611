/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trend/shape.h"

/* Less is no growth. */
#define LEAST_BYTES 1024
/* A jump has brought at least this of all growth. */
#define JUMP_SHARE (2.0 / 3)
/* What grows steadily gives back at most this of what it took. */
#define MOST_GIVEN_BACK 0.25
/* Growth has begun where this of it is there. */
#define BEGUN_SHARE 0.05

const char *lg_trend_shape_text(enum lg_trend_shape shape)
{
	static const char *const text[LG_TREND_SHAPES] = {
		[LG_TREND_FLAT] = "flat",
		[LG_TREND_JUMP] = "jump",
		[LG_TREND_STEADY] = "steady",
		[LG_TREND_UNSTEADY] = "unsteady",
	};

	return text[shape];
}

static double rise_at(const struct lg_trend_point *point, size_t build)
{
	return (double)point[build].bytes - (double)point[build - 1].bytes;
}

/* All before the largest step lie below its middle, and all behind it above. */
static bool is_jump(const struct lg_trend_point *point, size_t count, double rise, size_t *at)
{
	double middle;

	*at = 1;
	for (size_t i = 2; i < count; i++)
		if (rise_at(point, i) > rise_at(point, *at))
			*at = i;
	if (rise_at(point, *at) < JUMP_SHARE * rise)
		return false;
	middle = (double)point[*at - 1].bytes + rise_at(point, *at) / 2;
	for (size_t i = 0; i < count; i++)
		if (i < *at ? (double)point[i].bytes > middle : (double)point[i].bytes < middle)
			return false;
	return true;
}

static bool is_steady(const struct lg_trend_point *point, size_t count)
{
	double risen = 0, fallen = 0;

	for (size_t i = 1; i < count; i++)
		if (rise_at(point, i) > 0)
			risen += rise_at(point, i);
		else
			fallen -= rise_at(point, i);
	return fallen <= MOST_GIVEN_BACK * risen;
}

enum lg_trend_shape lg_trend_judge(const struct lg_trend_point *point, size_t count, size_t *since)
{
	double first = (double)point[0].bytes, rise = (double)point[count - 1].bytes - first;

	*since = 0;
	if (rise < LEAST_BYTES)
		return LG_TREND_FLAT;
	if (is_jump(point, count, rise, since))
		return LG_TREND_JUMP;
	*since = count - 1;
	while (*since > 1 && (double)point[*since - 1].bytes > first + BEGUN_SHARE * rise)
		--*since;
	return is_steady(point, count) ? LG_TREND_STEADY : LG_TREND_UNSTEADY;
}
