/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_FLEET_TABLES_H
#define LG_FLEET_TABLES_H

#include <string.h>

#include "analysis/text.h"
#include "formats/parquet/parquet.h"
#include "leakgraph/fleet.h"

/* SPEC.md: what each table's columns are. A change of their meaning is another version. */
#define LG_FLEET_VERSION "1"

/* What the tables are made of. */
struct lg_fleet {
	const struct lg_profile *profile;
	struct lg_analysis *analysis; /* NULL: a profile is all there is */
	const struct lg_progress *progress;
	const char **text; /* each string of the profile, safe to print */
	uint64_t *total_objects, *total_bytes; /* row of the profile: on and below it */
	struct lg_pool *pool;
	char *path; /* room for one */
	size_t path_capacity;
};

enum lg_status lg_fleet_open(struct lg_fleet *fleet, struct lg_error *err) LG_MUST_CHECK;
/* For lg_cleanup. */
void lg_fleet_release(struct lg_fleet *fleet);

/* The path of a row, as `diff` tells it; valid until the next. */
enum lg_status lg_fleet_path(struct lg_fleet *fleet, uint32_t row, const char **out,
			     struct lg_error *err) LG_MUST_CHECK;

struct lg_fleet_table {
	const char *name;
	bool of_objects; /* written where objects are asked for */
	const struct lg_parquet_column *column;
	size_t column_count;
	enum lg_status (*write)(struct lg_fleet *fleet, struct lg_parquet *file,
				struct lg_error *err);
};

/* All of them, ended by NULL. */
extern const struct lg_fleet_table *const lg_fleet_tables[];

extern const struct lg_fleet_table lg_fleet_process, lg_fleet_paths, lg_fleet_suspects,
	lg_fleet_types, lg_fleet_memory, lg_fleet_objects, lg_fleet_refs, lg_fleet_roots;

/* ---- cells ---- */

static inline void lg_put_text(struct lg_parquet *file, const char *text)
{
	lg_parquet_text(file, (struct lg_text){text, strlen(text)});
}

/* "" is what is not known. */
static inline void lg_put_name(struct lg_parquet *file, const char *text)
{
	if (*text)
		lg_put_text(file, text);
	else
		lg_parquet_null(file);
}

static inline void lg_put_number_if(struct lg_parquet *file, bool known, uint64_t number)
{
	if (known)
		lg_parquet_number(file, number);
	else
		lg_parquet_null(file);
}

/* 0 is what is not known. */
static inline void lg_put_known(struct lg_parquet *file, uint64_t number)
{
	lg_put_number_if(file, number != 0, number);
}

#endif
