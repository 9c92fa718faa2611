/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exit_codes.h"
#include "input.h"
#include "screen.h"

/* Reading and computing leave nothing behind that would need a careful end. */
static void interrupted(int signal_number)
{
	static const char erase[] = "\r\033[K";

	(void)signal_number;
	if (isatty(STDERR_FILENO) && write(STDERR_FILENO, erase, sizeof erase - 1) < 0)
		_exit(EXIT_INTERRUPTED);
	_exit(EXIT_INTERRUPTED);
}

/* While an index is mapped: its file was cut off under us. */
static void cut_off(int signal_number)
{
	static const char text[] = "\r\033[Kleakgraph: the index was cut off while it was in use\n";
	size_t skip = isatty(STDERR_FILENO) ? 0 : 4;

	(void)signal_number;
	if (write(STDERR_FILENO, text + skip, sizeof text - 1 - skip) < 0)
		_exit(EXIT_UNREADABLE);
	_exit(EXIT_UNREADABLE);
}

enum lg_status explain_no_dump(const char *path, struct lg_error *err)
{
	struct lg_error ignored = {0};
	bool is_one;

	if (err->status == LG_E_UNREADABLE &&
	    lg_profile_is_one(path, &is_one, &ignored) == LG_OK && is_one)
		return lg_fail(err, LG_E_UNREADABLE,
			       "%s: is a profile, which has paths and no objects: diff and trend "
			       "read it; expected a dump", path);
	return err->status;
}

static enum lg_status read_dump(struct input *input, bool analyze, struct lg_error *err)
{
	enum lg_status status = lg_dump_read(input->path, &input->progress, &input->snapshot, err);

	input->columns = input->snapshot;
	if (status != LG_OK)
		return explain_no_dump(input->path, err);
	if (!analyze)
		return LG_OK;
	return lg_analysis_open(input->snapshot, &input->progress, &input->analysis, err);
}

/* An index that can't be written is worth a line, and no failure: the answer is there. */
static enum lg_status write_index(const struct input *input, struct lg_error *err)
{
	enum lg_status status = lg_index_write(input->path, input->analysis, &input->progress, err);

	if (status == LG_OK || status == LG_E_INTERRUPTED)
		return status;
	progress_erase();
	report_warning("%s: not written", err->text);
	return LG_OK;
}

/* What a command needs of its input. */
struct needs {
	bool index;     /* that one is there in the end */
	bool analysis;  /* also where it costs time */
	unsigned parts; /* of the index: enum lg_index_part */
};

/* From the index if it fits; one that does not is worth a line, and no failure. */
static enum lg_status read_input(struct input *input, const struct needs *needs,
				 struct lg_error *err)
{
	void (*before)(int) = signal(SIGBUS, cut_off);
	enum lg_index_state state;
	enum lg_status status;

	status = lg_index_open(input->path, needs->parts, &input->progress, &state, &input->index,
			       err);
	if (status != LG_OK)
		return status;
	if (state == LG_INDEX_USED) {
		input->columns = lg_index_snapshot(input->index);
		input->analysis = lg_index_analysis(input->index);
		return LG_OK;
	}
	signal(SIGBUS, before);
	progress_erase();
	if (state == LG_INDEX_LEFT && !needs->index)
		fprintf(stderr, "leakgraph: %s: not used\n", err->text);
	status = read_dump(input, needs->analysis || needs->index, err);
	return status == LG_OK && needs->index ? write_index(input, err) : status;
}

static enum lg_status open_path(struct input *input, const char *path, const struct needs *needs,
				struct lg_error *err)
{
	enum lg_status status;

	signal(SIGINT, interrupted);
	input->path = path;
	input->progress = progress_open(NULL);
	status = read_input(input, needs, err);
	progress_erase();
	return status;
}

enum lg_status input_open_file(struct input *input, const char *path, bool want_index,
			       struct lg_error *err)
{
	struct needs needs = {.index = want_index, .analysis = true, .parts = LG_INDEX_ALL};

	return open_path(input, path, &needs, err);
}

enum lg_status input_open(struct input *input, const struct arguments *arguments,
			  struct lg_error *err)
{
	return input_open_file(input, arguments->operand[0], arguments->index, err);
}

enum lg_status input_open_parts(struct input *input, const struct arguments *arguments,
				unsigned parts, struct lg_error *err)
{
	struct needs needs = {.index = arguments->index, .analysis = true, .parts = parts};

	return open_path(input, arguments->operand[0], &needs, err);
}

enum lg_status input_open_columns(struct input *input, const struct arguments *arguments,
				  struct lg_error *err)
{
	struct needs needs = {.index = arguments->index, .parts = LG_INDEX_ALL};

	return open_path(input, arguments->operand[0], &needs, err);
}

void input_close(struct input *input)
{
	if (input->index) {
		lg_index_close(input->index);
		return;
	}
	lg_analysis_free(input->analysis);
	lg_snapshot_free(input->snapshot);
}

static const char *time_text(uint64_t ns, const char *format, char *buffer, size_t capacity)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	struct tm parts;

	if (ns == 0 || !gmtime_r(&seconds, &parts) ||
	    strftime(buffer, capacity, format, &parts) == 0)
		buffer[0] = 0;
	return buffer;
}

