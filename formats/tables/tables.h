/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_TABLES_H
#define LG_TABLES_H

#include "analysis/names.h"
#include "base/stream.h"

/* The tables of a dump as rows of numbers and texts: README.md says what their columns are. */

#define LG_EXPORT_MOST_COLUMNS 7
#define LG_EXPORT_WHOLE ((size_t)1 << 30) /* columns of a name: it is not cut */

struct lg_cell {
	enum { LG_CELL_NONE, LG_CELL_NUMBER, LG_CELL_TEXT } kind;
	uint64_t number;
	const char *text;
};

/* What a row is made with: `analysis`, and zero else. Texts of cells live until the next row. */
struct lg_row {
	const struct lg_analysis *analysis;
	const char **type_text; /* of each type */
	struct lg_pool *pool;   /* holds these */
	uint32_t source;        /* of references, which come in the order of their sources */
	struct lg_buffer text[LG_EXPORT_MOST_COLUMNS];
	struct lg_cell cell[LG_EXPORT_MOST_COLUMNS];
};
/* Before the first row: names of types are made once, as most rows have one. */
enum lg_status lg_row_open(struct lg_row *row, struct lg_error *err) LG_MUST_CHECK;
/* Once in a while: have all texts been made? */
enum lg_status lg_row_check(const struct lg_row *row, struct lg_error *err) LG_MUST_CHECK;
/* For lg_cleanup. */
void lg_row_close(struct lg_row *row);

struct lg_export_table {
	const char *name;
	const char *column[LG_EXPORT_MOST_COLUMNS + 1]; /* ended by NULL */
	uint64_t (*rows)(const struct lg_snapshot *snapshot);
	/* Fills the cells of row `index`; rows come in ascending order. */
	void (*read)(struct lg_row *row, uint32_t index);
};

/* The table of a name; LG_E_USAGE lists those there are. */
enum lg_status lg_export_table_find(const char *name, const struct lg_export_table **out,
				    struct lg_error *err) LG_MUST_CHECK;

/* As CSV (RFC 4180), the names of the columns first; or as a JSON object a line. O(rows). */
enum lg_status lg_export_table_write(const struct lg_analysis *analysis,
				     const struct lg_export_table *table, bool json,
				     const struct lg_progress *progress, struct lg_stream *stream,
				     struct lg_error *err) LG_MUST_CHECK;

#endif
