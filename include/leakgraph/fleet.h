/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_FLEET_H
#define LEAKGRAPH_FLEET_H

#include "leakgraph/profile.h"

/*
 * What many processes keep, as Parquet files in the partitions
 * service=…/build=…/host=…/pid=…/taken=…, to be asked by DuckDB, ClickHouse
 * and others. formats/fleet/SPEC.md has the tables, QUERIES.md questions.
 */
struct lg_fleet_options {
	/* The partition's names: UTF-8, any but "" and what readers take for none. */
	const char *service, *build, *host;
	bool objects; /* the tables of all objects, references and roots besides */
	bool replace; /* a partition that is there already */
	struct lg_progress progress;
};

/*
 * Add a partition to a directory, which is made where there is none. It appears
 * whole or not at all; files have mode 0600. analysis is what the profile is of,
 * or NULL where nothing else is known: then what a profile lacks is null or empty.
 *
 * *out is the partition's path, for free(). LG_E_USAGE: a name that can't be one, or
 * a partition that is there already. O(rows), with objects O(objects + references);
 * memory is bounded by a row group of each column (formats/parquet/README.md).
 */
enum lg_status lg_fleet_export(const char *directory, const struct lg_profile *profile,
			       struct lg_analysis *analysis, const struct lg_fleet_options *options,
			       char **out, struct lg_error *err) LG_MUST_CHECK;

#endif
