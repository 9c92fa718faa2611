/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "profile/steps.h"

struct lg_hop lg_profile_hop(const char *label, const char *type, bool root)
{
	struct lg_hop hop = {
		.label = label,
		.type = type,
		.waits = "",
		.count = 1,
		.repeat = 1,
		.period = 1,
	};

	/* A type of the program's own has a module before it, what is suspended a function behind. */
	hop.named_type = !root && strpbrk(type, ". ") != NULL;
	/* Below the roots of garbage and the rest there are no steps, but types. */
	if (!label[0]) {
		hop.label = type;
		hop.named_type = false;
	}
	return hop;
}
