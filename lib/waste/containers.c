/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "waste/survey.h"

/* What grows has some room ahead: less than a quarter of it is no waste. */
#define LEAST_SPARE_SHARE 4

static uint64_t to_be_had(const struct lg_waste_survey *survey, const struct lg_container *c)
{
	uint64_t shallow = survey->analysis->snapshot->shallow_bytes[c->object], now, then;

	if (c->used == 0)
		return lg_waste_blocks(survey, shallow, c->apart_bytes);
	now = lg_waste_block(survey, c->apart_bytes);
	then = lg_waste_block(survey, c->needed_bytes);
	return then < now && now - then >= now / LEAST_SPARE_SHARE ? now - then : 0;
}

enum lg_status lg_waste_find_containers(struct lg_waste_survey *survey, struct lg_error *err)
{
	const struct lg_analysis *analysis = survey->analysis;
	const struct lg_snapshot *s = analysis->snapshot;

	for (uint32_t i = 0; i < s->container_count; i++) {
		const struct lg_container *c = &s->containers[i];
		struct lg_waste_found *row;
		uint64_t bytes;
		enum lg_status status;

		/* The __dict__ of a class or an instance is the language's doing. */
		if (!lg_waste_is_open(survey, c->object) ||
		    lg_bit_get(analysis->is_namespace, c->object))
			continue;
		bytes = to_be_had(survey, c);
		if (bytes == 0)
			continue;
		lg_bit_set(survey->claimed, c->object);
		status = lg_waste_add(survey, c->used ? LG_WASTE_OVERSIZED : LG_WASTE_EMPTY,
				      s->type[c->object], c->object, bytes, &row, err);
		if (status != LG_OK)
			return status;
	}
	return LG_OK;
}
