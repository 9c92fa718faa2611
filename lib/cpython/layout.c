/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "cpython/layout.h"
#include "cpython/layout_tables.h"

static const struct lg_layout *const tables[] = {
	&lg_layout_308,
	&lg_layout_309,
	&lg_layout_310,
	&lg_layout_311,
	&lg_layout_312,
	&lg_layout_313,
	&lg_layout_314,
	&lg_layout_315,
};

const struct lg_layout *lg_layout_find(uint32_t version_hex)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (tables[i]->version == version_hex >> 16)
			return tables[i];
	return NULL;
}

const char *lg_layout_supported(void)
{
	return "3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.14, 3.15";
}
