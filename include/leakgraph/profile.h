/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKGRAPH_PROFILE_H
#define LEAKGRAPH_PROFILE_H

#include "leakgraph/analysis.h"

/*
 * A heap as paths: what a process keeps, summed by the ways on which it keeps
 * it, in words that mean the same in another process, another build, another
 * CPython. It is small, holds no names of the data (a dict's key is "[str]"),
 * and is what heaps are compared by.
 *
 * An object stands on one path, the shortest from a root that a person would
 * name: modules and classes come before threads, those before the interpreter's
 * tables and these before C code; of several equally short ones that of the
 * least name counts. So the same program gives the same profile, wherever its
 * objects lie and in whatever order they were made. Steps that come back to
 * where the path has been are told once: a list of a million links, a tree and
 * nested dicts have a path for each way around, not for each length. A __dict__
 * is no step, nor an object of its own: its bytes are its holder's.
 */
struct lg_profile_row {
	uint32_t parent; /* a row before this one; LG_NONE: a root */
	uint32_t label;  /* string: "module shop.sessions", ".SESSIONS", "[str]" */
	uint32_t type;   /* string: "dict"; of what is suspended with its function: "coroutine serve()" */
	uint64_t count;  /* objects */
	uint64_t shallow_bytes;
	uint64_t retained_bytes; /* free if all of them were gone, each byte once */
};

/* A suspect of the verdict, by the name that it has everywhere. */
struct lg_profile_suspect {
	uint32_t signature;
	uint32_t row;   /* of what holds it; LG_NONE: none that is kept, as of garbage */
	uint32_t words; /* string: what the signature is made of, " | " between them */
	uint32_t type;  /* string: of what piles up */
	uint64_t count, retained_bytes;
};

/* Suspects a profile may have; the heaviest. */
#define LG_PROFILE_MAX_SUSPECTS 64

/* The root of what no root reaches; its rows are types. */
#define LG_PROFILE_GARBAGE "(garbage)"
/* The root of what lg_profile_prune() took away; its rows are types. */
#define LG_PROFILE_REST "(smaller paths)"

struct lg_profile {
	uint32_t name;           /* string: of the build, as the user gave it; 0: none */
	uint32_t python_version; /* string: "3.11.2" */
	uint32_t producer;       /* string: of the dump, "leakgraph 0.1.0" */
	uint64_t python_hex;
	uint64_t pid, process_start; /* both 0 where not known */
	uint64_t taken_at_ns;
	uint64_t rss_bytes, anonymous_bytes;
	uint64_t objects, object_bytes; /* the sums of all rows */
	bool pruned;

	/* Preorder; brothers by label and type, in the order of their bytes. */
	uint32_t row_count;
	struct lg_profile_row *row;
	uint32_t suspect_count;
	struct lg_profile_suspect *suspect; /* the heaviest first */
	struct lg_strings strings;
};

/* Rows a profile may have; paths beyond are told by their type, under their root. */
#define LG_PROFILE_MAX_ROWS 1000000u
/* Steps a path may have; what lies deeper is told by its type, at that depth. */
#define LG_PROFILE_MAX_STEPS 24

/* The caller owns *out. O((objects + references) log objects), as a verdict. */
enum lg_status lg_profile_build(struct lg_analysis *analysis,
				const struct lg_progress *progress, struct lg_profile **out,
				struct lg_error *err) LG_MUST_CHECK;
void lg_profile_free(struct lg_profile *profile);

/*
 * Keep the `rows` rows with the most bytes on and below them; what the others
 * have goes under LG_PROFILE_REST, by type, so that all sums stay. O(rows log rows).
 */
enum lg_status lg_profile_prune(struct lg_profile *profile, uint32_t rows,
				struct lg_error *err) LG_MUST_CHECK;

/* What the user calls the build. */
enum lg_status lg_profile_set_name(struct lg_profile *profile, const char *name,
				   struct lg_error *err) LG_MUST_CHECK;

static inline struct lg_text lg_profile_text(const struct lg_profile *profile, uint32_t string)
{
	uint64_t start = profile->strings.offset[string];

	return (struct lg_text){profile->strings.bytes + start,
				profile->strings.offset[string + 1] - start};
}

/* Check what a file said: indexes, order, sums. O(rows). */
enum lg_status lg_profile_validate(const struct lg_profile *profile,
				   struct lg_error *err) LG_MUST_CHECK;

/*
 * The file of a profile: formats/profile/SPEC.md. Written whole or not at all,
 * mode 0600. What is read has passed lg_profile_validate(); the caller owns *out.
 */
enum lg_status lg_profile_write(const char *path, const struct lg_profile *profile,
				struct lg_error *err) LG_MUST_CHECK;
enum lg_status lg_profile_read(const char *path, struct lg_profile **out,
			       struct lg_error *err) LG_MUST_CHECK;
/* Does a file begin as profiles do, and no dump does? */
enum lg_status lg_profile_is_one(const char *path, bool *out, struct lg_error *err) LG_MUST_CHECK;

#endif
