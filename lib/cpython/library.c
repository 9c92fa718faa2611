/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "cpython/library.h"
#include "cpython/library_tables.h"

static const struct lg_library *const tables[] = {
	&lg_library_308,
	&lg_library_309,
	&lg_library_310,
	&lg_library_311,
	&lg_library_312,
	&lg_library_313,
	&lg_library_314,
	&lg_library_315,
};

const struct lg_library *lg_library_find(uint32_t version_hex)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (tables[i]->version == version_hex >> 16)
			return tables[i];
	return NULL;
}
