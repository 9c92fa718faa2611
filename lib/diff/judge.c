/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "analysis/text.h"
#include "base/cleanup.h"
#include "diff/budget.h"
#include "diff/find.h"

LG_DEFINE_CLEANUP(lg_judgement_free, struct lg_judgement *)

struct judging {
	const struct lg_budgets *budgets;
	const struct lg_diff *diff;
	struct lg_judgement *out;
	bool *ignored;         /* holder */
	bool *ignored_suspect; /* suspect */
};

void lg_judgement_free(struct lg_judgement *judgement)
{
	if (!judgement)
		return;
	lg_pool_free(judgement->pool);
	free(judgement);
}

/* A line of budgets is told whole, unless it is longer than any screen. */
#define TEXT_COLUMNS 1000

/* What was written in a file of budgets, safe to print. */
static const char *keep_safe(const struct judging *j, const char *text)
{
	struct lg_buffer buffer = {0};

	lg_buffer_name(&buffer, (struct lg_text){text, strlen(text)}, 0, TEXT_COLUMNS);
	return lg_buffer_keep(&buffer, j->out->pool);
}

/* What a budget measures, and what its percentages are of. */
struct measured {
	uint64_t value, base;
	const char *where;
};

/* ---- exceptions ---- */

static bool names(enum lg_budget_subject subject, const char *name,
		  const struct lg_diff_holder *holder)
{
	if (subject == LG_BUDGET_TYPE)
		return strcmp(name, holder->item_type) == 0;
	if (subject == LG_BUDGET_SIGNATURE)
		return strcmp(name, holder->signature) == 0;
	return lg_diff_begins_with(holder->path_text, name);
}

static void judge_exception(struct judging *j, const struct lg_exception *exception, int64_t now)
{
	struct lg_budget_exception *out = &j->out->exception[j->out->exception_count++];
	static const char *const word[] = {
		[LG_BUDGET_TYPE] = "type",
		[LG_BUDGET_PATH] = "path",
		[LG_BUDGET_SIGNATURE] = "sig",
	};
	struct lg_buffer what = {0};

	lg_buffer_format(&what, "%s %s", word[exception->subject], keep_safe(j, exception->name));
	*out = (struct lg_budget_exception){
		.what = lg_buffer_keep(&what, j->out->pool),
		.until = lg_pool_text(j->out->pool, exception->until, strlen(exception->until)),
		.reason = keep_safe(j, exception->reason),
		.source = keep_safe(j, exception->source),
		.line = exception->line,
		.expired = now >= exception->ends,
	};
	for (size_t i = 0; i < j->diff->holder_count; i++) {
		const struct lg_diff_holder *holder = &j->diff->holder[i];

		if (!names(exception->subject, exception->name, holder))
			continue;
		out->grown_bytes += holder->grown_bytes;
		j->ignored[i] |= !out->expired;
	}
	for (size_t i = 0; i < j->diff->suspect_count; i++) {
		const struct lg_diff_suspect *suspect = &j->diff->suspect[i];
		const char *of = exception->subject == LG_BUDGET_SIGNATURE ? suspect->signature
				 : exception->subject == LG_BUDGET_TYPE   ? suspect->type
									   : "";

		j->ignored_suspect[i] |= !out->expired && strcmp(exception->name, of) == 0;
	}
}

/* ---- measures ---- */

static struct measured measure_holder(const struct lg_diff_holder *holder,
				      enum lg_budget_measure measure)
{
	struct measured measured = {.where = holder->path_text};

	switch (measure) {
	case LG_BUDGET_GROWTH:
		measured.value = holder->grown_bytes;
		measured.base = holder->base_bytes;
		break;
	case LG_BUDGET_BYTES:
		measured.value = holder->head_bytes;
		measured.base = holder->base_bytes;
		break;
	case LG_BUDGET_COUNT:
		measured.value = holder->head_count;
		measured.base = holder->base_count;
		break;
	default:
		measured.value = holder->head_retained_bytes;
		measured.base = holder->base_bytes;
		break;
	}
	return measured;
}

