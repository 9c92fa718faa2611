/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_CLI_INPUT_H
#define LG_CLI_INPUT_H

#include "cli.h"
#include "json.h"

/*
 * The dump of the first operand, read and analyzed, with progress; from its index
 * where there is one that fits, and with --index that is written where there is
 * none. Zero-initialised; closed by input_close.
 */
struct input {
	const char *path;
	struct lg_index *index;       /* where it was read from one: owns the analysis, else */
	struct lg_snapshot *snapshot; /* this does */
	const struct lg_snapshot *columns; /* of the two */
	struct lg_analysis *analysis;
	struct lg_progress progress;
};
enum lg_status input_open(struct input *input, const struct arguments *arguments,
			  struct lg_error *err) LG_MUST_CHECK;
/* The same of any dump. */
enum lg_status input_open_file(struct input *input, const char *path, bool write_index,
			       struct lg_error *err) LG_MUST_CHECK;
/* As input_open(), by a command that needs of an index only these parts (enum lg_index_part). */
enum lg_status input_open_parts(struct input *input, const struct arguments *arguments,
				unsigned parts, struct lg_error *err) LG_MUST_CHECK;
/* As input_open(), but analyzed only where that costs nothing or is asked for: else analysis is NULL. */
enum lg_status input_open_columns(struct input *input, const struct arguments *arguments,
				  struct lg_error *err) LG_MUST_CHECK;
void input_close(struct input *input);
/*
 * After a dump could not be read: where it is a profile, err says so, and who reads it.
 * Returns the status of err.
 */
enum lg_status explain_no_dump(const char *path, struct lg_error *err);

/* "schema", "version", "file", "dump" and "totals": every JSON report starts so. */
void json_head(struct json *json, const char *schema, const char *path,
	       const struct lg_summary *summary);
void json_path(struct json *json, const char *key, const struct lg_path *path);
void json_lines(struct json *json, const char *key, const struct lg_source_line *line,
		size_t count);
void json_texts(struct json *json, const char *key, const char *const *text, size_t count);

/* "fork", "copy", "core"; "other" for what is none of them. */
const char *source_text(uint64_t source);

/* The key of a kind of roots: "module", "c_code". */
const char *root_kind_text(enum lg_root_kind kind);

/* "CPython 3.11.2, pid 4242, 2026-11-22 15:30:12 UTC, …": one line of text. */
void print_summary_line(const struct lg_summary *summary, size_t columns);

#endif
