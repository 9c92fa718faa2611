/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/accounting.h"
#include "analysis/evidence.h"
#include "analysis/garbage.h"
#include "analysis/holders.h"
#include "analysis/memory_note.h"
#include "analysis/notes.h"
#include "base/array.h"
#include "base/cleanup.h"

#define DEFAULT_TOP 6

LG_DEFINE_CLEANUP(lg_verdict_free, struct lg_verdict *)

void lg_verdict_free(struct lg_verdict *verdict)
{
	if (!verdict)
		return;
	lg_pool_free(verdict->pool);
	free(verdict);
}

/* "; most of it is native heap in use, 82.1 MB" */
static void add_elsewhere(const struct lg_accounting *accounting, struct lg_buffer *text)
{
	enum lg_memory_part part = lg_memory_largest_elsewhere(accounting);
	char bytes[LG_NUMBER_TEXT_BYTES];

	if (accounting->known && accounting->part[part])
		lg_buffer_format(text, "; most of it is %s, %s", lg_memory_part_text(part),
				 lg_bytes_text(accounting->part[part], bytes));
}

static const char *headline(const struct lg_summary *summary,
			    const struct lg_accounting *accounting, struct lg_pool *pool)
{
	char bytes[LG_NUMBER_TEXT_BYTES], rss[LG_NUMBER_TEXT_BYTES], count[LG_NUMBER_TEXT_BYTES];
	char share[LG_NUMBER_TEXT_BYTES];
	/* Pages of files are there for every program; what leaks is anonymous. */
	const char *base = summary->anonymous_bytes ? "anonymous RSS" : "RSS";
	struct lg_buffer text = {0};

	lg_bytes_text(summary->object_bytes, bytes);
	lg_bytes_text(summary->anonymous_bytes ? summary->anonymous_bytes : summary->rss_bytes, rss);
	lg_count_text(summary->objects, count);
	snprintf(share, sizeof share, "%.0f %%", summary->explained * 100);
	if (summary->rss_bytes == 0)
		lg_buffer_format(&text, "%s objects take %s", count, bytes);
	else if (summary->explained > 1.05)
		lg_buffer_format(&text,
				 "%s objects take %s, more than the %s resident: the rest "
				 "is swapped out or was never touched",
				 count, bytes, rss);
	else if (lg_mostly_elsewhere(summary))
		lg_buffer_format(&text,
				 "Most of this memory is no Python object: %s objects take "
				 "%s, %s of %s %s",
				 count, bytes, share, base, rss);
	else
		lg_buffer_format(&text, "%s objects take %s and explain %s of %s %s", count,
				 bytes, share, base, rss);
	if (lg_mostly_elsewhere(summary))
		add_elsewhere(accounting, &text);
	return lg_buffer_keep(&text, pool);
}

/*
 * What weighs a tenth of another is not worth a look, unless it looks more like a leak; what weighs
 * nothing beside the process is never.
 */
#define MINOR_PART     10
#define MINOR_RSS_PART 100

struct bar {
	uint64_t least_bytes; /* below it all are minor */
	uint64_t bytes;       /* below both of these, too */
	double score;
};

static struct bar bar_of(const struct lg_verdict *verdict, const struct lg_places *places)
{
	struct bar bar = {.least_bytes = verdict->summary.rss_bytes / MINOR_RSS_PART};
	uint64_t garbage = verdict->garbage.bytes / MINOR_PART;

	for (size_t i = 0; i < places->count; i++) {
		const struct lg_place *place = &places->place[i];
		double score = lg_evidence_score(place->bytes, place->points) / MINOR_PART;

		if (place->bytes / MINOR_PART > bar.bytes)
			bar.bytes = place->bytes / MINOR_PART;
		if (score > bar.score)
			bar.score = score;
	}
	if (garbage > bar.least_bytes)
		bar.least_bytes = garbage;
	return bar;
}