/* All on and below the path, whether it grew or not. */
static enum lg_status measure_path(const struct judging *j, const struct lg_budget *budget,
				   struct measured *out, struct lg_error *err)
{
	struct lg_diff_sums sums;
	enum lg_status status = lg_diff_measure(j->diff, budget->name, &sums, err);
	bool count = budget->measure == LG_BUDGET_COUNT;

	if (status != LG_OK)
		return status;
	*out = (struct measured){.where = budget->name};
	out->base = count ? sums.base_count : sums.base_bytes;
	out->value = budget->measure == LG_BUDGET_GROWTH     ? sums.grown_bytes
		     : budget->measure == LG_BUDGET_RETAINED ? sums.head_retained_bytes
		     : count				      ? sums.head_count
							      : sums.head_bytes;
	if (budget->measure == LG_BUDGET_GROWTH)
		for (size_t i = 0; i < j->diff->holder_count; i++)
			if (j->ignored[i] && names(LG_BUDGET_PATH, budget->name, &j->diff->holder[i]))
				out->value -= j->diff->holder[i].grown_bytes;
	return LG_OK;
}

static struct measured measure_total(const struct judging *j, enum lg_budget_measure measure)
{
	const struct lg_diff_totals *totals = &j->diff->totals;
	struct measured measured = {.base = totals->base_bytes, .where = ""};

	switch (measure) {
	case LG_BUDGET_GROWTH:
		measured.value = totals->grown_bytes;
		for (size_t i = 0; i < j->diff->holder_count; i++)
			if (j->ignored[i])
				measured.value -= j->diff->holder[i].grown_bytes;
		break;
	case LG_BUDGET_COUNT:
		measured.value = totals->head_objects;
		measured.base = totals->base_objects;
		break;
	default:
		measured.value = totals->head_bytes;
		break;
	}
	return measured;
}

static struct measured measure_type(const struct judging *j, const struct lg_budget *budget)
{
	struct measured measured = {.where = budget->name};

	for (size_t i = 0; i < j->diff->type_count; i++) {
		const struct lg_diff_type *type = &j->diff->type[i];
		bool count = budget->measure == LG_BUDGET_COUNT;

		if (strcmp(type->name, budget->name) != 0)
			continue;
		measured.base = count ? type->base_count : type->base_bytes;
		measured.value = count ? type->head_count : type->head_bytes;
		if (budget->measure == LG_BUDGET_GROWTH)
			measured.value -= measured.value < measured.base ? measured.value
									 : measured.base;
	}
	return measured;
}

/* How many there are, or what the heaviest retains. */
static struct measured measure_suspects(const struct judging *j, enum lg_budget_measure measure)
{
	struct measured measured = {.where = ""};

	for (size_t i = 0; i < j->diff->suspect_count; i++) {
		const struct lg_diff_suspect *suspect = &j->diff->suspect[i];

		if (!suspect->fresh || j->ignored_suspect[i])
			continue;
		if (!measured.where[0])
			measured.where = suspect->words;
		if (measure == LG_BUDGET_COUNT)
			measured.value++;
		else if (suspect->retained_bytes > measured.value)
			measured.value = suspect->retained_bytes;
	}
	return measured;
}

/* ---- limits ---- */

/*
 * A growth's percentage is of the base; that of another measure is of it too: "at
 * most 5 % more than before".
 */
static double allowed(const struct lg_budget *budget, const struct lg_limit *limit, uint64_t base)
{
	if (limit->kind != LG_LIMIT_PERCENT)
		return limit->value;
	return (double)base * (budget->measure == LG_BUDGET_GROWTH ? limit->value
								    : 100 + limit->value) / 100;
}

static bool is_over(const struct lg_budget *budget, const struct measured *measured)
{
	for (size_t i = 0; i < budget->limit_count; i++)
		if ((double)measured->value > allowed(budget, &budget->limit[i], measured->base))
			return true;
	return false;
}

