/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/profile/file.h"
#include "leakgraph/profile.h"

#define SLOT(field) offsetof(struct lg_profile, field)

const struct lg_profile_field lg_profile_fields[] = {
	{"objects", LG_PROFILE_NUMBER, SLOT(objects)},
	{"object_bytes", LG_PROFILE_NUMBER, SLOT(object_bytes)},
	{"name", LG_PROFILE_STRING, SLOT(name)},
	{"python_version", LG_PROFILE_STRING, SLOT(python_version)},
	{"python_hex", LG_PROFILE_NUMBER, SLOT(python_hex)},
	{"producer", LG_PROFILE_STRING, SLOT(producer)},
	{"pid", LG_PROFILE_NUMBER, SLOT(pid)},
	{"process_start", LG_PROFILE_NUMBER, SLOT(process_start)},
	{"taken_at_ns", LG_PROFILE_NUMBER, SLOT(taken_at_ns)},
	{"rss_bytes", LG_PROFILE_NUMBER, SLOT(rss_bytes)},
	{"anonymous_bytes", LG_PROFILE_NUMBER, SLOT(anonymous_bytes)},
	{"pruned", LG_PROFILE_TRUTH, SLOT(pruned)},
};
const size_t lg_profile_field_count = sizeof lg_profile_fields / sizeof *lg_profile_fields;
