/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PROFILE_FILE_H
#define LG_PROFILE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* SPEC.md, for writer and reader. */
#define LG_PROFILE_MAGIC         "leakgraph.profile"
#define LG_PROFILE_MAJOR         1
#define LG_PROFILE_MINOR         0
#define LG_PROFILE_MAX_BYTES     (64u << 20)  /* of the file */
#define LG_PROFILE_MAX_CONTENT   (256u << 20) /* of what is in its frame */
#define LG_PROFILE_ROW_PARTS     6
#define LG_PROFILE_SUSPECT_PARTS 6

enum lg_profile_field_kind { LG_PROFILE_NUMBER, LG_PROFILE_STRING, LG_PROFILE_TRUTH };

/* The keys of the header behind the magic and the counts. */
struct lg_profile_field {
	const char *name;
	enum lg_profile_field_kind kind;
	size_t slot; /* in struct lg_profile: uint64_t, uint32_t, bool */
};
extern const struct lg_profile_field lg_profile_fields[];
extern const size_t lg_profile_field_count;

#endif