static void say(const struct judging *j, const struct lg_budget *budget,
		const struct measured *measured, bool over, struct lg_budget_result *out)
{
	char value[LG_NUMBER_TEXT_BYTES], base[LG_NUMBER_TEXT_BYTES], share[LG_NUMBER_TEXT_BYTES];
	struct lg_buffer said = {0};
	struct lg_pool *pool = j->out->pool;
	bool count = budget->measure == LG_BUDGET_COUNT;

	if (count)
		lg_buffer_format(&said, "%s, before %s", lg_count_text(measured->value, value),
				 lg_count_text(measured->base, base));
	else if (budget->measure == LG_BUDGET_GROWTH && measured->value < measured->base)
		lg_buffer_format(&said, "%s, %s of %s", lg_bytes_text(measured->value, value),
				 lg_share_text((double)measured->value / (double)measured->base,
					       share),
				 lg_bytes_text(measured->base, base));
	else
		lg_buffer_format(&said, "%s, before %s", lg_bytes_text(measured->value, value),
				 lg_bytes_text(measured->base, base));
	*out = (struct lg_budget_result){
		.budget = keep_safe(j, budget->text),
		.source = keep_safe(j, budget->source),
		.line = budget->line,
		.over = over,
		.warn = budget->warn,
		.said = lg_buffer_keep(&said, pool),
		.where = keep_safe(j, measured->where),
	};
}

/* Of the holders that a budget is about, the one that is over, or else the largest. */
static struct measured worst_holder(const struct judging *j, const struct lg_budget *budget)
{
	struct measured worst = {.where = ""};

	for (size_t i = 0; i < j->diff->holder_count; i++) {
		const struct lg_diff_holder *holder = &j->diff->holder[i];
		struct measured measured = measure_holder(holder, budget->measure);
		bool over = is_over(budget, &measured), was_over = is_over(budget, &worst);

		if (j->ignored[i] || (budget->subject == LG_BUDGET_NEW_PATH && !holder->fresh))
			continue;
		if (over > was_over || (over == was_over && measured.value > worst.value))
			worst = measured;
	}
	return worst;
}

static enum lg_status judge_budget(struct judging *j, const struct lg_budget *budget,
				   struct lg_error *err)
{
	struct lg_budget_result *result = &j->out->result[j->out->result_count++];
	struct measured measured;
	enum lg_status status = LG_OK;
	bool over;

	if (budget->subject == LG_BUDGET_PATH)
		status = measure_path(j, budget, &measured, err);
	else if (budget->subject == LG_BUDGET_TOTAL)
		measured = measure_total(j, budget->measure);
	else if (budget->subject == LG_BUDGET_TYPE)
		measured = measure_type(j, budget);
	else if (budget->subject == LG_BUDGET_NEW_SUSPECT)
		measured = measure_suspects(j, budget->measure);
	else
		measured = worst_holder(j, budget);
	if (status != LG_OK)
		return status;
	over = is_over(budget, &measured);
	say(j, budget, &measured, over, result);
	j->out->over |= over && !budget->warn;
	return LG_OK;
}

enum lg_status lg_budgets_judge(const struct lg_budgets *budgets, const struct lg_diff *diff,
				int64_t now, struct lg_judgement **out, struct lg_error *err)
{
	lg_cleanup(lg_judgement_free_slot) struct lg_judgement *judgement =
		calloc(1, sizeof *judgement);
	struct judging j = {.budgets = budgets, .diff = diff, .out = judgement};
	enum lg_status status;

	*out = NULL;
	if (judgement)
		judgement->pool = lg_pool_new();
	if (!judgement || !judgement->pool)
		return lg_fail(err, LG_E_MEMORY, "no memory to judge budgets");
	judgement->result = lg_pool_array(judgement->pool, budgets->count, sizeof *judgement->result);
	judgement->exception = lg_pool_array(judgement->pool, budgets->exception_count,
					     sizeof *judgement->exception);
	j.ignored = lg_pool_array(judgement->pool, diff->holder_count, sizeof *j.ignored);
	j.ignored_suspect = lg_pool_array(judgement->pool, diff->suspect_count,
					  sizeof *j.ignored_suspect);
	status = lg_pool_check(judgement->pool, err);
	if (status != LG_OK)
		return status;
	for (size_t i = 0; i < budgets->exception_count; i++)
		judge_exception(&j, &budgets->exception[i], now);
	for (size_t i = 0; i < budgets->count && status == LG_OK; i++)
		status = judge_budget(&j, &budgets->budget[i], err);
	if (status == LG_OK)
		status = lg_pool_check(judgement->pool, err);
	if (status == LG_OK)
		*out = lg_take(judgement);
	return status;
}
