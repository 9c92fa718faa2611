/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/conditions.h"

/* RSS swings by a few percent with every request: one that hovers about the threshold is one dump. */
static bool has_fallen(uint64_t rss_bytes, uint64_t threshold)
{
	return rss_bytes < threshold - threshold / 10;
}

unsigned lg_conditions_due(struct lg_conditions *c, uint64_t now_ns, uint64_t rss_bytes)
{
	const struct lg_watch_options *o = c->options;
	unsigned due = 0;

	if (o->rss_bytes && has_fallen(rss_bytes, o->rss_bytes))
		c->above = false;
	if (o->rss_bytes && !c->above && rss_bytes >= o->rss_bytes)
		due |= LG_WATCH_RSS;
	if (!c->taken)
		return o->every_ns || o->growth > 0 ? due | LG_WATCH_FIRST : due;
	if (o->every_ns && now_ns - c->last_ns >= o->every_ns)
		due |= LG_WATCH_EVERY;
	if (o->growth > 0 && (double)rss_bytes >= (double)c->last_rss_bytes * (1 + o->growth))
		due |= LG_WATCH_GROWTH;
	return due;
}

void lg_conditions_met(struct lg_conditions *c, uint64_t now_ns, uint64_t rss_bytes)
{
	c->taken = true;
	c->above = c->options->rss_bytes && rss_bytes >= c->options->rss_bytes;
	c->last_ns = now_ns;
	c->last_rss_bytes = rss_bytes;
}