const char *source_text(uint64_t source)
{
	static const char *const text[LG_SOURCE_COUNT] = {
		[LG_SOURCE_FORK] = "fork",
		[LG_SOURCE_COPY] = "copy",
		[LG_SOURCE_CORE] = "core",
	};

	return source < LG_SOURCE_COUNT ? text[source] : "other";
}

static void json_dump_info(struct json *json, const struct lg_summary *summary)
{
	char time[64];

	json_open_object(json, "dump");
	json_number(json, "pid", summary->pid);
	if (summary->inner_pid)
		json_number(json, "inner_pid", summary->inner_pid);
	json_string(json, "command_line", summary->command_line);
	json_string(json, "executable", summary->executable);
	json_string(json, "python_version", summary->python_version);
	json_string(json, "producer", summary->producer);
	json_string(json, "taken_at",
		    time_text(summary->taken_at_ns, "%Y-%m-%dT%H:%M:%SZ", time, sizeof time));
	json_number(json, "taken_at_ns", summary->taken_at_ns);
	json_number(json, "pause_ns", summary->pause_ns);
	json_number(json, "walk_ns", summary->walk_ns);
	json_number(json, "rss_bytes", summary->rss_bytes);
	json_number(json, "anonymous_bytes", summary->anonymous_bytes);
	json_number(json, "faults", summary->faults);
	json_number(json, "attempts", summary->attempts);
	json_bool(json, "gc_running", summary->gc_running);
	json_string(json, "source", source_text(summary->source));
	json_number(json, "missing_files", summary->missing_files);
	json_number(json, "missing_bytes", summary->missing_bytes);
	json_close_object(json);
}

void json_head(struct json *json, const char *schema, const char *path,
	       const struct lg_summary *summary)
{
	json_open_object(json, NULL);
	json_string(json, "schema", schema);
	json_number(json, "version", 1);
	json_string(json, "file", path);
	json_dump_info(json, summary);
	json_open_object(json, "totals");
	json_number(json, "objects", summary->objects);
	json_number(json, "references", summary->references);
	json_number(json, "object_bytes", summary->object_bytes);
	json_number(json, "reached_bytes", summary->reached_bytes);
	if (summary->rss_bytes)
		json_real(json, "explained", summary->explained);
	else
		json_null(json, "explained");
	json_close_object(json);
}

void json_path(struct json *json, const char *key, const struct lg_path *path)
{
	json_open_array(json, key);
	for (size_t i = 0; i < path->count; i++) {
		const struct lg_hop *hop = &path->hop[i];

		json_open_object(json, NULL);
		json_string(json, "label", hop->label);
		json_string(json, "type", hop->type);
		if (hop->waits[0])
			json_string(json, "waits", hop->waits);
		json_number(json, "count", hop->count);
		json_number(json, "repeat", hop->repeat);
		json_number(json, "period", hop->period);
		json_number(json, "object", hop->object);
		json_number(json, "retained_bytes", hop->retained_bytes);
		json_bool(json, "suspect", hop->suspect);
		json_close_object(json);
	}
	json_close_array(json);
}

void json_lines(struct json *json, const char *key, const struct lg_source_line *line, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		json_string(json, "file", line[i].file);
		json_number(json, "line", line[i].line);
		json_number(json, "objects", line[i].objects);
		json_number(json, "bytes", line[i].bytes);
		json_close_object(json);
	}
	json_close_array(json);
}

void json_texts(struct json *json, const char *key, const char *const *text, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, text[i]);
	json_close_array(json);
}

const char *root_kind_text(enum lg_root_kind kind)
{
	static const char *const text[LG_ROOT_KIND_COUNT] = {
		[LG_ROOT_OTHER] = "other",
		[LG_ROOT_MODULE] = "module",
		[LG_ROOT_CLASS] = "class",
		[LG_ROOT_THREAD] = "thread",
		[LG_ROOT_INTERPRETER] = "interpreter",
		[LG_ROOT_C_CODE] = "c_code",
		[LG_ROOT_INTERNED] = "interned",
	};

	return kind < LG_ROOT_KIND_COUNT ? text[kind] : "other";
}

static void append(char *line, size_t capacity, const char *text)
{
	size_t used = strlen(line);

	snprintf(line + used, capacity - used, "%s%s", used ? ", " : "", text);
}

void print_summary_line(const struct lg_summary *summary, size_t columns)
{
	char line[2048] = "", part[1100], time[64];

	if (summary->python_version[0]) {
		snprintf(part, sizeof part, "CPython %.40s", summary->python_version);
		append(line, sizeof line, part);
	}
	if (summary->pid) {
		snprintf(part, sizeof part, summary->inner_pid ? "pid %" PRIu64 " (%" PRIu64 " inside)"
							       : "pid %" PRIu64,
			 summary->pid, summary->inner_pid);
		append(line, sizeof line, part);
	}
	if (*time_text(summary->taken_at_ns, "%Y-%m-%d %H:%M:%S UTC", time, sizeof time))
		append(line, sizeof line, time);
	if (summary->pause_ns) {
		snprintf(part, sizeof part, "paused %.1f ms", (double)summary->pause_ns / 1e6);
		append(line, sizeof line, part);
	}
	if (summary->command_line[0]) {
		snprintf(part, sizeof part, "%.1000s", summary->command_line);
		append(line, sizeof line, part);
	}
	if (!line[0])
		return;
	print_cut(line, columns);
	fputc('\n', stdout);
}