static bool is_minor(const struct bar *bar, const struct lg_place *place)
{
	return place->bytes < bar->least_bytes ||
	       (place->bytes < bar->bytes &&
		lg_evidence_score(place->bytes, place->points) < bar->score);
}

/* The first `top` of those that are minor, or are not. */
static enum lg_status tell_some(struct lg_analysis *analysis, const struct lg_places *places,
				const struct bar *bar, bool minor, uint32_t top,
				struct lg_verdict *verdict, struct lg_error *err)
{
	for (size_t i = 0; i < places->count; i++) {
		const struct lg_place *place = &places->place[i];
		struct lg_holder *holder = &verdict->holder[verdict->holder_count];
		enum lg_status status;

		if (is_minor(bar, place) != minor)
			continue;
		if (verdict->holder_count == top) {
			if (place->bytes > verdict->untold_bytes)
				verdict->untold_bytes = place->bytes;
			continue;
		}
		verdict->holder_count++;
		status = lg_holder_describe(analysis, place, verdict->pool, holder, err);
		if (status != LG_OK)
			return status;
		holder->minor = minor;
	}
	return LG_OK;
}

static enum lg_status tell_holders(struct lg_analysis *analysis, uint32_t top,
				   struct lg_verdict *verdict, struct lg_error *err)
{
	lg_cleanup(lg_places_free) struct lg_places places = {.keep_piles = true};
	enum lg_status status;
	struct bar bar;

	verdict->threshold_bytes = lg_places_threshold(analysis);
	status = lg_places_find(analysis, verdict->threshold_bytes, &places, err);
	if (status == LG_OK)
		status = lg_places_rank(analysis, &places, err);
	verdict->holder_total = places.count;
	if (status != LG_OK)
		return status;
	if (top > places.count)
		top = (uint32_t)places.count;
	verdict->holder = lg_pool_array(verdict->pool, (size_t)top + 1, sizeof *verdict->holder);
	if (!verdict->holder)
		return LG_OK; /* the pool knows */
	bar = bar_of(verdict, &places);
	status = tell_some(analysis, &places, &bar, false, top, verdict, err);
	if (status == LG_OK)
		status = tell_some(analysis, &places, &bar, true, top, verdict, err);
	return status;
}

static bool account(const struct lg_analysis *analysis, struct lg_verdict *verdict)
{
	struct lg_accounting *accounting = lg_pool_array(verdict->pool, 1, sizeof *accounting);
	struct lg_buffer line = {0};

	if (!accounting)
		return false;
	lg_accounting_build(analysis->snapshot, accounting);
	lg_memory_line(accounting, &line);
	verdict->accounting = accounting;
	verdict->where = lg_buffer_keep(&line, verdict->pool);
	return true;
}

enum lg_status lg_verdict_build(struct lg_analysis *analysis, uint32_t top, struct lg_verdict **out,
				struct lg_error *err)
{
	lg_cleanup(lg_verdict_free_slot) struct lg_verdict *verdict = calloc(1, sizeof *verdict);
	enum lg_status status;

	*out = NULL;
	if (verdict)
		verdict->pool = lg_pool_new();
	if (!verdict || !verdict->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory for a verdict");
	lg_analysis_summary(analysis, verdict->pool, &verdict->summary);
	if (!account(analysis, verdict))
		return lg_fail(err, LG_E_MEMORY, "no memory for a verdict");
	verdict->headline = headline(&verdict->summary, verdict->accounting, verdict->pool);
	status = lg_garbage_summarize(analysis, verdict->pool, &verdict->garbage, err);
	if (status == LG_OK)
		status = tell_holders(analysis, top ? top : DEFAULT_TOP, verdict, err);
	if (status != LG_OK)
		return status;
	status = lg_notes_add(analysis, verdict, err);
	lg_next_add(verdict);
	if (status == LG_OK)
		status = lg_pool_check(verdict->pool, err);
	if (status == LG_OK)
		*out = lg_take(verdict);
	return status;
}
