/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff_report.h"
#include "json.h"

static void json_files(struct json *json, const char *key, const struct texts *files)
{
	json_open_array(json, key);
	for (size_t i = 0; i < files->count; i++)
		json_string(json, NULL, files->text[i]);
	json_close_array(json);
}

static void json_totals(struct json *json, const struct lg_diff_totals *totals)
{
	json_open_object(json, "totals");
	json_number(json, "base_bytes", totals->base_bytes);
	json_number(json, "head_bytes", totals->head_bytes);
	json_number(json, "base_objects", totals->base_objects);
	json_number(json, "head_objects", totals->head_objects);
	json_number(json, "grown_bytes", totals->grown_bytes);
	json_number(json, "shrunk_bytes", totals->shrunk_bytes);
	json_number(json, "moved_bytes", totals->moved_bytes);
	json_integer(json, "warm_up_bytes", totals->warm_up_bytes);
	json_integer(json, "garbage_bytes", totals->garbage_bytes);
	json_close_object(json);
}

static void json_holder(struct json *json, const struct lg_diff_holder *holder)
{
	json_open_object(json, NULL);
	json_string(json, "path", holder->path_text);
	json_string(json, "item", holder->item);
	json_string(json, "item_type", holder->item_type);
	json_number(json, "base_count", holder->base_count);
	json_number(json, "head_count", holder->head_count);
	json_number(json, "base_bytes", holder->base_bytes);
	json_number(json, "head_bytes", holder->head_bytes);
	json_number(json, "grown_bytes", holder->grown_bytes);
	json_number(json, "head_retained_bytes", holder->head_retained_bytes);
	json_real(json, "share", holder->share);
	json_bool(json, "new", holder->fresh);
	json_string(json, "signature", holder->signature);
	json_close_object(json);
}

static void json_suspect(struct json *json, const struct lg_diff_suspect *suspect)
{
	json_open_object(json, NULL);
	json_string(json, "signature", suspect->signature);
	json_string(json, "signature_of", suspect->words);
	json_string(json, "type", suspect->type);
	json_number(json, "count", suspect->count);
	json_number(json, "retained_bytes", suspect->retained_bytes);
	json_bool(json, "new", suspect->fresh);
	json_close_object(json);
}

static void json_move(struct json *json, const struct lg_diff_move *move)
{
	json_open_object(json, NULL);
	json_string(json, "from", move->from);
	json_string(json, "to", move->to);
	json_number(json, "bytes", move->bytes);
	json_number(json, "count", move->count);
	json_close_object(json);
}

static void json_judgement(struct json *json, const struct lg_judgement *judgement)
{
	json_bool(json, "over", judgement->over);
	json_open_array(json, "budgets");
	for (size_t i = 0; i < judgement->result_count; i++) {
		const struct lg_budget_result *result = &judgement->result[i];

		json_open_object(json, NULL);
		json_string(json, "budget", result->budget);
		json_string(json, "source", result->source);
		json_number(json, "line", result->line);
		json_bool(json, "over", result->over);
		json_bool(json, "warn", result->warn);
		json_string(json, "said", result->said);
		json_string(json, "where", result->where);
		json_close_object(json);
	}
	json_close_array(json);
	json_open_array(json, "exceptions");
	for (size_t i = 0; i < judgement->exception_count; i++) {
		const struct lg_budget_exception *exception = &judgement->exception[i];

		json_open_object(json, NULL);
		json_string(json, "what", exception->what);
		json_string(json, "source", exception->source);
		json_number(json, "line", exception->line);
		json_string(json, "until", exception->until);
		json_string(json, "reason", exception->reason);
		json_bool(json, "expired", exception->expired);
		json_number(json, "grown_bytes", exception->grown_bytes);
		json_close_object(json);
	}
	json_close_array(json);
}

static void json_growth(struct json *json, const struct lg_growth *growth)
{
	json_open_object(json, "process");
	json_number(json, "pid", growth->pid);
	json_number(json, "first_ns", growth->first_ns);
	json_number(json, "last_ns", growth->last_ns);
	json_number(json, "survived", growth->survived);
	json_number(json, "survived_bytes", growth->survived_bytes);
	json_number(json, "new", growth->fresh);
	json_number(json, "new_bytes", growth->fresh_bytes);
	json_number(json, "passing", growth->passing);
	json_number(json, "passing_bytes", growth->passing_bytes);
	json_number(json, "freed", growth->freed);
	json_number(json, "freed_bytes", growth->freed_bytes);
	json_close_object(json);
}

void print_diff_json(const struct diff_report *report)
{
	const struct lg_diff *diff = report->diff;
	struct json json = {.out = stdout};

	json_open_object(&json, NULL);
	json_string(&json, "schema", "leakgraph.diff");
	json_number(&json, "version", 1);
	json_files(&json, "base", &report->sides->base_file);
	json_files(&json, "head", &report->sides->head_file);
	if (report->sides->one_process)
		json_growth(&json, &report->sides->growth);
	json_totals(&json, &diff->totals);
	json_judgement(&json, report->judgement);
	json_open_array(&json, "grown");
	for (size_t i = 0; i < diff->holder_count && (!report->top || i < report->top); i++)
		json_holder(&json, &diff->holder[i]);
	json_close_array(&json);
	json_open_array(&json, "suspects");
	for (size_t i = 0; i < diff->suspect_count; i++)
		json_suspect(&json, &diff->suspect[i]);
	json_close_array(&json);
	json_open_array(&json, "moved");
	for (size_t i = 0; i < diff->move_count; i++)
		json_move(&json, &diff->move[i]);
	json_close_array(&json);
	json_close_object(&json);
}
